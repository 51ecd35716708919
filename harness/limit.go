package harness

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// LimitError says that a request was not sent because a limit of the run was
// reached. The case is then not run; it has not failed.
type LimitError struct{ Reason string }

func (e *LimitError) Error() string { return "not run: " + e.Reason }

// Budget keeps a run against a server that is not ours polite. Zero means no
// limit.
type Budget struct {
	Requests int     // in all
	Rate     float64 // requests a second
}

// Guard carries requests to one host, within limits: it counts, paces, waits as
// a Retry-After asks, and never follows a redirect. It is safe for concurrent
// use.
type Guard struct {
	host   string
	limits Budget
	clock  clock.Clock
	next   http.RoundTripper

	mu   sync.Mutex
	sent int
	due  time.Time
}

// NewGuard guards the transport; the host is that of the target, with its port.
func NewGuard(next http.RoundTripper, host string, limits Budget, clk clock.Clock) *Guard {
	return &Guard{host: host, limits: limits, clock: clk, next: next}
}

// longestRetry bounds how long a Retry-After is heeded before the case is given
// up.
const longestRetry = time.Minute

// RoundTrip sends the request when the limits allow. It returns a *LimitError
// when they do not.
func (g *Guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != g.host {
		return nil, fmt.Errorf("request to %s, but only %s is under test", r.URL.Host, g.host)
	}
	if err := g.admit(r.Context()); err != nil {
		return nil, err
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil || (resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable) {
		return resp, err
	}
	after, ok := g.retryAfter(resp.Header.Get("Retry-After"))
	if !ok || (r.Body != nil && r.Body != http.NoBody && r.GetBody == nil) {
		return resp, nil
	}
	if after > longestRetry {
		resp.Body.Close()
		return nil, &LimitError{fmt.Sprintf("the target asks to wait %v", after)}
	}
	resp.Body.Close()
	if err := wait(r.Context(), g.clock, after); err != nil {
		return nil, err
	}
	if err := g.admit(r.Context()); err != nil {
		return nil, err
	}
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	return g.next.RoundTrip(again)
}

// retryAfter reads the header's two forms (RFC 9110 section 10.2.3).
func (g *Guard) retryAfter(text string) (time.Duration, bool) {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(g.clock.Now())), true
	}
	return 0, false
}

// admit counts the request and waits for its turn.
func (g *Guard) admit(ctx context.Context) error {
	g.mu.Lock()
	if g.limits.Requests > 0 && g.sent >= g.limits.Requests {
		g.mu.Unlock()
		return &LimitError{fmt.Sprintf("the budget of %d requests is used up; raise -max-requests", g.limits.Requests)}
	}
	g.sent++
	var pause time.Duration
	if g.limits.Rate > 0 {
		now := g.clock.Now()
		if g.due.Before(now) {
			g.due = now
		}
		pause = g.due.Sub(now)
		g.due = g.due.Add(time.Duration(float64(time.Second) / g.limits.Rate))
	}
	g.mu.Unlock()
	return wait(ctx, g.clock, pause)
}

// LiveTransport is a transport fit for a server nobody vouches for: every wait
// is bounded, headers are, and bodies are not unpacked.
func LiveTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  RequestTimeout,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
	}
}
