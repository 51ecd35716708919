package mutant_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
)

// Every broken peer is caught by a case that cites what it breaks.
func TestMutantsAreCaught(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	bubble := func(play func()) error { synctest.Test(t, func(*testing.T) { play() }); return nil }
	for _, p := range profiles {
		servers, err := mutant.ServerScore(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		clients, err := mutant.ClientScore(context.Background(), p, bubble)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []mutant.Score{servers, clients} {
			all, equivalent, killed := s.Count()
			t.Logf("%s.%s: %d mutants, %d killed, %d equivalent", s.Vendor, s.Side, all, killed, equivalent)
			for _, f := range s.Survivors() {
				t.Errorf("%s.%s: %s survives: %s; it breaks %v; %d other cases failed: %.300v", s.Vendor, s.Side, f.ID, f.Says, f.Rules, len(f.Others), f.Others)
			}
			for _, f := range s.Fates {
				if f.Equivalent != "" && len(f.Killed) > 0 {
					t.Errorf("%s.%s: %s is said to be equivalent, and is caught by %s", s.Vendor, s.Side, f.ID, f.Killed[0])
				}
			}
		}
	}
}
