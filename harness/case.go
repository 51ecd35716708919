package harness

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
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
	Params   Values // named values of the answer, such as the parameter an error mentions
	Reply    any    // a pattern the body must also match
}

// UnmarshalYAML reads
//
//	accept
//	refuse
//	{refuse: timestamp}             or a list
//	{accept: {body pattern}}
//	{by: window-edge, accept: accept, reject: {refuse: timestamp}}
func (e *Expect) UnmarshalYAML(unmarshal func(any) error) error {
	var word string
	if unmarshal(&word) == nil {
		switch word {
		case "accept":
			*e = Expect{Accept: true}
		case "refuse":
			*e = Expect{Refuse: []string{refusal}}
		default:
			return fmt.Errorf("expect %q: write accept, refuse, {refuse: error} or {by: variant, value: ...}", word)
		}
		return nil
	}
	var fields ordered[any]
	if err := unmarshal(&fields); err != nil {
		return err
	}
	by, _ := fields.get("by")
	if by != nil {
		var outcomes map[string]any
		if err := unmarshal(&outcomes); err != nil {
			return err
		}
		*e = Expect{By: fmt.Sprint(by), Outcomes: map[string]Expect{}}
		for value, raw := range outcomes {
			if value == "by" {
				continue
			}
			text, err := yaml.Marshal(raw)
			if err != nil {
				return err
			}
			var outcome Expect
			if err := yaml.UnmarshalWithOptions(text, &outcome, decodeOptions...); err != nil {
				return fmt.Errorf("outcome %s: %w", value, err)
			}
			e.Outcomes[value] = outcome
		}
		return nil
	}
	for _, f := range fields.entries {
		switch f.key {
		case "accept":
			e.Accept, e.Reply = true, f.value
		case "refuse":
			switch names := f.value.(type) {
			case string:
				e.Refuse = []string{names}
			case []any:
				for _, n := range names {
					e.Refuse = append(e.Refuse, fmt.Sprint(n))
				}
			}
		case "body":
			e.Reply = f.value
		default:
			if e.Params == nil {
				e.Params = Values{}
			}
			e.Params[f.key] = fmt.Sprint(f.value)
		}
	}
	if e.Accept == (len(e.Refuse) > 0) {
		return fmt.Errorf("an expectation either accepts or refuses")
	}
	return nil
}

// faults is one fault or, for cases about order, several.
type faults []Fault

// UnmarshalYAML reads {kind: value}, or a list of those.
func (f *faults) UnmarshalYAML(unmarshal func(any) error) error {
	var many []ordered[any]
	if unmarshal(&many) != nil {
		var one ordered[any]
		if err := unmarshal(&one); err != nil {
			return err
		}
		many = []ordered[any]{one}
	}
	for _, m := range many {
		if len(m.entries) != 1 {
			return fmt.Errorf("break names exactly one thing; several are a list, and only in an order case")
		}
		fault, err := newFault(m.entries[0].key, m.entries[0].value)
		if err != nil {
			return err
		}
		*f = append(*f, fault)
	}
	return nil
}
