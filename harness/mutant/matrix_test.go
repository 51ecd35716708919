package mutant_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
)

var out = flag.String("out", "", "directory to write mutants.json into; a relative one counts from the root of the module")

// Every broken peer is caught by a case that cites what it breaks. With -out all
// are tried, and else every fifth.
func TestMutantsAreCaught(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	bubble := func(play func()) error { synctest.Test(t, func(*testing.T) { play() }); return nil }
	every := 5
	switch {
	case testing.Short():
		every = 50
	case *out != "":
		every = 1
		defer debug.SetGCPercent(debug.SetGCPercent(400)) // a million requests leave little behind
	}
	var scores []mutant.Score
	for _, p := range profiles {
		servers, err := mutant.ServerScore(context.Background(), p, every)
		if err != nil {
			t.Fatal(err)
		}
		clients, err := mutant.ClientScore(context.Background(), p, every, bubble)
		if err != nil {
			t.Fatal(err)
		}
		scores = append(scores, servers, clients)
	}
	for _, s := range scores {
		all, equivalent, _ := s.Count()
		if least := map[string]int{"server": 60, "client": 30}[s.Side] / every; all-equivalent < least {
			t.Errorf("%s.%s: %d mutants, fewer than %d", s.Vendor, s.Side, all-equivalent, least)
		}
		known := map[string]bool{}
		for _, f := range s.Fates {
			if known[f.ID] {
				t.Errorf("%s.%s: two mutants are called %s", s.Vendor, s.Side, f.ID)
			}
			known[f.ID] = true
			if f.Equivalent != "" && len(f.Killed) > 0 {
				t.Errorf("%s.%s: %s is said to be equivalent, and is caught by %s", s.Vendor, s.Side, f.ID, f.Killed[0])
			}
		}
		for _, f := range s.Survivors() {
			t.Errorf("%s.%s: %s survives: %s; it breaks %v; %d cases that cite something else failed: %.300v", s.Vendor, s.Side, f.ID, f.Says, f.Rules, len(f.Others), f.Others)
		}
	}
	var table strings.Builder
	if err := mutant.Table(&table, scores, profiles); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &table)
	if *out == "" {
		return
	}
	dir := *out
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("../..", dir)
	}
	text, err := mutant.Matrix(scores, profiles)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "mutants.json"), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
