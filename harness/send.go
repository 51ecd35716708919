package harness

import (
	"fmt"
	"strconv"
)

// borrow gives a map for the values of a request. Maps are used again from case
// to case, because they were a good part of what a case cost.
func (c *Checker) borrow() Values {
	n := len(c.spare)
	if n == 0 {
		return make(Values, 24)
	}
	v := c.spare[n-1]
	c.spare = c.spare[:n-1]
	clear(v)
	return v
}

// send carries one step out: logs in first if the call needs a token, moves the
// clock, builds the request and reads the answer. The answer is nil when the
// login was refused.
func (r *run) send(s *Step) (*draft, *answer, error) {
	p := r.c.profile
	form := p.Call
	if p.Login != nil && s.operation == p.Login.Operation || s.Call == "login" {
		form = p.Login
	}
	d := &draft{profile: p, form: form, op: s.operation, values: r.c.borrow()}
	for name, value := range r.c.credentials {
		d.values[name] = value
	}
	d.values["serial"] = r.serial()
	if form == p.Login {
		d.op = p.Login.Operation
	}
	if form != p.Login && form.uses("token") || s.Token != "" {
		g, ok, err := r.token(s.Token)
		if err != nil || !ok {
			return d, nil, err
		}
		d.values["token"], d.tokenLogin, d.tokenBy = g.token, g.issued, g.by
	}
	at, err := s.At.Resolve(p.Window.aging())
	if err != nil {
		return d, nil, err
	}
	skew, err := s.Skew.Resolve(p.Window)
	if err != nil {
		return d, nil, err
	}
	if err := r.setTime(d, at, skew, form.uses("timestamp")); err != nil {
		return d, nil, err
	}
	if s.Repeat && r.previous != nil {
		again := *r.previous
		again.now, again.known, again.repeated = d.now, nil, true
		d = &again
	} else {
		if r.c.record != nil {
			d.given = copyValues(d.values)
		}
		d.build(s.Break)
	}
	r.previous = d
	d.reused = r.c.live() && !s.Repeat && r.c.spent[d.right]
	a, err := r.exchange(d)
	return d, a, err
}

// serial is a text no other request of the run carries, for what a server wants
// unique. On a clock of ours it is the same in every run.
func (r *run) serial() string {
	r.c.serial++
	if r.c.live() {
		return strconv.FormatInt(r.began.UnixMilli()*1000+int64(r.c.serial%1000), 36)
	}
	if r.c.target.Reset == nil { // the server remembers the cases before
		return strconv.Itoa(r.c.serial)
	}
	return strconv.Itoa(len(r.exchanges) + 1)
}

// token finds the token a step uses, logging in for it when there is none yet.
func (r *run) token(name string) (grant, bool, error) {
	if g, ok := r.tokens[name]; ok {
		return g, true, nil
	}
	if name != "" {
		return grant{}, false, fmt.Errorf("no earlier step saved a token as %q", name)
	}
	c := r.c
	if c.live() && !c.alone() && c.session != nil && c.serverNow().Sub(c.session.issued) < c.profile.Token.Lifetime/2 {
		return *c.session, true, nil
	}
	d, a, err := r.send(&Step{Call: "login", operation: c.profile.Login.Operation})
	if err != nil {
		return grant{}, false, err
	}
	out := c.profile.compare(&Case{Rules: []string{""}}, c.loginReply(), "", d, a)
	token := out.captured["token"]
	if token == "" {
		r.refusedLogin, _ = c.profile.accepted(d, a)
		if r.refusedLogin == "" {
			r.refusedLogin = "answered without a token: " + statusText(a.status) + " " + excerpt(a)
		}
		return grant{}, false, nil
	}
	g := grant{token: token, issued: a.earliest, by: a.latest}
	r.save("", g)
	if c.live() {
		c.session = &g
	}
	return g, true, nil
}

func (c *Checker) loginReply() *reply { return c.profile.replyTo(c.profile.Login.Operation) }

func (r *run) save(name string, g grant) {
	if r.tokens == nil {
		r.tokens = map[string]grant{}
	}
	r.tokens[name] = g
}

// keepToken saves what a login step granted.
func (r *run) keepToken(s *Step, d *draft, a *answer, out outcome) {
	if token := out.captured["token"]; s.Call == "login" && token != "" {
		r.c.session = nil // it may have ended with this login
		r.save(s.Save, grant{token: out.captured["token"], issued: a.earliest, by: a.latest})
	}
}
