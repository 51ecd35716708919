package harness

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Shape is what an answer has in common with every other that an unchanged
// server gives to the same step: its status, the documented answer it is, and
// the places of its body and headers with their types. It holds values only where
// the vendor documents them, so no time, no id and no secret.
type Shape struct {
	Status int
	// Name is the documented error that the answer is; of a success, the
	// operation; else a word in brackets.
	Name string
	// Either says that the operation may be accepted or refused in this way, by
	// what the server happens to hold.
	Either bool
	Facts  []Fact    // by path
	Shown  []Showing // open variants, by places of the answer alone
}

// Fact is what stands at one place of an answer.
type Fact struct {
	Path       string // $.errors[].code, or header Content-Type
	Value      string // a type; or what the profile documents: true, a number, "a text", absent
	About      string // message or code, where the profile says that it is one
	Documented bool   // the profile speaks of the place
}

// Names of answers that are no documented ones.
const (
	shapeLogin   = "login"
	shapeOther   = "(undocumented)"
	shapeUnusual = "(unusable)"
)

// idKey stands for keys that are ids.
const idKey = "{id}"

// Bounds of a shape, so that a hostile answer stays small.
const (
	maxFacts = 300
	maxDepth = 12
	maxKey   = 48 // bytes of a key; what is longer is an id
)

// shape describes the answer to a request.
func (c *Checker) shape(d *draft, a *answer, out outcome) Shape {
	p := c.profile
	if a.unusable != "" {
		return Shape{Status: a.status, Name: shapeUnusual}
	}
	sh := Shape{Status: a.status}
	r := p.failure
	if sh.Name = p.refused(d, a); sh.Name != "" {
		r = p.documented(sh.Name).reply
	} else if to := p.replyTo(d.op); to.statusFits(a.status) != nil {
		sh.Name, r = cmp.Or(d.op.Name, shapeLogin), to
	} else {
		sh.Name = shapeOther
	}
	sh.Either = len(d.op.MayRefuse) > 0 && (sh.Name == d.op.Name || slices.Contains(d.op.MayRefuse, sh.Name))
	w := shaper{matching: a.quietly(d), private: func(text string) bool {
		if c.redactor.Leaks(text) {
			return true
		}
		for _, list := range []Values{d.values, out.captured} {
			for _, value := range list {
				if len(value) >= shortKey && strings.Contains(text, value) {
					return true
				}
			}
		}
		return false
	}}
	if s := r.statusFits(a.status); s != nil {
		w.shown = append(w.shown, s.shows...)
	}
	w.headers(r.headers, a)
	if a.noJSON != nil {
		value := "no JSON"
		if len(a.body) == 0 {
			value = "empty"
		}
		w.add(Fact{Path: "body", Value: value, Documented: r.body != nil})
	} else {
		w.value("$", r.body, a.doc, true, 0)
	}
	sh.Facts, sh.Shown = w.facts, w.shown
	slices.SortStableFunc(sh.Facts, func(a, b Fact) int { return strings.Compare(a.Path, b.Path) })
	return sh
}

// shaper collects facts.
type shaper struct {
	matching matching
	private  func(string) bool // whether a text holds a value of this exchange
	facts    []Fact
	shown    []Showing
}

// add notes a fact. Several keys may stand under one name: see key.
func (w *shaper) add(f Fact) {
	if !f.Documented && strings.Contains(f.Path, idKey) {
		for i := range w.facts {
			if known := &w.facts[i]; known.Path == f.Path {
				known.Value = eitherType(known.Value, f.Value)
				return
			}
		}
	}
	if len(w.facts) < maxFacts {
		w.facts = append(w.facts, f)
	}
}

// eitherType are the types of both, sorted.
func eitherType(a, b string) string {
	types := append(strings.Split(a, " or "), strings.Split(b, " or ")...)
	slices.Sort(types)
	return strings.Join(slices.Compact(types), " or ")
}

// value describes what stands at the path. The pattern is nil where the profile
// is silent.
func (w *shaper) value(path string, p *pattern, v any, present bool, depth int) {
	switch {
	case p != nil && p.kind == 's':
		w.add(Fact{Path: path, Value: w.scalar(p, v, present), About: wording(p.about), Documented: true})
		return
	case !present:
		w.add(Fact{Path: path, Value: "absent", Documented: true})
		return
	}
	w.add(Fact{Path: path, Value: typeOf(v), Documented: p != nil})
	if depth == maxDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		documented := map[string]bool{}
		if p != nil && p.kind == 'o' {
			for i := range p.keys {
				k := &p.keys[i]
				child, has := v[k.name]
				documented[k.name] = true
				w.value(path+"."+k.name, k.value, child, has, depth+1)
			}
		}
		for _, name := range sortedKeys(v) {
			if !documented[name] {
				w.value(path+"."+w.key(name), nil, v[name], true, depth+1)
			}
		}
	case []any:
		w.elements(path, p, v, depth)
	}
}

// elements describes the elements of an array as one: by what the profile
// documents, the one that fits; and beyond that, all of them together.
func (w *shaper) elements(path string, p *pattern, list []any, depth int) {
	var items *pattern
	fitting := 0
	if p != nil && p.kind == 'a' && p.items != nil {
		items = p.items
		for i, item := range list {
			m := w.matching
			m.failed = false
			if items.match(item, true, &m); !m.failed {
				fitting = i
				break
			}
		}
	}
	merged := map[string]*Fact{}
	var order []string
	for i, item := range list[:min(len(list), maxFacts)] {
		one := shaper{matching: w.matching, private: w.private}
		one.value(path+"[]", items, item, true, depth+1)
		if i == fitting {
			w.shown = append(w.shown, one.shown...)
		}
		for _, f := range one.facts {
			known := merged[f.Path]
			switch {
			case known == nil:
				merged[f.Path] = &f
				order = append(order, f.Path)
			case !f.Documented:
				known.Value = eitherType(known.Value, f.Value)
			case i == fitting:
				*known = f
			}
		}
	}
	for _, at := range order {
		w.add(*merged[at])
	}
}

// scalar says which documented reading the value is.
func (w *shaper) scalar(p *pattern, v any, present bool) string {
	for i := range p.leaf {
		l := &p.leaf[i]
		m := w.matching
		if l.fits(v, present, &m) {
			w.shown = append(w.shown, l.shows...)
			return l.form()
		}
	}
	if !present {
		return "absent"
	}
	return "another " + typeOf(v)
}

// form is the reading as it stands in the profile.
func (l *leaf) form() string {
	switch l.special {
	case "any":
		return "string"
	case "anything":
		return "any value"
	case "number":
		return cmp.Or(l.literal, "number")
	case "":
		return strconv.Quote(l.text.String())
	}
	return l.special
}

// wording keeps what a difference is called by.
func wording(about string) string {
	if about == "message" || about == "code" {
		return about
	}
	return ""
}

// idLike is what no key has that is not itself a value.
var idLike = regexp.MustCompile(`[0-9]{4}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}|[^ -~]`)

// key is the name of an undocumented key; one that is itself a value, such as an
// id, stands for all such.
func (w *shaper) key(name string) string {
	if len(name) > maxKey || idLike.MatchString(name) || w.private(name) {
		return idKey
	}
	if name == "" || strings.ContainsAny(name, ".[]\" ") {
		return strconv.Quote(name)
	}
	return name
}

// typeOf names the JSON type. An empty array is told apart, because nothing is
// known of its elements.
func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		if len(v) == 0 {
			return "empty array"
		}
		return "array"
	}
	return "object"
}
