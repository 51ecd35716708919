package endtoend

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Every wrong call ends with one sentence that says what to do, and with the
// exit code for its kind.
func TestWrongCalls(t *testing.T) {
	closed := closedPort(t)
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>maintenance</html>"))
	}))
	t.Cleanup(html.Close)
	known := filepath.Join(t.TempDir(), "known.txt")
	write(t, known, "# why\ntrolley/window/no-such-case # gone\n")
	stale := filepath.Join(t.TempDir(), "stale.txt")
	write(t, stale, "trolley/window/same-second\n")
	var all group
	defer all.wait()
	for _, c := range []struct {
		name string
		env  []string
		args []string
		exit int
		says string
	}{
		{"unknown vendor", nil, []string{"-vendor", "acme"}, 2, `unknown vendor "acme"`},
		{"target without vendor", nil, []string{"-target", closed}, 2, "-vendor trolley"},
		{"missing credentials", nil, []string{"-vendor", "trolley", "-target", closed}, 2, "SKEWPROOF_TROLLEY_ACCESS_KEY"},
		{"credentials file missing", replaced("SKEWPROOF_TROLLEY_SECRET_KEY", "@/nowhere/secret"), []string{"-vendor", "trolley", "-target", closed}, 2, "SKEWPROOF_TROLLEY_SECRET_KEY"},
		{"target is no URL", credentials, []string{"-vendor", "trolley", "-target", "sandbox.example.com"}, 2, "absolute URL"},
		{"target in the clear", credentials, []string{"-vendor", "trolley", "-target", "http://192.0.2.1"}, 2, "plain HTTP"},
		{"target with password", credentials, []string{"-vendor", "trolley", "-target", "https://me:hunter2@127.0.0.1"}, 2, "leave out user"},
		{"unreachable target", credentials, []string{"-vendor", "trolley", "-target", closed}, 3, "target unreachable"},
		{"empty selection", nil, []string{"-case", "trolley/window/typo"}, 4, "no case was selected"},
		{"unknown variant", nil, []string{"-variant", "trolley.color=red"}, 2, `no variant "color"`},
		{"unknown variant value", nil, []string{"-variant", "trolley.status=418"}, 2, `no value "418"`},
		{"variant of another vendor", nil, []string{"-vendor", "irp", "-variant", "trolley.status=403"}, 2, "no part of this run"},
		{"known failures missing", nil, []string{"-known-failing", "/nowhere/known.txt"}, 2, "read the known failures"},
		{"known failure that is no case", nil, []string{"-vendor", "trolley", "-known-failing", known}, 4, "known.txt:2: trolley/window/no-such-case is no case of these vendors"},
		{"known failure that passes", nil, []string{"-vendor", "trolley", "-known-failing", stale}, 4, "stale.txt:1"},
		{"profiles directory missing", nil, []string{"-profiles", "/nowhere"}, 2, "-profiles /nowhere"},
		{"pinned variant", nil, []string{"-vendor", "trolley", "-variant", "trolley.replay=refuse", "-variant", "trolley.status=403"}, 0, "0 fail"},
		{"Ginkgo's own filter", nil, []string{"-vendor", "trolley", "-ginkgo.label-filter", "window && MUST"}, 0, "0 fail"},
		{"Ginkgo's own filter, empty", nil, []string{"-vendor", "trolley", "-ginkgo.label-filter", "windmill"}, 4, "no case was selected"},
		{"not JSON", credentials, []string{"-vendor", "trolley", "-target", html.URL, "-case", "trolley/window/*"}, 1, "trolley/window/"},
	} {
		all.run(t, c.name, func(t *testing.T) {
			r := suite(t, c.env, c.args...)
			if r.exit != c.exit || !strings.Contains(r.output, c.says) {
				t.Errorf("exit %d, want %d and %q in:\n%s", r.exit, c.exit, c.says, tail(r.output))
			}
			wholeReports(t, r.reports)
		})
	}
}

// Profiles with mistakes are refused with file, line and remedy.
func TestWrongProfiles(t *testing.T) {
	good, err := os.ReadFile("../../vectors/trolley/profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	requirements, err := os.ReadFile("../../vectors/trolley/requirements.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all group
	defer all.wait()
	for _, c := range []struct{ name, old, new, says string }{
		{"mistyped key", "\nwindow: {past: 30s", "\nwindwo: {past: 30s", "windwo"},
		{"unknown step", "steps: [hmac-sha256 secret_key, hex]}\n  webhook", "steps: [hmac-sha256 secret_key, hexx]}\n  webhook", `unknown step "hexx"`},
		{"unknown flow", "flow: sign-each-request", "flow: sign-some-requests", "sign-some-requests"},
		{"unknown format", "format: unix-seconds", "format: unix-seconds-ish", "unix-seconds-ish"},
		{"no unit", "past: 30s", "past: 30", "unit"},
	} {
		all.run(t, c.name, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.Replace(string(good), c.old, c.new, 1)
			if text == string(good) {
				t.Fatal("the change does not apply")
			}
			write(t, filepath.Join(dir, "trolley", "profile.yaml"), text)
			write(t, filepath.Join(dir, "trolley", "requirements.yaml"), string(requirements))
			r := suite(t, nil, "-vendor", "trolley", "-profiles", dir)
			if r.exit != 2 || !strings.Contains(r.output, "trolley/profile.yaml:") || !strings.Contains(r.output, c.says) {
				t.Errorf("exit %d, want 2 and %q in:\n%s", r.exit, c.says, tail(r.output))
			}
		})
	}
}

// Wrong credentials are the caller's mistake, not the server's.
func TestWrongCredentials(t *testing.T) {
	server := peer(t)
	var all group
	defer all.wait()
	for _, c := range []struct{ vendor, variable, value string }{
		{"trolley", "SKEWPROOF_TROLLEY_ACCESS_KEY", "ALC7NOBODYKNOWSTHISKEY00"},
		{"trolley", "SKEWPROOF_TROLLEY_SECRET_KEY", "another-secret"},
		{"irp", "SKEWPROOF_IRP_API_KEY", "NobodyKnowsThisApiKey00000000001"},
		{"irp", "SKEWPROOF_IRP_SHARED_SECRET", "another-secret"},
		{"spreetail", "SKEWPROOF_SPREETAIL_CLIENT_SECRET", "another-secret"},
	} {
		all.run(t, c.variable, func(t *testing.T) {
			r := suite(t, replaced(c.variable, c.value), "-vendor", c.vendor, "-target", server)
			if r.exit != 2 || !strings.Contains(r.output, c.variable) {
				t.Errorf("exit %d, want 2 and %s named:\n%s", r.exit, c.variable, tail(r.output))
			}
		})
	}
}

// Vendors of one's own are a folder each, in existing flows, and no Go.
func TestOwnVendors(t *testing.T) {
	dir, err := filepath.Abs("../testdata/vendors")
	if err != nil {
		t.Fatal(err)
	}
	r := suite(t, nil, "-profiles", dir, "-vendor", "quayside,lanternpay")
	if r.exit != 0 || r.count("fail")+r.count("error")+r.count("skip") > 0 {
		t.Fatalf("exit %d:\n%s\n%s", r.exit, r.failed(), tail(r.output))
	}
	for _, s := range r.suites {
		if len(s.Cases) < 60 {
			t.Errorf("%s has %d cases, not 60", s.Vendor, len(s.Cases))
		}
	}
}

// Known failures still run, and do not fail the run.
func TestKnownFailures(t *testing.T) {
	t.Parallel()
	server := peer(t, "-broken", "trolley/wrong-message-key")
	first := suite(t, credentials, "-vendor", "trolley", "-target", server)
	var names []string
	for _, c := range first.suites[0].Cases {
		if c.Verdict == "fail" {
			names = append(names, c.Name)
		}
	}
	if first.exit != 1 || len(names) == 0 {
		t.Fatalf("exit %d, %d failures", first.exit, len(names))
	}
	file := filepath.Join(t.TempDir(), "known.txt")
	write(t, file, strings.Join(names, " # told the vendor\n"))
	second := suite(t, credentials, "-vendor", "trolley", "-target", server, "-known-failing", file)
	if second.exit != 0 || second.count("known-failure") != len(names) || second.count("fail") != 0 {
		t.Errorf("exit %d, %d known failures of %d\n%s", second.exit, second.count("known-failure"), len(names), tail(second.output))
	}
}

// A line that names no case is found out before anything is sent; of several, the
// first is told.
func TestKnownFailureThatIsNoCase(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "known.txt")
	write(t, file, "trolley/window/*\ntrolley/b/c\ntrolley/no/such-*\ntrolley/a/b\n")
	r := suite(t, credentials, "-vendor", "trolley", "-target", server.URL, "-known-failing", file)
	if r.exit != 4 || !strings.Contains(r.output, "known.txt:2: trolley/b/c is no case of these vendors") || hits.Load() > 0 {
		t.Errorf("exit %d after %d requests\n%s", r.exit, hits.Load(), tail(r.output))
	}
}

// A dry run sends nothing.
func TestDryRun(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	r := suite(t, credentials, "-vendor", "trolley,irp,spreetail", "-target", server.URL, "-dry-run")
	if r.exit != 0 || hits.Load() != 0 || !strings.Contains(r.output, "nothing was sent") || !strings.Contains(r.output, "meant to be refused") {
		t.Errorf("exit %d, %d requests:\n%s", r.exit, hits.Load(), tail(r.output))
	}
}

// Limits end a run before the server is bothered, and say so.
func TestLimits(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(server.Close)
	r := suite(t, credentials, "-vendor", "trolley", "-target", server.URL, "-max-requests", "25", "-case", "trolley/window/*", "-case", "trolley/timestamp/*")
	if hits.Load() > 25 || !strings.Contains(r.output, "raise -max-requests") {
		t.Errorf("%d requests, want at most 25 and a remark:\n%s", hits.Load(), tail(r.output))
	}
	hits.Store(0)
	r = suite(t, credentials, "-vendor", "trolley", "-target", peer(t), "-max-refused", "3")
	if r.exit != 2 || !strings.Contains(r.output, "raise -max-refused") {
		t.Errorf("exit %d, want 2 and a remark:\n%s", r.exit, tail(r.output))
	}
}

// A redirect to another host is not followed, so credentials stay here.
func TestRedirectIsNotFollowed(t *testing.T) {
	var leaked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	r := suite(t, credentials, "-vendor", "trolley", "-target", server.URL, "-case", "trolley/signature/*")
	if r.exit != 1 || leaked.Load() != 0 {
		t.Errorf("exit %d, want 1; %d requests went to another host\n%s", r.exit, leaked.Load(), tail(r.output))
	}
}

// No secret is in any output, whatever the run comes to.
func TestSecretsStayIn(t *testing.T) {
	canary := "canary-7d1f9a4c-secret/+=&%"
	env := replaced("SKEWPROOF_TROLLEY_SECRET_KEY", canary)
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"ok":false,"secret":"` + canary + `","b64":"` + base64.StdEncoding.EncodeToString([]byte("x"+canary+"y")) + `"}`))
	}))
	t.Cleanup(echo.Close)
	for _, args := range [][]string{
		{"-vendor", "trolley", "-target", echo.URL, "-case", "trolley/signature/*"},
		{"-vendor", "trolley", "-target", closedPort(t)},
		{"-vendor", "trolley", "-target", echo.URL, "-dry-run"},
	} {
		r := suite(t, env, args...)
		texts := []string{r.output}
		files, _ := filepath.Glob(filepath.Join(r.reports, "*"))
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
		for _, text := range texts {
			for _, form := range []string{canary, hex.EncodeToString([]byte(canary)), url.QueryEscape(canary), base64.StdEncoding.EncodeToString([]byte(canary)), "canary-7d1f9a4c"} {
				if strings.Contains(text, form) {
					t.Errorf("%v: the secret is in the output as %q", args, form)
				}
			}
		}
	}
}

// A run that is interrupted leaves whole reports.
func TestInterruptLeavesWholeReports(t *testing.T) {
	for _, after := range []time.Duration{300 * time.Millisecond, 4 * time.Second} { // while the clock is measured, and in the middle of the cases
		t.Run(after.String(), func(t *testing.T) { interrupt(t, after) })
	}
}

func interrupt(t *testing.T, after time.Duration) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(50 * time.Millisecond)
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(slow.Close)
	reports := t.TempDir()
	cmd := exec.Command(suiteBinary, "-ginkgo.no-color", "-reports", reports, "-vendor", "trolley", "-target", slow.URL)
	cmd.Env = append(os.Environ(), credentials...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("an interrupted run reports success")
	}
	wholeReports(t, reports)
	text, err := os.ReadFile(filepath.Join(reports, "results.json"))
	if err != nil || !bytes.Contains(text, []byte(`"interrupted": true`)) {
		t.Errorf("results.json does not say that the run was interrupted: %v\n%s", err, tail(out.String()))
	}
}

// wholeReports checks that the reports are there, whole, and agree with
// themselves.
func wholeReports(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "junit.xml"))
	if err != nil {
		t.Errorf("no report: %v", err)
		return
	}
	var doc struct {
		Tests  int `xml:"tests,attr"`
		Suites []struct {
			Tests int `xml:"tests,attr"`
			Cases []struct {
				Name  string `xml:"name,attr"`
				Class string `xml:"classname,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Errorf("junit.xml: %v", err)
	}
	cases := 0
	for _, s := range doc.Suites {
		cases += len(s.Cases)
		if s.Tests != len(s.Cases) {
			t.Errorf("junit.xml: a suite says %d tests and has %d", s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			if c.Name == "" || c.Class == "" {
				t.Errorf("junit.xml: a case without a name: %+v", c)
			}
		}
	}
	if doc.Tests != cases || cases == 0 {
		t.Errorf("junit.xml says %d tests and has %d", doc.Tests, cases)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("unfinished files are left: %v", left)
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replaced gives the credentials with one of them changed.
func replaced(variable, value string) []string {
	return append(append([]string{}, credentials...), variable+"="+value)
}
