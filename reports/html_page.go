package reports

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// page is what the template shows, with every text cleaned.
type page struct {
	Style  template.CSS
	Script template.JS
	Policy string

	Target      string
	Overall     mark
	Sentence    string
	Problem     string
	Interrupted bool
	Facts       []fact
	Suites      []pageSuite
	Baseline    *pageBaseline
	Grid        grid
	Broken      []brokenRequirement
	Sections    []section
	Choices     choices
	Total       int
}

type fact struct{ Name, Value string }

// mark is a verdict as it is shown: never by its colour alone.
type mark struct{ Class, Sign, Word string }

// marks are the verdicts in the order of the page, with what stands for each.
var marks = []struct {
	verdict harness.Verdict
	sign    string
	title   string // of the section
	says    string
}{
	{harness.Fail, "✕", "Failures", "A requirement is broken."},
	{harness.Error, "!", "Errors", "The harness or the link failed; this says nothing of the target."},
	{harness.Stale, "↻", "Stale entries", "Listed as a known failure, and it does not fail any more."},
	{harness.KnownFailure, "≈", "Known failures", "Listed as failing, and it does."},
	{harness.Inconclusive, "?", "Inconclusive", "The clocks are not known well enough to tell."},
	{harness.Observed, "○", "Observed", "An open question, or a SHOULD that is not met. It fails nobody."},
	{harness.Skip, "–", "Skipped", "Not run."},
	{harness.Pass, "✓", "Passed", "As required."},
}

func markOf(v harness.Verdict) mark {
	for _, m := range marks {
		if m.verdict == v {
			return mark{"v-" + string(v), m.sign, string(v)}
		}
	}
	return mark{"v-skip", "·", string(v)}
}

// pageSuite is one vendor on one side, in the page's head.
type pageSuite struct {
	Name, Title, Side string
	Verdict           mark
	Counts            []count
	Total             int
	Offset            string
	Notes             []string
	Variants          []pageVariant
	Differing         int // of the variants, those that are not as assumed
	Coverage          []pageCoverage
	States            []stateCount
	Sources           []pageSource
	Broken            bool // some requirement is
}

// count is how many cases have a verdict; At and Width place it in a bar that is
// 100 wide.
type count struct {
	mark
	N         int
	At, Width string
}

type pageVariant struct {
	Name, Question, Shows, Assumed string
	Differs                        bool
}

type pageCoverage struct {
	ID, Level, Sentence, Source, Untested string
	State                                 State
	Cases, Ran                            int
}

type stateCount struct {
	State State
	N     int
}

// choices are what the filters offer.
type choices struct {
	Verdicts     []count
	Aspects      []string
	Suites       []string
	Requirements []string
}

// section holds the results of one verdict.
type section struct {
	mark
	Title, Says string
	Cards       bool // shown one by one, for reading; else as a compact list
	Cases       []pageCase
}

// page gathers what the page shows.
func (r *Run) page() *page {
	p := &page{Target: r.clean(r.Target), Problem: r.clean(r.Problem), Interrupted: r.Interrupted}
	p.Facts = append(p.Facts, fact{"Started", r.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
		fact{"Took", r.Duration.Round(time.Millisecond).String()}, fact{"Skewproof", harnessVersion()}, fact{"Vectors", vectorsVersion()})
	sections := map[harness.Verdict]*section{}
	for _, m := range marks {
		sections[m.verdict] = &section{mark: markOf(m.verdict), Title: m.title, Says: m.says,
			Cards: m.verdict == harness.Fail || m.verdict == harness.Error || m.verdict == harness.Stale}
	}
	requirements := map[string]bool{}
	changed := r.changed()
	p.Baseline = r.baselinePart(changed)
	for _, s := range r.Suites {
		p.Suites = append(p.Suites, r.pageSuite(s))
		p.Broken = append(p.Broken, r.broken(s)...)
		p.Choices.Suites = append(p.Choices.Suites, s.Name())
		for _, res := range sortedResults(s.Results) {
			c := r.pageCase(s, res, changed[s.Side+" "+res.Case.Name()])
			if in := sections[res.Verdict]; in != nil {
				in.Cases = append(in.Cases, c)
			}
			p.Total++
			for _, id := range c.Requirements {
				requirements[id] = true
			}
		}
	}
	for _, m := range marks {
		if s := sections[m.verdict]; len(s.Cases) > 0 {
			p.Sections = append(p.Sections, *s)
			p.Choices.Verdicts = append(p.Choices.Verdicts, count{mark: s.mark, N: len(s.Cases)})
		}
	}
	aspects := r.aspects()
	p.Choices.Aspects, p.Choices.Requirements = sorted(aspects), sorted(requirements)
	p.Grid = r.grid(aspects)
	p.Overall, p.Sentence = r.overall()
	return p
}

// overall is the run in one sentence.
func (r *Run) overall() (mark, string) {
	m, sentence := r.shown()
	switch {
	case !r.Regressed:
	case m.Class == markOf(harness.Pass).Class:
		m = markOf(harness.Fail)
		m.Sign, m.Word = "Δ", "Changed since the baseline"
	default:
		sentence += " Changed since the baseline."
	}
	return m, sentence
}

// shown is the same by what the cases showed alone.
func (r *Run) shown() (mark, string) {
	fails, errors, stale := r.Count(harness.Fail), r.Count(harness.Error), r.Count(harness.Stale)
	total := 0
	for _, s := range r.Suites {
		total += len(s.Results)
	}
	word := func(v harness.Verdict, word string) mark {
		m := markOf(v)
		m.Word = word
		return m
	}
	switch {
	case fails > 0:
		return word(harness.Fail, "Does not conform"), fmt.Sprintf("%d of %s.", fails, many(total, "case fails", "cases fail"))
	case r.Problem != "":
		return word(harness.Error, "Ended with a problem"), many(total, "case was run", "cases were run") + "."
	case stale > 0:
		return word(harness.Stale, "Stale list"), many(stale, "known failure does", "known failures do") + " not fail any more."
	case errors > 0:
		return word(harness.Error, "Not fully checked"), many(errors, "case", "cases") + " could not be run."
	case total == 0:
		return word(harness.Error, "Nothing ran"), "No case was run."
	}
	sentence := fmt.Sprintf("None of %s fails.", many(total, "case", "cases"))
	if n := r.Count(harness.KnownFailure); n > 0 {
		sentence = fmt.Sprintf("%s; no other of %d.", many(n, "case fails, as is known", "cases fail, as is known"), total)
	}
	return word(harness.Pass, "Conforms"), sentence
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func (r *Run) pageSuite(s *Suite) pageSuite {
	out := pageSuite{Name: s.Name(), Title: s.Profile.Title, Side: s.Side, Total: len(s.Results), Offset: r.clean(s.Offset)}
	if out.Title == "" {
		out.Title = s.Profile.Vendor
	}
	alone := Run{Suites: []*Suite{s}}
	out.Verdict, _ = alone.overall()
	at := 0
	for _, v := range shownVerdicts {
		if n := s.Count(v); n > 0 {
			c := count{mark: markOf(v), N: n}
			c.At, c.Width = percent(at, len(s.Results)), percent(n, len(s.Results))
			at += n
			out.Counts = append(out.Counts, c)
		}
	}
	for _, n := range s.Notes {
		out.Notes = append(out.Notes, r.clean(n))
	}
	variants := s.Variants()
	for _, name := range sorted(variants) {
		v := pageVariant{Name: r.clean(name), Shows: r.clean(variants[name])}
		if known := s.Profile.Variants[name]; known != nil {
			v.Question, v.Assumed, v.Differs = known.Question, known.Default, variants[name] != known.Default
		}
		if v.Differs {
			out.Differing++
		}
		out.Variants = append(out.Variants, v)
	}
	slices.SortStableFunc(out.Variants, func(a, b pageVariant) int { // what differs first
		switch {
		case a.Differs == b.Differs:
			return 0
		case a.Differs:
			return -1
		}
		return 1
	})
	byState := map[State]int{}
	for _, c := range s.Coverage() {
		byState[c.State]++
		q := c.Requirement
		out.Coverage = append(out.Coverage, pageCoverage{q.ID, string(q.Level), q.Sentence, q.Source, q.Untested, c.State, c.Cases, c.Ran})
	}
	slices.SortStableFunc(out.Coverage, func(a, b pageCoverage) int {
		return slices.Index(states, a.State) - slices.Index(states, b.State)
	})
	for _, state := range states {
		if n := byState[state]; n > 0 {
			out.States = append(out.States, stateCount{state, n})
		}
	}
	out.Broken = byState[Failed] > 0
	for _, source := range s.Profile.Sources {
		out.Sources = append(out.Sources, r.pageSource(source))
	}
	return out
}

func percent(n, of int) string { return fmt.Sprintf("%.3f", 100*float64(n)/float64(max(of, 1))) }
