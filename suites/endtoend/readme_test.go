package endtoend

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/suites"
)

// The README names every flag, and no other; every command of its make is a
// target; every variable is one the suite reads.
func TestReadmeIsTrue(t *testing.T) {
	readme := read(t, "../../README.md")
	fs := flag.NewFlagSet("skewproof", flag.ContinueOnError)
	suites.Flags(fs)
	var documented, defined []string
	for _, m := range regexp.MustCompile("(?m)^\\| `-([a-z-]+)").FindAllStringSubmatch(readme, -1) {
		documented = append(documented, m[1])
	}
	fs.VisitAll(func(f *flag.Flag) { defined = append(defined, f.Name) })
	slices.Sort(documented)
	slices.Sort(defined)
	if !slices.Equal(documented, defined) {
		t.Errorf("README.md lists the flags\n\t%v\nand there are\n\t%v", documented, defined)
	}
	makefile := read(t, "../../Makefile")
	for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z]+)").FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("README.md speaks of make %s, which the Makefile does not have", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`SKEWPROOF_[A-Z_]+`).FindAllString(readme, -1) {
		if !slices.ContainsFunc(credentials, func(c string) bool { return strings.HasPrefix(c, m+"=") }) {
			t.Errorf("README.md speaks of %s, which no profile has", m)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([a-z][^):]*)\)`).FindAllStringSubmatch(readme, -1) {
		if _, err := os.Stat("../../" + m[1]); err != nil {
			t.Errorf("README.md links to %s: %v", m[1], err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
