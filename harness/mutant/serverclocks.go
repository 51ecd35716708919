package mutant

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// brokenClock is a clock that tells something else.
type brokenClock struct {
	clock.Clock
	tell func(time.Time) time.Time
}

func (c brokenClock) Now() time.Time { return c.tell(c.Clock.Now()) }

// serverClocks breaks the clock of the server, or what it holds stamps against.
func (m *maker) serverClocks() {
	p := m.profile
	rules := m.rules("window-past", "window-future", "replay", "token-lifetime", "expiry-kind", "value-server_time")
	broken := func(id, says, catalogue string, begin func() func(time.Time) time.Time) {
		m.add(Mutant{ID: "clock-" + id, Says: says, Catalogue: catalogue, Rules: rules,
			Server: func(clk clock.Clock) http.Handler { return reference.New(p, brokenClock{clk, begin()}) }})
	}
	heldFor := func(d time.Duration) func() func(time.Time) time.Time {
		return func() func(time.Time) time.Time {
			var held time.Time
			return func(now time.Time) time.Time {
				if held.IsZero() || now.Sub(held) >= d {
					held = now
				}
				return held
			}
		}
	}
	broken("stands-still", "the server's clock stands still from its first reading", "S26", heldFor(100*365*24*time.Hour))
	broken("read-each-minute", "the server reads its clock once a minute", "S26", heldFor(time.Minute))
	broken("of-two-machines", "every second request meets a machine whose clock is two seconds ahead", "S06", func() func(time.Time) time.Time {
		readings := 0
		return func(now time.Time) time.Time {
			if readings++; readings%2 == 0 {
				return now.Add(2 * time.Second)
			}
			return now
		}
	})
	broken("set-back-once-used", "the server's clock goes back an hour after its first reading", "S06", func() func(time.Time) time.Time {
		var read bool
		return func(now time.Time) time.Time {
			if read {
				return now.Add(-time.Hour)
			}
			read = true
			return now
		}
	})
	if p.Timestamp != nil && p.Window.Past > 0 {
		m.windowElsewhere()
	}
}

// windowElsewhere holds stamps against something other than the clock, or not
// everywhere.
func (m *maker) windowElsewhere() {
	p := m.profile
	rules := m.rules("window-past", "window-future", "window-every-call")
	m.stateful("window-from-the-stamp-before", "a stamp is held against the one accepted before it, and not against the clock", "S01", rules, func(clock.Clock) reference.Tamper {
		var last, read time.Time
		return reference.Tamper{
			Stamp: func(text string, now time.Time) string {
				t, err := p.Timestamp.Parse(text)
				if err != nil || last.IsZero() {
					read = t
					return text
				}
				read = t
				return p.Timestamp.Format(now.Add(t.Sub(last)))
			},
			Answer: func(t *reference.Told) {
				if t.Refused == "" {
					last = read
				}
			}}
	})
	for _, op := range p.Operations {
		if op == p.Operations[0] || op.Refuse != "" || p.Route(op.Method, pathOf(op)) != op {
			continue // another operation is at the same address
		}
		m.stateful("window-not-for-"+op.Name, "the timestamps of "+op.Name+" are not compared with the clock", "S25", m.rules("window-every-call", "window-past"), func(clock.Clock) reference.Tamper {
			here := false
			return reference.Tamper{
				Request: func(r *http.Request, body []byte) []byte {
					here = p.Route(r.Method, r.URL.EscapedPath()) == op
					return body
				},
				Refuse: func(_ *harness.Operation, name string) string {
					if here && name == "timestamp" {
						return ""
					}
					return name
				}}
		})
	}
}

// duplicates has a server take one of two timestamps.
func (m *maker) duplicates() {
	p := m.profile
	if p.Timestamp == nil {
		return
	}
	place, carrier := p.Call.Carrier("timestamp")
	if place == "field" || place == "" || strings.EqualFold(carrier.Name, "Authorization") {
		return // a field cannot come twice, and the header of credentials is looked at elsewhere
	}
	stamps := func(r *http.Request) []string {
		if place == "query" {
			return r.URL.Query()[carrier.Name]
		}
		return r.Header.Values(carrier.Name)
	}
	only := func(r *http.Request, text string) {
		if place == "header" {
			r.Header = r.Header.Clone()
			r.Header.Set(carrier.Name, text)
			return
		}
		pairs := strings.Split(r.URL.RawQuery, "&")
		first := slices.IndexFunc(pairs, func(pair string) bool { return strings.HasPrefix(pair, carrier.Name+"=") })
		r.URL = replaced(r.URL, carrier.Name, func(string) string { return text })
		pairs = strings.Split(r.URL.RawQuery, "&")
		kept := slices.DeleteFunc(pairs[first+1:], func(pair string) bool { return strings.HasPrefix(pair, carrier.Name+"=") })
		r.URL.RawQuery = strings.Join(append(pairs[:first+1:first+1], kept...), "&")
		r.RequestURI = r.URL.RequestURI()
	}
	rules := m.rules("timestamp-garbage")
	m.server("stamp-first-of-two", "of two timestamps the first is taken", "S10", rules, reference.Tamper{Request: func(r *http.Request, body []byte) []byte {
		if all := stamps(r); len(all) > 1 {
			only(r, all[0])
		}
		return body
	}})
	m.stateful("stamp-last-of-two", "of two timestamps the last is compared with the clock, and the first is signed", "S10", rules, func(clock.Clock) reference.Tamper {
		var all []string
		return reference.Tamper{
			Request: func(r *http.Request, body []byte) []byte {
				if all = stamps(r); len(all) > 1 {
					only(r, all[0])
				}
				return body
			},
			Stamp: func(text string, _ time.Time) string {
				if len(all) > 1 {
					return all[len(all)-1]
				}
				return text
			}}
	})
}
