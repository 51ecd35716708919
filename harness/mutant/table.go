package mutant

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/skewproof/skewproof/harness"
)

// Table writes the scores as a table, one row for each vendor and side, and the
// survivors below it.
func Table(w io.Writer, scores []Score) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "vendor\tside\tmutants\tequivalent\tkilled\tscore")
	for _, s := range scores {
		all, equivalent, killed := s.Count()
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%.1f %%\n", s.Vendor, s.Side, all, equivalent, killed, percent(killed, all-equivalent))
	}
	_ = t.Flush() // into memory
	for _, s := range scores {
		for _, f := range s.Survivors() {
			fmt.Fprintf(&b, "survives: %s.%s %s: %s; it breaks %s\n", s.Vendor, s.Side, f.ID, f.Says, strings.Join(f.Rules, " "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

// Idle are the cases that no mutant of the score fails: they may stay, but
// nothing shows that they are needed.
func (s Score) Idle(p *harness.Profile) []string {
	needed := map[string]bool{}
	for _, f := range s.Fates {
		for _, name := range append(slices.Clone(f.Killed), f.Others...) {
			name, _, _ = strings.Cut(name, " (")
			needed[name] = true
		}
	}
	var idle []string
	for _, c := range p.Cases {
		if c.Side == s.Side && !needed[c.Name()] {
			idle = append(idle, c.Name())
		}
	}
	return idle
}

type (
	matrixFile struct {
		Version int           `json:"version"`
		Scores  []matrixScore `json:"scores"`
	}
	matrixScore struct {
		Vendor     string         `json:"vendor"`
		Side       string         `json:"side"`
		Mutants    int            `json:"mutants"`
		Equivalent int            `json:"equivalent"`
		Killed     int            `json:"killed"`
		Fates      []matrixMutant `json:"fates"`
		Idle       []string       `json:"cases_no_mutant_fails"`
	}
	matrixMutant struct {
		ID         string   `json:"id"`
		Says       string   `json:"says"`
		Breaks     []string `json:"breaks"`
		Catalogue  string   `json:"catalogue,omitempty"`
		Equivalent string   `json:"equivalent,omitempty"`
		KilledBy   []string `json:"killed_by"`
	}
)

// Matrix renders the scores as JSON: each mutant with the cases that killed it,
// and the cases that no mutant fails.
func Matrix(scores []Score, profiles []*harness.Profile) ([]byte, error) {
	file := matrixFile{Version: 1}
	for _, s := range scores {
		out := matrixScore{Vendor: s.Vendor, Side: s.Side}
		out.Mutants, out.Equivalent, out.Killed = s.Count()
		for _, f := range s.Fates {
			out.Fates = append(out.Fates, matrixMutant{f.ID, f.Says, f.Rules, f.Catalogue, f.Equivalent, append([]string{}, f.Killed...)})
		}
		for _, p := range profiles {
			if p.Vendor == s.Vendor {
				out.Idle = append([]string{}, s.Idle(p)...)
			}
		}
		file.Scores = append(file.Scores, out)
	}
	text, err := json.MarshalIndent(file, "", "  ")
	return append(text, '\n'), err
}
