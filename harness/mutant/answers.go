package mutant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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
	for _, name := range p.ErrorNames() {
		rules := p.ErrorRules(name)
		if len(m.provoked(name)) == 0 {
			continue // the pages document it, and no requirement speaks of it
		}
		told := func(id, says, catalogue string, change func(*reference.Told)) *Mutant {
			return m.server("error-"+name+"-"+id, "the error "+name+" "+says, catalogue, rules, reference.Tamper{Answer: func(t *reference.Told) {
				if t.Refused != "" && p.ErrorName(t.Refused) == name {
					change(t)
				}
			}})
		}
		told("status", "comes with another status", "S19", func(t *reference.Told) {
			t.Status = http.StatusTeapot
		})
		told("as-success", "comes as a success", "S13", func(t *reference.Told) {
			t.Status, _, t.Body = p.Success(p.Operations[0], harness.Values{"signature": "0", "server_time": "now"})
		})
		told("crash", "comes as status 500", "S13", func(t *reference.Told) {
			t.Status, t.Body = http.StatusInternalServerError, []byte("Internal Server Error")
		})
		for _, place := range leaves {
			if last := place[len(place)-1]; strings.Contains(strings.ToLower(last), "message") || strings.Contains(strings.ToLower(last), "code") || last == "error" {
				x := told("other-"+strings.ToLower(last), "comes with another "+strings.ToLower(last), "S13", changing(place, otherValue))
				if m.allows(name, place) {
					x.Equivalent = "the pages leave this text to the server"
				}
			}
		}
	}
	shape := p.ErrorRules("refusal")
	for _, name := range p.ErrorNames() {
		for _, id := range p.ErrorRules(name) {
			if !slices.Contains(shape, id) {
				shape = append(shape, id)
			}
		}
	}
	every := func(id, says string, change func(*reference.Told)) {
		m.server("errors-"+id, "an error "+says, "S13", shape, reference.Tamper{Answer: func(t *reference.Told) {
			if t.Refused != "" {
				change(t)
			}
		}})
	}
	every("wrapped", "comes wrapped in another object", func(t *reference.Told) { t.Body = []byte(`{"response":` + string(t.Body) + `}`) })
	every("in-a-list", "comes in a list", func(t *reference.Told) { t.Body = []byte(`[` + string(t.Body) + `]`) })
	every("as-text", "comes as text", func(t *reference.Told) { t.Body = []byte("Request refused") })
	every("empty", "comes without a body", func(t *reference.Told) { t.Body = nil })
	every("as-html", "comes as a page", func(t *reference.Told) { t.Body = []byte("<html><body>Request refused</body></html>") })
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

// replies breaks the answers to right requests.
func (m *maker) replies() {
	p := m.profile
	ops := []*harness.Operation{p.Operations[0]}
	if p.Login != nil {
		ops = append(ops, p.Login.Operation)
	}
	for _, op := range ops {
		login := p.Login != nil && op == p.Login.Operation
		kind := "reply"
		if login {
			kind = "login-reply"
		}
		rules := p.ReplyRules(op)
		for _, value := range []string{"token", "lifetime", "client_id", "server_time", "remaining"} {
			rules = append(rules, p.Rules["value-"+value]...)
		}
		every := func(id, says string, change func(*reference.Told)) {
			m.server(kind+"-"+id, "a success "+says, "", rules, reference.Tamper{Answer: func(t *reference.Told) {
				if t.Refused == "" && t.Login == login {
					change(t)
				}
			}})
		}
		every("status", "comes with a status that is none", func(t *reference.Told) { t.Status = http.StatusTeapot })
		every("as-text", "comes as text", func(t *reference.Told) { t.Body = []byte("OK") })
		every("wrapped", "comes wrapped in another object", func(t *reference.Told) { t.Body = []byte(`{"response":` + string(t.Body) + `}`) })
		_, _, sample := p.Success(op, harness.Values{"signature": "0", "server_time": "now", "token": "t", "lifetime": "1", "remaining": "01:00"})
		for _, place := range places(sample) {
			name := strings.ToLower(strings.Join(place, "-"))
			every("without-"+name, "lacks "+name, changing(place, gone))
			every(name+"-of-another-type", "has "+name+" in another type", changing(place, otherType))
			every(name+"-other", "has another "+name, changing(place, otherValue))
		}
	}
	if p.ReplyTime != nil {
		rules := m.rules("value-server_time")
		place := []string{"TimeStamp"}
		for _, x := range places(func() []byte { _, _, b := p.Error("refusal", harness.Values{"server_time": "now"}); return b }()) {
			if strings.EqualFold(x[len(x)-1], "timestamp") {
				place = x
			}
		}
		m.server("reply-time-local", "answers tell local time", "S24", rules, reference.Tamper{Answer: func(t *reference.Told) {
			changing(place, func(v any) (any, bool) {
				text, _ := v.(string)
				at, err := p.ReplyTime.Parse(text)
				if err != nil {
					return v, false
				}
				return p.ReplyTime.Format(at.Add(3600e9)), false
			})(t)
		}})
	}
}

// leaks tells what must not be told.
func (m *maker) leaks() {
	p := m.profile
	rules := m.rules("no-echo")
	secret := p.Samples()[p.Secret().Name]
	for _, when := range []struct {
		id      string
		refused bool
	}{{"a-refusal", true}, {"a-success", false}} {
		leak := func(id, says string, change func(*reference.Told)) {
			m.server("leak-"+id+"-in-"+when.id, says, "", rules, reference.Tamper{Answer: func(t *reference.Told) {
				if (t.Refused != "") == when.refused {
					change(t)
				}
			}})
		}
		leak("secret", "the body repeats the secret", func(t *reference.Told) { t.Body = withKey(t.Body, "debug", secret) })
		leak("secret-in-header", "a header repeats the secret", func(t *reference.Told) { t.Header.Set("X-Debug", secret) })
		leak("secret-in-hex", "the body repeats the secret in hexadecimal", func(t *reference.Told) { t.Body = withKey(t.Body, "debug", fmt.Sprintf("%x", secret)) })
		if when.refused && p.Request != nil {
			leak("signature", "the body tells the signature that would have been right", func(t *reference.Told) {
				if t.Right != "" && p.ErrorName(t.Refused) == p.ErrorName("signature") {
					t.Body = withKey(t.Body, "expected", t.Right)
				}
			})
		}
	}
}

// places lists where the scalars of a JSON document stand.
func places(text []byte) [][]string {
	var doc any
	if json.Unmarshal(text, &doc) != nil {
		return nil
	}
	var all [][]string
	var walk func(v any, at []string)
	walk = func(v any, at []string) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range sorted(v) {
				walk(v[key], append(slices.Clone(at), key))
			}
		case []any:
			if len(v) == 0 {
				all = append(all, at)
			} else {
				walk(v[0], append(slices.Clone(at), "0"))
			}
		default:
			all = append(all, at)
		}
	}
	walk(doc, nil)
	return all
}

func sorted(m map[string]any) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// changing changes the value at a place of the body.
func changing(place []string, change func(any) (value any, gone bool)) func(*reference.Told) {
	return func(t *reference.Told) {
		var doc any
		if json.Unmarshal(t.Body, &doc) != nil {
			return
		}
		parent, ok := doc, true
		if len(place) > 1 {
			parent, ok = harness.Lookup(doc, place[:len(place)-1])
		}
		object, isObject := parent.(map[string]any)
		key := place[len(place)-1]
		was, has := object[key]
		if !ok || !isObject || !has {
			return
		}
		value, drop := change(was)
		if drop {
			delete(object, key)
		} else {
			object[key] = value
		}
		if text, err := json.Marshal(doc); err == nil {
			t.Body = text
		}
	}
}

func gone(any) (any, bool) { return nil, true }

// otherType is a value that says the same in another type.
func otherType(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return []any{v}, false
	case bool, float64:
		return map[string]any{"value": v}, false
	case []any:
		return "none", false
	}
	return 0, false
}

// otherValue is another value of the same type.
func otherValue(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return "Something else", false
	case bool:
		return !v, false
	case float64:
		return v + 1, false
	case []any:
		return []any{map[string]any{"Code": 1, "Message": "Something else"}}, false
	}
	return "something", false
}

// withKey adds a key to a JSON object, or a line to anything else.
func withKey(body []byte, key, value string) []byte {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil || object == nil {
		return append(slices.Clone(body), "\n"+value...)
	}
	object[key] = value
	text, _ := json.Marshal(object) // it was read as JSON
	return text
}
