package mutant

import (
	"net/http"
	"slices"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// memory breaks what a server remembers from one request to the next.
func (m *maker) memory() {
	p := m.profile
	for _, about := range []struct {
		error, check string
		claims       []string
	}{
		{"timestamp", "timestamp", []string{"window-past"}},
		{"signature", "signature", []string{"signature-refused", "signature-covers"}},
		{"key", "key", []string{"key-unknown"}},
		{"credentials", "credentials", []string{"login-credentials"}},
		{"token", "token", []string{"token-refused", "jwt-tampered"}},
		{"token-expired", "expiry", []string{"token-lifetime"}},
		{"authorization-missing", "authorization", []string{"bearer-missing", "authorization-missing"}},
	} {
		if !m.checked(about.check) {
			continue
		}
		x := m.stateful("second-"+about.error+"-accepted", "who was refused once for "+about.error+" is let in the second time", "", m.rules(about.claims...), func(clock.Clock) reference.Tamper {
			refused := false
			return reference.Tamper{Refuse: func(_ *harness.Operation, name string) string {
				if name == about.error && refused {
					return ""
				}
				refused = refused || name == about.error
				return name
			}}
		})
		if about.check == "authorization" {
			x.Equivalent = m.idle(p.Call, about.check)
		}
	}
	m.stateful("trusts-after-a-success", "after one right call nothing is refused any more", "", m.rules("window-past", "signature-covers", "bearer-missing", "token-lifetime"), func(clock.Clock) reference.Tamper {
		trusted := false
		return reference.Tamper{
			Refuse: func(_ *harness.Operation, name string) string {
				if trusted {
					return ""
				}
				return name
			},
			Answer: func(t *reference.Told) { trusted = trusted || t.Refused == "" && !t.Login }}
	})
	if p.Request == nil {
		return
	}
	m.stateful("signature-of-the-request-before", "the signature of the request before will do", "", m.rules("signature-covers", "signature-refused"), func(clock.Clock) reference.Tamper {
		last := ""
		return reference.Tamper{Match: func(s reference.Signed) bool {
			before := last
			if s.Sent == s.Right {
				last = s.Sent
			}
			return s.Sent == s.Right || before != "" && s.Sent == before
		}}
	})
	m.replays()
}

// checked reports whether some form has the check.
func (m *maker) checked(check string) bool {
	return slices.ContainsFunc(m.forms(), func(f *harness.Form) bool { return slices.Contains(f.Checks, check) })
}

// replays breaks the memory of signatures that were used.
func (m *maker) replays() {
	p := m.profile
	rules := m.rules("replay")
	m.variant("replay-other", "a request that comes twice is judged the other way", "S11", "replay", rules)
	if p.Choice("replay") != "refuse" || !slices.Contains(p.Call.Checks, "replay") {
		return
	}
	m.stateful("replay-forgotten-early", "a signature may be used again while its stamp is still good", "S11", rules, func(clk clock.Clock) reference.Tamper {
		var used time.Time
		return reference.Tamper{
			Refuse: func(_ *harness.Operation, name string) string {
				if name == "replay" && clk.Now().Sub(used) > p.Window.Past/4 {
					return ""
				}
				return name
			},
			Answer: func(t *reference.Told) {
				if t.Refused == "" {
					used = clk.Now()
				}
			}}
	})
}

// crashes lets a server break down over some requests: it answers with status
// 500, and leaves nothing else undone.
func (m *maker) crashes(id, says, catalogue string, rules []string, over func(r *http.Request, body []byte) bool) *Mutant {
	return m.stateful("crash-on-"+id, "the server breaks down over "+says, catalogue, rules, func(clock.Clock) reference.Tamper {
		crashed := false
		return reference.Tamper{
			Request: func(r *http.Request, body []byte) []byte {
				crashed = over(r, body)
				return body
			},
			Answer: func(t *reference.Told) {
				if crashed {
					t.Status, t.Body = http.StatusInternalServerError, []byte("Internal Server Error")
				}
				crashed = false
			}}
	})
}
