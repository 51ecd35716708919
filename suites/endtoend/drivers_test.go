package endtoend

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// languages are those that the repository has a driver in.
var languages = []struct {
	name    string
	program string // that runs it; empty where the test builds it
	driver  string
}{
	{"go", "", "go"},
	{"python", "python3", "python/driver.py"},
	{"node", "node", "node/driver.mjs"},
}

const driversFolder = "../testdata/drivers"

// eachLanguage gives the command of every driver that this machine can run.
func eachLanguage(t *testing.T, test func(language, command string)) {
	t.Helper()
	for _, l := range languages {
		if l.program == "" {
			test(l.name, quoted(built(t, l.driver)))
			continue
		}
		if _, err := exec.LookPath(l.program); err != nil {
			t.Run(l.name, func(t *testing.T) {
				t.Skipf("NOT TESTED: the %s driver, because %s is not installed", l.name, l.program)
			})
			continue
		}
		path, err := filepath.Abs(filepath.Join(driversFolder, l.driver))
		if err != nil {
			t.Fatal(err)
		}
		test(l.name, l.program+" "+quoted(path))
	}
}

var builds sync.Map // folder to func() error

// built is the program in a folder of the drivers, built once beside the suite.
func built(t *testing.T, folder string) string {
	t.Helper()
	out := filepath.Join(filepath.Dir(suiteBinary), "driver-"+folder)
	build, _ := builds.LoadOrStore(folder, sync.OnceValue(func() error {
		cmd := exec.Command("go", "build", "-o", out, "./"+folder)
		cmd.Dir, cmd.Stdout, cmd.Stderr = driversFolder, os.Stderr, os.Stderr
		return cmd.Run()
	}))
	if err := build.(func() error)(); err != nil {
		t.Fatalf("build the driver in %s: %v", folder, err)
	}
	return out
}

func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// Right clients in three languages, none of which shares code with the harness,
// conform to the rules of every vendor.
func TestDriversConform(t *testing.T) {
	var all group
	defer all.wait()
	eachLanguage(t, func(language, command string) {
		for _, vendor := range []string{"trolley", "irp", "spreetail"} {
			all.run(t, language+" "+vendor, func(t *testing.T) {
				r := suite(t, nil, "-vendor", vendor, "-client", command)
				if r.exit != 0 || r.count("fail")+r.count("error")+r.count("inconclusive") > 0 {
					t.Errorf("exit %d:\n%s\n%s", r.exit, r.failed(), tail(r.output))
				}
				if n := len(r.cases()); n < 40 || r.count("pass") < 25 {
					t.Errorf("%d cases, %d of which pass", n, r.count("pass"))
				}
				for name, reason := range r.reasons(t, "skip") {
					if len(strings.Fields(reason)) < 4 {
						t.Errorf("%s is skipped, and all that is said is %q", name, reason)
					}
				}
			})
		}
	})
}

// cases are the names of all cases.
func (r result) cases() []string {
	var names []string
	for _, s := range r.suites {
		for _, c := range s.Cases {
			names = append(names, c.Name)
		}
	}
	return names
}

// verdict is that of one case; empty where it is not in the results.
func (r result) verdict(name string) string {
	for _, s := range r.suites {
		for _, c := range s.Cases {
			if c.Name == name {
				return c.Verdict
			}
		}
	}
	return ""
}

// reasons are what junit.xml says of each case that has this verdict, by name.
func (r result) reasons(t *testing.T, verdict string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.reports, "junit.xml"))
	if err != nil {
		t.Fatalf("no report: %v\n%s", err, tail(r.output))
	}
	type note struct {
		Message string `xml:"message,attr"`
	}
	var doc struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Skipped *note  `xml:"skipped"`
			Error   *note  `xml:"error"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("junit.xml: %v", err)
	}
	all := map[string]string{}
	for _, c := range doc.Cases {
		if n := map[string]*note{"skip": c.Skipped, "error": c.Error}[verdict]; n != nil {
			all[c.Name] = strings.TrimPrefix(n.Message, c.Name+": "+verdict+": ")
		}
	}
	if n := r.count(verdict); len(all) != n {
		t.Errorf("%d cases are %s, and junit.xml says why of %d", n, verdict, len(all))
	}
	return all
}
