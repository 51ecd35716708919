package mutant_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// slip is a case with one thing changed, so that it is no longer right by the
// vendor's pages. A change that leaves the case right is none: the functions
// that make slips say where that is so, by rules of their own.
type slip struct {
	kind string // what was changed, in words
	cs   *harness.Case
}

// tally counts slips and those that were noticed, by what was changed.
type tally struct {
	all, noticed map[string]int
	missed       []string
}

func judge(slips []slip, run func(*harness.Case) harness.Result) *tally {
	s := &tally{map[string]int{}, map[string]int{}, nil}
	for _, one := range slips {
		s.all[one.kind]++
		if noticed(run(one.cs)) {
			s.noticed[one.kind]++
		} else {
			s.missed = append(s.missed, one.cs.ID+" "+one.kind)
		}
	}
	return s
}

func noticed(r harness.Result) bool {
	return r.Verdict == harness.Fail || r.Verdict == harness.Error
}

func (s *tally) add(more *tally) {
	for kind, n := range more.all {
		s.all[kind] += n
		s.noticed[kind] += more.noticed[kind]
	}
	s.missed = append(s.missed, more.missed...)
}

// report fails the test where fewer than 95 of 100 slips are noticed: of all, or
// of one kind, lest the many easy ones hide the others.
func (s *tally) report(t *testing.T) {
	slices.Sort(s.missed)
	all, seen := 0, 0
	for _, kind := range slices.Sorted(maps.Keys(s.all)) {
		all, seen = all+s.all[kind], seen+s.noticed[kind]
		t.Logf("%5d of %5d: %s", s.noticed[kind], s.all[kind], kind)
		if s.noticed[kind]*100 < s.all[kind]*95 {
			t.Errorf("only %d of %d are noticed: %s", s.noticed[kind], s.all[kind], kind)
		}
	}
	t.Logf("%d of %d slips are noticed; not: %q", seen, all, s.missed)
	if all == 0 || seen*100 < all*95 {
		t.Errorf("only %d of %d slips are noticed", seen, all)
	}
}

// fits reports whether the case, as it is, was run; the unbroken peer passes it.
func fits(t *testing.T, r harness.Result) bool {
	t.Helper()
	if noticed(r) {
		t.Errorf("%s, unchanged: %v", r.Case.Name(), r.Err())
	}
	return r.Verdict != harness.Skip
}

// withValue is the profile with another value of the variant; nil when it cannot
// be so, or is.
func withValue(p *harness.Profile, variant, value string) *harness.Profile {
	if p.Choice(variant) == value {
		return nil
	}
	other, err := p.With(map[string]string{variant: value}, true)
	if err != nil {
		return nil
	}
	return other
}

// accepts works out whether a server takes the stamp at the instant, from the
// profile's words alone.
func accepts(p *harness.Profile, stamp, now time.Time) bool {
	g := p.Timestamp.Granule
	stamp = stamp.Truncate(g)
	switch p.Choice("window-resolution") {
	case "whole":
		now = now.Truncate(g)
	case "round":
		now = now.Round(g)
	}
	edge := p.Choice("window-edge") == "accept"
	age := now.Sub(stamp)
	switch {
	case age >= 0:
		return age < p.Window.Past || edge && age == p.Window.Past
	case p.Choice("window-side") == "past-only":
		return true
	}
	return -age < p.Window.Future || edge && -age == p.Window.Future
}
