// Package endtoend runs the compiled suite as its users do, against servers in
// processes of their own that share no code with the harness.
package endtoend

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The programs, built once.
var suiteBinary, peerBinary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	// These tests are none of GitHub's business, where they run as a step of its:
	// many of them fail a run on purpose.
	os.Unsetenv("GITHUB_ACTIONS")
	dir, err := os.MkdirTemp("", "skewproof-endtoend-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	suiteBinary, peerBinary = filepath.Join(dir, "skewproof"), filepath.Join(dir, "peer")
	for _, args := range [][]string{
		{"test", "-c", "-o", suiteBinary, ".."},
		{"build", "-o", peerBinary, "../testdata/peer"},
	} {
		cmd := exec.Command("go", args...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "go %s: %v\n", strings.Join(args, " "), err)
			return 1
		}
	}
	// They wait for other processes more than they work, so that more of them may
	// wait at once than there are processors. It is said here and not on the
	// command line, because Ginkgo refuses -parallel for its suites.
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		parallel.Value.Set("8")
	}
	return m.Run()
}

// credentials are those the peer knows; they are made up.
var credentials = []string{
	"SKEWPROOF_TROLLEY_ACCESS_KEY=ALC7SKEWPROOFEXAMPLE0000",
	"SKEWPROOF_TROLLEY_SECRET_KEY=harness-secret-key",
	"SKEWPROOF_TROLLEY_OTHER_ACCESS_KEY=ALC7SKEWPROOFOTHERENV000",
	"SKEWPROOF_IRP_API_KEY=SkewproofExampleApiKey0000000001",
	"SKEWPROOF_IRP_SHARED_SECRET=harness-shared-secret",
	"SKEWPROOF_SPREETAIL_CLIENT_ID=client-skewproof-example",
	"SKEWPROOF_SPREETAIL_CLIENT_SECRET=secret-skewproof-example",
	"SKEWPROOF_SPREETAIL_TOKEN_KEY=harness-hs256-key-at-least-32-bytes!",
}

// peer starts the independent server and returns its URL. It ends with the test.
func peer(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(peerBinary, append([]string{"-stdin-guard"}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the peer ended badly: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the peer did not start: %v", err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

// result is what one run of the suite gave.
type result struct {
	exit    int
	output  string
	reports string
	suites  []struct {
		Vendor   string
		Verdicts map[string]int
		Side     string
		Variants map[string]string
		Cases    []struct {
			Name     string
			Verdict  string
			Findings []struct{ Requirement, Level, Kind, Problem string }
		}
		Requirements []struct {
			ID, State  string
			Cases, Ran int
		}
	}
}

// suite runs the compiled suite.
func suite(t *testing.T, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	r := result{reports: t.TempDir()}
	cmd := exec.CommandContext(ctx, suiteBinary, append([]string{"-ginkgo.no-color", "-reports", r.reports}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(append(os.Environ(), "SKEWPROOF_=unused"), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	r.output = out.String()
	if err != nil {
		var exit *exec.ExitError
		if !asExit(err, &exit) {
			t.Fatalf("run the suite: %v\n%s", err, r.output)
		}
		r.exit = exit.ExitCode()
	}
	if text, err := os.ReadFile(filepath.Join(r.reports, "results.json")); err == nil {
		var file struct {
			Suites *json.RawMessage `json:"suites"`
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("results.json: %v", err)
		}
		if err := json.Unmarshal(*file.Suites, &r.suites); err != nil {
			t.Fatalf("results.json: %v", err)
		}
	}
	return r
}

func asExit(err error, target **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*target = e
	return ok
}

// count is how many cases have the verdict.
func (r result) count(verdict string) int {
	n := 0
	for _, s := range r.suites {
		n += s.Verdicts[verdict]
	}
	return n
}

// cites reports whether some failing case found a breach of the requirement.
func (r result) cites(requirement string) bool {
	for _, s := range r.suites {
		for _, c := range s.Cases {
			for _, f := range c.Findings {
				if c.Verdict == "fail" && f.Requirement == requirement {
					return true
				}
			}
		}
	}
	return false
}

// failed lists the cases that did not conform, for messages.
func (r result) failed() string {
	var b strings.Builder
	for _, s := range r.suites {
		for _, c := range s.Cases {
			if c.Verdict == "fail" || c.Verdict == "error" || c.Verdict == "inconclusive" {
				fmt.Fprintf(&b, "%s %s %+v\n", c.Verdict, c.Name, c.Findings)
			}
		}
	}
	return b.String()
}

// group runs subtests side by side, more of them than there are processors:
// they mostly wait for a second to turn.
type group struct{ running sync.WaitGroup }

// slots are for the subtests of all groups, as several run at once. The few that
// have a group of their own hold theirs meanwhile.
var slots = make(chan struct{}, 16)

func (g *group) run(t *testing.T, name string, test func(*testing.T)) {
	slots <- struct{}{}
	g.running.Go(func() {
		defer func() { <-slots }()
		t.Run(name, test)
	})
}

func (g *group) wait() { g.running.Wait() }
