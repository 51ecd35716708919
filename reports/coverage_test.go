package reports_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// A requirement is as good as the verdicts of the cases that cite it.
func TestWhatARunShowsOfARequirement(t *testing.T) {
	p := profile(t, "trolley")
	i := slices.IndexFunc(p.Requirements, func(r *harness.Requirement) bool {
		return r.Level == harness.Must && len(p.Citing(r.ID, "server")) > 1
	})
	req := p.Requirements[i]
	cases := p.Citing(req.ID, "server")
	broken := []harness.Finding{{Rule: req.ID, Level: harness.Must, Kind: "status", Problem: "wrong"}}
	other := []harness.Finding{{Rule: "DEMO-001", Level: harness.Must, Kind: "status", Problem: "wrong"}}
	give := func(v harness.Verdict, found ...harness.Finding) harness.Result {
		return harness.Result{Verdict: v, Findings: found, Case: cases[0]}
	}
	for _, tt := range []struct {
		claim   string
		results []harness.Result
		want    reports.State
		ran     int
		said    bool
	}{
		{"no case selected", nil, reports.Unproven, 0, false},
		{"skipped", []harness.Result{give(harness.Skip)}, reports.Unproven, 0, true},
		{"inconclusive", []harness.Result{give(harness.Inconclusive)}, reports.Unproven, 0, true},
		{"an error", []harness.Result{give(harness.Error)}, reports.Unproven, 0, true},
		{"passed", []harness.Result{give(harness.Pass)}, reports.Proven, 1, false},
		{"passed and skipped", []harness.Result{give(harness.Pass), {Verdict: harness.Skip, Case: cases[1]}}, reports.Proven, 1, false},
		{"broken", []harness.Result{give(harness.Fail, broken...)}, reports.Failed, 1, false},
		{"broken, as is known", []harness.Result{give(harness.KnownFailure, broken...)}, reports.Failed, 1, false},
		{"broken once", []harness.Result{{Verdict: harness.Pass, Case: cases[1]}, give(harness.Fail, broken...)}, reports.Failed, 2, false},
		{"another one broken", []harness.Result{give(harness.Fail, other...)}, reports.Proven, 1, false},
		{"broken where it fails nobody", []harness.Result{give(harness.Observed, broken...)}, reports.Noted, 1, false},
	} {
		run := runOf(t, tt.results...)
		all := run.Suites[0].Coverage()
		got := all[slices.IndexFunc(all, func(c reports.Coverage) bool { return c.Requirement == req })]
		if got.State != tt.want || got.Ran != tt.ran || got.Cases != len(cases) {
			t.Errorf("%s: %+v; want %s of %d cases, %d ran", tt.claim, got, tt.want, len(cases), tt.ran)
		}
		if said := strings.Contains(summary(t, run), "unproven     "+req.ID+" "); said != tt.said {
			t.Errorf("%s: the summary names it: %v, want %v", tt.claim, said, tt.said)
		}
	}
}

// What no case cites says why, and is no gap of the run.
func TestARequirementThatCannotBeTested(t *testing.T) {
	for _, c := range runOf(t).Suites[0].Coverage() {
		if (c.State == reports.Untested) != (c.Requirement.Untested != "") || (c.State == reports.Untested) != (c.Cases == 0) {
			t.Errorf("%s: %s, with %d cases, and says %q", c.Requirement.ID, c.State, c.Cases, c.Requirement.Untested)
		}
	}
}
