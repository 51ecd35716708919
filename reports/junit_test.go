package reports_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

func TestJUnitGivesEachVerdictItsElement(t *testing.T) {
	tests := []struct {
		verdict                harness.Verdict
		element, kind, message string
	}{
		{harness.Pass, "", "", ""},
		{harness.Observed, "", "", ""},
		{harness.Fail, "failure", "status", "trolley/window/x: DEMO-001 MUST: a stale stamp was accepted"},
		{harness.Stale, "failure", "stale-known-failure", "trolley/window/x: stale: it is listed as failing (known.txt:3) and does not fail; remove the line"},
		{harness.Error, "error", "harness", "trolley/window/x: error: connection refused"},
		{harness.KnownFailure, "skipped", "", "KNOWN FAILURE trolley/window/x: DEMO-001 MUST: a stale stamp was accepted"},
		{harness.Inconclusive, "skipped", "", "INCONCLUSIVE trolley/window/x: inconclusive: the stamp was judged at an age that spans an edge of the window"},
		{harness.Skip, "skipped", "", "trolley/window/x: skip: needs a clock we own; the target keeps its own"},
	}
	if len(tests) != len(verdicts) {
		t.Fatalf("%d verdicts of %d", len(tests), len(verdicts))
	}
	for _, tt := range tests {
		t.Run(string(tt.verdict), func(t *testing.T) {
			junit, _ := write(t, runOf(t, withVerdict("trolley", "window/x", tt.verdict)))
			cases := mustParseXML(t, junit).all("testcase")
			if len(cases) != 1 {
				t.Fatalf("%d test cases", len(cases))
			}
			c := cases[0]
			for _, name := range []string{"failure", "error", "skipped"} {
				want := 0
				if name == tt.element {
					want = 1
				}
				if got := len(c.direct(name)); got != want {
					t.Errorf("%d of <%s>, want %d", got, name, want)
				}
			}
			if got, _ := c.property("verdict"); got != string(tt.verdict) || c.attrs["status"] != got {
				t.Errorf("the property verdict is %q, the status %q", got, c.attrs["status"])
			}
			if tt.element == "" {
				return
			}
			e := c.direct(tt.element)[0]
			if e.attrs["message"] != tt.message || e.attrs["type"] != tt.kind {
				t.Errorf("message %q, type %q; want %q, %q", e.attrs["message"], e.attrs["type"], tt.message, tt.kind)
			}
			if first, _, _ := strings.Cut(e.text, "\n"); tt.element != "skipped" && first != tt.message {
				t.Errorf("the body begins %q, not with the message", first)
			}
		})
	}
}

func TestTheBodyOfAFailureExplainsIt(t *testing.T) {
	r := withVerdict("trolley", "window/x", harness.Fail)
	run := runOf(t, r)
	junit, _ := write(t, run)
	if got, want := mustParseXML(t, junit).all("failure")[0].text, reports.Explain(run.Suites[0].Profile, r); got != want {
		t.Errorf("body:\n%s\nwant\n%s", got, want)
	}
}

// checkHeaders holds the counts in the headers against the elements and those
// against the truth.
func checkHeaders(t *testing.T, run *reports.Run, root *element) {
	t.Helper()
	if root.name != "testsuites" {
		t.Fatalf("the root is <%s>", root.name)
	}
	for _, c := range root.children {
		if c.name != "testsuite" || c.has("testsuite") {
			t.Errorf("<%s> under the root, or a suite in a suite", c.name)
		}
	}
	if len(root.all("testcase")) != truth(run).total() {
		t.Errorf("%d test cases, want %d", len(root.all("testcase")), truth(run).total())
	}
	same := func(e *element, cases []*element, want tally) {
		t.Helper()
		var counted tally
		for _, c := range cases {
			n := len(c.direct("failure")) + len(c.direct("error")) + len(c.direct("skipped"))
			switch {
			case n > 1:
				t.Errorf("%s has %d outcomes", c.attrs["name"], n)
			case n == 0:
				counted.passed++
			case c.has("failure"):
				counted.failure++
			case c.has("error"):
				counted.err++
			default:
				counted.skipped++
			}
		}
		if counted != want {
			t.Errorf("%s: the elements say %+v, the truth is %+v", e.attrs["name"], counted, want)
		}
		header := fmt.Sprintf("%s %s %s %s", e.attrs["tests"], e.attrs["failures"], e.attrs["errors"], e.attrs["skipped"])
		if want := fmt.Sprintf("%d %d %d %d", want.total(), want.failure, want.err, want.skipped); header != want {
			t.Errorf("%s: the header says %s, the truth is %s", e.attrs["name"], header, want)
		}
	}
	same(root, root.all("testcase"), truth(run))
	suites := root.direct("testsuite")
	for i, s := range run.Suites {
		same(suites[i], suites[i].direct("testcase"), truthOf(s))
	}
	if run.Problem != "" {
		last := suites[len(suites)-1]
		same(last, last.direct("testcase"), tally{err: 1})
	}
}

func TestHeadersElementsAndTruthAgree(t *testing.T) {
	tests := map[string]*reports.Run{
		"nothing":              {Target: "here"},
		"an empty suite":       runOf(t),
		"every verdict":        everything(t),
		"a problem alone":      {Target: "here", Problem: "set SKEWPROOF_TROLLEY_SECRET_KEY"},
		"a problem and a run":  {Target: "here", Problem: "the link went down", Suites: everything(t).Suites},
		"an interrupted run":   {Target: "here", Interrupted: true, Suites: everything(t).Suites[:1]},
		"a problem in a suite": {Target: "here", Problem: "gone", Suites: runOf(t).Suites},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			junit, _ := write(t, run)
			checkHeaders(t, run, mustParseXML(t, junit))
		})
	}
	t.Run("any run", func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			run := randomRun(t, random)
			junit, _ := write(t, run)
			checkHeaders(t, run, mustParseXML(t, junit))
		}
	})
}

func TestNamesAreAlwaysThereAndUnique(t *testing.T) {
	run := everything(t)
	run.Problem = "the link went down"
	junit, _ := write(t, run)
	root := mustParseXML(t, junit)
	suites, cases := map[string]bool{}, map[string]bool{}
	for _, s := range root.direct("testsuite") {
		name := s.attrs["name"]
		if name == "" || suites[name] || s.attrs["id"] != name || s.attrs["package"] != "skewproof."+name {
			t.Errorf("suite %v", s.attrs)
		}
		suites[name] = true
		for _, c := range s.direct("testcase") {
			key := c.attrs["classname"] + "\x00" + c.attrs["name"]
			if c.attrs["name"] == "" || c.attrs["classname"] == "" || cases[key] {
				t.Errorf("test case %v", c.attrs)
			}
			cases[key] = true
			if !strings.HasPrefix(c.attrs["classname"], "skewproof."+name) {
				t.Errorf("the class %s does not name the suite %s", c.attrs["classname"], name)
			}
		}
	}
	for _, name := range []string{"trolley.server", "trolley.client", "irp.server", "setup"} {
		if !suites[name] {
			t.Errorf("no suite %s", name)
		}
	}
	if len(cases) != truth(run).total() {
		t.Errorf("%d names, want %d", len(cases), truth(run).total())
	}
}

func TestNamesDoNotDependOnTheRun(t *testing.T) {
	names := func(run *reports.Run) string {
		junit, _ := write(t, run)
		var out []string
		for _, c := range mustParseXML(t, junit).all("testcase") {
			out = append(out, c.attrs["classname"]+" "+c.attrs["name"])
		}
		return strings.Join(out, "\n")
	}
	first := runOf(t, withVerdict("trolley", "window/b", harness.Fail), withVerdict("trolley", "order/a", harness.Pass))
	second := runOf(t, withVerdict("trolley", "order/a", harness.Skip), withVerdict("trolley", "window/b", harness.Stale))
	second.Target, second.Started = "elsewhere", time.Unix(0, 0)
	if a, b := names(first), names(second); a != b || a != "skewproof.trolley.server.order trolley/order/a\nskewproof.trolley.server.window trolley/window/b" {
		t.Errorf("%s\nand\n%s", a, b)
	}
}

func TestTimesAreSecondsAndUTC(t *testing.T) {
	junit, _ := write(t, everything(t))
	root := mustParseXML(t, junit)
	if root.attrs["time"] != "2.000000" || root.attrs["name"] != "skewproof" {
		t.Errorf("root %v", root.attrs)
	}
	for _, s := range append(root.direct("testsuite"), root) {
		if s.attrs["timestamp"] != "2024-02-29T22:59:58Z" {
			t.Errorf("%s: timestamp %s", s.attrs["name"], s.attrs["timestamp"])
		}
	}
	for _, s := range root.direct("testsuite") {
		if want := fmt.Sprintf("%.6f", 0.0015*float64(len(s.direct("testcase")))); s.attrs["time"] != want {
			t.Errorf("%s took %s, want %s", s.attrs["name"], s.attrs["time"], want)
		}
		for _, c := range s.direct("testcase") {
			if c.attrs["time"] != "0.001500" {
				t.Errorf("%s took %s", c.attrs["name"], c.attrs["time"])
			}
		}
	}
}

func TestPropertiesOfASuite(t *testing.T) {
	run := everything(t)
	run.Interrupted = true
	run.Suites[0].Results[0].Shown = []harness.Showing{{Variant: "replay", Values: []string{"refuse"}}}
	junit, _ := write(t, run)
	suites := mustParseXML(t, junit).direct("testsuite")
	for i, want := range []map[string]string{
		{"target": "https://sandbox.example.com", "clock-offset": "[-0.2 s, 0.4 s]", "note": "the clock has steps of 1 s", "interrupted": "true", "inconclusive": "1", "variant.window-edge": "reject", "variant.replay": "refuse"},
		{"target": "https://sandbox.example.com", "interrupted": "true", "inconclusive": "1"},
		{"target": "https://sandbox.example.com", "interrupted": "true", "inconclusive": "1"},
	} {
		got := map[string]string{}
		for _, p := range suites[i].direct("properties")[0].direct("property") {
			got[p.attrs["name"]] = p.attrs["value"]
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s:\n got %v\nwant %v", suites[i].attrs["name"], got, want)
		}
	}
	junit, _ = write(t, everything(t))
	if strings.Contains(junit, "interrupted") {
		t.Error("a run that came to its end is called interrupted")
	}
}

func TestPropertiesOfACase(t *testing.T) {
	full := result("trolley", "window/x", harness.Observed)
	full.Case.Rules = []string{"DEMO-001", "DEMO-002"}
	full.Case.Steps = []harness.Step{{}, {Skew: offset(t, "-window-1s")}}
	full.Findings = []harness.Finding{finding("it accepts\twhat it need not"), finding("more")}
	full.Shown = []harness.Showing{{Variant: "b", Values: []string{"one"}}, {Variant: "a", Values: []string{"two", "three"}}, {Variant: "b", Values: []string{"last"}}}
	bare := result("trolley", "window/y", harness.Pass)
	bare.Case.Rules, bare.Case.Level = nil, ""
	junit, _ := write(t, runOf(t, full, bare))
	cases := mustParseXML(t, junit).all("testcase")
	for i, want := range []string{
		"requirement=DEMO-001 DEMO-002|level=MUST|skew=-window-1s|verdict=observed|variant.a=two or three|variant.b=last|observed=it accepts\twhat it need not",
		"verdict=pass",
	} {
		var got []string
		for _, p := range cases[i].direct("properties")[0].direct("property") {
			got = append(got, p.attrs["name"]+"="+p.attrs["value"])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
		}
	}
}

func TestACaseSaysWhereItIsWritten(t *testing.T) {
	written, unwritten := result("trolley", "window/x", harness.Pass), result("trolley", "window/y", harness.Pass)
	unwritten.Case.File, unwritten.Case.Line = "", 0
	junit, _ := write(t, runOf(t, written, unwritten))
	cases := mustParseXML(t, junit).all("testcase")
	if cases[0].attrs["file"] != "demo/cases.yaml" || cases[0].attrs["line"] != "7" {
		t.Errorf("%v", cases[0].attrs)
	}
	for _, name := range []string{"file", "line"} {
		if v, there := cases[1].attrs[name]; there {
			t.Errorf("%s=%q of a case that is written nowhere", name, v)
		}
	}
}

func TestEveryLoadedCaseIsPlacedUnderTheModule(t *testing.T) {
	p := profile(t, "trolley")
	var results []harness.Result
	for _, c := range p.Cases {
		results = append(results, harness.Result{Case: c, Verdict: harness.Pass})
	}
	run := &reports.Run{Suites: []*reports.Suite{{Profile: p, Side: "server", Results: results}}}
	junit, _ := write(t, run)
	root := mustParseXML(t, junit)
	checkHeaders(t, run, root)
	names := map[string]bool{}
	for _, c := range root.all("testcase") {
		file, line := c.attrs["file"], c.attrs["line"]
		if n, err := strconv.Atoi(line); err != nil || n < 1 || path.Clean(file) != file || !strings.HasPrefix(file, "vectors/") {
			t.Errorf("%s is at %s:%s", c.attrs["name"], file, line)
		}
		if names[c.attrs["name"]] {
			t.Errorf("%s stands twice", c.attrs["name"])
		}
		names[c.attrs["name"]] = true
	}
}

func TestARunThatWasNotSetUpIsOneError(t *testing.T) {
	const problem = "credentials: set SKEWPROOF_TROLLEY_SECRET_KEY"
	for _, run := range []*reports.Run{
		{Target: "here", Problem: problem},
		{Target: "here", Problem: problem, Suites: []*reports.Suite{{Profile: profile(t, "trolley"), Side: "server"}}},
	} {
		junit, results := write(t, run)
		cases := mustParseXML(t, junit).all("testcase")
		if len(cases) != 1 {
			t.Fatalf("%d test cases", len(cases))
		}
		c := cases[0]
		if c.attrs["name"] != "setup" || c.attrs["classname"] != "skewproof.setup" || len(c.direct("error")) != 1 {
			t.Errorf("%v", c.attrs)
		}
		if e := c.direct("error")[0]; e.attrs["message"] != problem || e.text != problem || e.attrs["type"] != "setup" {
			t.Errorf("error %v: %s", e.attrs, e.text)
		}
		if !strings.Contains(results, `"problem": "`+problem+`"`) {
			t.Errorf("results.json does not say so:\n%s", results)
		}
		if s := summary(t, run); !strings.Contains(s, "not run: "+problem) {
			t.Errorf("the summary does not say so:\n%s", s)
		}
	}
}

func TestGoldenJUnit(t *testing.T) {
	junit, _ := write(t, everything(t))
	golden(t, "junit.xml", junit)
}
