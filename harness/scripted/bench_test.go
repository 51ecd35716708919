package scripted_test

import (
	"context"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
)

// BenchmarkClientCase plays one case of one call to the reference client of each
// vendor, on a clock that stands still and in a bubble.
func BenchmarkClientCase(b *testing.B) {
	for _, p := range loaded(b) {
		for mode, bubble := range modes() {
			b.Run(p.Vendor+"/"+mode, func(b *testing.B) {
				checker := scripted.NewChecker(p, scripted.Attached{Bubble: bubble, New: referenceClient(p)}, scripted.Options{})
				defer checker.Close()
				play(b, checker, clientCases(p, "sends/")[:1])
			})
		}
	}
}

// BenchmarkAllClientCases plays all embedded cases of clients, in bubbles: in
// some of them a client waits. One operation is all cases of a vendor.
func BenchmarkAllClientCases(b *testing.B) {
	for _, p := range loaded(b) {
		b.Run(p.Vendor, func(b *testing.B) {
			checker := scripted.NewChecker(p, scripted.Attached{Bubble: modes()["bubble"], New: referenceClient(p)}, scripted.Options{})
			defer checker.Close()
			play(b, checker, clientCases(p, ""))
		})
	}
}

func play(b *testing.B, c *scripted.Checker, cases []*harness.Case) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		for _, cs := range cases {
			if r := c.Run(context.Background(), cs); r.Verdict != harness.Pass && r.Verdict != harness.Observed {
				b.Fatal(r.Err(), r.Reason)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(cases)), "µs/case")
}

// modes are the ways to play a case in this process.
func modes() map[string]func(func()) error {
	return map[string]func(func()) error{"frozen": nil, "bubble": caseBubble(new(testing.T))} // a benchmark has no T
}

func referenceClient(p *harness.Profile) func(harness.ClientConfig) (harness.Client, error) {
	return func(c harness.ClientConfig) (harness.Client, error) { return reference.NewClient(p, c) }
}

func loaded(tb testing.TB, vendors ...string) []*harness.Profile {
	tb.Helper()
	profiles, err := harness.Load(vendors)
	if err != nil {
		tb.Fatal(err)
	}
	return profiles
}

func clientCases(p *harness.Profile, prefix string) []*harness.Case {
	var cases []*harness.Case
	for _, cs := range p.Cases {
		if cs.Side == "client" && strings.HasPrefix(cs.ID, prefix) {
			cases = append(cases, cs)
		}
	}
	return cases
}
