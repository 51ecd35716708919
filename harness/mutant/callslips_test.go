package mutant_test

import (
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// numbers makes another number of calls than what is seen allows for: each is
// sent once, and no more than twice.
func (s *clientSlips) numbers(cs *harness.Case, i int, o harness.Observe, one func(string, func(*harness.Moment))) {
	m := cs.Timeline[i]
	to := func(kind string, n int) {
		one(kind, func(m *harness.Moment) {
			if m.Concurrent > 0 {
				m.Concurrent = n
			} else {
				m.Times = n
			}
		})
	}
	if o.Calls.Set && o.Calls.Least > 0 {
		to("makes more calls", o.Calls.Most+1)
	}
	if max(m.Times, m.Concurrent) > 1 && o.Calls.Least > 2 {
		to("makes fewer calls", 1)
	}
	if s.p.Token != nil && m.Times > 1 && o.Logins.Set && o.Logins.Most < m.Times-1 {
		one("makes calls a token's life apart", func(m *harness.Moment) { m.Every = offset(s.life(cs) + "+1s") })
	}
	if o.Outcome == "ok" && !anySays(m.Answers, func(a harness.Answer) bool { return !isFailure(a) }) { // else a success is in the script
		for _, op := range s.p.Operations {
			if op.Refuse != "" {
				one("calls what is refused", func(m *harness.Moment) { m.Operation = op })
				break
			}
		}
	}
	if m.Operation.Refuse != "" && o.Outcome == "error" {
		one("calls what is not refused", func(m *harness.Moment) { m.Operation = s.p.Operations[0] })
	}
}

// life is an offset beyond the life of any token that the case grants.
func (s *clientSlips) life(cs *harness.Case) string {
	for _, m := range cs.Timeline {
		if anySays(m.Login, func(a harness.Answer) bool { return len(a.Set) > 0 }) {
			return "400*lifetime"
		}
	}
	return "lifetime"
}

func offset(text string) harness.Offset {
	o, err := harness.ParseOffset(text)
	if err != nil {
		panic(err) // the texts stand here
	}
	return o
}

// clocks moves a moment in time, and the client's clock against the server's;
// what follows stays as it was at the moment above, as it is written.
func (s *clientSlips) clocks(cs *harness.Case, i int, o harness.Observe) {
	m := cs.Timeline[i]
	skewed := func(kind, text string) {
		s.with(cs, i, kind, func(rest []harness.Moment) {
			for n := 0; n < len(rest) && rest[n].Skew.String() == m.Skew.String(); n++ {
				rest[n].Skew = offset(text)
			}
		})
	}
	skew, _ := m.Skew.Resolve(s.p.Window)
	at, _ := m.At.Resolve(s.p.Window)
	if s.p.Timestamp != nil && s.p.Window.Past > 0 && !anySays(m.Answers, isAlways) && cs.Without == "" && cs.Base == "" {
		start := harness.DefaultBase
		if !cs.From.IsZero() {
			start = cs.From
		}
		now := start.Add(cs.Fraction + at)
		taken := func(skew time.Duration) bool { return accepts(s.p, now.Add(skew), now) }
		told := slices.Contains(o.Kinds, "clock") && len(m.Answers) == 0 && !taken(skew)
		for _, other := range []struct{ kind, skew string }{
			{"has no skew", "0"}, {"has a skew of a day", "-1d"}, {"has a skew of a day", "+1d"},
			{"has a skew just beyond", "-window-granule"}, {"has a skew just beyond", "+window+granule"},
			{"has a skew just within", "-window+granule"}, {"has a skew just within", "+window-granule"},
			{"has the skew of the other sign", flipped(m.Skew)},
			{"has a skew a window off", "0+" + strings.TrimPrefix(m.Skew.String(), "+") + "+window+1s"},
		} {
			to, err := harness.ParseOffset(strings.Replace(other.skew, "0+-", "-", 1))
			if err != nil {
				continue
			}
			if d, err := to.Resolve(s.p.Window); err == nil && (o.Outcome == "ok" && taken(skew) && !taken(d) || told && taken(d)) {
				skewed(other.kind, to.String())
			}
		}
	}
	if s.p.Timestamp == nil && skew != 0 && o.Calls.Least > max(m.Times, m.Concurrent) {
		skewed("has no skew", "0") // by which the token was refused
	}
	if s.p.Token == nil || i == 0 {
		return // no call depends on when it is made
	}
	moved := func(kind, text string) {
		to := offset(text)
		until, _ := to.Resolve(s.p.Window)
		s.with(cs, i, kind, func(rest []harness.Moment) {
			n := 0
			for ; n < len(rest) && rest[n].At.String() == m.At.String(); n++ {
				rest[n].At = to
			}
			for ; n < len(rest); n++ { // a moment is never before the one above
				if later, _ := rest[n].At.Resolve(s.p.Window); later < until {
					rest[n].At = to
				}
			}
		})
	}
	above := cs.Timeline[i-1]
	before, _ := above.At.Resolve(s.p.Window)
	if o.Logins.Set && o.Logins.Most == 0 {
		moved("is after the token's end", m.At.String()+"+"+s.life(cs)+"+1s")
	}
	if o.Logins.Least > 0 && at > before && len(m.Answers) == 0 && s.life(cs) == "lifetime" && m.Skew.String() == above.Skew.String() && seen(s.p, above.Observe).Outcome == "ok" {
		moved("is while the token lives", above.At.String())
	}
}
