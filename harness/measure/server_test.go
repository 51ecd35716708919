package measure_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// server is an http.RoundTripper that is also the link and the server behind it.
type server struct {
	clk       clock.Clock
	offset    func(request int) time.Duration // of the clock that stamps this answer
	out, back func() time.Duration            // one-way delays
	connect   time.Duration                   // before the first request can leave
	hint      time.Duration                   // a 103 response precedes the answer by this; 0 for none
	header    http.Header                     // replaces Date where it has one; nil values remove
	body      io.Reader

	requests int
	closed   int
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	if s.requests++; s.requests == 1 {
		if err := s.sleep(req.Context(), s.connect); err != nil {
			return nil, err
		}
	}
	trace.GotConn(httptrace.GotConnInfo{})
	if err := s.sleep(req.Context(), s.out()); err != nil {
		return nil, err
	}
	if s.hint > 0 {
		trace.GotFirstResponseByte()
		_ = trace.Got1xxResponse(http.StatusEarlyHints, nil)
		if err := s.sleep(req.Context(), s.hint); err != nil {
			return nil, err
		}
	}
	date := s.clk.Now().Add(s.offset(s.requests)).UTC().Format(http.TimeFormat)
	if err := s.sleep(req.Context(), s.back()); err != nil {
		return nil, err
	}
	if s.hint == 0 {
		trace.GotFirstResponseByte()
	}
	header := http.Header{"Date": {date}}
	for name, values := range s.header {
		header[name] = values
	}
	body := s.body
	if body == nil {
		body = strings.NewReader("{}")
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: closer{body, &s.closed}, Request: req}, nil
}

func (s *server) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := s.clk.Timer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// exchange is what a caller of Offset writes.
func (s *server) exchange(ctx context.Context) (measure.Sample, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.test/", nil)
	if err != nil {
		return measure.Sample{}, err
	}
	return measure.RoundTrip(s.clk, s, req)
}

type closer struct {
	io.Reader
	closed *int
}

func (c closer) Close() error { *c.closed++; return nil }

func steady(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// between draws evenly from [lo, hi).
func between(r *rand.Rand, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.Int64N(int64(hi-lo)))
}

func random(r *rand.Rand, lo, hi time.Duration) func() time.Duration {
	return func() time.Duration { return between(r, lo, hi) }
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
