package mutant

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientStamps breaks the clock that timestamps are made from.
func (m *maker) clientStamps() {
	f := m.profile.Timestamp
	if f == nil {
		return
	}
	now := func(id, says, catalogue string, claims []string, of func(time.Time) time.Time) {
		m.client("stamp-"+id, says, catalogue, claims, always(reference.ClientTamper{Now: of}))
	}
	current := []string{"client-stamp", "client-utc", "client-stamp-format"}
	now("rounded-up", "the timestamp is rounded to whole seconds", "C11", []string{"client-stamp-floor"}, func(t time.Time) time.Time { return t.Round(f.Granule) })
	now("local-time", "local time is sent as UTC", "C13", []string{"client-utc"}, func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.Add(time.Duration(offset) * time.Second)
	})
	now("summer-time-for-ever", "the hour of summer time is never taken off", "C14", []string{"client-utc"}, func(t time.Time) time.Time {
		if t.Location().String() == "Europe/London" {
			return t.Add(time.Hour)
		}
		return t
	})
	now("32-bit", "the time is kept in 32 bits", "C16", current, func(t time.Time) time.Time { return time.Unix(int64(int32(t.Unix())), 0) })
	now("32-bit-unsigned", "the time is kept in 32 bits without sign", "C16", current, func(t time.Time) time.Time { return time.Unix(int64(uint32(t.Unix())), 0) })
	now("an-hour-ahead", "the timestamp is an hour ahead", "", append(current, "client-call"), func(t time.Time) time.Time { return t.Add(time.Hour) })
	now("a-minute-behind", "the timestamp is a minute behind", "", append(current, "client-stale", "client-call"), func(t time.Time) time.Time { return t.Add(-time.Minute) })
	m.client("stamp-of-the-first-request", "every request has the timestamp of the first", "C09", []string{"client-stale", "client-stamp", "client-sign-late", "client-retry"},
		func(harness.ClientConfig) reference.ClientTamper {
			var once sync.Once
			var first time.Time
			return reference.ClientTamper{Now: func(t time.Time) time.Time {
				once.Do(func() { first = t })
				return first
			}}
		})
	m.clientClocks()
	stamp := func(id, says, catalogue string, of func(string) string) {
		m.client("stamp-"+id, says, catalogue, current, always(reference.ClientTamper{Stamp: of}))
	}
	if f.Numeric {
		stamp("in-milliseconds", "the timestamp is in milliseconds", "C12", func(s string) string { return s + "000" })
		stamp("with-a-fraction", "the timestamp has a fraction", "C12", func(s string) string { return s + ".0" })
		stamp("as-a-float", "the timestamp is written as a number that floats", "C12", func(s string) string {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return s
			}
			return strconv.FormatFloat(n, 'g', -1, 64)
		})
		stamp("in-hexadecimal", "the timestamp is in hexadecimal", "C12", func(s string) string {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return s
			}
			return strconv.FormatInt(n, 16)
		})
	} else {
		stamp("with-t", "the timestamp has a T between date and time", "", func(s string) string { return strings.Replace(s, " ", "T", 1) })
		stamp("with-z", "the timestamp has a Z at its end", "", func(s string) string { return s + "Z" })
		stamp("unpadded", "the timestamp lacks its leading zeros", "", func(s string) string { return strings.NewReplacer("-0", "-", " 0", " ", ":0", ":").Replace(s) })
		stamp("in-12-hours", "the timestamp counts hours to twelve", "", func(s string) string {
			t, err := f.Parse(s)
			if err != nil {
				return s
			}
			return t.Format("2006-01-02 03:04:05")
		})
		written := func(id, says, catalogue string, of func(t time.Time) string) {
			stamp(id, says, catalogue, func(s string) string {
				t, err := f.Parse(s)
				if err != nil {
					return s
				}
				return of(t)
			})
		}
		written("of-another-calendar", "the timestamp counts years from another beginning", "C15", func(t time.Time) string { return f.Format(t.AddDate(543, 0, 0)) })
		written("of-the-year-of-the-week", "the timestamp has the year of its week", "", func(t time.Time) string {
			year, _ := t.ISOWeek()
			return strconv.Itoa(year) + f.Format(t)[4:]
		})
		written("day-first", "the timestamp has its day first", "C15", func(t time.Time) string { return t.Format("02/01/2006 15:04:05") })
	}
	stamp("in-digits-of-the-locale", "the timestamp is in the digits of the locale", "C15", func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '٠'
			}
			return r
		}, s)
	})
	m.client("stamp-other-than-signed", "the timestamp sent is another than the one signed", "C17", []string{"client-signs-stamp"}, always(reference.ClientTamper{
		Sent: func(v harness.Values, _ bool) {
			if t, err := f.Parse(v["timestamp"]); err == nil {
				v["timestamp"] = f.Format(t.Add(f.Granule))
			}
		}}))
	m.client("clock-read-twice", "the clock is read once for the signature and once for the request", "C17", []string{"client-signs-stamp"},
		func(c harness.ClientConfig) reference.ClientTamper {
			return reference.ClientTamper{Sent: func(v harness.Values, _ bool) { v["timestamp"] = f.Format(c.Clock.Now()) }}
		})
}
