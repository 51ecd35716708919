package mutant

import "github.com/skewproof/skewproof/harness"

// Servers are the broken servers that the profile allows for: the more features
// it has, the more there are.
func Servers(p *harness.Profile) []Mutant {
	m := &maker{profile: p}
	m.window()
	m.stamps()
	m.duplicates()
	m.serverClocks()
	m.signature()
	m.inputs()
	m.credentials()
	m.memory()
	m.checks()
	m.operations()
	m.tokens()
	m.remaining()
	m.scheme()
	m.malformed()
	m.errors()
	m.replies()
	m.replyTime()
	m.leaks()
	return m.all
}
