package harness

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// SkewClock is a view of a base clock, moved by an offset. Moving it costs
// tens of nanoseconds, may go backwards, and wakes nobody, so one base clock serves
// any number of parties, each with its own skew.
//
// Now, Since and Until are moved. Timers and tickers are those of the base
// clock: a party that is judged by when it acts needs a clock of its own.
type SkewClock struct {
	clock.Clock
	moved atomic.Pointer[moved] // nil when it was not
}

// moved says what the clock showed when the base clock showed something else.
// The two may be further apart than a time.Duration reaches.
type moved struct{ to, base time.Time }

// NewSkewClock returns a view of base, not moved.
func NewSkewClock(base clock.Clock) *SkewClock { return &SkewClock{Clock: base} }

// Now is the base clock's time plus the offset, in UTC.
func (c *SkewClock) Now() time.Time {
	now := c.Clock.Now()
	if m := c.moved.Load(); m != nil {
		now = m.to.Add(now.Sub(m.base))
	}
	return now.UTC()
}

// Since is the time elapsed since t on this clock.
func (c *SkewClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until is the time left to t on this clock.
func (c *SkewClock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Set moves the clock so that it now shows t.
func (c *SkewClock) Set(t time.Time) { c.moved.Store(&moved{t, c.Clock.Now()}) }

// FrozenClock returns a clock that stands at t until it is moved. The mock
// underneath is never set, because setting it sleeps for a millisecond.
func FrozenClock(t time.Time) *SkewClock {
	c := NewSkewClock(clock.NewMock())
	c.Set(t)
	return c
}

// wait lets time go by on the clock, unless the context ends first.
func wait(ctx context.Context, clk clock.Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := clk.Timer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
