package endtoend

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// unrulyBinary tests handlers that misbehave within the run's own process.
var unrulyBinary = sync.OnceValues(func() (string, error) {
	file := filepath.Join(filepath.Dir(suiteBinary), "unruly")
	cmd := exec.Command("go", "test", "-c", "-o", file, "../testdata/unruly")
	cmd.Stderr = os.Stderr
	return file, cmd.Run()
})

// unruly starts such a run: the handler misbehaves when it is made for the time
// of that number, which is in setting up, in measuring, or in a case.
func unruly(t *testing.T, how, at string, args ...string) *started {
	t.Helper()
	binary, err := unrulyBinary()
	if err != nil {
		t.Fatal(err)
	}
	reports := t.TempDir()
	return startProgram(t, binary, reports, []string{"UNRULY=" + how, "UNRULY_AT=" + at, "UNRULY_REPORTS=" + reports}, args...)
}

// A panic leaves reports that name it, and goes on.
func TestPanicLeavesReports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how, at, says, problem string
		inCase                 bool
	}{
		{"panic", "1", "panic: out of tea", "panicked: out of tea", false},
		{"panic", "2", "panic: out of tea", "panicked: out of tea", false},
		{"panic", "5", "[PANICKED]", "panicked: out of tea", true},
		{"goexit", "1", "runtime.Goexit", "the test was ended from within", false},
		{"goexit", "2", "runtime.Goexit", "the test was ended from within", false},
		{"goexit", "5", "[PANICKED]", "its goroutine was ended from within", true},
	} {
		t.Run(c.how+" when made for the time "+c.at, func(t *testing.T) {
			s := unruly(t, c.how, c.at)
			code, killed := s.exit()
			if code == 0 || killed != 0 || !strings.Contains(s.output(), c.says) || !strings.Contains(s.output(), "unruly_test.go") {
				t.Errorf("exit %d, signal %v, without %q and where it was:\n%s", code, killed, c.says, tail(s.output()))
			}
			if !c.inCase {
				s.half(t)
				if file := checkedReports(t, s.reports); !strings.Contains(file.Problem, c.problem) {
					t.Errorf("the problem is %q, not %q", file.Problem, c.problem)
				}
				return
			}
			// One case is lost, and the others are not.
			file := checkedReports(t, s.reports)
			verdicts := file.Suites[0].Verdicts
			if file.Interrupted || verdicts["error"] != 1 || verdicts["pass"] < 40 || !strings.Contains(read(t, filepath.Join(s.reports, "junit.xml")), c.problem) {
				t.Errorf("interrupted is %v, %v", file.Interrupted, verdicts)
			}
		})
	}
}

// A handler that never answers does not hold up who has had enough of it, nor
// the end of the time given.
func TestStuckRunEnds(t *testing.T) {
	t.Parallel()
	t.Run("for who presses the keys again", func(t *testing.T) {
		t.Parallel()
		s := unruly(t, "hang", "5")
		for ended := false; !ended; {
			if strings.Contains(s.output(), "hanging") {
				s.signal(syscall.SIGINT)
			}
			select {
			case <-s.ended:
				ended = true
			case <-time.After(50 * time.Millisecond):
			}
		}
		if code, _ := s.exit(); code <= 0 || s.half(t) == 0 {
			t.Errorf("exit %d\n%s", code, tail(s.output()))
		}
	})
	for at, some := range map[string]bool{"3": false, "5": true} { // the first case, and a later one
		t.Run("when the time is up, at "+at, func(t *testing.T) {
			t.Parallel()
			s := unruly(t, "hang", at, "-test.timeout", "6s")
			code, _ := s.exit()
			if code <= 0 || s.half(t) > 0 != some || strings.Contains(s.output(), "panic: test timed out") {
				t.Errorf("exit %d\n%s", code, tail(s.output()))
			}
			if file := checkedReports(t, s.reports); !strings.HasPrefix(file.Problem, "the time given to the test ran out") {
				t.Errorf("the problem is %q", file.Problem)
			}
		})
	}
}

// syncWriter is written to by one goroutine and read by others.
type syncWriter struct {
	lock sync.Mutex
	text strings.Builder
}

var _ io.Writer = (*syncWriter)(nil)

func (w *syncWriter) Write(p []byte) (int, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.text.Write(p)
}

func (w *syncWriter) String() string {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.text.String()
}
