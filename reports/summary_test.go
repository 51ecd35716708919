package reports_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// cells reads the table of a summary: by aspect, then by column.
func cells(t *testing.T, text string) map[string]map[string]string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\naspect ")
	if !found {
		return nil
	}
	table, _, _ := strings.Cut(rest, "\n\n")
	lines := strings.Split("aspect "+table, "\n")
	split := func(line string) []string {
		var out []string
		for _, cell := range strings.Split(line, "   ") { // columns are three spaces apart
			if cell = strings.TrimSpace(cell); cell != "" {
				out = append(out, cell)
			}
		}
		return out
	}
	heads := split(lines[0])
	out := map[string]map[string]string{}
	for _, line := range lines[1:] {
		row := split(line)
		if len(row) != len(heads) {
			t.Fatalf("%d cells under %d heads: %q", len(row), len(heads), line)
		}
		if out[row[0]] != nil {
			t.Fatalf("the aspect %s stands twice", row[0])
		}
		out[row[0]] = map[string]string{}
		for i, cell := range row[1:] {
			out[row[0]][heads[i+1]] = cell
		}
	}
	return out
}

func TestTheTableHasEveryAspectAndVendor(t *testing.T) {
	run := &reports.Run{Target: "here", Suites: []*reports.Suite{
		{Profile: profile(t, "trolley"), Side: "server", Results: []harness.Result{
			result("trolley", "window/a", harness.Pass), result("trolley", "window/b", harness.Pass), result("trolley", "window/c", harness.Fail),
			result("trolley", "order/a", harness.Skip)}},
		{Profile: profile(t, "irp"), Side: "server", Results: []harness.Result{result("irp", "window/a", harness.Inconclusive), result("irp", "login/a", harness.KnownFailure)}},
		{Profile: profile(t, "irp"), Side: "client"},
	}}
	run.Suites[0].Results[2].Findings = []harness.Finding{finding("wrong")}
	got := cells(t, summary(t, run))
	want := map[string]map[string]string{
		"window": {"trolley.server": "2 pass, 1 FAIL", "irp.server": "1 inconclusive", "irp.client": "-"},
		"order":  {"trolley.server": "1 skip", "irp.server": "-", "irp.client": "-"},
		"login":  {"trolley.server": "-", "irp.server": "1 known-failure", "irp.client": "-"},
	}
	if len(got) != len(want) {
		t.Errorf("%d aspects: %v", len(got), got)
	}
	for aspect, row := range want {
		for column, cell := range row {
			if got[aspect][column] != cell {
				t.Errorf("%s of %s: %q, want %q", aspect, column, got[aspect][column], cell)
			}
		}
	}
}

func TestEachVerdictInTheTable(t *testing.T) {
	for verdict, want := range map[harness.Verdict]string{
		harness.Pass: "1 pass", harness.Fail: "1 FAIL", harness.Error: "1 ERROR", harness.Stale: "1 STALE", harness.KnownFailure: "1 known-failure",
		harness.Observed: "1 observed", harness.Inconclusive: "1 inconclusive", harness.Skip: "1 skip",
	} {
		text := summary(t, runOf(t, withVerdict("trolley", "window/x", verdict)))
		if got := cells(t, text)["window"]["trolley.server"]; got != want {
			t.Errorf("%s is %q, want %q", verdict, got, want)
		}
	}
}

func TestTheSummaryCountsEveryResult(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		run := randomRun(t, random)
		var want []string
		for _, v := range []harness.Verdict{harness.Pass, harness.Fail, harness.Error, harness.Stale, harness.KnownFailure, harness.Observed, harness.Inconclusive, harness.Skip} {
			n := 0
			for _, s := range run.Suites {
				for _, r := range s.Results {
					if r.Verdict == v {
						n++
					}
				}
			}
			if n != run.Count(v) {
				t.Fatalf("Count(%s) is %d, want %d", v, run.Count(v), n)
			}
			if n > 0 || v == harness.Pass || v == harness.Fail {
				want = append(want, strconv.Itoa(n)+" "+string(v))
			}
		}
		lines := strings.Split(strings.TrimSpace(summary(t, run)), "\n")
		if got := lines[len(lines)-1]; got != strings.Join(want, ", ") {
			t.Errorf("%q, want %q", got, strings.Join(want, ", "))
		}
	}
}

func TestTheSummaryListsWhatNeedsALook(t *testing.T) {
	for _, tt := range []struct {
		verdict harness.Verdict
		line    string // empty: only counted
	}{
		{harness.Pass, ""},
		{harness.Fail, "  fail         trolley/window/x: DEMO-001 MUST: a stale stamp was accepted"},
		{harness.Error, "  error        trolley/window/x: error: connection refused"},
		{harness.Stale, "  stale        trolley/window/x: stale: it is listed as failing (known.txt:3) and does not fail; remove the line"},
		{harness.KnownFailure, ""},
		{harness.Observed, "  observed     trolley/window/x: DEMO-001 MUST: a stale stamp was accepted"},
		{harness.Inconclusive, "  inconclusive trolley/window/x: inconclusive: the stamp was judged at an age that spans an edge of the window"},
		{harness.Skip, "  skipped      1: needs a clock we own; the target keeps its own"},
	} {
		text := summary(t, runOf(t, withVerdict("trolley", "window/x", tt.verdict)))
		if tt.line == "" && strings.Contains(text, "trolley/window/x") || !strings.Contains(text, tt.line) {
			t.Errorf("%s: want %q in\n%s", tt.verdict, tt.line, text)
		}
	}
	if text := summary(t, runOf(t, result("trolley", "window/x", harness.Observed))); strings.Contains(text, "trolley/window/x") {
		t.Errorf("what is observed as assumed is listed:\n%s", text)
	}
}

func TestTheSummarySaysWhatItKnows(t *testing.T) {
	run := everything(t)
	run.Interrupted = true
	for i := range 3 {
		r := result("trolley", "key/"+strconv.Itoa(i), harness.Skip)
		r.Reason = "needs the credential other_access_key"
		run.Suites[0].Results = append(run.Suites[0].Results, r)
	}
	run.Suites[1].Shown = map[string]string{"window-edge": "accept"}
	text := summary(t, run)
	for _, want := range []string{
		"\nskewproof: https://sandbox.example.com\n",
		"\ntrolley.server\n  clock        server minus ours: [-0.2 s, 0.4 s]\n  note         the clock has steps of 1 s\n",
		"  shows        window-edge          reject (assumed: accept)\n",
		"\ntrolley.client\n  shows        window-edge          accept\n",
		"  skipped      3: needs the credential other_access_key\n",
		"  skipped      1: needs a clock we own; the target keeps its own\n",
		"\ninterrupted: the cases that are not listed never ran\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	text = summary(t, everything(t))
	for _, wrong := range []string{"interrupted", "not run", "assumed: reject"} {
		if strings.Contains(text, wrong) {
			t.Errorf("%q in\n%s", wrong, text)
		}
	}
}

func TestTheSummaryIsTheSameInAnyOrder(t *testing.T) {
	want := summary(t, everything(t))
	random := rand.New(rand.NewPCG(11, 12))
	for range 10 {
		run := everything(t)
		for _, s := range run.Suites {
			random.Shuffle(len(s.Results), func(i, j int) { s.Results[i], s.Results[j] = s.Results[j], s.Results[i] })
		}
		if got := summary(t, run); got != want {
			t.Fatalf("shuffled:\n%s\nwant\n%s", got, want)
		}
	}
}

func TestTheSummaryCannotDriveTheTerminal(t *testing.T) {
	for name, text := range hostileTexts {
		if isLarge(text) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			run := spoiled(t, text)
			run.Problem = text
			out := summary(t, run)
			if i := strings.IndexFunc(out, func(r rune) bool { return r < 0x20 && r != '\n' && r != '\t' || r == 0x7f }); i >= 0 {
				t.Errorf("%.20q in the summary", out[i:])
			}
			if strings.ToValidUTF8(out, "") != out {
				t.Error("no UTF-8")
			}
		})
	}
}

type brokenWriter struct{}

var errBroken = errors.New("the pipe is broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestTheSummaryReportsThatItCouldNotBeWritten(t *testing.T) {
	if err := everything(t).Summary(brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

func TestGoldenSummary(t *testing.T) {
	golden(t, "summary.txt", summary(t, everything(t)))
}
