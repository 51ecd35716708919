package harness

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// Target is a server under test.
type Target struct {
	// URL is where the server is reached. A path in it comes before the
	// profile's paths and is not signed.
	URL string
	// Transport carries the requests, by default LiveTransport. Redirects are
	// not followed.
	Transport http.RoundTripper
	// Clock is the clock the server reads, for the harness to move; nil when
	// the server keeps time by itself.
	Clock *SkewClock
	// Reset gives the next case a server without history; nil when the server
	// keeps its state.
	Reset func()
	// State puts the server in a documented state, such as key-inactive; nil
	// when it cannot be told to.
	State func(name string) error
	// Credentials by name; the profile's samples when nil.
	Credentials Values
}

// HandlerTarget is a server in the same process. The function makes a handler
// that reads the given clock; it is called anew for every case, so that no case
// sees what another left behind.
func HandlerTarget(newHandler func(clock.Clock) http.Handler) Target {
	shared := FrozenClock(DefaultBase)
	t := &handlerTransport{}
	reset := func() { t.handler = newHandler(shared) }
	reset()
	return Target{URL: "https://skewproof.invalid", Transport: t, Clock: shared, Reset: reset,
		State: func(name string) error {
			if s, ok := t.handler.(interface{ SetState(string) error }); ok {
				return s.SetState(name)
			}
			return errNoState
		}}
}

var errNoState = fmt.Errorf("the handler has no method SetState(string) error")

// handlerTransport answers requests from a handler, without a network.
type handlerTransport struct{ handler http.Handler }

func (t *handlerTransport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	w := &recorder{header: http.Header{}}
	// A server that panics closes the connection; this one does no more harm.
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, fmt.Errorf("the handler panicked: %v", p)
		}
	}()
	r.RequestURI = r.URL.RequestURI()
	if r.RemoteAddr == "" {
		r.RemoteAddr = "192.0.2.1:1234"
	}
	t.handler.ServeHTTP(w, r)
	r.RequestURI = ""
	return w.response(r), nil
}

// recorder is the response a handler writes, kept in memory.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, b...)
	return len(b), nil
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: &body{rest: w.body}, ContentLength: int64(len(w.body)), Request: r}
}

// Limits of a run against a server that is not ours.
const (
	// MaxBody is how much of an answer is read, in bytes.
	MaxBody = 1 << 20
	// RequestTimeout bounds one exchange, from dialling to the last byte.
	RequestTimeout = 30 * time.Second
)

// DefaultBase is where a fake clock stands when a case begins: in summer, when
// London is off UTC, and what takes one for the other is found out.
var DefaultBase = time.Date(2024, 7, 4, 21, 11, 44, 0, time.UTC)

// checkURL refuses targets that would send credentials in the clear.
func checkURL(raw string, allowPlain bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("target %q: write an absolute URL such as https://sandbox.example.com", ShownURL(raw))
	}
	if u.User != nil || strings.ContainsAny(raw, "?#") {
		return nil, fmt.Errorf("target %q: leave out user, query and fragment; credentials come from the environment", ShownURL(raw))
	}
	if u.Scheme == "http" && !allowPlain && !Loopback(u.Hostname()) {
		return nil, fmt.Errorf("target %s: plain HTTP would send credentials in the clear; use https, or -allow-plain-http for a server you own", ShownURL(raw))
	}
	for len(u.Path) > 0 && u.Path[len(u.Path)-1] == '/' {
		u.Path = u.Path[:len(u.Path)-1]
	}
	return u, nil
}

// ShownURL is a URL as it may be printed: without user, password, query and
// fragment, in which secrets are put. It goes by the text alone, because a URL
// with a mistake in it holds them too, and a password may have any mark in it:
// so nothing is shown between the scheme and the last @.
func ShownURL(raw string) string {
	scheme, rest := "", raw
	for _, known := range []string{"https://", "http://"} {
		if after, ok := strings.CutPrefix(raw, known); ok {
			scheme, rest = known, after
		}
	}
	end := strings.IndexAny(rest, "?#")
	at := strings.LastIndexByte(rest, '@')
	switch {
	case at < 0 && end < 0:
		return raw
	case end < 0:
		return scheme + "…" + rest[at:]
	case end < at:
		return scheme + "…"
	case at < 0:
		return scheme + rest[:end] + "…"
	}
	return scheme + "…" + rest[at:end] + "…"
}

// Loopback reports whether the host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// offset measures how far the target's clock is from ours.
func (c *Checker) offset(ctx context.Context, n int) (measure.Interval, error) {
	op := c.profile.Operations[0]
	return measure.Offset(ctx, c.local, n, 100*time.Millisecond, func(ctx context.Context) (measure.Sample, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.String()+op.Path, nil)
		if err != nil {
			return measure.Sample{}, err
		}
		r.Header["User-Agent"] = userAgent
		return measure.RoundTrip(c.local, c.target.Transport, r)
	})
}
