package mutant

import (
	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// Clients are the broken clients that the profile allows for.
func Clients(p *harness.Profile) []Mutant {
	m := &maker{profile: p}
	m.clientStamps()
	m.clientSignatures()
	m.clientRequests()
	m.clientFields()
	m.clientCorrections()
	m.clientRedirects()
	m.clientErrors()
	m.clientAnswers()
	m.clientTokens()
	m.clientCaches()
	return m.all
}

// client adds a client that is tampered with. It is made anew for each case, so
// that what it remembers ends with it.
func (m *maker) client(id, says, catalogue string, claims []string, tamper func(harness.ClientConfig) reference.ClientTamper) *Mutant {
	p := m.profile
	return m.add(Mutant{ID: id, Says: says, Catalogue: catalogue, Rules: m.clientRules(claims),
		Client: func(c harness.ClientConfig) (harness.Client, error) {
			return reference.NewTamperedClient(p, c, tamper(c))
		}})
}

// clientRules are the requirements that the claims about clients stand for. What
// the pages do not ask for is looked at under some other rule.
func (m *maker) clientRules(claims []string) []string {
	p := m.profile
	rules := m.rules(claims...)
	for _, c := range p.Cases {
		for _, claim := range claims {
			if c.Side == "client" && c.Claim == claim && len(p.Rules[claim]) == 0 {
				rules = append(rules, c.Rules...)
			}
		}
	}
	return rules
}

// always is a tamper that does not hang on the configuration.
func always(t reference.ClientTamper) func(harness.ClientConfig) reference.ClientTamper {
	return func(harness.ClientConfig) reference.ClientTamper { return t }
}
