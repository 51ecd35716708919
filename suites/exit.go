package suites

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
)

// Exit codes of a run.
const (
	ExitConforms    = 0
	ExitFails       = 1
	ExitUsage       = 2 // flags, files or credentials are wrong, or a budget or an interrupt ended the run early
	ExitUnreachable = 3 // the target could not be talked to
	ExitNothing     = 4 // no case ran, or an entry of the known failures is stale
	ExitRegression  = 5 // the target changed since the baseline, in what its vendor documents
)

// errNothing says that no case was selected.
var errNothing = errors.New("no case was selected; -case takes full names such as trolley/window/*")

// usageError marks an error as the caller's.
type usageError struct{ error }

// finish writes the reports whatever happened, and settles the exit code.
func (r *runner) finish(t *testing.T, problem error) int {
	t.Helper()
	r.close()
	r.report.Limited = r.limited
	r.report.Duration = r.clock.Now().Sub(r.report.Started)
	ran := 0
	for _, s := range r.suites {
		if s.server != nil {
			s.report.Notes = s.server.Notes()
			if i, ok := s.server.Offset(); ok { // as wide as it became during the run
				s.report.Offset = i.String()
			}
		}
		if s.end != nil {
			s.end()
		}
		ran += len(s.report.Results)
	}
	if ran == 0 && problem == nil && !r.report.Interrupted {
		problem = errNothing // an empty report would read as green
	}
	if r.limited && r.report.Problem == "" { // by what is missing from a recording, if it is of half a run
		r.report.Problem = r.hide(strings.Join(r.halves, "; "))
	}
	// What cannot be written takes nothing from what the cases showed.
	unwritten := errors.Join(r.compare(problem), r.endRecording(problem == nil))
	r.report.Regressed = r.regressed()
	code := r.code(problem)
	if problem == nil && r.report.Interrupted {
		r.interrupted(errInterrupted)
	}
	if problem != nil {
		r.report.Problem = r.line(problem)
	}
	why := r.reason(code)
	tell := func(err error) {
		text := r.line(err)
		if r.report.Problem != "" {
			text = r.report.Problem + "; " + text
		}
		r.report.Problem = text
		if code == ExitConforms {
			code, why = ExitUsage, text
		} else {
			t.Error(r.hide(err.Error()))
		}
	}
	if unwritten != nil {
		tell(unwritten)
	}
	if r.options.Reports != "" {
		if err := r.report.Write(r.options.Reports); err != nil {
			tell(err)
			_ = r.report.Write(r.options.Reports) // those that can be written are not green
		}
	}
	if err := r.report.Summary(r.out); err != nil {
		t.Errorf("write the summary: %v", err)
	}
	if code != ExitConforms {
		t.Errorf("skewproof: exit %d: %s", code, harmless(why))
	}
	return code
}

// line is the error in one line. It is hidden first: a secret may have white space
// in it.
func (r *runner) line(err error) string {
	return strings.Join(strings.Fields(r.hide(err.Error())), " ")
}

func (r *runner) code(problem error) int {
	var usage usageError
	var unreachable *harness.UnreachableError
	switch {
	case errors.As(problem, &usage):
		return ExitUsage
	case errors.As(problem, &unreachable):
		return ExitUnreachable
	case errors.Is(problem, errNothing):
		return ExitNothing
	case r.regressed(): // before the failures: one that was there then is no regression
		return ExitRegression
	case r.report.Count(harness.Fail) > 0:
		return ExitFails
	case problem != nil || r.report.Count(harness.Stale) > 0:
		return ExitNothing
	case r.report.Count(harness.Error) > 0:
		return ExitUnreachable
	case r.limited || r.report.Interrupted:
		return ExitUsage
	case r.report.Ran() == 0: // all skipped is no green either
		return ExitNothing
	}
	return ExitConforms
}

func (r *runner) reason(code int) string {
	switch {
	case r.report.Problem != "":
		return r.report.Problem
	case code == ExitRegression:
		return "changed since the baseline: " + r.report.Comparison.Total()
	case code == ExitFails:
		return fmt.Sprintf("%d cases do not conform", r.report.Count(harness.Fail))
	case code == ExitUnreachable:
		return fmt.Sprintf("%d cases could not be run", r.report.Count(harness.Error))
	case code == ExitNothing && r.report.Count(harness.Stale) > 0:
		return "the list of known failures is stale"
	case code == ExitNothing:
		return "no case came to a verdict: each was skipped or inconclusive"
	case r.report.Interrupted:
		return "the run did not get to its end"
	}
	return "a limit ended the run before all cases were sent"
}
