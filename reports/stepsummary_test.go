package reports_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
)

var unprovenLine = regexp.MustCompile(`\* (\S+) (\S+) [A-Z]+: (.*) \((.*); none of its cases, [0-9]+, came to a verdict\)`)

// summaryLine matches every line that a summary may have outside of pre
// elements, with what is a target's or a vendor's in code or escaped.
var summaryLine = regexp.MustCompile("^(|" + strings.Join([]string{
	`## Skewproof: [a-z0-9 ,·]+`,
	`### (Failures|Unproven requirements|Changes since the baseline)`,
	"\\* (notice|\\*\\*contract\\*\\*) trolley\\\\\\.server `.*`",
	"(\\*\\*Problem:\\*\\* )?`.*`",
	`\*\*Interrupted:\*\* the cases that are not listed never ran\.`,
	`\|.*\|`,
	`<details><summary><code>[^<>]*</code></summary>`,
	`</details>`,
	unprovenLine.String(),
	`[0-9]+ more did not fit here\.`,
}, "|") + ")$")

// escapedText is what verbatim leaves of a text: no punctuation without a
// backslash.
var escapedText = regexp.MustCompile("^(\\\\[!-/:-@\\[-`{-~]|[^!-/:-@\\[-`{-~])*$")

// checkSummary reads a summary line by line, as far as it takes to know that
// nothing of a target's has become Markdown or HTML.
func checkSummary(t *testing.T, text string) {
	t.Helper()
	pre := false
	for _, line := range strings.Split(text, "\n") {
		switch {
		case !pre && line == "<pre>":
			pre = true
		case pre && strings.HasSuffix(line, "</pre>"):
			pre = false
			line = strings.TrimSuffix(line, "</pre>")
			fallthrough
		case pre:
			if strings.ContainsAny(line, "<>\"'") || html.EscapeString(html.UnescapeString(line)) != line {
				t.Errorf("%.200q is not escaped", line)
			}
		case !summaryLine.MatchString(line):
			t.Errorf("%.200q is not of the summary", line)
		case strings.HasPrefix(line, "`"), strings.HasPrefix(line, "**P"), strings.HasPrefix(line, "* notice"), strings.HasPrefix(line, "* **"):
			checkCode(t, line)
		case strings.HasPrefix(line, "* "):
			for _, part := range unprovenLine.FindStringSubmatch(line)[1:] {
				if !escapedText.MatchString(part) {
					t.Errorf("%q is not escaped", part)
				}
			}
		}
	}
	if pre {
		t.Error("a pre element is not closed")
	}
}

// checkCode checks that a line ends in one code span that its text cannot end.
func checkCode(t *testing.T, line string) {
	t.Helper()
	_, span, _ := strings.Cut(line, "`")
	span = "`" + span
	fence := span[:len(span)-len(strings.TrimLeft(span, "`"))]
	body, closed := strings.CutSuffix(strings.TrimPrefix(span, fence+" "), " "+fence)
	if !closed || strings.Contains(body, fence) {
		t.Errorf("%.200q is not one code span", line)
	}
}

func TestNothingForgesTheSummary(t *testing.T) {
	for set, texts := range map[string]map[string]string{"forged": forgeries, "hostile": hostileTexts} {
		for name, text := range texts {
			if isLarge(text) && !strings.HasSuffix(name, "of lines") { // cut like any other
				continue
			}
			t.Run(set+": "+name, func(t *testing.T) {
				run := spoiled(t, text)
				run.Problem, run.Interrupted = text, true
				run.Comparison = changedTo(text)
				got := run.StepSummary(1 << 20)
				checkSummary(t, got)
				if len(got) > 1<<20 || strings.ContainsAny(got, "\r\x00\x1b") || !utf8.ValidString(got) {
					t.Errorf("%d bytes, or characters that are not to be there", len(got))
				}
			})
		}
	}
}

func TestSummaryOfTheStep(t *testing.T) {
	run := everything(t)
	run.Suites[0].Results = append(run.Suites[0].Results, unproven(t)...)
	text := run.StepSummary(1 << 20)
	checkSummary(t, text)
	for _, part := range []string{
		"## Skewproof: 3 fail, 3 stale, 3 error\n",
		"` https://sandbox.example.com `",
		"| trolley\\.server | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 2 | 1 fail, 1 stale, 1 error |\n",
		"| aspect | trolley\\.server | trolley\\.client | irp\\.server |\n",
		"| bearer | 1 FAIL, 1 known-failure | 1 FAIL, 1 known-failure | 1 FAIL, 1 known-failure |\n",
		"### Failures\n\n<details><summary><code>trolley/bearer/is-fail: DEMO-001 MUST: a stale stamp was accepted</code></summary>\n\n<pre>\n",
		"  found   [DEMO-001, status] a stale stamp was accepted\n",
		"### Unproven requirements\n\n* trolley\\.server TRO\\-",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary does not have %q:\n%s", part, text)
		}
	}
	if n := strings.Count(text, "<details>"); n != 9 {
		t.Errorf("%d failures are shown, not 9", n)
	}
}

// unproven are skipped cases of a real requirement.
func unproven(t *testing.T) []harness.Result {
	for _, c := range profile(t, "trolley").Cases {
		if c.Side == "server" && c.Level == harness.Must {
			return []harness.Result{{Case: c, Verdict: harness.Skip, Reason: "needs a clock we own"}}
		}
	}
	t.Fatal("no case")
	return nil
}

// A failure of a real case names the sentence and where it comes from.
func TestSummaryNamesTheSource(t *testing.T) {
	c := unproven(t)[0].Case
	req := profile(t, "trolley").Requirement(c.Rules[0])
	f := finding("accepted")
	f.Rule = c.Rules[0]
	text := runOf(t, harness.Result{Case: c, Verdict: harness.Fail, Findings: []harness.Finding{f}}).StepSummary(1 << 20)
	for _, part := range []string{req.Sentence, "source " + req.Source} {
		if !strings.Contains(text, html.EscapeString(part)) {
			t.Errorf("the summary does not have %q:\n%s", part, text)
		}
	}
}

// GitHub takes a megabyte a step, and other commands of the step have their
// share of it.
func TestSummaryKeepsWithinItsRoom(t *testing.T) {
	var many []harness.Result
	for i, r := range failing(100, "DEMO-001") {
		r.Sent[0].ResponseBody = strings.Repeat("<&>", 4000)
		r.Case.Line = i
		many = append(many, r)
	}
	run := runOf(t, many...)
	for _, most := range []int{1<<20 - 1, 100_000, 10_000, 900, 600, 100, 20, 0, -5} {
		text := run.StepSummary(most)
		if len(text) > max(most, 0) {
			t.Errorf("%d bytes of at most %d", len(text), most)
		}
		if most < 300 {
			continue
		}
		checkSummary(t, text)
		shown := strings.Count(text, "<details>")
		if most > 2_000 && !strings.Contains(text, fmt.Sprintf("\n%d more did not fit here.\n", 100-shown)) || most > 1<<19 && shown < 5 {
			t.Errorf("at most %d bytes: %d are shown, and not the rest counted:\n%.300s", most, shown, text)
		}
	}
}

func TestSecretsAreNotToldToGitHub(t *testing.T) {
	run := spoiled(t, "the key is sesame-open-4711, really")
	run.Problem = "sesame-open-4711 " + strings.Repeat("x", 970) + " sesame-open-4711"
	run.Redactor = harness.NewRedactor(map[string]string{"key": "sesame-open-4711"})
	for _, text := range append(run.Annotations(inVectors), run.StepSummary(1<<20)) {
		if strings.Contains(text, "sesame-open") || !strings.Contains(text, "‹key›") {
			t.Errorf("%.300s", text)
		}
	}
}
