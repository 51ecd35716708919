package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Three cases in the order they run. A broken driver goes wrong in the middle
// one, where it does not go wrong from the start.
const (
	caseBefore = "trolley/sends/create-batch"
	caseBroken = "trolley/sends/find-invoice"
	caseAfter  = "trolley/sends/list-recipients"
)

// A driver that goes wrong makes an error of the case in progress, and of no
// other, with a sentence that says how. Nothing of it is left behind.
func TestBrokenDrivers(t *testing.T) {
	t.Parallel()
	const atStart = 3 // cases that are errors where it goes wrong in its greeting
	var all group
	defer all.wait()
	for _, c := range []struct {
		how    string
		errors int
		says   string // of each case that is an error, a regular expression
		args   []string
	}{
		{"exit", atStart, `^the driver exited: exit status 7; its last words: no licence found$`, nil},
		{"exit-quietly", atStart, `^the driver exited: exit status 0$`, nil},
		{"version-2", atStart, `^the driver speaks version 2 of the protocol, and this is version 1$`, nil},
		{"junk-first", atStart, `^the driver's first line is no greeting: "Starting up\.\.\."; it is to be {"skewproof": 1`, nil},
		{"greet-in-many-bytes", atStart, `^the driver printed a line of more than 1048576 bytes$`, nil},
		{"silent", 1, `^the driver has said nothing for 30s; its first line is to be {"skewproof": 1`, []string{"-case", caseBroken}},
		{"deaf", 1, `^the driver has not answered for 10s$`, []string{"-case", caseBroken}},
		{"exit-after-start", 1, `^the driver exited: exit status 7$`, nil},
		{"junk", 1, `^the driver printed what is no answer: "debug: about to call"; what is meant for people goes to standard error$`, nil},
		{"wrong-id", 1, `^the driver answered id 1\d\d\d, which nobody asked`, nil},
		{"twice", 1, `^the driver answered id \d+, which .* it had answered already$`, nil},
		{"huge-line", 1, `^the driver printed a line of more than 1048576 bytes$`, nil},
		{"exit-in-call", 1, `^the driver exited: exit status 7; its last words: Traceback: no such host$`, nil},
		{"exit-after-answer", 1, `^the driver exited: exit status 7$`, nil},
		{"hang", 1, `^the driver has not answered for 10s$`, nil},
		{"close-output", 1, `^the driver closed its output$`, nil},
		{"neither", 1, `^the driver answered a call with neither a status nor an error$`, nil},
		{"fork", 1, `^the driver exited: exit status 7$`, nil},
		{"fork-and-exit", 1, `^the driver exited: exit status 7$`, nil},
		{"chatter", 0, "", nil},
		{"chatter-and-exit", 1, `^the driver exited: exit status 7; its last words: (chatter )+`, nil},
		{"ignore-end", 0, "", nil},
	} {
		all.run(t, c.how, func(t *testing.T) {
			pids := filepath.Join(t.TempDir(), "pids")
			in := caseBroken
			if c.errors > 1 {
				in = ""
			}
			args := c.args
			if args == nil {
				args = []string{"-case", caseBefore, "-case", caseBroken, "-case", caseAfter}
			}
			began := time.Now()
			r := suite(t, nil, append(args, "-vendor", "trolley", "-client", fmt.Sprintf("%s -pids %s -in %s %s", quoted(built(t, "broken")), quoted(pids), quoted(in), c.how))...)
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
			exit := 4 // it skips the others, which leaves no verdict at all
			if c.errors > 0 {
				exit = 3
			}
			if r.exit != exit || r.count("error") != c.errors || r.count("fail") > 0 || r.count("error")+r.count("skip") != len(args)/2 {
				t.Errorf("exit %d, want %d with %d errors; the other cases are to go on\n%s", r.exit, exit, c.errors, tail(r.output))
			}
			for name, reason := range r.reasons(t, "error") {
				if !regexp.MustCompile(c.says).MatchString(strings.Join(strings.Fields(reason), " ")) || len(reason) > 6000 {
					t.Errorf("%s: %s\nwant %s", name, tail(reason), c.says)
				}
			}
			wholeReports(t, r.reports)
			if len(r.output) > 100_000 {
				t.Errorf("the run printed %d bytes", len(r.output))
			}
			areGone(t, pids)
		})
	}
}

// areGone checks that no process of the list is left. One that has ended, and
// that nobody has waited for, is not.
func areGone(t *testing.T, list string) {
	t.Helper()
	text, err := os.ReadFile(list)
	if err != nil {
		t.Errorf("no driver was started: %v", err)
	}
	for _, pid := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		state, _ := os.ReadFile("/proc/" + pid + "/stat") // where there is no such file, the signal alone tells
		if _, after, ok := strings.Cut(string(state), ") "); ok && (after[0] == 'Z' || after[0] == 'X') {
			continue
		}
		if syscall.Kill(n, 0) == nil {
			t.Errorf("process %d is left behind: %s", n, state)
		}
	}
}

func TestDriverThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	notRunnable := filepath.Join(t.TempDir(), "driver")
	write(t, notRunnable, "no program\n")
	for command, says := range map[string]string{
		"/nowhere/driver":      "the driver does not start: fork/exec /nowhere/driver: no such file or directory; name a program",
		"no-such-driver-here":  `the driver does not start: exec: "no-such-driver-here": executable file not found in $PATH; name a program`,
		quoted(notRunnable):    "permission denied; name a program",
		quoted(t.TempDir()):    "; name a program",
		"./driver-of-nowhere ": "the driver does not start",
	} {
		r := suite(t, nil, "-vendor", "trolley", "-case", "trolley/sends/create-*", "-client", command)
		if reasons := r.reasons(t, "error"); r.exit != 3 || len(reasons) != 2 || !strings.Contains(reasons[caseBefore], says) {
			t.Errorf("%s: exit %d, %v\nwant %s", command, r.exit, reasons, says)
		}
		wholeReports(t, r.reports)
	}
	if r := suite(t, nil, "-vendor", "trolley", "-client", "driver 'of two"); r.exit != 2 || !strings.Contains(r.output, "write a program and its arguments") {
		t.Errorf("a command that cannot be read: exit %d\n%s", r.exit, tail(r.output))
	}
}

// A driver that goes wrong in case after case is given up, not waited for in
// each.
func TestDriverIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"exit", "exit-in-call"} {
		r := suite(t, nil, "-vendor", "trolley", "-case", "trolley/told/*", "-client", quoted(built(t, "broken"))+" "+how)
		tried, given := 0, 0
		for _, reason := range r.reasons(t, "error") {
			if strings.HasPrefix(reason, "not run: the driver went wrong in 5 cases in a row; the last time: the driver exited: exit status 7") {
				given++
			} else {
				tried++
			}
		}
		if r.exit != 3 || tried != 5 || given < 5 {
			t.Errorf("%s: exit %d, %d cases were tried and %d were not", how, r.exit, tried, given)
		}
	}
}

// Fifty calls at once that all go wrong are one case that went wrong.
func TestCallsAtOnceAreOneCase(t *testing.T) {
	t.Parallel()
	r := suite(t, nil, "-vendor", "trolley", "-case", "trolley/sends/bodies-at-once", "-case", caseAfter,
		"-client", quoted(built(t, "broken"))+" -in trolley/sends/bodies-at-once exit-in-call")
	if r.exit != 3 || r.verdict("trolley/sends/bodies-at-once") != "error" || r.verdict(caseAfter) != "skip" {
		t.Errorf("exit %d, and the case after is %s\n%s", r.exit, r.verdict(caseAfter), tail(r.output))
	}
}

// A driver that says a call succeeded, and sent nothing, is no client that
// conforms.
func TestDriverThatOnlySaysSo(t *testing.T) {
	t.Parallel()
	r := suite(t, nil, "-vendor", "trolley,irp,spreetail", "-client", quoted(built(t, "broken"))+" echo")
	if r.exit != 1 || r.count("pass") > 0 {
		t.Errorf("exit %d, and %d cases pass\n%s", r.exit, r.count("pass"), tail(r.output))
	}
}

// What a driver prints on standard error is searched for secrets, and shown
// without them.
func TestDriverThatPrintsASecret(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"secret", "secret-and-exit"} {
		r := suite(t, nil, "-vendor", "spreetail", "-case", "spreetail/sends/get-order", "-client", quoted(built(t, "broken"))+" "+how)
		found := false
		for _, s := range r.suites {
			for _, c := range s.Cases {
				for _, f := range c.Findings {
					found = found || f.Requirement == "SPR-029" && f.Kind == "leak"
				}
			}
		}
		exit := map[string]int{"secret": 1, "secret-and-exit": 3}[how]
		if r.exit != exit || !found {
			t.Errorf("%s: exit %d, want %d; SPR-029 is cited: %v\n%s", how, r.exit, exit, found, tail(r.output))
		}
		wholeReports(t, r.reports)
		for _, file := range []string{"junit.xml", "results.json"} {
			text, err := os.ReadFile(filepath.Join(r.reports, file))
			if err != nil || strings.Contains(string(text)+r.output, "secret-skewproof-example") {
				t.Errorf("%s: the secret is shown, in the output or in %s (%v)", how, file, err)
			}
		}
	}
}
