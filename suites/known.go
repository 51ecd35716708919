package suites

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// knownFailures are the cases that are known to fail, by full name. They still
// run, and must still fail.
type knownFailures struct {
	file  string
	lines map[string]int
	met   map[string]bool // names that are cases, whether or not they are selected
}

func readKnown(file string) (*knownFailures, error) {
	k := &knownFailures{file: file, lines: map[string]int{}, met: map[string]bool{}}
	if file == "" {
		return k, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the known failures: %w", err)
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	for n := 1; scan.Scan(); n++ {
		name, _, _ := strings.Cut(scan.Text(), "#")
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if first, twice := k.lines[name]; twice {
			return nil, fmt.Errorf("%s:%d: %s is listed already, on line %d", file, n, name, first)
		}
		k.lines[name] = n
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("read the known failures: %s: %w", file, err)
	}
	return k, nil
}

// judge turns the result of a listed case into what its being listed makes of
// it.
func (k *knownFailures) judge(r *harness.Result) {
	line, listed := k.lines[r.Case.Name()]
	if !listed {
		return
	}
	switch r.Verdict {
	case harness.Fail:
		r.Verdict = harness.KnownFailure
	case harness.Pass, harness.Observed:
		r.Verdict = harness.Stale
		r.Reason = fmt.Sprintf("it is listed as failing (%s:%d) and does not fail; remove the line", k.file, line)
	}
}

// unmatched names the first entry that is no case of the run.
func (k *knownFailures) unmatched() error {
	for name, line := range k.lines {
		if !k.met[name] {
			return fmt.Errorf("%s:%d: %s is no case of these vendors; remove the line, or correct the name", k.file, line, name)
		}
	}
	return nil
}
