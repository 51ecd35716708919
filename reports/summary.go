package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/skewproof/skewproof/harness"
)

// Summary writes the run as a table, aspect by vendor, with what the target
// showed of the open questions and how far its clock is off.
func (r *Run) Summary(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nskewproof: %s\n", r.Target)
	if r.Problem != "" {
		what := "not run"
		for _, s := range r.Suites {
			if len(s.Results) > 0 {
				what = "problem"
			}
		}
		fmt.Fprintf(&b, "  %s: %s\n", what, r.Problem)
	}
	r.table(&b)
	for _, s := range r.Suites {
		s.details(r, &b)
	}
	r.changes(&b)
	if r.Interrupted {
		b.WriteString("\ninterrupted: the cases that are not listed never ran\n")
	}
	fmt.Fprintf(&b, "\n%s\n", r.totals())
	text := b.String()
	if r.Redactor != nil {
		text = r.Redactor.Text(text)
	}
	_, err := io.WriteString(w, printable(text))
	return err
}

// shownVerdicts are the verdicts in the order a person wants them.
var shownVerdicts = []harness.Verdict{harness.Pass, harness.Fail, harness.Error, harness.Stale, harness.KnownFailure, harness.Observed, harness.Inconclusive, harness.Skip}

func (r *Run) totals() string {
	var parts []string
	for _, v := range shownVerdicts {
		if n := r.Count(v); n > 0 || v == harness.Pass || v == harness.Fail {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *Run) table(b *strings.Builder) {
	cells := r.aspects()
	if len(cells) == 0 {
		return
	}
	t := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprint(t, "\naspect")
	for _, s := range r.Suites {
		fmt.Fprintf(t, "\t%s", s.Name())
	}
	fmt.Fprintln(t)
	for _, a := range sorted(cells) {
		fmt.Fprint(t, a)
		for _, s := range r.Suites {
			fmt.Fprintf(t, "\t%s", cell(cells[a][s]))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// cell is one aspect of one vendor: passes alone as a number, and whatever else
// there was by name.
func cell(counts map[harness.Verdict]int) string {
	var parts []string
	for _, v := range shownVerdicts {
		if n := counts[v]; n > 0 {
			name := string(v)
			if v == harness.Fail || v == harness.Error || v == harness.Stale {
				name = strings.ToUpper(name)
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func (s *Suite) details(run *Run, b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n", s.Name())
	if s.Offset != "" {
		fmt.Fprintf(b, "  clock        server minus ours: %s\n", s.Offset)
	}
	for _, n := range s.Notes {
		fmt.Fprintf(b, "  note         %s\n", n)
	}
	variants := s.Variants()
	for _, name := range sorted(variants) {
		assumed := ""
		if v := s.Profile.Variants[name]; v != nil && variants[name] != v.Default {
			assumed = " (assumed: " + v.Default + ")"
		}
		fmt.Fprintf(b, "  shows        %-20s %s%s\n", name, variants[name], assumed)
	}
	for _, r := range sortedResults(s.Results) {
		switch r.Verdict {
		case harness.Fail, harness.Error, harness.Stale, harness.Inconclusive:
			fmt.Fprintf(b, "  %-12s %s\n", r.Verdict, run.headline(r))
		case harness.Observed:
			if len(r.Findings) > 0 {
				fmt.Fprintf(b, "  %-12s %s\n", r.Verdict, run.headline(r))
			}
		}
	}
	reasons := map[string]int{}
	for _, r := range s.Results {
		if r.Verdict == harness.Skip {
			reasons[r.Reason]++
		}
	}
	for _, reason := range sorted(reasons) {
		fmt.Fprintf(b, "  skipped      %d: %s\n", reasons[reason], reason)
	}
	s.coverage(b)
}
