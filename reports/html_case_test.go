package reports_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// detailOf is what the page tells of one failure.
func detailOf(t *testing.T, change func(*harness.Result)) *element {
	t.Helper()
	r := withVerdict("trolley", "window/x", harness.Fail)
	change(&r)
	details := parseHTML(t, pageOf(t, runOf(t, r))).with("detail")
	if len(details) != 1 {
		t.Fatalf("%d cases have details", len(details))
	}
	return details[0]
}

// differences are the lines of the comparison: the sign, and the text.
func differences(detail *element) []string {
	var lines []string
	for _, pre := range detail.with("diff") {
		for _, line := range pre.children {
			lines = append(lines, line.children[0].text[:len(line.children[0].text)-1]+line.text)
		}
	}
	return lines
}

func TestTheDocumentedAnswerAgainstTheOneThatCame(t *testing.T) {
	for _, tt := range []struct {
		claim     string
		want, got string // bodies
		status    []string
		headers   []string
		lines     string
	}{
		{"the same", `{"a":1}`, `{"a":1}`, []string{"200"}, nil, " 200 OK| {|   \"a\": 1| }"},
		{"a class of statuses", ``, `x`, []string{"2xx"}, nil, " 200 OK"},
		{"another status", ``, `x`, []string{"401", "403"}, nil, "−401 or 403|+200 OK"},
		{"a status that only begins alike", ``, ``, []string{"20"}, nil, " 200 OK"},
		{"another value", `{"a":"b"}`, `{"a":"c"}`, nil, nil, "+200 OK| {|−  \"a\": \"b\"|+  \"a\": \"c\"| }"},
		{"another type", `{"a":"1"}`, `{"a":1}`, nil, nil, "+200 OK| {|−  \"a\": \"1\"|+  \"a\": 1| }"},
		{"a number otherwise spelt", `[1]`, `[1.0]`, nil, nil, "+200 OK| [|−  1|+  1.0| ]"},
		{"a key missing and one more", `{"a":null,"b":{}}`, `{"b":{},"c":[true,"x"]}`, nil, nil,
			"+200 OK| {|−  \"a\": null|   \"b\": {}|·  \"c\": [|·    true|·    \"x\"|·  ]| }"},
		{"an array for an object", `{"e":[{"x":1}]}`, `{"e":{"x":1}}`, nil, nil,
			"+200 OK| {|−  \"e\": [|−    {|−      \"x\": 1|−    }|−  ]|+  \"e\": {|+    \"x\": 1|+  }| }"},
		{"elements missing", `[1,2]`, `[1]`, nil, nil, "+200 OK| [|   1|−  2| ]"},
		{"elements more", `[]`, `[1]`, nil, nil, "+200 OK| [|+  1| ]"},
		{"keys in another order", `{"a":1,"b":2}`, `{"b":2,"a":1}`, nil, nil, "+200 OK| {|   \"a\": 1|   \"b\": 2| }"},
		{"no JSON", `{"a":1}`, `<h1>Oops</h1>`, nil, nil, "+200 OK|−{|−  \"a\": 1|−}|+<h1>Oops</h1>"},
		{"cut off", `{"a":1}`, `{"a":`, nil, nil, "+200 OK|−{|−  \"a\": 1|−}|+{\"a\":"},
		{"nothing came", `"a"`, ``, nil, nil, "+200 OK|−\"a\""},
		{"two documents", `1`, `1 2`, nil, nil, "+200 OK|−1|+1 2"},
		{"headers", ``, ``, []string{"200"}, []string{"A: 1", "B: 2", "C: 3"}, " 200 OK| A: 1|−B: 2|+b: 3|−C: 3"},
	} {
		detail := detailOf(t, func(r *harness.Result) {
			r.Expected = &harness.Expected{Outcome: "acceptance", Status: tt.status, Header: tt.headers, Body: tt.want}
			r.Sent[0].ResponseBody, r.Sent[0].ResponseHeader = tt.got, []string{"A: 1", "b: 3", "D: 4"}
		})
		if got := strings.Join(differences(detail), "|"); got != tt.lines {
			t.Errorf("%s:\n got %s\nwant %s", tt.claim, got, tt.lines)
		}
	}
}

func TestALongComparisonIsCut(t *testing.T) {
	detail := detailOf(t, func(r *harness.Result) {
		r.Expected = &harness.Expected{Body: "[" + strings.Repeat("1,", 3000) + "1]"}
		r.Sent[0].ResponseBody = "[" + strings.Repeat("2,", 3000) + "2]"
	})
	if n := len(differences(detail)); n != 400 || !strings.HasSuffix(strings.TrimSpace(detail.with("diff")[0].text), "…") {
		t.Errorf("%d lines", n)
	}
	deep := detailOf(t, func(r *harness.Result) {
		r.Expected = &harness.Expected{Body: "1"}
		r.Sent[0].ResponseBody = strings.Repeat("[", 15000) + strings.Repeat("]", 15000)
	})
	if lines := differences(deep); len(lines) != 3 || !strings.HasPrefix(lines[2], "+[[[[") {
		t.Errorf("a deep body makes %d lines", len(lines))
	}
}

func TestTheByteThatDiffersIsMarked(t *testing.T) {
	long := strings.Repeat("0123456789", 20)
	for _, tt := range []struct {
		claim, want, got string
		says             string
		right, sent      string // the mark between bars
	}{
		{"in the middle", "abc", "abd", "from byte 3 on", "ab|c|", "ab|d|"},
		{"at the start", "abc", "xbc", "from byte 1 on", "|a|bc", "|x|bc"},
		{"one is longer", "ab", "abc", "from byte 3 on", "ab|end|", "ab|c|"},
		{"nothing was sent", "ab", "", "from byte 1 on", "|a|b", "|end|"},
		{"a line feed", "GET\n/a\n", "GET/a\n", "from byte 4 on", `GET|\n|/a\n`, `GET|/|a\n`},
		{"a space", "a b", "a+b", "from byte 2 on", "a|␣|b", "a|+|b"},
		{"two bytes of one character", "aé", "aè", "from byte 2 on", "a|é|", "a|è|"},
		{"not UTF-8", "a\xff", "a\xfe", "from byte 2 on", `a|\xff|`, `a|\xfe|`},
		{"markup", `"<b>"`, `"<i>"`, "from byte 3 on", `"<|b|>"`, `"<|i|>"`},
		{"far behind", long + "a" + long, long + "b" + long, "from byte 201 on", "…" + long[136:] + "|a|" + long[:64] + "…", "…" + long[136:] + "|b|" + long[:64] + "…"},
		{"within a secret", "k-" + sampleSecret, "k-" + sampleSecret, "within a part that is hidden", "", ""},
	} {
		detail := detailOf(t, func(r *harness.Result) {
			r.Difference = &harness.Difference{Stage: "message", Want: tt.want, Got: tt.got}
		})
		if text := detail.whole(); !strings.Contains(text, tt.says) {
			t.Errorf("%s: it does not say %q: %s", tt.claim, tt.says, text)
		}
		marks := detail.all("mark")
		if tt.right == "" {
			if len(marks) > 0 {
				t.Errorf("%s: something is marked", tt.claim)
			}
			continue
		}
		for i, want := range []string{tt.right, tt.sent} {
			code := detail.with("bytes")[0].all("code")[i]
			before, after, _ := strings.Cut(want, "|")
			mark, after, _ := strings.Cut(after, "|")
			if code.text != before+after || marks[i].text != mark {
				t.Errorf("%s: %q with %q marked, not %q", tt.claim, code.text, marks[i].text, want)
			}
		}
	}
}

// Where nobody saw a client's stages, its signature is what can be compared.
func TestAClientsSignatureIsCompared(t *testing.T) {
	detail := detailOf(t, func(r *harness.Result) {
		r.Stages = []harness.Stage{{Name: "message", Value: "right"}, {Name: "signature", Value: "abcd"}}
		r.Findings = append(r.Findings, harness.Finding{Rule: "DEMO-001", Kind: "signature", Problem: "wrong", Want: "abcd", Got: "abxd"})
	})
	if text := detail.whole(); !strings.Contains(text, "from byte 3 on") {
		t.Errorf("it says %s", text)
	}
}

func TestAFailureTellsWhatWasSentAndHowToRepeatIt(t *testing.T) {
	r := withVerdict("trolley", "window/x", harness.Fail)
	p := profile(t, "trolley")
	req := p.Requirements[0]
	r.Findings[0].Rule = req.ID
	r.Sent = []harness.Exchange{
		{Method: "POST", Target: "/first?a=b", RequestHeader: []string{"X-Sent: 1"}, RequestBody: `{"sent":true}`, Status: 503, ResponseHeader: []string{"X-Got: 2"}, ResponseBody: "later"},
		{Method: "GET", Target: "/second", Problem: "the answer broke off"},
	}
	r.Told = []string{"moment 1: status 503"}
	run := runOf(t, r)
	run.Repeat = func(name string) string { return "repeat -case " + name }
	text := parseHTML(t, pageOf(t, run)).with("detail")[0].whole()
	for _, want := range []string{req.ID, req.Sentence, "a stale stamp was accepted", "status 401", "status 200", "Exchange 1 of 2", "Exchange 2 of 2",
		"POST /first?a=b X-Sent: 1", `{"sent":true}`, "503 Service Unavailable X-Got: 2", "later", "the answer broke off", "moment 1: status 503", "repeat -case trolley/window/x", "demo/cases.yaml:7"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

func TestTheRunInOneSentence(t *testing.T) {
	of := func(all ...harness.Verdict) *reports.Run {
		run := runOf(t)
		for i, v := range all {
			run.Suites[0].Results = append(run.Suites[0].Results, withVerdict("trolley", fmt.Sprintf("window/%d", i), v))
		}
		return run
	}
	stopped := of(harness.Pass)
	stopped.Problem = "the target went away"
	regressed := func(all ...harness.Verdict) *reports.Run {
		run := of(all...)
		run.Regressed = true
		return run
	}
	for _, tt := range []struct {
		run  *reports.Run
		want string
	}{
		{of(), "! Nothing ran No case was run."},
		{&reports.Run{}, "! Nothing ran No case was run."},
		{of(harness.Pass), "✓ Conforms None of 1 case fails."},
		{of(harness.Pass, harness.Observed, harness.Skip), "✓ Conforms None of 3 cases fails."},
		{of(harness.Pass, harness.KnownFailure), "✓ Conforms 1 case fails, as is known; no other of 2."},
		{of(harness.Fail), "✕ Does not conform 1 of 1 case fails."},
		{of(harness.Fail, harness.Error, harness.Stale, harness.Fail), "✕ Does not conform 2 of 4 cases fail."},
		{of(harness.Error, harness.Stale), "↻ Stale list 1 known failure does not fail any more."},
		{of(harness.Error, harness.Pass), "! Not fully checked 1 case could not be run."},
		{regressed(harness.Pass), "Δ Changed since the baseline None of 1 case fails."},
		{regressed(harness.Pass, harness.Fail), "✕ Does not conform 1 of 2 cases fail. Changed since the baseline."},
		{regressed(harness.Pass, harness.Error), "! Not fully checked 1 case could not be run. Changed since the baseline."},
		{stopped, "! Ended with a problem 1 case was run."},
	} {
		page := parseHTML(t, pageOf(t, tt.run))
		h1 := page.all("h1")[0]
		got := h1.with("sign")[0].text + " " + strings.TrimSpace(h1.with("verdict")[0].text) + " " + h1.with("sentence")[0].text
		if got != tt.want {
			t.Errorf("%q, not %q", got, tt.want)
		}
		for _, class := range []string{"banner"} {
			if shown := len(page.with(class)) > 0; shown != (tt.run.Problem != "") {
				t.Errorf("%q: a banner is shown: %v", tt.want, shown)
			}
		}
	}
}

func TestThePageNamesTheVectorsByTheirHash(t *testing.T) {
	text := parseHTML(t, pageOf(t, everything(t))).with("facts")[0].whole()
	if !regexp.MustCompile(`Skewproof \S.* Vectors [0-9a-f]{12}$`).MatchString(text) {
		t.Errorf("the versions: %s", text)
	}
}
