package suites

import (
	"os"

	"github.com/onsi/ginkgo/v2/formatter"
)

// plainUsage has Ginkgo explain its flags without colours where there are to be
// none. It does so before there is a run, and asks nothing of the environment
// that others do.
func plainUsage() {
	if colorless(os.Stderr) {
		formatter.SingletonFormatter = formatter.New(formatter.ColorModeNone)
	}
}

// colorless reports whether to print without colours: as the environment says,
// and else unless a person is watching.
func colorless(out *os.File) bool {
	switch force := os.Getenv("FORCE_COLOR"); {
	case os.Getenv("NO_COLOR") != "": // see no-color.org
		return true
	case force != "" && force != "0" && force != "false":
		return false
	}
	return os.Getenv("TERM") == "dumb" || !terminal(out)
}

// terminal reports whether a person is watching the file.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
