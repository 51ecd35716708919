package mutant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
)

// unbroken are the entries of the catalogue of defects that no mutant has, and
// why.
var unbroken = map[string]string{
	"S14": "no page of the three asks for a Date, and where the clock is the harness's own nothing reads it",
	"C01": "the unbroken client is one: whether a client corrects its clock is open, and what it must tell its caller is broken by clock-told-as-key",
	"C21": "the server counts a life from its answer, as such a client does, and what it refuses sooner is replaced when it is refused",
	"C24": "it takes a process whose two clocks can be moved apart; time in a bubble moves both",
}

// Each entry of the catalogue, 26 defects of servers and 34 of clients, is broken
// by a mutant that a case can catch, or says why not.
func TestCatalogueIsBroken(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for _, p := range profiles {
		for _, m := range slices.Concat(mutant.Servers(p), mutant.Clients(p)) {
			for _, entry := range strings.Fields(m.Catalogue) {
				broken[entry] = broken[entry] || m.Equivalent == ""
			}
		}
	}
	var entries []string
	for _, side := range []struct {
		letter string
		count  int
	}{{"S", 26}, {"C", 34}} {
		for n := 1; n <= side.count; n++ {
			entries = append(entries, fmt.Sprintf("%s%02d", side.letter, n))
		}
	}
	for _, entry := range entries {
		if broken[entry] == (unbroken[entry] != "") {
			t.Errorf("%s: broken by a mutant: %v; why not: %q", entry, broken[entry], unbroken[entry])
		}
	}
	for entry := range broken {
		if !slices.Contains(entries, entry) {
			t.Errorf("%s is no entry of the catalogue", entry)
		}
	}
}
