// Package mutant makes peers that are broken in exactly one way, for every
// profile. A suite is worth what it catches: each mutant must be caught by a case
// that cites the requirement the mutant breaks.
package mutant

import (
	"net/http"
	"slices"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// Mutant is a peer broken in one way.
type Mutant struct {
	ID        string            // kebab-case, unique for its side
	Says      string            // what it does, in a sentence
	Rules     []string          // the requirements it breaks, any of which a case may cite
	Catalogue string            // the entry in the catalogue of defects: S01..S26, C01..C34; empty for none
	Pin       map[string]string // variants it breaks the assumed value of
	// Equivalent says why no case can tell the mutant from the unbroken peer;
	// empty when one must.
	Equivalent string

	Server func(clock.Clock) http.Handler                     // of a server
	Client func(harness.ClientConfig) (harness.Client, error) // of a client
}

// maker collects the mutants of one profile.
type maker struct {
	profile *harness.Profile
	all     []Mutant
}

// rules are the requirements that the claims stand for.
func (m *maker) rules(claims ...string) []string {
	var ids []string
	for _, claim := range claims {
		for _, id := range m.profile.Rules[claim] {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// server adds a server that is tampered with.
func (m *maker) server(id, says, catalogue string, rules []string, t reference.Tamper) *Mutant {
	p := m.profile
	return m.add(Mutant{ID: id, Says: says, Catalogue: catalogue, Rules: rules,
		Server: func(clk clock.Clock) http.Handler { return reference.NewTampered(p, clk, t) }})
}

// profileServer adds a server that follows an altered profile.
func (m *maker) profileServer(id, says, catalogue string, rules []string, alter func(*harness.Profile)) *Mutant {
	altered := *m.profile
	alter(&altered)
	return m.add(Mutant{ID: id, Says: says, Catalogue: catalogue, Rules: rules,
		Server: func(clk clock.Clock) http.Handler { return reference.New(&altered, clk) }})
}

// add adds the mutant, unless it breaks nothing that the profile asks for.
func (m *maker) add(x Mutant) *Mutant {
	if len(x.Rules) == 0 {
		return &Mutant{}
	}
	m.all = append(m.all, x)
	return &m.all[len(m.all)-1]
}
