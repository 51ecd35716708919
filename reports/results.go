package reports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// The results file holds what two runs against an unchanged server have in
// common: verdicts and findings, sorted, without times, durations or paths.
type (
	resultsFile struct {
		Version     int            `json:"version"`
		Problem     string         `json:"problem,omitempty"`
		Interrupted bool           `json:"interrupted,omitempty"`
		Suites      []resultsSuite `json:"suites"`
	}
	resultsSuite struct {
		Vendor   string            `json:"vendor"`
		Side     string            `json:"side"`
		Verdicts map[string]int    `json:"verdicts"`
		Variants map[string]string `json:"variants"`
		Coverage []resultsCoverage `json:"requirements"`
		Cases    []resultsCase     `json:"cases"`
	}
	resultsCoverage struct {
		ID    string `json:"id"`
		Level string `json:"level"`
		State State  `json:"state"`
		Cases int    `json:"cases"`
		Ran   int    `json:"ran"`
	}
	resultsCase struct {
		Name         string              `json:"name"`
		Verdict      string              `json:"verdict"`
		Requirements []string            `json:"requirements"`
		Level        string              `json:"level"`
		Skew         string              `json:"skew,omitempty"`
		Shown        map[string][]string `json:"shown,omitempty"`
		Findings     []resultsFinding    `json:"findings,omitempty"`
	}
	resultsFinding struct {
		Requirement string `json:"requirement"`
		Level       string `json:"level"`
		Kind        string `json:"kind"`
		Problem     string `json:"problem"`
	}
)

func (r *Run) cleanValues(m map[string]string) map[string]string {
	for name, value := range m {
		m[name] = r.clean(value)
	}
	return m
}

func (r *Run) cleanLists(m map[string][]string) map[string][]string {
	for name, values := range m {
		clean := make([]string, len(values))
		for i, v := range values {
			clean[i] = r.clean(v)
		}
		m[name] = clean
	}
	return m
}

// resultsVersion is the version of the results file's form.
const resultsVersion = 1

func (r *Run) results() ([]byte, error) {
	file := resultsFile{Version: resultsVersion, Problem: r.clean(r.Problem), Interrupted: r.Interrupted, Suites: []resultsSuite{}}
	// In whatever order the vendors were named; each has its server first.
	suites := slices.Clone(r.Suites)
	slices.SortStableFunc(suites, func(a, b *Suite) int {
		return cmp.Or(cmp.Compare(a.Profile.Vendor, b.Profile.Vendor), cmp.Compare(b.Side, a.Side))
	})
	for _, s := range suites {
		out := resultsSuite{Vendor: s.Profile.Vendor, Side: s.Side, Verdicts: map[string]int{}, Variants: r.cleanValues(s.Variants()),
			Coverage: []resultsCoverage{}, Cases: []resultsCase{}}
		for _, c := range s.Coverage() {
			out.Coverage = append(out.Coverage, resultsCoverage{c.Requirement.ID, string(c.Requirement.Level), c.State, c.Cases, c.Ran})
		}
		for _, res := range sortedResults(s.Results) {
			out.Verdicts[string(res.Verdict)]++
			c := resultsCase{Name: res.Case.Name(), Verdict: string(res.Verdict), Requirements: res.Case.Rules,
				Level: string(res.Case.Level), Skew: res.Case.Skew(), Shown: r.cleanLists(shownBy(res))}
			for _, f := range res.Findings {
				c.Findings = append(c.Findings, resultsFinding{f.Rule, string(f.Level), f.Kind, r.clean(f.Problem)})
			}
			out.Cases = append(out.Cases, c)
		}
		file.Suites = append(file.Suites, out)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(file)
	return buf.Bytes(), err
}
