package mutant

import (
	"net/http"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// corrector learns from answers how far the client's clock is off, and gets
// something wrong about it.
type corrector struct {
	next  http.RoundTripper
	clock clock.Clock
	learn func(sent, got time.Time, resp *http.Response) (offset time.Duration, learned bool)

	mu     sync.Mutex
	offset time.Duration
	times  int // that it has learned
}

func (c *corrector) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := c.clock.Now()
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if offset, learned := c.learn(sent, c.clock.Now(), resp); learned {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.offset = offset
		c.times++
	}
	return resp, nil
}

func (c *corrector) now(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.Add(c.offset)
}

// clientCorrections breaks clients that set their clock by what the server
// tells.
func (m *maker) clientCorrections() {
	p := m.profile
	if p.Timestamp == nil || p.Window.Past == 0 {
		return
	}
	claims := []string{"client-stamp", "client-clock-error", "client-utc"}
	correcting := func(id, says, catalogue string, learn func(sent, got time.Time, resp *http.Response) (time.Duration, bool), refused func(*corrector, *reference.Refusal)) {
		m.add(Mutant{ID: "corrects-" + id, Says: says, Catalogue: catalogue, Rules: m.clientRules(claims),
			Client: func(c harness.ClientConfig) (harness.Client, error) {
				own := &corrector{next: c.Transport, clock: c.Clock, learn: learn}
				c.Transport = own
				return reference.NewTamperedClient(p, c, reference.ClientTamper{Most: 2, Now: own.now, Refused: func(r *reference.Refusal) { refused(own, r) }})
			}})
	}
	repeats := func(_ *corrector, r *reference.Refusal) { r.Busy = r.Busy || r.Kind == "clock" }
	date := func(resp *http.Response) (time.Time, bool) {
		t, err := http.ParseTime(resp.Header.Get("Date"))
		return t, err == nil && resp.Header.Get("Age") == ""
	}
	correcting("in-the-wrong-direction", "the offset is applied with the wrong sign", "C02", func(_, got time.Time, resp *http.Response) (time.Duration, bool) {
		t, ok := date(resp)
		return got.Sub(t).Round(time.Second), ok && got.Sub(t).Abs() > time.Second
	}, repeats)
	correcting("the-first-of-several", "of several calls at once only the first is repeated with the right time", "C03", func(_, got time.Time, resp *http.Response) (time.Duration, bool) {
		t, ok := date(resp)
		return t.Sub(got).Round(time.Second), ok && got.Sub(t).Abs() > time.Second
	}, func(c *corrector, r *reference.Refusal) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if r.Kind == "clock" && c.times < 1000 {
			c.times, r.Busy = 1000, true
		}
	})
	correcting("by-a-cached-answer", "the time is learned from answers out of a cache", "C05", func(_, got time.Time, resp *http.Response) (time.Duration, bool) {
		t, err := http.ParseTime(resp.Header.Get("Date"))
		return t.Sub(got).Round(time.Second), err == nil && got.Sub(t).Abs() > time.Second
	}, repeats)
	correcting("by-no-date", "an answer without a date sets the clock to the beginning of time", "C06", func(_, got time.Time, resp *http.Response) (time.Duration, bool) {
		t, err := http.ParseTime(resp.Header.Get("Date"))
		if err != nil {
			t = time.Unix(0, 0)
		}
		return t.Sub(got).Round(time.Second), got.Sub(t).Abs() > time.Second
	}, repeats)
	once := func() func(_, got time.Time, resp *http.Response) (time.Duration, bool) {
		return func(_, got time.Time, resp *http.Response) (time.Duration, bool) {
			t, ok := date(resp)
			return t.Sub(got).Round(time.Second), ok && got.Sub(t).Abs() > p.Window.Past && got.Sub(t) > 0
		}
	}
	correcting("only-one-way", "a clock that is ahead is corrected, and then for good", "C07", once(), repeats)
	correcting("by-the-way-there-and-back", "the whole way there and back counts as offset", "C08", func(sent, got time.Time, resp *http.Response) (time.Duration, bool) {
		t, ok := date(resp)
		return t.Sub(got).Round(time.Second) + got.Sub(sent), ok && (got.Sub(t).Abs() > time.Second || got.Sub(sent) > time.Second)
	}, repeats)
	correcting("by-any-refusal", "every refusal is taken for one of the clock, and asked again without end", "C04", func(_, _ time.Time, _ *http.Response) (time.Duration, bool) { return 0, false }, func(_ *corrector, r *reference.Refusal) {
		r.Busy = r.Busy || r.Kind == "auth" || r.Kind == "refused"
		if r.Kind == "auth" {
			r.Kind = "clock"
		}
	})
}
