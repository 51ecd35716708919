package measure_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// TestLoopback runs the real transport against a real server whose clock is
// shifted. Its early hints come well before the Date they precede.
func TestLoopback(t *testing.T) {
	tests := []struct {
		name   string
		truth  time.Duration
		hint   time.Duration
		widest time.Duration
	}{
		{"plain", 31250 * ms, 0, 500 * ms},
		{"early hints", -421 * ms, 50 * ms, 700 * ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			clk := clock.New()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.hint > 0 {
					w.WriteHeader(http.StatusEarlyHints)
					clk.Sleep(tt.hint)
				}
				w.Header().Set("Date", clk.Now().Add(tt.truth).UTC().Format(http.TimeFormat))
				_, _ = w.Write([]byte("{}"))
			}))
			defer server.Close()
			rt := &http.Transport{Proxy: nil}
			defer rt.CloseIdleConnections()

			start := clk.Now()
			got, err := measure.Offset(t.Context(), clk, 3, 0, func(ctx context.Context) (measure.Sample, error) {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
				if err != nil {
					return measure.Sample{}, err
				}
				s, err := measure.RoundTrip(clk, rt, req)
				if trip := s.Received.Sub(s.Sent); err == nil && trip < tt.hint {
					t.Errorf("round trip of %v ends before the answer proper", trip)
				}
				return s, err
			})
			t.Logf("%v (width %v) after %v", got, got.Width(), clk.Since(start))
			if err != nil || !got.Contains(tt.truth) || got.Width() > tt.widest {
				t.Errorf("offset %v measured as %v, %v", tt.truth, got, err)
			}
		})
	}
}
