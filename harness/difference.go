package harness

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Expected is the documented answer that comes nearest to what was expected, for
// a reader who holds it against the answer that came.
type Expected struct {
	Outcome string   // acceptance, or refusal with which errors
	Status  []string // the documented ones, such as 401 or 4xx; any of them will do
	Header  []string // "Name: value", in the documented order
	Body    string   // JSON; what the rules leave open is written as it came; empty where no body is documented
}

// Difference is the first stage in which the signature that was sent departs
// from the one a right client would have made of the same request.
type Difference struct {
	Stage     string
	Want, Got string
	At        int // the byte where they part, in what is shown; -1 where that is hidden
}

// tell keeps what a reader needs to see what the findings are about.
func (r *run) tell(res *Result, e Expect, d *draft, a *answer) {
	p := r.c.profile
	res.Expected = p.expected(e, d, a)
	res.Difference = p.difference(d, r.c.credentials)
}

// tellLogin is tell for a login that a call needed, and that was refused.
func (r *run) tellLogin(res *Result) {
	if n := len(r.exchanges); n > 0 && r.exchanges[n-1].a != nil {
		r.tell(res, Expect{Accept: true}, r.exchanges[n-1].d, r.exchanges[n-1].a)
	}
}

// hide takes secrets out of what tell has kept.
func (res *Result) hide(hide func(string) string) {
	text := func(s string) string { return shorten(strings.ToValidUTF8(hide(s), "\uFFFD"), maxShown) }
	if e := res.Expected; e != nil {
		e.Body = text(e.Body)
		for i, h := range e.Header {
			e.Header[i] = text(h)
		}
	}
	res.Difference = res.Difference.Hide(hide)
}

// expected is the documented answer to the request that the expectation speaks
// of: of several the one that the answer is nearest to.
func (p *Profile) expected(e Expect, d *draft, a *answer) *Expected {
	if e.By != "" {
		value := p.Choice(e.By)
		for _, v := range p.Variants[e.By].Values {
			if !p.Binding(e.By) && !p.fits(e.Outcomes[value], d, a) && p.fits(e.Outcomes[v], d, a) {
				value = v
			}
		}
		return p.expected(e.Outcomes[value], d, a)
	}
	out := &Expected{Outcome: "acceptance"}
	r, names := p.replyTo(d.op), e.Refuse
	if e.Accept {
		names = d.op.MayRefuse
		if f := p.fitting(d.op.MayRefuse, d, a); f != nil {
			r = f.reply
		}
	} else {
		out.Outcome = refusal
		if !slices.Equal(e.Refuse, []string{refusal}) {
			out.Outcome += " with " + strings.Join(e.Refuse, " or ")
		}
		r = p.nearest(e.Refuse, d, a)
	}
	for _, s := range r.status {
		if !slices.Contains(out.Status, s.text) {
			out.Status = append(out.Status, s.text)
		}
	}
	known := d.answerValue()
	for _, h := range r.headers {
		if got := a.header[h.name]; len(got) > 0 && h.value.agrees(got[0], true, d, a) {
			out.Header = append(out.Header, h.name+": "+got[0])
		} else if !h.value.agrees(nil, false, d, a) {
			out.Header = append(out.Header, h.name+": "+h.value.leaf[0].shown(known))
		}
	}
	body := r.body
	if e.Reply != nil {
		if own, err := p.alsoPattern(e); err == nil {
			body = body.with(own)
		}
	}
	if body != nil {
		out.Body = string(body.nearest(nil, p.alone(r, names, d, a), a.noJSON == nil && a.unusable == "", d, a))
	}
	return out
}

// nearest is the reply, of those that the names stand for, from which the answer
// differs in the fewest places.
func (p *Profile) nearest(names []string, d *draft, a *answer) *reply {
	var best *reply
	least := 0
	for _, name := range names {
		for _, f := range p.possible(name) {
			wrong := len(p.compare(&Case{Rules: []string{""}}, f.reply, f.rule, d, a).findings)
			if best == nil || wrong < least {
				best, least = f.reply, wrong
			}
		}
	}
	if best == nil {
		return p.failure
	}
	return best
}

// with is the pattern with what another says in addition.
func (p *pattern) with(o *pattern) *pattern {
	if p == nil || p.kind != 'o' || o.kind != 'o' {
		return o
	}
	all := &pattern{kind: 'o', keys: slices.Clone(p.keys)}
	for _, k := range o.keys {
		i := slices.IndexFunc(all.keys, func(have patternKey) bool { return have.name == k.name })
		if i < 0 {
			all.keys = append(all.keys, k)
		} else {
			all.keys[i].value = all.keys[i].value.with(k.value)
		}
	}
	return all
}

// nearest renders the pattern as JSON that lies as near to the value as the rules
// allow: what fits stands as it came, so that a reader sees only what does not.
func (p *pattern) nearest(b []byte, value any, present bool, d *draft, a *answer) []byte {
	switch p.kind {
	case 'o':
		object, _ := value.(map[string]any)
		b = append(b, '{')
		first := true
		for _, k := range p.keys {
			child, has := object[k.name]
			fits := k.value.agrees(child, has, d, a)
			if fits && !has || !fits && k.value.absent() {
				continue // it need not, or must not, be there
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(appendJSONString(b, k.name), ':')
			b = k.value.nearest(b, child, has, d, a)
		}
		return append(b, '}')
	case 'a':
		return p.nearestList(b, value, d, a)
	}
	if present && p.agrees(value, true, d, a) {
		return appendJSON(b, value)
	}
	return append(b, p.leaf[0].json(d.answerValue())...)
}

// nearestList keeps every element that came, if one of them fits, and else shows
// what the first was to be.
func (p *pattern) nearestList(b []byte, value any, d *draft, a *answer) []byte {
	list, _ := value.([]any)
	if p.empty {
		return append(b, "[]"...)
	}
	if p.agrees(value, true, d, a) {
		return appendJSON(b, value)
	}
	var first any
	if len(list) > 0 {
		first = list[0]
	}
	b = p.items.nearest(append(b, '['), first, len(list) > 0, d, a)
	for _, v := range list[min(1, len(list)):] {
		b = appendJSON(append(b, ','), v)
	}
	return append(b, ']')
}

// agrees reports whether the value is as the pattern says.
func (p *pattern) agrees(value any, present bool, d *draft, a *answer) bool {
	m := a.quietly(d)
	p.match(value, present, &m)
	return !m.failed
}

func appendJSON(b []byte, v any) []byte {
	text, err := marshalPlain(v)
	if err != nil {
		return append(b, "null"...) // it was read as JSON, so it can be written
	}
	return append(b, text...)
}

// json renders a scalar that nothing came for. What only the server can tell is
// put in words, in a string.
func (l *leaf) json(known func(string) (string, bool)) []byte {
	switch {
	case l.special == "true", l.special == "false", l.special == "null":
		return []byte(l.special)
	case l.special == "number" && l.literal != "":
		return []byte(l.literal)
	case l.special == "number":
		if n, ok := known(l.text.parts[0].name); ok {
			return []byte(n)
		}
	}
	return appendJSONString(nil, l.shown(known))
}

// shown is what a scalar is to be, as text.
func (l *leaf) shown(known func(string) (string, bool)) string {
	if l.special != "" {
		return "‹" + l.describe(known) + "›"
	}
	var b strings.Builder
	for _, p := range l.text.parts {
		if v, ok := known(p.name); p.name != "" && ok {
			b.WriteString(modify(v, p.modifier))
		} else if p.name == "any" || p.name == "rest" {
			b.WriteString("…")
		} else if p.name != "" {
			b.WriteString("‹" + p.name + "›")
		} else {
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

// difference finds where the signature that was sent departs from the right one;
// nil when it does not, or when none was made. The right one is made of what was
// sent in fact, with the customer's own secret.
func (p *Profile) difference(d *draft, credentials Values) *Difference {
	if len(d.stages) == 0 || d.repeated {
		return nil
	}
	v := maps.Clone(d.values)
	for _, c := range p.Credentials {
		if c.Secret {
			v[c.Name] = credentials[c.Name]
		}
	}
	if d.bodySet {
		v["body"] = d.body
	}
	if target := d.wholeTarget(); len(d.form.Query) == 0 && target != v["target"] {
		v["target"] = target
		v["path"], v["query"], _ = strings.Cut(target, "?")
	}
	sent := slices.Clone(d.stages)
	sent[len(sent)-1].Value = d.values[p.Request.result()]
	right := p.Request.Run(v, nil)
	return Departure(right, sent)
}

// Departure is the first stage in which what was sent departs from what is right;
// nil when it nowhere does.
func Departure(right, sent []Stage) *Difference {
	stage, _, differ := firstDifference(right, sent)
	if !differ {
		return nil
	}
	out := &Difference{Stage: stage}
	for i, s := range right {
		if s.Name == stage {
			out.Want = s.Value
			if i < len(sent) {
				out.Got = sent[i].Value
			}
		}
	}
	out.At = Parting(out.Want, out.Got)
	return out
}

// Hide is the difference with secrets taken out. Where the two part is counted in
// what is left.
func (d *Difference) Hide(hide func(string) string) *Difference {
	if d == nil {
		return nil
	}
	out := &Difference{Stage: d.Stage, Want: hide(d.Want), Got: hide(d.Got)}
	out.At = Parting(out.Want, out.Got)
	return out
}

// Parting is the byte at which two texts part, moved back to the start of its
// character; -1 when they do not.
func Parting(want, got string) int {
	if want == got {
		return -1
	}
	n := 0
	for n < len(want) && n < len(got) && want[n] == got[n] {
		n++
	}
	for n > 0 && (n < len(want) && !utf8.RuneStart(want[n]) || n < len(got) && !utf8.RuneStart(got[n])) {
		n--
	}
	return n
}
