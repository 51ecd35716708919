package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/reporters"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/vectors"
)

// The JUnit document is made of Ginkgo's types, with what its readers want and
// those lack: names and totals at the top, id, file and line. One level of
// suites, because some readers drop nested ones; counts in the header and in
// the elements agree, because some readers use the one and some the other.
type (
	junitRoot struct {
		XMLName   xml.Name     `xml:"testsuites"`
		Name      string       `xml:"name,attr"`
		Tests     int          `xml:"tests,attr"`
		Failures  int          `xml:"failures,attr"`
		Errors    int          `xml:"errors,attr"`
		Skipped   int          `xml:"skipped,attr"`
		Time      string       `xml:"time,attr"`
		Timestamp string       `xml:"timestamp,attr"`
		Suites    []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		reporters.JUnitTestSuite
		ID        string      `xml:"id,attr"`
		Time      string      `xml:"time,attr"`
		TestCases []junitCase `xml:"testcase"`
	}
	junitCase struct {
		reporters.JUnitTestCase
		Time    string     `xml:"time,attr"`
		File    string     `xml:"file,attr,omitempty"`
		Line    int        `xml:"line,attr,omitempty"`
		Failure *junitTold `xml:"failure,omitempty"`
		Error   *junitTold `xml:"error,omitempty"`
		Skipped *junitTold `xml:"skipped,omitempty"`
	}
	junitTold struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",innerxml"` // by escapeText
	}
)

// maxText bounds one text in the report, in bytes, so that no answer can blow
// the file up beyond what readers take.
const maxText = 32 << 10

func (r *Run) junit() ([]byte, error) {
	root := junitRoot{Name: "skewproof", Time: secondsText(r.Duration), Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05Z")}
	for _, s := range r.Suites {
		root.Suites = append(root.Suites, s.junit(r))
	}
	if r.Problem != "" {
		root.Suites = append(root.Suites, r.problemSuite())
	}
	for _, s := range root.Suites {
		root.Tests += s.Tests
		root.Failures += s.Failures
		root.Errors += s.Errors
		root.Skipped += s.Skipped
	}
	text, err := xml.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, err
	}
	// Some readers know the entities of XML by name only.
	text = bytes.ReplaceAll(text, []byte("&#34;"), []byte("&quot;"))
	text = bytes.ReplaceAll(text, []byte("&#39;"), []byte("&apos;"))
	return append(append([]byte(xml.Header), bytes.TrimSpace(text)...), '\n'), nil
}

func secondsText(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

func (s *Suite) junit(r *Run) junitSuite {
	out := junitSuite{ID: s.Name()}
	out.Name, out.Package = s.Name(), "skewproof."+s.Name()
	out.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05Z")
	property := func(name, value string) {
		out.Properties.Properties = append(out.Properties.Properties, reporters.JUnitProperty{Name: name, Value: r.clean(value)})
	}
	property("target", r.Target)
	if s.Offset != "" {
		property("clock-offset", s.Offset)
	}
	if r.Interrupted {
		property("interrupted", "true")
	}
	for _, note := range s.Notes {
		property("note", note)
	}
	variants := s.Variants()
	for _, name := range sorted(variants) {
		property("variant."+name, variants[name])
	}
	property("inconclusive", fmt.Sprint(s.Count(harness.Inconclusive)))
	s.changes(r.Comparison, property)
	var total time.Duration
	for _, res := range sortedResults(s.Results) {
		c := s.testCase(r, res)
		total += res.Duration
		out.Tests++
		switch {
		case c.Failure != nil:
			out.Failures++
		case c.Error != nil:
			out.Errors++
		case c.Skipped != nil:
			out.Skipped++
		}
		out.TestCases = append(out.TestCases, c)
	}
	out.Time = secondsText(total)
	return out
}

func sortedResults(results []harness.Result) []harness.Result {
	out := append([]harness.Result(nil), results...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Case.Name() < out[j].Case.Name() })
	return out
}

func (s *Suite) testCase(run *Run, r harness.Result) junitCase {
	c := junitCase{Time: secondsText(r.Duration), Line: r.Case.Line}
	c.File = r.Case.File
	if _, err := fs.Stat(vectors.FS, c.File); err == nil { // not of a folder of the user's own
		c.File = "vectors/" + c.File
	}
	c.Name = r.Case.Name()
	c.Classname = "skewproof." + s.Name() + "." + r.Case.Aspect()
	c.Status = string(r.Verdict)
	properties := &reporters.JUnitProperties{}
	property := func(name, value string) {
		if value != "" {
			properties.Properties = append(properties.Properties, reporters.JUnitProperty{Name: name, Value: run.clean(value)})
		}
	}
	property("requirement", strings.Join(r.Case.Rules, " "))
	property("level", string(r.Case.Level))
	property("skew", r.Case.Skew())
	property("verdict", string(r.Verdict))
	shown := shownBy(r)
	for _, name := range sorted(shown) {
		property("variant."+name, strings.Join(shown[name], " or "))
	}
	if r.Verdict == harness.Observed && len(r.Findings) > 0 {
		property("observed", r.Findings[0].Problem)
	}
	if ch := run.Comparison.Of(s.Side, r.Case.Name()); ch != nil {
		property("baseline", ch.String())
	}
	c.Properties = properties
	headline := run.headline(r)
	body := run.clean(Explain(s.Profile, r))
	switch r.Verdict {
	case harness.Fail:
		kind := "outcome"
		if len(r.Findings) > 0 {
			kind = r.Findings[0].Kind
		}
		c.Failure = &junitTold{headline, kind, escapeText(body)}
	case harness.Stale:
		c.Failure = &junitTold{headline, "stale-known-failure", escapeText(body)}
	case harness.Error:
		c.Error = &junitTold{headline, "harness", escapeText(body)}
	case harness.KnownFailure:
		c.Skipped = skipped("KNOWN FAILURE "+headline, body)
	case harness.Inconclusive:
		c.Skipped = skipped("INCONCLUSIVE "+headline, "")
	case harness.Skip:
		c.Skipped = skipped(headline, "")
	}
	return c
}

// skipped repeats the message as the element's content, because that is what
// GitLab shows.
func skipped(message, body string) *junitTold {
	text := message
	if body != "" {
		text += "\n" + body
	}
	return &junitTold{message, "", escapeText(cut(text, maxText))}
}

// shownBy gives the values of each variant that the result agrees with; of a
// variant that several answers showed, the last.
func shownBy(r harness.Result) map[string][]string {
	if len(r.Shown) == 0 {
		return nil
	}
	out := map[string][]string{}
	for _, s := range r.Shown {
		out[s.Variant] = s.Values
	}
	return out
}

// problemSuite reports a run that could not be set up, as one test in error: an
// empty report would read as green.
func (r *Run) problemSuite() junitSuite {
	s := junitSuite{ID: "setup", Time: "0.000000"}
	s.Name, s.Package, s.Tests, s.Errors = "setup", "skewproof.setup", 1, 1
	s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05Z")
	c := junitCase{Time: "0.000000"}
	c.Name, c.Classname, c.Status = "setup", "skewproof.setup", string(harness.Error)
	c.Error = &junitTold{r.clean(r.Problem), "setup", escapeText(r.clean(r.Problem))}
	s.TestCases = []junitCase{c}
	return s
}

// clean readies a text for a report: secrets out first, while they are whole,
// then what cannot be shown, and then what is too long.
func (r *Run) clean(s string) string {
	if r.Redactor != nil {
		s = r.Redactor.Text(s)
	}
	return cut(printable(strings.ToValidUTF8(s, "\uFFFD")), maxText)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// escapeText makes XML content of a text that is printable. Line ends and quotes
// stay, for readers that would show what encoding/xml makes of them.
var escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
