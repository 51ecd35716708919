package mutant

import (
	"maps"
	"net/http"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// errors breaks the answers to refused requests: each error in its status, code
// and words, and the shape that all share.
func (m *maker) errors() {
	p := m.profile
	_, _, sample := p.Error("refusal", harness.Values{})
	leaves := places(sample)
	about := map[string]string{p.ErrorName("timestamp"): "S13", p.ErrorName("token-expired"): "S19"}
	for _, name := range p.ErrorNames() {
		rules := p.ErrorRules(name)
		if len(m.provoked(name)) == 0 {
			continue // the pages document it, and no requirement speaks of it
		}
		told := m.answers("error-"+name+"-", "the error "+name+" ", about[name], rules, func(t *reference.Told) bool { return t.Refused != "" && p.ErrorName(t.Refused) == name })
		told("status", "comes with another status", func(t *reference.Told) {
			t.Status = http.StatusTeapot
		})
		told("as-success", "comes as a success", func(t *reference.Told) {
			t.Status, _, t.Body = p.Success(p.Operations[0], harness.Values{"signature": "0", "server_time": "now"})
		})
		if status, _, _ := p.Error(name, harness.Values{}); status != http.StatusOK {
			told("swallowed", "comes with status 200", func(t *reference.Told) { t.Status = http.StatusOK })
		}
		told("crash", "comes as status 500", func(t *reference.Told) {
			t.Status, t.Body = http.StatusInternalServerError, []byte("Internal Server Error")
		})
		if other, list := m.other(name), listIn(sample); other != "" && list != nil {
			told("after-another", "comes after the error "+other, m.listing(list, func(own []any) []any { return append(m.listed(list, other), own...) }))
			told("before-another", "comes before the error "+other, m.listing(list, func(own []any) []any { return append(own, m.listed(list, other)...) }))
		}
		for _, place := range leaves {
			if last := place[len(place)-1]; strings.Contains(strings.ToLower(last), "message") || strings.Contains(strings.ToLower(last), "code") || last == "error" {
				x := told("other-"+strings.ToLower(last), "comes with another "+strings.ToLower(last), changing(place, otherValue))
				if m.allows(name, place) {
					x.Equivalent = "the pages leave this text to the server"
				}
			}
		}
	}
	shape := p.ErrorRules("refusal")
	for _, name := range p.ErrorNames() {
		shape = append(shape, p.ErrorRules(name)...)
	}
	every := m.answers("errors-", "an error ", "", shape, func(t *reference.Told) bool { return t.Refused != "" })
	every("wrapped", "comes wrapped in another object", func(t *reference.Told) { t.Body = []byte(`{"response":` + string(t.Body) + `}`) })
	every("in-a-list", "comes in a list", func(t *reference.Told) { t.Body = []byte(`[` + string(t.Body) + `]`) })
	every("as-text", "comes as text", func(t *reference.Told) { t.Body = []byte("Request refused") })
	every("empty", "comes without a body", func(t *reference.Told) { t.Body = nil })
	every("as-html", "comes as a page", func(t *reference.Told) { t.Body = []byte("<html><body>Request refused</body></html>") })
	every("with-a-key-twice", "has a key twice, first with another value", twice(sample))
	if list := listIn(sample); list != nil {
		every("all-at-once", "comes with all the others", m.listing(list, func([]any) []any { return m.listed(list, p.ErrorNames()...) }))
	}
	for _, place := range leaves {
		name := strings.ToLower(strings.Join(place, "-"))
		every("without-"+name, "lacks "+name, changing(place, gone))
		every(name+"-of-another-type", "has "+name+" in another type", changing(place, otherType))
	}
}

// provoked are the cases in which a server tells the error.
func (m *maker) provoked(name string) []string {
	var names []string
	p := m.profile
	for _, c := range p.Cases {
		for _, s := range c.Steps {
			for _, e := range p.Refusals(s.Expect) {
				if p.ErrorName(e) == name {
					names = append(names, c.Name())
				}
			}
		}
	}
	return names
}

// other is another error that servers tell, in the same words each time.
func (m *maker) other(name string) string {
	for _, other := range []string{"timestamp", "signature"} {
		if p := m.profile; p.ErrorName(other) == other && name != other {
			return other
		}
	}
	return ""
}

// listing changes the list of errors at a place of the body.
func (m *maker) listing(place []string, change func([]any) []any) func(*reference.Told) {
	return changing(place, func(v any) (any, bool) {
		own, _ := v.([]any)
		return change(own), false
	})
}

// listed is what stands in the lists of the errors.
func (m *maker) listed(place []string, names ...string) []any {
	var all []any
	for _, name := range names {
		_, _, body := m.profile.Error(name, maps.Clone(m.profile.Samples()))
		list, _ := valueAt(body, place).([]any)
		all = append(all, list...)
	}
	return all
}

// allows reports whether the error may have another value at the place.
func (m *maker) allows(name string, place []string) bool {
	status, headers, body := m.profile.Error(name, harness.Values{})
	t := &reference.Told{Status: status, Body: body}
	changing(place, otherValue)(t)
	h := http.Header{}
	for key, value := range headers {
		h.Set(key, value)
	}
	return m.profile.Tells(name, t.Status, h, t.Body)
}
