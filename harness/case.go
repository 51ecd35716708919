package harness

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Case is one check of a server: what is sent, with which skew and which one
// thing broken, and what must come back.
type Case struct {
	ID     string   // aspect/claim, such as window/past-limit+1s; never changes
	Vendor string   // the first part of the full name
	Claim  string   // the rule it checks, by the name common cases use; empty in a vendor's own cases
	Rules  []string // requirement ids; the first sets the level
	Level  Level    // of the first rule
	Side   string   // server
	Needs  []string // own-clock, own-token-key, server-state, unsafe
	Steps  []Step
	File   string // where it is written
	Line   int
}

// Name is the full name: vendor/aspect/claim.
func (c *Case) Name() string { return c.Vendor + "/" + c.ID }

// Aspect is the first part of the id: signature, window, expiry, bearer, errors, order, ...
func (c *Case) Aspect() string {
	aspect, _, _ := strings.Cut(c.ID, "/")
	return aspect
}

// Skew is the skew of the step that is judged last, as it is written.
func (c *Case) Skew() string { return c.Steps[len(c.Steps)-1].Skew.String() }

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
	ID     string    `yaml:"id"`
	Rule   ruleList  `yaml:"rule"` // a claim in common/, requirement ids in a vendor's file
	Side   string    `yaml:"side"`
	When   []string  `yaml:"when"` // features the profile must have; ! negates
	Each   string    `yaml:"each"` // one case for each of these
	Needs  []string  `yaml:"needs"`
	Steps  []rawStep `yaml:"steps"`
	Inline rawStep   `yaml:",inline"`
}

type rawStep struct {
	At     Offset  `yaml:"at"`
	Skew   Offset  `yaml:"skew"`
	Call   string  `yaml:"call"`
	Token  string  `yaml:"token"`
	Save   string  `yaml:"save"`
	Break  faults  `yaml:"break"`
	Repeat bool    `yaml:"repeat"`
	Expect *Expect `yaml:"expect"`
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
		var word string
		if err := decodeNode(node, &word); err != nil {
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
	var by struct {
		By string `yaml:"by"`
	}
	if yaml.NodeToValue(node, &by) == nil && by.By != "" {
		return e.readOutcomes(by.By, list)
	}
	var fields struct {
		Accept any      `yaml:"accept"`
		Refuse ruleList `yaml:"refuse"`
		Body   any      `yaml:"body"`
	}
	if err := decodeNode(node, &fields); err != nil {
		return err
	}
	*e = Expect{Accept: fields.Accept != nil, Refuse: fields.Refuse, Reply: fields.Accept}
	if fields.Body != nil {
		e.Reply = fields.Body
	}
	if e.Accept == (len(e.Refuse) > 0) {
		return placeAt(node, fmt.Errorf("an expectation either accepts or refuses"))
	}
	return nil
}

func (e *Expect) readOutcomes(by string, list []*ast.MappingValueNode) error {
	*e = Expect{By: by, Outcomes: map[string]Expect{}}
	for _, pair := range list {
		value, err := keyText(pair)
		if err != nil {
			return err
		}
		if value == "by" {
			continue
		}
		var outcome Expect
		if err := decodeNode(pair.Value, &outcome); err != nil {
			return err
		}
		e.Outcomes[value] = outcome
	}
	return nil
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
		if err := decodeNode(list[0].Value, &value); err != nil {
			return err
		}
		fault, err := newFault(kind, value)
		if err != nil {
			return placeAt(n, err)
		}
		*f = append(*f, fault)
	}
	return nil
}
