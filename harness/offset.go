package harness

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Limits are the durations that offsets are written against.
type Limits struct {
	Past, Future time.Duration // the acceptance window, either side
	Lifetime     time.Duration // of a token; 0 when the profile has none
	Granule      time.Duration // the resolution of the timestamp format
}

// aging are the limits for what merely grows older, as a stamp does while time
// passes: only the past edge can be crossed.
func (l Limits) aging() Limits {
	l.Future = l.Past
	return l
}

// Offset is a signed duration written relative to a profile's limits, such as
// "-window-1s", "+lifetime" or "lifetime/2". The zero Offset is no offset.
//
// The word window stands for the past edge where it is subtracted and for the
// future edge where it is added, because a stamp that lags is judged by the one
// and a stamp that leads by the other.
type Offset struct {
	source string
	terms  []term
}

type term struct {
	negative bool
	name     string // window, lifetime, granule; empty for a plain duration
	fixed    time.Duration
	times    int64
	over     int64
}

var termPattern = regexp.MustCompile(`^([+-]?)(?:([0-9]+)\*)?([a-z]+|[0-9][0-9a-zµ.]*)(?:/([1-9][0-9]*))?`)

// ParseOffset reads an offset. Plain durations take Go's units and d for a day
// of 24 hours.
func ParseOffset(text string) (Offset, error) {
	o := Offset{source: text}
	if spaced.MatchString(text) {
		return Offset{}, fmt.Errorf("offset %q: two terms without a sign between them; write terms such as -window-1s or +lifetime/2", text)
	}
	rest := strings.ReplaceAll(text, " ", "")
	for first := true; rest != ""; first = false {
		m := termPattern.FindStringSubmatch(rest)
		if m == nil || (!first && m[1] == "") {
			return Offset{}, fmt.Errorf("offset %q: cannot read %q; write terms such as -window-1s or +lifetime/2", text, rest)
		}
		t := term{negative: m[1] == "-", times: 1, over: 1}
		if m[2] != "" {
			t.times, _ = strconv.ParseInt(m[2], 10, 32)
		}
		if m[4] != "" {
			t.over, _ = strconv.ParseInt(m[4], 10, 32)
		}
		if t.times > maxFactor || t.over > maxFactor {
			return Offset{}, fmt.Errorf("offset %q: a factor above %d", text, maxFactor)
		}
		switch m[3] {
		case "window", "lifetime", "granule":
			t.name = m[3]
		case "0":
		default:
			d, err := parseDuration(m[3])
			if err != nil {
				return Offset{}, fmt.Errorf("offset %q: unknown term %q; known are window, lifetime, granule and durations such as 1s, 500ms, 24h, 2d", text, m[3])
			}
			t.fixed = d
		}
		o.terms = append(o.terms, t)
		rest = rest[len(m[0]):]
	}
	return o, nil
}

var spaced = regexp.MustCompile(`[0-9a-z] +[0-9a-z]`)

// maxFactor and maxDuration bound an offset, so that no sum runs over.
const (
	maxFactor   = 1000
	maxDuration = 100 * 366 * 24 * time.Hour
)

// Resolve gives the duration under the limits. A term whose limit the profile
// does not have is an error.
func (o Offset) Resolve(l Limits) (time.Duration, error) {
	var sum time.Duration
	for _, t := range o.terms {
		d := t.fixed
		switch t.name {
		case "window":
			d = l.Future
			if t.negative {
				d = l.Past
			}
		case "lifetime":
			d = l.Lifetime
		case "granule":
			d = l.Granule
		}
		if t.name != "" && d == 0 {
			return 0, fmt.Errorf("offset %q: the profile has no %s", o.source, t.name)
		}
		d = d * time.Duration(t.times) / time.Duration(t.over)
		if t.negative {
			d = -d
		}
		sum += d
	}
	return sum, nil
}

// String is the offset as it was written.
func (o Offset) String() string { return o.source }

// IsZero reports whether no offset was written.
func (o Offset) IsZero() bool { return len(o.terms) == 0 }

// UnmarshalYAML reads an offset from a scalar.
func (o *Offset) UnmarshalYAML(node ast.Node) error {
	parsed, err := ParseOffset(scalar(node))
	if err != nil {
		return placeAt(node, err)
	}
	*o = parsed
	return nil
}

// Duration is a length of time in a profile: 30s, 5m, 24h, 2d.
type Duration time.Duration

// UnmarshalYAML reads a duration with a unit. Zero and negative ones are
// refused: a limit of nothing is always a mistake.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	written := scalar(node)
	parsed, err := parseDuration(written)
	if err != nil || parsed <= 0 {
		return placeAt(node, fmt.Errorf("%q is not a positive duration; write it with a unit, such as 30s, 5m or 24h", written))
	}
	*d = Duration(parsed)
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 32)
		if err == nil && time.Duration(n) > maxDuration/(24*time.Hour) {
			err = fmt.Errorf("%q is more than a hundred years", text)
		}
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(text)
	if err == nil && d > maxDuration {
		err = fmt.Errorf("%q is more than a hundred years", text)
	}
	return d, err
}
