package harness

import "testing"

// Every requirement of the server is cited by a case, or says why not.
func TestEveryServerRequirementIsCited(t *testing.T) {
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		cited := map[string]int{}
		for _, c := range p.Cases {
			for _, r := range c.Rules {
				cited[r]++
			}
		}
		for _, r := range p.Requirements {
			if cited[r.ID] == 0 && r.Untested == "" {
				t.Errorf("%s is cited by no case and does not say why: %s", r.ID, r.Sentence)
			}
			if cited[r.ID] > 0 && r.Untested != "" && r.Side == "server" {
				t.Errorf("%s is cited, and yet says that it is untested: %s", r.ID, r.Untested)
			}
		}
	}
}
