package suites

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/skewproof/skewproof/harness/recording"
	"github.com/skewproof/skewproof/reports"
)

// tryPlaces finds out which files beside the reports could not be written at the
// end, while nothing has been sent yet. It leaves directories, and no file.
func (r *runner) tryPlaces() error {
	o := &r.options
	var err error
	for _, s := range r.suites {
		vendor := s.report.Profile.Vendor
		if o.Record != "" && s.server != nil {
			err = errors.Join(err, recording.Check(o.Record, vendor))
		}
		if o.Update {
			err = errors.Join(err, tryFile(reports.BaselineFile(o.Baseline, vendor)))
		}
	}
	if o.HAR != "" {
		err = errors.Join(err, tryFile(o.HAR))
	}
	return err
}

// tryFile reports why a file could not be written.
func tryFile(file string) error {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("write %s: it is a directory", file)
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
