package mutant

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// forms are those of requests: of a login, if there is one, and of calls.
func (m *maker) forms() []*harness.Form {
	if m.profile.Login == nil {
		return []*harness.Form{m.profile.Call}
	}
	return []*harness.Form{m.profile.Login, m.profile.Call}
}

// formOf is the form that the request is to have.
func (m *maker) formOf(r *http.Request) *harness.Form {
	p := m.profile
	if op := p.Route(r.Method, r.URL.EscapedPath()); p.Login != nil && op == p.Login.Operation {
		return p.Login
	}
	return p.Call
}

// sent are the texts that a request carries, by the header, parameter or field
// that they stand in, and by the value that they carry when they fit the form.
func (m *maker) sent(r *http.Request, body []byte) map[string][]string {
	form, all := m.formOf(r), map[string][]string{}
	add := func(n harness.Named, texts []string) {
		for _, text := range texts {
			all[n.Name] = append(all[n.Name], text)
			v := harness.Values{}
			if !n.Text.Parse(text, v) {
				continue
			}
			for name, value := range v {
				if name != n.Name {
					all[name] = append(all[name], value)
				}
			}
		}
	}
	for _, n := range form.Headers {
		add(n, r.Header.Values(n.Name))
	}
	for _, n := range form.Query {
		add(n, r.URL.Query()[n.Name])
	}
	fields := fieldsOf(body)
	for _, n := range form.Fields {
		if text, ok := fields[n.Name]; ok {
			add(n, []string{text})
		}
	}
	return all
}

// reading makes a server read another value than was sent.
func (m *maker) reading(change func(name, value string) string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		form := m.formOf(r)
		read := func(n harness.Named, text string) string {
			v := harness.Values{}
			if !n.Text.Parse(text, v) {
				return text
			}
			for name, value := range v {
				v[name] = change(name, value)
			}
			return n.Text.Render(v)
		}
		for _, n := range form.Headers {
			if texts := r.Header.Values(n.Name); len(texts) == 1 {
				r.Header = r.Header.Clone()
				r.Header.Set(n.Name, read(n, texts[0]))
			}
		}
		for _, n := range form.Query {
			r.URL = replaced(r.URL, n.Name, func(text string) string { return read(n, text) })
		}
		if len(form.Fields) == 0 {
			return body
		}
		return rewritten(body, func(fields map[string]string) {
			for _, n := range form.Fields {
				if text, ok := fields[n.Name]; ok {
					fields[n.Name] = read(n, text)
				}
			}
		})
	}
}

// replaced is the address with another value of a parameter, and the rest byte
// for byte as it was.
func replaced(u *url.URL, name string, change func(string) string) *url.URL {
	pairs := strings.Split(u.RawQuery, "&")
	for i, pair := range pairs {
		if key, value, _ := strings.Cut(pair, "="); key == url.QueryEscape(name) {
			if text, err := url.QueryUnescape(value); err == nil {
				pairs[i] = key + "=" + url.QueryEscape(change(text))
			}
		}
	}
	other := *u
	other.RawQuery = strings.Join(pairs, "&")
	return &other
}

// fieldsOf are the fields of a body, in whichever encoding it has; nil when it
// cannot be read.
func fieldsOf(body []byte) map[string]string {
	fields := map[string]string{}
	if json.Unmarshal(body, &fields) == nil {
		return fields
	}
	values, err := url.ParseQuery(string(body))
	if err != nil || strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		return nil
	}
	for name := range values {
		fields[name] = values.Get(name)
	}
	return fields
}

// rewritten is the body with other fields, in the encoding that it has.
func rewritten(body []byte, change func(map[string]string)) []byte {
	fields := fieldsOf(body)
	if len(fields) == 0 {
		return body
	}
	before := maps.Clone(fields)
	if change(fields); maps.Equal(before, fields) {
		return body
	}
	if json.Valid(body) {
		text, _ := json.Marshal(fields) // texts always can be
		return text
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(fields[name]))
	}
	return []byte(strings.Join(pairs, "&"))
}

// pathOf is the operation's path without its query.
func pathOf(op *harness.Operation) string {
	path, _, _ := strings.Cut(op.Path, "?")
	return path
}
