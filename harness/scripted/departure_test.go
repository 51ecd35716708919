package scripted_test

import (
	"context"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// A wrong signature is shown with the first stage in which it went wrong, and the
// byte there; where nobody can tell, with the signatures themselves.
func TestWhereASignatureDeparts(t *testing.T) {
	p := vendorProfiles(t)["trolley"]
	for _, tt := range []struct {
		habit, stage string
		want, got    string // what stands where they part
	}{
		{"signs-no-query", "message", "?", "\n"},
		{"signs-lower-method", "message", "", ""},
		{"no-last-newline", "message", "\n", ""},
		{"upper-hex", "signature", "", ""},
		{"plain-hash", "signature", "", ""},
	} {
		c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: newHandmade("trolley", tt.habit)}, scripted.Options{})
		told := 0
		for _, cs := range p.Cases {
			if cs.Side != "client" || !strings.HasPrefix(cs.ID, "sends/") {
				continue
			}
			r := c.Run(context.Background(), cs)
			d := r.Difference
			if r.Verdict != harness.Fail || d == nil {
				if d != nil {
					t.Errorf("%s: a case that is %s tells of %+v", tt.habit, r.Verdict, d)
				}
				continue
			}
			told++
			if d.Stage != tt.stage || d.At < 0 || d.Want == d.Got || !strings.HasPrefix(d.Want[d.At:], tt.want) || !strings.HasPrefix(d.Got[d.At:], tt.got) {
				t.Errorf("%s, %s: %+v; want the %s, %q against %q", tt.habit, cs.ID, d, tt.stage, tt.want, tt.got)
			}
		}
		if told == 0 {
			t.Errorf("%s: no case tells where the signature departs", tt.habit)
		}
		c.Close()
	}
}
