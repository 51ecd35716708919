package owntime

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// A token of 24 hours is taken over its end, second by second, and a client that
// calls time.Now replaces it in the very second it means to: the calls before it
// go with the old token, one login is made, and no call is ever refused.
func TestOverTheEdgeSecondBySecond(t *testing.T) {
	for _, c := range []struct {
		margin  time.Duration // of the client; zero for the ten seconds of oauth2
		renewed int           // the second of the new login, from the token's end, as the case expects it
		wrong   string        // the kind of finding that there must be; empty for none
	}{
		{0, -9, ""}, // oauth2 takes a token for good while it has ten seconds left, and so at -10
		{5 * time.Minute, -299, ""},
		{0, -10, "logins"},               // a second sooner there is none
		{0, -8, "logins"},                // and a second later it has been
		{-5 * time.Second, 6, "outcome"}, // it trusts its token for too long, and the API does not
	} {
		t.Run(fmt.Sprintf("margin %v, login at %+d", c.margin, c.renewed), func(t *testing.T) {
			checker, edge := overTheEdge(t, t, c.margin, c.renewed)
			r := checker.Run(context.Background(), edge)
			if c.wrong == "" && r.Verdict != harness.Pass {
				t.Errorf("%v %s", r.Err(), r.Reason)
			}
			if c.wrong != "" && (r.Verdict != harness.Fail || len(r.Findings) == 0 || r.Findings[0].Kind != c.wrong) {
				t.Errorf("%s with %v; want fail with %q", r.Verdict, r.Findings, c.wrong)
			}
		})
	}
}

// BenchmarkOwnTimeOverTheEdge is what those seconds take of real time.
func BenchmarkOwnTimeOverTheEdge(b *testing.B) {
	checker, edge := overTheEdge(b, new(testing.T), 0, -9)
	calls := 0
	for _, m := range edge.Timeline {
		calls += m.Times
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := checker.Run(context.Background(), edge); r.Verdict != harness.Pass {
			b.Fatal(r.Err(), r.Reason)
		}
	}
	each := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(each*1e3, "ms/edge")
	b.ReportMetric(each*1e6/float64(calls), "µs/call")
}

// overTheEdge is a checker of a client with this margin, and the case that takes
// it from 400 seconds before the end of its token to 20 seconds after it, with a
// call in each second.
func overTheEdge(tb testing.TB, t *testing.T, margin time.Duration, renewed int) (*scripted.Checker, *harness.Case) {
	tb.Helper()
	profiles, err := harness.Load([]string{"spreetail"})
	if err != nil {
		tb.Fatal(err)
	}
	p := profiles[0]
	checker := scripted.NewChecker(p, scripted.Attached{OwnTime: true,
		New: func(c harness.ClientConfig) (harness.Client, error) {
			return adapter{New(Config{BaseURL: c.BaseURL, ClientID: c.Credentials["client_id"], ClientSecret: c.Credentials["client_secret"],
				Transport: c.Transport, Margin: margin})}, nil
		},
		Bubble: func(play func()) error { synctest.Test(t, func(*testing.T) { play() }); return nil },
	}, scripted.Options{})
	tb.Cleanup(checker.Close)
	second, err := harness.ParseOffset("1s")
	if err != nil {
		tb.Fatal(err)
	}
	edge := &harness.Case{Vendor: p.Vendor, ID: "edge/second-by-second", Rules: p.Rules["client-renews"], Level: harness.Must, Side: "client"}
	calls := func(at string, times, logins int) {
		o, err := harness.ParseOffset(at)
		if err != nil {
			tb.Fatal(err)
		}
		edge.Timeline = append(edge.Timeline, harness.Moment{At: o, Operation: p.Operation("list-inventory"), Times: times, Every: second,
			Observe: harness.Observe{Logins: harness.Count{Least: logins, Most: logins, Set: true}, Calls: harness.Count{Least: times, Most: times, Set: true}}})
	}
	each := func(from, to int) { // in parts that one moment can hold
		for ; from < to; from += 100 {
			calls(fmt.Sprintf("+lifetime%+ds", from), min(100, to-from), 0)
		}
	}
	calls("0s", 1, 1)
	each(-400, renewed)
	calls(fmt.Sprintf("+lifetime%+ds", renewed), 1, 1)
	each(renewed+1, 21)
	return checker, edge
}
