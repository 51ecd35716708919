// Package reports turns the results of a run into files and a summary:
// junit.xml for continuous integration, results.json for machines, report.html for
// people, a badge, what GitHub shows of a job, and a table for the terminal.
package reports

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// Run is everything one run found.
type Run struct {
	Target      string // what was tested, without secrets
	Started     time.Time
	Duration    time.Duration
	Suites      []*Suite
	Problem     string            // why the run could not be set up, or what ended it; empty when all went well
	Interrupted bool              // some cases never ran
	Limited     bool              // a budget kept some cases from being sent
	Regressed   bool              // what changed since the baseline makes the run fail
	Redactor    *harness.Redactor // hides secrets in whatever is written; may be nil
	Comparison  *Comparison       // with the baseline; nil without one
	// Repeat gives the command that runs one case again, by its full name and
	// without secrets; nil when there is none.
	Repeat func(name string) string
}

// Suite is what a run found of one vendor, on one side.
type Suite struct {
	Profile *harness.Profile
	Side    string // server or client
	Offset  string // the measured clock offset; empty when the clock was ours
	Notes   []string
	Results []harness.Result
	Shown   map[string]string // variants that setting up found out
}

// Name is vendor.side.
func (s *Suite) Name() string { return s.Profile.Vendor + "." + s.Side }

// Count is how many results have the verdict.
func (s *Suite) Count(v harness.Verdict) int {
	n := 0
	for _, r := range s.Results {
		if r.Verdict == v {
			n++
		}
	}
	return n
}

// Count is how many results of the whole run have the verdict.
func (r *Run) Count(v harness.Verdict) int {
	n := 0
	for _, s := range r.Suites {
		n += s.Count(v)
	}
	return n
}

// Variants sums up what the target showed of each open question: the value that
// is assumed, if all its answers agree with that; else the values they agree
// with; or, when they contradict each other, all that were seen.
func (s *Suite) Variants() map[string]string {
	agreed, seen := map[string][]string{}, map[string][]string{}
	add := func(name string, values []string) {
		if before, ok := agreed[name]; ok {
			agreed[name] = slices.DeleteFunc(slices.Clone(before), func(v string) bool { return !slices.Contains(values, v) })
		} else {
			agreed[name] = slices.Clone(values)
		}
		for _, v := range values {
			if !slices.Contains(seen[name], v) {
				seen[name] = append(seen[name], v)
			}
		}
	}
	for name, value := range s.Shown {
		add(name, []string{value})
	}
	for _, r := range s.Results {
		for _, shown := range r.Shown {
			add(shown.Variant, shown.Values)
		}
	}
	out := map[string]string{}
	for name, values := range agreed {
		if len(values) == 0 {
			values = seen[name]
			sort.Strings(values)
			out[name] = strings.Join(values, " and ")
			continue
		}
		sort.Strings(values)
		out[name] = strings.Join(values, " or ")
		if v := s.Profile.Variants[name]; v != nil && slices.Contains(values, v.Default) {
			out[name] = v.Default
		}
	}
	return out
}
