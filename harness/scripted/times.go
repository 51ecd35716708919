package scripted

import (
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// Clock is the clock that a client under test reads.
type Clock interface {
	Now() time.Time
	// Advance lets the time d go by, or turns the clock back by it. It returns
	// an error when this clock cannot do that.
	Advance(d time.Duration) error
}

// ownClock is that of a client in this process: a view of a base clock that
// stands still, or that of a bubble, where waiting moves it.
type ownClock struct {
	*harness.SkewClock
	bubble bool
	fixed  bool // the client reads the bubble's own time, which never goes back
}

// newOwnClock returns a clock that shows the instant.
func newOwnClock(at time.Time, bubble, fixed bool) (*ownClock, error) {
	c := &ownClock{bubble: bubble, fixed: fixed}
	if !bubble {
		c.SkewClock = harness.FrozenClock(at)
		return c, nil
	}
	c.SkewClock = harness.NewSkewClock(clock.New())
	if !fixed {
		c.Set(at)
		return c, nil
	}
	if at.Before(c.Now()) {
		return nil, fmt.Errorf("the bubble's time begins at %v", c.Now().Format(time.DateOnly))
	}
	for left := at.Sub(c.Now()); left > 0; left = at.Sub(c.Now()) { // Sub saturates at 292 years
		c.Clock.Sleep(left)
	}
	return c, nil
}

var errBackwards = errors.New("the time of a bubble does not go back")

func (c *ownClock) Advance(d time.Duration) error {
	switch {
	case c.fixed && d < 0:
		return errBackwards
	case c.bubble && d > 0:
		c.Clock.Sleep(d) // timers fire on the way
	case d != 0:
		c.Set(c.Now().Add(d))
	}
	return nil
}

// zoned is a clock in another time zone: it shows the same instants otherwise.
type zoned struct {
	clock.Clock
	in *time.Location
}

func (z zoned) Now() time.Time { return z.Clock.Now().In(z.in) }

// ticking is a clock that goes on by a tick whenever it is read: a client that
// reads it twice for one request has two times.
type ticking struct {
	clock.Clock
	stage *stage
}

func (t ticking) Now() time.Time {
	t.stage.elapse(t.stage.cs.Ticks)
	return t.Clock.Now()
}

// machineClock is that of a program, which reads the time of this machine.
type machineClock struct{ clock.Clock }

func (machineClock) Advance(d time.Duration) error {
	if d == 0 {
		return nil
	}
	return errors.New("the program reads the clock of this machine")
}
