package main

import "time"

// clock is the only source of time for everything the peer decides or reports.
// It can be wrong by a constant and can gain or lose, because a client is judged
// on how it copes with exactly that.
type clock struct {
	start  time.Time
	offset time.Duration
	drift  time.Duration
}

// newClock returns a clock that is offset ahead of the real one now and gains
// drift more in every minute.
func newClock(offset, drift time.Duration) *clock {
	return &clock{start: time.Now(), offset: offset, drift: drift}
}

// now is the peer's time.
func (c *clock) now() time.Time {
	gained := time.Duration(time.Since(c.start).Minutes() * float64(c.drift))
	return time.Now().Add(c.offset + gained)
}
