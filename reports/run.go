// Package reports turns the results of a run into files and a summary:
// junit.xml for continuous integration, results.json for machines, and a table
// for the terminal.
package reports

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	Problem     string            // why the run could not be set up; empty when it could
	Interrupted bool              // some cases never ran
	Redactor    *harness.Redactor // hides secrets in whatever is written; may be nil
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

// Write writes every report into the directory, which it makes. A report is
// written beside its place and then moved there, so that no reader ever sees
// half of one.
func (r *Run) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the reports directory: %w", err)
	}
	junit, err := r.junit()
	if err != nil {
		return fmt.Errorf("render junit.xml: %w", err)
	}
	results, err := r.results()
	if err != nil {
		return fmt.Errorf("render results.json: %w", err)
	}
	return errors.Join(r.file(dir, "junit.xml", junit), r.file(dir, "results.json", results))
}

func (r *Run) file(dir, name string, content []byte) error {
	f, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // fails once the file has been moved
	_, err = bytes.NewReader(content).WriteTo(f)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
