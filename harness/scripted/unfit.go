package scripted

import (
	"slices"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// longestDelay is how long a program is really kept waiting for an answer.
const longestDelay = 3 * time.Second

const needsOwnClock = "needs the client's own clock, which a program reads from the machine"

// unfit says why the case cannot be played to this client; empty when it can.
func (c *Checker) unfit(cs *harness.Case) string {
	if cs.Side != "client" {
		return "is about the " + cs.Side + ", and this checks a client"
	}
	machine := c.client.machine()
	if machine && slices.Contains(cs.Needs, "own-clock") {
		return needsOwnClock
	}
	limits := c.profile.Window
	var first, last time.Duration
	for i, m := range cs.Timeline {
		at, _ := m.At.Resolve(limits)
		skew, _ := m.Skew.Resolve(limits)
		if i == 0 {
			first, last = at+skew, at+skew
		}
		if machine && (at+skew != first || !m.Every.IsZero()) {
			return needsOwnClock
		}
		if c.client.OwnTime && at+skew < last {
			return "turns the client's clock back, which the time of a bubble cannot do"
		}
		last = at + skew
		for _, list := range [][]harness.Answer{m.Login, m.Answers} {
			for _, a := range list {
				if delay, _ := a.Delay.Resolve(limits); machine && delay > longestDelay {
					return needsOwnClock
				}
			}
		}
		if m.Concurrent > 0 && c.client.Program && !c.concurrent(cs) {
			return "needs a driver that takes several calls at once; this one says it does not"
		}
	}
	ms := cs.Fraction % (500 * time.Millisecond)
	switch {
	case machine && !cs.From.IsZero():
		return needsOwnClock
	case machine && ms > 400*time.Millisecond:
		return "needs the client's own clock: that of the machine cannot be caught within a millisecond"
	case cs.Ticks > 0 && (c.client.Program || c.client.OwnTime):
		return "needs a clock that shows another time whenever it is read"
	case c.client.OwnTime && cs.Zone != "":
		return "needs another time zone: run the tests with TZ=" + cs.Zone
	case c.client.OwnTime && !cs.From.IsZero() && cs.From.Before(bubbleBegins):
		return "begins before the time of a bubble does"
	case cs.Base == "plain" && c.client.Program:
		return "would have to see what a program sends to another machine"
	}
	return ""
}

// bubbleBegins is where a testing/synctest bubble starts.
var bubbleBegins = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// concurrent asks a program's driver whether it takes several calls at once.
func (c *Checker) concurrent(cs *harness.Case) bool {
	l, err := c.listener("||")
	if err != nil {
		return true // the case itself will say so
	}
	client, err := c.client.New(harness.ClientConfig{BaseURL: "http://" + l.host, Credentials: c.accounts[""], Log: &logBuffer{hide: c.hideAll}, Case: cs.Name()})
	if err != nil {
		return true
	}
	many, ok := client.(interface{ Concurrent() bool })
	return !ok || many.Concurrent()
}
