package reports

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// Baseline is what a vendor's server and clients showed when they were last
// looked at: what a later run is compared with. It holds nothing that two runs
// against an unchanged target would not have in common.
type Baseline struct {
	Vendor string
	Suites []*BaselineSuite // by side
}

// BaselineSuite is one side of a baseline.
type BaselineSuite struct {
	Side     string
	Partial  bool              // not every case of the vectors was run
	Pinned   map[string]string // variants that the run pinned
	Variants map[string]string // that setting up found out
	Varies   []string          // places at which like answers differed
	Cases    []BaselineCase    // by name
}

// BaselineCase is what one case showed.
type BaselineCase struct {
	Name     string
	Verdict  harness.Verdict
	Answers  []harness.Shape // one a step
	Shown    map[string]string
	Findings []string // REQ-001 kind, sorted, each once
	Told     []string // of a client: kinds of outcome, one entry a moment
}

// Baseline sums up what the run showed of the vendor, for a later comparison.
// What the run did not look at, or could not tell, stays as it is in the old
// baseline, which may be nil.
func (r *Run) Baseline(vendor string, old *Baseline) *Baseline {
	b := &Baseline{Vendor: vendor}
	sides := map[string]bool{}
	for _, s := range r.Suites {
		if s.Profile.Vendor == vendor {
			now := s.baseline()
			// What was judged under other pins says nothing under these.
			if before := old.side(s.Side); before != nil && maps.Equal(before.Pinned, now.Pinned) {
				now.keep(before, s.Profile)
			}
			now.settle()
			sides[s.Side] = true
			b.Suites = append(b.Suites, now)
		}
	}
	if old != nil {
		for _, s := range old.Suites {
			if !sides[s.Side] {
				b.Suites = append(b.Suites, s)
			}
		}
	}
	sort.Slice(b.Suites, func(i, j int) bool { return b.Suites[i].Side < b.Suites[j].Side })
	return b
}

func (b *Baseline) side(side string) *BaselineSuite {
	if b != nil {
		for _, s := range b.Suites {
			if s.Side == side {
				return s
			}
		}
	}
	return nil
}

// Knows reports whether there is anything to compare the side with. That a case
// is not among what is known of it is told case by case.
func (b *Baseline) Knows(side string) bool {
	s := b.side(side)
	return s != nil && len(s.Cases) > 0
}

// keep takes over what the suite before knew of cases that came to no verdict
// now.
func (b *BaselineSuite) keep(before *BaselineSuite, p *harness.Profile) {
	at := map[string]int{}
	for i, c := range b.Cases {
		at[c.Name] = i
	}
	vectors := map[string]bool{}
	for _, c := range p.Cases {
		if c.Side == b.Side {
			vectors[c.Name()] = true
		}
	}
	kept := false
	for _, c := range before.Cases {
		i, there := at[c.Name]
		switch {
		case !vectors[c.Name] || there && (ran(b.Cases[i].Verdict) || !ran(c.Verdict)):
			continue
		case there:
			b.Cases[i] = c
		default:
			at[c.Name] = len(b.Cases)
			b.Cases = append(b.Cases, c)
		}
		kept = true
	}
	if !kept {
		return
	}
	sort.Slice(b.Cases, func(i, j int) bool { return b.Cases[i].Name < b.Cases[j].Name })
	b.Varies = union(b.Varies, before.Varies)
	b.Partial = before.Partial && b.Partial || len(b.Cases) < len(vectors)
}

// baseline is what the suite showed, with what varies still in it.
func (s *Suite) baseline() *BaselineSuite {
	b := &BaselineSuite{Side: s.Side, Pinned: s.Profile.Pinned(), Variants: maps.Clone(s.Shown)}
	listed := map[string]bool{}
	for _, res := range sortedResults(s.Results) {
		listed[res.Case.Name()] = true
		b.Partial = b.Partial || strings.HasPrefix(res.Reason, "not run: ")
		b.Cases = append(b.Cases, baselineCase(res))
	}
	for _, c := range s.Profile.Cases {
		b.Partial = b.Partial || c.Side == s.Side && !listed[c.Name()]
	}
	b.Varies = varying(b.Cases)
	return b
}

// settle takes what varies out of the answers, and what is inside of it.
func (b *BaselineSuite) settle() {
	varies := b.varies()
	for i := range b.Cases {
		c := &b.Cases[i]
		answers := slices.Clone(c.Answers)
		for n, a := range answers {
			answers[n].Facts = slices.DeleteFunc(slices.Clone(a.Facts), func(f harness.Fact) bool {
				for at := f.Path; at != ""; at = parent(at) {
					if varies.place(a, at) {
						return true
					}
				}
				return false
			})
		}
		c.Answers = answers
		maps.DeleteFunc(c.Shown, func(name, _ string) bool { return varies.variant(*c, name) })
	}
}

// places are those that vary.
type places map[string]bool

func (b *BaselineSuite) varies() places {
	p := places{}
	for _, at := range b.Varies {
		p[at] = true
	}
	return p
}

// place reports whether answers such as this one differ at the path.
func (p places) place(a harness.Shape, path string) bool { return p[path] || p[classOf(a)+" "+path] }

// variant reports whether answers such as the case's show the variant by turns.
func (p places) variant(c BaselineCase, name string) bool {
	for _, a := range c.Answers {
		if p.place(a, "variant "+name) {
			return true
		}
	}
	return false
}

// baselineCase leaves out what -strict adds, so that a baseline serves strict
// runs and others.
func baselineCase(res harness.Result) BaselineCase {
	c := BaselineCase{Name: res.Case.Name(), Verdict: res.Verdict}
	if !ran(res.Verdict) {
		return c
	}
	binding := false
	for _, f := range res.Findings {
		if f.Kind == "variant" {
			continue
		}
		binding = binding || f.Level == harness.Must
		if text := f.Rule + " " + f.Kind; !slices.Contains(c.Findings, text) {
			c.Findings = append(c.Findings, text)
		}
	}
	slices.Sort(c.Findings)
	switch {
	case fails(res.Verdict) && !binding:
		c.Verdict = harness.Observed
	case res.Verdict == harness.Stale:
		c.Verdict = harness.Pass
	}
	c.Answers, c.Told = res.Shapes, res.Kinds
	agreed := map[string][]string{}
	for _, shown := range res.Shown {
		values := slices.Sorted(slices.Values(shown.Values))
		if before, ok := agreed[shown.Variant]; ok {
			if both := common(before, values); len(both) > 0 {
				values = both
			} else {
				values = union(before, values)
			}
		}
		agreed[shown.Variant] = values
	}
	for name, values := range agreed {
		if c.Shown == nil {
			c.Shown = map[string]string{}
		}
		c.Shown[name] = strings.Join(values, " or ")
	}
	return c
}

// fails reports whether the verdict says that the case did not conform.
func fails(v harness.Verdict) bool { return v == harness.Fail || v == harness.KnownFailure }
