package suites_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/skewproof/skewproof/suites"
)

var (
	options *suites.Options
	code    int
)

// TestMain gives the compiled suite the exit codes of a program. Paths on the
// command line and in the environment are meant from where the command was given;
// go test has changed to this directory since, so it changes back.
func TestMain(m *testing.M) {
	if _, err := os.Stat("suites_test.go"); err == nil {
		if _, err := os.Stat(filepath.Join("..", "go.mod")); err == nil {
			if err := os.Chdir(".."); err != nil {
				panic(err)
			}
		}
	}
	options = suites.Flags(flag.CommandLine)
	flag.Parse()
	if failed := m.Run(); failed != 0 && code == suites.ExitConforms {
		code = failed
	}
	os.Exit(code)
}

func TestConformance(t *testing.T) {
	code = suites.Run(t, *options)
}
