// Package measure estimates how far a server's clock is from ours, as an
// interval that is guaranteed to hold the truth.
//
// The guarantee rests on three things: the server stamps Date by dropping the
// fraction of a second, at an instant between the request and the answer; every
// answer is stamped by the same clock; and during the measurement neither clock
// is set, nor do they drift apart by more than 100 ppm. What contradicts that is
// reported as ErrUnsteady where it shows. A server that stamps Date from a
// ticker, up to a second late, is measured as that ticker: nothing in its
// answers tells.
package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"
)

// ErrUnsteady says that the answers cannot all come from one steady clock:
// several backends, a proxy that stamps some of them, or a clock that was set
// meanwhile.
var ErrUnsteady = errors.New("answers do not agree on one clock")

// driftPPM is how fast the two clocks may drift apart, in parts per million:
// two crystals of 50 ppm that nothing disciplines (for disciplined ones RFC 5905
// assumes 15).
const driftPPM = 100

// nothing is the hull of no answer.
var nothing = Interval{Lo: unknown.Hi, Hi: unknown.Lo}

// Offset measures a server's clock with up to n exchanges, and stops early when
// the interval is no wider than want. It asks as in Sample.Interval, intersects
// the answers, and times each next request so that the second of the server's
// clock is predicted to turn in the middle of the flight: whether it had then
// turned halves what is left. About 0.6 s of clk goes by per exchange. The
// width cannot get below the shortest delay there plus the shortest delay back.
// The interval holds at the last exchange; after that add 0.1 ms to each side
// for every second.
//
// exchange makes one request and must return when its context ends, and within
// bounded time in any case, as RoundTrip does. Waiting between exchanges is less
// than a second each, on clk; a clock.Mock must be moved by someone meanwhile.
//
// An exchange that contradicts those before it ends the measurement with
// ErrUnsteady, which names both intervals; the interval returned is then the
// hull of all answers, which holds the offset of each clock that answered. Any
// other failure (of exchange, of Sample.Interval, the end of ctx, n below 1)
// ends it too, with the interval the exchanges before it allow. The interval is
// thus right also next to an error, down to one that holds every offset.
//
// Halving alone cannot contradict itself while flights are short, so clocks
// that differ by less than a second often go unnoticed; Confirm looks for them.
func Offset(ctx context.Context, clk clock.Clock, n int, want time.Duration, exchange func(context.Context) (Sample, error)) (Interval, error) {
	if n < 1 {
		return unknown, fmt.Errorf("measure clock offset: %d exchanges allowed, need at least 1", n)
	}
	s := search{clk: clk, exchange: exchange, known: unknown, all: nothing}
	for i := range n {
		if err := s.ask(ctx, s.known.Mid()); err != nil {
			return s.known, fmt.Errorf("measure clock offset: exchange %d of at most %d: %w", i+1, n, err)
		}
		if s.known.Width() <= want {
			break
		}
	}
	return s.known, nil
}

// search is what the exchanges so far have shown.
type search struct {
	clk      clock.Clock
	exchange func(context.Context) (Sample, error)

	known Interval      // allowed by every answer
	all   Interval      // allowed by any answer
	at    time.Time     // since when the two may have drifted: the last Sent
	asked int           // exchanges made
	lead  time.Duration // from the call of exchange to the middle of the flight, smoothed
	trip  time.Duration // the last round trip
}

// ask makes one exchange and narrows what is known. All but the first are timed
// so that a server with the given offset sees its second turn in mid-flight.
func (s *search) ask(ctx context.Context, offset time.Duration) error {
	if s.asked > 0 {
		turn := s.clk.Now().Add(offset).Add(s.lead)
		if err := s.wait(ctx, (time.Second-time.Duration(turn.Nanosecond()))%time.Second); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	called := s.clk.Now()
	sample, err := s.exchange(ctx)
	if err != nil {
		return err
	}
	answer, err := sample.Interval()
	if err != nil {
		return err
	}
	s.learnTiming(called, sample)
	return s.narrow(sample, answer)
}

// narrow takes an answer into account.
func (s *search) narrow(sample Sample, answer Interval) error {
	drifted := drift(sample.Received.Sub(s.at))
	known := s.known.widen(drifted)
	s.all = s.all.widen(drifted).Hull(answer)
	s.at = sample.Sent
	both, ok := known.Intersect(answer)
	if !ok {
		s.known = s.all
		return fmt.Errorf("%w: %v by those before, %v by this one", ErrUnsteady, known, answer)
	}
	s.known = both
	return nil
}

// learnTiming updates how long a request takes to be half-way. The first
// exchange may have had to connect before it could send; the next will not.
func (s *search) learnTiming(called time.Time, sample Sample) {
	s.trip = sample.Received.Sub(sample.Sent)
	lead := sample.Sent.Sub(called) + s.trip/2
	s.asked++
	switch s.asked {
	case 1:
		s.lead = s.trip / 2
	case 2:
		s.lead = lead
	default:
		s.lead += (lead - s.lead) / 4
	}
}

// wait lets d of the clock go by, or less when ctx ends.
func (s *search) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := s.clk.Timer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// drift is how far apart the clocks may have drifted in d.
func drift(d time.Duration) time.Duration { return max(d, 0) / (1_000_000 / driftPPM) }
