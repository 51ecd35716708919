package endtoend

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// realReader is one of the parsers in testdata/readers, and what it gives.
type realReader struct {
	name       string
	counts     bool
	errors     bool // it tells errors from failures
	class      bool
	file       bool
	properties bool
	skipped    bool // it gives the message of what is skipped, too
	entities   bool // it leaves entities undecoded, or decodes them twice
}

var realReaders = []realReader{
	{name: "dorny/test-reporter", counts: true, class: true, file: true, properties: true, skipped: true},
	{name: "mikepenz/action-junit-report", counts: true, class: true, file: true, properties: true, skipped: true},
	{name: "junit2json", counts: true, errors: true, class: true, file: true, properties: true, skipped: true},
	{name: "TestBeats", counts: true, properties: true, entities: true},
	{name: "Allure", counts: true, errors: true, class: true, skipped: true, entities: true},
	{name: "Datadog"},
}

// reading is what one reader made of one file.
type reading struct {
	File, Reader, Error     string
	Passed, Failed, Skipped int
	Tests                   []testRead
}

// testRead is one test, as read or as written.
type testRead struct {
	Suite, Name, Classname, File, Line string
	Outcome, Message, Text             string
	Properties                         map[string]string
}

const readersFolder = "../testdata/readers"

// needReaders skips where the readers are not installed, for they are not part
// of Go. make readers installs them, and then nothing is skipped.
func needReaders(t *testing.T) {
	t.Helper()
	missing := func(what string) {
		t.Helper()
		text := "NOT TESTED: the readers of junit.xml, because " + what + " is not installed; make readers installs them"
		if os.Getenv("SKEWPROOF_READERS") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("node")
	}
	var wanted struct{ Dependencies map[string]string }
	readJSON(t, filepath.Join(readersFolder, "package.json"), &wanted)
	for name, version := range wanted.Dependencies {
		manifest, err := os.ReadFile(filepath.Join(readersFolder, "node_modules", name, "package.json"))
		var found struct{ Version string }
		if err != nil || json.Unmarshal(manifest, &found) != nil || found.Version != version {
			missing(name + " " + version)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// readWith gives what every reader makes of the junit.xml in each folder.
func readWith(t *testing.T, folders ...string) map[string]map[string]reading {
	t.Helper()
	args, all := []string{filepath.Join(readersFolder, "read.js")}, map[string]map[string]reading{}
	for _, folder := range folders {
		args, all[folder] = append(args, filepath.Join(folder, "junit.xml")), map[string]reading{}
	}
	cmd := exec.CommandContext(t.Context(), "node", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v\n%s", err, tail(stderr.String()))
	}
	for lines := json.NewDecoder(&stdout); lines.More(); {
		var r reading
		if err := lines.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all[filepath.Dir(r.File)][r.Reader] = r
	}
	return all
}

// truth is the tests of results.json, in their order, with the outcome that
// each verdict means. The words a message begins with are in Message.
func truth(t *testing.T, folder string) []testRead {
	t.Helper()
	var file struct {
		Problem string
		Suites  []struct {
			Vendor, Side string
			Cases        []struct {
				Name, Verdict string
				Findings      []struct{ Requirement, Level, Problem string }
			}
		}
	}
	readJSON(t, filepath.Join(folder, "results.json"), &file)
	outcomes := map[string]string{"pass": "passed", "observed": "passed", "fail": "failed", "stale": "failed", "error": "error",
		"known-failure": "skipped", "inconclusive": "skipped", "skip": "skipped"}
	var all []testRead
	for _, s := range file.Suites {
		for _, c := range s.Cases {
			outcome, ok := outcomes[c.Verdict]
			if !ok {
				t.Fatalf("%s is %q", c.Name, c.Verdict)
			}
			test := testRead{Suite: s.Vendor + "." + s.Side, Name: c.Name, Outcome: outcome, Properties: map[string]string{"verdict": c.Verdict}}
			if outcome != "passed" {
				test.Message = map[string]string{"known-failure": "KNOWN FAILURE ", "inconclusive": "INCONCLUSIVE "}[c.Verdict] + c.Name + ":"
			}
			if (c.Verdict == "fail" || c.Verdict == "known-failure") && len(c.Findings) > 0 {
				f := c.Findings[0]
				test.Message += fmt.Sprintf(" %s %s: %s", f.Requirement, f.Level, f.Problem)
			}
			all = append(all, test)
		}
	}
	if file.Problem != "" {
		all = append(all, testRead{Suite: "setup", Name: "setup", Outcome: "error", Message: file.Problem})
	}
	return all
}

// written is the tests of junit.xml, decoded by the standard library.
func written(t *testing.T, folder string) []testRead {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	type told struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	var file struct {
		Suites []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name       string `xml:"name,attr"`
				Classname  string `xml:"classname,attr"`
				File       string `xml:"file,attr"`
				Line       string `xml:"line,attr"`
				Failure    *told  `xml:"failure"`
				Error      *told  `xml:"error"`
				Skipped    *told  `xml:"skipped"`
				Properties []struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value,attr"`
				} `xml:"properties>property"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &file); err != nil {
		t.Fatalf("junit.xml: %v", err)
	}
	var all []testRead
	for _, s := range file.Suites {
		for _, c := range s.Cases {
			test := testRead{Suite: s.Name, Name: c.Name, Classname: c.Classname, File: c.File, Line: c.Line, Outcome: "passed", Properties: map[string]string{}}
			for outcome, it := range map[string]*told{"failed": c.Failure, "error": c.Error, "skipped": c.Skipped} {
				if it != nil {
					test.Outcome, test.Message, test.Text = outcome, it.Message, it.Text
				}
			}
			for _, p := range c.Properties {
				test.Properties[p.Name] = p.Value
			}
			all = append(all, test)
		}
	}
	return all
}

// objections compares what a reader made of a file with what it ought to: the
// outcomes of results.json, and the texts of junit.xml.
func (r realReader) objections(got reading, truth, written []testRead) []string {
	switch {
	case got.Reader == "" || got.Error != "":
		return []string{"it could not read the file: " + got.Error}
	case !r.counts:
		return nil
	}
	var all []string
	object := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	want := reading{}
	for _, test := range truth {
		*map[string]*int{"passed": &want.Passed, "failed": &want.Failed, "error": &want.Failed, "skipped": &want.Skipped}[test.Outcome]++
	}
	if got.Passed != want.Passed || got.Failed != want.Failed || got.Skipped != want.Skipped {
		object("%d passed, %d failed, %d skipped; the truth is %d, %d, %d", got.Passed, got.Failed, got.Skipped, want.Passed, want.Failed, want.Skipped)
	}
	if len(got.Tests) != len(truth) || len(written) != len(truth) {
		object("%d tests are read, %d written, %d true", len(got.Tests), len(written), len(truth))
		return all
	}
	for i, test := range got.Tests {
		is, as := truth[i], written[i]
		outcome := is.Outcome
		if outcome == "error" && !r.errors {
			outcome = "failed"
		}
		if test.Suite != is.Suite || test.Name != is.Name || test.Outcome != outcome {
			object("%s %s is read as %s %s, %s; it is %s", is.Suite, is.Name, test.Suite, test.Name, test.Outcome, outcome)
		}
		compare := func(what, got, want string) {
			if got = r.plain(got); got != r.plain(want) {
				object("%s: the %s is read as %.200q; it is written %.200q", is.Name, what, got, want)
			}
		}
		if r.class {
			compare("class", test.Classname, as.Classname)
		}
		if r.file {
			compare("file", test.File+":"+test.Line, as.File+":"+as.Line)
		}
		if r.properties {
			for name, value := range as.Properties {
				compare("property "+name, test.Properties[name], value)
			}
			compare("verdict", test.Properties["verdict"], is.Properties["verdict"])
		}
		if outcome == "passed" || outcome == "skipped" && !r.skipped {
			continue
		}
		compare("message", test.Message, as.Message)
		compare("text", test.Text, as.Text)
		message, begins := r.plain(test.Message), r.plain(is.Message)
		if !strings.HasPrefix(message, begins[:min(len(begins), 900)]) { // a message is cut, and so is the sentence in it
			object("%s: the message is read as %.200q; it is to begin with %.200q", is.Name, message, begins)
		}
		if !strings.HasPrefix(r.plain(test.Text), strings.TrimSuffix(message, "…")) {
			object("%s: the text %.200q does not begin with the message", is.Name, test.Text)
		}
	}
	return all
}

// plain is a text without what readers do to white space; and, of a reader that
// is loose with entities, with all of them decoded. One or several replacement
// characters in a row are the same to it.
func (r realReader) plain(s string) string {
	for before := ""; r.entities && s != before; {
		before, s = s, html.UnescapeString(s)
	}
	return blots.ReplaceAllString(strings.Join(strings.Fields(s), " "), "\uFFFD")
}

var blots = regexp.MustCompile("\uFFFD+")

// checkRead checks that every reader finds the truth in the reports of each
// folder.
func checkRead(t *testing.T, folders map[string]string) {
	t.Helper()
	var paths []string
	for _, folder := range folders {
		paths = append(paths, folder)
	}
	all := readWith(t, paths...)
	for name, folder := range folders {
		truth, written := truth(t, folder), written(t, folder)
		for _, r := range realReaders {
			if o := r.objections(all[folder][r.name], truth, written); len(o) > 0 {
				t.Errorf("%s, %s: %d objections, the first of which are\n%s", name, r.name, len(o), strings.Join(o[:min(len(o), 5)], "\n"))
			}
		}
	}
}
