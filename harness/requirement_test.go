package harness

import (
	"fmt"
	"strings"
	"testing"
)

// A clause's sources are found by their short names, each once, and a text that
// is none of them stays what it is.
func TestSourcesOfAClause(t *testing.T) {
	const more = `
  old: {title: "Old: a guide", publisher: Acme, date: 2024-03-25, url: "https://acme.invalid/old"}
  older: {title: Older, date: 2019}
requirements:`
	for _, tt := range []struct{ written, want string }{
		{`"page:1"`, "page|The page|Acme||https://acme.invalid/|1"},
		{`"page:1; page:3-5"`, "page|The page|Acme||https://acme.invalid/|1,3-5"},
		{`"older:2; page:1;older:Some heading, another"`, "older|Older||2019||2,Some heading, another & page|The page|Acme||https://acme.invalid/|1"},
		{`"old:lib/a.go:7"`, "old|Old: a guide|Acme|2024-03-25|https://acme.invalid/old|lib/a.go:7"},
		{`page`, "page|The page|Acme||https://acme.invalid/|"},
		{`not stated`, "|not stated||||"},
		{`"pages:1; pages:1"`, "|pages:1|||| & |pages:1||||"},
		{`"https://acme.invalid/more; page:2;"`, "|https://acme.invalid/more|||| & page|The page|Acme||https://acme.invalid/|2"},
	} {
		files := acmeWith("acme/requirements.yaml", "\nrequirements:", more)
		files["acme/requirements.yaml"] = strings.Replace(files["acme/requirements.yaml"], `"page:1"`, tt.written, 1)
		p, err := loadAcme(files)
		if err != nil {
			t.Fatalf("%s: %v", tt.written, err)
		}
		var got []string
		for _, s := range p.SourcesOf(p.Requirement("ACM-1")) {
			got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%s", s.Name, s.Title, s.Publisher, s.Date, s.URL, strings.Join(s.Places, ",")))
		}
		if text := strings.Join(got, " & "); text != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.written, text, tt.want)
		}
		if again := p.SourcesOf(p.Requirement("ACM-2")); len(again) != 1 || strings.Join(again[0].Places, ",") != "2" || len(p.Sources) != 3 || p.Sources[0].Places != nil {
			t.Errorf("%s: another clause cites %+v", tt.written, again)
		}
	}
}

// Whatever an embedded vendor's clauses cite is one of its sources, and every
// source is cited.
func TestEveryEmbeddedSourceIsKnown(t *testing.T) {
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		cited := map[string]bool{}
		for _, r := range p.Requirements {
			for _, s := range p.SourcesOf(r) {
				cited[s.Name] = true
				if s.Name == "" || s.Title == "" || s.Publisher == "" || len(s.Places) == 0 {
					t.Errorf("%s cites %+v", r.ID, s)
				}
			}
		}
		for _, s := range p.Sources {
			if !cited[s.Name] {
				t.Errorf("%s: nothing cites %s", p.Vendor, s.Name)
			}
		}
	}
}
