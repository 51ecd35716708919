package harness

import (
	"fmt"
	"slices"
	"testing"
)

// Every requirement is cited by a case for its side, or says why not.
func TestEveryRequirementIsCited(t *testing.T) {
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		for _, problem := range uncited(p) {
			t.Error(problem)
		}
	}
}

// uncited says which requirements no case cites as it should.
func uncited(p *Profile) (problems []string) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, r := range p.Requirements {
		var sides []string
		for _, side := range []string{"server", "client"} {
			if len(p.Citing(r.ID, side)) > 0 {
				sides = append(sides, side)
			}
		}
		right := slices.Contains(sides, r.Side) || r.Side == "both" && len(sides) > 0
		switch {
		case !right && r.Untested == "" && len(sides) > 0:
			say("%s is about the %s, is cited by cases of the other side alone, and does not say why: %s", r.ID, r.Side, r.Sentence)
		case !right && r.Untested == "":
			say("%s is cited by no case and does not say why: %s", r.ID, r.Sentence)
		case right && r.Untested != "":
			say("%s is cited, and yet says that it is untested: %s", r.ID, r.Sentence)
		}
	}
	return problems
}
