package mutant

import (
	"net/http"
	"strings"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// credentials breaks the comparison of keys and secrets, and what belongs to
// whom.
func (m *maker) credentials() {
	p := m.profile
	key, secret := p.Identity().Name, p.Secret().Name
	compared := func(of, name string, rules []string) func(id, says string, same func(sent, known string) bool) *Mutant {
		known := p.Samples()[name]
		return func(id, says string, same func(sent, known string) bool) *Mutant {
			return m.server(of+"-"+id, says, "", rules, reference.Tamper{Request: m.reading(func(value, text string) string {
				if value == name && same(text, known) {
					return known
				}
				return text
			})})
		}
	}
	both := func(of, name string, rules []string, long bool) {
		add := compared(of, name, rules)
		add("case-folded", "the "+of+" in other letters will do", strings.EqualFold)
		add("not-compared", "any "+of+" will do", func(sent, _ string) bool { return sent != "" })
		add("first-half-compared", "the first half of the "+of+" will do", func(sent, known string) bool { return strings.HasPrefix(sent, known[:len(known)/2]) })
		add("last-character-overlooked", "the last character of the "+of+" is not compared", func(sent, known string) bool {
			return len(sent) == len(known) && sent[:len(sent)-1] == known[:len(known)-1]
		})
		if long {
			add("more-may-follow", "something may follow the "+of, strings.HasPrefix)
		}
	}
	if p.Request == nil {
		both("secret", secret, m.rules("login-credentials"), true)
		both("key", key, m.rules("login-credentials"), true)
		add := compared("secret", secret, m.rules("login-credentials", "login-field-missing"))
		add("empty-will-do", "an empty secret will do", func(sent, _ string) bool { return sent == "" })
	} else {
		both("key", key, m.rules("key-unknown", "key-long"), carries(p.Call, key))
	}
	m.owners()
}

// owners breaks what a token or an operation belongs to.
func (m *maker) owners() {
	p := m.profile
	for _, op := range p.Operations {
		if op.Refuse == "" {
			continue
		}
		rules := append(m.rules("operation-refuses"), p.ErrorRules(op.Refuse)...)
		m.server("operation-"+op.Name+"-answered", "what is always refused is answered: "+op.Name, "", rules, reference.Tamper{Answer: func(t *reference.Told) {
			if t.Refused == op.Refuse && p.Route(t.Request.Method, t.Request.URL.EscapedPath()) == op {
				t.Status, _, t.Body = p.Success(op, harness.Values{"signature": "0", "server_time": "now"})
			}
		}})
	}
	if p.Token == nil {
		return
	}
	place := p.LoginPlace("token")
	m.stateful("login-repeats-its-token", "every login is answered with the token of the first", "S16", m.rules("token-lifetime", "token-accepted", "login-accepted"), func(clock.Clock) reference.Tamper {
		var first any
		return reference.Tamper{Answer: func(t *reference.Told) {
			if t.Login && t.Refused == "" {
				changing(place, func(v any) (any, bool) {
					if first == nil {
						first = v
					}
					return first, false
				})(t)
			}
		}}
	})
	m.stateful("token-good-once", "a token is used up by its first call", "", m.rules("token-lifetime", "token-accepted", "call-accepted"), func(clock.Clock) reference.Tamper {
		used, now := map[string]bool{}, ""
		return reference.Tamper{
			Find: func(token string, _ []string) string {
				if now = token; used[token] {
					return ""
				}
				return token
			},
			Answer: func(t *reference.Told) {
				if t.Refused == "" && !t.Login {
					used[now] = true
				}
			}}
	})
	m.headerAbsent()
}

// headerAbsent lets requests in that carry nothing of what authenticates them.
func (m *maker) headerAbsent() {
	p := m.profile
	if len(p.Call.Headers) == 0 {
		return
	}
	m.stateful("header-absent-accepted", "a call without its headers is let in", "", m.rules("bearer-missing", "bearer-required", "authorization-missing"), func(clock.Clock) reference.Tamper {
		absent := false
		return reference.Tamper{
			Request: func(r *http.Request, body []byte) []byte {
				absent = m.formOf(r) == p.Call && r.Header.Get("Authorization") == ""
				return body
			},
			Refuse: func(_ *harness.Operation, name string) string {
				if absent {
					return ""
				}
				return name
			}}
	})
}
