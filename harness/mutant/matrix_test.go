package mutant_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
)

func TestServersAreCaught(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		pins := map[string]string{}
		for name, v := range p.Variants {
			if !v.Client {
				pins[name] = v.Default
			}
		}
		pinned, err := p.With(pins, true)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		all := mutant.Servers(pinned)
		killed := 0
		for _, m := range all {
			if ids[m.ID] {
				t.Errorf("%s: mutant %s twice", p.Vendor, m.ID)
			}
			ids[m.ID] = true
			c, err := harness.NewChecker(pinned, harness.HandlerTarget(m.Server), harness.Options{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Calibrate(context.Background())
			by, other := 0, map[string]int{}
			for _, cs := range pinned.Cases {
				if cs.Side != "server" {
					continue
				}
				r := c.Run(context.Background(), cs)
				if r.Verdict != harness.Fail {
					continue
				}
				hit := false
				for _, f := range r.Findings {
					hit = hit || slices.Contains(m.Rules, f.Rule)
				}
				for _, id := range cs.Rules {
					hit = hit || slices.Contains(m.Rules, id)
				}
				if hit {
					by++
				} else {
					other[cs.Name()+" "+r.Findings[0].Rule]++
				}
			}
			if by > 0 {
				killed++
			} else {
				fmt.Println("SURVIVOR", p.Vendor, m.ID, m.Rules, len(other), other)
			}
		}
		fmt.Printf("%s: %d of %d\n", p.Vendor, killed, len(all))
	}
}
