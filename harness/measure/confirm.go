package measure

import (
	"context"
	"errors"
	"fmt"

	"github.com/benbjohnson/clock"
)

// Confirm makes n exchanges to find out whether an interval that Offset has
// just measured is that of one clock: it asks just outside either end, where a
// steady server can give only one answer. Against two backends chosen at random
// each exchange has about an even chance to meet the one that gives itself
// away, except the first, which only learns how long an exchange takes.
// Backends closer together than about two round trips stay unnoticed.
//
// The interval returned and the errors are those of Offset, starting from what
// was measured. A steady server never causes ErrUnsteady, whatever its delays.
// When it does come, the hull also allows what one answer to Offset may have
// allowed on its own, a second to either side.
func Confirm(ctx context.Context, clk clock.Clock, measured Interval, n int, exchange func(context.Context) (Sample, error)) (Interval, error) {
	if n < 1 {
		return measured, fmt.Errorf("confirm clock offset: %d exchanges allowed, need at least 1", n)
	}
	s := search{clk: clk, exchange: exchange, known: measured, all: measured, at: clk.Now()}
	for i := range n {
		// High, low, low, high, so as not to keep step with backends that
		// take turns; and a whole round trip out, since half of one can be
		// put down to the flight.
		aim := addSaturating(s.known.Hi, s.trip)
		if i%4 >= 2 {
			aim = addSaturating(s.known.Lo, -s.trip)
		}
		if err := s.ask(ctx, aim); err != nil {
			if errors.Is(err, ErrUnsteady) {
				s.known = s.known.Hull(measured.widen(dateUnit + s.trip))
			}
			return s.known, fmt.Errorf("confirm clock offset: exchange %d of %d: %w", i+1, n, err)
		}
	}
	return s.known, nil
}
