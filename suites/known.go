package suites

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// knownFailures are the cases that are known to fail, by full name or pattern.
// They still run, and must still fail.
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

// meets reports whether the pattern stands for some case.
func (k *knownFailures) meets(pattern string) bool {
	if !strings.Contains(pattern, "*") {
		return false
	}
	for name := range k.met {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// allOf reports whether every line is of the vendor. One of another vendor would
// be taken for a mistake, where that one is not run.
func (k *knownFailures) allOf(vendor string) bool {
	for name := range k.lines {
		if !strings.HasPrefix(name, vendor+"/") {
			return false
		}
	}
	return true
}

// judge turns the result of a listed case into what its being listed makes of
// it.
func (k *knownFailures) judge(r *harness.Result) {
	line := k.line(r.Case.Name())
	if line == 0 {
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

// line is where the case is listed, by its name or by a pattern; 0 for nowhere.
func (k *knownFailures) line(name string) int {
	if line, ok := k.lines[name]; ok {
		return line
	}
	first := 0
	for pattern, line := range k.lines {
		if strings.Contains(pattern, "*") && matches(pattern, name) && (first == 0 || line < first) {
			first = line
		}
	}
	return first
}

// unmatched names the first entry that is no case of the run.
func (k *knownFailures) unmatched() error {
	first, wrong := 0, ""
	for name, line := range k.lines {
		if (first == 0 || line < first) && !k.met[name] && !k.meets(name) {
			first, wrong = line, name
		}
	}
	if first == 0 {
		return nil
	}
	return fmt.Errorf("%s:%d: %s is no case of these vendors; remove the line, or correct the name", k.file, first, wrong)
}
