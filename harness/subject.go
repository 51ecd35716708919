package harness

import (
	"fmt"
	"strings"
)

// subject is one thing that a case with each is made for.
type subject struct {
	word   string // what {each} in the case stands for
	first  string // of several faults, the one checked first: {first}
	call   string // what {call} stands for
	at     string
	skew   string
	faults []Fault
	expect *Expect
}

func substitute(text string, s subject) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer("{each}", s.word, "{call}", s.call, "{first}", s.first).Replace(text)
}

func (p *Profile) subjects(each string) ([]subject, error) {
	var out []subject
	switch each {
	case "":
		return []subject{{}}, nil
	case "operation", "operation-with-body", "protected-operation":
		for _, op := range p.Operations {
			if op.Refuse == "" && !(op.AboutToken && each == "protected-operation") && !(op.Body == "" && each == "operation-with-body") {
				out = append(out, subject{word: op.Name, call: op.Name})
			}
		}
	case "refusing-operation":
		for _, op := range p.Operations {
			if op.Refuse != "" {
				out = append(out, subject{word: op.Name, call: op.Name, expect: &Expect{Refuse: []string{op.Refuse}}})
			}
		}
	case "signed-input":
		for _, n := range p.signedInputs() {
			s := subject{word: n}
			switch n {
			case "body":
				s.call = "with-body"
			case "query":
				s.call = "with-query"
			}
			if _, err := p.operationFor(Step{Call: s.call}); err == nil {
				out = append(out, s)
			}
		}
	case "login-field", "login-faults":
		if p.Login == nil {
			return nil, fmt.Errorf("each %s: the flow %s has no login", each, p.Flow)
		}
		if each == "login-faults" {
			return p.orders(p.Login, "login"), nil
		}
		for _, n := range p.Login.Fields {
			out = append(out, subject{word: n.Value()})
		}
	case "call-field":
		for _, n := range p.Call.Fields {
			out = append(out, subject{word: n.Value()})
		}
	case "call-faults":
		return p.orders(p.Call, ""), nil
	default:
		return nil, fmt.Errorf("each %q: known are operation, operation-with-body, protected-operation, refusing-operation, signed-input, login-field, call-field, login-faults, call-faults", each)
	}
	return out, nil
}

// orders lists all combinations of two and of three faults in what the form's
// checks look at, with the error of the first that is checked.
func (p *Profile) orders(form *Form, call string) []subject {
	var checks []string
	for _, c := range form.Checks {
		if c == "operation" && !p.features()["requires"] {
			continue
		}
		if c == "fields" && !form.carriesSignature(p) || c == "authorization" && (p.Flow != LoginThenBearer || !p.features()["authorization"]) {
			continue
		}
		if _, ok := orderFaults[c]; ok && (c != "key" || form.uses(p.Identity().Name)) {
			checks = append(checks, c)
		}
	}
	var out []subject
	add := func(of ...string) {
		s := subject{word: strings.Join(of, "+"), first: of[0], call: call}
		var errs []string
		for i, c := range of {
			for _, other := range of[:i] {
				if exclusive[other+"+"+c] {
					return
				}
			}
			o := orderFaults[c]
			if o.kind != "" {
				fault, err := newFault(o.kind, o.value)
				if err != nil {
					return
				}
				s.faults = append(s.faults, fault)
			}
			s.at, s.skew = s.at+o.at, s.skew+o.skew
			if c == "operation" {
				s.call = "with-requires"
			}
			errs = append(errs, o.err)
		}
		s.expect = &Expect{By: "check-order", Outcomes: map[string]Expect{"as-listed": {Refuse: errs[:1]}, "other": {Refuse: errs[1:]}}}
		out = append(out, s)
	}
	for i := range checks {
		for j := i + 1; j < len(checks); j++ {
			add(checks[i], checks[j])
		}
	}
	for i := range checks {
		for j := i + 1; j < len(checks); j++ {
			for k := j + 1; k < len(checks); k++ {
				add(checks[i], checks[j], checks[k])
			}
		}
	}
	return out
}

// orderFaults says how to break what a check looks at, and nothing else.
var orderFaults = map[string]struct {
	kind, at, skew, err string
	value               any
}{
	"authorization": {kind: "authorization", value: []any{}, err: "authorization-missing"},
	"fields":        {kind: "drop", value: "signature", err: "field-missing"},
	"timestamp":     {skew: "-window-1h", err: "timestamp"},
	"key":           {kind: "key", value: "unknown", err: "key"},
	"credentials":   {kind: "secret", value: "wrong", err: "credentials"},
	"token":         {kind: "token", value: "unknown", err: "token"},
	"expiry":        {at: "+lifetime+1s", err: "token-expired"},
	"signature":     {kind: "signature", value: "tail-replaced", err: "signature"},
	"operation":     {kind: "omit-required", value: "first", err: "validation"},
}

// exclusive are the faults that cannot be told apart when both are made.
var exclusive = map[string]bool{"authorization+token": true, "authorization+expiry": true, "token+expiry": true, "expiry+token": true, "fields+signature": true, "signature+fields": true}
