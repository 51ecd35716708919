package reports_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// stale is a case that the tests below change; fresh another.
const stale, fresh = "trolley/window/past-limit+1s", "trolley/window/past-half"

func fact(path, value string) harness.Fact { return harness.Fact{Path: path, Value: value} }

func documented(path, value string) harness.Fact {
	return harness.Fact{Path: path, Value: value, Documented: true}
}

// refused is an answer with the named error.
func refused(more ...harness.Fact) harness.Shape {
	return harness.Shape{Status: 401, Name: "timestamp", Facts: append([]harness.Fact{documented("$", "object"), documented("$.ok", "false"),
		documented("$.errors", "array"), documented("$.errors[]", "object"),
		{Path: "$.errors[].message", Value: `"Too old"`, About: "message", Documented: true}, fact("header Content-Type", "application/json")}, more...)}
}

// whole is a run of every server case of trolley, each of which passed with the
// same answer, but for what the function makes of it.
func whole(t *testing.T, change func(name string, r *harness.Result) (left bool)) *reports.Run {
	s := &reports.Suite{Profile: profile(t, "trolley"), Side: "server", Shown: map[string]string{"query-signed": "signed"}}
	for _, c := range s.Profile.Cases {
		if c.Side != "server" {
			continue
		}
		r := harness.Result{Case: c, Verdict: harness.Pass, Shapes: []harness.Shape{refused()},
			Shown: []harness.Showing{{Variant: "status", Values: []string{"401"}}}}
		if change == nil || change(c.Name(), &r) {
			s.Results = append(s.Results, r)
		}
	}
	return &reports.Run{Target: "here", Started: started, Suites: []*reports.Suite{s}}
}

// with is a whole run in which one case showed something else.
func with(t *testing.T, name string, change func(r *harness.Result)) *reports.Run {
	return whole(t, func(n string, r *harness.Result) bool {
		if n == name {
			change(r)
		}
		return true
	})
}

// kept is the run's baseline after it was written and read.
func kept(t *testing.T, r *reports.Run, old *reports.Baseline) (*reports.Baseline, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "some", "where", "trolley.json")
	if err := r.Baseline("trolley", old).Write(file); err != nil {
		t.Fatal(err)
	}
	b, err := reports.ReadBaseline(file, "trolley")
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, file)
	if err := followsBaseline(t, text); err != nil {
		t.Errorf("%v\n%.3000s", err, text)
	}
	return b, text
}

func followsBaseline(t *testing.T, text string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, "baseline.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("baseline.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("baseline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = jsonschema.UnmarshalJSON(strings.NewReader(text)); err != nil {
		return err
	}
	return schema.Validate(doc)
}

func compare(t *testing.T, then, now *reports.Run) *reports.Comparison {
	t.Helper()
	b, _ := kept(t, then, nil)
	return now.Compare(map[string]*reports.Baseline{"trolley": b})
}

func TestCommittedBaselinesFollowTheSchemaAndAreSmall(t *testing.T) {
	files, err := filepath.Glob("baseline/*.json")
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text := read(t, file)
		if err := followsBaseline(t, text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if len(text) > 150<<10 {
			t.Errorf("%s has %d bytes", file, len(text))
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.Count(line, `"verdict"`) > 1 || len(line) > 1000 {
				t.Errorf("%s:%d: not one case a line, or too long to read: %.200s", file, i+1, line)
			}
		}
		vendor := strings.TrimSuffix(filepath.Base(file), ".json")
		if b, err := reports.ReadBaseline(file, vendor); err != nil || len(b.Suites) != 2 || b.Suites[0].Partial {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// The schema is closed, and refuses what would vary from run to run.
func TestBaselineSchemaRefuses(t *testing.T) {
	_, text := kept(t, whole(t, nil), nil)
	for claim, change := range map[string][2]string{
		"a time":            {`"version": 1`, `"version": 1, "written": "2024-03-04"`},
		"another version":   {`"version": 1`, `"version": 2`},
		"an unknown side":   {`"side": "server"`, `"side": "both"`},
		"a stale case":      {`"verdict":"pass"`, `"verdict":"stale"`},
		"a reason":          {`"verdict":"pass"`, `"verdict":"pass","reason":"x"`},
		"a skip that shows": {`"verdict":"pass"`, `"verdict":"skip"`},
		"a place elsewhere": {`"$.ok":`, `"ok":`},
		"a status in words": {`"status":401`, `"status":"401"`},
	} {
		broken := strings.Replace(text, change[0], change[1], 1)
		if broken == text {
			t.Fatalf("%s: nothing to change", claim)
		}
		if followsBaseline(t, broken) == nil {
			t.Errorf("%s is let through", claim)
		}
	}
}

func TestBaselineIsTheSameInEveryRun(t *testing.T) {
	_, first := kept(t, whole(t, nil), nil)
	run := whole(t, nil)
	slices.Reverse(run.Suites[0].Results)
	if _, second := kept(t, run, nil); first != second {
		t.Error("the order in which cases ran shows")
	}
	for i := range run.Suites[0].Results {
		r := &run.Suites[0].Results[i]
		r.Duration, r.Sent, r.Told = 5, []harness.Exchange{{Status: 7}}, []string{"x"}
	}
	if _, second := kept(t, run, nil); first != second {
		t.Error("what varies shows")
	}
}

// A strict run and one that is not have the same baseline.
func TestBaselineLeavesStrictnessOut(t *testing.T) {
	_, lenient := kept(t, with(t, stale, func(r *harness.Result) {
		r.Verdict = harness.Observed
		r.Findings = []harness.Finding{{Rule: "TRO-026", Level: harness.Should, Kind: "outcome"}}
	}), nil)
	_, strict := kept(t, with(t, stale, func(r *harness.Result) {
		r.Verdict = harness.Fail
		r.Findings = []harness.Finding{{Rule: "TRO-026", Level: harness.Should, Kind: "outcome"}, {Rule: "TRO-023", Level: harness.Open, Kind: "variant"}}
	}), nil)
	if lenient != strict {
		t.Error("they differ")
	}
}

// What a run does not look at stays as it was; what the vectors no longer have
// goes.
func TestBaselineIsBroughtUpToDateInParts(t *testing.T) {
	old, _ := kept(t, whole(t, nil), nil)
	old.Suites[0].Cases = append(old.Suites[0].Cases, reports.BaselineCase{Name: "trolley/window/zzz-gone", Verdict: harness.Pass})
	one := whole(t, func(name string, r *harness.Result) bool {
		r.Verdict = harness.Observed
		return name == stale
	})
	b, _ := kept(t, one, old)
	if n := len(b.Suites[0].Cases); n != len(old.Suites[0].Cases)-1 || b.Suites[0].Partial {
		t.Errorf("%d cases, partial %v", n, b.Suites[0].Partial)
	}
	for _, c := range b.Suites[0].Cases {
		if (c.Verdict == harness.Observed) != (c.Name == stale) || len(c.Answers) != 1 {
			t.Errorf("%+v", c)
		}
	}
	silent := with(t, stale, func(r *harness.Result) {
		*r = harness.Result{Case: r.Case, Verdict: harness.Inconclusive, Reason: "slow"}
	})
	b, _ = kept(t, silent, old)
	if c := find(t, b, stale); c.Verdict != harness.Pass || len(c.Answers) != 1 {
		t.Errorf("an inconclusive case took the place of what was known: %+v", c)
	}
	if b, _ := kept(t, one, nil); !b.Suites[0].Partial || len(b.Suites[0].Cases) != 1 {
		t.Errorf("a baseline of one case is not marked: %+v", b.Suites[0])
	}
	client := &reports.Run{Suites: []*reports.Suite{{Profile: profile(t, "trolley"), Side: "client"}}}
	if b, _ := kept(t, client, old); len(b.Suites) != 2 || len(b.Suites[1].Cases) == 0 {
		t.Error("a run of the client lost what was known of the server")
	}
}

func find(t *testing.T, b *reports.Baseline, name string) reports.BaselineCase {
	t.Helper()
	for _, c := range b.Suites[0].Cases {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no %s", name)
	return reports.BaselineCase{}
}

func TestReadBaselineNamesWhatIsWrong(t *testing.T) {
	_, text := kept(t, whole(t, nil), nil)
	const (
		anew    = "; restore it from version control, or delete it and make it anew with -update"
		another = "; name a directory of baselines, or trolley's own file"
	)
	for claim, tt := range map[string]struct{ text, want string }{
		"not JSON":           {text[:200], "unexpected end of JSON input" + anew},
		"a later form":       {strings.Replace(text, `"version": 1`, `"version": 9`, 1), "knows 1; use a newer Skewproof, or take the file away and make it anew with -update"},
		"no form":            {strings.Replace(text, `"version": 1,`, "", 1), "version 0, and the first is 1" + anew},
		"of another vendor":  {strings.Replace(text, `"vendor": "trolley"`, `"vendor": "irp"`, 1), "it is the baseline of irp" + another},
		"another's later":    {strings.NewReplacer(`"vendor": "trolley"`, `"vendor": "irp"`, `"version": 1`, `"version": 9`).Replace(text), "it is the baseline of irp" + another},
		"a report":           {read(t, "testdata/results.json"), "it is no baseline, as it names no vendor" + another},
		"an unknown field":   {strings.Replace(text, `"side"`, `"sides"`, 1), `"sides"` + anew},
		"an unlisted answer": {strings.Replace(text, `"answers":["401 timestamp"]`, `"answers":["402 x"]`, 1), `"402 x" is not listed` + anew},
	} {
		file := filepath.Join(t.TempDir(), "b.json")
		if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := reports.ReadBaseline(file, "trolley"); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", claim, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "some.json")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := reports.ReadBaseline(dir, "trolley"); err == nil || !strings.HasSuffix(err.Error(), dir+" is a directory whose name ends as a file's does"+another) {
		t.Errorf("a directory: %v", err)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(page, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := reports.ReadBaseline(reports.BaselineFile(page, "trolley"), "trolley"); err == nil || runtime.GOOS != "windows" && !strings.HasSuffix(err.Error(), another) {
		t.Errorf("a page: %v", err)
	}
	if _, err := reports.ReadBaseline(filepath.Join(t.TempDir(), "none.json"), "trolley"); !os.IsNotExist(err) && !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// pinning is a whole run under a pin.
func pinning(t *testing.T, change func(name string, r *harness.Result) bool) *reports.Run {
	t.Helper()
	run := whole(t, change)
	p, err := run.Suites[0].Profile.With(map[string]string{"status": "403", "replay": "refuse"}, true)
	if err != nil {
		t.Fatal(err)
	}
	run.Suites[0].Profile = p
	return run
}

// A baseline keeps the pins that it was made under, and nothing that was judged
// under others.
func TestBaselineKeepsThePins(t *testing.T) {
	plain, text := kept(t, whole(t, nil), nil)
	if plain.Suites[0].Pinned != nil || strings.Contains(text, "pinned") {
		t.Errorf("pins that nobody made: %v", plain.Suites[0].Pinned)
	}
	pinned, text := kept(t, pinning(t, nil), plain)
	if got := pinned.Suites[0].Pinned; len(got) != 2 || got["status"] != "403" || got["replay"] != "refuse" ||
		!strings.Contains(text, "\n      \"pinned\": {\"replay\":\"refuse\",\"status\":\"403\"},\n") {
		t.Errorf("%v in %.300s", got, text)
	}
	one := func(name string, _ *harness.Result) bool { return name == stale }
	if b, _ := kept(t, pinning(t, one), plain); len(b.Suites[0].Cases) != 1 || !b.Suites[0].Partial {
		t.Error("what was judged under other pins is kept")
	}
	if b, _ := kept(t, pinning(t, one), pinned); len(b.Suites[0].Cases) != len(pinned.Suites[0].Cases) {
		t.Error("what was judged under the same pins is lost")
	}
}

func TestWhatABaselineKnows(t *testing.T) {
	all, _ := kept(t, whole(t, nil), nil)
	one, _ := kept(t, whole(t, func(name string, _ *harness.Result) bool { return name == stale }), nil)
	for _, tt := range []struct {
		claim    string
		baseline *reports.Baseline
		side     string
		want     bool
	}{
		{"the side that was looked at", all, "server", true},
		{"the other side", all, "client", false},
		{"a side of one case", one, "server", true},
		{"no side at all", &reports.Baseline{Vendor: "trolley"}, "server", false},
		{"no case at all", &reports.Baseline{Suites: []*reports.BaselineSuite{{Side: "server"}}}, "server", false},
	} {
		if got := tt.baseline.Knows(tt.side); got != tt.want {
			t.Errorf("%s: %v", tt.claim, got)
		}
	}
}
