package harness

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Case is one check: of a server, what is sent, with which skew and which one
// thing broken, and what must come back; of a client, what it is asked to do and
// answered, and what must be seen of it.
type Case struct {
	ID       string        // aspect/claim, such as window/past-limit+1s; never changes
	Vendor   string        // the first part of the full name
	Claim    string        // the rule it checks, by the name common cases use; empty in a vendor's own cases
	Rules    []string      // requirement ids; the first sets the level
	Level    Level         // of the first rule
	Side     string        // server or client
	Needs    []string      // own-clock, own-token-key, server-state, unsafe
	Steps    []Step        // of a server case
	Timeline []Moment      // of a client case, with the four below
	From     time.Time     // where the server's clock stands at the start; zero for the usual
	Fraction time.Duration // of the second, at which the case starts
	Ticks    time.Duration // by which the client's clock goes on whenever it is read; 0 for not
	Zone     string        // IANA name of the client's time zone; empty for UTC
	Without  string        // a credential that the client is not given
	Base     string        // plain: the client is given an address without TLS
	File     string        // where it is written
	Line     int
}

// Name is the full name: vendor/aspect/claim.
func (c *Case) Name() string { return c.Vendor + "/" + c.ID }

// Aspect is the first part of the id: signature, window, expiry, bearer, errors, order, ...
func (c *Case) Aspect() string {
	aspect, _, _ := strings.Cut(c.ID, "/")
	return aspect
}

// Skew is the skew of the step that is judged last, as it is written.
func (c *Case) Skew() string {
	if c.Side == "client" {
		return c.Timeline[len(c.Timeline)-1].Skew.String()
	}
	return c.Steps[len(c.Steps)-1].Skew.String()
}

// Step is one request of a case.
type Step struct {
	At     Offset // when, from the start of the case, on the server's clock
	Skew   Offset // client clock minus server clock
	Call   string // an operation's name, login, with-body or with-query; empty for the first safe operation
	Token  string // the name under which an earlier login step saved its token; empty for a fresh one
	Save   string // for a login: the name to save its token under
	Break  []Fault
	Repeat bool // send the very bytes of the step before
	Expect Expect

	operation *Operation
}

// rawCase is a case as written: one step inline, or several under steps.
type rawCase struct {
	ID    string
	Rule  ruleList // a claim in common/, requirement ids in a vendor's file
	Side  string
	When  []string // features the profile must have; ! negates
	Each  string   // one case for each of these
	Needs []string
	Steps []rawStep
	rawStep

	Timeline                                   []rawMoment
	From, Fraction, Ticks, Zone, Without, Base string
}

type rawStep struct {
	At     Offset
	Skew   Offset
	Call   string
	Token  string
	Save   string
	Break  faults
	Repeat bool
	Expect *Expect
}

// UnmarshalYAML reads a case. There are hundreds, so it goes by its keys rather
// than by reflection.
func (c *rawCase) UnmarshalYAML(node ast.Node) error {
	return readFields(node, func(key string, value ast.Node) (known bool, err error) {
		switch key {
		case "id":
			c.ID, err = text(value)
		case "rule":
			err = c.Rule.UnmarshalYAML(value)
		case "side":
			c.Side, err = text(value)
		case "when":
			err = decodeNode(value, &c.When)
		case "each":
			c.Each, err = text(value)
		case "needs":
			err = decodeNode(value, &c.Needs)
		case "steps":
			err = decodeNode(value, &c.Steps)
		case "timeline":
			err = decodeNode(value, &c.Timeline)
		case "from":
			c.From, err = text(value)
		case "fraction":
			c.Fraction, err = text(value)
		case "ticks":
			c.Ticks, err = text(value)
		case "zone":
			c.Zone, err = text(value)
		case "without":
			c.Without, err = text(value)
		case "base":
			c.Base, err = oneOf(value, "plain")
		default:
			return c.field(key, value)
		}
		return true, err
	})
}

// UnmarshalYAML reads a step.
func (s *rawStep) UnmarshalYAML(node ast.Node) error { return readFields(node, s.field) }

func (s *rawStep) field(key string, value ast.Node) (known bool, err error) {
	switch key {
	case "at":
		err = s.At.UnmarshalYAML(value)
	case "skew":
		err = s.Skew.UnmarshalYAML(value)
	case "call":
		s.Call, err = text(value)
	case "token":
		s.Token, err = text(value)
	case "save":
		s.Save, err = text(value)
	case "break":
		err = s.Break.UnmarshalYAML(value)
	case "repeat":
		err = decodeNode(value, &s.Repeat)
	case "expect":
		s.Expect = new(Expect)
		err = s.Expect.UnmarshalYAML(value)
	default:
		return false, nil
	}
	return true, err
}

func (r rawStep) written() bool {
	return r.Expect != nil || len(r.Break) > 0 || !r.At.IsZero() || !r.Skew.IsZero() || r.Call != "" || r.Token != "" || r.Save != "" || r.Repeat
}

// Expect is what must come back: acceptance, one of some documented errors, or
// what the value of a variant implies.
type Expect struct {
	Accept   bool
	Refuse   []string // names of documented errors; refusal is any of the documented shape
	By       string   // a variant
	Outcomes map[string]Expect
	Reply    any // a pattern the body must also match
}

// UnmarshalYAML reads
//
//	accept
//	refuse
//	{refuse: timestamp}             or a list
//	{accept: {body pattern}}
//	{by: window-edge, accept: accept, reject: {refuse: timestamp}}
func (e *Expect) UnmarshalYAML(node ast.Node) error {
	list, isMap := pairs(node)
	if !isMap {
		word, err := text(node)
		if err != nil {
			return err
		}
		switch word {
		case "accept":
			*e = Expect{Accept: true}
		case "refuse":
			*e = Expect{Refuse: []string{refusal}}
		default:
			return placeAt(node, fmt.Errorf("expect %q: write accept, refuse, {refuse: error} or {by: variant, value: ...}", word))
		}
		return nil
	}
	if by, outcomes, err := byValue[Expect](list); by != "" || err != nil {
		*e = Expect{By: by, Outcomes: outcomes}
		return err
	}
	*e = Expect{}
	err := readFields(node, func(key string, value ast.Node) (bool, error) {
		switch key {
		case "accept":
			e.Accept = true
			return true, decodeNode(value, &e.Reply)
		case "refuse":
			return true, (*ruleList)(&e.Refuse).UnmarshalYAML(value)
		case "body":
			return true, decodeNode(value, &e.Reply)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	if e.Accept == (len(e.Refuse) > 0) {
		return placeAt(node, fmt.Errorf("an expectation either accepts or refuses"))
	}
	return nil
}

// byValue reads what a mapping with by says of each value of the variant; by is
// empty when the mapping has none.
func byValue[T any, P interface {
	*T
	UnmarshalYAML(ast.Node) error
}](list []*ast.MappingValueNode) (by string, all map[string]T, err error) {
	all = map[string]T{}
	for _, pair := range list {
		if key, _ := keyText(pair); key == "by" {
			if by, err = text(pair.Value); err != nil {
				return "", nil, err
			}
		}
	}
	if by == "" {
		return "", nil, nil
	}
	for _, pair := range list {
		value, err := keyText(pair)
		if err != nil {
			return "", nil, err
		}
		if value == "by" {
			continue
		}
		var outcome T
		if err := P(&outcome).UnmarshalYAML(pair.Value); err != nil {
			return "", nil, err
		}
		all[value] = outcome
	}
	return by, all, nil
}

// faults is one fault or, for cases about order, several.
type faults []Fault

// UnmarshalYAML reads {kind: value}, or a list of those.
func (f *faults) UnmarshalYAML(node ast.Node) error {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	for _, n := range nodes {
		list, ok := pairs(n)
		if !ok || len(list) != 1 {
			return placeAt(n, fmt.Errorf("break names exactly one thing, as {kind: value}; several are a list, and only in an order case"))
		}
		kind, err := keyText(list[0])
		if err != nil {
			return err
		}
		var value any
		if value, err = text(list[0].Value); err != nil {
			if err := decodeNode(list[0].Value, &value); err != nil {
				return err
			}
		}
		fault, err := newFault(kind, value)
		if err != nil {
			return placeAt(n, err)
		}
		*f = append(*f, fault)
	}
	return nil
}
