package harness

import (
	"context"
	"crypto/tls"
	"errors"
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
// sees what another left behind. A handler that never returns ends a run only
// where the run's context has a deadline.
func HandlerTarget(newHandler func(clock.Clock) http.Handler) Target {
	shared := FrozenClock(DefaultBase)
	t := &handlerTransport{secured: tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}}
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
type handlerTransport struct {
	handler http.Handler
	secured tls.ConnectionState // of the connection that all requests come over
}

// RoundTrip calls the handler with a request of its own: what it changes in it
// is neither repeated nor reported.
func (t *handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	in := *r
	in.Header = r.Header.Clone()
	in.RequestURI = r.URL.RequestURI()
	if in.RemoteAddr == "" {
		in.RemoteAddr = "192.0.2.1:1234"
	}
	if r.URL.Scheme == "https" {
		in.TLS = &t.secured
	}
	w := &recorder{header: http.Header{}}
	if err := serve(t.handler, w, &in); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// serve calls the handler and waits until it returns or the request's context
// ends. A handler that is still at it then is left behind with its goroutine and
// its answer: nothing ends it from outside.
func serve(h http.Handler, w *recorder, r *http.Request) error {
	ctx := r.Context()
	if ctx.Done() == nil { // it is waited for in any case, and a goroutine would cost a third of a short case
		return call(h, w, r)
	}
	served := make(chan error, 1)
	go func() {
		err := errGoexit // unless call returns
		defer func() { served <- err }()
		err = call(h, w, r)
	}()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errGoexit = errors.New("the handler ended its goroutine, as t.FailNow does")

// call calls the handler. A server that panics closes the connection; this one
// does no more harm.
func call(h http.Handler, w *recorder, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the handler panicked: %v", p)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// recorder is the response a handler writes, kept in memory as far as it is read.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if status >= 100 && status <= 199 && status != http.StatusSwitchingProtocols {
		return // informational: the answer is yet to come
	}
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps one byte more than is allowed, which shows that there were more.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	n := min(len(b), MaxBody+1-len(w.body))
	w.body = append(w.body, b[:n]...)
	if n < len(b) {
		return n, errTooLong
	}
	return n, nil
}

var errTooLong = fmt.Errorf("the answer is longer than %d bytes; no more of it is read", MaxBody)

// Flush sends the header, as in net/http. All else is there at once anyway.
func (w *recorder) Flush() { w.WriteHeader(http.StatusOK) }

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
