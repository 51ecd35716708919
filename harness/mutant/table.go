package mutant

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/skewproof/skewproof/harness"
)

// Table writes the scores as a table, one row for each vendor and side. Below it
// are the survivors, and why those cannot be caught that are equivalent.
func Table(w io.Writer, scores []Score, profiles []*harness.Profile) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "vendor\tside\tmutants\tequivalent\tkilled\tscore\tcases\tidle")
	for _, s := range scores {
		all, equivalent, killed := s.Count()
		cases, idle := s.idleIn(profiles)
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%.1f %%\t%d\t%d\n", s.Vendor, s.Side, all, equivalent, killed, percent(killed, all-equivalent), cases, len(idle))
	}
	_ = t.Flush() // into memory
	for _, s := range scores {
		for _, f := range s.Survivors() {
			fmt.Fprintf(&b, "survives: %s.%s %s: %s; it breaks %s\n", s.Vendor, s.Side, f.ID, f.Says, strings.Join(f.Rules, " "))
		}
	}
	for _, s := range scores {
		for _, f := range s.Fates {
			if f.Equivalent != "" {
				fmt.Fprintf(&b, "equivalent: %s.%s %s: %s\n", s.Vendor, s.Side, f.ID, f.Equivalent)
			}
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
		Cases      int            `json:"cases"`
		Fates      []matrixMutant `json:"fates"`
		Idle       []string       `json:"idle_cases"`
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
// and the idle cases.
func Matrix(scores []Score, profiles []*harness.Profile) ([]byte, error) {
	file := matrixFile{Version: 1}
	for _, s := range scores {
		out := matrixScore{Vendor: s.Vendor, Side: s.Side}
		out.Mutants, out.Equivalent, out.Killed = s.Count()
		for _, f := range s.Fates {
			out.Fates = append(out.Fates, matrixMutant{f.ID, f.Says, f.Rules, f.Catalogue, f.Equivalent, append([]string{}, f.Killed...)})
		}
		cases, idle := s.idleIn(profiles)
		out.Cases, out.Idle = cases, append([]string{}, idle...)
		file.Scores = append(file.Scores, out)
	}
	text, err := json.MarshalIndent(file, "", "  ")
	return append(text, '\n'), err
}
