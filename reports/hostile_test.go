package reports_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// hostileTexts are what a server may answer to spoil the report.
var hostileTexts = map[string]string{
	"every control character": func() string {
		var b strings.Builder
		for r := range rune(0x20) {
			fmt.Fprintf(&b, "%c.", r)
		}
		return b.String() + "\x7f"
	}(),
	"NUL":                    "a\x00b",
	"ANSI colours":           "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J",
	"the end of CDATA":       "a]]>b]]]]>><![CDATA[c]]>",
	"the end of the element": `"/></failure></testcase><testcase name="forged" classname="a.b"/>`,
	"quotes":                 `a"b'c` + "`d`",
	"entities":               "&amp;&lt;&#0;&#x1b;&bogus; & <",
	"a document":             `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`,
	"a comment":              "<!-- a -- b --->",
	"invalid UTF-8":          "a\xff\xfe\x80\xc3(\xe2\x82b",
	"an overlong NUL":        "a\xc0\x80b",
	"surrogates":             "a\xed\xa0\x80\xed\xb0\x80b",
	"above Unicode":          "a\xf4\x90\x80\x80b",
	"U+FFFE and U+FFFF":      "a\uFFFEb\uFFFFc",
	"a byte order mark":      "\uFEFFa\uFEFF",
	"C1 controls":            "a\u0080b\u0085c\u009bd",
	"line ends":              "a\r\nb\rc\nd\u2028e\n\n",
	"only white space":       " \n\t ",
	"beyond the BMP":         "😀\U0001FFFE\U0010FFFF",
	"nothing":                "",
	"1 MB of letters":        strings.Repeat("abcdefgh", 1<<17),
	"1 MB of ampersands":     strings.Repeat("&", 1<<20),
	"1 MB of quotes":         strings.Repeat(`"`, 1<<20),
	"1 MB of NUL":            strings.Repeat("\x00", 1<<20),
	"1 MB of invalid bytes":  strings.Repeat("\xff", 1<<20),
	"1 MB of lines":          strings.Repeat("a\n", 1<<19),
	"1 MB of emoji":          "a" + strings.Repeat("😀", 1<<18),
	"1 MB of end of CDATA":   strings.Repeat("]]>", 1<<18),
	"1 MB in one step of 3":  "ab" + strings.Repeat("日", 1<<18),
}

// maxShownText is the most one text in a report may take, in bytes.
const maxShownText = 32<<10 + len("…")

// isLarge texts are put into fewer places: one is enough to see them cut.
func isLarge(text string) bool { return len(text) > 1<<10 }

// spoiled is a run with the text wherever a server's answer, an error of the
// link or a note can end up.
func spoiled(t *testing.T, text string) *reports.Run {
	f := finding(text)
	x := harness.Exchange{Method: "GET", Target: "/", Status: 200, ResponseBody: text}
	if !isLarge(text) {
		f.Want, f.Got = text, text
		x = harness.Exchange{Method: "GET", Target: "/" + text, RequestHeader: []string{"X-Sent: " + text}, RequestBody: text,
			Status: 200, ResponseHeader: []string{"X-Got: " + text}, ResponseBody: text, Problem: text}
	}
	run := &reports.Run{Target: text, Started: started, Suites: []*reports.Suite{{Profile: profile(t, "trolley"), Side: "server", Offset: text, Notes: []string{text}}}}
	for _, v := range verdicts {
		r := result("trolley", "window/is-"+string(v.verdict), v.verdict)
		switch {
		case v.verdict == harness.Pass:
		case !isLarge(text):
			r.Findings, r.Sent = []harness.Finding{f, f}, []harness.Exchange{x}
			r.Stages = []harness.Stage{{Name: "message", Value: text}}
		case v.verdict == harness.Fail:
			r.Findings, r.Sent = []harness.Finding{f}, []harness.Exchange{x}
		case v.verdict == harness.Observed || v.verdict == harness.KnownFailure:
			r.Findings = []harness.Finding{f}
		}
		if v.verdict == harness.Error || v.verdict == harness.Skip || v.verdict == harness.Inconclusive {
			r.Reason = text
		}
		run.Suites[0].Results = append(run.Suites[0].Results, r)
	}
	return run
}

func TestHostileTextsLeaveTheReportsWhole(t *testing.T) {
	for name, text := range hostileTexts {
		if isLarge(text) && testing.Short() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			run := spoiled(t, text)
			junit, results := write(t, run)
			root := mustParseXML(t, junit)
			checkHeaders(t, run, root)
			for _, r := range readers {
				want := truth(run)
				if r.merge {
					want = want.red()
				}
				if got, err := r.count(root); err != nil || got != want {
					t.Errorf("%s counts %+v, %v; the truth is %+v", r.name, got, err, want)
				}
			}
			for _, shown := range root.texts() {
				if len(shown) > maxShownText+len("KNOWN FAILURE ") {
					t.Errorf("a text of %d bytes", len(shown))
				}
				if i := strings.IndexFunc(shown, func(r rune) bool {
					return r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r == 0xFFFE || r == 0xFFFF
				}); i >= 0 {
					t.Errorf("%.20q in a text", shown[i:])
				}
			}
			if len(junit) > 5<<20 || len(results) > 3<<20 {
				t.Errorf("junit.xml has %d bytes, results.json %d", len(junit), len(results))
			}
			if !json.Valid([]byte(results)) || !utf8.ValidString(results) {
				t.Error("results.json is no JSON")
			}
			if strings.ContainsAny(junit+results, "\x00\x1b\x07\x7f") {
				t.Error("a control character in a file")
			}
		})
	}
}

func TestAHostileProblemIsStillOneError(t *testing.T) {
	for name, text := range hostileTexts {
		if text == "" || isLarge(text) && testing.Short() {
			continue // no problem; or too much of one for the race detector
		}
		t.Run(name, func(t *testing.T) {
			run := &reports.Run{Target: text, Problem: text}
			junit, results := write(t, run)
			checkHeaders(t, run, mustParseXML(t, junit))
			if !json.Valid([]byte(results)) {
				t.Error("results.json is no JSON")
			}
			if len(junit) > 1<<20 || len(results) > 1<<18 {
				t.Errorf("junit.xml has %d bytes, results.json %d", len(junit), len(results))
			}
		})
	}
}

func TestALongTextIsCutBetweenCharacters(t *testing.T) {
	for _, tt := range []struct{ claim, text, unit string }{
		{"one byte", strings.Repeat("a", 1<<17), "a"},
		{"three bytes", strings.Repeat("日", 1<<15), "日"},
		{"four bytes", strings.Repeat("😀", 1<<15), "😀"},
		{"replaced bytes", strings.Repeat("\xff\x00", 1<<15), "\uFFFD"},
	} {
		for shift := range 4 {
			run := &reports.Run{Problem: strings.Repeat("-", shift) + tt.text}
			junit, _ := write(t, run)
			e := mustParseXML(t, junit).all("error")[0]
			for _, shown := range []string{e.attrs["message"], e.text} {
				body, cut := strings.CutSuffix(shown, "…")
				rest := strings.ReplaceAll(strings.TrimLeft(body, "-"), tt.unit, "")
				if !cut || len(body) > 32<<10 || len(body) < 32<<10-4 || rest != "" {
					t.Errorf("%s: %d bytes, cut %v, with %.20q left", tt.claim, len(body), cut, rest)
				}
			}
		}
	}
}

func TestAShortTextIsShownWhole(t *testing.T) {
	for _, text := range []string{"plain", "Zoë 日本語 😀", `<a href="x">&amp;</a>`, "a]]>b", "tab\tand\nline", strings.Repeat("x", 32<<10)} {
		junit, results := write(t, &reports.Run{Problem: text})
		if e := mustParseXML(t, junit).all("error")[0]; e.text != text || e.attrs["message"] != text {
			t.Errorf("%.40q becomes %.40q and %.40q", text, e.attrs["message"], e.text)
		}
		var file struct{ Problem string }
		if err := json.Unmarshal([]byte(results), &file); err != nil || file.Problem != text {
			t.Errorf("%.40q becomes %.40q, %v", text, file.Problem, err)
		}
	}
}
