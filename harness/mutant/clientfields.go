package mutant

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientFields breaks how the fields of a call are written.
func (m *maker) clientFields() {
	p := m.profile
	if len(p.Call.Fields) == 0 {
		return
	}
	rules := append(m.rules("client-fields"), m.fieldRules()...)
	written := func(id, says string, of func(string) string) {
		if !slices.ContainsFunc(m.values(), func(text string) bool { return of(text) != text }) {
			return // no value that a client is given has it
		}
		m.add(Mutant{ID: "fields-" + id, Says: "in a field " + says, Rules: rules,
			Client: func(c harness.ClientConfig) (harness.Client, error) {
				return reference.NewTamperedClient(p, c, reference.ClientTamper{Request: func(r *http.Request, login bool) {
					if !login {
						rewriteFields(r, func(fields map[string]string) {
							for name, text := range fields {
								fields[name] = of(text)
							}
						})
					}
				}})
			}})
	}
	written("plus-for-space", "a plus is left as it is, and so read as a space", func(s string) string { return strings.ReplaceAll(s, "+", " ") })
	written("space-trimmed", "spaces are left out", func(s string) string { return strings.ReplaceAll(s, " ", "") })
	written("ampersand-left", "an ampersand is left as it is, and so ends the field", func(s string) string { text, _, _ := strings.Cut(s, "&"); return text })
	written("semicolon-left", "a semicolon is left as it is, and so ends the field", func(s string) string { text, _, _ := strings.Cut(s, ";"); return text })
	written("equals-cut", "an equals sign at the end is left out", func(s string) string { return strings.TrimRight(s, "=") })
	written("escapes-undone", "what looks like an escape is undone", func(s string) string {
		if text, err := url.PathUnescape(strings.TrimSuffix(s, "%")); err == nil && strings.Contains(s, "%") {
			return text
		}
		return s
	})
	written("quotes-escaped", "quotes are written with a backslash before them", func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) })
	written("markup-escaped", "what markup is made of is escaped", func(s string) string { return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(s) })
	written("lines-joined", "line feeds are written as spaces", func(s string) string { return strings.ReplaceAll(s, "\n", " ") })
	written("lines-with-returns", "line feeds have a carriage return before them", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })
	written("in-ascii", "what is not ASCII is a question mark", func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > 0x7f {
				return '?'
			}
			return r
		}, s)
	})
	written("in-the-basic-plane", "what takes more than two bytes in UTF-16 is a question mark", func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > 0xffff {
				return '?'
			}
			return r
		}, s)
	})
	written("slash-escaped", "a slash is escaped twice", func(s string) string { return strings.ReplaceAll(s, "/", "%2F") })
	m.add(Mutant{ID: "fields-empty-left-out", Says: "an empty field is left out", Rules: rules,
		Client: func(c harness.ClientConfig) (harness.Client, error) {
			return reference.NewTamperedClient(p, c, reference.ClientTamper{Request: func(r *http.Request, login bool) {
				rewriteFields(r, func(fields map[string]string) {
					maps.DeleteFunc(fields, func(_, text string) bool { return text == "" })
				})
			}})
		}})
}

// values are those that clients are given for fields.
func (m *maker) values() []string {
	var texts []string
	for _, call := range m.calls() {
		texts = append(texts, slices.Sorted(maps.Values(call.Fields))...)
	}
	return append(texts, "token+of/the=")
}

// fieldRules are the requirements of the vendor's own cases that send fields.
func (m *maker) fieldRules() []string {
	var rules []string
	for _, c := range m.profile.Cases {
		for _, moment := range c.Timeline {
			if c.Claim == "" && len(moment.Operation.Call(1).Fields) > 0 {
				rules = append(rules, c.Rules...)
			}
		}
	}
	return rules
}
