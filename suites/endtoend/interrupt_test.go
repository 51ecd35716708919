package endtoend

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// interruptible is a run that takes some seconds, most of them in its cases.
var interruptible = []string{"-vendor", "trolley", "-case", "trolley/signature/*", "-case", "trolley/key/*", "-case", "trolley/order/*"}

// Whenever a run is interrupted, it leaves whole reports that say so, or none
// where it had not come to writing any.
func TestInterruptedAtAnyMoment(t *testing.T) {
	t.Parallel()
	server := peer(t, "-delay", "10ms")
	at, _, count := counted(t, server, -1)
	whole := start(t, t.TempDir(), nil, append(interruptible, "-target", at)...)
	if code, _ := whole.exit(); code != 0 {
		t.Fatalf("exit %d without an interrupt:\n%s", code, tail(whole.output()))
	}
	cases, requests := checkedReports(t, whole.reports).cases(), int(count.Load())
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	halves := atomic.Int64{}
	var all group
	for i := range 10 {
		nth := random.IntN(requests + 1) // 0 is the start
		switch i {
		case 0:
			nth = 0
		case 1:
			nth = requests // the end
		}
		later := time.Duration(random.Int64N(int64(40 * time.Millisecond)))
		second := random.IntN(3) == 0
		all.run(t, fmt.Sprintf("request %d of %d and %v", nth, requests, later), func(t *testing.T) {
			at, came, _ := counted(t, server, nth)
			s := start(t, t.TempDir(), nil, append(interruptible, "-target", at)...)
			select {
			case <-came:
			case <-s.ended:
				t.Logf("the run ended before that request")
			}
			time.Sleep(later)
			s.signal(os.Interrupt)
			if second {
				s.signal(syscall.SIGTERM)
			}
			code, killed := s.exit()
			if _, err := os.Stat(filepath.Join(s.reports, "results.json")); err != nil {
				if left, _ := os.ReadDir(s.reports); killed == 0 || len(left) > 0 {
					t.Errorf("seed %d: exit %d, signal %v, and %v without results.json", seed, code, killed, left)
				}
				return // before the run heeded signals
			}
			file := checkedReports(t, s.reports)
			switch {
			case file.Interrupted:
				halves.Add(1)
				if n := s.half(t); code != 2 || n >= cases {
					t.Errorf("seed %d: exit %d, %d of %d cases, %q\n%s", seed, code, n, cases, file.Problem, tail(s.output()))
				}
			case file.cases() != cases || code != 0 && killed == 0:
				t.Errorf("seed %d: exit %d, signal %v, %d of %d cases, and not called interrupted\n%s", seed, code, killed, file.cases(), cases, tail(s.output()))
			}
		})
	}
	all.wait()
	if halves.Load() < 5 {
		t.Errorf("seed %d: only %d of ten runs were half runs", seed, halves.Load())
	}
}

// What no program can catch leaves what was written last, marked as half a run,
// and at most a file that the next run removes.
func TestKilled(t *testing.T) {
	t.Parallel()
	server := peer(t, "-delay", "10ms")
	var all group
	defer all.wait()
	for _, nth := range []int{1, 40} {
		all.run(t, fmt.Sprintf("at request %d", nth), func(t *testing.T) {
			at, came, _ := counted(t, server, nth)
			s := start(t, t.TempDir(), nil, append(interruptible, "-target", at)...)
			<-came
			s.signal(syscall.SIGKILL)
			s.exit()
			s.half(t)
			write(t, filepath.Join(s.reports, fmt.Sprintf(".junit.xml.unfinished-%d-1", s.cmd.Process.Pid)), "<testsuites")
			next := start(t, s.reports, nil, "-vendor", "trolley", "-case", "trolley/window/*")
			if code, _ := next.exit(); code != 0 {
				t.Errorf("exit %d of the next run:\n%s", code, tail(next.output()))
			}
			if file := checkedReports(t, s.reports); file.Interrupted {
				t.Error("the next run is called interrupted")
			}
		})
	}
}

// A run whose time is up ends before go test kills it, or when Ginkgo says so.
func TestTimeUp(t *testing.T) {
	t.Parallel()
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(30 * time.Millisecond):
		case <-r.Context().Done():
		}
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(slow.Close)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	var all group
	defer all.wait()
	for _, c := range []struct {
		name, target string
		args         []string
	}{
		{"while cases run", slow.URL, []string{"-test.timeout", "10s"}},
		{"while the clock is measured", slow.URL, []string{"-test.timeout", "6s"}},
		{"while an answer is waited for", silent.URL, []string{"-test.timeout", "6s"}},
		{"of Ginkgo", slow.URL, []string{"-ginkgo.timeout", "1s"}},
	} {
		all.run(t, c.name, func(t *testing.T) {
			s := start(t, t.TempDir(), nil, append(c.args, "-vendor", "trolley", "-target", c.target)...)
			code, _ := s.exit()
			s.half(t)
			problem := checkedReports(t, s.reports).Problem
			if (code != 1 && code != 2) || !strings.Contains(problem, "the time given to the test ran out") || strings.Contains(s.output(), "panic: test timed out") {
				t.Errorf("exit %d, %q\n%s", code, problem, tail(s.output()))
			}
		})
	}
}

// Whatever keeps cases from running makes a half run of it.
func TestFailFastIsAHalfRun(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ok":true}`)) }))
	t.Cleanup(server.Close)
	s := start(t, t.TempDir(), nil, "-vendor", "trolley", "-target", server.URL, "-case", "trolley/signature/*", "-ginkgo.fail-fast")
	code, _ := s.exit()
	file := checkedReports(t, s.reports)
	if code != 1 || !file.Interrupted || !strings.Contains(file.Problem, "ended before its last case") || file.cases() == 0 {
		t.Errorf("exit %d, interrupted is %v, %q, %d cases\n%s", code, file.Interrupted, file.Problem, file.cases(), tail(s.output()))
	}
}
