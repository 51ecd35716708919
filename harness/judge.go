package harness

import (
	"fmt"
	"slices"
	"strings"
)

// outcome is what one comparison of an answer with an expectation found.
type outcome struct {
	findings []Finding
	shown    []Showing
	captured Values
	open     bool // the expectation hung on an open question
}

// judge compares the answer with the expectation.
func (c *Checker) judge(cs *Case, s *Step, d *draft, a *answer) outcome {
	p := c.profile
	a.expects = &s.Expect
	if a.unusable != "" {
		return outcome{findings: []Finding{breach(cs.Rules[0], "answer", a.unusable, "a complete answer", statusText(a.status))}}
	}
	out := p.judgeExpect(cs, s.Expect, d, a)
	if a.status >= 500 {
		f := breach(cs.Rules[0], "server-error", "the server failed; however odd a request is, it is the client's fault (RFC 9110 section 15.6)", "a refusal", statusText(a.status)+" "+excerpt(a))
		out.findings = append([]Finding{f}, out.findings...)
	}
	if f, leaks := c.leak(cs, d, a); leaks {
		out.findings = append(out.findings, f)
	}
	return out
}

func hasKind(findings []Finding, kind string) bool {
	for _, f := range findings {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

func (p *Profile) judgeExpect(cs *Case, e Expect, d *draft, a *answer) outcome {
	switch {
	case e.By != "":
		return p.judgeBy(cs, e, d, a)
	case e.Accept:
		return p.judgeAccept(cs, e, d, a)
	default:
		return p.judgeRefuse(cs, e, d, a)
	}
}

// judgeBy looks up which values of the variant the answer agrees with.
func (p *Profile) judgeBy(cs *Case, e Expect, d *draft, a *answer) outcome {
	chosen := p.Choice(e.By)
	if p.Binding(e.By) {
		out := p.judgeExpect(cs, e.Outcomes[chosen], d, a)
		for i := range out.findings {
			if p.pinned[e.By] {
				out.findings[i].Level = Must
			}
			out.findings[i].Problem += fmt.Sprintf(" (variant %s is %s)", e.By, chosen)
		}
		return out
	}
	var fits []string
	for _, value := range p.Variants[e.By].Values {
		if p.fits(e.Outcomes[value], d, a) {
			fits = append(fits, value)
		}
	}
	judged := chosen
	if len(fits) > 0 && !slices.Contains(fits, chosen) {
		judged = fits[0]
	}
	out := p.judgeExpect(cs, e.Outcomes[judged], d, a)
	if len(fits) == 0 {
		fits = []string{"something else"} // which is a breach: the values are all that is allowed
	}
	out.shown, out.open = append(out.shown, Showing{e.By, fits}), true
	return out
}

// fits reports whether the answer is as expected, without saying what is not.
func (p *Profile) fits(e Expect, d *draft, a *answer) bool {
	switch {
	case e.By != "":
		return p.underAny(e, func(outcome Expect) bool { return p.fits(outcome, d, a) })
	case e.Accept:
		return p.fitsReply(p.replyTo(d.op), d, a) && p.fitsAlso(e, d, a) || p.fitting(d.op.MayRefuse, d, a) != nil
	default:
		return p.fitting(e.Refuse, d, a) != nil && p.fitsAlso(e, d, a)
	}
}

// underAny reports whether something holds of what the expectation is under the
// variant it goes by: under its value where that binds, and else under any.
func (p *Profile) underAny(e Expect, holds func(Expect) bool) bool {
	if p.Binding(e.By) {
		return holds(e.Outcomes[p.Choice(e.By)])
	}
	for _, outcome := range e.Outcomes {
		if holds(outcome) {
			return true
		}
	}
	return false
}

// fitting finds the first of the named errors that the answer is, and no other.
func (p *Profile) fitting(names []string, d *draft, a *answer) *failure {
	f, _ := p.fittingBut(names, d, a)
	return f
}

// fittingBut is fitting; where the answer is one of the errors but also another, it
// gives the name of that.
func (p *Profile) fittingBut(names []string, d *draft, a *answer) (f *failure, but string) {
	for _, name := range names {
		for _, f := range p.possible(name) {
			if !p.fitsReply(f.reply, d, a) {
				continue
			}
			s := p.stray(f.reply, p.allowed(names, d, a), a.doc, d, a)
			if s == nil {
				return f, ""
			}
			but = s.name
		}
	}
	return nil, but
}

// replyTo is the documented answer to the operation.
func (p *Profile) replyTo(op *Operation) *reply {
	if op.reply != nil {
		return op.reply
	}
	return p.success
}

func (p *Profile) judgeAccept(cs *Case, e Expect, d *draft, a *answer) outcome {
	if f := p.fitting(d.op.MayRefuse, d, a); f != nil {
		return p.compare(cs, f.reply, f.rule, d, a)
	}
	reply := p.replyTo(d.op)
	o := p.compare(cs, reply, reply.rule, d, a)
	if _, ok := p.accepted(d, a); len(o.findings) > 0 && !ok {
		o.findings = []Finding{p.Finding(cs.Rules[0], "outcome", "a right request was refused", "acceptance", p.describe(d, a))}
		return o
	}
	return p.alsoReply(cs, e, d, a, o)
}

// alsoReply matches what the case itself says of the body.
func (p *Profile) alsoReply(cs *Case, e Expect, d *draft, a *answer, o outcome) outcome {
	if e.Reply == nil || len(o.findings) > 0 {
		return o
	}
	m := a.matching(d)
	p.matchAlso(e, a, &m)
	for _, w := range m.wrong {
		o.findings = append(o.findings, p.Finding(cs.Rules[0], "shape", "the body differs at "+w.path, w.want, w.got))
	}
	return o
}

// fitsAlso reports whether the body is as the case itself says.
func (p *Profile) fitsAlso(e Expect, d *draft, a *answer) bool {
	m := a.quietly(d)
	p.matchAlso(e, a, &m)
	return !m.failed
}

func (p *Profile) matchAlso(e Expect, a *answer, m *matching) {
	if e.Reply == nil {
		return
	}
	pattern, err := p.alsoPattern(e)
	if err != nil { // refused on loading, so only another choice of variants can break it
		m.fail("a pattern that can be read", err.Error())
		return
	}
	pattern.match(a.doc, true, m)
}

// alsoPattern is what the case itself says of the body, under the choice of
// variants.
func (p *Profile) alsoPattern(e Expect) (*pattern, error) {
	return compilePattern(e.Reply, &compiler{variants: p.Variants, choice: p.choice, pinned: p.pinned})
}

func (p *Profile) judgeRefuse(cs *Case, e Expect, d *draft, a *answer) outcome {
	f, but := p.fittingBut(e.Refuse, d, a)
	if f != nil {
		return p.alsoReply(cs, e, d, a, p.compare(cs, f.reply, f.rule, d, a))
	}
	var best outcome
	for i, name := range e.Refuse {
		for j, f := range p.possible(name) {
			o := p.compare(cs, f.reply, f.rule, d, a)
			if i == 0 && j == 0 || len(o.findings) < len(best.findings) {
				best = o
			}
		}
	}
	want := "refusal with " + strings.Join(e.Refuse, " or ")
	if slices.Equal(e.Refuse, []string{refusal}) {
		want = "refusal"
	}
	if p.looksAccepted(d, a) {
		best.findings = []Finding{p.Finding(cs.Rules[0], "outcome", "accepted; expected "+want, want, p.describe(d, a))}
		return best
	}
	if but != "" {
		best.findings = []Finding{p.Finding(cs.Rules[0], "outcome", fmt.Sprintf("refused with %s as well; expected %s", but, want), want, p.describe(d, a))}
	} else if other := p.refused(d, a); other != "" && other != refusal && !p.mayBe(e.Refuse, other) {
		best.findings = []Finding{p.Finding(cs.Rules[0], "outcome", fmt.Sprintf("refused with %s; expected %s", other, want), want, p.describe(d, a))}
	}
	return best
}

// looksAccepted reports whether the answer is one that a right request gets. A
// vendor may send its errors with the status of a success, so the body counts
// as well; where it cannot be read, the status has to do.
func (p *Profile) looksAccepted(d *draft, a *answer) bool {
	if _, ok := p.accepted(d, a); !ok || a.noJSON != nil {
		return ok
	}
	if p.failure.statusFits(a.status) == nil {
		return true
	}
	for _, r := range []*reply{p.replyTo(d.op), p.success} {
		if r.body == nil || p.fitsReply(r, d, a) {
			return true
		}
	}
	return false
}

// mayBe reports whether the error is one that the names may stand for.
func (p *Profile) mayBe(names []string, other string) bool {
	for _, name := range names {
		for _, f := range p.possible(name) {
			if f.name == other {
				return true
			}
		}
	}
	return false
}

// accepted reports whether the answer shows that authentication passed, and if
// not, how it was refused.
func (p *Profile) accepted(d *draft, a *answer) (string, bool) {
	if name := p.refused(d, a); name != "" {
		return "refused with " + name, slices.Contains(d.op.MayRefuse, name)
	}
	if p.success.statusFits(a.status) != nil || p.replyTo(d.op).statusFits(a.status) != nil {
		return "", true
	}
	return "answered with " + statusText(a.status) + " " + excerpt(a), false
}

// refused names the documented error that the answer is, by its body and if
// possible also by its status; empty for none.
func (p *Profile) refused(d *draft, a *answer) string {
	if a.noJSON != nil {
		return ""
	}
	byBody := ""
	for _, e := range p.errors.entries {
		if len(e.value.anyOf) > 0 {
			continue
		}
		m := a.quietly(d)
		if e.value.reply.body.match(a.doc, true, &m); m.failed {
			continue
		}
		if e.value.reply.statusFits(a.status) != nil {
			return e.key
		}
		if byBody == "" {
			byBody = e.key
		}
	}
	return byBody
}

// Finding makes a finding against a requirement, at its level.
func (p *Profile) Finding(rule, kind, problem, want, got string) Finding {
	level := Must
	if r := p.Requirement(rule); r != nil {
		level = r.Level
	}
	return Finding{Rule: rule, Level: level, Kind: kind, Problem: problem, Want: want, Got: got}
}

// breach is a finding that fails whatever the level of its requirement.
func breach(rule, kind, problem, want, got string) Finding {
	return Finding{Rule: rule, Level: Must, Kind: kind, Problem: problem, Want: want, Got: got}
}

func (p *Profile) describe(d *draft, a *answer) string {
	text := statusText(a.status)
	if name := p.refused(d, a); name != "" && name != refusal {
		text += ", the error " + name
	}
	return text + " " + excerpt(a)
}
