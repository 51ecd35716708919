package reports

import "github.com/skewproof/skewproof/harness"

// ChangeKind says what became of a case or requirement since the baseline.
type ChangeKind string

// The kinds of change, the worst first.
const (
	NewFailure ChangeKind = "new failure"            // it did not fail, and does
	Changed    ChangeKind = "changed"                // it fails now as it did then, or did not and does not, and shows something else
	NotProven  ChangeKind = "requirement not proven" // it was proven, and is not
	Fixed      ChangeKind = "fixed"                  // it failed, and does not
	Vanished   ChangeKind = "vanished case"          // the vectors have it no longer
	NewCase    ChangeKind = "new case"               // the baseline does not have it
)

var changeKinds = []ChangeKind{NewFailure, Changed, NotProven, Fixed, Vanished, NewCase}

// Change is one difference between a run and its baseline.
type Change struct {
	Vendor, Side string
	Case         string // full name; empty for one of a suite or of a requirement
	Requirement  string // of NotProven
	Kind         ChangeKind
	// Contract says that what changed is what the profile documents: see
	// Difference. Such a change makes the run fail; others are told only.
	Contract      bool
	Before, After harness.Verdict // empty where there was none
	Differences   []Difference
}

// Difference is one thing that a case showed then and now.
type Difference struct {
	// What is status, answer, message, code, value, type, missing field, extra
	// field, header, body, variant, finding, steps, told or state.
	What          string
	Place         string // the path, the header, the variant or the requirement; may be empty
	Step          int    // of the case, from 1; 0 where it is not of one
	Before, After string
	// Contract says that a MUST or SHOULD requirement or a documented answer speaks
	// of it: a status, a documented error, a place that the profile names, an
	// open question that is answered otherwise.
	Contract bool
}

// Comparison is what became of a run since its baseline.
type Comparison struct {
	Changes     []Change // by vendor, side and name
	Compared    int      // cases that came to a verdict then and now
	NotCompared int      // cases that did not, then or now: skipped, inconclusive, in error or not run
	Notes       []string
}

// Contract is how many changes are of the contract.
func (c *Comparison) Contract() int {
	n := 0
	for _, ch := range c.Changes {
		if ch.Contract {
			n++
		}
	}
	return n
}

// Count is how many changes are of the kind.
func (c *Comparison) Count(kind ChangeKind) int {
	n := 0
	for _, ch := range c.Changes {
		if ch.Kind == kind {
			n++
		}
	}
	return n
}

// Of finds the change of a case; nil for none.
func (c *Comparison) Of(side, name string) *Change {
	if c == nil {
		return nil
	}
	for i := range c.Changes {
		if c.Changes[i].Case == name && c.Changes[i].Side == side {
			return &c.Changes[i]
		}
	}
	return nil
}
