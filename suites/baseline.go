package suites

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// readBaselines reads what the run is to be compared with, before anything is
// sent.
func (r *runner) readBaselines(profiles []*harness.Profile) error {
	o := &r.options
	switch {
	case o.Baseline == "" && o.Update:
		return errors.New("-update writes a baseline; say where: -baseline reports/baseline")
	case o.Baseline == "":
		return nil
	case strings.HasSuffix(o.Baseline, ".json") && len(profiles) > 1:
		return fmt.Errorf("-baseline %s is one file, and the run is of %d vendors; name a directory, or one -vendor", o.Baseline, len(profiles))
	}
	r.baselines = map[string]*reports.Baseline{}
	for _, p := range profiles {
		file := reports.BaselineFile(o.Baseline, p.Vendor)
		b, err := reports.ReadBaseline(file, p.Vendor)
		switch {
		case err == nil:
			if !o.Update {
				if err := r.comparable(b, p, file); err != nil {
					return err
				}
			}
			r.baselines[p.Vendor] = b
		case errors.Is(err, fs.ErrNotExist) && o.Update:
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("there is no baseline of %s at %s; make it from a target that is as it should be, by adding -update", p.Vendor, file)
		default:
			return err
		}
	}
	return nil
}

// comparable refuses a baseline that was made under other pins, as an unchanged
// target would seem to be another, and one that knows nothing of a side that is to
// run, as a changed target would seem to be the same.
func (r *runner) comparable(b *reports.Baseline, p *harness.Profile, file string) error {
	p, err := r.pinned(p)
	if err != nil {
		return err
	}
	for _, s := range b.Suites {
		if slices.Contains(r.options.sides(), s.Side) && !maps.Equal(s.Pinned, p.Pinned()) {
			return fmt.Errorf("the baseline %s was made with %s, and this run has %s: pin the same, or make it anew with -update",
				file, pinsOf(p.Vendor, s.Pinned), pinsOf(p.Vendor, p.Pinned()))
		}
	}
	for _, side := range r.options.sides() {
		asked := slices.ContainsFunc(p.Cases, func(c *harness.Case) bool { return c.Side == side && r.selected(c.Name()) })
		if asked && !b.Knows(side) {
			return fmt.Errorf("the baseline %s has no case of %s.%s; add them from a target that is as it should be, with -update", file, p.Vendor, side)
		}
	}
	return nil
}

// pinsOf writes pins as they are given.
func pinsOf(vendor string, pins map[string]string) string {
	var all []string
	for variant, value := range pins {
		all = append(all, "-variant "+vendor+"."+variant+"="+value)
	}
	if len(all) == 0 {
		return "no -variant of " + vendor
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// compare holds the run against the baselines, or writes them.
func (r *runner) compare(problem error) error {
	o := &r.options
	ran := 0
	for _, s := range r.report.Suites {
		ran += len(s.Results)
	}
	if o.Baseline == "" || ran == 0 {
		return nil
	}
	if !o.Update {
		half := r.report
		half.Interrupted = half.Interrupted || problem != nil
		r.report.Comparison = half.Compare(r.baselines)
		return nil
	}
	if problem != nil || r.report.Interrupted || r.limited {
		fmt.Fprintln(r.out, "\nthe baseline stays as it was: the run did not get to its end")
		return nil
	}
	written := map[string]bool{}
	for _, s := range r.report.Suites {
		vendor := s.Profile.Vendor
		if written[vendor] {
			continue
		}
		written[vendor] = true
		file := reports.BaselineFile(o.Baseline, vendor)
		if err := r.report.Baseline(vendor, r.baselines[vendor]).Write(file); err != nil {
			return err
		}
		fmt.Fprintf(r.out, "\nbaseline of %s written to %s\n", vendor, file)
	}
	return nil
}

// regressed reports whether what changed since the baseline makes the run fail.
func (r *runner) regressed() bool {
	c := r.report.Comparison
	return c != nil && (c.Contract() > 0 || r.options.Strict && len(c.Changes) > 0)
}
