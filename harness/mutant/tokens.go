package mutant

import (
	"net/http"
	"strings"
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
func unless(name string) func(*harness.Operation, string) string {
	return func(_ *harness.Operation, found string) string {
		if found == name {
			return ""
		}
		return found
	}
}

// freshness makes a token that is not good at once (S18).
func (m *maker) freshness() {
	p := m.profile
	m.add(Mutant{ID: "token-good-a-second-later", Says: "a token is not good until a second after it was granted", Catalogue: "S18", Rules: m.rules("token-accepted", "call-accepted"),
		Server: func(clk clock.Clock) http.Handler {
			var granted time.Time // the server answers one request at a time
			return reference.NewTampered(p, clk, reference.Tamper{
				Answer: func(t *reference.Told) {
					if t.Login && t.Refused == "" {
						granted = clk.Now()
					} else if !t.Login && t.Refused == "" && clk.Now().Sub(granted) < time.Second {
						t.Status, _, t.Body = p.Error("token", harness.Values{})
					}
				}})
		}})
}
