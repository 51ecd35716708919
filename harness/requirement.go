package harness

// Requirement is one clause of the vendor's pages, in our own words.
type Requirement struct {
	ID       string `yaml:"id"`
	Level    Level  `yaml:"level"`
	Side     string `yaml:"side"` // server, client, both or receiver (of webhooks)
	Sentence string `yaml:"sentence"`
	Source   string `yaml:"source"`   // "page:lines" of requirements.yaml's sources
	Variant  string `yaml:"variant"`  // the open question the clause hangs on; empty for none
	Untested string `yaml:"untested"` // why no case cites it; empty where one does
}

type requirementsFile struct {
	Sources      ordered[source] `yaml:"sources"`
	Requirements []*Requirement  `yaml:"requirements"`
}

type source struct {
	Title     string `yaml:"title"`
	Publisher string `yaml:"publisher"`
	Date      string `yaml:"date"`
	URL       string `yaml:"url"`
}

// Requirement finds a clause by id; nil when the profile has none of that id.
func (p *Profile) Requirement(id string) *Requirement {
	return p.byID[id]
}
