package scripted_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
)

// bases are instants at which programs have failed: the beginning of the count,
// two-digit years, leap days, the nights when clocks are changed, the ends of
// counters and of the calendar.
var bases = []string{"1970-01-02T00:00:00Z", "1999-12-31T23:59:50Z", "2024-02-29T00:00:00Z", "2026-03-29T00:59:59Z", "2026-10-25T00:59:59Z",
	"2030-07-08T00:00:00Z", "2038-01-19T03:14:07Z", "2100-02-28T00:00:00Z", "9998-12-30T00:00:00Z"}

// Whenever the suites are run, on either side, they find the same.
func TestNothingHangsOnTheDate(t *testing.T) {
	for vendor, p := range vendorProfiles(t) {
		servers := func(base time.Time) []harness.Result {
			c, err := harness.NewChecker(p, harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(p, clk) }), harness.Options{Base: base})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Calibrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			return results(p, "server", func(cs *harness.Case) harness.Result { return c.Run(context.Background(), cs) })
		}
		clients := func(base time.Time) []harness.Result {
			c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: referenceClient(p)}, scripted.Options{Base: base})
			defer c.Close()
			return results(p, "client", func(cs *harness.Case) harness.Result { return c.Run(context.Background(), cs) })
		}
		wantServers, wantClients := servers(time.Time{}), clients(time.Time{})
		for _, text := range bases {
			base, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			same(t, vendor, "server", text, p, wantServers, servers(base))
			same(t, vendor, "client", text, p, wantClients, clients(base))
		}
	}
}

func results(p *harness.Profile, side string, run func(*harness.Case) harness.Result) []harness.Result {
	var all []harness.Result
	for _, cs := range p.Cases {
		if cs.Side == side {
			all = append(all, run(cs))
		}
	}
	return all
}

func same(t *testing.T, vendor, side, base string, p *harness.Profile, want, got []harness.Result) {
	t.Helper()
	i := 0
	for _, cs := range p.Cases {
		if cs.Side != side {
			continue
		}
		if want[i].Verdict != got[i].Verdict && !beforeTheCount(p, cs, base) {
			t.Errorf("%s at %s: %s, and else %s: %+v", cs.Name(), base, got[i].Verdict, want[i].Verdict, got[i].Findings)
		}
		i++
	}
}

// beforeTheCount reports whether the case stamps an instant that seconds since
// 1970 cannot tell.
func beforeTheCount(p *harness.Profile, cs *harness.Case, base string) bool {
	at, err := time.Parse(time.RFC3339, base)
	if err != nil || cs.Side != "server" {
		return false
	}
	skew, err := cs.Steps[len(cs.Steps)-1].Skew.Resolve(p.Window)
	return err == nil && at.Add(skew).Unix() < 0
}
