package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// The reports of runs, as they are: conforming, failing, with known failures,
// with errors, cut short and not set up at all.
func TestReadersFindTheTruthOfRuns(t *testing.T) {
	t.Parallel()
	needReaders(t)
	server := peer(t, "-broken", "trolley/body-ascii,trolley/secret-echo,irp/skew-code,spreetail/token-short-lived")
	live := []string{"-vendor", "irp,spreetail,trolley", "-target", server, "-unsafe"}

	failing := suite(t, credentials, live...)
	// Of these, the first is listed and fails, the second is not listed and fails,
	// and the third is listed and does not fail: it is stale.
	few := []string{"", "", ""}
	for _, s := range failing.suites {
		for _, c := range s.Cases {
			switch {
			case s.Vendor == "irp" && c.Verdict == "fail":
				few[0], few[1] = few[1], c.Name
			case s.Vendor == "irp" && c.Verdict == "pass":
				few[2] = c.Name
			}
		}
	}
	list := filepath.Join(t.TempDir(), "known.txt")
	if err := os.WriteFile(list, []byte(few[0]+"\n"+few[2]+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	known := append(slices.Clone(live), "-known-failing", list, "-case", few[0], "-case", few[1], "-case", few[2])

	runs := map[string]struct {
		result
		exit     int
		verdicts []string // that have to be among its verdicts
	}{
		"a run that conforms":     {suite(t, nil), 0, []string{"pass"}},
		"a run that fails":        {failing, 1, []string{"pass", "fail", "skip", "observed"}},
		"a run with known ones":   {suite(t, credentials, known...), 1, []string{"fail", "known-failure", "stale"}},
		"a run with errors":       {suite(t, nil, "-vendor", "trolley", "-case", caseBefore, "-case", caseBroken, "-client", quoted(built(t, "broken"))+" -in "+quoted(caseBroken)+" exit-in-call"), 3, []string{"error"}},
		"a run cut short":         {suite(t, credentials, "-vendor", "trolley", "-target", peer(t), "-max-requests", "20"), 2, []string{"pass", "skip"}},
		"a run that never set up": {suite(t, nil, "-vendor", "trolley", "-target", server), 2, nil},
	}
	folders := map[string]string{}
	for name, run := range runs {
		folders[name] = run.reports
		if run.exit != run.result.exit {
			t.Errorf("%s: exit %d, want %d\n%s", name, run.result.exit, run.exit, tail(run.output))
		}
		for _, verdict := range run.verdicts {
			if run.count(verdict) == 0 {
				t.Errorf("%s: nothing in it is %s", name, verdict)
			}
		}
		tests := written(t, run.reports)
		if len(tests) == 0 {
			t.Errorf("%s: no tests", name)
		}
		// Two tests of one name would be one test to GitLab, and a test and its
		// repetition to others.
		seen := map[string]bool{}
		for _, test := range tests {
			key := test.Classname + " " + test.Name
			if seen[key] {
				t.Errorf("%s: %s is in it twice", name, key)
			}
			seen[key] = true
			if test.Suite != "setup" && (!strings.HasPrefix(test.File, "vectors/") || test.Line == "" || !strings.HasPrefix(test.Classname, "skewproof."+test.Suite+".")) {
				t.Errorf("%s: %s is in class %q of %q, line %q", name, test.Name, test.Classname, test.File, test.Line)
			}
		}
	}
	checkRead(t, folders)
}

// spoilingTexts are texts that a server may answer to spoil the report.
var spoilingTexts = map[string]string{
	"control characters":     "\x00\x01\x07\x08\x0b\x0c\x0e\x1b\x1f\x7f\u0080\u0085",
	"ANSI colours":           "\x1b[31mred\x1b[0m \x1b]0;title\x07",
	"the end of CDATA":       "a]]>b]]]]>><![CDATA[c]]>",
	"the end of the element": `"/></failure></testcase><testcase name="forged" classname="a.b"/>`,
	"quotes":                 `{"a": "b'c"}` + "`d`",
	"entities":               "&amp;&lt;&#0;&#x1b;&bogus; & <",
	"a document":             `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`,
	"a comment":              "<!-- a -- b --->",
	"invalid UTF-8":          "a\xff\xfe\x80\xc3(\xe2\x82b\xed\xa0\x80",
	"no characters":          "a\uFFFEb\uFFFFc\uFEFF",
	"line ends":              "a\r\nb\rc\nd\u2028e\n\n\t f",
	"beyond the BMP":         "😀\U0001FFFE\U0010FFFF",
	"names of objects":       "__proto__ constructor prototype hasOwnProperty",
	"what others look for":   "[[ATTACHMENT|/etc/passwd]] [[PROPERTY|verdict=pass]] ##vso[task.complete] ::error::x",
	"128 kB of letters":      strings.Repeat("abcdefgh", 1<<14),
	"128 kB of ampersands":   strings.Repeat("&", 1<<17),
	"128 kB of quotes":       strings.Repeat(`"`, 1<<17),
	"128 kB of lines":        strings.Repeat("a\n", 1<<16),
	"128 kB of emoji":        "a" + strings.Repeat("😀", 1<<15),
	"128 kB of CDATA's end":  strings.Repeat("]]>", 1<<15),
	"nothing":                "",
}

var everyVerdict = []harness.Verdict{harness.Pass, harness.Observed, harness.Fail, harness.Stale,
	harness.Error, harness.KnownFailure, harness.Inconclusive, harness.Skip}

// spoiled is a run with the text wherever what a server says can end up, and
// with every name several times, with another verdict each time. A large text is
// in fewer places: one is enough to see it cut.
func spoiled(t *testing.T, text string) *reports.Run {
	t.Helper()
	profiles, err := harness.Load([]string{"irp"})
	if err != nil {
		t.Fatal(err)
	}
	short, rounds := text, 2
	if len(text) > 1<<10 {
		short, rounds = "a short text", 1
	}
	run := &reports.Run{Target: short, Problem: text, Started: time.Date(2024, 2, 29, 23, 59, 58, 0, time.UTC)}
	for _, side := range []string{"server", "client"}[:rounds] {
		s := &reports.Suite{Profile: profiles[0], Side: side, Offset: short, Notes: []string{text, short}}
		for i, v := range slices.Concat(everyVerdict, everyVerdict)[:rounds*len(everyVerdict)] {
			c := &harness.Case{ID: fmt.Sprintf("window/is-%d", i%5), Vendor: "irp", Rules: []string{"IRP-009"}, Level: harness.Must,
				Side: "server", Steps: []harness.Step{{}}, File: "irp/cases.yaml", Line: i + 1}
			r := harness.Result{Case: c, Verdict: v, Duration: time.Duration(i) * time.Millisecond}
			switch v {
			case harness.Fail:
				r.Findings = []harness.Finding{{Rule: "IRP-009", Level: harness.Must, Kind: "status", Problem: text, Want: "status 401", Got: short}}
				r.Sent = []harness.Exchange{{Method: "GET", Target: "/" + short, RequestBody: short, Status: 200, ResponseHeader: []string{"X-Got: " + short}, ResponseBody: text}}
			case harness.KnownFailure, harness.Observed:
				r.Findings = []harness.Finding{{Rule: "IRP-009", Level: harness.Must, Kind: "status", Problem: short, Got: short}}
			case harness.Stale, harness.Inconclusive, harness.Skip:
				r.Reason = short
			case harness.Error:
				r.Reason = text
			}
			s.Results = append(s.Results, r)
		}
		run.Suites = append(run.Suites, s)
	}
	return run
}

func TestReadersFindTheTruthOfHostileTexts(t *testing.T) {
	t.Parallel()
	needReaders(t)
	folders := map[string]string{}
	for name, text := range spoilingTexts {
		folders[name] = t.TempDir()
		if err := spoiled(t, text).Write(folders[name]); err != nil {
			t.Fatal(err)
		}
	}
	checkRead(t, folders)
}

// The comparison is only worth something while it objects to a file that says
// something else than the truth.
func TestReadersObject(t *testing.T) {
	t.Parallel()
	needReaders(t)
	good := t.TempDir()
	if err := spoiled(t, `a "quoted" text`).Write(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(good, "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	const (
		dorny, mikepenz, json, beats, allure = "dorny/test-reporter", "mikepenz/action-junit-report", "junit2json", "TestBeats", "Allure"
		datadog                              = "Datadog" // sees nothing but what is no XML
	)
	everyone := []string{dorny, mikepenz, json, beats, allure, datadog}
	changes := []struct {
		claim  string
		change []string // what is replaced, and with what, wherever it stands
		blind  []string // who does not see it
	}{
		{"nothing is changed", nil, everyone},
		{"failures gone", []string{"<failure ", "<other ", "</failure>", "</other>"}, []string{datadog}},
		{"errors gone", []string{"<error ", "<other ", "</error>", "</other>"}, []string{datadog}},
		{"skipped gone", []string{"<skipped ", "<other ", "</skipped>", "</other>"}, []string{datadog}},
		{"another name", []string{`name="irp/window/is-3"`, `name="irp/window/is-4"`}, []string{datadog}},
		{"tests without a name", []string{`<testcase name="irp/window/is-0"`, `<testcase`}, []string{datadog}},
		{"another suite", []string{`testsuite name="irp.client"`, `testsuite name="irp"`}, []string{datadog}},
		{"suites in a suite", []string{"<testsuites ", "<testsuites><testsuite ", "</testsuites>", "</testsuite></testsuites>"}, []string{mikepenz, datadog}},
		{"other totals", []string{`failures="8"`, `failures="7"`}, []string{dorny, mikepenz, allure, datadog}},
		{"another class", []string{`classname="skewproof.irp.client.window"`, `classname="x"`}, []string{beats, datadog}},
		{"another line", []string{`line="3"`, `line="13"`}, []string{beats, allure, datadog}},
		{"another verdict", []string{`name="verdict" value="fail"`, `name="verdict" value="pass"`}, []string{allure, datadog}},
		{"another message", []string{`<failure message="irp`, `<failure message="the`}, []string{datadog}},
		{"a text that begins otherwise", []string{`type="status">irp`, `type="status">the`}, []string{datadog}},
		{"a bare less-than sign", []string{"status 401", "status < 401"}, nil},
		{"an attribute twice", []string{`status="fail"`, `status="fail" status="fail"`}, []string{dorny, mikepenz, json, beats, allure}},
		{"an end of something else", []string{"</failure>", "</error>"}, []string{beats, allure}},
	}
	folders := []string{}
	for _, c := range changes {
		folder := t.TempDir()
		folders = append(folders, folder)
		changed := strings.NewReplacer(c.change...).Replace(string(text))
		if (changed == string(text)) != (c.change == nil) {
			t.Fatalf("%s: %q is not in the file", c.claim, c.change[0])
		}
		if err := os.WriteFile(filepath.Join(folder, "junit.xml"), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, truth, written := readWith(t, folders...), truth(t, good), written(t, good)
	for i, c := range changes {
		for _, r := range realReaders {
			objections := r.objections(all[folders[i]][r.name], truth, written)
			if blind := slices.Contains(c.blind, r.name); blind != (len(objections) == 0) {
				t.Errorf("%s: %s has %d objections: %.300v", c.claim, r.name, len(objections), objections)
			}
		}
	}
}
