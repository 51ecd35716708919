// Package suites runs the cases as Ginkgo tables, one spec a case, and writes
// the reports. It holds no knowledge of authentication.
package suites

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/recording"
	"github.com/skewproof/skewproof/reports"
)

// Run tests what the options name, as Ginkgo specs under t, writes the reports
// and the summary, and fails t unless everything conforms. It returns the exit
// code for a program that has one. Ginkgo allows one Run a process.
func Run(t *testing.T, o Options) (code int) {
	t.Helper()
	r := &runner{options: o, clock: clock.New(), environment: readEnvironment()}
	r.conceal(r.environment.secrets())
	r.out = hiding{os.Stdout, r.hide}
	defer log.SetOutput(log.Writer())
	log.SetOutput(hiding{log.Writer(), r.hideLogged})
	if o.Client != nil {
		// A client that goes by the default would look for a vendor on the network.
		defer func(before http.RoundTripper) { http.DefaultTransport = before }(http.DefaultTransport)
		http.DefaultTransport = refusing{}
	}
	r.report.Started = r.clock.Now()
	r.report.Repeat = func(name string) string { return r.options.repeat(t.Name(), name, r.known) }
	unmute, orderly := mute(r.out), false
	defer r.begin(t)()
	defer func() {
		if orderly {
			return
		}
		p := recover()
		r.panicked(p)
		unmute()
		r.tellGitHub()
		mute(r.out) // the panic may say anything too
		if p != nil {
			panic(p)
		}
	}()
	err := r.prepare(r.life.ctx, t)
	if why := r.ending(); why != nil {
		r.report.Interrupted, err = true, usageError{fmt.Errorf("%w before any case ran", why)}
	}
	if err == nil && o.DryRun {
		r.dryRun()
	} else {
		if err == nil {
			r.run(t)
		}
		code = r.finish(t, err)
	}
	orderly = true
	unmute()
	if !o.DryRun {
		r.tellGitHub()
	}
	return code
}

// runner is one Run on its way.
type runner struct {
	options  Options
	out      io.Writer
	clock    clock.Clock
	known    *knownFailures
	suites   []*suite
	report   reports.Run
	limited  bool     // some case was not run because of a limit
	replayed bool     // every recording of a replay could be read
	halves   []string // sentences about the recordings that are of half a run
	life     life

	environment environment
	redactor    atomic.Pointer[harness.Redactor] // hides the run's secrets; see conceal

	baselines map[string]*reports.Baseline // by vendor; see Options.Baseline
}

// suite is one vendor on one side.
type suite struct {
	run    func(context.Context, *harness.Case) harness.Result
	server *harness.Checker // nil on the side of clients
	target harness.Target
	taped  *recording.Recorder // nil when nothing is recorded
	end    func()              // gives back what the suite holds; nil for nothing
	cases  []*harness.Case
	report *reports.Suite
}

func (r *runner) prepare(ctx context.Context, t *testing.T) error {
	o := &r.options
	if err := r.checkRecording(); err != nil {
		return usageError{err}
	}
	if (o.servers() || o.clients()) && len(o.Vendors) == 0 {
		return usageError{errors.New("name the vendors whose rules the target or client follows: -vendor trolley")}
	}
	var err error
	if r.known, err = readKnown(o.KnownFailing); err != nil {
		return usageError{err}
	}
	var load []harness.Option
	if o.Profiles != "" {
		if info, err := os.Stat(o.Profiles); err != nil || !info.IsDir() {
			return usageError{fmt.Errorf("-profiles %s: not a directory that can be read", o.Profiles)}
		}
		load = append(load, harness.WithFolder(os.DirFS(o.Profiles)))
	}
	profiles, err := harness.Load(o.Vendors, load...)
	if err != nil {
		return usageError{err}
	}
	r.conceal(r.secrets(profiles))
	if err := r.checkVariants(profiles); err != nil {
		return usageError{err}
	}
	if err := r.readBaselines(profiles); err != nil {
		return usageError{err}
	}
	for _, p := range profiles {
		if p, err = r.pinned(p); err == nil && (o.servers() || !o.clients()) {
			err = r.addServer(p)
		}
		if err == nil && (o.clients() || !o.servers()) {
			err = r.addClient(t, p)
		}
		if err != nil {
			return usageError{err}
		}
	}
	r.replayed = o.Replay != ""
	if err := r.known.unmatched(); err != nil { // which cases there are is known by now
		return err
	}
	selected := 0
	for _, s := range r.suites {
		selected += len(s.cases)
	}
	if selected == 0 {
		return errNothing
	}
	if o.DryRun {
		return nil
	}
	// Before anything is sent: reports that cannot be written are found out now,
	// and those of an earlier run do not outlive this one, however it ends.
	if err := r.writeHalf(); err != nil {
		return usageError{fmt.Errorf("no case was run, because its report could not be written: %w", err)}
	}
	if err := r.tryPlaces(); err != nil {
		return usageError{fmt.Errorf("no case was run, because what it is to write could not be written: %w", err)}
	}
	return r.calibrate(ctx)
}

// calibrate learns what each target's clock shows and which open variants it
// follows.
func (r *runner) calibrate(ctx context.Context) error {
	var first *harness.Checker
	for _, s := range r.suites {
		if s.server == nil || r.options.Replay != "" {
			continue
		}
		if first != nil {
			s.server.ShareClock(first)
		} else {
			first = s.server
		}
		if err := s.server.Calibrate(ctx); err != nil {
			var credentials *harness.CredentialsError
			if errors.As(err, &credentials) {
				return usageError{err}
			}
			return err
		}
		s.report.Profile, s.report.Shown = s.server.Profile(), s.server.Shown()
	}
	for _, s := range r.suites { // now that all can be talked to: the recording before goes
		if err := r.record(s); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// checkVariants refuses a pin on a vendor that is not part of the run.
func (r *runner) checkVariants(profiles []*harness.Profile) error {
	for name := range r.options.Variants {
		vendor, _, _ := strings.Cut(name, ".")
		found := false
		for _, p := range profiles {
			found = found || p.Vendor == vendor
		}
		if !found {
			return fmt.Errorf("-variant %s: the vendor %q is no part of this run", name, vendor)
		}
	}
	return nil
}

// pinned is the profile with what the user pinned.
func (r *runner) pinned(p *harness.Profile) (*harness.Profile, error) {
	pins := map[string]string{}
	for name, value := range r.options.Variants {
		if vendor, variant, _ := strings.Cut(name, "."); vendor == p.Vendor {
			pins[variant] = value
		}
	}
	return p.With(pins, true)
}

// addServer sets one vendor up to check a server.
func (r *runner) addServer(p *harness.Profile) error {
	o := &r.options
	if o.Replay != "" {
		return r.addReplay(p)
	}
	credentials, err := r.credentials(p)
	if err != nil {
		return err
	}
	target, err := r.target(p)
	if err != nil {
		return err
	}
	target.Credentials = credentials
	s := &suite{report: &reports.Suite{Profile: p, Side: "server"}}
	options := harness.Options{Unsafe: o.Unsafe, Strict: o.Strict, AllowPlain: o.AllowPlain, MaxRefused: o.MaxRefused, Local: r.clock, Shapes: o.Baseline != ""}
	if o.Record != "" {
		options.Record = func(t harness.Tape) { s.taped.Add(t) }
	}
	if s.server, err = harness.NewChecker(p, target, options); err != nil {
		return err
	}
	s.run, s.target = s.server.Run, target
	r.add(s)
	return nil
}

// add chooses the suite's cases.
func (r *runner) add(s *suite) {
	for _, c := range s.report.Profile.Cases {
		r.known.met[c.Name()] = true
		if c.Side == s.report.Side && r.selected(c.Name()) {
			s.cases = append(s.cases, c)
		}
	}
	r.suites = append(r.suites, s)
	r.report.Suites = append(r.report.Suites, s.report)
}

// run builds the tables and hands them to Ginkgo.
func (r *runner) run(t *testing.T) {
	for _, s := range r.suites {
		r.describe(s)
	}
	ginkgo.ReportBeforeSuite(r.notePlanned)
	ginkgo.ReportAfterSuite("interrupted?", r.noteEnding)
	gomega.RegisterFailHandler(r.fail)
	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	suiteConfig.FailOnEmpty = true
	if !reporterConfig.Verbose && !reporterConfig.VeryVerbose { // which Ginkgo does not take beside Succinct
		reporterConfig.Succinct, reporterConfig.SilenceSkips = true, true
	}
	reporterConfig.NoColor = reporterConfig.NoColor || colorless(os.Stdout)
	r.limitSpecs(&suiteConfig)
	r.begun()
	ginkgo.RunSpecs(t, "skewproof", suiteConfig, reporterConfig)
	r.noteMissing()
}

// describe makes one table for each aspect of the vendor, and one spec for each
// case.
func (r *runner) describe(s *suite) {
	vendor := s.report.Profile.Vendor
	aspects, byAspect := []string{}, map[string][]any{}
	for _, c := range s.cases {
		a := c.Aspect()
		if byAspect[a] == nil {
			aspects = append(aspects, a)
		}
		byAspect[a] = append(byAspect[a], ginkgo.Entry(c.Name(), ginkgo.Label(string(c.Level)), c))
	}
	ginkgo.Describe(vendor+" "+s.report.Side, ginkgo.Label(vendor, s.report.Side), func() {
		for _, a := range aspects {
			check := func(ctx ginkgo.SpecContext, c *harness.Case) { r.check(ctx, s, c) }
			ginkgo.DescribeTable(a, append([]any{ginkgo.Label(a), check}, byAspect[a]...)...)
		}
	})
}

// check runs one case and asserts on it.
func (r *runner) check(ctx context.Context, s *suite, c *harness.Case) {
	if why := r.ending(); why != nil { // which Ginkgo has not noticed, or never will
		r.cutShort(why)
		ginkgo.AbortSuite(why.Error())
	}
	result := r.play(ctx, s, c)
	if ctx.Err() != nil || r.ending() != nil {
		r.cutShort(r.ending())
		return
	}
	r.known.judge(&result)
	r.collect(s, result)
	gomega.Expect(result).To(conform(s.report.Profile))
	if result.Verdict == harness.Skip || result.Verdict == harness.Inconclusive {
		ginkgo.Skip(r.hide(result.Reason))
	}
}
