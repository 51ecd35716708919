package scripted_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// caseBubble is for Attached.Bubble.
func caseBubble(t *testing.T) func(func()) error {
	return func(play func()) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if err = fmt.Errorf("%v", p); !strings.HasPrefix(err.Error(), "deadlock:") {
					panic(p)
				}
			}
		}()
		synctest.Test(t, func(*testing.T) { play() })
		return nil
	}
}

// vendorProfiles gives the profiles by vendor.
func vendorProfiles(t *testing.T) map[string]*harness.Profile {
	t.Helper()
	all, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	byVendor := map[string]*harness.Profile{}
	for _, p := range all {
		byVendor[p.Vendor] = p
	}
	return byVendor
}

// clientResults plays the client cases to a client until more says that that is
// enough.
func clientResults(t *testing.T, p *harness.Profile, o scripted.Options, more func(harness.Result) bool, habits ...string) {
	t.Helper()
	c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: newHandmade(p.Vendor, habits...)}, o)
	defer c.Close()
	for _, cs := range p.Cases {
		if cs.Side == "client" && !more(c.Run(context.Background(), cs)) {
			return
		}
	}
}

// correct are clients that differ and do everything right.
var correct = []struct {
	name, vendors string
	habits        []string
}{
	{"as the pages say", "trolley irp spreetail", nil},
	{"repeats what is unavailable three times, ever later", "trolley irp spreetail", []string{"three-repeats"}},
	{"repeats nothing", "trolley irp spreetail", []string{"no-repeats"}},
	{"corrects its clock by the Date of a refusal", "trolley irp", []string{"corrects"}},
	{"corrects its clock by every Date", "trolley irp", []string{"corrects", "learns-always"}},
	{"replaces its token a minute before the end", "irp spreetail", []string{"background", "margin-1m"}},
	{"replaces its token 299 seconds before the end", "spreetail", []string{"background", "margin-299s"}},
	{"replaces its token 301 seconds before the end", "spreetail", []string{"background", "margin-301s"}},
	{"replaces its token ten minutes before the end", "spreetail", []string{"background", "margin-10m"}},
	{"has no margin", "spreetail", []string{"no-margin"}},
	{"hands refusals on", "trolley spreetail", []string{"hands-on"}},
	{"follows redirects of its host", "trolley irp spreetail", []string{"follows-same-host"}},
	{"writes its JSON itself", "trolley spreetail", []string{"own-json"}},
	{"sends more headers", "trolley irp spreetail", []string{"many-headers"}},
	{"names the charset", "trolley irp spreetail", []string{"charset"}},
	{"spells headers in lower case", "trolley spreetail", []string{"lower-case-headers"}},
	{"has a space behind a header", "trolley spreetail", []string{"pads-headers"}},
	{"sends bodies in chunks", "trolley irp spreetail", []string{"chunked"}},
	{"expects to be told to go on", "trolley irp spreetail", []string{"expects"}},
	{"holds a lock while it logs in", "irp spreetail", []string{"mutex"}},
	{"logs in when it is made", "irp spreetail", []string{"login-when-made"}},
	{"reads lifetimes that are texts", "spreetail", []string{"reads-texts"}},
	{"takes an unknown lifetime for a minute", "spreetail", []string{"unknown-a-minute"}},
}

func TestCorrectClientsAreNotAccused(t *testing.T) {
	vendors := vendorProfiles(t)
	for _, tt := range correct {
		for _, vendor := range strings.Fields(tt.vendors) {
			t.Run(vendor+"/"+tt.name, func(t *testing.T) {
				clientResults(t, vendors[vendor], scripted.Options{}, func(r harness.Result) bool {
					if r.Verdict != harness.Pass && r.Verdict != harness.Observed || len(r.Findings) > 0 {
						t.Errorf("%s: %s %s %+v told %q", r.Case.Name(), r.Verdict, r.Reason, r.Findings, r.Told)
					}
					return true
				}, tt.habits...)
			})
		}
	}
}
