package mutant

import (
	"slices"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// window breaks the limits of timestamps.
func (m *maker) window() {
	w := m.profile.Window
	if w.Past == 0 {
		return
	}
	past, future := m.rules("window-past", "window-every-call"), m.rules("window-future")
	both := slices.Concat(past, future)
	for _, v := range []struct {
		id, says, catalogue string
		past, future        time.Duration
	}{
		{"doubled", "the window is twice as wide", "S03", 2 * w.Past, 2 * w.Future},
		{"halved", "the window is half as wide", "S03", w.Past / 2, w.Future / 2},
		{"of-minutes", "the window's seconds are taken for minutes", "S03", w.Past * 60, w.Future * 60},
		{"a-second-wider", "the window is a second wider", "S03", w.Past + time.Second, w.Future + time.Second},
		{"a-second-narrower", "the window is a second narrower", "S03", w.Past - time.Second, w.Future - time.Second},
		{"past-a-second-wider", "a stamp may be a second older", "S04", w.Past + time.Second, w.Future},
		{"past-a-second-narrower", "a stamp must be a second younger", "S04", w.Past - time.Second, w.Future},
		{"future-a-second-wider", "a stamp may be a second further ahead", "S04", w.Past, w.Future + time.Second},
		{"future-a-second-narrower", "a stamp must be a second less ahead", "S04", w.Past, w.Future - time.Second},
		{"past-only", "a stamp may be as far ahead as it likes", "S02", w.Past, 100 * 365 * 24 * time.Hour},
		{"future-only", "a stamp may be as old as it likes", "S01", 100 * 365 * 24 * time.Hour, w.Future},
		{"none", "the timestamp is not compared with the clock", "S01", 100 * 365 * 24 * time.Hour, 100 * 365 * 24 * time.Hour},
	} {
		rules := both
		if v.future == w.Future {
			rules = past
		} else if v.past == w.Past {
			rules = future
		}
		m.profileServer("window-"+v.id, v.says, v.catalogue, rules, func(p *harness.Profile) { p.Window.Past, p.Window.Future = v.past, v.future })
	}
	m.variant("window-edge-flipped", "the very limit is judged the other way", "S05", "window-edge", both)
	m.variant("window-resolution-other", "the fraction of a second counts otherwise", "S05", "window-resolution", m.rules("window-resolution"))
	for _, zone := range []struct {
		id  string
		off time.Duration
	}{{"an-hour-ahead", time.Hour}, {"an-hour-behind", -time.Hour}, {"three-hours-behind", -3 * time.Hour}} {
		m.shifted("window-"+zone.id, "stamps are compared with a clock in another time zone", func(time.Time) time.Duration { return zone.off }, both)
	}
	m.shifted("window-in-summer-time", "stamps are read as London's time, which is an hour off UTC in summer", func(t time.Time) time.Duration {
		if t.Month() < time.April || t.Month() > time.October {
			return 0
		}
		return -time.Hour
	}, both)
	m.partly(both)
}

// partly adds servers that compare only a part of a stamp.
func (m *maker) partly(rules []string) {
	f := m.profile.Timestamp
	of := func(id, says string, unit time.Duration) {
		m.server("window-"+id, says, "S22", rules, reference.Tamper{Stamp: func(text string, now time.Time) string {
			t, err := f.Parse(text)
			if err != nil {
				return text
			}
			off := now.Sub(t) % unit
			switch {
			case off > unit/2:
				off -= unit
			case off < -unit/2:
				off += unit
			}
			return f.Format(now.Add(-off))
		}})
	}
	of("by-the-time-of-day", "the date of a stamp is not compared", 24*time.Hour)
	of("by-the-minutes", "neither date nor hour of a stamp are compared", time.Hour)
	of("in-any-zone", "a stamp may be of any time zone", 15*time.Minute)
}

// shifted adds a server that reads stamps as if they were of another zone.
func (m *maker) shifted(id, says string, off func(time.Time) time.Duration, rules []string) {
	f := m.profile.Timestamp
	m.server(id, says, "S22", rules, reference.Tamper{Stamp: func(text string, _ time.Time) string {
		t, err := f.Parse(text)
		if err != nil {
			return text
		}
		return f.Format(t.Add(off(t)))
	}})
}
