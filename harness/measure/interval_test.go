package measure_test

import (
	"math"
	"testing"
	"time"

	"github.com/skewproof/skewproof/harness/measure"
)

const ms = time.Millisecond

func TestIntervalSets(t *testing.T) {
	tests := []struct {
		name       string
		a, b       measure.Interval
		both, hull measure.Interval
		meet       bool
	}{
		{"overlap", measure.Interval{Lo: 0, Hi: 10}, measure.Interval{Lo: 5, Hi: 15}, measure.Interval{Lo: 5, Hi: 10}, measure.Interval{Lo: 0, Hi: 15}, true},
		{"inside", measure.Interval{Lo: -9, Hi: 9}, measure.Interval{Lo: -1, Hi: 1}, measure.Interval{Lo: -1, Hi: 1}, measure.Interval{Lo: -9, Hi: 9}, true},
		{"touch", measure.Interval{Lo: 0, Hi: 5}, measure.Interval{Lo: 5, Hi: 9}, measure.Interval{Lo: 5, Hi: 5}, measure.Interval{Lo: 0, Hi: 9}, true},
		{"apart", measure.Interval{Lo: 0, Hi: 4}, measure.Interval{Lo: 5, Hi: 9}, measure.Interval{}, measure.Interval{Lo: 0, Hi: 9}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, pair := range [][2]measure.Interval{{tt.a, tt.b}, {tt.b, tt.a}} {
				if both, meet := pair[0].Intersect(pair[1]); both != tt.both || meet != tt.meet {
					t.Errorf("Intersect = %v, %v; want %v, %v", both, meet, tt.both, tt.meet)
				}
				if hull := pair[0].Hull(pair[1]); hull != tt.hull {
					t.Errorf("Hull = %v; want %v", hull, tt.hull)
				}
			}
		})
	}
}

func TestIntervalContainsItsEnds(t *testing.T) {
	i := measure.Interval{Lo: -2, Hi: 3}
	for d, want := range map[time.Duration]bool{-3: false, -2: true, 0: true, 3: true, 4: false} {
		if got := i.Contains(d); got != want {
			t.Errorf("Contains(%d) = %v; want %v", d, got, want)
		}
	}
}

func TestIntervalMidWidthString(t *testing.T) {
	tests := []struct {
		i      measure.Interval
		mid    time.Duration
		width  time.Duration
		string string
	}{
		{measure.Interval{}, 0, 0, "+0.000 s ±0.000 s"},
		{measure.Interval{Lo: 17296 * ms, Hi: 17304 * ms}, 17300 * ms, 8 * ms, "+17.300 s ±0.004 s"},
		{measure.Interval{Lo: 17296*ms + 1, Hi: 17304*ms - 1}, 17300 * ms, 8*ms - 2, "+17.300 s ±0.004 s"},
		{measure.Interval{Lo: -1 * ms, Hi: 2 * ms}, ms / 2, 3 * ms, "+0.000 s ±0.002 s"},
		{measure.Interval{Lo: 100, Hi: 200}, 150, 100, "+0.000 s ±0.001 s"},
		{measure.Interval{Lo: -200, Hi: -100}, -150, 100, "-0.001 s ±0.001 s"},
		{measure.Interval{Lo: -3*time.Hour - 20*ms, Hi: -3*time.Hour + 20*ms}, -3 * time.Hour, 40 * ms, "-10800.000 s ±0.020 s"},
		{measure.Interval{Lo: -1500 * ms, Hi: -500 * ms}, -1 * time.Second, 1 * time.Second, "-1.000 s ±0.500 s"},
		{measure.Interval{Lo: math.MinInt64, Hi: math.MaxInt64}, 0, math.MaxInt64, "unknown"},
		{measure.Interval{Lo: math.MinInt64, Hi: 0}, math.MinInt64 / 2, math.MaxInt64, "-4611686018.428 s ±4611686018.428 s"},
		{measure.Interval{Lo: 1, Hi: math.MaxInt64}, 1 << 62, math.MaxInt64 - 1, "+4611686018.427 s ±4611686018.428 s"},
	}
	for _, tt := range tests {
		t.Run(tt.string, func(t *testing.T) {
			if got := tt.i.Mid(); got != tt.mid {
				t.Errorf("Mid = %d; want %d", got, tt.mid)
			}
			if got := tt.i.Width(); got != tt.width {
				t.Errorf("Width = %d; want %d", got, tt.width)
			}
			if got := tt.i.String(); got != tt.string {
				t.Errorf("String = %q; want %q", got, tt.string)
			}
		})
	}
}
