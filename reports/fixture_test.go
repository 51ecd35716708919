package reports_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

var update = flag.Bool("update", false, "write the golden files again")

var loaded = sync.OnceValues(func() ([]*harness.Profile, error) { return harness.Load([]string{"trolley", "irp"}) })

// profile is a vendor of the embedded ones: trolley or irp.
func profile(t *testing.T, vendor string) *harness.Profile {
	t.Helper()
	all, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Vendor == vendor {
			return p
		}
	}
	t.Fatalf("no profile of %s", vendor)
	return nil
}

// result is what a made-up case showed.
func result(vendor, id string, v harness.Verdict) harness.Result {
	return harness.Result{
		Case: &harness.Case{ID: id, Vendor: vendor, Rules: []string{"DEMO-001"}, Level: harness.Must, Side: "server",
			Steps: []harness.Step{{}}, File: "demo/cases.yaml", Line: 7},
		Verdict:  v,
		Duration: 1500 * time.Microsecond,
	}
}

func finding(problem string) harness.Finding {
	return harness.Finding{Rule: "DEMO-001", Level: harness.Must, Kind: "status", Problem: problem, Want: "status 401", Got: "status 200"}
}

// verdicts are all there are, with what readers of JUnit are to make of each.
var verdicts = []struct {
	verdict harness.Verdict
	outcome string
}{
	{harness.Pass, "passed"},
	{harness.Observed, "passed"},
	{harness.Fail, "failure"},
	{harness.Stale, "failure"},
	{harness.Error, "error"},
	{harness.KnownFailure, "skipped"},
	{harness.Inconclusive, "skipped"},
	{harness.Skip, "skipped"},
}

// withVerdict is a result that carries what the harness puts into one of its
// verdict: findings where something was wrong, a reason where it never came to
// that.
func withVerdict(vendor, id string, v harness.Verdict) harness.Result {
	r := result(vendor, id, v)
	switch v {
	case harness.Fail, harness.KnownFailure, harness.Observed:
		r.Findings = []harness.Finding{finding("a stale stamp was accepted")}
		r.Sent = []harness.Exchange{{Method: "GET", Target: "/v1/things", RequestHeader: []string{"X-Time: 1700000000"}, Status: 200, ResponseBody: `{"ok":true}`}}
	case harness.Stale:
		r.Reason = "it is listed as failing (known.txt:3) and does not fail; remove the line"
	case harness.Error:
		r.Reason = "connection refused"
	case harness.Inconclusive:
		r.Reason = "the stamp was judged at an age that spans an edge of the window"
	case harness.Skip:
		r.Reason = "needs a clock we own; the target keeps its own"
	}
	return r
}

func everyVerdict(vendor string) []harness.Result {
	var out []harness.Result
	for i, v := range verdicts {
		out = append(out, withVerdict(vendor, []string{"window", "order", "bearer"}[i%3]+"/is-"+string(v.verdict), v.verdict))
	}
	return out
}

var started = time.Date(2024, 2, 29, 23, 59, 58, 987654321, time.FixedZone("", 3600))

// everything is a run with every verdict, twice, of two vendors on both sides.
func everything(t *testing.T) *reports.Run {
	return &reports.Run{Target: "https://sandbox.example.com", Started: started, Duration: 2 * time.Second, Suites: []*reports.Suite{
		{Profile: profile(t, "trolley"), Side: "server", Offset: "[-0.2 s, 0.4 s]", Notes: []string{"the clock has steps of 1 s"},
			Results: everyVerdict("trolley"), Shown: map[string]string{"window-edge": "reject"}},
		{Profile: profile(t, "trolley"), Side: "client", Results: everyVerdict("trolley")},
		{Profile: profile(t, "irp"), Side: "server", Results: append(everyVerdict("irp"), result("irp", "login/plain", harness.Pass))},
	}}
}

// runOf is a run of one suite.
func runOf(t *testing.T, results ...harness.Result) *reports.Run {
	return &reports.Run{Target: "here", Started: started, Suites: []*reports.Suite{{Profile: profile(t, "trolley"), Side: "server", Results: results}}}
}

// randomRun has any number of results of any verdict in any order.
func randomRun(t *testing.T, random *rand.Rand) *reports.Run {
	r := &reports.Run{Target: "here", Started: started, Interrupted: random.IntN(4) == 0}
	for _, vendor := range []string{"trolley", "irp"} {
		s := &reports.Suite{Profile: profile(t, vendor), Side: "server"}
		for i := range random.IntN(30) {
			id := []string{"window", "order", "key"}[random.IntN(3)] + "/claim-" + string(rune('a'+i))
			s.Results = append(s.Results, withVerdict(vendor, id, verdicts[random.IntN(len(verdicts))].verdict))
		}
		r.Suites = append(r.Suites, s)
	}
	if random.IntN(4) == 0 {
		r.Problem = "the link went down"
	}
	return r
}

// tally counts tests by outcome.
type tally struct{ passed, failure, err, skipped int }

func (c *tally) add(outcome string) {
	switch outcome {
	case "passed":
		c.passed++
	case "failure":
		c.failure++
	case "error":
		c.err++
	case "skipped":
		c.skipped++
	}
}

func (c tally) total() int { return c.passed + c.failure + c.err + c.skipped }

// red is the tally of a reader that does not tell failures from errors.
func (c tally) red() tally { return tally{c.passed, c.failure + c.err, 0, c.skipped} }

func truthOf(s *reports.Suite) tally {
	var c tally
	for _, r := range s.Results {
		for _, v := range verdicts {
			if v.verdict == r.Verdict {
				c.add(v.outcome)
			}
		}
	}
	return c
}

// truth is what every reader must count.
func truth(r *reports.Run) tally {
	var c tally
	for _, s := range r.Suites {
		one := truthOf(s)
		c.passed, c.failure, c.err, c.skipped = c.passed+one.passed, c.failure+one.failure, c.err+one.err, c.skipped+one.skipped
	}
	if r.Problem != "" {
		c.err++
	}
	return c
}

// write writes the run's reports and gives them back.
func write(t *testing.T, r *reports.Run) (junit, results string) {
	t.Helper()
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	return read(t, filepath.Join(dir, "junit.xml")), read(t, filepath.Join(dir, "results.json"))
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func summary(t *testing.T, r *reports.Run) string {
	t.Helper()
	var b strings.Builder
	if err := r.Summary(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// element is one element of an XML document.
type element struct {
	name     string
	attrs    map[string]string
	children []*element
	text     string
}

// all are the elements of the name at any depth, in document order.
func (e *element) all(name string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
		out = append(out, c.all(name)...)
	}
	return out
}

// direct are the children of the name.
func (e *element) direct(name string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

func (e *element) has(name string) bool { return len(e.direct(name)) > 0 }

// property is the value of one of the element's own properties.
func (e *element) property(name string) (string, bool) {
	for _, list := range e.direct("properties") {
		for _, p := range list.direct("property") {
			if p.attrs["name"] == name {
				return p.attrs["value"], true
			}
		}
	}
	return "", false
}

// texts are all attribute values and contents, decoded.
func (e *element) texts() []string {
	out := []string{e.text}
	for _, v := range e.attrs {
		out = append(out, v)
	}
	for _, c := range e.children {
		out = append(out, c.texts()...)
	}
	return out
}

// parseXML reads a document as strictly as any reader: one root, legal
// characters, no attribute twice, no entity or directive.
func parseXML(document string) (*element, error) {
	if !utf8.ValidString(document) {
		return nil, errors.New("not UTF-8")
	}
	d := xml.NewDecoder(strings.NewReader(document))
	d.Strict = true
	top := &element{}
	open := []*element{top}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		in := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := e.attrs[a.Name.Local]; twice {
					return nil, errors.New("attribute " + a.Name.Local + " stands twice in " + e.name)
				}
				e.attrs[a.Name.Local] = a.Value
			}
			in.children = append(in.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if in == top && strings.TrimSpace(string(token)) != "" {
				return nil, errors.New("text outside of the root")
			}
			in.text += string(token)
		case xml.Directive:
			return nil, errors.New("a directive")
		}
	}
	if len(top.children) != 1 {
		return nil, errors.New("not one root")
	}
	return top.children[0], nil
}

func mustParseXML(t *testing.T, document string) *element {
	t.Helper()
	root, err := parseXML(document)
	if err != nil {
		t.Fatalf("junit.xml: %v\n%.2000s", err, document)
	}
	return root
}

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := read(t, file)
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s:%d (-update writes it again)\n got %q\nwant %q", file, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s has %d lines, got %d (-update writes it again)", file, len(w), len(g))
}

// offset is a skew as it stands in a case.
func offset(t *testing.T, text string) harness.Offset {
	t.Helper()
	o, err := harness.ParseOffset(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
