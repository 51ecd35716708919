package mutant

import (
	"net/http"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// clientClocks breaks when a client reads its clock, and in which zone.
func (m *maker) clientClocks() {
	current := []string{"client-stamp", "client-utc", "client-stamp-format"}
	m.client("stamp-of-a-cached-clock", "the clock is read once a minute", "", append(current, "client-stale"), func(harness.ClientConfig) reference.ClientTamper {
		var mu sync.Mutex
		var held time.Time
		return reference.ClientTamper{Now: func(t time.Time) time.Time {
			mu.Lock()
			defer mu.Unlock()
			if held.IsZero() || t.Sub(held).Abs() >= time.Minute {
				held = t
			}
			return held
		}}
	})
	m.client("stamp-never-goes-back", "the timestamp never goes back, however the clock is set", "C18", append(current, "client-clock-error"), func(harness.ClientConfig) reference.ClientTamper {
		var mu sync.Mutex
		var last time.Time
		return reference.ClientTamper{Now: func(t time.Time) time.Time {
			mu.Lock()
			defer mu.Unlock()
			if t.After(last) {
				last = t
			}
			return last
		}}
	})
	m.client("stamp-by-the-clock-on-the-wall", "the time is taken through the local clock, on which an hour comes twice", "C14", []string{"client-utc"}, always(reference.ClientTamper{
		Now: func(t time.Time) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		}}))
	m.client("signed-then-queued", "a request waits for two minutes after it was signed", "C10", append(current, "client-sign-late", "client-stale"), func(c harness.ClientConfig) reference.ClientTamper {
		return reference.ClientTamper{Request: func(*http.Request, bool) { <-c.Clock.After(2 * time.Minute) }}
	})
	m.client("repeats-with-the-same-stamp", "a repetition is signed anew with the stamp of the request before", "C09", []string{"client-retry", "client-stale", "client-sign-late", "client-new-token"}, func(harness.ClientConfig) reference.ClientTamper {
		var mu sync.Mutex
		var last time.Time
		again := false
		return reference.ClientTamper{
			Now: func(t time.Time) time.Time {
				mu.Lock()
				defer mu.Unlock()
				if !again {
					last = t
				}
				again = false
				return last
			},
			Refused: func(r *reference.Refusal) {
				mu.Lock()
				defer mu.Unlock()
				again = r.Renew || r.Busy
			}}
	})
}
