package harness

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// answer is one response, read to its end or to the limit.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	doc      any
	noJSON   error  // why the body is not one JSON document
	unusable string // what no client could work with: too long, cut off, no HTTP
	// What the server's clock showed when it judged the request, as far as it
	// is known: the two are equal when the clock is ours.
	earliest, latest time.Time

	hide func(string) string // takes secrets out; applied before anything is cut short
	path []pathStep          // room for the path of a comparison
}

// matching prepares to compare the answer with a pattern.
func (a *answer) matching(d *draft) matching {
	if a.path == nil {
		a.path = make([]pathStep, 0, 8)
	}
	return matching{known: d.answerValue(), hide: a.hide, path: a.path[:0]}
}

// quietly prepares to find out whether the answer fits, and nothing more.
func (a *answer) quietly(d *draft) matching {
	m := a.matching(d)
	m.quiet = true
	return m
}

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
	if a.unusable != "" {
		return outcome{findings: []Finding{c.finding(cs.Rules[0], Must, "answer", a.unusable, "a complete answer", statusText(a.status))}}
	}
	out := p.judgeExpect(cs, s.Expect, d, a)
	if a.status >= 500 && !hasKind(out.findings, "server-error") {
		f := c.finding(cs.Rules[0], Must, "server-error", "the server failed; however odd a request is, it is the client's fault (RFC 9110 section 15.6)", "a refusal", statusText(a.status)+" "+excerpt(a))
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
	if p.binding(e.By) {
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
	if len(fits) > 0 && !contains(fits, chosen) {
		judged = fits[0]
	}
	out := p.judgeExpect(cs, e.Outcomes[judged], d, a)
	if len(fits) == 0 {
		fits = []string{"something else"}
		for i := range out.findings {
			out.findings[i].Level = weaker(out.findings[i], Open)
		}
	}
	out.shown, out.open = append(out.shown, Showing{e.By, fits}), true
	return out
}

// fits reports whether the answer is as expected, without saying what is not.
func (p *Profile) fits(e Expect, d *draft, a *answer) bool {
	switch {
	case e.By != "" && p.binding(e.By):
		return p.fits(e.Outcomes[p.Choice(e.By)], d, a)
	case e.By != "":
		for _, outcome := range e.Outcomes {
			if p.fits(outcome, d, a) {
				return true
			}
		}
		return false
	case e.Accept:
		if p.fitsReply(p.replyTo(d.op), d, a) {
			return true
		}
		return p.fitsErrors(d.op.MayRefuse, d, a)
	default:
		return p.fitsErrors(e.Refuse, d, a)
	}
}

func (p *Profile) fitsErrors(names []string, d *draft, a *answer) bool {
	return p.fitting(names, d, a) != nil
}

// fitting finds the first of the named errors that the answer is.
func (p *Profile) fitting(names []string, d *draft, a *answer) *failure {
	for _, name := range names {
		for _, f := range p.possible(name) {
			if p.fitsReply(f.reply, d, a) {
				return f
			}
		}
	}
	return nil
}

func (p *Profile) fitsReply(r *Reply, d *draft, a *answer) bool {
	if r.statusFits(a.status) == nil || r.body != nil && a.noJSON != nil {
		return false
	}
	m := a.quietly(d)
	for _, h := range r.headers {
		h.match(a, &m)
	}
	if r.body != nil && !m.failed {
		r.body.match(a.doc, true, &m)
	}
	return !m.failed
}

// statusFits finds the documented status, or class, that the status is of.
func (r *Reply) statusFits(status int) *statusRange {
	for i := range r.status {
		if s := &r.status[i]; status >= s.min && status <= s.max {
			return s
		}
	}
	return nil
}

// match compares the first value of the header.
func (k *patternKey) match(a *answer, m *matching) {
	if values := a.header[k.name]; len(values) > 0 {
		k.value.match(values[0], true, m)
	} else {
		k.value.match(nil, false, m)
	}
}

// replyTo is the documented answer to the operation.
func (p *Profile) replyTo(op *Operation) *Reply {
	if op.reply != nil {
		return op.reply
	}
	return p.success
}

// weaker lowers a finding about the outcome: which outcome is right is open.
// That an answer has a documented shape is not.
func weaker(f Finding, l Level) Level {
	if f.Kind == "outcome" || f.Kind == "status" {
		return l
	}
	return f.Level
}

func (p *Profile) judgeAccept(cs *Case, e Expect, d *draft, a *answer) outcome {
	if f := p.fitting(d.op.MayRefuse, d, a); f != nil {
		return p.compare(cs, f.reply, f.rule, d, a)
	}
	reply := p.replyTo(d.op)
	o := p.compare(cs, reply, reply.rule, d, a)
	if _, ok := p.accepted(d, a); len(o.findings) > 0 && !ok {
		o.findings = []Finding{p.finding(cs.Rules[0], "outcome", "a right request was refused", "acceptance", p.describe(d, a))}
		return o
	}
	return p.alsoReply(cs, e, d, a, o)
}

// alsoReply matches what the case itself says of the body.
func (p *Profile) alsoReply(cs *Case, e Expect, d *draft, a *answer, o outcome) outcome {
	if e.Reply == nil || len(o.findings) > 0 {
		return o
	}
	pattern, err := compilePattern(e.Reply, &compiler{variants: p.Variants, choice: p.choice, pinned: p.pinned})
	if err != nil {
		o.findings = append(o.findings, p.finding(cs.Rules[0], "shape", "the case's own pattern cannot be read: "+err.Error(), "", ""))
		return o
	}
	m := a.matching(d)
	pattern.match(a.doc, true, &m)
	for _, w := range m.wrong {
		o.findings = append(o.findings, p.finding(cs.Rules[0], "shape", "the body differs at "+w.path, w.want, w.got))
	}
	return o
}

func (p *Profile) judgeRefuse(cs *Case, e Expect, d *draft, a *answer) outcome {
	if f := p.fitting(e.Refuse, d, a); f != nil {
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
	if _, ok := p.accepted(d, a); ok {
		best.findings = []Finding{p.finding(cs.Rules[0], "outcome", "accepted; expected "+want, want, p.describe(d, a))}
		return best
	}
	if other := p.refused(d, a); other != "" && other != refusal && !contains(e.Refuse, other) {
		best.findings = []Finding{p.finding(cs.Rules[0], "outcome", fmt.Sprintf("refused with %s; expected %s", other, want), want, p.describe(d, a))}
	}
	return best
}

// accepted reports whether the answer shows that authentication passed, and if
// not, how it was refused.
func (p *Profile) accepted(d *draft, a *answer) (string, bool) {
	if name := p.refused(d, a); name != "" {
		return "refused with " + name, contains(d.op.MayRefuse, name)
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

// compare holds an answer against one documented reply.
func (p *Profile) compare(cs *Case, r *Reply, rule string, d *draft, a *answer) outcome {
	var o outcome
	rule = firstOf(rule, r.rule, cs.Rules[0])
	if s := r.statusFits(a.status); s != nil {
		o.shown = append(o.shown, s.shows...)
	} else {
		o.findings = append(o.findings, p.finding(firstOf(r.statusRule, rule), "status", "the status is not the documented one", "status "+r.status[0].text, statusText(a.status)))
	}
	m := a.matching(d)
	for _, h := range r.headers {
		m.enter(pathStep{key: h.name})
		h.match(a, &m)
		m.leave()
	}
	for _, w := range m.wrong {
		o.findings = append(o.findings, p.finding(rule, "header", "the header is not the documented one: "+strings.TrimPrefix(w.path, "$."), w.want, w.got))
	}
	m.wrong = m.wrong[:0]
	if r.body != nil {
		if a.noJSON != nil {
			o.findings = append(o.findings, p.finding(firstOf(r.rule, rule), "shape", "the body is not one JSON document: "+a.noJSON.Error(), "a JSON object", excerpt(a)))
			return o
		}
		r.body.match(a.doc, true, &m)
	}
	for _, w := range m.wrong {
		kind, cites := "shape", firstOf(r.rule, rule)
		switch {
		case w.about == "message" && w.typed:
			kind, cites = "message", rule
		case w.about == "code" && w.typed:
			kind, cites = "code", firstOf(r.codeRule, rule)
		case w.typed && len(p.Rules["value-"+w.about]) > 0:
			cites = p.Rules["value-"+w.about][0]
		}
		o.findings = append(o.findings, p.finding(cites, kind, "the body differs at "+w.path, w.want, w.got))
	}
	o.shown = append(o.shown, m.shown...)
	o.captured = m.captured
	p.checkCaptured(&o, firstOf(r.rule, rule), d, a)
	return o
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// answerValue looks up what an answer to this request may repeat. What only the
// answer can tell is not known: it is captured, not compared.
func (d *draft) answerValue() func(string) (string, bool) {
	if d.known == nil {
		d.known = func(name string) (string, bool) {
			switch {
			case name == "message", name == "token" && d.form == d.profile.Login:
				return "", false
			case name == "lifetime" && d.profile.Token != nil:
				return seconds(d.profile.Token.Lifetime), true
			}
			v, ok := d.values[name]
			return v, ok
		}
	}
	return d.known
}

// checkCaptured checks the values that only the answer could tell: the server's
// time, a new token, the time a token has left.
func (p *Profile) checkCaptured(o *outcome, rule string, d *draft, a *answer) {
	complain := func(about, problem, want, got string) {
		cites := rule
		if ids := p.Rules["value-"+about]; len(ids) > 0 {
			cites = ids[0]
		}
		o.findings = append(o.findings, p.finding(cites, "value", problem, want, got))
	}
	if text, ok := o.captured["server_time"]; ok && p.ReplyTime != nil {
		t, err := p.ReplyTime.Parse(text)
		switch {
		case err != nil:
			complain("server_time", "the server's time is not in its documented form", p.ReplyTime.Format(d.now), text)
		case t.Before(a.earliest.Add(-time.Second)) || t.After(a.latest.Add(time.Second)):
			complain("server_time", "the server's time is not the time of the answer", "about "+p.ReplyTime.Format(d.now), text)
		}
	}
	if token, ok := o.captured["token"]; ok {
		if problem := p.Token.problem(token); problem != "" {
			complain("token", "the token is not of the documented form: "+problem, "", "")
		}
	}
	if text, ok := o.captured["remaining"]; ok && !d.tokenLogin.IsZero() {
		p.checkRemaining(text, d, a, complain)
	}
}

// checkRemaining checks a countdown in MM:SS: rounded down, or one less where
// the server counts the second that has begun.
func (p *Profile) checkRemaining(text string, d *draft, a *answer, complain func(about, problem, want, got string)) {
	most := p.Token.Lifetime - a.earliest.Sub(d.tokenBy)
	least := p.Token.Lifetime - a.latest.Sub(d.tokenLogin) - time.Second
	want := clockText(max(most, 0))
	var minutes, secs int
	if n, err := fmt.Sscanf(text, "%02d:%02d", &minutes, &secs); err != nil || n != 2 || len(text) != 5 || secs > 59 || strings.ContainsAny(text, "+- ") {
		complain("remaining", "the time left is not in the form MM:SS", want, text)
		return
	}
	left := time.Duration(minutes)*time.Minute + time.Duration(secs)*time.Second
	if left > max(most, 0) || left < least {
		complain("remaining", "the time left is not what the token has left", want, text)
	}
}

func clockText(d time.Duration) string {
	s := int(d / time.Second)
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// problem says what is wrong with the form of a token; empty when nothing is.
func (t *Token) problem(token string) string {
	if t == nil || token == "" {
		return ""
	}
	if t.Recipe != nil {
		if n := strings.Count(token, "."); n != 2 {
			return fmt.Sprintf("%d parts, not three", n+1)
		}
		return ""
	}
	if t.Length > 0 && len(token) != t.Length {
		return fmt.Sprintf("%d characters, not %d", len(token), t.Length)
	}
	alphabet := map[string]string{"base64": "+/=", "base64url": "-_", "hex": ""}[t.Alphabet]
	for _, r := range token {
		ok := r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(alphabet, r)
		if t.Alphabet != "" && !ok {
			return fmt.Sprintf("the character %q is not %s", r, t.Alphabet)
		}
	}
	return ""
}

// leak looks for what an answer must never hold: a secret, or the signature
// that would have been right.
func (c *Checker) leak(cs *Case, d *draft, a *answer) (Finding, bool) {
	rule := cs.Rules[0]
	if ids := c.profile.Rules["no-echo"]; len(ids) > 0 {
		rule = ids[0]
	}
	text := string(a.body)
	leaks := c.redactor.Leaks(text)
	for _, values := range a.header {
		for _, v := range values {
			leaks = leaks || c.redactor.Leaks(v)
		}
	}
	if leaks {
		return c.finding(rule, Must, "leak", "the answer holds a secret of the customer", "no secret", c.redactor.Text(excerpt(a))), true
	}
	if f, echoes := c.echoesKey(d, a, text); echoes {
		return f, true
	}
	if d.right == "" || c.profile.Request == nil {
		return Finding{}, false
	}
	if sent := d.values[c.profile.Request.result()]; sent != d.right && len(d.right) > 8 && !strings.Contains(sent, d.right) && strings.Contains(text, d.right) {
		return c.finding(rule, Must, "leak", "the answer to a wrong signature holds the right one", "no signature", shorten(a.hide(text), 200)), true
	}
	return Finding{}, false
}

// echoesKey looks for the whole key in an error, where the vendor shows a part
// of it only.
func (c *Checker) echoesKey(d *draft, a *answer, text string) (Finding, bool) {
	ids := c.profile.Rules["no-key-echo"]
	sent := d.values[c.profile.Identity().Name]
	if len(ids) == 0 || len(sent) <= shortKey || c.profile.pinned["key-prefix"] || !strings.Contains(text, sent) {
		return Finding{}, false
	}
	if c.profile.refused(d, a) == "" {
		return Finding{}, false
	}
	return c.finding(ids[0], Must, "leak", "the error holds the whole key that was sent", "a part of the key", shorten(a.hide(text), 200)), true
}

// shortKey is the length up to which a key may be shown whole, in characters:
// what is longer is shown in part.
const shortKey = 12

func (p *Profile) finding(rule, kind, problem, want, got string) Finding {
	level := Must
	if r := p.Requirement(rule); r != nil {
		level = r.Level
	}
	return Finding{Rule: rule, Level: level, Kind: kind, Problem: problem, Want: want, Got: got}
}

func (c *Checker) finding(rule string, level Level, kind, problem, want, got string) Finding {
	return Finding{Rule: rule, Level: level, Kind: kind, Problem: problem, Want: want, Got: got}
}

func (p *Profile) describe(d *draft, a *answer) string {
	text := statusText(a.status)
	if name := p.refused(d, a); name != "" && name != refusal {
		text += ", the error " + name
	}
	return text + " " + excerpt(a)
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("status %d %s", status, http.StatusText(status)))
}

func excerpt(a *answer) string {
	return shorten(a.hide(strings.ToValidUTF8(string(a.body), "\uFFFD")), 300)
}
