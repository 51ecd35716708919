package mutant

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientCaches breaks how long tokens are kept, by which clock, and for whom.
func (m *maker) clientCaches() {
	m.oneForAll()
	p := m.profile
	if p.Login == nil {
		return
	}
	margin, _ := time.ParseDuration(p.Choice("refresh-margin")) // none where the pages name none
	renews := []string{"client-renews", "client-recovers", "client-elapsed"}
	token := func(id, says, catalogue string, claims []string, tamper func(harness.ClientConfig) reference.ClientTamper) *Mutant {
		return m.client("token-"+id, says, catalogue, claims, tamper)
	}
	never := func(r *reference.Refusal) { r.Renew = false }
	token("used-to-its-last-instant", "a token is used to its last instant, and given up only then, whatever becomes of it on its way", "C19 C34", renews, always(reference.ClientTamper{
		Life: func(d time.Duration) time.Duration { return d + margin }, Refused: never}))
	token("replaced-a-day-early", "a token is replaced a day before its end, however short its life", "C20", []string{"client-token-kept", "client-short-life"}, always(reference.ClientTamper{
		Alone: true, Life: func(d time.Duration) time.Duration { return d - 24*time.Hour }}))
	x := token("life-counted-from-the-answer", "a token's life counts from when the answer arrived", "C21", renews, func(c harness.ClientConfig) reference.ClientTamper {
		var mu sync.Mutex
		var sent time.Time
		return reference.ClientTamper{
			Request: func(_ *http.Request, login bool) {
				mu.Lock()
				defer mu.Unlock()
				if login {
					sent = c.Clock.Now()
				}
			},
			Life: func(d time.Duration) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return d + c.Clock.Now().Sub(sent)
			}}
	})
	x.Equivalent = "the server counts from its answer too, and a token that it refuses sooner is replaced when it is refused"
	token("kept-when-the-clock-goes-back", "a clock that is set back makes a token younger", "C25", []string{"client-elapsed"}, always(reference.ClientTamper{
		Fresh: func(now, _, until time.Time) bool { return now.Before(until) }}))
	if p.Flow == harness.LoginThenBearer { // a refused signature says as little of the token as of the secret
		token("given-up-with-the-old-one", "the refusal of an old token gives up the new one, too", "C30", []string{"client-login-shared"}, always(reference.ClientTamper{Forgets: true}))
	}
	token("renewed-after-any-failure", "any failure is taken for that of a token", "", []string{"client-error-told", "client-rate-limited", "client-forbidden", "client-token-kept"}, always(reference.ClientTamper{
		Refused: func(r *reference.Refusal) { r.Renew = true }}))
	if p.Token.Recipe != nil {
		m.absoluteEnd()
	}
	m.misreadRemaining()
}

// oneForAll has one client serve every account.
func (m *maker) oneForAll() {
	p := m.profile
	var mu sync.Mutex
	played := "" // the case that the client was made for
	var one harness.Client
	m.add(Mutant{ID: "one-client-for-all-accounts", Says: "the first client made serves every account", Catalogue: "C31", Rules: m.clientRules([]string{"client-accounts"}),
		Client: func(c harness.ClientConfig) (harness.Client, error) {
			mu.Lock()
			defer mu.Unlock()
			if one != nil && played == c.Case {
				return one, nil
			}
			made, err := reference.NewClient(p, c)
			if err != nil {
				return nil, err
			}
			played, one = c.Case, made
			return made, nil
		}})
}

// absoluteEnd goes by the end that a token names, on the client's own clock.
func (m *maker) absoluteEnd() {
	m.client("token-ends-by-the-clock", "a token's end is read from the token and held against the client's own clock", "C26", []string{"client-elapsed"}, func(c harness.ClientConfig) reference.ClientTamper {
		var mu sync.Mutex
		var end time.Time
		return reference.ClientTamper{
			Token: func(token string) string {
				var claims struct{ Exp float64 }
				if parts := strings.Split(token, "."); len(parts) == 3 {
					text, _ := base64.RawURLEncoding.DecodeString(parts[1]) // what cannot be read has no end
					_ = json.Unmarshal(text, &claims)
				}
				mu.Lock()
				defer mu.Unlock()
				end = time.Unix(int64(claims.Exp), 0)
				return token
			},
			Fresh: func(now, _, _ time.Time) bool {
				mu.Lock()
				defer mu.Unlock()
				return now.Before(end)
			}}
	})
}

// misreader asks for nothing itself, and goes by what its caller was told of the
// time that is left.
type misreader struct {
	harness.Client
	config harness.ClientConfig
	place  []string
	read   func(string) (time.Duration, bool)

	mu    sync.Mutex
	until time.Time
}

func (c *misreader) Call(ctx context.Context, call harness.Call) harness.Outcome {
	o := c.Client.Call(ctx, call)
	if text, ok := valueAt([]byte(o.Body), c.place).(string); ok {
		if left, ok := c.read(text); ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.until = c.config.Clock.Now().Add(left)
		}
	}
	return o
}

func (c *misreader) fresh(now, had, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.IsZero() {
		return !now.Before(had) && now.Before(until)
	}
	return now.Before(c.until)
}

// misreadRemaining reads the time that a token has left as something else.
func (m *maker) misreadRemaining() {
	p := m.profile
	const shown = "12:34"
	var place []string
	for _, op := range p.Operations {
		_, _, body := p.Success(op, harness.Values{"remaining": shown, "signature": "0", "server_time": "now", "token": "t", "lifetime": "1"})
		for _, x := range places(body) {
			if valueAt(body, x) == shown {
				place = x
			}
		}
	}
	if place == nil {
		return
	}
	reads := func(id, says string, read func(string) (time.Duration, bool)) {
		m.add(Mutant{ID: "remaining-read-" + id, Says: "the time a token has left is read " + says + ", and a refused token is not given up", Catalogue: "C33",
			Rules: m.clientRules([]string{"client-renews", "client-recovers"}),
			Client: func(c harness.ClientConfig) (harness.Client, error) {
				own := &misreader{config: c, place: place, read: read}
				made, err := reference.NewTamperedClient(p, c, reference.ClientTamper{Fresh: own.fresh, Refused: func(r *reference.Refusal) { r.Renew = false }})
				own.Client = made
				return own, err
			}})
	}
	reads("as-hours", "as hours and minutes", func(s string) (time.Duration, bool) {
		left, ok := minutesSeconds(s)
		return left * 60, ok
	})
	reads("without-padding", "as ten times as long when it lacks a zero", func(s string) (time.Duration, bool) {
		minutes, _, ok := strings.Cut(s, ":")
		return time.Duration(len(minutes)) * time.Hour, ok && len(minutes) == 1
	})
	reads("without-sign", "as positive when it is negative", func(s string) (time.Duration, bool) {
		rest, ok := strings.CutPrefix(s, "-")
		left, read := minutesSeconds(rest)
		return left + time.Hour, ok && read
	})
}
