package mutant_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
)

// A vendor added tomorrow has mutants of its own, and its common cases catch
// them: shown by every third of two that are invented, and have no case of their
// own. With -out all are tried.
func TestNewVendorsHaveMutants(t *testing.T) {
	profiles, err := harness.Load([]string{"quayside", "lanternpay"}, harness.WithFolder(os.DirFS("../../suites/testdata/vendors")))
	if err != nil {
		t.Fatal(err)
	}
	every := 3
	switch {
	case testing.Short():
		every = 30
	case *out != "":
		every = 1
	}
	bubble := func(play func()) error { synctest.Test(t, func(*testing.T) { play() }); return nil }
	for _, p := range profiles {
		servers, err := mutant.ServerScore(context.Background(), p, every)
		if err != nil {
			t.Fatal(err)
		}
		clients, err := mutant.ClientScore(context.Background(), p, every, bubble)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []mutant.Score{servers, clients} {
			all, equivalent, killed := s.Count()
			t.Logf("%s.%s: %d mutants, %d equivalent, %d killed", s.Vendor, s.Side, all, equivalent, killed)
			if least := map[string]int{"server": 60, "client": 30}[s.Side] / every; all-equivalent < least {
				t.Errorf("%s.%s: %d mutants, fewer than %d", s.Vendor, s.Side, all-equivalent, least)
			}
			for _, f := range s.Survivors() {
				t.Errorf("%s.%s: %s survives: %s; it breaks %v; %d cases that cite something else failed: %.300v", s.Vendor, s.Side, f.ID, f.Says, f.Rules, len(f.Others), f.Others)
			}
		}
	}
}
