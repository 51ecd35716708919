package harness

import (
	"maps"
	"slices"
	"strings"
)

// stray is an element of a list in an answer that tells another error than the
// request has.
type stray struct {
	name string   // the error it is
	list []string // the place of the list; see Lookup
	at   int
}

// stray finds the first documented error that the document tells beside that of
// the reply, and that is not allowed. A list may hold whatever else a server has to
// say; but an error that the vendor documents says of the request what is not so,
// or what a check that comes later has found.
func (p *Profile) stray(r *reply, allowed func(string) bool, doc any, d *draft, a *answer) *stray {
	for _, place := range r.lists {
		value, _ := Lookup(doc, place)
		list, _ := value.([]any)
		if len(list) < 2 {
			continue // the one is what the reply is compared with
		}
		items := r.body.at(place).items
		for i, item := range list {
			if items.agrees(item, true, d, a) {
				continue
			}
			for _, e := range p.errors.entries {
				o := e.value.reply.body.at(place)
				if e.key == refusal || len(e.value.anyOf) > 0 || o == nil || o.items == nil || !o.items.unlike(items) || allowed(e.key) {
					continue
				}
				if o.items.agrees(item, true, d, a) {
					return &stray{e.key, place, i}
				}
			}
		}
	}
	return nil
}

// allowed are the errors that an answer may tell which is one of the named: those,
// and whatever else the case leaves open.
func (p *Profile) allowed(names []string, d *draft, a *answer) func(string) bool {
	return func(name string) bool {
		return p.mayBe(names, name) || a.expects != nil && p.allows(*a.expects, name, d)
	}
}

// allows reports whether the expectation allows the error, under any value of an
// open variant.
func (p *Profile) allows(e Expect, name string, d *draft) bool {
	switch {
	case e.By != "":
		return p.underAny(e, func(outcome Expect) bool { return p.allows(outcome, name, d) })
	case e.Accept:
		return p.mayBe(d.op.MayRefuse, name)
	}
	return p.mayBe(e.Refuse, name)
}

// alone is the document without the errors that stand beside that of the reply.
func (p *Profile) alone(r *reply, names []string, d *draft, a *answer) any {
	doc := a.doc
	for {
		s := p.stray(r, p.allowed(names, d, a), doc, d, a)
		if s == nil {
			return doc
		}
		list, _ := Lookup(doc, s.list)
		doc = replaced(doc, s.list, slices.Delete(slices.Clone(list.([]any)), s.at, s.at+1))
	}
}

// replaced is the document with another value at a place within objects.
func replaced(doc any, place []string, value any) any {
	if len(place) == 0 {
		return value
	}
	object := maps.Clone(doc.(map[string]any))
	object[place[0]] = replaced(object[place[0]], place[1:], value)
	return object
}

// lists are the places of the lists within objects.
func (p *pattern) lists() [][]string {
	var all [][]string
	for i := range p.keys {
		k := &p.keys[i]
		if k.value.kind == 'a' && k.value.items != nil {
			all = append(all, []string{k.name})
		}
		for _, place := range k.value.lists() {
			all = append(all, append([]string{k.name}, place...))
		}
	}
	return all
}

// at is what stands at a place within objects; nil where nothing does.
func (p *pattern) at(place []string) *pattern {
	for _, name := range place {
		i := slices.IndexFunc(p.keys, func(k patternKey) bool { return k.name == name })
		if i < 0 {
			return nil
		}
		p = p.keys[i].value
	}
	return p
}

// unlike reports whether what fits the pattern is told from what fits the other by
// text of its own, and not only by what the other has: else anything may fit it.
func (p *pattern) unlike(o *pattern) bool {
	if p.kind != o.kind {
		return false
	}
	for i := range p.keys {
		if other := o.at([]string{p.keys[i].name}); other != nil && p.keys[i].value.unlike(other) {
			return true
		}
	}
	if p.kind != 's' {
		return false
	}
	for i := range p.leaf {
		if l := &p.leaf[i]; !l.worded() || slices.ContainsFunc(o.leaf, func(x leaf) bool { return x.form() == l.form() }) {
			return false
		}
	}
	return true
}

// worded reports whether the profile gives a part of the text, or the number.
func (l *leaf) worded() bool {
	return l.literal != "" || slices.ContainsFunc(l.text.parts, func(p part) bool { return p.name == "" && strings.Trim(p.literal, " ") != "" })
}
