package suites

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// Why a run ends before its last case.
var (
	errInterrupted = errors.New("the run was interrupted")
	errTimeUp      = errors.New("the time given to the test ran out")
	errEndedEarly  = errors.New("the run ended before its last case") // as with -ginkgo.fail-fast
)

// life is what may end a run early, and what is kept for that: the reports on
// disk are never those of an earlier run, and never half a file.
type life struct {
	ctx    context.Context // done when the run is to end
	margin time.Duration   // kept free before the test's deadline; 0 when there is none

	planned int        // cases that Ginkgo is to run
	lock    sync.Mutex // guards what a case adds to the run
	playing bool       // cases run, so that reports may be written at any time
	closed  bool       // the results are final: what a leaked case still brings is dropped
	written time.Time  // when reports were last written
}

// begin watches for signals and for the test's deadline, until the function it
// returns is called. Ginkgo heeds signals too, but only while specs run.
func (r *runner) begin(t *testing.T) func() {
	ctx, cancel := context.WithCancelCause(t.Context())
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-signals:
				cancel(errInterrupted)
				r.keep() // the next one may be one that cannot be caught
			case <-ended:
				return
			}
		}
	}()
	r.life.ctx = ctx
	stop := func() {}
	if deadline, ok := t.Deadline(); ok {
		r.life.margin = min(mostMargin, deadline.Sub(r.clock.Now())/2)
		r.life.ctx, stop = context.WithDeadlineCause(ctx, deadline.Add(-r.life.margin), errTimeUp)
	}
	return func() {
		signal.Stop(signals)
		close(ended)
		stop()
		cancel(nil)
	}
}

// mostMargin is how long before the test's deadline a run ends: go test kills
// whatever is not done by then. Of a short time it is half.
const mostMargin = 5 * time.Second

// ending is why the run is to end now; nil when it is not.
func (r *runner) ending() error {
	if r.life.ctx.Err() == nil {
		return nil
	}
	return context.Cause(r.life.ctx)
}

// limitSpecs has Ginkgo stop in time before the test's deadline.
func (r *runner) limitSpecs(config *types.SuiteConfig) {
	deadline, ok := r.life.ctx.Deadline()
	if !ok {
		return
	}
	left := max(deadline.Sub(r.clock.Now()), time.Millisecond)
	if config.Timeout == 0 || config.Timeout > left {
		config.Timeout = left
	}
	config.GracePeriod = max(min(config.GracePeriod, r.life.margin/2), time.Millisecond)
}

// noteEnding learns from Ginkgo whether it ended the run.
func (r *runner) noteEnding(report ginkgo.Report) {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	for _, reason := range report.SpecialSuiteFailureReasons {
		switch {
		case strings.Contains(reason, "Timeout"):
			r.interrupted(errTimeUp)
		case strings.Contains(reason, "Interrupted"):
			r.interrupted(errInterrupted)
		}
	}
}

// notePlanned learns from Ginkgo how many cases its own filters leave.
func (r *runner) notePlanned(report ginkgo.Report) {
	r.life.planned = report.PreRunStats.SpecsThatWillRun
}

// noteMissing marks a run in which fewer cases came to an end than were to run,
// whoever ended it: Ginkgo does not always say, and a case that is stuck cannot.
func (r *runner) noteMissing() {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	ran := 0
	for _, s := range r.report.Suites {
		ran += len(s.Results)
	}
	why := r.ending()
	if ran >= r.life.planned || ran == 0 && why == nil { // without a reason, that none ran is another problem
		return
	}
	if why == nil {
		why = errEndedEarly
	}
	r.interrupted(why)
}

// cutShort notes that a case was not run to its end, or not at all. Where why is
// nil, Ginkgo ended it, and is still to say why.
func (r *runner) cutShort(why error) {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	if !r.life.closed {
		r.interrupted(why)
	}
}

// interrupted marks the run as half a run, and says why. The first reason
// stands.
func (r *runner) interrupted(why error) {
	r.report.Interrupted = true
	if why != nil {
		r.report.Problem = cmp.Or(r.report.Problem, why.Error()+"; the cases that are not listed never ran")
	}
}

// play runs one case. One that panics is reported as an error, and the panic
// goes on: Ginkgo shows where it was.
func (r *runner) play(ctx context.Context, s *suite, c *harness.Case) harness.Result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.life.ctx, cancel)()
	returned := false
	defer func() {
		if returned {
			return
		}
		p, text := recover(), "its goroutine was ended from within"
		if p != nil {
			text = r.hide("panicked: " + fmt.Sprint(p))
		}
		r.collect(s, harness.Result{Case: c, Verdict: harness.Error, Reason: text})
		if p != nil {
			panic(text)
		}
	}()
	result := s.run(ctx, c)
	returned = true
	return result
}

// collect adds the result of a case, unless the reports are written already, and
// now and then writes what there is.
func (r *runner) collect(s *suite, result harness.Result) {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	if r.life.closed {
		return
	}
	s.report.Results = append(s.report.Results, result)
	r.limited = r.limited || strings.HasPrefix(result.Reason, "not run: ")
	if r.clock.Now().Sub(r.life.written) > keepEvery {
		_ = r.writeHalf() // it could be written at the start, and is again at the end
	}
}

// keepEvery is how much of a run may be lost to what no program can catch.
const keepEvery = 10 * time.Second

// keep writes the reports of what has run so far, while cases run.
func (r *runner) keep() {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	if r.life.playing && !r.life.closed {
		_ = r.writeHalf()
	}
}

// writeHalf writes reports that say they are of half a run. Whoever calls it
// holds the lock, or is the only one there.
func (r *runner) writeHalf() error {
	r.life.written = r.clock.Now()
	if r.options.Reports == "" {
		return nil
	}
	half := r.report
	half.Interrupted, half.Duration = true, r.life.written.Sub(half.Started)
	half.Problem = cmp.Or(half.Problem, "the run has not come to its end; the cases that are not listed have not run")
	half.Suites = nil
	for _, s := range r.report.Suites {
		copied := *s
		copied.Results = slices.Clone(s.Results)
		half.Suites = append(half.Suites, &copied)
	}
	return half.Write(r.options.Reports)
}

// begun says that cases run from now on.
func (r *runner) begun() {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	r.life.playing = true
}

// close makes the results final.
func (r *runner) close() {
	r.life.lock.Lock()
	defer r.life.lock.Unlock()
	r.life.closed = true
}

// panicked writes what there is of a run that did not come to its end in good
// order. Should that be what panics, it is written without results.
func (r *runner) panicked(p any) {
	r.close()
	if r.options.Reports == "" {
		return
	}
	problem := "the test was ended from within"
	if p != nil {
		problem = "panicked: " + strings.Join(strings.Fields(r.hide(fmt.Sprint(p))), " ")
	}
	run := r.report
	run.Problem, run.Interrupted = problem, true
	for _, suites := range [][]*reports.Suite{run.Suites, nil} {
		run.Suites = suites
		if written(&run, r.options.Reports) {
			return
		}
	}
}

// written reports whether the run could be written.
func written(run *reports.Run, dir string) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return run.Write(dir) == nil
}
