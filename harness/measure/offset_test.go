package measure_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// delays names how long requests and answers travel.
type delays struct {
	name      string
	out, back func(*rand.Rand) func() time.Duration
	connect   time.Duration
	n         int
	widest    time.Duration // what every run must reach
}

var links = []delays{
	{"0.1 ms", constant(ms / 10), constant(ms / 10), 0, 6, 60 * ms},
	{"0.1 ms", constant(ms / 10), constant(ms / 10), 0, 10, 5 * ms},
	{"5-50 ms", uniform(5*ms, 50*ms), uniform(5*ms, 50*ms), 80 * ms, 8, 150 * ms},
	{"5-50 ms", uniform(5*ms, 50*ms), uniform(5*ms, 50*ms), 80 * ms, 15, 100 * ms},
	{"40 ms there, 5 ms back", constant(40 * ms), constant(5 * ms), 0, 8, 70 * ms},
	{"1 ms there, 1-120 ms back", constant(ms), uniform(ms, 120*ms), 200 * ms, 8, 180 * ms},
	{"0.4-1.5 s", uniform(400*ms, 1500*ms), uniform(400*ms, 1500*ms), 0, 8, 2600 * ms},
}

func constant(d time.Duration) func(*rand.Rand) func() time.Duration {
	return func(*rand.Rand) func() time.Duration { return always(d) }
}

func uniform(lo, hi time.Duration) func(*rand.Rand) func() time.Duration {
	return func(r *rand.Rand) func() time.Duration { return random(r, lo, hi) }
}

// TestOffsetHoldsTheTruth is the promise: whatever the delays, the true offset
// is inside, and no steady server is called unsteady.
func TestOffsetHoldsTheTruth(t *testing.T) {
	const runs = 300
	for _, link := range links {
		t.Run(link.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk, r := clock.New(), newRand(1)
				var widths, errs, took []time.Duration
				for run := range runs {
					clk.Sleep(between(r, 0, time.Second)) // start anywhere in a second
					truth := between(r, -3*time.Hour, 3*time.Hour)
					s := &server{clk: clk, offset: steady(truth), out: link.out(r), back: link.back(r), connect: link.connect}
					start := clk.Now()
					got, err := measure.Offset(t.Context(), clk, link.n, 0, s.exchange)
					if err != nil || !got.Contains(truth) {
						t.Fatalf("run %d: offset %v measured as %v, %v", run, truth, got, err)
					}
					if s.requests != link.n || s.closed != link.n {
						t.Fatalf("run %d: %d requests, %d bodies closed; want %d", run, s.requests, s.closed, link.n)
					}
					took = append(took, clk.Since(start))
					widths, errs = append(widths, got.Width()), append(errs, (got.Mid()-truth).Abs())
					if _, err = measure.Confirm(t.Context(), clk, got, 4, s.exchange); err != nil {
						t.Fatalf("run %d: steady server not confirmed: %v", run, err)
					}
				}
				t.Logf("%d requests: width %s; error of the middle %s; took %s", link.n, spread(widths), spread(errs), spread(took))
				if widest := slices.Max(widths); widest > link.widest {
					t.Errorf("widest interval %v; want at most %v", widest, link.widest)
				}
			})
		})
	}
}

// spread summarises, and sorts, some durations.
func spread(d []time.Duration) string {
	slices.Sort(d)
	at := func(p int) string { return d[(len(d)-1)*p/100].Round(10 * time.Microsecond).String() }
	return "median " + at(50) + ", p95 " + at(95) + ", max " + at(100)
}

func TestOffsetOfGivenClocks(t *testing.T) {
	for _, truth := range []time.Duration{0, -3 * time.Hour, 17300 * ms, -ms, 48*time.Hour + ms, 100 * 365 * 24 * time.Hour} {
		t.Run(truth.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.New()
				s := &server{clk: clk, offset: steady(truth), out: always(3 * ms), back: always(2 * ms)}
				got, err := measure.Offset(t.Context(), clk, 20, 20*ms, s.exchange)
				if err != nil || !got.Contains(truth) || got.Width() > 20*ms {
					t.Errorf("measured as %v, %v", got, err)
				}
				if s.requests > 9 {
					t.Errorf("%d requests; want it to stop when the interval is narrow enough", s.requests)
				}
			})
		})
	}
}

// TestOffsetOfDriftingClock has a clock that gains while it is measured, over
// flights short enough for that to show.
func TestOffsetOfDriftingClock(t *testing.T) {
	for _, ppm := range []int64{-99, 99} {
		synctest.Test(t, func(t *testing.T) {
			clk, r := clock.New(), newRand(2)
			epoch := clk.Now()
			truth := func() time.Duration { return clk.Since(epoch) / 1_000_000 * time.Duration(ppm) }
			for run := range 100 {
				clk.Sleep(between(r, 0, time.Second))
				var last time.Duration
				s := &server{clk: clk, out: always(1000), back: always(1000)}
				s.offset = func(int) time.Duration { last = truth(); return last }
				got, err := measure.Offset(t.Context(), clk, 25, 0, s.exchange)
				if err != nil || !got.Contains(last) || got.Width() > ms {
					t.Fatalf("run %d at %d ppm: offset %v measured as %v, %v", run, ppm, last, got, err)
				}
			}
		})
	}
}

func TestOffsetStops(t *testing.T) {
	broken := errors.New("connection reset")
	tests := []struct {
		name     string
		n        int
		want     time.Duration
		failAt   int
		err      error
		requests int
		width    time.Duration // at most
	}{
		{"at once when anything is narrow enough", 9, 2 * time.Second, 0, nil, 1, 1100 * ms},
		{"after n", 3, 0, 0, nil, 3, 300 * ms},
		{"at a failure, with what is known", 9, 0, 4, broken, 4, 300 * ms},
		{"at a first failure, knowing nothing", 9, 0, 1, broken, 1, 1<<63 - 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk := clock.New()
				s := &server{clk: clk, offset: steady(time.Minute), out: always(ms), back: always(ms)}
				got, err := measure.Offset(t.Context(), clk, tt.n, tt.want, func(ctx context.Context) (measure.Sample, error) {
					if s.requests+1 == tt.failAt {
						s.requests++
						return measure.Sample{}, broken
					}
					return s.exchange(ctx)
				})
				if !errors.Is(err, tt.err) || !got.Contains(time.Minute) || got.Width() > tt.width || s.requests != tt.requests {
					t.Errorf("got %v (width %v), %v after %d requests; want width <= %v, %v, %d", got, got.Width(), err, s.requests, tt.width, tt.err, tt.requests)
				}
			})
		})
	}
	for _, f := range []func(context.Context, clock.Clock, int) error{
		func(ctx context.Context, clk clock.Clock, n int) error {
			_, err := measure.Offset(ctx, clk, n, 0, nil)
			return err
		},
		func(ctx context.Context, clk clock.Clock, n int) error {
			_, err := measure.Confirm(ctx, clk, measure.Interval{}, n, nil)
			return err
		},
	} {
		if err := f(t.Context(), clock.New(), 0); err == nil {
			t.Error("no exchange allowed, and no error")
		}
	}
}

// TestUnsteadyBackends has requests answered by one of two clocks at random.
func TestUnsteadyBackends(t *testing.T) {
	const runs = 200
	tests := []struct {
		apart       time.Duration
		one, twelve int // percent of runs flagged by Offset alone, and with Confirm(6): at least
	}{
		{0, 0, 0}, {300 * ms, 0, 80}, {800 * ms, 0, 85}, {3 * time.Second, 99, 99},
	}
	for _, tt := range tests {
		t.Run(tt.apart.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clk, r := clock.New(), newRand(3)
				var byOffset, byConfirm int
				for range runs {
					clk.Sleep(between(r, 0, time.Second))
					truth := between(r, -time.Minute, time.Minute)
					answered := map[time.Duration]bool{}
					s := &server{clk: clk, out: random(r, 5*ms, 50*ms), back: random(r, 5*ms, 50*ms)}
					s.offset = func(int) time.Duration {
						o := truth + time.Duration(r.IntN(2))*tt.apart
						answered[o] = true
						return o
					}
					got, err := measure.Offset(t.Context(), clk, 12, 0, s.exchange)
					if errors.Is(err, measure.ErrUnsteady) {
						byOffset++
					} else if got, err = measure.Confirm(t.Context(), clk, got, 6, s.exchange); errors.Is(err, measure.ErrUnsteady) {
						byConfirm++
					}
					if err == nil {
						continue
					}
					for o := range answered {
						if !got.Contains(o) {
							t.Fatalf("hull %v leaves out a clock at %v: %v", got, o, err)
						}
					}
					if strings.Count(err.Error(), "±") != 2 {
						t.Fatalf("%q does not name both intervals", err)
					}
				}
				one, both := byOffset*100/runs, (byOffset+byConfirm)*100/runs
				t.Logf("flagged by Offset(12) %d %%, with Confirm(6) %d %%", one, both)
				if one < tt.one || both < tt.twelve || (tt.apart == 0 && both > 0) {
					t.Errorf("want at least %d and %d %%, none of a single clock", tt.one, tt.twelve)
				}
			})
		})
	}
}

// TestUnsteadyBackendsTakingTurns: a fixed order must not hide from a fixed order.
func TestUnsteadyBackendsTakingTurns(t *testing.T) {
	for first := range 2 {
		synctest.Test(t, func(t *testing.T) {
			clk := clock.New()
			s := &server{clk: clk, out: always(ms), back: always(ms)}
			s.offset = func(request int) time.Duration { return time.Duration((request+first)%2) * 800 * ms }
			middle := measure.Interval{Lo: 390 * ms, Hi: 410 * ms}
			got, err := measure.Confirm(t.Context(), clk, middle, 5, s.exchange)
			if !errors.Is(err, measure.ErrUnsteady) || !got.Contains(0) || !got.Contains(800*ms) {
				t.Errorf("%v, %v after %d requests", got, err, s.requests)
			}
		})
	}
}
