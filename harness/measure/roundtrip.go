package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// ErrCached says that an answer came out of a cache, so that its Date may be
// long past (RFC 9111 §5.1).
var ErrCached = errors.New("answer comes from a cache")

const (
	// maxBody is how much of a body is read to keep the connection, in bytes.
	maxBody = 1 << 20
	// maxExchange bounds an exchange. It is real time, since a real server's
	// slowness does not move a mock clock.
	maxExchange = 10 * time.Second
)

// RoundTrip makes one exchange for Offset, within 10 s and the context of req.
// It sends a copy of req with Cache-Control: no-cache (RFC 9111 §5.2.1.4),
// follows no redirect, takes any status, and discards up to 1 MiB of body to
// keep the connection; a body that is longer, endless or broken off does no
// harm to the sample. The memory that an answer's header may cost is for rt to
// bound (http.Transport.MaxResponseHeaderBytes).
//
// Sent is read when the connection was there, thus not before connecting and
// not after the request left; Received at the first byte of the answer, or once
// its header is complete if 1xx responses came before. For an rt that does not
// report to httptrace they are read just before and just after the call. A
// server that starts to answer before it stamps Date is beyond the guarantee.
//
// It fails when req is not a GET or HEAD without a body, when there is no
// answer, and with ErrCached on an Age other than 0 or an X-Cache that names a
// hit. A missing Date is left to Sample.Interval.
func RoundTrip(clk clock.Clock, rt http.RoundTripper, req *http.Request) (Sample, error) {
	if req.Method != http.MethodHead && req.Method != http.MethodGet && req.Method != "" {
		return Sample{}, fmt.Errorf("measure with %s: only GET and HEAD may be repeated at will", req.Method)
	}
	if req.Body != nil && req.Body != http.NoBody {
		return Sample{}, errors.New("measure with a request body: it could be sent only once")
	}
	ctx, cancel := context.WithTimeout(req.Context(), maxExchange)
	defer cancel()

	f := flight{clk: clk, sent: clk.Now()}
	out := req.Clone(httptrace.WithClientTrace(ctx, f.trace()))
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header.Set("Cache-Control", "no-cache")
	if out.Header.Get("Accept-Encoding") == "" {
		// Else the transport asks for gzip and unpacks it, and 1 MiB
		// of output may take any amount of input.
		out.Header.Set("Accept-Encoding", "identity")
	}

	resp, err := rt.RoundTrip(out)
	complete := clk.Now()
	if err != nil {
		return Sample{}, fmt.Errorf("request the server's date: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	_ = resp.Body.Close()
	if err := req.Context().Err(); err != nil {
		return Sample{}, fmt.Errorf("request the server's date: %w", err)
	}
	if name, value := cached(resp.Header); name != "" {
		return Sample{}, fmt.Errorf("%w: %s: %.64q", ErrCached, name, value)
	}
	sent, received := f.times(complete)
	// Several Dates are joined, as RFC 9110 §5.3 has it, and are then none.
	date := strings.Join(resp.Header.Values("Date"), ", ")
	return Sample{Sent: sent, Received: received, Date: date}, nil
}

// cached names the header that gives an answer away as cached, if any. An Age
// that is no number was still written by a cache.
func cached(h http.Header) (name, value string) {
	if age, _, _ := strings.Cut(h.Get("Age"), ","); age != "" {
		if n, err := strconv.ParseUint(strings.TrimSpace(age), 10, 64); err != nil || n > 0 {
			return "Age", age
		}
	}
	for _, v := range h.Values("X-Cache") { // "HIT", "Hit from cloudfront", "MISS, HIT"
		if strings.Contains(strings.ToUpper(v), "HIT") {
			return "X-Cache", v
		}
	}
	return "", ""
}

// flight times one exchange. Its hooks run on the transport's goroutines, some
// perhaps after the call has returned.
type flight struct {
	clk clock.Clock

	mu          sync.Mutex
	sent        time.Time
	received    time.Time // zero until the first byte
	provisional bool      // that byte was a 1xx response's, and Date is yet to be stamped
}

func (f *flight) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// A request is repeated on a new connection when a kept one turns
		// out to be closed: the last one counts.
		GotConn: func(httptrace.GotConnInfo) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.sent, f.received, f.provisional = f.clk.Now(), time.Time{}, false
		},
		GotFirstResponseByte: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.received = f.clk.Now()
		},
		Got1xxResponse: func(int, textproto.MIMEHeader) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.provisional = true
			return nil
		},
	}
}

// times gives both instants of a flight whose header was complete at the given one.
func (f *flight) times(complete time.Time) (sent, received time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.received.IsZero() || f.provisional {
		return f.sent, complete
	}
	return f.sent, f.received
}
