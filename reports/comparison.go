package reports

import (
	"fmt"
	"slices"
	"sort"

	"github.com/skewproof/skewproof/harness"
)

// Compare holds the run against the baselines, by vendor. What the run did not
// look at is not compared.
func (r *Run) Compare(baselines map[string]*Baseline) *Comparison {
	all := &Comparison{}
	for _, s := range r.Suites {
		b := baselines[s.Profile.Vendor]
		if b == nil {
			continue
		}
		before := b.side(s.Side)
		if before == nil {
			all.Notes = append(all.Notes, fmt.Sprintf("the baseline has no %s; -update adds it", s.Name()))
			all.NotCompared += len(s.Results)
			continue
		}
		s.compare(before, r.Interrupted || r.Problem != "", all)
	}
	return all
}

// comparing is one suite under comparison.
type comparing struct {
	suite       *Suite
	before, now *BaselineSuite
	varies      places
	out         *Comparison
}

func (s *Suite) compare(before *BaselineSuite, half bool, out *Comparison) {
	now := s.baseline()
	c := &comparing{suite: s, before: before, now: now, varies: before.varies(), out: out}
	if before.Partial || before.answers() < enough { // then it saw too little to know what varies
		for at := range now.varies() {
			c.varies[at] = true
		}
	}
	partial := now.Partial || half
	if partial {
		out.Notes = append(out.Notes, s.Name()+": not every case was run, so that nothing is said of cases that are gone or of requirements")
	}
	known := map[string]BaselineCase{}
	for _, b := range before.Cases {
		known[b.Name] = b
	}
	if diff := variantDifferences(before.Variants, now.Variants); len(diff) > 0 {
		out.Changes = append(out.Changes, Change{Vendor: s.Profile.Vendor, Side: s.Side, Kind: Changed, Contract: true, Differences: diff})
	}
	compared := map[string]bool{} // to whether it came to a verdict then and now
	for _, n := range now.Cases {
		b, there := known[n.Name]
		switch {
		case !there && before.Partial:
			out.NotCompared++
		case !there:
			c.change(Change{Case: n.Name, Kind: NewCase, After: n.Verdict})
		case !ran(b.Verdict) || !ran(n.Verdict):
			compared[n.Name] = false
			out.NotCompared++
		default:
			compared[n.Name] = true
			out.Compared++
			c.cases(b, n)
		}
	}
	for _, b := range before.Cases {
		if _, ok := compared[b.Name]; !ok && partial {
			out.NotCompared++
		} else if !ok {
			c.change(Change{Case: b.Name, Kind: Vanished, Before: b.Verdict})
		}
	}
	if !partial && !before.Partial {
		c.requirements(compared)
	}
	sort.SliceStable(out.Changes, func(i, j int) bool { return out.Changes[i].key() < out.Changes[j].key() })
}

// enough is how many answers a baseline must hold to know what its target does by
// turns.
const enough = 30

func (b *BaselineSuite) answers() int {
	n := 0
	for _, c := range b.Cases {
		n += len(c.Answers)
	}
	return n
}

func (c Change) key() string {
	return c.Vendor + "\x00" + c.Side + "\x00" + c.Case + "\x00" + c.Requirement
}

func (c *comparing) change(ch Change) {
	ch.Vendor, ch.Side = c.suite.Profile.Vendor, c.suite.Side
	c.out.Changes = append(c.out.Changes, ch)
}

// cases compares one case.
func (c *comparing) cases(b, n BaselineCase) {
	ch := Change{Case: n.Name, Before: b.Verdict, After: n.Verdict, Differences: c.differences(b, n)}
	switch {
	case !fails(b.Verdict) && fails(n.Verdict):
		// One that is listed as known to fail has been accepted by somebody.
		ch.Kind, ch.Contract = NewFailure, n.Verdict == harness.Fail
	case fails(b.Verdict) && !fails(n.Verdict):
		ch.Kind = Fixed
	case len(ch.Differences) == 0:
		return
	default:
		ch.Kind = Changed
		ch.Contract = slices.ContainsFunc(ch.Differences, func(d Difference) bool { return d.Contract })
	}
	c.change(ch)
}

// requirements finds those that were proven and are not. What only came to no
// verdict this time is not counted.
func (c *comparing) requirements(compared map[string]bool) {
	now := map[string]Coverage{}
	for _, cov := range c.coverage(c.now) {
		now[cov.Requirement.ID] = cov
	}
	for _, was := range c.coverage(c.before) {
		is := now[was.Requirement.ID]
		if was.State != Proven || is.State == Proven {
			continue
		}
		if is.State == Unproven || is.State == "" {
			silent := false
			for _, cs := range c.suite.Profile.Citing(was.Requirement.ID, c.suite.Side) {
				if came, ok := compared[cs.Name()]; ok && !came {
					silent = true
				}
			}
			if silent {
				continue
			}
		}
		level := was.Requirement.Level
		c.change(Change{Requirement: was.Requirement.ID, Kind: NotProven, Contract: level == harness.Must || level == harness.Should,
			Differences: []Difference{{What: "state", Place: was.Requirement.ID, Before: string(was.State), After: string(is.State),
				Contract: level == harness.Must || level == harness.Should}}})
	}
}

// coverage is what the cases show of each requirement. It is asked of then and of
// now alike, so that what only a strict run finds is no change.
func (c *comparing) coverage(b *BaselineSuite) []Coverage {
	cases := map[string]*harness.Case{}
	for _, cs := range c.suite.Profile.Cases {
		if cs.Side == c.suite.Side {
			cases[cs.Name()] = cs
		}
	}
	s := &Suite{Profile: c.suite.Profile, Side: c.suite.Side}
	for _, one := range b.Cases {
		if cs := cases[one.Name]; cs != nil {
			s.Results = append(s.Results, one.result(cs))
		}
	}
	return s.Coverage()
}

// result is the case as it was, as far as coverage asks.
func (b BaselineCase) result(cs *harness.Case) harness.Result {
	r := harness.Result{Case: cs, Verdict: b.Verdict}
	for _, text := range b.Findings {
		var f harness.Finding
		if _, err := fmt.Sscanf(text, "%s %s", &f.Rule, &f.Kind); err == nil {
			r.Findings = append(r.Findings, f)
		}
	}
	return r
}
