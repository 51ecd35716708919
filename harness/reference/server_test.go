package reference_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

func TestReference(t *testing.T) {
	ps, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		c, err := harness.NewChecker(p, harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(p, clk) }), harness.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Calibrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		n := map[harness.Verdict]int{}
		for _, cs := range p.Cases {
			if cs.Side != "server" {
				continue
			}
			r := c.Run(context.Background(), cs)
			n[r.Verdict]++
			if r.Verdict != harness.Pass && r.Verdict != harness.Observed {
				t.Error(r.Case.Name(), r.Verdict, r.Reason, r.Findings)
			}
			if r.Verdict == harness.Observed && len(r.Findings) > 0 {
				t.Error(r.Case.Name(), "observed", r.Findings)
			}
		}
		t.Log(p.Vendor, len(p.Cases), n, c.Notes())
	}
}
