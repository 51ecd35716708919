package mutant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// remaining breaks what is told of the time that a token has left.
func (m *maker) remaining() {
	p := m.profile
	if p.Token == nil {
		return
	}
	const shown = "12:34"
	for _, op := range p.Operations {
		_, _, body := p.Success(op, harness.Values{"remaining": shown, "signature": "0", "server_time": "now", "token": "t", "lifetime": "1"})
		for _, place := range places(body) {
			if text, _ := valueAt(body, place).(string); text == shown {
				m.remainingAt(op, place)
			}
		}
	}
}

func (m *maker) remainingAt(op *harness.Operation, place []string) {
	p := m.profile
	rules := m.rules("value-remaining")
	told := m.answers("remaining-", "the time left is told ", "S20", rules, func(t *reference.Told) bool {
		return t.Refused == "" && p.Route(t.Request.Method, t.Request.URL.EscapedPath()) == op
	})
	as := func(id, says string, of func(left time.Duration) any) *Mutant {
		return told(id, says, changing(place, func(v any) (any, bool) {
			left, ok := minutesSeconds(v)
			if !ok {
				return v, false
			}
			return of(left), false
		}))
	}
	clockLike := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Minutes()), int(d.Seconds())%60) }
	as("with-hours", "with hours before the minutes", func(d time.Duration) any { return "00:" + clockLike(d) })
	as("in-seconds", "in seconds", func(d time.Duration) any { return fmt.Sprint(int(d.Seconds())) })
	as("in-seconds-as-a-number", "in seconds, as a number", func(d time.Duration) any { return d.Seconds() })
	as("in-minutes", "in whole minutes", func(d time.Duration) any { return fmt.Sprint(int(d.Minutes())) })
	as("in-minutes-with-a-fraction", "in minutes with a fraction", func(d time.Duration) any { return fmt.Sprintf("%.2f", d.Minutes()) })
	as("unpadded", "without leading zeros", func(d time.Duration) any { return strings.TrimPrefix(clockLike(d), "0") })
	as("with-a-full-stop", "with a full stop between minutes and seconds", func(d time.Duration) any { return strings.ReplaceAll(clockLike(d), ":", ".") })
	as("seconds-first", "with the seconds before the minutes", func(d time.Duration) any {
		minutes, seconds, _ := strings.Cut(clockLike(d), ":")
		return seconds + ":" + minutes
	})
	as("of-sixty-seconds", "as a minute less and sixty seconds", func(d time.Duration) any {
		if d.Seconds() >= 60 && d%time.Minute == 0 {
			return fmt.Sprintf("%02d:60", int(d.Minutes())-1)
		}
		return clockLike(d)
	})
	as("negative", "as negative", func(d time.Duration) any { return "-" + clockLike(d) })
	as("counting-up", "as the time gone by", func(d time.Duration) any { return clockLike(p.Token.Lifetime - d) })
	as("always-full", "as the whole life of the token, always", func(time.Duration) any { return clockLike(p.Token.Lifetime) })
	as("a-second-more", "a second too long", func(d time.Duration) any { return clockLike(d + time.Second) })
	as("a-second-less", "a second too short", func(d time.Duration) any { return clockLike(max(0, d-time.Second)) })
	as("rounded-to-minutes", "rounded to whole minutes", func(d time.Duration) any { return clockLike(d.Round(time.Minute)) })
	as("and-a-minute-more", "a minute longer than the token lives", func(d time.Duration) any { return clockLike(d + time.Minute) }).Catalogue = "S21"
	as("and-gone-too-soon", "as gone in its last minute, in which the token is still good", func(d time.Duration) any { return clockLike(max(0, d-time.Minute)) }).Catalogue = "S21"
	m.stateful("remaining-of-another-token", "the time left is told of the token granted last", "S20", rules, func(clk clock.Clock) reference.Tamper {
		var granted time.Time
		return reference.Tamper{Answer: func(t *reference.Told) {
			switch {
			case t.Refused != "":
			case t.Login:
				granted = clk.Now()
			default:
				changing(place, func(v any) (any, bool) {
					if _, ok := minutesSeconds(v); !ok {
						return v, false
					}
					return clockLike(p.Token.Lifetime - clk.Now().Sub(granted)), false
				})(t)
			}
		}}
	})
	asked := m.casesOf(op)
	m.stateful("checking-uses-up", "a token is used up by asking for the time it has left", "", asked, func(clock.Clock) reference.Tamper {
		used, now := map[string]bool{}, ""
		return reference.Tamper{
			Find: func(token string, _ []string) string {
				if now = token; used[token] {
					return ""
				}
				return token
			},
			Answer: func(t *reference.Told) {
				used[now] = used[now] || t.Refused == "" && p.Route(t.Request.Method, t.Request.URL.EscapedPath()) == op
			}}
	})
}

// casesOf are the requirements of the vendor's own cases that call the operation.
func (m *maker) casesOf(op *harness.Operation) []string {
	var rules []string
	for _, c := range m.profile.Cases {
		if c.Claim == "" && slices.ContainsFunc(c.Steps, func(s harness.Step) bool { return s.Call == op.Name }) {
			rules = append(rules, c.Rules...)
		}
	}
	return rules
}

// minutesSeconds reads a time such as 04:59.
func minutesSeconds(v any) (time.Duration, bool) {
	text, _ := v.(string)
	var minutes, seconds int
	if n, err := fmt.Sscanf(text, "%02d:%02d", &minutes, &seconds); n != 2 || err != nil {
		return 0, false
	}
	return time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second, true
}
