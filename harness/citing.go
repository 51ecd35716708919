package harness

import (
	"slices"
	"strings"
)

// Citing lists the cases that hold a target of the side to the requirement. A
// case that stands in for what no requirement says does not count. What every
// request of a client is held to is cited by all its cases, where none cites it
// alone.
func (p *Profile) Citing(id, side string) []*Case {
	var cited, all []*Case
	for _, c := range p.Cases {
		if c.Side != side {
			continue
		}
		all = append(all, c)
		if slices.Contains(c.Rules, id) && (c.Level != Open || p.byID[id].Level == Open) {
			cited = append(cited, c)
		}
	}
	if len(cited) == 0 && side == "client" {
		for claim, rules := range p.Rules {
			if rules[0] == id && heldAgainstEveryRequest(claim) {
				return all
			}
		}
	}
	return cited
}

// heldAgainstEveryRequest reports whether the claim is checked in whatever case
// a client is in.
func heldAgainstEveryRequest(claim string) bool {
	return slices.Contains(clientClaims, claim) || strings.HasPrefix(claim, "client-signs-") || strings.HasPrefix(claim, "client-stage-")
}
