package measure_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness/measure"
)

var noon = time.Date(2024, time.March, 4, 12, 0, 0, 0, time.UTC)

func TestSampleInterval(t *testing.T) {
	sent, received := noon.Add(100*ms), noon.Add(150*ms)
	tests := []struct {
		name string
		date string
		want measure.Interval
	}{
		{"same second", "Mon, 04 Mar 2024 12:00:00 GMT", measure.Interval{Lo: -150 * ms, Hi: 900 * ms}},
		{"+17 s", "Mon, 04 Mar 2024 12:00:17 GMT", measure.Interval{Lo: 16850 * ms, Hi: 17900 * ms}},
		{"-3 h", "Mon, 04 Mar 2024 09:00:00 GMT", measure.Interval{Lo: -3*time.Hour - 150*ms, Hi: -3*time.Hour + 900*ms}},
		{"RFC 850 form", "Monday, 04-Mar-24 12:00:17 GMT", measure.Interval{Lo: 16850 * ms, Hi: 17900 * ms}},
		{"asctime form", "Mon Mar  4 12:00:17 2024", measure.Interval{Lo: 16850 * ms, Hi: 17900 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 3600)} {
				got, err := measure.Sample{Sent: sent.In(zone), Received: received.In(zone), Date: tt.date}.Interval()
				if err != nil || got != tt.want {
					t.Errorf("Interval = %+v, %v; want %+v", got, err, tt.want)
				}
			}
		})
	}
}

func TestSampleIntervalRefuses(t *testing.T) {
	tests := []struct {
		name     string
		date     string
		received time.Time
		problem  string
	}{
		{"no Date", "", noon, "no Date"},
		{"garbled", "soon", noon, `"soon" is not an HTTP date`},
		{"ISO 8601", "2024-03-04T12:00:00Z", noon, "not an HTTP date"},
		{"leap second", "Sat, 31 Dec 2016 23:59:60 GMT", noon, "not an HTTP date"},
		{"24:00", "Mon, 04 Mar 2024 24:00:00 GMT", noon, "not an HTTP date"},
		{"numeric zone", "Mon, 04 Mar 2024 12:00:00 +0000", noon, "not an HTTP date"},
		{"another zone", "Monday, 04-Mar-24 12:00:00 PST", noon, "not in GMT"},
		{"fraction", "Mon, 04 Mar 2024 12:00:00.5 GMT", noon, "fraction"},
		{"two dates", "Mon, 04 Mar 2024 12:00:00 GMT, Mon, 04 Mar 2024 12:00:03 GMT", noon, "not an HTTP date"},
		{"megabyte", strings.Repeat("x", 1<<20), noon, "not an HTTP date"},
		{"year 1", "Mon, 01 Jan 0001 00:00:00 GMT", noon, "too far"},
		{"year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", noon, "too far"},
		{"received before sent", "Mon, 04 Mar 2024 12:00:00 GMT", noon.Add(-1), "set back"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := measure.Sample{Sent: noon, Received: tt.received, Date: tt.date}.Interval()
			if err == nil || !strings.Contains(err.Error(), tt.problem) || len(err.Error()) > 300 {
				t.Errorf("error = %.400v; want a short one with %q", err, tt.problem)
			}
			if errors.Is(err, measure.ErrNoDate) != (tt.date == "") {
				t.Errorf("error %v: ErrNoDate is for no Date only", err)
			}
			if got.String() != "unknown" {
				t.Errorf("interval next to the error = %v; want unknown", got)
			}
		})
	}
}

func FuzzSampleInterval(f *testing.F) {
	for _, date := range []string{
		"", "Mon, 04 Mar 2024 12:00:17 GMT", "Monday, 04-Mar-24 12:00:17 GMT", "Mon Mar  4 12:00:17 2024",
		"Sat, 31 Dec 2016 23:59:60 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
		"Monday, 04-Mar-24 12:00:17 CET", "Mon, 04 Mar 2024 12:00:17.5 GMT", "Thu, 01 Jan 1970 00:00:00 GMT\x00",
	} {
		f.Add(date, int64(50*ms))
	}
	f.Fuzz(func(t *testing.T, date string, flight int64) {
		trip := time.Duration(flight)
		i, err := measure.Sample{Sent: noon, Received: noon.Add(trip), Date: date}.Interval()
		if err != nil {
			if i.String() != "unknown" || len(err.Error()) > 1000 {
				t.Fatalf("interval %v with an error of %d bytes", i, len(err.Error()))
			}
			return
		}
		if trip < 0 || i.Width() != trip+time.Second {
			t.Fatalf("Date %q in a flight of %v gives %v of width %v", date, trip, i, i.Width())
		}
		if mid := i.Mid(); !i.Contains(mid) || !i.Contains(i.Lo) || !i.Contains(i.Hi) {
			t.Fatalf("%v does not contain its middle %v or an end", i, mid)
		}
		if back, ok := i.Intersect(i.Hull(measure.Interval{})); !ok || back != i {
			t.Fatalf("%v is not inside its own hull: %v", i, back)
		}
	})
}
