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
	ID        string   // kebab-case, unique for its side
	Says      string   // what it does, in a sentence
	Rules     []string // the requirements it breaks, any of which a case may cite
	Catalogue string   // the entries in the catalogue of defects, S01..S26 and C01..C34, with spaces between; empty for none
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
		ids = append(ids, m.profile.Rules[claim]...)
	}
	return ids
}

// server adds a server that is tampered with.
func (m *maker) server(id, says, catalogue string, rules []string, t reference.Tamper) *Mutant {
	p := m.profile
	return m.add(Mutant{ID: id, Says: says, Catalogue: catalogue, Rules: rules,
		Server: func(clk clock.Clock) http.Handler { return reference.NewTampered(p, clk, t) }})
}

// stateful adds a server whose tampering begins anew with each server.
func (m *maker) stateful(id, says, catalogue string, rules []string, tamper func(clock.Clock) reference.Tamper) *Mutant {
	p := m.profile
	return m.add(Mutant{ID: id, Says: says, Catalogue: catalogue, Rules: rules,
		Server: func(clk clock.Clock) http.Handler { return reference.NewTampered(p, clk, tamper(clk)) }})
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
	x.Rules = unique(x.Rules)
	m.all = append(m.all, x)
	return &m.all[len(m.all)-1]
}

// variant adds a server that shows another value of the variant than is assumed.
func (m *maker) variant(id, says, catalogue, variant string, rules []string) {
	v := m.profile.Variants[variant]
	for i, value := range v.Values {
		if value == m.profile.Choice(variant) {
			continue
		}
		other, err := m.profile.With(map[string]string{variant: value}, false)
		if err != nil {
			continue // the profile cannot be so
		}
		name := id
		if i > 1 || i == 1 && m.profile.Choice(variant) != v.Values[0] {
			name += "-" + value
		}
		m.add(Mutant{ID: name, Says: says, Catalogue: catalogue, Rules: rules,
			Server: func(clk clock.Clock) http.Handler { return reference.New(other, clk) }})
	}
}

// unique leaves out what stands in the list before.
func unique(ids []string) []string {
	var once []string
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once
}
