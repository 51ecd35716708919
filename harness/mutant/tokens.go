package mutant

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// tokens breaks their life and their checking.
func (m *maker) tokens() {
	p := m.profile
	if p.Token == nil {
		return
	}
	life := m.rules("token-lifetime", "jwt-expired", "expiry-kind", "value-lifetime", "value-remaining")
	lives := func(id, says, catalogue string, d time.Duration) {
		m.profileServer("token-"+id, says, catalogue, life, func(p *harness.Profile) {
			token := *p.Token
			token.Lifetime = d
			p.Token = &token
		})
	}
	lives("a-second-longer", "a token lives a second longer", "S16", p.Token.Lifetime+time.Second)
	lives("a-second-shorter", "a token lives a second less", "S16", p.Token.Lifetime-time.Second)
	lives("twice-as-long", "a token lives twice as long", "S16", 2*p.Token.Lifetime)
	lives("half-as-long", "a token lives half as long", "S16", p.Token.Lifetime/2)
	lives("for-ever", "a token never ends", "S16", 100*365*24*time.Hour)
	m.variant("token-good-at-its-end", "a token is good at the very end of its life", "S15", "expiry-edge", life)
	if p.Token.Recipe == nil { // one of three parts carries its own end
		m.variant("token-renewed-by-use", "use makes a token live longer", "S17", "expiry-kind", life)
	}
	m.variant("token-ended-by-a-login", "a login ends the token before it", "", "old-token", m.rules("old-token"))
	if p.Choice("expiry-edge") == "accept" { // else it ends with the second either way
		m.variant("token-fraction-overlooked", "the fraction of a second does not count at its end", "S15", "expiry-resolution", life)
	}

	refused := m.rules("token-refused", "jwt-tampered")
	find := func(id, says string, same func(token, granted string) bool) {
		m.server("token-"+id, says, "", refused, reference.Tamper{Find: func(token string, granted []string) string {
			for _, g := range granted {
				if token != g && same(token, g) {
					return g
				}
			}
			return token
		}})
	}
	find("case-folded", "a token in other letters will do", func(token, granted string) bool { return strings.EqualFold(token, granted) })
	find("first-half-compared", "the first half of a token will do", func(token, granted string) bool {
		return len(token) >= len(granted)/2 && token[:len(granted)/2] == granted[:len(granted)/2]
	})
	find("more-may-follow", "something may follow a token", func(token, granted string) bool { return strings.HasPrefix(token, granted) })
	find("any-known", "any token will do once there is one", func(token, _ string) bool { return token != "" })
	m.server("token-unknown-accepted", "a token that nobody granted will do", "", refused, reference.Tamper{Refuse: unless("token")})
	m.server("token-expired-accepted", "a token is good after its end", "S15", life, reference.Tamper{Refuse: unless("token-expired")})
	if p.Token.Recipe != nil {
		m.selfContained()
	}
	m.freshness()
}

// unless lets one refusal pass.
func unless(name string) func(*http.Request, string) string {
	return func(_ *http.Request, found string) string {
		if found == name {
			return ""
		}
		return found
	}
}

// selfContained breaks the checking of JSON Web Tokens.
func (m *maker) selfContained() {
	verify := func(id, says string, rules []string, ok func(header, claims map[string]any, right bool) bool) {
		m.server("jwt-"+id, says, "", rules, reference.Tamper{Verify: ok})
	}
	hs256 := func(header map[string]any) bool { return header["alg"] == "HS256" }
	algorithm, tampered := m.rules("jwt-algorithm"), m.rules("jwt-tampered")
	verify("none-accepted", "a token without signature is good when it says so", append(algorithm, tampered...), func(h, _ map[string]any, right bool) bool {
		return right && hs256(h) || h["alg"] == "none"
	})
	verify("none-accepted-in-any-case", "a token without signature is good when it says so in capitals", append(algorithm, tampered...), func(h, _ map[string]any, right bool) bool {
		alg, _ := h["alg"].(string)
		return right && hs256(h) || alg != "none" && strings.EqualFold(alg, "none")
	})
	verify("signature-not-checked", "the signature of a token is not checked", tampered, func(h, _ map[string]any, _ bool) bool { return hs256(h) })
	verify("algorithm-not-checked", "whatever algorithm a token names, it is checked as HS256", algorithm, func(h, _ map[string]any, right bool) bool {
		_, critical := h["crit"]
		return right && !critical
	})
	verify("critical-overlooked", "a header that must be understood is overlooked", algorithm, func(h, _ map[string]any, right bool) bool { return right && hs256(h) })
}

// freshness makes a token that is not good at once (S18).
func (m *maker) freshness() {
	p := m.profile
	var mu sync.Mutex
	m.add(Mutant{ID: "token-good-a-second-later", Says: "a token is not good until a second after it was granted", Catalogue: "S18", Rules: m.rules("token-accepted", "call-accepted"),
		Server: func(clk clock.Clock) http.Handler {
			var granted time.Time
			return reference.NewTampered(p, clk, reference.Tamper{
				Answer: func(t *reference.Told) {
					mu.Lock()
					defer mu.Unlock()
					if t.Login && t.Refused == "" {
						granted = clk.Now()
					} else if !t.Login && t.Refused == "" && clk.Now().Sub(granted) < time.Second {
						t.Status, _, t.Body = p.Error("token", harness.Values{})
					}
				}})
		}})
}

// scheme breaks the reading of the Authorization header.
func (m *maker) scheme() {
	p := m.profile
	word := ""
	for _, h := range p.Call.Headers {
		if strings.EqualFold(h.Name, "Authorization") {
			word = h.Text.Literal()
		}
	}
	if !strings.HasSuffix(word, " ") {
		return
	}
	rules := m.rules("bearer-missing", "bearer-required", "bearer-prefix", "bearer-malformed", "bearer-query", "bearer-repeated", "bearer-scheme-case",
		"authorization-missing", "authorization-malformed")
	request := func(id, says string, change func(r *http.Request)) *Mutant {
		return m.server("scheme-"+id, says, "", rules, reference.Tamper{Request: func(r *http.Request, body []byte) []byte {
			change(r)
			return body
		}})
	}
	header := func(change func(string) string) func(r *http.Request) {
		return func(r *http.Request) {
			if values := r.Header["Authorization"]; len(values) == 1 {
				r.Header = r.Header.Clone()
				r.Header["Authorization"] = []string{change(values[0])}
			}
		}
	}
	request("not-needed", "credentials without the word before them will do", header(func(v string) string {
		if strings.HasPrefix(v, word) {
			return v
		}
		return word + v
	}))
	request("any", "any word before the credentials will do", header(func(v string) string {
		if _, rest, ok := strings.Cut(v, " "); ok {
			return word + rest
		}
		return v
	}))
	request("spaces-trimmed", "white space round the header's value is overlooked", header(strings.TrimSpace)).Equivalent =
		"white space round a field's value is no part of it (RFC 9110 section 5.5)"
	request("spaces-squeezed", "two spaces count as one", header(func(v string) string { return strings.Replace(v, "  ", " ", 1) }))
	request("tab-accepted", "a tab counts as a space", header(func(v string) string { return strings.Replace(v, "\t", " ", 1) }))
	request("rest-overlooked", "what follows the credentials is overlooked", header(func(v string) string {
		if rest, ok := strings.CutPrefix(v, word); ok {
			first, _, _ := strings.Cut(rest, " ")
			first, _, _ = strings.Cut(first, ",")
			return word + first
		}
		return v
	}))
	request("repeated", "the word may stand twice", header(func(v string) string { return strings.Replace(v, word+word, word, 1) }))
	for id, pick := range map[string]func([]string) string{"first-of-two": func(v []string) string { return v[0] }, "last-of-two": func(v []string) string { return v[len(v)-1] }} {
		request(id, "of two headers one is taken", func(r *http.Request) {
			if v := r.Header["Authorization"]; len(v) > 1 {
				r.Header = r.Header.Clone()
				r.Header["Authorization"] = []string{pick(v)}
			}
		})
	}
	m.variant("scheme-case-other", "the case of the word counts otherwise", "", "scheme-case", rules)
	if !strings.HasPrefix(word, "Bearer") {
		return
	}
	request("token-in-the-query", "a token in the query will do", func(r *http.Request) {
		if token := r.URL.Query().Get("access_token"); token != "" && r.Header.Get("Authorization") == "" {
			r.Header = r.Header.Clone()
			r.Header.Set("Authorization", word+token)
		}
	})
	request("token-in-a-cookie", "a token in a cookie will do", func(r *http.Request) {
		if c := r.Header.Get("Cookie"); c != "" && r.Header.Get("Authorization") == "" {
			_, token, _ := strings.Cut(c, "=")
			token, _ = url.QueryUnescape(token)
			r.Header = r.Header.Clone()
			r.Header.Set("Authorization", word+strings.TrimPrefix(token, word))
		}
	})
	m.add(Mutant{ID: "scheme-header-not-needed", Says: "a request without the header goes by the last token granted", Rules: m.rules("bearer-missing", "bearer-required"),
		Server: func(clk clock.Clock) http.Handler {
			last := ""
			return reference.NewTampered(p, clk, reference.Tamper{
				Find: func(token string, granted []string) string { return token },
				Request: func(r *http.Request, body []byte) []byte {
					if r.Header.Get("Authorization") == "" && last != "" {
						r.Header = r.Header.Clone()
						r.Header.Set("Authorization", last)
					}
					return body
				},
				Answer: func(t *reference.Told) {
					if t.Refused == "" && !t.Login {
						last = t.Request.Header.Get("Authorization")
					}
				}})
		}})
}
