package reports_test

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// badge is what shields.io reads. It refuses a file with any other key.
type badge struct {
	SchemaVersion int
	Label         string
	Message       string
	Color         string
}

func badgeOf(t *testing.T, run *reports.Run) badge {
	t.Helper()
	dir := t.TempDir()
	if err := run.Write(dir); err != nil {
		t.Fatal(err)
	}
	text := read(t, filepath.Join(dir, "badge.json"))
	var b badge
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		t.Fatalf("badge.json: %v\n%s", err, text)
	}
	for _, key := range []string{`"schemaVersion": 1`, `"label": "skewproof"`} {
		if !strings.Contains(text, key) {
			t.Errorf("badge.json does not have %s:\n%s", key, text)
		}
	}
	return b
}

func several(t *testing.T, verdicts ...harness.Verdict) *reports.Run {
	run := runOf(t)
	for i, v := range verdicts {
		run.Suites[0].Results = append(run.Suites[0].Results, withVerdict("trolley", "window/x"+string(rune('a'+i)), v))
	}
	return run
}

func TestBadge(t *testing.T) {
	const pass = harness.Pass
	ended := func(change func(*reports.Run), verdicts ...harness.Verdict) *reports.Run {
		run := several(t, verdicts...)
		change(run)
		return run
	}
	interrupted := func(r *reports.Run) { r.Interrupted, r.Problem = true, "the run was interrupted" }
	for _, tt := range []struct {
		claim, message, color string
		run                   *reports.Run
	}{
		{"every case", "conforms · 2 of 2", "brightgreen", several(t, pass, pass)},
		{"an open question besides", "conforms · 2 of 2", "brightgreen", several(t, pass, harness.Observed)},
		{"one skipped", "conforms · 1 of 2", "green", several(t, pass, harness.Skip)},
		{"one unsure", "conforms · 1 of 2", "green", several(t, pass, harness.Inconclusive)},
		{"one known to fail", "conforms · 1 of 2, 1 known to fail", "yellow", several(t, pass, harness.KnownFailure)},
		{"a failure", "1 fail", "red", several(t, pass, harness.Fail)},
		{"failures and errors", "2 fail, 1 stale, 1 error", "red", several(t, harness.Fail, harness.Error, harness.Stale, harness.Fail, pass)},
		{"an error", "1 error", "orange", several(t, pass, pass, harness.Error)},
		{"a stale entry", "1 stale", "red", several(t, pass, harness.Stale)},
		{"only unproven", "nothing proven", "lightgrey", several(t, harness.Skip, harness.Inconclusive)},
		{"only open questions", "nothing proven", "lightgrey", several(t, harness.Observed)},
		{"no case", "nothing proven", "lightgrey", runOf(t)},
		{"interrupted", "interrupted after 2 cases", "orange", ended(interrupted, pass, pass)},
		{"interrupted at once", "interrupted after 0 cases", "orange", ended(interrupted)},
		{"interrupted after a failure", "1 fail, interrupted after 1 case", "red", ended(interrupted, harness.Fail)},
		{"not set up", "not run", "orange", &reports.Run{Problem: "unknown vendor"}},
		{"a problem after all", "a problem", "orange", ended(func(r *reports.Run) { r.Problem = "known.txt:2: no case" }, pass)},
		{"a regression", "changed since the baseline", "red", ended(func(r *reports.Run) { r.Regressed = true }, pass)},
		{"a regression besides", "1 fail, changed since the baseline", "red", ended(func(r *reports.Run) { r.Regressed = true }, harness.Fail)},
		{"a budget", "ended by a budget", "orange", ended(func(r *reports.Run) { r.Limited = true }, pass, harness.Skip)},
	} {
		if got := badgeOf(t, tt.run); got != (badge{1, "skewproof", tt.message, tt.color}) {
			t.Errorf("%s: %+v; want %q in %s", tt.claim, got, tt.message, tt.color)
		}
	}
}

// Whatever a run comes to, green is never shown for one that is not right.
func TestGreenIsEarned(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	greens := 0
	for range 2000 {
		run := several(t)
		for range random.IntN(4) {
			v := verdicts[random.IntN(len(verdicts))].verdict
			if random.IntN(2) == 0 {
				v = harness.Pass
			}
			run.Suites[0].Results = append(run.Suites[0].Results, withVerdict("trolley", "window/x", v))
		}
		run.Interrupted, run.Limited, run.Regressed = random.IntN(5) == 0, random.IntN(5) == 0, random.IntN(5) == 0
		if random.IntN(5) == 0 {
			run.Problem = "the link went down"
		}
		o := run.BadgeOutcome()
		green := strings.Contains(o.Color, "green")
		wrong := run.Count(harness.Fail)+run.Count(harness.Error)+run.Count(harness.Stale)+run.Count(harness.KnownFailure) > 0
		right := run.Count(harness.Pass) > 0 && !wrong && !run.Interrupted && !run.Limited && !run.Regressed && run.Problem == ""
		if green != right {
			t.Fatalf("%+v for %v, interrupted %v, limited %v, problem %q", o, run.Suites[0].Results, run.Interrupted, run.Limited, run.Problem)
		}
		if green {
			greens++
		}
	}
	if greens < 100 {
		t.Errorf("only %d of the runs were green", greens)
	}
}

// The colours are some that shields.io has names for.
func TestBadgeColorsHaveNames(t *testing.T) {
	named := []string{"brightgreen", "green", "yellowgreen", "yellow", "orange", "red", "blue", "grey", "lightgrey"}
	random := rand.New(rand.NewPCG(11, 12))
	for range 10 {
		if b := badgeOf(t, randomRun(t, random)); !slices.Contains(named, b.Color) || b.Message == "" {
			t.Fatalf("%+v", b)
		}
	}
}
