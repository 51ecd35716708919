package scripted_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
)

// The reference clients do everything the cases ask of a client.
func TestReferenceClientsConform(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		for mode, bubble := range map[string]func(func()) error{"bubble": func(play func()) error { synctest.Test(t, func(*testing.T) { play() }); return nil }} {
			c := scripted.NewChecker(p, scripted.Attached{Bubble: bubble, New: func(cfg harness.ClientConfig) (harness.Client, error) {
				return reference.NewClient(p, cfg)
			}}, scripted.Options{})
			defer c.Close()
			n := 0
			for _, cs := range p.Cases {
				if cs.Side != "client" {
					continue
				}
				n++
				if r := c.Run(context.Background(), cs); r.Verdict != harness.Pass && r.Verdict != harness.Observed {
					t.Errorf("%s: %v %s %v %v", mode, r.Err(), r.Reason, r.Told, r.Sent)
				}
			}
			t.Logf("%s: %d client cases", p.Vendor, n)
		}
	}
}
