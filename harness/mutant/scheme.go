package mutant

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/benbjohnson/clock"
	"github.com/skewproof/skewproof/harness/reference"
)

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
	one := func(id string, pick func([]string) string) {
		request(id, "of two headers one is taken", func(r *http.Request) {
			if v := r.Header["Authorization"]; len(v) > 1 {
				r.Header = r.Header.Clone()
				r.Header["Authorization"] = []string{pick(v)}
			}
		})
	}
	one("first-of-two", func(v []string) string { return v[0] })
	one("last-of-two", func(v []string) string { return v[len(v)-1] })
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
