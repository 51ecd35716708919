package harness

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

func (p *Profile) fitsReply(r *reply, d *draft, a *answer) bool {
	if r.statusFits(a.status) == nil || r.body != nil && (a.noJSON != nil || a.twice != nil && r.body.doubled(a) != "") {
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
func (r *reply) statusFits(status int) *statusRange {
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

// compare holds an answer against one documented reply.
func (p *Profile) compare(cs *Case, r *reply, rule string, d *draft, a *answer) outcome {
	var o outcome
	rule = cmp.Or(rule, r.rule, cs.Rules[0])
	if s := r.statusFits(a.status); s != nil {
		o.shown = append(o.shown, s.shows...)
	} else {
		cites := cmp.Or(r.statusRule, rule)
		if len(r.status) > 1 {
			cites = cmp.Or(r.rule, rule) // outside of everything the open question allows
		}
		f := p.Finding(cites, "status", "the status is not the documented one", "status "+r.status[0].text, statusText(a.status))
		if r.status[0].pinned { // which binds, however open the question was
			f.Level, f.Problem = Must, "the status is not the pinned one"
		}
		o.findings = append(o.findings, f)
	}
	m := a.matching(d)
	for _, h := range r.headers {
		m.enter(pathStep{key: h.name})
		h.match(a, &m)
		m.leave()
	}
	for _, w := range m.wrong {
		o.findings = append(o.findings, p.Finding(rule, "header", "the header is not the documented one: "+strings.TrimPrefix(w.path, "$."), w.want, w.got))
	}
	m.wrong = m.wrong[:0]
	if r.body != nil {
		if a.noJSON != nil {
			o.findings = append(o.findings, p.Finding(cmp.Or(r.rule, rule), "shape", "the body is not one JSON document: "+a.noJSON.Error(), "a JSON object", excerpt(a)))
			return o
		}
		r.body.match(a.doc, true, &m)
	}
	for _, w := range m.wrong {
		kind, cites := "shape", cmp.Or(r.rule, rule)
		switch {
		case w.about == "message" && w.typed:
			kind, cites = "message", rule
		case w.about == "code" && w.typed:
			kind, cites = "code", cmp.Or(r.codeRule, rule)
		case w.typed && len(p.Rules["value-"+w.about]) > 0:
			cites = p.Rules["value-"+w.about][0]
		}
		o.findings = append(o.findings, p.Finding(cites, kind, "the body differs at "+w.path, w.want, w.got))
	}
	if a.twice != nil && r.body != nil {
		if key := r.body.doubled(a); key != "" {
			o.findings = append(o.findings, p.Finding(cmp.Or(r.rule, rule), "shape", "the key "+key+" is there twice", "one value", excerpt(a)))
		}
	}
	o.shown = append(o.shown, m.shown...)
	o.captured = m.captured
	p.checkCaptured(&o, cmp.Or(r.rule, rule), d, a)
	return o
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
		o.findings = append(o.findings, p.Finding(cites, "value", problem, want, got))
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
