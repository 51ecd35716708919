package measure

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// ErrNoDate says that an answer carried no Date header. A server without a
// clock must not send one (RFC 9110 §6.6.1), and then its clock cannot be
// measured this way.
var ErrNoDate = errors.New("answer has no Date header")

// dateUnit is how far a server's clock may be past the Date it sends: Date
// counts whole seconds, and servers drop the fraction.
const dateUnit = time.Second

// Sample is one exchange: the local instants just before the request was
// written and when the first byte of the answer was there, and the answer's
// Date header as sent.
type Sample struct {
	Sent, Received time.Time
	Date           string
}

// Interval gives the offsets this exchange allows. The server read its clock
// at some instant between Sent and Received and dropped the fraction of the
// second, so
//
//	Date - Received <= offset < Date + 1 s - Sent
//
// (the upper end is returned as if it were allowed). This is F. Cristian's
// bound ("Probabilistic clock synchronization", Distributed Computing 3, 1989)
// for a clock that is read in whole seconds; Date is RFC 9110 §6.6.1. All three
// forms of an HTTP date are accepted (RFC 9110 §5.6.7).
//
// Only wall-clock readings count. A local clock that was set between Sent and
// Received falsifies the sample, and shows only if it was set back by more than
// the exchange took.
//
// It fails with ErrNoDate, on a Date that is not an HTTP date or is centuries
// away, and when Received is before Sent. The interval then holds every offset.
func (s Sample) Interval() (Interval, error) {
	if s.Date == "" {
		return unknown, ErrNoDate
	}
	date, err := parseDate(s.Date)
	if err != nil {
		return unknown, err
	}
	sent, received := s.Sent.Round(0), s.Received.Round(0) // drop monotonic readings
	if received.Before(sent) {
		return unknown, fmt.Errorf("answer received %v before the request was sent: the local clock was set back", sent.Sub(received))
	}
	i := Interval{Lo: date.Sub(received), Hi: date.Add(dateUnit).Sub(sent)}
	if i.Lo == math.MinInt64 || i.Hi == math.MaxInt64 { // Sub saturates
		return unknown, fmt.Errorf("date header %.64q is too far from the local clock", s.Date)
	}
	return i, nil
}

// parseDate reads an HTTP date more strictly than http.ParseTime, which takes
// any zone name in the RFC 850 form (some of them as local time) and a fraction
// of a second.
func parseDate(text string) (time.Time, error) {
	t, err := http.ParseTime(text)
	if err != nil {
		// The cause would repeat the text, which may be a megabyte long.
		return time.Time{}, fmt.Errorf("date header %.64q is not an HTTP date", text)
	}
	if zone, offset := t.Zone(); offset != 0 || (zone != "UTC" && zone != "GMT") {
		return time.Time{}, fmt.Errorf("date header %.64q is not in GMT", text)
	}
	if t.Nanosecond() != 0 {
		return time.Time{}, fmt.Errorf("date header %.64q has a fraction of a second", text)
	}
	return t, nil
}
