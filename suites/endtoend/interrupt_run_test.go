package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// counted passes requests on to the server and says when the one of a number
// has come. What it says is what a test sends its signals by, so that these hit
// the same moments on a slow machine.
func counted(t *testing.T, server string, nth int) (at string, came chan struct{}, count *atomic.Int64) {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	came, count = make(chan struct{}), &atomic.Int64{}
	if nth == 0 {
		close(came)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) == int64(nth) {
			close(came)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, came, count
}

// started is a run that is on its way.
type started struct {
	cmd     *exec.Cmd
	out     syncWriter
	reports string
	ended   chan struct{}
}

// start starts the compiled suite.
func start(t *testing.T, reports string, env []string, args ...string) *started {
	t.Helper()
	return startProgram(t, suiteBinary, reports, env, append([]string{"-reports", reports}, args...)...)
}

func startProgram(t *testing.T, program, reports string, env []string, args ...string) *started {
	t.Helper()
	s := &started{reports: reports, ended: make(chan struct{})}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s.cmd = exec.CommandContext(ctx, program, append([]string{"-ginkgo.no-color"}, args...)...)
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = append(append(os.Environ(), credentials...), env...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer cancel()
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() { cancel(); <-s.ended })
	return s
}

// output is what it has printed until now.
func (s *started) output() string { return s.out.String() }

// signal sends a signal; one that comes too late is no fault.
func (s *started) signal(sig os.Signal) { _ = s.cmd.Process.Signal(sig) }

// exit waits for the end: the exit code, or the signal that ended the run.
func (s *started) exit() (int, syscall.Signal) {
	<-s.ended
	status := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return -1, status.Signal()
	}
	return status.ExitStatus(), 0
}

// half checks that the reports are whole and say that they are of half a run,
// and gives back how many cases they list.
func (s *started) half(t *testing.T) int {
	t.Helper()
	file := checkedReports(t, s.reports)
	if !file.Interrupted || file.Problem == "" {
		t.Errorf("interrupted is %v and the problem %q\n%s", file.Interrupted, file.Problem, tail(s.output()))
	}
	if badge := read(t, filepath.Join(s.reports, "badge.json")); !strings.Contains(badge, "interrupted after") || strings.Contains(badge, "green") {
		t.Errorf("the badge says %s", badge)
	}
	return file.cases()
}

// resultsFile is as much of results.json as is looked at here.
type resultsFile struct {
	Problem     string
	Interrupted bool
	Suites      []struct {
		Verdicts map[string]int
		Cases    []struct{ Name, Verdict string }
	}
}

func (f resultsFile) cases() int {
	n := 0
	for _, s := range f.Suites {
		n += len(s.Cases)
	}
	return n
}

// checkedReports reads the reports of a run, and checks that they are whole,
// that results.json follows its schema, and that they agree with each other.
func checkedReports(t *testing.T, dir string) resultsFile {
	t.Helper()
	wholeReports(t, dir)
	followsSchema(t, read(t, filepath.Join(dir, "results.json")))
	var file resultsFile
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "results.json"))), &file); err != nil {
		t.Fatalf("results.json: %v", err)
	}
	for _, s := range file.Suites {
		verdicts := map[string]int{}
		for _, c := range s.Cases {
			verdicts[c.Verdict]++
		}
		if fmt.Sprint(verdicts) != fmt.Sprint(s.Verdicts) {
			t.Errorf("results.json counts %v and lists %v", s.Verdicts, verdicts)
		}
	}
	junit := read(t, filepath.Join(dir, "junit.xml"))
	listed := strings.Count(junit, "<testcase ")
	if file.Problem != "" {
		listed-- // the problem is a test of its own there
	}
	if listed != file.cases() || strings.Contains(junit, `<property name="interrupted" value="true">`) != (file.Interrupted && len(file.Suites) > 0) {
		t.Errorf("junit.xml has %d cases and results.json %d, interrupted is %v", listed, file.cases(), file.Interrupted)
	}
	return file
}

// followsSchema checks a results file against the published schema.
func followsSchema(t *testing.T, results string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../reports/results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(results))
	if err == nil {
		err = schema.Validate(doc)
	}
	if err != nil {
		t.Errorf("results.json: %v", err)
	}
}
