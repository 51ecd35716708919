package mutant

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientTokens breaks the keeping of tokens.
func (m *maker) clientTokens() {
	p := m.profile
	if p.Login == nil {
		return
	}
	token := func(id, says, catalogue string, claims []string, t reference.ClientTamper) *Mutant {
		return m.client("token-"+id, says, catalogue, claims, always(t))
	}
	life := func(of func(time.Duration) time.Duration) reference.ClientTamper {
		return reference.ClientTamper{Life: of}
	}
	renews := []string{"client-renews", "client-recovers", "client-elapsed"}
	token("not-kept", "each call logs in", "", []string{"client-token-kept"}, reference.ClientTamper{
		Alone: true, Life: func(time.Duration) time.Duration { return 0 }})
	token("kept-for-ever", "a token is never replaced, and a refused one is not given up", "C27", renews, reference.ClientTamper{
		Life: func(time.Duration) time.Duration { return 100 * 365 * 24 * time.Hour }, Refused: func(r *reference.Refusal) { r.Renew = false }})
	token("life-in-milliseconds", "its life is taken for milliseconds", "", []string{"client-token-kept"}, life(func(d time.Duration) time.Duration { return d / 1000 }))
	told := p.LoginPlace("lifetime") != nil // else there is none to misread
	if told {
		token("life-in-32-bits", "its life in milliseconds is kept in 32 bits", "C23", []string{"client-short-life", "client-token-kept"}, life(func(d time.Duration) time.Duration {
			return time.Duration(int32(d.Milliseconds())) * time.Millisecond
		}))
		token("no-life-is-for-ever", "a token without a life never ends, and a refused one is not given up", "C22", append([]string{"client-short-life"}, renews...), reference.ClientTamper{
			Life: func(d time.Duration) time.Duration {
				if d == 0 {
					return 100 * 365 * 24 * time.Hour
				}
				return d
			}, Refused: func(r *reference.Refusal) { r.Renew = false }})
	}
	token("not-renewed-when-refused", "a refused token is reported and no new one had", "C27", []string{"client-recovers"}, reference.ClientTamper{Refused: func(r *reference.Refusal) { r.Renew = false }})
	token("renewed-without-end", "a refused token is replaced again and again", "C28", []string{"client-stops"}, reference.ClientTamper{Most: 50})
	token("used-again-when-refused", "a refused token is used again", "", []string{"client-recovers", "client-new-token", "client-retry-body"}, reference.ClientTamper{Keeps: true})
	token("login-for-each-caller", "callers do not share a login", "C29", []string{"client-login-shared"}, reference.ClientTamper{Alone: true})
	token("login-again-and-again", "a refused login is tried again and again", "", []string{"client-login-refused", "client-login-error", "client-stops"}, reference.ClientTamper{Most: 30})
	token("made-of-nothing", "a login without a token goes on with none", "", []string{"client-login-error", "client-token"}, reference.ClientTamper{
		Token: func(t string) string {
			if t == "" {
				return "undefined"
			}
			return t
		}})
	m.client("token-renewed-once-in-a-life", "a refused token is replaced once, and never again", "", []string{"client-recovers"}, func(harness.ClientConfig) reference.ClientTamper {
		var renewed atomic.Bool
		return reference.ClientTamper{Refused: func(r *reference.Refusal) { r.Renew = r.Renew && !renewed.Swap(true) }}
	})
	token("cut-short", "the last character of a token is lost", "", []string{"client-token", "client-authorization", "client-call"}, reference.ClientTamper{Token: func(t string) string { return t[:max(0, len(t)-1)] }})
	token("forbidden-is-renewed", "an account that may not do something gets a new token", "", []string{"client-forbidden"}, reference.ClientTamper{Refused: func(r *reference.Refusal) { r.Renew = r.Renew || r.Kind == "forbidden" }})
	m.client("token-in-the-address", "the token is in the query, too", "", []string{"client-no-secret"}, func(harness.ClientConfig) reference.ClientTamper {
		kept := make(chan string, 1)
		kept <- ""
		return reference.ClientTamper{
			Token: func(t string) string { <-kept; kept <- t; return t },
			Request: func(r *http.Request, login bool) {
				t := <-kept
				kept <- t
				if !login {
					addQuery(r, "access_token", t)
				}
			}}
	})
}
