package harness

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// unequalLimits differ in every way, so that no term can be taken for another.
var unequalLimits = Limits{Past: 30 * time.Second, Future: 45 * time.Second, Lifetime: 24 * time.Hour, Granule: time.Millisecond}

func TestOffsetResolvesAgainstTheLimits(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		// A window that is subtracted is the past edge; one that is added, or
		// has no sign, the future edge.
		"-window":           -30 * time.Second,
		"+window":           45 * time.Second,
		"window":            45 * time.Second,
		"-window-1s":        -31 * time.Second,
		"-window+1s":        -29 * time.Second,
		"+window-1s":        44 * time.Second,
		"+window+1s":        46 * time.Second,
		"-window+window":    15 * time.Second,
		"-window-granule":   -30*time.Second - time.Millisecond,
		"+window+granule":   45*time.Second + time.Millisecond,
		"-window-499ms":     -30*time.Second - 499*time.Millisecond,
		"-window-5h45m":     -30*time.Second - 5*time.Hour - 45*time.Minute,
		"-window-365d":      -30*time.Second - 365*day,
		"+lifetime-300s-1s": day - 301*time.Second,

		// A factor multiplies its own term, a divisor divides it.
		"-2*window":      -60 * time.Second,
		"2*window":       90 * time.Second,
		"+10*window+1ms": 450*time.Second + time.Millisecond,
		"0*window":       0,
		"window/2":       22500 * time.Millisecond,
		"-window/2":      -15 * time.Second,
		"-3*window/2":    -45 * time.Second,
		"-2*window-1s":   -61 * time.Second,
		"lifetime":       day,
		"lifetime/2":     12 * time.Hour,
		"-lifetime/4":    -6 * time.Hour,
		"2*lifetime+1s":  2*day + time.Second,
		"lifetime/7":     day / 7,
		"granule":        time.Millisecond,

		// Plain durations take Go's units, and d for a day of 24 hours.
		"0":      0,
		"+0":     0,
		"-0":     0,
		"0s":     0,
		"1s":     time.Second,
		"-1s":    -time.Second,
		"1500ms": 1500 * time.Millisecond,
		"1.5h":   90 * time.Minute,
		"1h30m":  90 * time.Minute,
		"7µs":    7 * time.Microsecond,
		"7us":    7 * time.Microsecond,
		"7ns":    7,
		"1d":     day,
		"-2d":    -2 * day,
		"1d-1s":  day - time.Second,
		"3*2d":   6 * day,
		"1d/2":   12 * time.Hour,

		// Spaces are for the reader.
		"- window - 1s":  -31 * time.Second,
		" +window + 1s ": 46 * time.Second,
		"2 * lifetime":   2 * day,
	} {
		t.Run(text, func(t *testing.T) {
			o, err := ParseOffset(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := o.Resolve(unequalLimits)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%q is %v, want %v", text, got, want)
			}
			if o.String() != text {
				t.Errorf("String() is %q, want it as written: %q", o, text)
			}
		})
	}
}

func TestOffsetRefusesWhatItCannotRead(t *testing.T) {
	for text, names := range map[string]string{
		"fortnight":         `unknown term "fortnight"`,
		"-windw-1s":         `unknown term "windw"`,
		"-window-1y":        `unknown term "1y"`,
		"5":                 `unknown term "5"`,
		"00":                `unknown term "00"`,
		"1.5d":              `unknown term "1.5d"`,
		"d":                 `unknown term "d"`,
		"3000000000d":       `unknown term "3000000000d"`,
		"2*":                `unknown term "2"`,
		"window1s":          `cannot read "1s"`,
		"window window":     `two terms without a sign between them`,
		"window/0":          `cannot read "/0"`,
		"window/-2":         `cannot read "/-2"`,
		"window/2/2":        `cannot read "/2"`,
		"window*2":          `cannot read "*2"`,
		"WINDOW":            `cannot read "WINDOW"`,
		"-":                 `cannot read "-"`,
		"--1s":              `cannot read "--1s"`,
		"+-1s":              `cannot read "+-1s"`,
		"-window-":          `cannot read "-"`,
		"(window)":          `cannot read "(window)"`,
		"１s":                `cannot read "１s"`,
		"−window":           `cannot read "−window"`,
		"window\x00":        `cannot read "\x00"`,
		"-window-1s\n+1s\t": `cannot read "\n+1s\t"`,
	} {
		t.Run(text, func(t *testing.T) {
			o, err := ParseOffset(text)
			if err == nil {
				t.Fatalf("%q is read as %v", text, o.terms)
			}
			if !strings.Contains(err.Error(), names) {
				t.Errorf("%v\ndoes not name what is wrong: %s", err, names)
			}
			if !strings.Contains(err.Error(), "-window-1s") && !strings.Contains(err.Error(), "known are window") {
				t.Errorf("%v\ndoes not say what to write instead", err)
			}
			if !o.IsZero() || o.String() != "" {
				t.Errorf("a refused offset is not the zero one: %q", o)
			}
		})
	}
}

func TestOffsetWithoutItsLimitIsAnError(t *testing.T) {
	for _, missing := range []struct {
		text   string
		limits Limits
		names  string
	}{
		{"lifetime", Limits{Past: 1, Future: 1, Granule: 1}, "no lifetime"},
		{"+lifetime/2", Limits{Past: 1, Future: 1, Granule: 1}, "no lifetime"},
		{"granule", Limits{Past: 1, Future: 1, Lifetime: 1}, "no granule"},
		{"-window", Limits{Future: 1, Lifetime: 1, Granule: 1}, "no window"},
		{"+window", Limits{Past: 1, Lifetime: 1, Granule: 1}, "no window"},
		{"0*window", Limits{}, "no window"},
	} {
		t.Run(missing.text, func(t *testing.T) {
			o, err := ParseOffset(missing.text)
			if err != nil {
				t.Fatal(err)
			}
			d, err := o.Resolve(missing.limits)
			if err == nil {
				t.Fatalf("%s resolves to %v", missing.text, d)
			}
			for _, part := range []string{missing.names, `"` + missing.text + `"`} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v\ndoes not say %s", err, part)
				}
			}
		})
	}
	// Only the edge that is used must be there.
	past, err := ParseOffset("-window-1s")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := past.Resolve(Limits{Past: time.Minute}); err != nil || d != -61*time.Second {
		t.Errorf("-window-1s without a future edge: %v, %v; want -1m1s", d, err)
	}
}

func TestNoOffsetIsZeroAndNothingElseIs(t *testing.T) {
	var none Offset
	if d, err := none.Resolve(Limits{}); !none.IsZero() || none.String() != "" || d != 0 || err != nil {
		t.Errorf("the zero Offset: IsZero %v, %q, %v, %v", none.IsZero(), none, d, err)
	}
	for text, zero := range map[string]bool{"": true, "  ": true, "0": false, "0s": false, "window-window": false} {
		o, err := ParseOffset(text)
		if err != nil {
			t.Fatal(err)
		}
		if o.IsZero() != zero {
			t.Errorf("%q: IsZero is %v, want %v: 0 is an offset that was written", text, o.IsZero(), zero)
		}
	}
}

func TestOffsetIsReadFromYAML(t *testing.T) {
	var step struct {
		At, Skew, Bare Offset
	}
	text := "at: +lifetime\nskew: \"-window - 1s\"\nbare: 0\n"
	if err := yaml.Unmarshal([]byte(text), &step); err != nil {
		t.Fatal(err)
	}
	for _, o := range []struct {
		got  Offset
		want time.Duration
	}{{step.At, 24 * time.Hour}, {step.Skew, -31 * time.Second}, {step.Bare, 0}} {
		if d, err := o.got.Resolve(unequalLimits); err != nil || d != o.want {
			t.Errorf("%q is %v, %v; want %v", o.got, d, err, o.want)
		}
	}
	if err := yaml.Unmarshal([]byte("skew: [1s]\n"), &step); err == nil {
		t.Error("a sequence is read as an offset")
	}
}

func TestDurationNeedsAUnitAndIsPositive(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "24h": 24 * time.Hour, "2d": 48 * time.Hour,
		"1m30s": 90 * time.Second, "100ms": 100 * time.Millisecond, `"1d"`: 24 * time.Hour,
		// Refused.
		"0s": 0, "0": 0, "0d": 0, "-5s": 0, "-1d": 0, "30": 0, "1.5": 0, "soon": 0, "1 s": 0, "1w": 0, `""`: 0, "window": 0,
	} {
		var got struct{ D Duration }
		err := yaml.Unmarshal([]byte("d: "+text+"\n"), &got)
		switch {
		case want == 0 && err == nil:
			t.Errorf("%s is read as %v, want an error", text, time.Duration(got.D))
		case want == 0 && !strings.Contains(err.Error(), "write it with a unit, such as 30s, 5m or 24h"):
			t.Errorf("%s: %v\ndoes not say what to write instead", text, err)
		case want != 0 && (err != nil || time.Duration(got.D) != want):
			t.Errorf("%s is read as %v, %v; want %v", text, time.Duration(got.D), err, want)
		}
	}
}

// FuzzParseOffset: any text is read or refused, and what is read means the same
// when it is written out and read again.
func FuzzParseOffset(f *testing.F) {
	for _, seed := range []string{"", "0", "-window-1s", "+window/2", "2*lifetime", "-3*window/2+1d-7µs", "lifetime-1m", "1.5h", "- window - 1s",
		"window/0", "9999999999*1s", "99999999999999999999d", "window1s", "+", "1s2s", "..s", "1..5s", "\xff", "１s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOffset(text)
		if err != nil {
			if !o.IsZero() {
				t.Errorf("%q is refused, and yet has terms", text)
			}
			return
		}
		if o.String() != text {
			t.Errorf("String() of %q is %q", text, o)
		}
		again, err := ParseOffset(o.String())
		if err != nil {
			t.Fatalf("%q is read once and refused the second time: %v", text, err)
		}
		first, err1 := o.Resolve(unequalLimits)
		second, err2 := again.Resolve(unequalLimits)
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q is %v, %v and then %v, %v", text, first, err1, second, err2)
		}
	})
}
