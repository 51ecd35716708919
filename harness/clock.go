package harness

import (
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// SkewClock is a view of a base clock, moved by an offset. Moving it costs a
// few nanoseconds, may go backwards, and wakes nobody, so one base clock serves
// any number of parties, each with its own skew.
//
// Now, Since and Until are moved. Timers and tickers are those of the base
// clock: a party that is judged by when it acts needs a clock of its own.
type SkewClock struct {
	clock.Clock
	offset atomic.Int64 // nanoseconds
}

// NewSkewClock returns a view of base, not moved.
func NewSkewClock(base clock.Clock) *SkewClock { return &SkewClock{Clock: base} }

// Now is the base clock's time plus the offset, in UTC.
func (c *SkewClock) Now() time.Time {
	return c.Clock.Now().Add(time.Duration(c.offset.Load())).UTC()
}

// Since is the time elapsed since t on this clock.
func (c *SkewClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until is the time left to t on this clock.
func (c *SkewClock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Set moves the clock so that it now shows t.
func (c *SkewClock) Set(t time.Time) { c.offset.Store(int64(t.Sub(c.Clock.Now()))) }

// frozenClock returns a clock that stands at t until it is moved. The mock
// underneath is set once, because setting it sleeps for a millisecond.
func frozenClock(t time.Time) *SkewClock {
	mock := clock.NewMock()
	mock.Set(t)
	return NewSkewClock(mock)
}
