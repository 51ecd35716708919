package harness

import "net/http"

// Reading is what a client makes of an answer.
type Reading struct {
	OK    bool   // the API did what was asked
	Error string // the documented error that the answer is; empty when it is none
	Doc   any    // the JSON document; nil when the body is none
}

// Read takes the answer to an operation apart as the vendor's pages tell a client
// to: by its status, and by whatever of its body tells a success from an error.
// Values are those the request carried; errors may repeat them.
func (p *Profile) Read(op *Operation, sent Values, status int, h http.Header, body []byte) Reading {
	form := p.Call
	if p.Login != nil && op == p.Login.Operation {
		form = p.Login
	}
	a := plainAnswer(status, h, body)
	d := &draft{profile: p, form: form, op: op, values: sent}
	r := Reading{Doc: a.doc}
	if a.noJSON == nil {
		r.Error = p.refused(d, a)
	}
	success := p.replyTo(op)
	switch {
	case r.Error != "", a.noJSON != nil && success.body != nil:
	case success.statusFits(status) == nil && p.success.statusFits(status) == nil:
	default:
		r.OK = !success.body.contradicts(p.failure.body, a.doc)
	}
	return r
}

// Tells reports whether the answer is the named error as the pages document it,
// whatever it repeats of the request.
func (p *Profile) Tells(name string, status int, h http.Header, body []byte) bool {
	d := &draft{profile: p, form: p.Call, op: p.Operations[0], values: Values{}}
	return p.fitsReply(p.documented(name).reply, d, plainAnswer(status, h, body))
}

// plainAnswer is an answer that nothing is hidden in.
func plainAnswer(status int, h http.Header, body []byte) *answer {
	a := &answer{status: status, header: h, body: body, hide: func(s string) string { return s }}
	a.read()
	return a
}

// contradicts reports whether the document has, where successes and errors of
// the vendor hold different constants, that of an error.
func (p *pattern) contradicts(failure *pattern, doc any) bool {
	object, ok := doc.(map[string]any)
	if p == nil || failure == nil || !ok {
		return false
	}
	for _, k := range p.keys {
		value, has := object[k.name]
		for _, f := range failure.keys {
			if f.name != k.name || !has {
				continue
			}
			if k.value.constant() && f.value.constant() {
				if f.value.fits(value) && !k.value.fits(value) {
					return true
				}
			} else if k.value.contradicts(f.value, value) {
				return true
			}
		}
	}
	return false
}

// constant reports whether the pattern stands for one fixed scalar.
func (p *pattern) constant() bool {
	if p.kind != 's' {
		return false
	}
	l := p.leaf[0]
	return l.special == "true" || l.special == "false" || l.special == "" && len(l.text.Names()) == 0
}

func (p *pattern) fits(value any) bool {
	m := matching{quiet: true, known: func(string) (string, bool) { return "", false }, hide: func(s string) string { return s }}
	p.match(value, true, &m)
	return !m.failed
}
