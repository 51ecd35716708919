package mutant_test

import (
	"fmt"
	"os"
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

// unprovoked are the documented errors that no case is sure to provoke, and why.
var unprovoked = map[string]string{
	"irp/unexpected":        "no page says how a call is refused while the API is switched off, so that any refusal will do",
	"spreetail/suspended":   "whether an account that is suspended is told so is open, and it is assumed not to be",
	"trolley/invalid-field": "it is about what an operation is given, and may be told where its case sends made-up ids",
	"trolley/not-found":     "it is about what an operation is given, and may be told where its case sends made-up ids",
}

// No documented error goes by untold: where no case provoked one, its mutants
// would be missing, not caught.
func TestErrorsAreProvoked(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		provoked := map[string]bool{}
		for _, c := range p.Cases {
			for _, s := range c.Steps {
				for _, e := range p.Refusals(s.Expect) {
					provoked[p.ErrorName(e)] = true
				}
			}
		}
		for _, name := range p.ErrorNames() {
			if why := unprovoked[p.Vendor+"/"+name]; provoked[name] == (why != "") {
				t.Errorf("%s: a case provokes the error %s: %v; why not: %q", p.Vendor, name, provoked[name], why)
			}
		}
	}
}

// The README says how many mutants there are: fewer would be told as all killed.
func TestReadmeCountsTheMutants(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	count := func(all []mutant.Mutant) string {
		equivalent := 0
		for _, m := range all {
			if m.Equivalent != "" {
				equivalent++
			}
		}
		return fmt.Sprintf("%d | %d | %d", len(all), equivalent, len(all)-equivalent)
	}
	for _, p := range profiles {
		pinned, err := mutant.Pinned(p)
		if err != nil {
			t.Fatal(err)
		}
		if row := fmt.Sprintf("| `%s` | %s | %s | 100 %% |", p.Vendor, count(mutant.Servers(pinned)), count(mutant.Clients(p))); !strings.Contains(string(text), row) {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
}
