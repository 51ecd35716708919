package reports_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// pageOf writes the run's reports and gives report.html back.
func pageOf(t *testing.T, r *reports.Run) string {
	t.Helper()
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	return read(t, filepath.Join(dir, "report.html"))
}

var (
	styles  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	scripts = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
)

// parseHTML reads a page whose elements are all closed, but for those that never
// are. The style and the script are left out.
func parseHTML(t *testing.T, page string) *element {
	t.Helper()
	if !utf8.ValidString(page) {
		t.Fatal("the page is not UTF-8")
	}
	for _, name := range []string{"style", "script"} {
		before, rest, _ := strings.Cut(page, "<"+name+">")
		_, after, _ := strings.Cut(rest, "</"+name+">")
		page = before + "<" + name + "></" + name + ">" + after
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "input", "br"}, xml.HTMLEntity
	top := &element{}
	open := []*element{top}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the page: %v", err)
		}
		in := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			in.children = append(in.children, e)
			open = append(open, e)
		case xml.EndElement:
			if in.name != token.Name.Local {
				t.Fatalf("</%s> ends <%s>", token.Name.Local, in.name)
			}
			open = open[:len(open)-1]
		case xml.CharData:
			in.text += string(token)
		}
	}
	if len(open) != 1 || len(top.children) != 1 {
		t.Fatal("the page is not one element")
	}
	return top.children[0]
}

// with are the elements at any depth that have the class.
func (e *element) with(class string) []*element {
	var out []*element
	for _, c := range e.children {
		if slices.Contains(strings.Fields(c.attrs["class"]), class) {
			out = append(out, c)
		}
		out = append(out, c.with(class)...)
	}
	return out
}

// whole is the text of the element and of all within, in no special order.
func (e *element) whole() string {
	text := e.text
	for _, c := range e.children {
		text += " " + c.whole()
	}
	return strings.Join(strings.Fields(text), " ")
}

func TestThePageShowsEveryResultFailuresFirst(t *testing.T) {
	run := everything(t)
	page := parseHTML(t, pageOf(t, run))
	want := map[string]int{}
	for _, s := range run.Suites {
		for _, r := range s.Results {
			want[s.Name()+"/"+r.Case.ID+" "+string(r.Verdict)]++
		}
	}
	for _, c := range page.with("case") {
		key := c.attrs["data-key"] + " " + c.attrs["data-verdict"]
		if want[key]--; want[key] < 0 {
			t.Errorf("%s is shown too often", key)
		}
		if name := c.with("name")[0].text; !strings.HasSuffix(c.attrs["data-key"], name[strings.Index(name, "/"):]) || !strings.HasPrefix(c.attrs["data-suite"], name[:strings.Index(name, "/")]) {
			t.Errorf("%s has the name %s", key, name)
		}
	}
	for key, n := range want {
		if n > 0 {
			t.Errorf("%s is not shown", key)
		}
	}
	var sections []string
	for _, s := range page.with("verdicts") {
		sections = append(sections, s.direct("ul")[0].direct("li")[0].attrs["data-verdict"])
	}
	if !slices.Equal(sections, []string{"fail", "error", "stale", "known-failure", "inconclusive", "observed", "skip", "pass"}) {
		t.Errorf("the sections are %v", sections)
	}
	if text := page.with("top")[0].whole(); !strings.Contains(text, "Does not conform") || !strings.Contains(text, "3 of 25 cases fail.") ||
		!strings.Contains(text, "https://sandbox.example.com") || !strings.Contains(text, "2024-02-29 22:59:58 UTC") {
		t.Errorf("the head says %s", text)
	}
	if text := page.with("suites")[0].whole(); !strings.Contains(text, "[-0.2 s, 0.4 s]") || !strings.Contains(text, "the clock has steps of 1 s") || !strings.Contains(text, "assumed accept") {
		t.Errorf("the vendors' part says %s", text)
	}
}

func TestTheTablesOfThePageAddUp(t *testing.T) {
	run := everything(t)
	req := run.Suites[0].Profile.Requirements[len(run.Suites[0].Profile.Requirements)-1]
	for i := range run.Suites[0].Results {
		if r := &run.Suites[0].Results[i]; r.Verdict == harness.Fail {
			r.Findings = append(r.Findings, harness.Finding{Rule: req.ID, Problem: "also"}, harness.Finding{Rule: req.ID, Problem: "and again"})
		}
	}
	page := parseHTML(t, pageOf(t, run))
	cells := 0
	for _, a := range page.with("grid")[0].all("a") {
		want := 0
		for _, s := range run.Suites {
			for _, r := range s.Results {
				if a.attrs["href"] == "#suite="+s.Name()+"&aspect="+r.Case.Aspect() {
					want++
				}
			}
		}
		got := 0
		for _, span := range a.direct("span") {
			n := 0
			fmt.Sscan(span.text, &n)
			got += n
		}
		if got != want || got == 0 {
			t.Errorf("%s counts %d, and there are %d", a.attrs["href"], got, want)
		}
		cells += got
	}
	if cells != 25 {
		t.Errorf("the grid counts %d cases", cells)
	}
	broken := page.with("broken")[0].all("tr")[1:]
	if len(broken) != 1 || !strings.Contains(broken[0].whole(), req.ID) || !strings.HasSuffix(broken[0].whole(), " 1") {
		t.Errorf("the broken requirements: %v", broken)
	}
	tables := page.with("coverage")
	if len(tables) != len(run.Suites) {
		t.Fatalf("%d tables of requirements", len(tables))
	}
	for i, s := range run.Suites {
		rows := tables[i].all("tbody")[0].direct("tr")
		if len(rows) != len(s.Coverage()) {
			t.Errorf("%s: %d requirements, not %d", s.Name(), len(rows), len(s.Coverage()))
		}
		worst := []string{"failed", "unproven", "observed", "proven", "untested"}
		if !slices.IsSortedFunc(rows, func(a, b *element) int {
			return slices.Index(worst, a.with("state")[0].text) - slices.Index(worst, b.with("state")[0].text)
		}) {
			t.Errorf("%s: the worst requirements are not first", s.Name())
		}
		for _, c := range s.Coverage() {
			text := fmt.Sprintf("%s %s", c.Requirement.ID, c.State)
			if !slices.ContainsFunc(rows, func(row *element) bool {
				return row.all("th")[0].whole()+" "+row.with("state")[0].text == text
			}) {
				t.Errorf("%s: no row %s", s.Name(), text)
			}
		}
	}
}

// Nothing is loaded, nothing is allowed but the page's own style and script, and
// those are the ones it was made with.
func TestThePageAllowsOnlyItself(t *testing.T) {
	text := pageOf(t, everything(t))
	hash := func(part string) string {
		sum := sha256.Sum256([]byte(part))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	style, script := styles.FindAllStringSubmatch(text, -1), scripts.FindAllStringSubmatch(text, -1)
	if len(style) != 1 || len(script) != 1 || len(style[0][1]) < 1000 || len(script[0][1]) < 1000 {
		t.Fatalf("%d styles and %d scripts", len(style), len(script))
	}
	page := parseHTML(t, text)
	want := "default-src 'none'; style-src " + hash(style[0][1]) + "; script-src " + hash(script[0][1]) + "; base-uri 'none'; form-action 'none'"
	if got := page.all("meta")[1].attrs["content"]; got != want {
		t.Errorf("the policy is\n\t%s\nnot\n\t%s", got, want)
	}
	if bad := regexp.MustCompile(`(?i)url\(|@import|https?:|<link|fetch|innerHTML|localStorage`).FindString(style[0][1] + script[0][1]); bad != "" {
		t.Errorf("the style or the script has %s", bad)
	}
	checkHarmless(t, page)
}

// checkHarmless makes sure that no element or attribute came in with a text.
func checkHarmless(t *testing.T, e *element) {
	t.Helper()
	for _, c := range e.children {
		if !slices.Contains(elements, c.name) {
			t.Errorf("an element %s", c.name)
		}
		for name, value := range c.attrs {
			if !slices.Contains(attributes, name) && !strings.HasPrefix(name, "aria-") && !strings.HasPrefix(name, "data-") {
				t.Errorf("an attribute %s of %s", name, c.name)
			}
			if name == "href" && !strings.HasPrefix(value, "#") && (!vendorPage(t, value) || c.attrs["rel"] != "noreferrer") {
				t.Errorf("a link to %s", value)
			}
		}
		checkHarmless(t, c)
	}
}

// vendorPage reports whether a clause of a known vendor rests on the page. Only
// such a page is linked to, and a browser goes there only when told to.
func vendorPage(t *testing.T, url string) bool {
	for _, vendor := range []string{"trolley", "irp"} {
		if slices.ContainsFunc(profile(t, vendor).Sources, func(s harness.Source) bool { return s.URL == url }) {
			return true
		}
	}
	return false
}

var (
	elements = strings.Fields(`head meta title style body a header div p nav button h1 h2 h3 h4 h5 span b strong code dl dt dd main section article ul li svg rect
		details summary table thead tbody tr th td form label input output select option blockquote footer pre del ins i mark script cite br`)
	attributes = strings.Fields(`charset http-equiv content name class href id hidden role type tabindex for placeholder autocomplete spellcheck value
		viewBox preserveAspectRatio x width height scope open lang rel`)
)

func TestTheSameRunIsTheSamePage(t *testing.T) {
	if a, b := pageOf(t, everything(t)), pageOf(t, everything(t)); a != b {
		t.Error("two pages of one run differ")
	}
}

func TestHostileTextsLeaveThePageWhole(t *testing.T) {
	for name, text := range hostileTexts {
		if isLarge(text) && testing.Short() {
			continue
		}
		if isLarge(text) && !strings.Contains("1 MB of ampersands, 1 MB of NUL, 1 MB of lines, 1 MB in one step of 3", name) {
			continue // one of each kind is enough
		}
		t.Run(name, func(t *testing.T) {
			run := spoiled(t, text)
			for i := range run.Suites[0].Results {
				if r := &run.Suites[0].Results[i]; r.Verdict == harness.Fail {
					r.Expected = &harness.Expected{Outcome: "acceptance", Status: []string{"200"}, Body: text}
					r.Difference = &harness.Difference{Stage: "message", Want: text, Got: "other"}
					if !isLarge(text) {
						r.Expected.Header, r.Difference.Got, r.Told = []string{"A: " + text}, "other "+text, []string{text}
					}
				}
			}
			run.Repeat = func(string) string { return text }
			text := pageOf(t, run)
			page := parseHTML(t, text)
			checkHarmless(t, page)
			if n := len(page.with("case")); n != len(verdicts) {
				t.Errorf("%d cases", n)
			}
			if len(text) > 3<<20 {
				t.Errorf("%d bytes", len(text))
			}
			for _, shown := range page.texts() {
				if i := strings.IndexFunc(shown, func(r rune) bool {
					return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0xFFFE || r == 0xFFFF
				}); i >= 0 {
					t.Errorf("%.20q in a text", shown[i:])
				}
			}
		})
	}
}
