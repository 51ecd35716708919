package reports

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// outcome is what a run comes to in a few words, and in the colour that a badge
// has for it.
type outcome struct{ message, color string }

// The colours of badges. Any shade of green says that the target conforms.
const (
	allGreen   = "brightgreen" // every case
	mostGreen  = "green"       // every case that came to a verdict
	yellow     = "yellow"      // but for what is known to fail
	orange     = "orange"      // nobody can tell: something did not run
	red        = "red"
	uncoloured = "lightgrey" // nothing was shown, good or bad
)

// outcome sums the whole run up.
func (r *Run) outcome() outcome {
	o := r.outcomeOf(r.Suites...)
	switch {
	case r.Regressed && (o.color == red || o.color == orange):
		return outcome{o.message + ", changed since the baseline", red}
	case r.Regressed:
		return outcome{"changed since the baseline", red}
	}
	return o
}

// outcomeOf sums up some suites of the run. It is green only where a case
// passed, none failed or went wrong, and every one that was to run did.
func (r *Run) outcomeOf(suites ...*Suite) outcome {
	count := map[harness.Verdict]int{}
	all := 0
	for _, s := range suites {
		for _, res := range s.Results {
			count[res.Verdict]++
			all++
		}
	}
	var bad []string
	for _, v := range []harness.Verdict{harness.Fail, harness.Stale, harness.Error} {
		if count[v] > 0 {
			bad = append(bad, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	switch {
	case r.Interrupted:
		bad = append(bad, "interrupted after "+many(all, "case", "cases"))
	case r.Problem != "" && all == 0:
		bad = append(bad, "not run")
	case r.Problem != "":
		bad = append(bad, "a problem")
	case r.Limited:
		bad = append(bad, "ended by a budget")
	}
	conform := count[harness.Pass] + count[harness.Observed]
	text := fmt.Sprintf("conforms · %d of %d", conform, all)
	switch {
	case count[harness.Fail] > 0 || count[harness.Stale] > 0:
		return outcome{strings.Join(bad, ", "), red}
	case len(bad) > 0:
		return outcome{strings.Join(bad, ", "), orange}
	case count[harness.KnownFailure] > 0:
		return outcome{fmt.Sprintf("%s, %d known to fail", text, count[harness.KnownFailure]), yellow}
	case count[harness.Pass] == 0:
		return outcome{"nothing proven", uncoloured}
	case conform < all:
		return outcome{text, mostGreen}
	}
	return outcome{text, allGreen}
}

// badge renders the outcome in the form that shields.io reads from an endpoint.
func (r *Run) badge() ([]byte, error) {
	o := r.outcome()
	text, err := json.MarshalIndent(struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
	}{1, "skewproof", o.message, o.color}, "", "  ")
	return append(text, '\n'), err
}
