package reports

import (
	"net/url"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// grid is aspect by vendor and side.
type grid struct {
	Suites []string
	Rows   []gridRow
}

type gridRow struct {
	Aspect string
	Cells  []gridCell
}

type gridCell struct {
	Href   string // of the page with the filters set to this cell
	Class  string // of the worst verdict
	Counts []count
}

func (r *Run) grid(counts map[string]map[*Suite]map[harness.Verdict]int) grid {
	g := grid{}
	for _, s := range r.Suites {
		g.Suites = append(g.Suites, s.Name())
	}
	for _, a := range sorted(counts) {
		row := gridRow{Aspect: a}
		for _, s := range r.Suites {
			cell := gridCell{Href: address("suite", s.Name(), "aspect", a)}
			for _, m := range marks {
				if n := counts[a][s][m.verdict]; n > 0 {
					cell.Counts = append(cell.Counts, count{mark: markOf(m.verdict), N: n})
				}
			}
			if len(cell.Counts) > 0 {
				cell.Class = cell.Counts[0].Class
			}
			row.Cells = append(row.Cells, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// brokenRequirement is what failing cases have in common.
type brokenRequirement struct {
	*harness.Requirement
	Sources     []pageSource
	Suite, Href string
	Cases       int
}

// broken lists the requirements that failing cases found broken, those of most
// cases first.
func (r *Run) broken(s *Suite) []brokenRequirement {
	cases := map[string]int{}
	for _, res := range s.Results {
		if res.Verdict != harness.Fail {
			continue
		}
		cited := map[string]bool{}
		for _, f := range res.Findings {
			if !cited[f.Rule] {
				cited[f.Rule] = true
				cases[f.Rule]++
			}
		}
	}
	var all []brokenRequirement
	for _, q := range s.Profile.Requirements {
		if n := cases[q.ID]; n > 0 {
			all = append(all, brokenRequirement{q, r.sourcesOf(s.Profile, q), s.Name(), address("verdict", "fail", "suite", s.Name(), "req", q.ID), n})
		}
	}
	slices.SortStableFunc(all, func(a, b brokenRequirement) int { return b.Cases - a.Cases })
	return all
}

// address is the page's own, with filters set: names and values by turns.
func address(filters ...string) string {
	var pairs []string
	for i := 0; i < len(filters); i += 2 {
		pairs = append(pairs, filters[i]+"="+url.QueryEscape(filters[i+1]))
	}
	return "#" + strings.Join(pairs, "&")
}
