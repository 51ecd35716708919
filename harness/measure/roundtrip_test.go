package measure_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

func TestRoundTripRefuses(t *testing.T) {
	tests := []struct {
		name   string
		header http.Header
		err    error // nil: accepted; errAny: any
	}{
		{"plain", nil, nil},
		{"Age 0", http.Header{"Age": {"0"}}, nil},
		{"miss", http.Header{"X-Cache": {"Miss from cloudfront"}}, nil},
		{"Age", http.Header{"Age": {"1"}}, measure.ErrCached},
		{"Age in a list", http.Header{"Age": {" 7 , 0"}}, measure.ErrCached},
		{"Age beyond any integer", http.Header{"Age": {strings.Repeat("9", 1<<20)}}, measure.ErrCached},
		{"garbled Age", http.Header{"Age": {"old"}}, measure.ErrCached},
		{"negative Age", http.Header{"Age": {"-1"}}, measure.ErrCached},
		{"hit", http.Header{"X-Cache": {"HIT"}}, measure.ErrCached},
		{"CloudFront", http.Header{"X-Cache": {"Hit from cloudfront"}}, measure.ErrCached},
		{"second tier", http.Header{"X-Cache": {"MISS, HIT"}}, measure.ErrCached},
		{"second header", http.Header{"X-Cache": {"MISS", "TCP_HIT"}}, measure.ErrCached},
		{"no Date", http.Header{"Date": nil}, measure.ErrNoDate},
		{"garbled Date", http.Header{"Date": {"yesterday"}}, errAny},
		{"two Dates", http.Header{"Date": {"Sat, 01 Jan 2000 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:09 GMT"}}, errAny},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.New()
				s := &server{clk: clk, offset: steady(0), out: always(ms), back: always(ms), header: tt.header}
				got, err := measure.Offset(t.Context(), clk, 2, 0, s.exchange)
				switch {
				case tt.err == nil:
					if err != nil || !got.Contains(0) {
						t.Errorf("%v, %v", got, err)
					}
				case err == nil || tt.err != errAny && !errors.Is(err, tt.err) || len(err.Error()) > 300:
					t.Errorf("error %.400v; want %v, short", err, tt.err)
				case got.String() != "unknown" || s.requests != 1 || s.closed != 1:
					t.Errorf("%v after %d requests, %d bodies closed; want unknown after one", got, s.requests, s.closed)
				}
			})
		})
	}
}

var errAny = errors.New("any error")

func TestRoundTripTakesOnlyRepeatableRequests(t *testing.T) {
	clk := clock.New()
	for _, tt := range []struct{ method, body string }{{http.MethodPost, ""}, {http.MethodDelete, ""}, {http.MethodGet, "{}"}} {
		s := &server{clk: clk}
		req := httptest.NewRequest(tt.method, "https://api.example.test/", strings.NewReader(tt.body))
		if _, err := measure.RoundTrip(clk, s, req); err == nil || s.requests > 0 {
			t.Errorf("%s %q: error %v, %d requests; want it refused unsent", tt.method, tt.body, err, s.requests)
		}
	}
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestRoundTripSendsACopy(t *testing.T) {
	for _, method := range []string{"", http.MethodGet, http.MethodHead} {
		req := httptest.NewRequest(method, "https://api.example.test/ping", nil)
		req.Header = nil
		var sent *http.Request
		_, err := measure.RoundTrip(clock.New(), roundTripFunc(func(r *http.Request) (*http.Response, error) {
			sent = r
			return &http.Response{Header: http.Header{}, Body: http.NoBody}, nil
		}), req)
		if err != nil {
			t.Fatal(err)
		}
		if sent.Header.Get("Cache-Control") != "no-cache" || sent.Method != req.Method || req.Header != nil {
			t.Errorf("%s: sent %s %v; the caller's headers are now %v", req.Method, sent.Method, sent.Header, req.Header)
		}
	}
}

// TestRoundTripTimes pins down which instants count.
func TestRoundTripTimes(t *testing.T) {
	tests := []struct {
		name                 string
		server               server
		afterStart, duration time.Duration
	}{
		{"connecting does not count", server{connect: 300 * ms}, 300 * ms, 3 * ms},
		{"early hints are not the answer", server{hint: 700 * ms}, 0, 703 * ms},
		{"nor does a slow body count", server{body: &endless{every: time.Second}}, 0, 3 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := tt.server
				s.clk, s.offset, s.out, s.back = clock.New(), steady(0), always(2*ms), always(ms)
				if e, ok := s.body.(*endless); ok {
					e.clk = s.clk
				}
				start := s.clk.Now()
				got, err := s.exchange(t.Context())
				if err != nil || got.Sent.Sub(start) != tt.afterStart || got.Received.Sub(got.Sent) != tt.duration {
					t.Errorf("sent after %v, received %v later, %v; want %v, %v", got.Sent.Sub(start), got.Received.Sub(got.Sent), err, tt.afterStart, tt.duration)
				}
				if i, err := got.Interval(); err != nil || !i.Contains(0) {
					t.Errorf("%v, %v does not hold the truth", i, err)
				}
			})
		})
	}
}

// endless is a body that does not end by itself: fast, or a byte at a time.
type endless struct {
	clk   clock.Clock
	every time.Duration
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.every > 0 {
		if e.read++; e.read > 9 {
			return 0, io.ErrUnexpectedEOF // what closing the connection does to a reader
		}
		e.clk.Sleep(e.every)
		return 1, nil
	}
	if e.read += len(p); e.read > 1<<23 {
		return 0, io.EOF // endless enough for a test
	}
	return len(p), nil
}

func TestRoundTripBoundsAHostileServer(t *testing.T) {
	t.Run("endless body", func(t *testing.T) {
		clk, body := clock.New(), &endless{}
		s := &server{clk: clk, offset: steady(0), out: always(0), back: always(0), body: body}
		if _, err := s.exchange(t.Context()); err != nil || body.read > 1<<20 || s.closed != 1 {
			t.Errorf("%v after reading %d bytes, closed %d times", err, body.read, s.closed)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			clk := clock.New()
			s := &server{clk: clk, offset: steady(0), out: always(time.Hour), back: always(0)}
			start := clk.Now()
			_, err := s.exchange(t.Context())
			if !errors.Is(err, context.DeadlineExceeded) || clk.Since(start) != 10*time.Second {
				t.Errorf("%v after %v", err, clk.Since(start))
			}
		})
	})
}

func TestCancelEndsPromptly(t *testing.T) {
	tests := []struct {
		name  string
		out   time.Duration
		after time.Duration
	}{
		{"before anything", 0, 0},
		{"in flight", time.Hour, 300 * ms},
		{"between exchanges", 0, 300 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.New()
				clk.Sleep(500 * ms) // offset 0 is then estimated as 0: the next request waits half a second
				s := &server{clk: clk, offset: steady(0), out: always(tt.out), back: always(0)}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.after == 0 {
					cancel()
				}
				stop := clk.AfterFunc(tt.after, cancel)
				defer stop.Stop()
				start := clk.Now()
				got, err := measure.Offset(ctx, clk, 9, 0, s.exchange)
				if !errors.Is(err, context.Canceled) || clk.Since(start) != tt.after || !got.Contains(0) {
					t.Errorf("%v, %v after %v; want it cancelled after %v", got, err, clk.Since(start), tt.after)
				}
			})
		})
	}
}

// TestMockClock has one goroutine move a mock clock while Offset waits on it.
func TestMockClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock := clock.NewMock()
		mock.Set(noon)
		done := make(chan struct{})
		moved := make(chan struct{})
		go func() {
			defer close(moved)
			for {
				select {
				case <-done:
					return
				default:
					mock.Add(ms)
				}
			}
		}()
		const truth = -17300 * ms
		s := &server{clk: mock, offset: steady(truth), out: always(3 * ms), back: always(2 * ms)}
		got, err := measure.Offset(t.Context(), mock, 8, 20*ms, s.exchange)
		close(done)
		<-moved
		if err != nil || !got.Contains(truth) || got.Width() > 20*ms {
			t.Errorf("%v, %v", got, err)
		}
	})
}
