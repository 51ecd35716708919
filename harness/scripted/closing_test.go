package scripted_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// closing is a client that does something when it is closed.
type closing struct {
	harness.Client
	end func() error
}

func (c closing) Close() error { return c.end() }

// flushing is one that does something when its log is to be complete.
type flushing struct {
	harness.Client
	end func() error
}

func (c flushing) Flush() { _ = c.end() } // there is nobody to tell

// ended is what a case shows of clients that do this at the end, with the secret
// they were given.
func ended(t *testing.T, bubble func(func()) error, o scripted.Options, id string, made func(harness.Client, func() error) harness.Client, end func(secret string) error) harness.Result {
	t.Helper()
	p := loaded(t, "spreetail")[0]
	var secrets []string
	c := scripted.NewChecker(p, scripted.Attached{Bubble: bubble, New: func(cfg harness.ClientConfig) (harness.Client, error) {
		secret := cfg.Credentials[p.Secret().Name]
		secrets = append(secrets, secret)
		right, err := referenceClient(p)(cfg)
		return made(right, func() error { return end(secret) }), err
	}}, o)
	defer c.Close()
	r := c.Run(context.Background(), clientCases(p, id)[0])
	text := asJSON(t, r)
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is told: %s", strings.ReplaceAll(text, secret, "‹THE SECRET›"))
		}
	}
	return r
}

func closed(right harness.Client, end func() error) harness.Client  { return closing{right, end} }
func flushed(right harness.Client, end func() error) harness.Client { return flushing{right, end} }

// A client that panics when it is closed fails the case, and not the run. All of
// its case are closed for all that.
func TestClientsThatPanicAtTheEnd(t *testing.T) {
	for mode, bubble := range map[string]func(func()) error{"frozen": nil, "bubble": caseBubble(t)} {
		for _, tt := range []struct {
			id, problem string
			clients     int
			made        func(harness.Client, func() error) harness.Client
		}{
			{"sends/get-order", "the client panicked when it was closed", 1, closed},
			{"sends/two-accounts", "the client panicked when it was closed", 2, closed},
			{"sends/get-order", "the client panicked when its log was flushed", 1, flushed},
		} {
			n := 0
			r := ended(t, bubble, scripted.Options{Keep: true}, tt.id, tt.made, func(secret string) error {
				n++
				panic(errors.New("closing with " + secret))
			})
			if n != tt.clients || r.Verdict != harness.Fail || len(r.Findings) != 1 {
				t.Fatalf("%s, %s: %d clients were ended; %s %v", mode, tt.id, n, r.Verdict, r.Findings)
			}
			f := r.Findings[0]
			if f.Kind != "crash" || f.Level != harness.Must || f.Problem != tt.problem || !strings.HasPrefix(f.Got, "closing with ‹") {
				t.Errorf("%s, %s: %+v", mode, tt.id, f)
			}
		}
	}
}

// Where the case is an error already it stays one.
func TestClientThatFailsAndPanicsAtTheEnd(t *testing.T) {
	r := ended(t, caseBubble(t), scripted.Options{}, "sends/get-order", func(_ harness.Client, end func() error) harness.Client {
		return closing{clientFunc(func(context.Context, harness.Call) harness.Outcome {
			return harness.Outcome{Kind: harness.Unreachable, Message: "gone"}
		}), end}
	}, func(secret string) error { panic(secret) })
	if r.Verdict != harness.Error || r.Reason != "gone" || len(r.Findings) != 1 {
		t.Errorf("%s %s %v", r.Verdict, r.Reason, r.Findings)
	}
}

// How else a client ends is not what is tested.
func TestClientsThatEndOddly(t *testing.T) {
	for name, end := range map[string]func(string) error{
		"with an error":         func(string) error { return io.ErrClosedPipe },
		"with its goroutine":    func(string) error { runtime.Goexit(); return nil },
		"while it still panics": func(string) (err error) { defer func() { err, _ = recover().(error) }(); panic(io.EOF) },
	} {
		for mode, bubble := range map[string]func(func()) error{"frozen": nil, "bubble": caseBubble(t)} {
			if r := ended(t, bubble, scripted.Options{}, "sends/get-order", closed, end); r.Verdict != harness.Pass {
				t.Errorf("%s, %s: %v %s", mode, name, r.Err(), r.Reason)
			}
		}
	}
	never := make(chan int)
	if r := ended(t, caseBubble(t), scripted.Options{}, "sends/get-order", closed, func(string) error { <-make(chan int); return nil }); r.Verdict != harness.Pass {
		t.Errorf("never, in a bubble: %v %s", r.Err(), r.Reason)
	}
	local := clock.NewMock()
	if r := ended(t, nil, scripted.Options{Local: local}, "sends/get-order", closed, func(string) error {
		go local.Add(11 * time.Second)
		<-never
		return nil
	}); r.Verdict != harness.Pass {
		t.Errorf("never: %v %s", r.Err(), r.Reason)
	}
}
