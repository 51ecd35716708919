package endtoend

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/reports"
)

var (
	inBrowser = flag.Bool("browser", false, "open report pages in a real browser; make page does")
	pagesOut  = flag.String("out", "", "directory for the screenshots")
)

// The pages of real runs, opened from disk in a real browser: see
// ../testdata/browser. It takes Node, Chromium and a package from npm, so it runs
// only when asked to, and then a lack of any of them is an error.
func TestPagesInABrowser(t *testing.T) {
	if !*inBrowser {
		t.Skip("make page runs it: it needs node, npm and chromium")
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "chromium"
	}
	for _, program := range []string{"node", chromium} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatal(err)
		}
	}
	out := *pagesOut
	if out == "" {
		out = t.TempDir()
	}
	out, err := filepath.Abs(out)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Abs("../../reports/baseline")
	if err != nil {
		t.Fatal(err)
	}
	broken := peer(t, "-broken", "trolley/window-double,trolley/wrong-message-key,trolley/errors-empty,trolley/method-unsigned,irp/window-half,irp/skew-code,spreetail/secret-echo")
	pages := []string{
		"conform=" + page(t, suite(t, nil, "-baseline", committed), 0),
		"live=" + page(t, suite(t, credentials, "-vendor", "trolley,irp,spreetail", "-target", broken), 1),
		"client=" + page(t, suite(t, []string{"SKEWPROOF_FAULT=query-not-signed"}, "-vendor", "trolley", "-client", quoted(built(t, "go"))), 1),
		"hostile=" + page(t, suite(t, credentials, "-vendor", "trolley", "-target", spiteful(t), "-case", "trolley/signature/*", "-case", "trolley/window/*"), 1),
		"nothing=" + page(t, suite(t, credentials, "-vendor", "trolley", "-target", "http://127.0.0.1:1"), 3),
		"changed=" + page(t, changed(t), 5),
		"large=" + large(t),
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join("..", "testdata", "browser", "check.js"), chromium, out}, pages...)...)
	text, err := cmd.CombinedOutput()
	t.Logf("%s", text)
	if err != nil || !strings.Contains(string(text), "nothing is wrong") {
		t.Errorf("the pages are not right: %v", err)
	}
}

// changed is a run against servers that are others than when their baselines were
// made: of each kind of change there is one.
func changed(t *testing.T) result {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-vendor", "trolley,irp,spreetail", "-baseline", dir}
	then := peer(t, "-broken", "spreetail/secret-echo")
	if r := suite(t, credentials, append(args, "-target", then, "-update")...); r.exit != 1 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	file := filepath.Join(dir, "irp.json")
	text := read(t, file)
	if !strings.Contains(text, `"irp/window/past-half"`) {
		t.Fatal("irp/window/past-half is not in the baseline")
	}
	write(t, file, strings.Replace(text, `"irp/window/past-half"`, `"irp/window/past-half-and-gone"`, 1))
	now := peer(t, "-changed", "trolley/status-403,trolley/extra-field,trolley/window-26s,trolley/meta-array,irp/message-table,spreetail/challenge-missing")
	return suite(t, credentials, append(args, "-target", now)...)
}

// page is the page of a run that ended as it is said.
func page(t *testing.T, r result, exit int) string {
	t.Helper()
	if r.exit != exit {
		t.Fatalf("exit %d, not %d\n%s", r.exit, exit, tail(r.output))
	}
	return filepath.Join(r.reports, "report.html")
}

// spiteful is a server whose every answer tries to break out of the page.
func spiteful(t *testing.T) string {
	t.Helper()
	texts := []string{
		`</script><script>alert(1)</script><style>*{display:none}</style>`, `"><img src=http://127.0.0.1:1/x onerror=alert(1)>`, `<!--`, `]]>`, `</pre></li></ul></section><base href=//127.0.0.1:1>`,
		"\u202egnp.exe\u2066 \u200b", "\x1b[31m\x1b]0;owned\x07\x00\x08", strings.Repeat("W", 20000), strings.Repeat("long word ", 500), "日本語テキスト", `{{.}}${1+1}`, "javascript:alert(1)",
	}
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Pr-Timestamp") == "" {
			fmt.Fprint(w, `{"ok":true}`)
			return
		}
		n := int(asked.Add(1))
		text := texts[n%len(texts)]
		if len(text) < 200 {
			w.Header().Set("X-Text", strings.Map(func(r rune) rune {
				if r < ' ' {
					return -1
				}
				return r
			}, text))
		}
		w.WriteHeader([]int{200, 401, 401}[n%3])
		switch n % 4 {
		case 0:
			fmt.Fprint(w, text)
		case 1:
			fmt.Fprintf(w, `{"ok":false,"errors":[{"code":%q,"message":%q}]}`, text, text)
		default:
			fmt.Fprintf(w, `{"ok":%q,%q:{"a":[[[%q]]]}}`, text, text, text)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// large is the page of a run of 2,000 cases, of which a hundred and more fail with
// all there is to tell.
func large(t *testing.T) string {
	t.Helper()
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	run := &reports.Run{Target: "https://sandbox.example.com", Started: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), Duration: 400 * time.Second,
		Repeat: func(name string) string { return "skewproof -case " + name }}
	total := 0
	for round := 0; total < 2000; round++ {
		for _, p := range profiles {
			handler := func(clk clock.Clock) http.Handler { return reference.New(p, clk) }
			if round == 0 && p.Vendor == "trolley" {
				handler = func(clock.Clock) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.WriteHeader(http.StatusForbidden)
						fmt.Fprint(w, `{"ok":false,"errors":[],"reason":"blocked","trace":["a","b","c"]}`)
					})
				}
			}
			c, err := harness.NewChecker(p, harness.HandlerTarget(handler), harness.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s := &reports.Suite{Profile: p, Side: "server"}
			for _, cs := range p.Cases {
				if cs.Side == "server" && total < 2000 {
					again := *cs
					again.ID += strings.Repeat("-again", round)
					r := c.Run(t.Context(), cs)
					r.Case = &again
					s.Results = append(s.Results, r)
					total++
				}
			}
			if round == 0 {
				run.Suites = append(run.Suites, s)
			} else {
				for _, first := range run.Suites {
					if first.Profile == p {
						first.Results = append(first.Results, s.Results...)
					}
				}
			}
		}
	}
	if n := run.Count(harness.Fail); n < 100 {
		t.Fatalf("only %d cases fail", n)
	}
	dir := t.TempDir()
	if err := run.Write(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "report.html")
}
