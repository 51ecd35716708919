package reports_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// places put a text where one can come from outside, and say which of
// junit.xml, results.json and the summary (j, r, s) then show it. The page shows
// every one.
var places = []struct {
	name  string
	shown string
	put   func(run *reports.Run, r *harness.Result, text string)
}{
	{"the target", "js", func(run *reports.Run, _ *harness.Result, text string) { run.Target = text }},
	{"the problem", "jrs", func(run *reports.Run, _ *harness.Result, text string) { run.Problem = text }},
	{"the offset", "js", func(run *reports.Run, _ *harness.Result, text string) { run.Suites[0].Offset = text }},
	{"a note", "js", func(run *reports.Run, _ *harness.Result, text string) { run.Suites[0].Notes = []string{text} }},
	{"what setting up found", "jrs", func(run *reports.Run, _ *harness.Result, text string) {
		run.Suites[0].Shown = map[string]string{"replay": text}
	}},
	{"a shown value", "jrs", func(_ *reports.Run, r *harness.Result, text string) {
		r.Shown = []harness.Showing{{Variant: "replay", Values: []string{text}}}
	}},
	{"the reason of an error", "js", func(_ *reports.Run, r *harness.Result, text string) {
		r.Verdict, r.Reason, r.Findings = harness.Error, text, nil
	}},
	{"the reason of a skip", "js", func(_ *reports.Run, r *harness.Result, text string) {
		r.Verdict, r.Reason, r.Findings = harness.Skip, text, nil
	}},
	{"the reason of a stale entry", "js", func(_ *reports.Run, r *harness.Result, text string) {
		r.Verdict, r.Reason = harness.Stale, text
	}},
	{"the reason of an unsure one", "js", func(_ *reports.Run, r *harness.Result, text string) {
		r.Verdict, r.Reason = harness.Inconclusive, text
	}},
	{"the problem of a failure", "jrs", func(_ *reports.Run, r *harness.Result, text string) { r.Findings[0].Problem = text }},
	{"the problem of a known failure", "jr", func(_ *reports.Run, r *harness.Result, text string) {
		r.Verdict, r.Findings[0].Problem = harness.KnownFailure, text
	}},
	{"what was observed", "jrs", func(_ *reports.Run, r *harness.Result, text string) {
		r.Verdict, r.Findings[0].Problem = harness.Observed, text
	}},
	{"what was wanted", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Findings[0].Want = text }},
	{"what was got", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Findings[0].Got = text }},
	{"the request's target", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Sent[0].Target = text }},
	{"a request header", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Sent[0].RequestHeader = []string{"A: " + text} }},
	{"the request's body", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Sent[0].RequestBody = text }},
	{"a response header", "j", func(_ *reports.Run, r *harness.Result, text string) {
		r.Sent[0].ResponseHeader = []string{"A: " + text}
	}},
	{"the response's body", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Sent[0].ResponseBody = text }},
	{"the problem of an exchange", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Sent[0].Problem = text }},
	{"a stage", "j", func(_ *reports.Run, r *harness.Result, text string) {
		r.Stages = []harness.Stage{{Name: "message", Value: text}}
	}},
	{"the documented body", "", func(_ *reports.Run, r *harness.Result, text string) {
		r.Expected = &harness.Expected{Status: []string{"401"}, Body: text}
	}},
	{"a documented value", "", func(_ *reports.Run, r *harness.Result, text string) {
		body, _ := json.Marshal(map[string]string{"a": text}) // of texts
		r.Expected = &harness.Expected{Body: string(body)}
	}},
	{"a documented header", "", func(_ *reports.Run, r *harness.Result, text string) {
		r.Expected = &harness.Expected{Header: []string{"A: " + text}}
	}},
	{"the right stage", "", func(_ *reports.Run, r *harness.Result, text string) {
		r.Difference = &harness.Difference{Stage: "message", Want: text}
	}},
	{"the stage that was sent", "", func(_ *reports.Run, r *harness.Result, text string) {
		r.Difference = &harness.Difference{Stage: "message", Got: text}
	}},
	{"what a client told", "j", func(_ *reports.Run, r *harness.Result, text string) { r.Told = []string{text} }},
	{"the command", "", func(run *reports.Run, _ *harness.Result, text string) {
		run.Repeat = func(string) string { return "again " + text }
	}},
}

const sampleSecret = "Sk3w+proof/Key=42"

func formsOf(secret string) map[string]string {
	return map[string]string{
		"as it is":    secret,
		"hexadecimal": hex.EncodeToString([]byte(secret)),
		"upper hex":   strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"in base64":   base64.StdEncoding.EncodeToString([]byte("key:" + secret + ":42")),
		"base64url":   base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"URL-encoded": url.QueryEscape(secret),
		"in a path":   url.PathEscape(secret),
	}
}

func TestNoSecretIsWritten(t *testing.T) {
	redactor := harness.NewRedactor(map[string]string{"secret_key": sampleSecret})
	for form, spelt := range formsOf(sampleSecret) {
		if testing.Short() && len(form)%4 != 0 {
			continue
		}
		t.Run(form, func(t *testing.T) {
			for _, place := range places {
				run := runOf(t, withVerdict("trolley", "window/x", harness.Fail))
				place.put(run, &run.Suites[0].Results[0], "before "+spelt+" after")
				run.Redactor = redactor
				junit, results := write(t, run)
				written := map[byte]string{'j': junit, 'r': results, 's': summary(t, run)}
				for file, content := range written {
					if strings.Contains(content, spelt) || redactor.Leaks(content) {
						t.Errorf("%s: a secret in %c", place.name, file)
					}
					if hidden := strings.Contains(content, "‹secret_key›"); hidden != strings.Contains(place.shown, string(file)) {
						t.Errorf("%s: hidden in %c: %v", place.name, file, hidden)
					}
				}
				page := pageOf(t, run)
				for _, content := range append(parseHTML(t, page).texts(), page) {
					if strings.Contains(content, spelt) || redactor.Leaks(content) {
						t.Errorf("%s: a secret in the page", place.name)
					}
				}
				if !strings.Contains(page, "‹secret_key›") {
					t.Errorf("%s: the page does not show it", place.name)
				}
				root := mustParseXML(t, junit)
				checkHeaders(t, run, root)
				for _, text := range root.texts() {
					if redactor.Leaks(text) {
						t.Errorf("%s: a secret in junit.xml as it is read", place.name)
					}
				}
				var file any
				if err := json.Unmarshal([]byte(results), &file); err != nil {
					t.Errorf("%s: results.json: %v", place.name, err)
				}
			}
		})
	}
}

func TestEverySecretOfARunIsHiddenInEverySuite(t *testing.T) {
	secrets := map[string]string{"secret_key": sampleSecret, "password": "correct-horse-battery", "api_key": "00112233445566778899"}
	run := everything(t)
	run.Redactor = harness.NewRedactor(secrets)
	for _, s := range run.Suites {
		for name, secret := range secrets {
			s.Notes = append(s.Notes, name+" is "+secret)
		}
	}
	junit, results := write(t, run)
	for _, content := range []string{junit, results, summary(t, run)} {
		if run.Redactor.Leaks(content) {
			t.Errorf("a secret in\n%s", content)
		}
	}
	for name := range secrets {
		if n := strings.Count(junit, name+" is ‹"+name+"›"); n != len(run.Suites) {
			t.Errorf("%s is hidden %d times", name, n)
		}
	}
}

func TestWithoutARedactorNothingIsHidden(t *testing.T) {
	for _, redactor := range []*harness.Redactor{nil, harness.NewRedactor(nil)} {
		run := runOf(t, withVerdict("trolley", "window/x", harness.Fail))
		run.Suites[0].Notes, run.Redactor = []string{sampleSecret}, redactor
		junit, _ := write(t, run)
		if note, _ := mustParseXML(t, junit).direct("testsuite")[0].property("note"); note != sampleSecret {
			t.Errorf("the note is %q", note)
		}
		if !strings.Contains(summary(t, run), sampleSecret) {
			t.Error("the summary hides it")
		}
	}
}
