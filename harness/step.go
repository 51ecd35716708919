package harness

import (
	"fmt"
	"slices"
	"strings"
)

// step checks one step and finds its operation.
func (p *Profile) step(c *Case, raw rawStep, s subject) (Step, error) {
	step := Step{At: raw.At, Skew: raw.Skew, Call: substitute(raw.Call, s), Token: raw.Token, Save: raw.Save, Repeat: raw.Repeat}
	if s.at != "" {
		step.At, _ = ParseOffset(s.at)
	}
	if s.skew != "" {
		step.Skew, _ = ParseOffset(s.skew)
	}
	if raw.Expect == nil && s.expect == nil {
		return step, fmt.Errorf("nothing is said of what to expect; add expect")
	}
	if s.expect != nil {
		step.Expect = *s.expect
	} else {
		step.Expect = *raw.Expect
	}
	step.Expect = p.withoutFallbacks(step.Expect)
	for _, f := range raw.Break {
		if text, ok := f.written.(string); ok {
			var err error
			if f, err = newFault(f.Kind, substitute(text, s)); err != nil {
				return step, err
			}
		}
		step.Break = append(step.Break, f)
	}
	step.Break = append(step.Break, s.faults...)
	if len(step.Break) > 1 && c.Aspect() != "order" {
		return step, fmt.Errorf("break names %d things; only an order case breaks more than one", len(step.Break))
	}
	for _, o := range []Offset{step.At, step.Skew} {
		if _, err := o.Resolve(p.Window); err != nil {
			return step, err
		}
	}
	at, _ := step.At.Resolve(p.Window.aging())
	if skew, _ := step.Skew.Resolve(p.Window); p.Timestamp != nil && skew != 0 && at%p.Timestamp.Granule != 0 {
		return step, fmt.Errorf("at %s and skew %s: a stamp would lose the fraction, and its age be another than the skew; write at without a fraction of %v", step.At, step.Skew, p.Timestamp.Granule)
	}
	if err := p.checkExpect(step.Expect); err != nil {
		return step, err
	}
	op, err := p.operationFor(step)
	if err != nil {
		return step, err
	}
	step.operation = op
	if !op.Safe && !slices.Contains(c.Needs, "unsafe") {
		c.Needs = append(c.Needs, "unsafe")
	}
	for _, f := range step.Break {
		if odd, ok := f.value.(*oddStages); ok {
			if _, err := odd.compile(p); err != nil {
				return step, err
			}
		}
		need := map[string]string{"state": "server-state", "mint": "own-token-key"}[f.Kind]
		if need != "" && !slices.Contains(c.Needs, need) {
			c.Needs = append(c.Needs, need)
		}
	}
	return step, nil
}

// knownNeeds are what a case may need of its target.
var knownNeeds = []string{"own-clock", "own-token-key", "server-state", "unsafe"}

// checkStep makes sure that what the step names is there.
func (p *Profile) checkStep(c *Case, s Step) error {
	if s.Repeat && len(c.Steps) == 0 {
		return fmt.Errorf("repeat: there is no step before it")
	}
	saved := s.Token == ""
	for _, earlier := range c.Steps {
		saved = saved || earlier.Save == s.Token
	}
	if !saved {
		return fmt.Errorf("token %q: no earlier step saves a token under that name", s.Token)
	}
	form := p.Call
	if s.Call == "login" {
		form = p.Login
	}
	d := &draft{profile: p}
	for _, f := range s.Break {
		name := fmt.Sprint(f.value)
		if faultKinds[f.Kind].carrier {
			if place, _ := form.Carrier(d.carried(name)); place == "" {
				return fmt.Errorf("fault %s: nothing in the request carries %q", f.Kind, name)
			}
		}
		switch f.Kind {
		case "sign-other", "leave-out":
			if !slices.Contains(p.signedInputs(), name) && !slices.Contains(p.Request.inputs(), name) {
				return fmt.Errorf("fault %s: the signature does not cover %q; it covers %s", f.Kind, name, strings.Join(p.signedInputs(), ", "))
			}
		case "state":
			if !slices.Contains(knownStates, name) {
				return fmt.Errorf("unknown state %q; known are %s", name, strings.Join(knownStates, ", "))
			}
		}
	}
	return nil
}

// KnownState reports whether a server can be put in the state, for Target.State.
func KnownState(name string) bool { return slices.Contains(knownStates, name) }

// knownStates are the documented states a server can be put in.
var knownStates = []string{"key-inactive", "key-deleted", "ip-denied", "account-suspended", "permission-denied", "rate-limited", "api-disabled"}

// withoutFallbacks drops the alternatives that the profile does not document,
// when it documents the first: they would stand for any refusal at all.
func (p *Profile) withoutFallbacks(e Expect) Expect {
	if e.By != "" {
		outcomes := map[string]Expect{}
		for value, outcome := range e.Outcomes {
			outcomes[value] = p.withoutFallbacks(outcome)
		}
		e.Outcomes = outcomes
		return e
	}
	if len(e.Refuse) < 2 || p.documented(e.Refuse[0]).name == refusal {
		return e
	}
	kept := e.Refuse[:1:1]
	for _, name := range e.Refuse[1:] {
		if p.documented(name).name != refusal {
			kept = append(kept, name)
		}
	}
	e.Refuse = kept
	return e
}

func (p *Profile) checkExpect(e Expect) error {
	for _, name := range e.Refuse {
		if _, own := p.errors.get(name); !own && fallbacks[name] == "" && !slices.Contains(knownErrors, name) {
			return fmt.Errorf("expects the error %q, which the profile does not document; it documents %s", name, strings.Join(p.errors.keys(), ", "))
		}
	}
	if e.Reply != nil {
		if _, err := p.alsoPattern(e); err != nil {
			return fmt.Errorf("the pattern of the body cannot be read: %w", err)
		}
	}
	if e.By == "" {
		return nil
	}
	v := p.Variants[e.By]
	if v == nil {
		return fmt.Errorf("expects by the variant %q, which the profile does not have", e.By)
	}
	for value, outcome := range e.Outcomes {
		if !slices.Contains(v.Values, value) && builtinVariants()[e.By] == nil {
			return fmt.Errorf("variant %s has no value %q; it has %s", e.By, value, strings.Join(v.Values, ", "))
		}
		if err := p.checkExpect(outcome); err != nil {
			return err
		}
	}
	for _, value := range v.Values {
		if _, ok := e.Outcomes[value]; !ok {
			return fmt.Errorf("says nothing of the value %q of the variant %s", value, e.By)
		}
	}
	return nil
}

// knownErrors are the roles that common cases speak of and that have no
// fallback but refusal.
var knownErrors = []string{refusal, "timestamp", "signature", "credentials", "token", "missing", "malformed", "replay", "validation", "duplicate", "not-found", "forbidden", "rate-limited", "unexpected"}

// operationFor finds what the step calls.
func (p *Profile) operationFor(s Step) (*Operation, error) {
	find := func(ok func(*Operation) bool) *Operation {
		var second *Operation
		for _, op := range p.Operations {
			if op.Refuse != "" || !ok(op) {
				continue
			}
			if op.Safe {
				return op
			}
			if second == nil {
				second = op
			}
		}
		return second
	}
	var op *Operation
	switch s.Call {
	case "":
		op = find(func(*Operation) bool { return true })
	case "login":
		if p.Login == nil {
			return nil, fmt.Errorf("calls login, but the flow %s has none", p.Flow)
		}
		return p.Login.Operation, nil
	case "protected":
		for _, o := range p.Operations {
			if !o.AboutToken && o.Refuse == "" {
				op = o
				break
			}
		}
	case "with-body":
		op = find(func(op *Operation) bool { return op.Body != "" })
	case "with-query":
		op = find(func(op *Operation) bool { return strings.Contains(op.Path, "?") })
	case "with-requires":
		op = find(func(op *Operation) bool { return len(op.Requires) > 0 })
	default:
		op = p.Operation(s.Call)
	}
	if op == nil {
		return nil, fmt.Errorf("calls %q, which is no operation of the profile", s.Call)
	}
	return op, nil
}
