package harness

import (
	"slices"
	"strings"
)

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

// Source is a page or program that clauses rest on. What is not known of it is
// empty.
type Source struct {
	Name      string   `yaml:"-"` // the short one, by which clauses cite it
	Title     string   `yaml:"title"`
	Publisher string   `yaml:"publisher"`
	Date      string   `yaml:"date"` // year-month-day, or less
	URL       string   `yaml:"url"`
	Places    []string `yaml:"-"` // in it, of one clause: lines, headings, sections or files, as the vendor's file counts them
}

type requirementsFile struct {
	Sources      ordered[Source] `yaml:"sources"`
	Requirements []*Requirement  `yaml:"requirements"`
}

// SourcesOf lists what the clause cites, each source once with all its places. A
// text that names no source of the profile is the title of one.
func (p *Profile) SourcesOf(r *Requirement) []Source {
	var out []Source
	for part := range strings.SplitSeq(r.Source, ";") {
		part = strings.TrimSpace(part)
		name, place, _ := strings.Cut(part, ":")
		name, place = strings.TrimSpace(name), strings.TrimSpace(place)
		s := Source{Title: part}
		if i := slices.IndexFunc(p.Sources, func(s Source) bool { return s.Name == name }); i >= 0 {
			s = p.Sources[i]
		} else {
			name, place = "", ""
		}
		i := slices.IndexFunc(out, func(s Source) bool { return name != "" && s.Name == name })
		switch {
		case part == "":
			continue
		case i < 0:
			i, out = len(out), append(out, s)
		}
		if place != "" {
			out[i].Places = append(out[i].Places, place)
		}
	}
	return out
}

// Requirement finds a clause by id; nil when the profile has none of that id.
func (p *Profile) Requirement(id string) *Requirement {
	return p.byID[id]
}
