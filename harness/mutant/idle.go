package mutant

import (
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// fewest is the part of a side's cases, one in so many, that a mutant may fail at
// most to show that a case is needed. A peer on which nearly every case fails
// would be caught without any one of them.
const fewest = 10

// Idle are the cases that no mutant shows to be needed: none fails them, but for
// those that fail more than a tenth of all. They may stay; what they hold is
// held by others, or no mutant breaks it.
func (s Score) Idle(p *harness.Profile) []string {
	var all []string
	for _, c := range p.Cases {
		if c.Side == s.Side {
			all = append(all, c.Name())
		}
	}
	needed := map[string]bool{}
	for _, f := range s.Fates {
		if failed := f.failed(); len(failed)*fewest <= len(all) {
			for _, name := range failed {
				needed[name] = true
			}
		}
	}
	var idle []string
	for _, name := range all {
		if !needed[name] {
			idle = append(idle, name)
		}
	}
	return idle
}

// failed are the cases that failed on the mutant, whatever they cite.
func (f Fate) failed() []string {
	var names []string
	names = append(names, f.Killed...)
	for _, other := range f.Others {
		name, _, _ := strings.Cut(other, " (")
		names = append(names, name)
	}
	return names
}

// idleIn counts the cases of the score's vendor and side, and lists the idle
// ones.
func (s Score) idleIn(profiles []*harness.Profile) (cases int, idle []string) {
	for _, p := range profiles {
		if p.Vendor != s.Vendor {
			continue
		}
		for _, c := range p.Cases {
			if c.Side == s.Side {
				cases++
			}
		}
		idle = s.Idle(p)
	}
	return cases, idle
}
