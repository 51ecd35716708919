package scripted_test

import (
	"context"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// The reference clients do everything the cases ask of a client.
func TestReferenceClientsConform(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: referenceClient(p)}, scripted.Options{})
		defer c.Close()
		cases := clientCases(p, "")
		for _, cs := range cases {
			if r := c.Run(context.Background(), cs); r.Verdict != harness.Pass && r.Verdict != harness.Observed {
				t.Errorf("%v %s %v %v", r.Err(), r.Reason, r.Told, r.Sent)
			}
		}
		t.Logf("%s: %d client cases", p.Vendor, len(cases))
	}
}
