package mutant

import (
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness/reference"
)

// stamps breaks the reading of timestamps.
func (m *maker) stamps() {
	f := m.profile.Timestamp
	if f == nil {
		return
	}
	garbage := m.rules("timestamp-garbage", "timestamp-not-an-instant", "timestamp-missing")
	catalogue := "S23"
	if f.Numeric {
		catalogue = "S07"
	}
	read := func(id, says string, accepts func(text string) (string, bool)) {
		m.server("stamp-"+id, says, catalogue, garbage, reference.Tamper{Stamp: func(text string, now time.Time) string {
			if _, err := f.Parse(text); err == nil {
				return text
			}
			if plain, ok := accepts(text); ok {
				if plain == "" {
					return f.Format(now)
				}
				if _, err := f.Parse(plain); err == nil {
					return plain
				}
			}
			return text
		}})
	}
	read("unreadable-accepted", "a timestamp that cannot be read counts as now", func(text string) (string, bool) { return "", text != "" })
	read("spaces-trimmed", "white space round a timestamp is overlooked", func(text string) (string, bool) { return strings.TrimSpace(text), true })
	if f.Numeric {
		read("sign-accepted", "a timestamp with a plus before it is read", func(text string) (string, bool) { return strings.TrimPrefix(text, "+"), true })
		read("fraction-cut-off", "a fraction behind the timestamp is cut off", func(text string) (string, bool) {
			whole, _, ok := strings.Cut(text, ".")
			return whole, ok
		})
		read("leading-zeros-accepted", "zeros before the timestamp are overlooked", func(text string) (string, bool) { return strings.TrimLeft(text, "0"), true })
		read("digits-before-text", "a timestamp is read up to its first character that is no digit", func(text string) (string, bool) {
			n := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
			if n <= 0 {
				return text, false
			}
			return text[:n], true
		})
		read("exponent-accepted", "a timestamp such as 1.7e9 is read", func(text string) (string, bool) {
			v, err := strconv.ParseFloat(text, 64)
			return strconv.FormatInt(int64(v), 10), err == nil
		})
		other := func(id, says string, digits int, of func(string) string) {
			m.server("stamp-"+id, says, "S07", garbage, reference.Tamper{Stamp: func(text string, _ time.Time) string {
				if len(text) == digits {
					return of(text)
				}
				return text
			}})
		}
		if f.Granule == time.Second {
			other("milliseconds-accepted", "a timestamp in milliseconds is read too", 13, func(text string) string { return text[:10] })
		} else {
			other("seconds-accepted", "a timestamp in seconds is read too", 10, func(text string) string { return text + "000" })
		}
		read("minus-overlooked", "a minus before the timestamp is overlooked", func(text string) (string, bool) { return strings.TrimPrefix(text, "-"), true })
		read("text-accepted", "a timestamp with date and time is read", func(text string) (string, bool) {
			t, err := time.Parse(time.RFC3339, text)
			return f.Format(t), err == nil
		})
		read("hexadecimal-accepted", "a timestamp in hexadecimal is read", func(text string) (string, bool) {
			digits, ok := strings.CutPrefix(text, "0x")
			seconds, err := strconv.ParseInt(digits, 16, 64)
			return f.Format(time.Unix(seconds, 0)), ok && err == nil
		})
	} else {
		read("iso-accepted", "a timestamp with T and Z is read", func(text string) (string, bool) {
			return strings.TrimSuffix(strings.Replace(text, "T", " ", 1), "Z"), true
		})
		read("unpadded-accepted", "a timestamp without leading zeros is read", func(text string) (string, bool) {
			t, err := time.Parse("2006-1-2 15:4:5", text)
			return f.Format(t), err == nil
		})
		read("offset-accepted", "an offset behind the timestamp is overlooked", func(text string) (string, bool) { return strings.TrimSuffix(text, "+00:00"), true })
		read("rest-overlooked", "what follows the timestamp is overlooked", func(text string) (string, bool) {
			length := len(f.Format(time.Unix(0, 0)))
			return text[:min(length, len(text))], len(text) > length
		})
		read("seconds-accepted", "a timestamp in seconds since 1970 is read", func(text string) (string, bool) {
			seconds, err := strconv.ParseInt(text, 10, 64)
			return f.Format(time.Unix(seconds, 0)), err == nil
		})
		read("date-alone-accepted", "a date without a time counts as now", func(text string) (string, bool) {
			_, err := time.Parse(time.DateOnly, text)
			return "", err == nil
		})
		read("fraction-accepted", "a fraction behind the timestamp is overlooked", func(text string) (string, bool) {
			whole, _, ok := strings.Cut(text, ".")
			return whole, ok
		})
	}
	x := m.server("stamp-missing-accepted", "a request without timestamp counts as made now", "S08", m.rules("timestamp-missing"), reference.Tamper{Stamp: func(text string, now time.Time) string {
		if text == "" {
			return f.Format(now)
		}
		return text
	}})
	if m.fieldsFirst("timestamp") {
		x.Equivalent = "what is missing is found missing by the check of the fields, before the timestamp is looked at"
	}
}
