package suites

import "os"

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
