package harness

import (
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
)

func TestSkewClockShowsTheBasePlusItsOffset(t *testing.T) {
	base := clock.NewMock()
	base.Set(DefaultBase)
	c := NewSkewClock(base)
	if got := c.Now(); !got.Equal(DefaultBase) {
		t.Errorf("not yet moved, it shows %v, want %v", got, DefaultBase)
	}
	for _, tt := range []struct {
		claim string
		to    time.Time
	}{
		{"forward", DefaultBase.Add(time.Hour)},
		{"backward", DefaultBase.Add(-time.Hour)},
		{"further backward", DefaultBase.Add(-365 * 24 * time.Hour)},
		{"by a nanosecond", DefaultBase.Add(-365*24*time.Hour + 1)},
		{"before 1970", time.Date(1969, 7, 20, 20, 17, 40, 123456789, time.UTC)},
		{"past 2038", time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)},
		{"past 2106", time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC)},
		{"two centuries on", time.Date(2200, 2, 28, 23, 59, 59, 999_999_999, time.UTC)},
		{"back again", DefaultBase},
	} {
		c.Set(tt.to)
		if got := c.Now(); !got.Equal(tt.to) {
			t.Errorf("%s: it shows %v, want %v", tt.claim, got, tt.to)
		}
	}
	c.Set(DefaultBase.Add(-time.Minute))
	base.Add(10 * time.Second)
	if got, want := c.Now(), DefaultBase.Add(-50*time.Second); !got.Equal(want) {
		t.Errorf("ten seconds on, it shows %v, want %v: it runs with its base", got, want)
	}
}

func TestSkewClocksOnOneBaseAreIndependent(t *testing.T) {
	base := clock.NewMock()
	base.Set(DefaultBase)
	client, server := NewSkewClock(base), NewSkewClock(base)
	client.Set(DefaultBase.Add(-31 * time.Second))
	if got := server.Now().Sub(client.Now()); got != 31*time.Second {
		t.Errorf("the server is %v ahead, want 31s", got)
	}
	if got := base.Now(); !got.Equal(DefaultBase) {
		t.Errorf("the base was moved to %v", got)
	}
	base.Add(time.Hour)
	if got := server.Now().Sub(client.Now()); got != 31*time.Second {
		t.Errorf("an hour on, the server is %v ahead, want 31s", got)
	}
}

func TestSkewClockSinceAndUntilAreMovedToo(t *testing.T) {
	base := clock.NewMock()
	base.Set(DefaultBase)
	c := NewSkewClock(base)
	mark := c.Now()
	for _, moved := range []time.Duration{0, time.Second, time.Hour, -time.Second, -24 * time.Hour} {
		c.Set(DefaultBase.Add(moved))
		if got := c.Since(mark); got != moved {
			t.Errorf("moved by %v: Since is %v", moved, got)
		}
		if got := c.Until(mark); got != -moved {
			t.Errorf("moved by %v: Until is %v, want %v", moved, got, -moved)
		}
	}
}

func TestSkewClockShowsUTC(t *testing.T) {
	base := clock.NewMock()
	base.Set(DefaultBase.In(time.FixedZone("far east", 14*3600)))
	c := NewSkewClock(base)
	if got := c.Now().Location(); got != time.UTC {
		t.Errorf("the zone is %v, want UTC", got)
	}
	c.Set(DefaultBase.Add(time.Hour).In(time.FixedZone("far west", -12*3600)))
	if got := c.Now(); got.Location() != time.UTC || !got.Equal(DefaultBase.Add(time.Hour)) {
		t.Errorf("set in another zone, it shows %v, want %v", got, DefaultBase.Add(time.Hour))
	}
	if got := NewSkewClock(clock.New()).Now().Location(); got != time.UTC {
		t.Errorf("on the real clock the zone is %v, want UTC", got)
	}
}

func TestSkewClockOnTheRealClockRuns(t *testing.T) {
	real := clock.New()
	c := NewSkewClock(real)
	c.Set(real.Now().Add(-time.Hour))
	before := c.Now()
	if ahead := real.Now().Sub(before); ahead < 59*time.Minute || ahead > 61*time.Minute {
		t.Errorf("it is %v behind, want an hour", ahead)
	}
	if c.Now().Before(before) || c.Since(before) < 0 {
		t.Error("it runs backwards by itself")
	}
}

func TestFrozenClockStands(t *testing.T) {
	c := FrozenClock(DefaultBase)
	first := c.Now()
	for range 1000 {
		if got := c.Now(); got != first {
			t.Fatalf("it has moved to %v", got)
		}
	}
	if !first.Equal(DefaultBase) {
		t.Errorf("it stands at %v, want %v", first, DefaultBase)
	}
}

// Run with -race: many parties read the clock while one moves it.
func TestSkewClockIsSafeForConcurrentUse(t *testing.T) {
	c := FrozenClock(DefaultBase)
	early, late := DefaultBase.Add(-time.Hour), DefaultBase.Add(time.Hour)
	var readers, mover sync.WaitGroup
	stop := make(chan struct{})
	mover.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				c.Set([]time.Time{early, late, DefaultBase}[i%3])
			}
		}
	})
	for range 8 {
		readers.Go(func() {
			for range 2000 {
				if got := c.Now(); !got.Equal(early) && !got.Equal(late) && !got.Equal(DefaultBase) {
					t.Errorf("it shows %v, to which nobody has set it", got)
					return
				}
				c.Since(early)
				c.Until(late)
			}
		})
	}
	readers.Wait()
	close(stop)
	mover.Wait()
}
