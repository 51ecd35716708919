package scripted_test

import (
	"context"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
)

// movable is a clock of ours that a program reads.
type movable struct{ *harness.SkewClock }

func (c movable) Advance(d time.Duration) error {
	c.Set(c.Now().Add(d))
	return nil
}

// A program whose clock we own plays the cases that take hours, over a port of
// this machine.
func TestProgramWhoseClockIsOurs(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		own := movable{harness.NewSkewClock(clock.New())} // it runs on, as that of a program does
		c := scripted.NewChecker(p, scripted.Attached{Program: true, Clock: own, New: func(cfg harness.ClientConfig) (harness.Client, error) {
			cfg.Clock = own
			client, err := reference.NewClient(p, cfg)
			if err != nil { // a driver would tell it in answer to the call
				return refusing{err}, nil
			}
			return client, nil
		}}, scripted.Options{})
		defer c.Close()
		skipped := 0
		for _, cs := range p.Cases {
			if cs.Side != "client" || waits(cs) {
				continue
			}
			switch r := c.Run(context.Background(), cs); r.Verdict {
			case harness.Pass, harness.Observed:
			case harness.Skip:
				skipped++
			default:
				t.Errorf("%v %s %v %v", r.Err(), r.Reason, r.Told, r.Sent)
			}
		}
		if skipped > 5 {
			t.Errorf("%s: %d cases were skipped, although the clock is ours", p.Vendor, skipped)
		}
	}
}

// refusing is a client that could not be made.
type refusing struct{ why error }

func (r refusing) Call(context.Context, harness.Call) harness.Outcome {
	return harness.Outcome{Kind: "config", Message: r.why.Error()}
}

// waits reports whether the case is not for a clock that runs on: the reference
// client would really wait, or the case is about an exact edge.
func waits(cs *harness.Case) bool {
	if cs.ID == "tokens/end-of-life" || cs.Fraction > 0 { // an exact edge, which a clock that runs on misses by as long as the login took
		return true
	}
	for _, m := range cs.Timeline {
		for _, a := range m.Answers {
			if a.Status == 503 && a.Headers["Retry-After"] != "" {
				return true
			}
		}
	}
	return false
}
