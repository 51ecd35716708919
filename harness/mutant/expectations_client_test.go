package mutant_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
)

// A slip in a client case turns the build red, too: nearly every single change to
// what is observed, to what is answered, to the clocks or to the calls is noticed
// on the unbroken client.
func TestSlipsInClientCasesAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("every slip in every case takes long")
	}
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		t.Run(p.Vendor, func(t *testing.T) {
			t.Parallel()
			pins := map[string]string{}
			for variant := range p.Variants {
				pins[variant] = p.Choice(variant)
			}
			pinned, err := p.With(pins, true)
			if err != nil {
				t.Fatal(err)
			}
			run := clientRun(t, pinned)
			s := &clientSlips{p: pinned}
			var harmless []slip
			for _, cs := range pinned.Cases {
				if cs.Side == "client" && fits(t, run(cs)) {
					s.make(cs)
					harmless = append(harmless, unharmed(cs)...)
				}
			}
			score := judge(s.all, run)
			for variant, v := range p.Variants {
				for _, value := range v.Values {
					if other := withValue(pinned, variant, value); other != nil && v.Client {
						run := clientRun(t, other)
						score.add(judge(otherObservations(other, variant, run), run))
					}
				}
			}
			score.report(t)
			for _, one := range harmless {
				if r := run(one.cs); noticed(r) {
					t.Errorf("%s %s, which no client must mind: %v", one.cs.Name(), one.kind, r.Err())
				}
			}
			if len(harmless) == 0 {
				t.Error("nothing was tried that no client must mind")
			}
		})
	}
}

// clientRun plays cases to the unbroken client.
func clientRun(t *testing.T, p *harness.Profile) func(*harness.Case) harness.Result {
	c := scripted.NewChecker(p, scripted.Attached{
		New:    func(c harness.ClientConfig) (harness.Client, error) { return reference.NewClient(p, c) },
		Bubble: func(play func()) error { synctest.Test(t, func(*testing.T) { play() }); return nil },
	}, scripted.Options{Strict: true})
	t.Cleanup(c.Close)
	return func(cs *harness.Case) harness.Result { return c.Run(context.Background(), cs) }
}

// unharmed are changes of what every client has to bear: where in the calendar,
// in a second and on the globe its clock stands. A case so changed is still
// right, and an unbroken client passes it; only broken ones tell the two apart.
func unharmed(cs *harness.Case) []slip {
	with := func(kind string, change func(*harness.Case)) slip {
		other := *cs
		change(&other)
		return slip{kind, &other}
	}
	return []slip{
		with("from another instant", func(c *harness.Case) { c.From = time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC) }),
		with("at another part of a second", func(c *harness.Case) { c.Fraction = (c.Fraction + 250*time.Millisecond) % time.Second }),
		with("in another zone", func(c *harness.Case) { c.Zone = "Asia/Kathmandu" }),
	}
}

// seen is what is observed under the chosen values of the variants.
func seen(p *harness.Profile, o harness.Observe) harness.Observe {
	for o.By != "" {
		o = o.Outcomes[p.Choice(o.By)]
	}
	if o.Outcome == "" {
		o.Outcome = "ok"
		if len(o.Kinds) > 0 {
			o.Outcome = "error"
		}
	}
	return o
}

// withSeen is the observation with another outcome for the chosen values.
func withSeen(p *harness.Profile, o, outcome harness.Observe) harness.Observe {
	if o.By == "" {
		return outcome
	}
	value := p.Choice(o.By)
	o.Outcomes = maps.Clone(o.Outcomes)
	o.Outcomes[value] = withSeen(p, o.Outcomes[value], outcome)
	return o
}

// clientSlips makes the slips in client cases. Some changes are none:
//   - What is merely taken away, such as a count or stamps: fresh, and another
//     account for the same one, makes a case weaker, and not wrong.
//   - Where any outcome will do, the pages leave open what the caller is told.
//   - What a client may use or leave, such as Date and Retry-After, changes
//     nothing that it must do.
type clientSlips struct {
	p   *harness.Profile
	all []slip
}

// with changes moments of a case from one on.
func (s *clientSlips) with(cs *harness.Case, i int, kind string, change func([]harness.Moment)) {
	other := *cs
	other.Timeline = slices.Clone(cs.Timeline)
	change(other.Timeline[i:])
	s.all = append(s.all, slip{kind, &other})
}

func (s *clientSlips) make(cs *harness.Case) {
	s.whole(cs)
	for i, m := range cs.Timeline {
		one := func(kind string, change func(*harness.Moment)) {
			s.with(cs, i, kind, func(rest []harness.Moment) { change(&rest[0]) })
		}
		o := seen(s.p, m.Observe)
		observations(s.p, m, o, one)
		s.answers(cs, i, o, one)
		s.refusals(m, o, one)
		s.numbers(cs, i, o, one)
		s.clocks(cs, i, o)
	}
}

// whole changes what holds for all of a case: the credentials that the client is
// given, and whether it is led to TLS. A client goes nowhere without.
func (s *clientSlips) whole(cs *harness.Case) {
	with := func(kind string, change func(*harness.Case)) {
		other := *cs
		change(&other)
		s.all = append(s.all, slip{kind, &other})
	}
	switch o := seen(s.p, cs.Timeline[0].Observe); {
	case cs.Without != "":
		with("keeps the credential", func(c *harness.Case) { c.Without = "" })
	case cs.Base != "":
		with("goes over TLS", func(c *harness.Case) { c.Base = "" })
	case o.Outcome == "ok":
		with("lacks the secret", func(c *harness.Case) { c.Without = s.p.Secret().Name })
		with("goes without TLS", func(c *harness.Case) { c.Base = "plain" })
	}
}

// observations changes what must be seen.
func observations(p *harness.Profile, m harness.Moment, o harness.Observe, one func(string, func(*harness.Moment))) {
	to := func(kind string, change func(*harness.Observe)) {
		other := o
		change(&other)
		one(kind, func(m *harness.Moment) { m.Observe = withSeen(p, m.Observe, other) })
	}
	switch o.Outcome {
	case "ok":
		to("observes a failure", func(o *harness.Observe) { o.Outcome = "error" })
	case "error":
		to("observes success", func(o *harness.Observe) { o.Outcome, o.Kinds = "ok", nil })
	}
	for _, kind := range slices.Sorted(maps.Keys(harness.Kinds)) {
		if len(o.Kinds) > 0 && !slices.Contains(o.Kinds, kind) {
			to("observes another kind of failure", func(o *harness.Observe) { o.Kinds = []string{kind} })
			break // one is as wrong as the other
		}
	}
	for of, count := range map[string]func(*harness.Observe) *harness.Count{
		"logins": func(o *harness.Observe) *harness.Count { return &o.Logins },
		"calls":  func(o *harness.Observe) *harness.Count { return &o.Calls },
	} {
		n := *count(&o)
		if !n.Set {
			continue
		}
		to("observes more "+of, func(o *harness.Observe) { *count(o) = harness.Count{Least: n.Most + 1, Most: n.Most + 1, Set: true} })
		if n.Least > 0 {
			to("observes fewer "+of, func(o *harness.Observe) { *count(o) = harness.Count{Most: n.Least - 1, Set: true} })
		}
	}
}

// otherObservations are slips in what is observed under another value of a
// variant, as far as the unbroken client shows it.
func otherObservations(p *harness.Profile, variant string, run func(*harness.Case) harness.Result) []slip {
	s := &clientSlips{p: p}
	for _, cs := range p.Cases {
		for i, m := range cs.Timeline {
			if m.Observe.By == variant && !noticed(run(cs)) {
				observations(p, m, seen(p, m.Observe), func(kind string, change func(*harness.Moment)) {
					s.with(cs, i, kind+", under another value of a variant", func(rest []harness.Moment) { change(&rest[0]) })
				})
			}
		}
	}
	return s.all
}
