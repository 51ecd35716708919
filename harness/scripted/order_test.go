package scripted_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// No case leaves anything behind that another stumbles over: whatever the order
// in which one checker runs them, against one peer, they show the same.
func TestNothingHangsOnTheOrder(t *testing.T) {
	for vendor, p := range vendorProfiles(t) {
		for name, begin := range map[string]func(*testing.T, *harness.Profile) *checked{
			"server made anew": func(t *testing.T, p *harness.Profile) *checked { return renewed(t, p, harness.Options{Keep: true}) },
			"one server":       kept,
			"client":           func(t *testing.T, p *harness.Profile) *checked { return inBubbles(t, p, time.Time{}) },
		} {
			t.Run(vendor+" "+name, func(t *testing.T) {
				t.Parallel()
				inEveryOrder(t, begin(t, p))
			})
		}
		t.Run(vendor+" live server", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { inEveryOrder(t, live(t, p)) })
		})
	}
}

func inEveryOrder(t *testing.T, c *checked) {
	t.Helper()
	given := c.run(nil)
	conforms(t, given, c.skips)
	for _, o := range orders(c.cases) {
		same(t, "in the order "+o.name, given, (&checked{cases: o.cases, one: c.one}).run(nil))
	}
}

// order is one order of the cases.
type order struct {
	name  string
	cases []*harness.Case
}

// orders are the given one once more, the way back and three shuffles, the same in
// every run.
func orders(cases []*harness.Case) []order {
	all := []order{{"given", cases}, {"reversed", slices.Clone(cases)}}
	slices.Reverse(all[1].cases)
	for seed := range uint64(3) {
		shuffled := slices.Clone(cases)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		all = append(all, order{fmt.Sprintf("shuffle %d", seed), shuffled})
	}
	return all
}

// kept is one reference server for all cases, which remembers. Not for it are the
// cases that put it in a state nothing leads out of.
func kept(t *testing.T, p *harness.Profile) *checked {
	target := harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(p, clk) })
	target.Reset, target.State = nil, nil
	c := servers(t, p, target, harness.Options{})
	c.cases = slices.DeleteFunc(c.cases, func(cs *harness.Case) bool {
		return slices.Contains(cs.Needs, "server-state")
	})
	return c
}

// live is one reference server whose clock the checker may not move, as those on
// the network are. It is for a bubble, where it takes no time to wait.
func live(t *testing.T, p *harness.Profile) *checked {
	target := harness.HandlerTarget(func(clock.Clock) http.Handler { return reference.New(p, clock.New()) })
	target.Clock, target.Reset, target.State = nil, nil, nil
	c := servers(t, p, target, harness.Options{Unsafe: true, Local: clock.New()})
	c.skips = true
	return c
}

// checked is one checker with the cases it can run.
type checked struct {
	cases []*harness.Case
	one   func(context.Context, *harness.Case) harness.Result
	skips bool // some cases, for want of a clock of ours or of a state
}

func casesOf(p *harness.Profile, side string) []*harness.Case {
	return slices.DeleteFunc(slices.Clone(p.Cases), func(cs *harness.Case) bool { return cs.Side != side })
}

// run runs the cases that can be run, all when can is nil, and gives what each
// showed.
func (c *checked) run(can func(*harness.Case) bool) map[*harness.Case]harness.Result {
	all := map[*harness.Case]harness.Result{}
	for _, cs := range c.cases {
		if can == nil || can(cs) {
			all[cs] = c.one(context.Background(), cs)
		}
	}
	return all
}

// conforms complains of cases that raise an alarm where nothing is broken, and of
// those that do not run; where some are skipped, when most are.
func conforms(t *testing.T, results map[*harness.Case]harness.Result, skips bool) {
	t.Helper()
	ran := 0
	for cs, r := range results {
		switch {
		case r.Verdict == harness.Pass || r.Verdict == harness.Observed:
			ran++
		case r.Verdict != harness.Skip || !skips:
			t.Errorf("%s: %s: %s %+v", cs.Name(), r.Verdict, r.Reason, r.Findings)
		}
	}
	if ran <= len(results)/2 {
		t.Errorf("only %d of %d cases were run", ran, len(results))
	}
}

// same complains of cases that showed something else than they were to.
func same(t *testing.T, when string, want, got map[*harness.Case]harness.Result) {
	t.Helper()
	if len(got) == 0 {
		t.Errorf("no case was run %s", when)
	}
	for cs, r := range got {
		if w, g := shown(want[cs]), shown(r); w != g {
			t.Errorf("%s %s\n\tshowed %s\n\tand is to show %s", cs.Name(), when, g, w)
		}
	}
}

// shown is what the report tells of a case, and what was sent to a server where
// that is kept. Clients may send at once, in any order.
func shown(r harness.Result) string {
	text := fmt.Sprint(r.Verdict, " ", r.Reason, " ", r.Shown)
	for _, f := range r.Findings {
		text += fmt.Sprint("\n\t\t", f.Rule, " ", f.Level, " ", f.Kind, ": ", f.Problem)
	}
	if r.Case.Side == "server" {
		for _, x := range r.Sent {
			text += fmt.Sprintf("\n\t\t%q", fmt.Sprint(x))
		}
	}
	return text
}
