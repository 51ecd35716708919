package reports

import (
	"net/url"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// pageSource is a page or program of the vendor's, as the page shows it.
type pageSource struct {
	Name, Title string
	About       string // publisher and date
	At          string // where in it
	URL         string
	Link        bool // the URL is one that a browser may be sent to
}

func (r *Run) pageSource(s harness.Source) pageSource {
	about := s.Publisher
	if about != "" && s.Date != "" {
		about += ", "
	}
	out := pageSource{Name: r.clean(s.Name), Title: r.clean(s.Title), About: r.clean(about + s.Date), At: r.clean(strings.Join(s.Places, "; ")), URL: r.clean(s.URL)}
	u, err := url.Parse(s.URL)
	out.Link = err == nil && out.URL == s.URL && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
	return out
}

// sourcesOf are those of one clause.
func (r *Run) sourcesOf(p *harness.Profile, q *harness.Requirement) []pageSource {
	var out []pageSource
	for _, s := range p.SourcesOf(q) {
		out = append(out, r.pageSource(s))
	}
	return out
}
