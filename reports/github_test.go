package reports_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// annotation is what the runner of GitHub Actions makes of a line.
type annotation struct {
	command    string
	properties map[string]string
	text       string
}

// runnerCommand reads a line as the runner does: a command at its start, after
// white space, or an older form of it anywhere within. ok is false for a line
// that is none.
func runnerCommand(line string) (a annotation, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
	info, text, whole := strings.Cut(rest, "::")
	if !ok || !whole {
		_, rest, old := strings.Cut(line, "##[")
		name, text, closed := strings.Cut(rest, "]")
		return annotation{command: name, text: text}, old && closed
	}
	name, properties, _ := strings.Cut(info, " ")
	a = annotation{name, map[string]string{}, unescaped(text, "\r", "%0D", "\n", "%0A", "%", "%25")}
	for _, p := range strings.Split(properties, ",") {
		if key, value, ok := strings.Cut(p, "="); ok {
			a.properties[key] = unescaped(value, "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C", "%", "%25")
		}
	}
	return a, true
}

// unescaped replaces one after the other, as the runner does.
func unescaped(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i+1], pairs[i])
	}
	return s
}

func inVectors(file string) string { return "vectors/" + file }

func failing(n int, rule string) []harness.Result {
	var out []harness.Result
	for i := range n {
		r := withVerdict("trolley", fmt.Sprintf("window/%s-%03d", strings.ToLower(rule), i), harness.Fail)
		r.Findings[0].Rule = rule
		out = append(out, r)
	}
	return out
}

func TestAnnotationsPointIntoTheCases(t *testing.T) {
	run := everything(t)
	lines := run.Annotations(inVectors)
	if len(lines) != 9 { // fail, stale and error, three times
		t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	a, ok := runnerCommand(lines[0])
	if !ok || a.command != "error" || a.properties["file"] != "vectors/demo/cases.yaml" || a.properties["line"] != "7" || a.properties["title"] != "trolley/bearer/is-fail (server)" {
		t.Errorf("%+v", a)
	}
	for _, part := range []string{"DEMO-001 MUST: a stale stamp was accepted", "want  status 401", "got   status 200", "sent    GET /v1/things"} {
		if !strings.Contains(a.text, part) {
			t.Errorf("the text does not say %q:\n%s", part, a.text)
		}
	}
	nowhere, _ := runnerCommand(run.Annotations(func(string) string { return "" })[0])
	if _, has := nowhere.properties["file"]; has || nowhere.properties["line"] != "" {
		t.Errorf("a file nobody has: %+v", nowhere)
	}
}

func TestAtMostTenAnnotations(t *testing.T) {
	for _, tt := range []struct{ failures, annotations, more int }{{0, 0, 0}, {1, 1, 0}, {10, 10, 0}, {11, 10, 1}, {400, 10, 390}} {
		lines := runOf(t, failing(tt.failures, "DEMO-001")...).Annotations(inVectors)
		commands, rest := 0, ""
		for _, line := range lines {
			if _, ok := runnerCommand(line); ok {
				commands++
			} else {
				rest += line
			}
			if strings.ContainsAny(line, "\r\n") {
				t.Errorf("%q is not one line", line)
			}
		}
		if commands != tt.annotations || (tt.more > 0) != strings.HasPrefix(rest, fmt.Sprintf("%d more ", tt.more)) {
			t.Errorf("%d failures: %d annotations and %q", tt.failures, commands, rest)
		}
	}
}

// Ten failures of one requirement do not hide the one of another, and what
// ended the run comes first.
func TestAnnotationsShowEachRequirementFirst(t *testing.T) {
	run := runOf(t, append(failing(30, "DEMO-001"), failing(2, "DEMO-002")...)...)
	run.Problem = "the run was interrupted"
	lines := run.Annotations(inVectors)
	var titles []string
	for _, line := range lines[:4] {
		a, _ := runnerCommand(line)
		titles = append(titles, a.properties["title"])
	}
	want := []string{"skewproof", "trolley/window/demo-001-000 (server)", "trolley/window/demo-002-000 (server)", "trolley/window/demo-001-001 (server)"}
	if fmt.Sprint(titles) != fmt.Sprint(want) || !strings.HasPrefix(lines[10], "23 more ") {
		t.Errorf("%q\nwant %q, and 23 more: %s", titles, want, lines[10])
	}
}

// forgeries are what a server may answer to make the runner, or the page of the
// job, believe what it says.
var forgeries = map[string]string{
	"a command":               "\n::error file=a.go,line=1::forged\n",
	"a command, indented":     "\n \t ::add-mask::e\n",
	"a carriage return":       "x\r::set-env name=PATH::/tmp\r",
	"an old command":          "x ##[error]forged",
	"percents":                "%0A::error::forged%0A %25 %3A%2C",
	"a property":              "a,line=99::forged::b,title=x",
	"the end of a pre":        "</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>",
	"a fence":                 "```\n# forged\n```\n~~~~\n`` ` ```` b",
	"a table":                 "| a | b |\n|---|---|\n| 1 | 2 |",
	"headings and links":      "\n\n# forged\n\n[x](javascript:alert(1)) ![y](https://evil.example/z) <https://evil.example>",
	"a mention":               "@everyone #1 https://evil.example www.evil.example a@evil.example",
	"entities":                "&lt;b&gt; &#60;b&#62; &amp;",
	"blank lines and indents": "\n\n\n    code\n\n\t* item\n\n1. one\n> quote\n---\n",
	"backslashes":             `\| \` + "`" + ` \\| \<b>`,
	"a comment":               "<!-- a --> <![CDATA[ b ]]> <?c?>",
	"bidi and zero width":     "a\u202Eb\u200B::c\u2066\uFEFF::d\u00AD::e",
}

// changedTo is what became of a run whose target answered the text.
func changedTo(text string) *reports.Comparison {
	return &reports.Comparison{Compared: 2, Changes: []reports.Change{
		{Vendor: "trolley", Side: "server", Case: "trolley/window/x", Kind: reports.Changed, Contract: true,
			Differences: []reports.Difference{{What: "message", Place: text, Before: "as it was", After: text, Contract: true}}},
		{Vendor: "trolley", Side: "server", Case: "trolley/window/y", Kind: reports.Changed,
			Differences: []reports.Difference{{What: "extra field", Place: text}}},
	}}
}

func TestARegressionIsToldToGitHub(t *testing.T) {
	run := runOf(t, result("trolley", "window/x", harness.Pass))
	run.Comparison = changedTo("as it is")
	if lines := run.Annotations(inVectors); len(lines) > 0 {
		t.Errorf("annotated, although it fails nobody: %q", lines)
	}
	run.Regressed = true
	lines := run.Annotations(inVectors)
	if a, ok := runnerCommand(lines[0]); len(lines) != 2 || !ok || a.properties["title"] != "trolley.server since the baseline" || !strings.Contains(a.text, "as it was -> as it is") {
		t.Errorf("%q", lines)
	}
	text := run.StepSummary(1 << 20)
	checkSummary(t, text)
	for _, part := range []string{"## Skewproof: changed since the baseline\n", "### Changes since the baseline\n\n* **contract** trolley\\.server ` changed: ", "\n* notice trolley"} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary does not have %q:\n%s", part, text)
		}
	}
}

func TestNothingForgesACommand(t *testing.T) {
	for set, texts := range map[string]map[string]string{"forged": forgeries, "hostile": hostileTexts} {
		for name, text := range texts {
			if isLarge(text) && !strings.HasSuffix(name, "of lines") { // cut like any other
				continue
			}
			t.Run(set+": "+name, func(t *testing.T) {
				run := spoiled(t, text)
				run.Problem = text
				run.Comparison, run.Regressed = changedTo(text), true
				run.Suites[0].Results[2].Case.ID = "window/a,line=9::b%0A"
				lines := run.Annotations(inVectors)
				for _, line := range lines {
					a, ok := runnerCommand(line)
					if !ok || a.command != "error" || strings.ContainsAny(line, "\r\n\x00\x1b") || !utf8.ValidString(line) {
						t.Fatalf("%.200q is %+v", line, a)
					}
					if file := a.properties["file"]; file != "" && (file != "vectors/demo/cases.yaml" || a.properties["line"] != "7") || len(a.properties) > 3 {
						t.Errorf("%v", a.properties)
					}
					if len(a.text) > 4<<10+len("…") {
						t.Errorf("a text of %d bytes", len(a.text))
					}
				}
			})
		}
	}
}
