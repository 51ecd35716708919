package endtoend

import (
	"flag"
	"io"
	"slices"
	"testing"

	"github.com/skewproof/skewproof/suites"
)

// A vendor that is named twice is run once.
func TestTheVendorFlag(t *testing.T) {
	for _, tt := range []struct {
		claim string
		args  []string
		want  []string
	}{
		{"none", nil, nil},
		{"two", []string{"-vendor", "trolley,irp"}, []string{"trolley", "irp"}},
		{"blanks", []string{"-vendor", " irp, ,trolley "}, []string{"irp", "trolley"}},
		{"twice in one", []string{"-vendor", "trolley,irp,trolley"}, []string{"trolley", "irp"}},
		{"twice in two", []string{"-vendor", "trolley", "-vendor", "irp,trolley"}, []string{"trolley", "irp"}},
	} {
		fs := flag.NewFlagSet("skewproof", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		o := suites.Flags(fs)
		if err := fs.Parse(tt.args); err != nil || !slices.Equal(o.Vendors, tt.want) {
			t.Errorf("%s: %q, %v", tt.claim, o.Vendors, err)
		}
	}
}
