// Package suites runs the cases as Ginkgo tables, one spec a case, and writes
// the reports. It holds no knowledge of authentication.
package suites

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/jarcoal/httpmock"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/reports"
)

// Exit codes of a run.
const (
	ExitConforms    = 0
	ExitFails       = 1
	ExitUsage       = 2 // flags, files or credentials are wrong, or a budget ended the run early
	ExitUnreachable = 3 // the target could not be talked to
	ExitNothing     = 4 // no case ran, or an entry of the known failures is stale
)

// Run tests what the options name, as Ginkgo specs under t, writes the reports
// and the summary, and fails t unless everything conforms. It returns the exit
// code for a program that has one. Ginkgo allows one Run a process.
func Run(t *testing.T, o Options) int {
	t.Helper()
	r := &runner{options: o, out: os.Stdout, clock: clock.New()}
	r.report.Target = "reference servers"
	switch {
	case o.Target != "":
		r.report.Target = o.Target
	case o.Handler != nil:
		r.report.Target = "handler in this process"
	}
	r.report.Started = r.clock.Now()
	err := r.prepare(t.Context())
	if err == nil && o.DryRun {
		r.dryRun()
		return ExitConforms
	}
	if err == nil {
		r.run(t)
		err = r.known.unmatched()
	}
	return r.finish(t, err)
}

// runner is one Run on its way.
type runner struct {
	options Options
	out     io.Writer
	clock   clock.Clock
	known   *knownFailures
	suites  []*suite
	report  reports.Run
	limited bool // some case was not run because of a limit
}

// suite is one vendor on one side.
type suite struct {
	checker *harness.Checker
	cases   []*harness.Case
	report  *reports.Suite
}

// errNothing says that no case was selected.
var errNothing = errors.New("no case was selected; -case takes full names such as trolley/window/*")

// usageError marks an error as the caller's.
type usageError struct{ error }

func (r *runner) prepare(ctx context.Context) error {
	o := &r.options
	if (o.Target != "" || o.Handler != nil) && len(o.Vendors) == 0 {
		return usageError{errors.New("name the vendors whose rules the target follows: -vendor trolley")}
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
	if err := r.checkVariants(profiles); err != nil {
		return usageError{err}
	}
	secrets := map[string]string{}
	for _, p := range profiles {
		if err := r.add(p, secrets); err != nil {
			return usageError{err}
		}
	}
	r.report.Redactor = harness.NewRedactor(secrets)
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
	return r.calibrate(ctx)
}

// calibrate learns what each target's clock shows and which open variants it
// follows.
func (r *runner) calibrate(ctx context.Context) error {
	for i, s := range r.suites {
		if i > 0 {
			s.checker.ShareClock(r.suites[0].checker)
		}
		if err := s.checker.Calibrate(ctx); err != nil {
			var credentials *harness.CredentialsError
			if errors.As(err, &credentials) {
				return usageError{err}
			}
			return err
		}
		s.report.Profile, s.report.Shown, s.report.Notes = s.checker.Profile(), s.checker.Shown(), s.checker.Notes()
		if i, ok := s.checker.Offset(); ok {
			s.report.Offset = i.String()
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

// add sets one vendor up.
func (r *runner) add(p *harness.Profile, secrets map[string]string) error {
	o := &r.options
	pins := map[string]string{}
	for name, value := range o.Variants {
		if vendor, variant, _ := strings.Cut(name, "."); vendor == p.Vendor {
			pins[variant] = value
		}
	}
	if len(pins) > 0 {
		var err error
		if p, err = p.With(pins, true); err != nil {
			return err
		}
	}
	credentials, err := o.credentials(p)
	if err != nil {
		return err
	}
	target, err := r.target(p)
	if err != nil {
		return err
	}
	target.Credentials = credentials
	checker, err := harness.NewChecker(p, target, harness.Options{Unsafe: o.Unsafe, Strict: o.Strict,
		AllowPlain: o.AllowPlain, MaxRefused: o.MaxRefused, Local: r.clock})
	if err != nil {
		return err
	}
	for _, c := range p.Credentials {
		if c.Secret && credentials != nil {
			secrets[c.Name] = credentials[c.Name]
		}
	}
	s := &suite{checker: checker, report: &reports.Suite{Profile: p, Side: "server"}}
	for _, c := range p.Cases {
		if c.Side == "server" && r.selected(c.Name()) {
			s.cases = append(s.cases, c)
		}
	}
	r.suites = append(r.suites, s)
	r.report.Suites = append(r.report.Suites, s.report)
	return nil
}

// target is what the profile's cases are sent to.
func (r *runner) target(p *harness.Profile) (harness.Target, error) {
	o := &r.options
	if o.Target != "" {
		u, err := url.Parse(o.Target)
		if err != nil {
			return harness.Target{}, fmt.Errorf("-target: %w", err)
		}
		limits := harness.Budget{Requests: o.MaxRequests, Rate: o.Rate}
		if limits.Requests == 0 {
			limits.Requests = 2000
		}
		if limits.Rate == 0 && !harness.Loopback(u.Hostname()) {
			limits.Rate = 10
		}
		return harness.Target{URL: o.Target, Transport: harness.NewGuard(harness.LiveTransport(), u.Host, limits, r.clock)}, nil
	}
	handler := o.Handler
	if handler == nil {
		handler = func(clk clock.Clock) http.Handler { return reference.New(p, clk) }
	}
	target := harness.HandlerTarget(handler)
	mock := httpmock.NewMockTransport()
	// Known operations are found by their exact URL at once; what is odd on
	// purpose falls through to the same handler.
	for _, op := range p.Operations {
		mock.RegisterResponder(op.Method, target.URL+op.Path, target.Transport.RoundTrip)
	}
	if p.Login != nil {
		mock.RegisterResponder(p.Login.Operation.Method, target.URL+p.Login.Operation.Path, target.Transport.RoundTrip)
	}
	mock.RegisterNoResponder(target.Transport.RoundTrip)
	target.Transport = mock
	return target, nil
}

// selected reports whether the options want the case.
func (r *runner) selected(name string) bool {
	if len(r.options.Cases) == 0 {
		return true
	}
	for _, pattern := range r.options.Cases {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches compares a name with a pattern in which * stands for any text.
func matches(pattern, name string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, before)
	for i := 0; ok && i <= len(rest); i++ {
		if matches(after, rest[i:]) {
			return true
		}
	}
	return false
}

// run builds the tables and hands them to Ginkgo.
func (r *runner) run(t *testing.T) {
	for _, s := range r.suites {
		r.describe(s)
	}
	gomega.RegisterFailHandler(ginkgo.Fail)
	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	suiteConfig.FailOnEmpty = true
	reporterConfig.Succinct = true
	reporterConfig.SilenceSkips = true
	ginkgo.RunSpecs(t, "skewproof", suiteConfig, reporterConfig)
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
	ginkgo.Describe(vendor, ginkgo.Label(vendor, s.report.Side), func() {
		for _, a := range aspects {
			check := func(ctx ginkgo.SpecContext, c *harness.Case) { r.check(ctx, s, c) }
			ginkgo.DescribeTable(a, append([]any{ginkgo.Label(a), check}, byAspect[a]...)...)
		}
	})
}

// check runs one case and asserts on it.
func (r *runner) check(ctx context.Context, s *suite, c *harness.Case) {
	result := s.checker.Run(ctx, c)
	if ctx.Err() != nil {
		r.report.Interrupted = true
		return
	}
	r.known.judge(&result)
	s.report.Results = append(s.report.Results, result)
	r.limited = r.limited || strings.HasPrefix(result.Reason, "not run: ")
	gomega.Expect(result).To(conform(s.report.Profile))
	if result.Verdict == harness.Skip || result.Verdict == harness.Inconclusive {
		ginkgo.Skip(result.Reason)
	}
}

// dryRun prints what would be sent.
func (r *runner) dryRun() {
	requests, refused, skipped := 0, 0, 0
	for _, s := range r.suites {
		for _, c := range s.cases {
			for _, p := range s.checker.Plan(c) {
				switch {
				case p.Skip != "":
					skipped++
					fmt.Fprintf(r.out, "%s: not sent: %s\n", c.Name(), p.Skip)
					continue
				case p.Refused:
					refused++
					fmt.Fprintf(r.out, "%s: %s %s (meant to be refused)\n", c.Name(), p.Method, p.Target)
				default:
					fmt.Fprintf(r.out, "%s: %s %s\n", c.Name(), p.Method, p.Target)
				}
				requests++
			}
		}
	}
	fmt.Fprintf(r.out, "\ndry run: %d requests would be sent to %s, %d of them meant to be refused at login or signature; %d cases would not be sent; nothing was sent\n", requests, r.report.Target, refused, skipped)
}

// finish writes the reports whatever happened, and settles the exit code.
func (r *runner) finish(t *testing.T, problem error) int {
	t.Helper()
	r.report.Duration = r.clock.Now().Sub(r.report.Started)
	ran := 0
	for _, s := range r.suites {
		ran += len(s.report.Results)
		r.report.Interrupted = r.report.Interrupted || (ran > 0 && len(s.report.Results) < len(s.cases))
	}
	code := r.code(problem, ran)
	if problem != nil {
		r.report.Problem = r.report.Redactor.Text(strings.Join(strings.Fields(problem.Error()), " "))
	}
	if r.options.Reports != "" {
		if err := r.report.Write(r.options.Reports); err != nil {
			t.Errorf("%v", err)
			code = max(code, ExitUsage)
		}
	}
	if err := r.report.Summary(r.out); err != nil {
		t.Errorf("write the summary: %v", err)
	}
	if code != ExitConforms {
		t.Errorf("skewproof: exit %d: %s", code, r.reason(code))
	}
	return code
}

func (r *runner) code(problem error, ran int) int {
	var usage usageError
	var unreachable *harness.UnreachableError
	switch {
	case errors.As(problem, &usage):
		return ExitUsage
	case errors.As(problem, &unreachable):
		return ExitUnreachable
	case errors.Is(problem, errNothing):
		return ExitNothing
	case r.report.Count(harness.Fail) > 0:
		return ExitFails
	case ran == 0 || problem != nil || r.report.Count(harness.Stale) > 0:
		return ExitNothing
	case r.report.Count(harness.Error) > 0:
		return ExitUnreachable
	case r.limited || r.report.Interrupted:
		return ExitUsage
	}
	return ExitConforms
}

func (r *runner) reason(code int) string {
	switch {
	case r.report.Problem != "":
		return r.report.Problem
	case code == ExitFails:
		return fmt.Sprintf("%d cases do not conform", r.report.Count(harness.Fail))
	case code == ExitUnreachable:
		return fmt.Sprintf("%d cases could not be run", r.report.Count(harness.Error))
	case code == ExitNothing && r.report.Count(harness.Stale) > 0:
		return "the list of known failures is stale"
	case code == ExitNothing:
		return "no case ran"
	case r.report.Interrupted:
		return "the run did not get to its end"
	}
	return "a limit ended the run before all cases were sent"
}
