package driver_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/driver"
	"github.com/skewproof/skewproof/harness/scripted"
)

// BenchmarkDriverRoundTrip measures a call: from here to the Go driver, from it
// to the scripted server and back, and back here. One operation is one case of
// five calls, so the time for it includes a new client, logins and the judging.
func BenchmarkDriverRoundTrip(b *testing.B) {
	program := filepath.Join(b.TempDir(), "driver")
	if err := build(program, "go"); err != nil {
		b.Fatal(err)
	}
	for _, vendor := range []string{"trolley", "irp", "spreetail"} {
		b.Run(vendor, func(b *testing.B) {
			profiles, err := harness.Load([]string{vendor})
			if err != nil {
				b.Fatal(err)
			}
			i := slices.IndexFunc(profiles[0].Cases, func(c *harness.Case) bool {
				return c.Side == "client" && strings.HasSuffix(c.Name(), "/sends/one-after-the-other")
			})
			p, err := driver.New(vendor, "'"+program+"'", clock.New())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(p.Close)
			var took []time.Duration
			checker := scripted.NewChecker(profiles[0], scripted.Attached{Program: true, New: func(c harness.ClientConfig) (harness.Client, error) {
				client, err := p.Client(c)
				return timed{client, &took}, err
			}}, scripted.Options{})
			b.Cleanup(checker.Close)
			for b.Loop() {
				if r := checker.Run(b.Context(), profiles[0].Cases[i]); r.Verdict != harness.Pass {
					b.Fatal(r.Err())
				}
			}
			slices.Sort(took)
			for name, at := range map[string]int{"us/call-median": len(took) / 2, "us/call-p99": len(took) * 99 / 100} {
				b.ReportMetric(float64(took[at].Nanoseconds())/1000, name)
			}
		})
	}
}

// timed notes how long the calls of a client took.
type timed struct {
	harness.Client
	took *[]time.Duration
}

func (t timed) Call(ctx context.Context, c harness.Call) harness.Outcome {
	began := time.Now()
	defer func() { *t.took = append(*t.took, time.Since(began)) }()
	return t.Client.Call(ctx, c)
}
