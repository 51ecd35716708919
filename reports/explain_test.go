package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

func TestHeadline(t *testing.T) {
	reasoned := func(v harness.Verdict) harness.Result {
		r := result("trolley", "window/x", v)
		r.Reason = "because"
		return r
	}
	both := reasoned(harness.Error)
	both.Findings = []harness.Finding{finding("wrong")}
	should := result("trolley", "window/x", harness.Observed)
	should.Findings = []harness.Finding{{Rule: "DEMO-002", Level: harness.Should, Problem: "it should not"}, finding("second")}
	for _, tt := range []struct {
		claim string
		given harness.Result
		want  string
	}{
		{"a pass is its name and verdict", result("trolley", "window/x", harness.Pass), "trolley/window/x: pass"},
		{"what was observed as assumed too", result("trolley", "window/x", harness.Observed), "trolley/window/x: observed"},
		{"a failure names rule, level and problem", withVerdict("trolley", "window/x", harness.Fail), "trolley/window/x: DEMO-001 MUST: a stale stamp was accepted"},
		{"a known failure too", withVerdict("trolley", "window/x", harness.KnownFailure), "trolley/window/x: DEMO-001 MUST: a stale stamp was accepted"},
		{"an observation too, by its first finding", should, "trolley/window/x: DEMO-002 SHOULD: it should not"},
		{"a stale entry gives the reason", reasoned(harness.Stale), "trolley/window/x: stale: because"},
		{"an inconclusive one too", reasoned(harness.Inconclusive), "trolley/window/x: inconclusive: because"},
		{"a skip too", reasoned(harness.Skip), "trolley/window/x: skip: because"},
		{"an error too", reasoned(harness.Error), "trolley/window/x: error: because"},
		{"the reason goes before the findings", both, "trolley/window/x: error: because"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			if got := reports.Headline(tt.given); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestExplainOfEachVerdict(t *testing.T) {
	p := profile(t, "trolley")
	for _, v := range verdicts {
		r := withVerdict("trolley", "window/x", v.verdict)
		text := reports.Explain(p, r)
		first, rest, _ := strings.Cut(text, "\n")
		if first != reports.Headline(r) {
			t.Errorf("%s begins %q", v.verdict, first)
		}
		if !strings.HasPrefix(rest, "  case    demo/cases.yaml:7\n") || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s:\n%s", v.verdict, text)
		}
		if got, want := strings.Contains(text, "  found   "), len(r.Findings) > 0; got != want {
			t.Errorf("%s shows findings: %v", v.verdict, got)
		}
	}
}

func TestExplainShowsAllThereIs(t *testing.T) {
	p := profile(t, "trolley")
	var known *harness.Requirement
	for _, c := range p.Cases {
		if known = p.Requirement(c.Rules[0]); known != nil {
			break
		}
	}
	if known == nil {
		t.Fatal("no requirement")
	}
	r := result("trolley", "window/x", harness.Fail)
	r.Case.Steps = []harness.Step{{Skew: offset(t, "+1h")}, {Skew: offset(t, "-window-1s")}}
	r.Age = &harness.AgeRange{Min: 30500 * time.Millisecond, Max: 31 * time.Second}
	r.Findings = []harness.Finding{
		{Rule: known.ID, Level: known.Level, Kind: "outcome", Problem: "it was accepted", Want: "refusal", Got: "status 200"},
		{Rule: known.ID, Level: known.Level, Kind: "shape", Problem: "ok is true", Want: "false"},
		{Rule: "DEMO-001", Level: harness.Should, Kind: "header", Problem: "no Date", Got: "nothing"},
	}
	r.Sent = []harness.Exchange{
		{Method: "POST", Target: "/v1/things?a=1&b=2", RequestHeader: []string{"Authorization: prsign KEY:‹signature›", "X-PR-Timestamp: 1700000000"}, RequestBody: "{\n  \"a\": 1\n}",
			Status: 200, ResponseHeader: []string{"Content-Type: application/json"}, ResponseBody: "{\"ok\":true}"},
		{Method: "GET", Target: "/v1/things", Problem: "connection reset"},
		{Method: "GET", Target: "/v1/more", Status: 502, Problem: "the body is no JSON"},
	}
	r.Stages = []harness.Stage{{Name: "message", Value: "1700000000\nPOST\n"}, {Name: "signature", Value: "ab01"}}
	want := strings.Join([]string{
		"trolley/window/x: " + known.ID + " " + string(known.Level) + ": it was accepted",
		"  case    demo/cases.yaml:7",
		"  rule    " + known.ID + " (" + string(known.Level) + "): " + known.Sentence,
		"          source " + known.Source + " (How Does Trolley's API Authentication Work?, Trolley, 2024-03-25)",
		"  found   [" + known.ID + ", outcome] it was accepted",
		"    want  refusal",
		"    got   status 200",
		"  found   [" + known.ID + ", shape] ok is true", // the rule is not cited again
		"    want  false",
		"  found   [DEMO-001, header] no Date", // a rule that the profile does not have has no sentence
		"    got   nothing",
		"  skew    -window-1s",
		"  age     of the stamp when it was judged: [30.500 s, 31.000 s]",
		"  sent    POST /v1/things?a=1&b=2",
		"          Authorization: prsign KEY:‹signature›",
		"          X-PR-Timestamp: 1700000000",
		"          {",
		"            \"a\": 1",
		"          }",
		"  answer  status 200",
		"          Content-Type: application/json",
		"          {\"ok\":true}",
		"  sent    GET /v1/things",
		"  answer  connection reset",
		"  sent    GET /v1/more",
		"  answer  the body is no JSON",
		"  answer  status 502",
		`  stage   message    "1700000000\nPOST\n"`,
		`  stage   signature  "ab01"`,
		"",
	}, "\n")
	if got := reports.Explain(p, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExplainShowsBodiesAndStagesWithoutControlCharacters(t *testing.T) {
	r := result("trolley", "window/x", harness.Fail)
	r.Findings = []harness.Finding{finding("wrong")}
	r.Sent = []harness.Exchange{{Method: "GET", Target: "/", RequestBody: "\x1b[31ma\x00", Status: 200, ResponseBody: "\x1b]0;t\x07\xff\uFFFE"}}
	r.Stages = []harness.Stage{{Name: "message", Value: "\x1b[31m\x00\xff"}}
	text := reports.Explain(profile(t, "trolley"), r)
	if strings.ContainsAny(text, "\x00\x07\x1b\uFFFE") || strings.ToValidUTF8(text, "") != text {
		t.Errorf("%q", text)
	}
}
