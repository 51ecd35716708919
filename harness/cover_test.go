package harness

import (
	"slices"
	"strings"
	"testing"
)

// Every requirement is cited by a case for its side, or says why not.
func TestEveryRequirementIsCited(t *testing.T) {
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		cited := map[string][]string{} // sides by requirement
		for _, c := range p.Cases {
			for _, r := range c.Rules {
				if c.Level != Open || p.byID[r].Level == Open { // else it stands in for what no requirement says
					cited[r] = append(cited[r], c.Side)
				}
			}
		}
		for claim, rules := range p.Rules {
			if heldAgainstEveryRequest(claim) {
				cited[rules[0]] = append(cited[rules[0]], "client")
			}
		}
		for _, r := range p.Requirements {
			sides := cited[r.ID]
			right := slices.Contains(sides, r.Side) || r.Side == "both" && len(sides) > 0
			switch {
			case !right && r.Untested == "" && len(sides) > 0:
				t.Errorf("%s is about the %s, is cited by cases of the other side alone, and does not say why: %s", r.ID, r.Side, r.Sentence)
			case !right && r.Untested == "":
				t.Errorf("%s is cited by no case and does not say why: %s", r.ID, r.Sentence)
			case right && r.Untested != "":
				t.Errorf("%s is cited, and yet says that it is untested: %s", r.ID, r.Sentence)
			}
		}
	}
}

// heldAgainstEveryRequest reports whether the claim is checked in whatever case
// a client is in.
func heldAgainstEveryRequest(claim string) bool {
	return slices.Contains(clientClaims, claim) || strings.HasPrefix(claim, "client-signs-") || strings.HasPrefix(claim, "client-stage-")
}
