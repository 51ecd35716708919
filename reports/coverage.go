package reports

import (
	"fmt"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// State is what a run says of one requirement.
type State string

// The states of a requirement, the worst first.
const (
	Failed   State = "failed"   // a case found it broken
	Unproven State = "unproven" // cases cite it, and none came to a verdict
	Noted    State = "observed" // broken, or open, where that fails nobody
	Proven   State = "proven"   // cases came to a verdict, and none found it broken
	Untested State = "untested" // no case cites it; the requirement says why
)

var states = []State{Failed, Unproven, Noted, Proven, Untested}

// Coverage is what a run shows of one requirement, on one side.
type Coverage struct {
	Requirement *harness.Requirement
	State       State
	Cases       int // that cite it, in the whole set of vectors
	Selected    int // of those, the ones the run was to play
	Ran         int // of those, the ones that came to a verdict
}

// Coverage says of every requirement of the suite's side what the run shows.
func (s *Suite) Coverage() []Coverage {
	results := map[string]harness.Result{}
	broken := map[string]State{}
	for _, r := range s.Results {
		results[r.Case.Name()] = r
		for _, f := range r.Findings {
			if r.Verdict == harness.Fail || r.Verdict == harness.KnownFailure {
				broken[f.Rule] = Failed
			} else if broken[f.Rule] == "" {
				broken[f.Rule] = Noted
			}
		}
	}
	var all []Coverage
	for _, req := range s.Profile.Requirements {
		cases := s.Profile.Citing(req.ID, s.Side)
		c := Coverage{Requirement: req, Cases: len(cases)}
		for _, cs := range cases {
			r, selected := results[cs.Name()]
			if selected {
				c.Selected++
			}
			if selected && ran(r.Verdict) {
				c.Ran++
			}
		}
		switch {
		case broken[req.ID] != "":
			c.State = broken[req.ID]
		case len(cases) == 0 && req.Untested != "" && (req.Side == s.Side || req.Side == "both"):
			c.State = Untested
		case len(cases) == 0:
			continue // of the other side
		case c.Ran == 0:
			c.State = Unproven
		case req.Level == harness.Open || req.Level == harness.May:
			c.State = Noted
		default:
			c.State = Proven
		}
		all = append(all, c)
	}
	return all
}

// ran reports whether a case came to a verdict on its target.
func ran(v harness.Verdict) bool {
	switch v {
	case harness.Pass, harness.Fail, harness.KnownFailure, harness.Stale, harness.Observed:
		return true
	}
	return false
}

// Ran is how many cases of the run came to a verdict on their target.
func (r *Run) Ran() int {
	n := 0
	for _, s := range r.Suites {
		for _, res := range s.Results {
			if ran(res.Verdict) {
				n++
			}
		}
	}
	return n
}

// coverage writes how many requirements are in which state, and names those
// whose cases all came to nothing.
func (s *Suite) coverage(b *strings.Builder) {
	counts := map[State]int{}
	for _, c := range s.Coverage() {
		counts[c.State]++
		if c.State == Unproven && c.Selected > 0 {
			fmt.Fprintf(b, "  unproven     %s %s: none of its cases (%d) came to a verdict: %s\n", c.Requirement.ID, c.Requirement.Level, c.Selected, c.Requirement.Sentence)
		}
	}
	var parts []string
	for _, state := range states {
		if n := counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "  requirements %s\n", strings.Join(parts, ", "))
	}
}
