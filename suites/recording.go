package suites

import (
	"errors"
	"fmt"

	"github.com/jarcoal/httpmock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/recording"
	"github.com/skewproof/skewproof/reports"
)

// checkRecording refuses options that contradict each other, and finds the
// vendors of a recording.
func (r *runner) checkRecording() (err error) {
	o := &r.options
	switch {
	case o.Replay != "" && (o.Target != "" || o.Handler != nil):
		return errors.New("-replay stands in the place of a server: leave -target out")
	case o.Replay != "" && o.Record != "":
		return errors.New("-replay and -record: one at a time")
	case o.Record != "" && o.clients() && !o.servers():
		return errors.New("-record keeps what a server answers, and this run is of a client alone")
	case o.HAR != "" && o.Replay == "" && o.Record == "":
		return errors.New("-har writes what -record or -replay has: add one of them")
	}
	if o.Replay != "" && len(o.Vendors) == 0 {
		o.Vendors, err = recording.Vendors(o.Replay)
	}
	return err
}

// record begins to record the server of a suite, once it is set up.
func (r *runner) record(s *suite) (err error) {
	if r.options.Record == "" || s.server == nil {
		return nil
	}
	run := recording.Run{Vendor: s.report.Profile.Vendor, Target: s.target.URL, Started: r.report.Started.UTC(),
		OwnClock: s.target.Clock != nil, Unsafe: r.options.Unsafe, Credentials: s.server.MaskedCredentials()}
	run.SetCalibration(s.server.Calibration())
	s.taped, err = recording.Record(r.options.Record, run)
	return err
}

// addReplay sets one vendor up to be checked from a recording.
func (r *runner) addReplay(p *harness.Profile) error {
	rec, err := recording.Read(r.options.Replay, p.Vendor)
	if err != nil {
		return err
	}
	calibration, err := rec.Calibrated()
	if err != nil {
		return fmt.Errorf("the recording of %s: %w", p.Vendor, err)
	}
	deck := &harness.Deck{Tape: rec.Tape, Half: rec.Lack != ""}
	if deck.Half {
		r.halves = append(r.halves, rec.Lack)
	}
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(deck.RoundTrip)
	target := harness.Target{URL: rec.Target, Transport: mock, Credentials: rec.Credentials}
	if rec.OwnClock {
		target.Clock = harness.FrozenClock(harness.DefaultBase)
		target.State = func(string) error { return nil } // the answers have it already
	}
	checker, err := harness.NewChecker(p, target, harness.Options{Unsafe: rec.Unsafe, Strict: r.options.Strict, AllowPlain: true, Shapes: r.options.Baseline != "", Deck: deck})
	if err == nil {
		err = checker.Restore(calibration)
	}
	if err != nil {
		return fmt.Errorf("the recording of %s: %w", p.Vendor, err)
	}
	r.add(&suite{run: checker.Run, server: checker, report: &reports.Suite{Profile: checker.Profile(), Side: "server", Shown: checker.Shown()}})
	return nil
}

// endRecording finishes what is recorded, and exports what this run recorded or
// replayed: never what an earlier one has left.
func (r *runner) endRecording(whole bool) error {
	var problem error
	var vendors []string
	for _, s := range r.suites {
		if s.taped != nil {
			problem = errors.Join(problem, s.taped.Close(whole && !r.report.Interrupted && !r.limited))
		}
		if s.server != nil && (r.replayed || s.taped != nil && s.taped.Cases() > 0) {
			vendors = append(vendors, s.report.Profile.Vendor)
		}
	}
	if o := r.options; o.HAR != "" && len(vendors) > 0 && problem == nil {
		problem = writeHAR(o.HAR, o.Record+o.Replay, vendors)
	}
	return problem
}

func writeHAR(file, dir string, vendors []string) error {
	var all []*recording.Recording
	for _, vendor := range vendors {
		rec, err := recording.Read(dir, vendor)
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	text, err := recording.HAR(reports.Version(), all...)
	if err != nil {
		return fmt.Errorf("render %s: %w", file, err)
	}
	return reports.WriteFile(file, text)
}
