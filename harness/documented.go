package harness

import "slices"

// reply is one documented answer.
type reply struct {
	status  []statusRange // the alternatives, the chosen one first
	headers []patternKey
	body    *pattern
	lists   [][]string // the places of the lists in the body of an error

	rule, statusRule, codeRule string
}

// Status is the HTTP status the reference server answers with: the lowest of a
// class.
func (r *reply) Status() int { return r.status[0].min }

// failure is one documented error.
type failure struct {
	name  string
	rule  string
	reply *reply   // what it looks like
	anyOf []string // the errors it may also be, when the pages leave that open
}

// Error renders the named error, or the nearest one the profile documents, as
// the reference server answers it. The values fill the message; those it needs
// and does not find are added.
func (p *Profile) Error(name string, v Values) (status int, headers map[string]string, body []byte) {
	f := p.documented(name)
	for name, value := range errorDefaults {
		if v[name] == "" {
			v[name] = value
		}
	}
	if v["code"] == "" {
		v["code"] = p.defaultCode
	}
	for _, h := range f.reply.headers {
		if !h.value.absent() {
			if headers == nil {
				headers = map[string]string{}
			}
			headers[h.name] = h.value.leaf[0].text.Render(v)
		}
	}
	return f.reply.Status(), headers, f.reply.body.AppendJSON(make([]byte, 0, 256), v)
}

// errorDefaults stand for what an error's shape leaves to the server.
var errorDefaults = Values{"any": "refused", "message": "Request refused"}

// fallbacks names the error that stands in for one the profile does not
// document. What ends at refusal is any error of the documented shape.
var fallbacks = map[string]string{
	"timestamp-missing":       "field-missing",
	"timestamp-malformed":     "malformed",
	"field-empty":             "field-missing",
	"field-missing":           "missing",
	"field-short":             "malformed",
	"field-long":              "malformed",
	"authorization-missing":   "missing",
	"authorization-malformed": "malformed",
	"key-inactive":            "key",
	"token-expired":           "token",
	"key":                     "credentials",
	"body":                    "malformed",
}

const refusal = "refusal"

// documented finds the error, or its nearest stand-in. Of one that may be any
// of several it gives the first.
func (p *Profile) documented(name string) *failure {
	return p.possible(name)[0]
}

// possible lists the errors that the name may stand for.
func (p *Profile) possible(name string) []*failure {
	if known, ok := p.possibly[name]; ok {
		return known
	}
	return p.findPossible(name)
}

func (p *Profile) findPossible(name string) []*failure {
	for {
		f, ok := p.errors.get(name)
		if ok && len(f.anyOf) == 0 {
			return []*failure{f}
		}
		if ok {
			var all []*failure
			for _, n := range f.anyOf {
				all = append(all, p.possible(n)...)
			}
			return all
		}
		if name, ok = fallbacks[name]; !ok {
			name = refusal
		}
	}
}

// Success renders the documented answer to an operation.
func (p *Profile) Success(op *Operation, v Values) (status int, headers map[string]string, body []byte) {
	r := p.success
	if op.reply != nil {
		r = op.reply
	}
	for _, h := range r.headers {
		if !h.value.absent() {
			if headers == nil {
				headers = map[string]string{}
			}
			headers[h.name] = h.value.leaf[0].text.Render(v)
		}
	}
	if r.body != nil {
		body = r.body.AppendJSON(make([]byte, 0, 256), v)
	}
	return r.Status(), headers, body
}

// ErrorNames lists the errors that the profile documents one by one, in its
// order.
func (p *Profile) ErrorNames() []string {
	var names []string
	for _, e := range p.errors.entries {
		if len(e.value.anyOf) == 0 && e.key != refusal {
			names = append(names, e.key)
		}
	}
	return names
}

// Refusals lists the errors by which the expectation may be met, under the
// profile's choice of variants.
func (p *Profile) Refusals(e Expect) []string {
	if e.By != "" {
		return p.Refusals(e.Outcomes[p.Choice(e.By)])
	}
	return e.Refuse
}

// ErrorName is the documented error that the reference server tells under the
// name: itself, or the nearest there is.
func (p *Profile) ErrorName(name string) string { return p.documented(name).name }

// ErrorRules are the requirements that an error's answer hangs on.
func (p *Profile) ErrorRules(name string) []string {
	f := p.documented(name)
	return p.replyRules(f.reply, f.rule, p.Rules["error-shape"])
}

// ReplyRules are the requirements that a success's answer hangs on.
func (p *Profile) ReplyRules(op *Operation) []string {
	accepted := "call-accepted"
	if p.Login != nil && op == p.Login.Operation {
		accepted = "login-accepted"
	}
	return p.replyRules(p.replyTo(op), "", slices.Concat(p.Rules[accepted], p.Rules["token-accepted"]))
}

func (p *Profile) replyRules(r *reply, rule string, more []string) []string {
	var ids []string
	for _, id := range append([]string{rule, r.rule, r.statusRule, r.codeRule}, more...) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
