package reports_test

import (
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// resting is a run of one failure, which cites a clause that rests on the source.
func resting(t *testing.T, source string, known ...harness.Source) *reports.Run {
	t.Helper()
	all, err := harness.Load([]string{"trolley"}) // one of our own, because it is changed
	if err != nil {
		t.Fatal(err)
	}
	p := all[0]
	p.Requirement("TRO-011").Source, p.Sources = source, known
	r := withVerdict("trolley", "window/x", harness.Fail)
	r.Findings[0].Rule = "TRO-011"
	return &reports.Run{Target: "here", Started: started, Suites: []*reports.Suite{{Profile: p, Side: "server", Results: []harness.Result{r}}}}
}

func TestAClauseNamesItsPages(t *testing.T) {
	run := resting(t, "blog:13; api:limits; blog:18-21; nowhere:7",
		harness.Source{Name: "blog", Title: "How it works", Publisher: "Acme", Date: "2024-03-25", URL: "https://acme.invalid/blog?a=1&b=<2>"},
		harness.Source{Name: "api", Title: "The API", Date: "2023"},
		harness.Source{Name: "rfc", Title: "Another", URL: "http://rfc.invalid/"})
	page := parseHTML(t, pageOf(t, run))
	for _, list := range []*element{page.with("detail")[0].with("sources")[0], page.with("broken")[0].with("sources")[0]} {
		var got []string
		for _, li := range list.children {
			got = append(got, li.children[0].text+li.text)
		}
		if text := strings.Join(got, "|"); text != "How it works, Acme, 2024-03-25, at 13; 18-21|The API, 2023, at limits|nowhere:7" {
			t.Errorf("it shows %s", text)
		}
		links := list.all("a")
		if len(links) != 1 || links[0].text != "https://acme.invalid/blog?a=1&b=<2>" || links[0].attrs["href"] != "https://acme.invalid/blog?a=1&b=%3c2%3e" || links[0].attrs["rel"] != "noreferrer" {
			t.Errorf("it links to %+v", links)
		}
	}
	coverage := page.with("coverage")[0]
	if text := coverage.with("pages")[0].whole(); !strings.Contains(text, "How it works") || !strings.Contains(text, "The API") || !strings.Contains(text, "Another") ||
		len(coverage.with("pages")[0].all("a")) != 2 {
		t.Errorf("the pages are %s", text)
	}
}

// Only what a browser can be sent to without harm is a link.
func TestOddAddressesAreNoLinks(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "//acme.invalid/", "/blog", "blog", "https:", "https:///x",
		"https://user:pass@acme.invalid/", " https://acme.invalid/", "https://acme.invalid/\x00", "https://acme.invalid/\u202e", "https://acme.invalid:port/", `"><script>alert(1)</script>`} {
		page := parseHTML(t, pageOf(t, resting(t, "blog:1", harness.Source{Name: "blog", Title: address, Publisher: address, Date: address, URL: address})))
		checkHarmless(t, page)
		if page.with("sources")[0].has("a") || len(page.with("sources")[0].all("a")) > 0 || len(page.with("pages")[0].all("a")) > 0 {
			t.Errorf("%q is a link", address)
		}
		shown := strings.Join(strings.Fields(strings.NewReplacer("\x00", "\uFFFD", "\u202e", "\uFFFD").Replace(address)), " ")
		if text := page.with("sources")[0].whole(); strings.Count(text, shown) != 4 {
			t.Errorf("%q is shown as %s", address, text)
		}
	}
}

func TestExplainNamesTheFirstPage(t *testing.T) {
	for _, tt := range []struct{ source, want string }{
		{"blog:23-35", "blog:23-35 (How it works, Acme, 2024-03-25)"},
		{"api:limits; blog:1; api:2", "api:limits; blog:1; api:2 (The API, and 1 more)"},
		{"not stated", "not stated"},
		{"nowhere:7; blog:1", "nowhere:7; blog:1"},
	} {
		run := resting(t, tt.source, harness.Source{Name: "blog", Title: "How it works", Publisher: "Acme", Date: "2024-03-25", URL: "https://acme.invalid/"}, harness.Source{Name: "api", Title: "The API"})
		text := reports.Explain(run.Suites[0].Profile, run.Suites[0].Results[0])
		if !strings.Contains(text, "\n          source "+tt.want+"\n") {
			t.Errorf("no line with %q in\n%s", tt.want, text)
		}
	}
}
