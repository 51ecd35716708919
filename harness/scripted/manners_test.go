package scripted_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// clientFunc is a client that is but a function.
type clientFunc func(context.Context, harness.Call) harness.Outcome

func (f clientFunc) Call(ctx context.Context, call harness.Call) harness.Outcome { return f(ctx, call) }

// maker makes a client round a right one.
type maker func(right harness.Client, c harness.ClientConfig) harness.Client

// Clients live in many ways. Each of these comes to an end in its bubble, and to
// the verdict that it deserves.
func TestMannersOfClients(t *testing.T) {
	for _, m := range []struct {
		name, vendor string
		cases        []string
		made         maker
		finds        string // the kind of the first finding; empty for a client that does nothing wrong
	}{
		{"renews in the background, and is closed", "spreetail", []string{"tokens/kept", "tokens/end-of-life", "tokens/life-after-life"}, inBackground(true), ""},
		{"renews in the background, and cannot be closed", "spreetail", []string{"tokens/kept", "tokens/end-of-life", "tokens/kept"}, inBackground(false), ""},
		{"holds a lock while it logs in and calls", "spreetail", []string{"tokens/fifty-callers-at-first", "tokens/fifty-callers-at-the-end"}, locked, ""},
		{"sleeps before it tries again", "trolley", []string{"repeats/once-unavailable", "sends/fifty-at-once"},
			backoff(func(harness.ClientConfig) { time.Sleep(3 * time.Second) }), ""},
		{"sleeps on its clock", "trolley", []string{"repeats/once-unavailable", "sends/fifty-at-once"},
			backoff(func(c harness.ClientConfig) { c.Clock.Sleep(3 * time.Second) }), ""},
		{"waits for a timer of its clock", "trolley", []string{"repeats/once-unavailable", "sends/fifty-at-once"},
			backoff(func(c harness.ClientConfig) { <-c.Clock.Timer(3 * time.Second).C }), ""},
		{"waits for a ticker", "trolley", []string{"repeats/once-unavailable", "sends/fifty-at-once"}, backoff(func(harness.ClientConfig) {
			ticker := time.NewTicker(time.Second)
			defer ticker.Stop()
			<-ticker.C
		}), ""},
		{"panics", "trolley", []string{"sends/list-recipients", "sends/fifty-at-once"}, each(func(context.Context, harness.Client, harness.Call) {
			panic("boom")
		}), "crash"},
		{"blocks for ever", "trolley", []string{"sends/list-recipients", "sends/fifty-at-once"}, each(func(context.Context, harness.Client, harness.Call) {
			select {}
		}), "crash"},
		{"waits until its caller gives up", "trolley", []string{"sends/list-recipients", "sends/fifty-at-once"}, func(harness.Client, harness.ClientConfig) harness.Client {
			return clientFunc(func(ctx context.Context, _ harness.Call) harness.Outcome {
				<-ctx.Done()
				return harness.Outcome{Kind: "network", Message: ctx.Err().Error()}
			})
		}, "outcome"},
		{"tries again each second until its caller gives up", "trolley", []string{"told/server-error"}, func(right harness.Client, _ harness.ClientConfig) harness.Client {
			return clientFunc(func(ctx context.Context, call harness.Call) (o harness.Outcome) {
				for ; ctx.Err() == nil; time.Sleep(time.Second) {
					o = right.Call(ctx, call)
				}
				return o
			})
		}, "loop"},
		{"leaves a goroutine asleep", "trolley", []string{"sends/list-recipients", "sends/list-recipients"}, each(func(_ context.Context, right harness.Client, call harness.Call) {
			go func() {
				time.Sleep(time.Hour) // longer than the case: nobody is left to wake it
				right.Call(context.Background(), call)
			}()
		}), ""},
	} {
		t.Run(m.name, func(t *testing.T) {
			p := loaded(t, m.vendor)[0]
			checker := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: func(c harness.ClientConfig) (harness.Client, error) {
				right, err := referenceClient(p)(c)
				if err != nil {
					return nil, err
				}
				return m.made(right, c), nil
			}}, scripted.Options{})
			defer checker.Close()
			for _, id := range m.cases {
				found := clientCases(p, id)
				if len(found) == 0 || found[0].ID != id {
					t.Fatalf("%s has no client case %s", p.Vendor, id)
				}
				r := checker.Run(context.Background(), found[0])
				switch {
				case m.finds == "" && r.Verdict != harness.Pass:
					t.Errorf("%s: %s %v %s", id, r.Verdict, r.Findings, r.Reason)
				case m.finds != "" && (r.Verdict != harness.Fail || r.Findings[0].Kind != m.finds):
					t.Errorf("%s: %s %v %s; want a finding %q", id, r.Verdict, r.Findings, r.Reason, m.finds)
				}
			}
		})
	}
}

// each has the client do something before each call.
func each(before func(context.Context, harness.Client, harness.Call)) maker {
	return func(right harness.Client, _ harness.ClientConfig) harness.Client {
		return clientFunc(func(ctx context.Context, call harness.Call) harness.Outcome {
			before(ctx, right, call)
			return right.Call(ctx, call)
		})
	}
}

// locked lets one call at a time through. Waiting for a lock keeps a bubble's
// time from moving on, but nobody needs it to.
func locked(right harness.Client, _ harness.ClientConfig) harness.Client {
	var mu sync.Mutex
	return clientFunc(func(ctx context.Context, call harness.Call) harness.Outcome {
		mu.Lock()
		defer mu.Unlock()
		return right.Call(ctx, call)
	})
}

// backoff tries twice again when the server is away.
func backoff(wait func(harness.ClientConfig)) maker {
	return func(right harness.Client, c harness.ClientConfig) harness.Client {
		return clientFunc(func(ctx context.Context, call harness.Call) harness.Outcome {
			o := right.Call(ctx, call)
			for n := 0; o.Kind == "server" && n < 2; n++ {
				wait(c)
				o = right.Call(ctx, call)
			}
			return o
		})
	}
}

// renewing is a client that renews its token by itself, before it ends.
type renewing struct {
	harness.Client
	stop chan struct{}
}

// Close ends what goes on in the background.
func (r renewing) Close() error {
	close(r.stop)
	return nil
}

func inBackground(closes bool) maker {
	return func(right harness.Client, c harness.ClientConfig) harness.Client {
		made := renewing{right, make(chan struct{})}
		go func() {
			tick := c.Clock.Ticker(24*time.Hour - 5*time.Minute)
			defer tick.Stop()
			for {
				select {
				case <-tick.C: // the right client logs in for it
					right.Call(context.Background(), harness.Call{Operation: "list-inventory", Method: "GET", Path: "/api/api/v1/inventory?page=1&page_size=25"})
				case <-made.stop:
					return
				}
			}
		}()
		if closes {
			return made
		}
		return made.Client
	}
}
