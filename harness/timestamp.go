package harness

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TimestampFormat is one way to write an instant. Parsing is strict: one
// spelling an instant, no signs, spaces or fractions that the format lacks.
type TimestampFormat struct {
	Name    string
	Granule time.Duration // the smallest step the format can express
	Numeric bool          // digits only: seconds or milliseconds since 1970
	layout  string        // for textual formats
	pattern *regexp.Regexp
}

// The closed list of formats a profile may name.
var timestampFormats = map[string]*TimestampFormat{
	"unix-seconds":      {Granule: time.Second, Numeric: true},
	"unix-milliseconds": {Granule: time.Millisecond, Numeric: true},
	"datetime":          textual("2006-01-02 15:04:05", time.Second, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`),
	"datetime-ticks-z":  textual("2006-01-02 15:04:05.0000000Z", 100*time.Nanosecond, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{7}Z$`),
	"rfc3339":           textual("2006-01-02T15:04:05Z", time.Second, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`),
	"rfc3339-millis":    textual("2006-01-02T15:04:05.000Z", time.Millisecond, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`),
	"basic-iso":         textual("20060102T150405Z", time.Second, `^\d{8}T\d{6}Z$`),
	"http-date":         textual("Mon, 02 Jan 2006 15:04:05 GMT", time.Second, `^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$`),
}

// plainDigits reports whether text is up to 16 digits without a leading zero.
func plainDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text == "0" || text != "" && len(text) <= 16 && text[0] != '0'
}

func textual(layout string, granule time.Duration, pattern string) *TimestampFormat {
	return &TimestampFormat{Granule: granule, layout: layout, pattern: regexp.MustCompile(pattern)}
}

func timestampFormat(name string) (*TimestampFormat, error) {
	f, ok := timestampFormats[name]
	if !ok {
		return nil, fmt.Errorf("unknown timestamp format %q; known are %s", name, strings.Join(sortedKeys(timestampFormats), ", "))
	}
	named := *f
	named.Name = name
	return &named, nil
}

// Format writes the instant, in UTC, truncated to the granule.
func (f *TimestampFormat) Format(t time.Time) string {
	if !f.Numeric {
		return t.UTC().Format(f.layout)
	}
	if f.Granule == time.Millisecond {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// Parse reads an instant written by Format and nothing else.
func (f *TimestampFormat) Parse(text string) (time.Time, error) {
	if f.Numeric {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !plainDigits(text) {
			return time.Time{}, fmt.Errorf("%q is not in the format %s", text, f.Name)
		}
		if f.Granule == time.Millisecond {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	t, err := time.Parse(f.layout, text)
	if err != nil || !f.pattern.MatchString(text) {
		return time.Time{}, fmt.Errorf("%q is not in the format %s", text, f.Name)
	}
	return t.UTC(), nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
