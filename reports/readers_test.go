package reports_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// reader counts a document the way one consumer of JUnit does, with its traps.
type reader struct {
	name  string
	merge bool // it does not tell failures from errors
	count func(root *element) (tally, error)
}

var readers = []reader{
	{"GitLab", false, gitlab},
	{"Jenkins", true, jenkins},
	{"dorny/test-reporter", true, dorny},
	{"mikepenz/action-junit-report", true, func(root *element) (tally, error) { return mikepenz(root, false) }},
	{"mikepenz/action-junit-report, checking retries", true, func(root *element) (tally, error) { return mikepenz(root, true) }},
	{"EnricoMi/publish-unit-test-result", false, enricoMi},
	{"Buildkite", true, buildkite},
	{"Azure DevOps", true, azure},
}

// gitlab: of two tests with the same class and name only the first counts, and
// a red one shows the content of its element, never the message.
func gitlab(root *element) (tally, error) {
	var c tally
	seen := map[string]bool{}
	for _, test := range root.all("testcase") {
		key := test.attrs["classname"] + "\x00" + test.attrs["name"]
		if seen[key] {
			continue
		}
		seen[key] = true
		outcome := "passed"
		for _, kind := range []string{"failure", "error", "skipped"} {
			if outcome == "passed" && test.has(kind) {
				outcome = kind
				if e := test.direct(kind)[0]; kind != "skipped" && !strings.HasPrefix(e.text, e.attrs["message"]) {
					return c, fmt.Errorf("%s: the content does not begin with the message", test.attrs["name"])
				}
			}
		}
		c.add(outcome)
	}
	return c, nil
}

// jenkins: a suite without tests is dropped, a test without a name is an
// exception, the class falls back to the suite's name, and one without a dot
// lands in the package (root). What is skipped is not red.
func jenkins(root *element) (tally, error) {
	var c tally
	for _, suite := range append(root.all("testsuite"), root) {
		for _, test := range suite.direct("testcase") {
			name, named := test.attrs["name"]
			if !named {
				return c, fmt.Errorf("NullPointerException: a test of %s has no name", suite.attrs["name"])
			}
			class := test.attrs["classname"]
			if class == "" {
				class = suite.attrs["name"]
			}
			if !strings.Contains(class, ".") {
				return c, fmt.Errorf("%s lands in (root)", name)
			}
			switch {
			case test.has("skipped"):
				c.skipped++
			case test.has("failure") || test.has("error"):
				c.failure++
			default:
				c.passed++
			}
		}
	}
	return c, nil
}

// dorny: a suite or test without a name is a TypeError, suites in suites
// vanish, headers and status are ignored, and a failure wins over skipped.
func dorny(root *element) (tally, error) {
	var c tally
	for _, suite := range root.direct("testsuite") {
		if _, named := suite.attrs["name"]; !named {
			return c, fmt.Errorf("TypeError: a suite has no name")
		}
		for _, test := range suite.direct("testcase") {
			if _, named := test.attrs["name"]; !named {
				return c, fmt.Errorf("TypeError: a test has no name")
			}
			switch {
			case test.has("failure") || test.has("error"):
				c.failure++
			case test.has("skipped"):
				c.skipped++
			default:
				c.passed++
			}
		}
	}
	return c, nil
}

// mikepenz: skipped, also by status, wins over a failure. Checking retries, of
// tests with the same name, class and file a pass hides the failures.
func mikepenz(root *element, retries bool) (tally, error) {
	outcomes, order := map[string]string{}, []string{}
	for i, test := range root.all("testcase") {
		if test.attrs["name"] == "" {
			continue
		}
		outcome := "passed"
		switch {
		case test.has("skipped") || test.attrs["status"] == "disabled" || test.attrs["status"] == "ignored":
			outcome = "skipped"
		case test.has("failure") || test.has("error"):
			outcome = "failure"
		}
		key := fmt.Sprint(i)
		if retries {
			key = test.attrs["name"] + "\x00" + test.attrs["classname"] + "\x00" + test.attrs["file"]
		}
		before, again := outcomes[key]
		if !again {
			order = append(order, key)
		}
		if before != "passed" {
			outcomes[key] = outcome
		}
	}
	var c tally
	for _, key := range order {
		c.add(outcomes[key])
	}
	return c, nil
}

// enricoMi: an error is worse than a failure, that than a pass, and that than
// skipped; totals of the suites' headers are shown beside the tests', so they
// have to agree.
func enricoMi(root *element) (tally, error) {
	var c tally
	header := map[string]int{}
	for _, suite := range root.all("testsuite") {
		for _, name := range []string{"tests", "failures", "errors", "skipped"} {
			var n int
			if _, err := fmt.Sscan(suite.attrs[name], &n); err != nil {
				return c, fmt.Errorf("%s: %s=%q", suite.attrs["name"], name, suite.attrs[name])
			}
			header[name] += n
		}
	}
	for _, test := range root.all("testcase") {
		switch {
		case test.attrs["classname"]+test.attrs["name"] == "":
		case test.has("error"):
			c.err++
		case test.has("failure"):
			c.failure++
		case test.has("skipped"):
			c.skipped++
		default:
			c.passed++
		}
	}
	if header["tests"] != c.total() || header["failures"] != c.failure || header["errors"] != c.err || header["skipped"] != c.skipped {
		return c, fmt.Errorf("the headers say %v, the tests %+v", header, c)
	}
	return c, nil
}

// buildkite: a test needs a class and a name.
func buildkite(root *element) (tally, error) {
	var c tally
	for _, test := range root.all("testcase") {
		switch {
		case test.attrs["classname"] == "" || test.attrs["name"] == "":
		case test.has("failure") || test.has("error"):
			c.failure++
		case test.has("skipped"):
			c.skipped++
		default:
			c.passed++
		}
	}
	return c, nil
}

// azure: a test needs a name.
func azure(root *element) (tally, error) {
	var c tally
	for _, test := range root.all("testcase") {
		switch {
		case test.attrs["name"] == "":
			return c, fmt.Errorf("no name attribute was found")
		case test.has("failure") || test.has("error"):
			c.failure++
		case test.has("skipped"):
			c.skipped++
		default:
			c.passed++
		}
	}
	return c, nil
}

func checkReaders(t *testing.T, run *reports.Run) {
	t.Helper()
	junit, _ := write(t, run)
	root := mustParseXML(t, junit)
	for _, r := range readers {
		want := truth(run)
		if r.merge {
			want = want.red()
		}
		if got, err := r.count(root); err != nil || got != want {
			t.Errorf("%s counts %+v, %v; the truth is %+v", r.name, got, err, want)
		}
	}
}

func TestEveryReaderCountsTheTruth(t *testing.T) {
	for name, run := range map[string]*reports.Run{
		"every verdict":         everything(t),
		"a problem alone":       {Target: "here", Problem: "set SKEWPROOF_TROLLEY_SECRET_KEY"},
		"a problem and a run":   {Target: "here", Problem: "the link went down", Suites: everything(t).Suites},
		"an interrupted run":    {Target: "here", Interrupted: true, Suites: everything(t).Suites},
		"an empty suite":        {Target: "here", Suites: append(runOf(t).Suites, everything(t).Suites[2])},
		"only what is skipped":  runOf(t, withVerdict("trolley", "window/x", harness.Skip)),
		"only a known failure":  runOf(t, withVerdict("trolley", "window/x", harness.KnownFailure)),
		"only a stale one":      runOf(t, withVerdict("trolley", "window/x", harness.Stale)),
		"only an error":         runOf(t, withVerdict("trolley", "window/x", harness.Error)),
		"only an unsure one":    runOf(t, withVerdict("trolley", "window/x", harness.Inconclusive)),
		"one case on two sides": {Suites: []*reports.Suite{{Profile: profile(t, "trolley"), Side: "server", Results: everyVerdict("trolley")}, {Profile: profile(t, "trolley"), Side: "client", Results: everyVerdict("trolley")}}},
	} {
		t.Run(name, func(t *testing.T) { checkReaders(t, run) })
	}
	t.Run("any run", func(t *testing.T) {
		random := rand.New(rand.NewPCG(3, 4))
		for range 20 {
			checkReaders(t, randomRun(t, random))
		}
	})
}

// The readers above are only worth something while they fall for the traps
// that the real ones fall for.
func TestTheReadersFallForTheirTraps(t *testing.T) {
	const suite = `<testsuites><testsuite name="s" tests="1" failures="1" errors="0" skipped="0">%s</testsuite></testsuites>`
	for _, tt := range []struct {
		claim, reader, document string
		want                    tally
		fails                   bool
	}{
		{"a second test of the same class and name is lost", "GitLab", fmt.Sprintf(suite, `<testcase classname="a.b" name="x"/><testcase classname="a.b" name="x"><failure/></testcase>`), tally{passed: 1}, false},
		{"a message alone is not shown", "GitLab", fmt.Sprintf(suite, `<testcase classname="a.b" name="x"><failure message="m"/></testcase>`), tally{}, true},
		{"a test without a name", "Jenkins", fmt.Sprintf(suite, `<testcase classname="a.b"/>`), tally{}, true},
		{"a class without a package", "Jenkins", fmt.Sprintf(suite, `<testcase classname="a" name="x"/>`), tally{}, true},
		{"a test without a class takes the suite's name", "Jenkins", strings.Replace(fmt.Sprintf(suite, `<testcase name="x"/>`), `"s"`, `"s.t"`, 1), tally{passed: 1}, false},
		{"suites in suites vanish", "dorny/test-reporter", fmt.Sprintf(suite, `<testsuite name="t"><testcase name="x"><failure/></testcase></testsuite>`), tally{}, false},
		{"a suite without a name", "dorny/test-reporter", `<testsuites><testsuite/></testsuites>`, tally{}, true},
		{"a test without a name", "dorny/test-reporter", fmt.Sprintf(suite, `<testcase/>`), tally{}, true},
		{"a status is ignored", "dorny/test-reporter", fmt.Sprintf(suite, `<testcase name="x" status="failure"/>`), tally{passed: 1}, false},
		{"a failure wins", "dorny/test-reporter", fmt.Sprintf(suite, `<testcase name="x"><skipped/><failure/></testcase>`), tally{failure: 1}, false},
		{"skipped wins", "mikepenz/action-junit-report", fmt.Sprintf(suite, `<testcase name="x"><skipped/><failure/></testcase>`), tally{skipped: 1}, false},
		{"a status wins", "mikepenz/action-junit-report", fmt.Sprintf(suite, `<testcase name="x" status="disabled"><failure/></testcase>`), tally{skipped: 1}, false},
		{"a pass hides a failure", "mikepenz/action-junit-report, checking retries", fmt.Sprintf(suite, `<testcase name="x"><failure/></testcase><testcase name="x"/><testcase name="x"><failure/></testcase>`), tally{passed: 1}, false},
		{"headers that say otherwise", "EnricoMi/publish-unit-test-result", fmt.Sprintf(suite, `<testcase name="x"/>`), tally{passed: 1}, true},
		{"a test without a class is lost", "Buildkite", fmt.Sprintf(suite, `<testcase name="x"/>`), tally{}, false},
		{"a test without a name is lost", "Buildkite", fmt.Sprintf(suite, `<testcase classname="x"/>`), tally{}, false},
		{"a test without a name", "Azure DevOps", fmt.Sprintf(suite, `<testcase classname="x"/>`), tally{}, true},
	} {
		t.Run(tt.reader+": "+tt.claim, func(t *testing.T) {
			for _, r := range readers {
				if r.name != tt.reader {
					continue
				}
				got, err := r.count(mustParseXML(t, tt.document))
				if (err != nil) != tt.fails || !tt.fails && got != tt.want {
					t.Errorf("%+v, %v; want %+v", got, err, tt.want)
				}
				return
			}
			t.Fatal("no such reader")
		})
	}
}
