package harness

import (
	"time"

	"github.com/skewproof/skewproof/harness/measure"
)

// setTime moves the server's clock, or waits for it, and works out the stamp.
func (r *run) setTime(d *draft, at, skew time.Duration, stamped bool) error {
	c, f := r.c, r.c.profile.Timestamp
	r.stamped, r.nominal = stamped && f != nil, skew
	if !c.live() {
		// The client's clock stands on a whole granule, so that the stamp
		// loses nothing and its age is the skew to the nanosecond.
		now := r.began.Add(at)
		if r.stamped {
			now = now.Add(fraction(-skew, f.Granule))
			r.stamp = now.Add(skew)
			d.values["timestamp"] = f.Format(r.stamp)
		}
		c.target.Clock.Set(now)
		d.now = now
		return nil
	}
	if left := r.began.Add(at).Sub(c.serverNow()); left > 0 && at > 0 {
		if err := r.pause(left); err != nil {
			return err
		}
	}
	local := c.local.Now()
	d.now = local.Add(c.interval.Mid())
	if r.stamped {
		r.stamp = r.liveStamp(local, skew, f.Granule)
		d.values["timestamp"] = f.Format(r.stamp)
	}
	return nil
}

// serverNow is what the clock of a live target shows, as far as it is known.
func (c *Checker) serverNow() time.Time { return c.local.Now().Add(c.interval.Mid()) }

// pause really waits, on our own clock.
func (r *run) pause(d time.Duration) error { return wait(r.ctx, r.c.local, d) }

// fraction is the part of d above a whole number of granules, never negative.
func fraction(d, granule time.Duration) time.Duration {
	if d %= granule; d < 0 {
		d += granule
	}
	return d
}

// liveStamp chooses a stamp for a server whose clock we know only to lie in an
// interval: rounded away from the edge the case is about, so that a right
// server cannot be caught on the wrong side of it.
func (r *run) liveStamp(local time.Time, skew, granule time.Duration) time.Time {
	i, w := r.bounds(), r.c.profile.Window
	late := r.roundTrip + r.roundTrip/2
	down := func(t time.Time) time.Time { return t.Truncate(granule) }
	up := func(t time.Time) time.Time { return t.Add(granule - 1).Truncate(granule) }
	switch age := -skew; {
	case age == 0:
		return down(local.Add(r.c.interval.Mid()))
	case age > w.Past, age < 0 && age >= -w.Future:
		return down(local.Add(i.Lo + skew))
	case age < -w.Future:
		return up(local.Add(i.Hi + skew + late))
	default:
		stamp := up(local.Add(i.Hi + skew + late))
		if limit := down(local.Add(i.Mid())); stamp.After(limit) {
			return limit
		}
		return stamp
	}
}

// bounds is the interval of the target's clock; without a Date, the window.
func (r *run) bounds() measure.Interval {
	if r.c.hasInterval {
		return r.c.interval
	}
	return measure.Interval{Lo: -r.c.profile.Window.Past, Hi: r.c.profile.Window.Future}
}

// age bounds how old the last stamp was when the server judged it, and reports
// whether the whole range lies on the side of the window's edges that the case
// is about.
func (r *run) age(a *answer) (AgeRange, bool) {
	if !r.stamped || !r.c.live() {
		return AgeRange{}, true
	}
	age := AgeRange{Min: a.earliest.Sub(r.stamp), Max: a.latest.Sub(r.stamp)}
	w := r.c.profile.Window
	if w.Past == 0 || w.Future == 0 {
		return age, true
	}
	switch nominal := -r.nominal; {
	case nominal > w.Past:
		return age, age.Min >= w.Past+w.Granule
	case nominal < -w.Future:
		return age, age.Max <= -w.Future-w.Granule/2
	case nominal == 0 && !r.c.hasInterval:
		return age, true
	default:
		return age, age.Max < w.Past && age.Min > -w.Future
	}
}
