package reports

import "github.com/skewproof/skewproof/harness"

// aspects counts the verdicts of each suite, by aspect.
func (r *Run) aspects() map[string]map[*Suite]map[harness.Verdict]int {
	all := map[string]map[*Suite]map[harness.Verdict]int{}
	for _, s := range r.Suites {
		for _, res := range s.Results {
			a := res.Case.Aspect()
			if all[a] == nil {
				all[a] = map[*Suite]map[harness.Verdict]int{}
			}
			if all[a][s] == nil {
				all[a][s] = map[harness.Verdict]int{}
			}
			all[a][s][res.Verdict]++
		}
	}
	return all
}
