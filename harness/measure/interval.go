package measure

import (
	"fmt"
	"math"
	"time"
)

// Interval bounds a clock offset, server time minus local time: positive when
// the server's clock is ahead. Both ends belong to it. It is valid when Lo is
// not after Hi; the zero value says that the clocks agree exactly.
type Interval struct{ Lo, Hi time.Duration }

// unknown is what is known before anything is measured. It accompanies an
// error, so that a caller who ignores the error concludes nothing.
var unknown = Interval{Lo: math.MinInt64, Hi: math.MaxInt64}

// Mid is the middle of the interval, the estimate with the smallest worst case.
func (i Interval) Mid() time.Duration {
	if (i.Lo < 0) != (i.Hi < 0) { // the difference might overflow, the sum cannot
		return (i.Lo + i.Hi) / 2
	}
	return i.Lo + (i.Hi-i.Lo)/2
}

// Width is the distance between the ends, or the largest Duration when it does
// not fit one.
func (i Interval) Width() time.Duration {
	return addSaturating(i.Hi, -max(i.Lo, -math.MaxInt64))
}

// Contains reports whether d lies in the interval, ends included.
func (i Interval) Contains(d time.Duration) bool { return i.Lo <= d && d <= i.Hi }

// Intersect gives the offsets that both intervals allow. It reports false, and
// a zero Interval, when there are none.
func (i Interval) Intersect(j Interval) (Interval, bool) {
	k := Interval{Lo: max(i.Lo, j.Lo), Hi: min(i.Hi, j.Hi)}
	if k.Lo > k.Hi {
		return Interval{}, false
	}
	return k, true
}

// Hull is the smallest interval that holds both.
func (i Interval) Hull(j Interval) Interval {
	return Interval{Lo: min(i.Lo, j.Lo), Hi: max(i.Hi, j.Hi)}
}

// widen moves both ends outwards by d, which must not be negative.
func (i Interval) widen(d time.Duration) Interval {
	return Interval{Lo: addSaturating(i.Lo, -d), Hi: addSaturating(i.Hi, d)}
}

// String renders the interval as its middle and half its width, in seconds to
// the millisecond: "+17.300 s ±0.004 s". It rounds outwards, so that what is
// printed holds the interval.
func (i Interval) String() string {
	if i == unknown {
		return "unknown"
	}
	lo, hi := floorMilli(i.Lo), -floorMilli(-i.Hi)
	mid := lo + (hi-lo)/2
	half := max(hi-mid, mid-lo)
	sign := '+'
	if mid < 0 {
		sign, mid = '-', -mid
	}
	return fmt.Sprintf("%c%d.%03d s ±%d.%03d s", sign, mid/1000, mid%1000, half/1000, half%1000)
}

// floorMilli is d in whole milliseconds, rounded down.
func floorMilli(d time.Duration) int64 {
	ms := d.Milliseconds() // rounds towards zero
	if d%time.Millisecond < 0 {
		ms--
	}
	return ms
}

// addSaturating is a+b, or the nearest Duration when that does not fit one.
func addSaturating(a, b time.Duration) time.Duration {
	switch sum := a + b; {
	case b > 0 && sum < a:
		return math.MaxInt64
	case b < 0 && sum > a:
		return math.MinInt64
	default:
		return sum
	}
}
