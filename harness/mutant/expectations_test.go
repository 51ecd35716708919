package mutant_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
	"github.com/skewproof/skewproof/harness/reference"
)

// A slip in a case turns the build red: nearly every single change to what a case
// breaks, to its skew or to what it expects is noticed on the unbroken server.
func TestSlipsInCasesAreNoticed(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		pinned, err := mutant.Pinned(p)
		if err != nil {
			t.Fatal(err)
		}
		c, err := harness.NewChecker(pinned, harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(pinned, clk) }), harness.Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		all, noticed := 0, 0
		var missed []string
		for _, cs := range pinned.Cases {
			if cs.Side != "server" {
				continue
			}
			for name, slip := range slips(pinned, cs) {
				all++
				if r := c.Run(context.Background(), slip); r.Verdict == harness.Fail || r.Verdict == harness.Error {
					noticed++
				} else {
					missed = append(missed, cs.ID+" "+name)
				}
			}
		}
		t.Logf("%s: %d of %d slips are noticed", p.Vendor, noticed, all)
		if noticed*100 < all*95 {
			slices.Sort(missed)
			t.Errorf("%s: only %d of %d slips are noticed; not: %q", p.Vendor, noticed, all, missed)
		}
	}
}

// slips are the case with one thing changed in its last step.
func slips(p *harness.Profile, cs *harness.Case) map[string]*harness.Case {
	all := map[string]*harness.Case{}
	last := len(cs.Steps) - 1
	with := func(name string, change func(*harness.Step)) {
		other := *cs
		other.Steps = slices.Clone(cs.Steps)
		change(&other.Steps[last])
		all[name] = &other
	}
	refuses := len(p.Refusals(cs.Steps[last].Expect)) > 0
	with("expects the contrary", func(s *harness.Step) {
		if s.Expect = (harness.Expect{Refuse: []string{"refusal"}}); refuses {
			s.Expect = harness.Expect{Accept: true}
		}
	})
	if refuses && len(cs.Steps[last].Break) > 0 {
		with("breaks nothing", func(s *harness.Step) { s.Break = nil })
	}
	if skew, _ := cs.Steps[last].Skew.Resolve(p.Window); refuses && skew != 0 && len(cs.Steps[last].Break) == 0 {
		with("has no skew", func(s *harness.Step) { s.Skew = harness.Offset{} })
	}
	return all
}
