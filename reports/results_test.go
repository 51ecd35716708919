package reports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

func TestResultsAreTheSameInAnyOrder(t *testing.T) {
	_, want := write(t, everything(t))
	random := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		run := everything(t)
		random.Shuffle(len(run.Suites), func(i, j int) { run.Suites[i], run.Suites[j] = run.Suites[j], run.Suites[i] })
		for _, s := range run.Suites {
			random.Shuffle(len(s.Results), func(i, j int) { s.Results[i], s.Results[j] = s.Results[j], s.Results[i] })
		}
		if _, got := write(t, run); got != want {
			t.Fatalf("shuffled:\n%s\nwant\n%s", got, want)
		}
	}
}

func TestWritingLeavesTheRunAsItIs(t *testing.T) {
	run := everything(t)
	slices.Reverse(run.Suites[0].Results)
	before := fmt.Sprintf("%+v", run.Suites[0].Results)
	first, firstResults := write(t, run)
	summary(t, run)
	second, secondResults := write(t, run)
	if fmt.Sprintf("%+v", run.Suites[0].Results) != before {
		t.Error("the results were sorted in place")
	}
	if first != second || firstResults != secondResults {
		t.Error("written twice, the reports differ")
	}
}

func TestResultsHoldNothingThatDiffersBetweenRuns(t *testing.T) {
	_, want := write(t, everything(t))
	for claim, change := range map[string]func(*reports.Run){
		"the target":         func(r *reports.Run) { r.Target = "http://127.0.0.1:43211" },
		"the start":          func(r *reports.Run) { r.Started = time.Unix(1700000000, 0) },
		"the duration":       func(r *reports.Run) { r.Duration = time.Hour },
		"the clock's offset": func(r *reports.Run) { r.Suites[0].Offset = "[9 s, 10 s]" },
		"a note":             func(r *reports.Run) { r.Suites[0].Notes = []string{"slow today"} },
		"a case's duration":  func(r *reports.Run) { r.Suites[0].Results[0].Duration = time.Minute },
		"the age of a stamp": func(r *reports.Run) { r.Suites[0].Results[0].Age = &harness.AgeRange{Min: 1, Max: 2} },
		"the exchanges": func(r *reports.Run) {
			r.Suites[0].Results[2].Sent = []harness.Exchange{{Method: "GET", ResponseHeader: []string{"Date: today"}}}
		},
		"the stages": func(r *reports.Run) {
			r.Suites[0].Results[2].Stages = []harness.Stage{{Name: "message", Value: "1700000000"}}
		},
		"where a case stands":   func(r *reports.Run) { r.Suites[0].Results[0].Case.File = "/srv/elsewhere/cases.yaml" },
		"what came back":        func(r *reports.Run) { r.Suites[0].Results[2].Findings[0].Got = "id 8f14e45f" },
		"the line of the case":  func(r *reports.Run) { r.Suites[0].Results[0].Case.Line = 99 },
		"why a case is skipped": func(r *reports.Run) { r.Suites[0].Results[7].Reason = "after 12 requests" },
	} {
		run := everything(t)
		change(run)
		if _, got := write(t, run); got != want {
			t.Errorf("%s changes results.json", claim)
		}
	}
}

// A verdict, a finding and a shown value are what a baseline is compared by.
func TestResultsDifferWhenTheServerDoes(t *testing.T) {
	_, before := write(t, everything(t))
	for claim, change := range map[string]func(*reports.Run){
		"a verdict": func(r *reports.Run) {
			r.Suites[0].Results[0].Verdict = harness.Fail
			r.Suites[0].Results[0].Findings = []harness.Finding{finding("new")}
		},
		"a problem":            func(r *reports.Run) { r.Suites[0].Results[2].Findings[0].Problem = "another" },
		"a kind":               func(r *reports.Run) { r.Suites[0].Results[2].Findings[0].Kind = "shape" },
		"a shown value":        func(r *reports.Run) { r.Suites[0].Shown["window-edge"] = "accept" },
		"a vanished case":      func(r *reports.Run) { r.Suites[0].Results = r.Suites[0].Results[1:] },
		"an interruption":      func(r *reports.Run) { r.Interrupted = true },
		"a problem of the run": func(r *reports.Run) { r.Problem = "gone" },
	} {
		run := everything(t)
		change(run)
		if _, got := write(t, run); got == before {
			t.Errorf("%s does not show in results.json", claim)
		}
	}
}

func TestResultsHoldTheseKeysAndNoOthers(t *testing.T) {
	run := everything(t)
	run.Interrupted, run.Problem = true, "the link went down"
	run.Suites[0].Results[0].Case.Steps[0].Skew = offset(t, "+30s")
	run.Suites[0].Results[0].Shown = []harness.Showing{{Variant: "replay", Values: []string{"accept"}}}
	_, results := write(t, run)
	var file any
	if err := json.Unmarshal([]byte(results), &file); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				if at != "suites.verdicts." && at != "suites.variants." && at != "suites.cases.shown." {
					found[at+k] = true
				}
				walk(at+k+".", inner)
			}
		case []any:
			for _, inner := range v {
				walk(at, inner)
			}
		case nil:
			t.Errorf("null at %s", at)
		}
	}
	walk("", file)
	var got []string
	for k := range found {
		got = append(got, k)
	}
	slices.Sort(got)
	want := []string{"interrupted", "problem", "suites", "suites.cases", "suites.cases.findings", "suites.cases.findings.kind",
		"suites.cases.findings.level", "suites.cases.findings.problem", "suites.cases.findings.requirement", "suites.cases.level",
		"suites.cases.name", "suites.cases.requirements", "suites.cases.shown", "suites.cases.skew", "suites.cases.verdict",
		"suites.requirements", "suites.requirements.cases", "suites.requirements.id", "suites.requirements.level", "suites.requirements.ran",
		"suites.requirements.state", "suites.side", "suites.variants", "suites.vendor", "suites.verdicts", "version"}
	if !slices.Equal(got, want) {
		t.Errorf("keys %v\nwant %v", got, want)
	}
}

type resultsOf struct {
	Version     int
	Interrupted bool
	Suites      []struct {
		Vendor, Side string
		Verdicts     map[string]int
		Cases        []struct{ Name, Verdict string }
	}
}

func TestResultsAreSortedAndCounted(t *testing.T) {
	run := everything(t)
	_, results := write(t, run)
	var file resultsOf
	if err := json.Unmarshal([]byte(results), &file); err != nil {
		t.Fatal(err)
	}
	if file.Version != 1 || file.Interrupted || len(file.Suites) != len(run.Suites) {
		t.Fatalf("%+v", file)
	}
	given := map[string]*reports.Suite{}
	for _, s := range run.Suites {
		given[s.Name()] = s
	}
	for i, s := range file.Suites {
		want := []string{"irp.server", "trolley.server", "trolley.client"}[i]
		if s.Vendor+"."+s.Side != want {
			t.Fatalf("suite %d is %s.%s, want %s: they stand by vendor, whatever order they were given in", i, s.Vendor, s.Side, want)
		}
		of := given[want]
		counted, names := map[string]int{}, []string{}
		for _, c := range s.Cases {
			counted[c.Verdict]++
			names = append(names, c.Name)
		}
		if !slices.IsSorted(names) || len(names) != len(of.Results) {
			t.Errorf("cases %v", names)
		}
		for _, v := range verdicts {
			if n := of.Count(v.verdict); n != counted[string(v.verdict)] || n != s.Verdicts[string(v.verdict)] {
				t.Errorf("%s: %d %s, of which %d are listed and %d counted", of.Name(), n, v.verdict, counted[string(v.verdict)], s.Verdicts[string(v.verdict)])
			}
		}
	}
}

func TestResultsAreReadableJSON(t *testing.T) {
	r := result("trolley", "window/x", harness.Fail)
	r.Findings = []harness.Finding{finding(`the body is <html> & "more" at /v1/things?a=1&b=2`)}
	_, results := write(t, runOf(t, r))
	if !strings.Contains(results, `the body is <html> & \"more\" at /v1/things?a=1&b=2`) {
		t.Errorf("escaped as for HTML:\n%s", results)
	}
	var again bytes.Buffer
	if err := json.Indent(&again, []byte(results), "", "  "); err != nil || again.String() != results {
		t.Errorf("not indented by two spaces: %v", err)
	}
	if !strings.HasSuffix(results, "}\n") || strings.Contains(results, "\r") {
		t.Error("does not end in a line feed")
	}
}

func TestResultsOfNothing(t *testing.T) {
	for claim, tt := range map[string]struct {
		run  *reports.Run
		want string
	}{
		"no suites":      {&reports.Run{}, `{"version":1,"suites":[]}`},
		"an empty suite": {runOf(t), `{"version":1,"suites":[{"vendor":"trolley","side":"server","verdicts":{},"variants":{},"requirements":[],"cases":[]}]}`},
	} {
		_, results := write(t, tt.run)
		var got bytes.Buffer
		err := json.Compact(&got, []byte(results))
		compact := strings.TrimSpace(got.String())
		if i := strings.Index(compact, `{"id":`); i >= 0 { // every requirement, and none proven
			rest := compact[i:]
			if strings.Count(rest, `"state":"unproven"`)+strings.Count(rest, `"state":"untested"`) != strings.Count(rest, `"id":`) {
				t.Errorf("%s: a requirement is proven by nothing: %s", claim, rest)
			}
			compact = compact[:i] + rest[strings.Index(rest, "]"):]
		}
		if err != nil || compact != tt.want {
			t.Errorf("%s: %s, %v; want %s", claim, compact, err, tt.want)
		}
	}
}

func TestGoldenResults(t *testing.T) {
	_, results := write(t, everything(t))
	// How many cases cite a requirement is no matter of the form.
	golden(t, "results.json", regexp.MustCompile(`(?s)("requirements": \[\n +\{.*?"ran": \d+\n +\}).*?\n      \]`).ReplaceAllString(results, "$1\n      ]"))
}
