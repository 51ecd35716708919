package harness

import (
	"strings"
	"testing"
	"time"
)

// instants are days on which a clock or a calendar has gone wrong before.
var instants = []time.Time{
	time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC),
	time.Date(2000, 2, 29, 23, 59, 59, 0, time.UTC),
	time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC), // 2^31 seconds since 1970
	time.Date(9999, 12, 30, 12, 0, 0, 0, time.UTC),
}

func format(t testing.TB, name string) *TimestampFormat {
	t.Helper()
	f, err := timestampFormat(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTimestampIsWrittenAsTheFormatSays(t *testing.T) {
	// The numbers are those of: date -u -d '2038-01-19 03:14:08' +%s
	written := map[string][4]string{
		"unix-seconds":      {"86400", "951868799", "2147483648", "253402171200"},
		"unix-milliseconds": {"86400000", "951868799000", "2147483648000", "253402171200000"},
		"datetime":          {"1970-01-02 00:00:00", "2000-02-29 23:59:59", "2038-01-19 03:14:08", "9999-12-30 12:00:00"},
		"datetime-ticks-z":  {"1970-01-02 00:00:00.0000000Z", "2000-02-29 23:59:59.0000000Z", "2038-01-19 03:14:08.0000000Z", "9999-12-30 12:00:00.0000000Z"},
		"rfc3339":           {"1970-01-02T00:00:00Z", "2000-02-29T23:59:59Z", "2038-01-19T03:14:08Z", "9999-12-30T12:00:00Z"},
		"rfc3339-millis":    {"1970-01-02T00:00:00.000Z", "2000-02-29T23:59:59.000Z", "2038-01-19T03:14:08.000Z", "9999-12-30T12:00:00.000Z"},
		"basic-iso":         {"19700102T000000Z", "20000229T235959Z", "20380119T031408Z", "99991230T120000Z"},
		"http-date":         {"Fri, 02 Jan 1970 00:00:00 GMT", "Tue, 29 Feb 2000 23:59:59 GMT", "Tue, 19 Jan 2038 03:14:08 GMT", "Thu, 30 Dec 9999 12:00:00 GMT"},
	}
	for name := range timestampFormats {
		want, ok := written[name]
		if !ok {
			t.Errorf("no row for the format %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := format(t, name)
			for i, at := range instants {
				if got := f.Format(at); got != want[i] {
					t.Errorf("%v is written %q, want %q", at, got, want[i])
				}
			}
		})
	}
}

func TestTimestampReadsWhatItWrites(t *testing.T) {
	elsewhere := time.FixedZone("far east", 14*3600)
	for name := range timestampFormats {
		t.Run(name, func(t *testing.T) {
			f := format(t, name)
			for _, at := range instants {
				// A whole granule, and one that is not: 123456789 ns after.
				for _, odd := range []time.Duration{0, f.Granule, 123456789} {
					given := at.Add(odd)
					want := given.Truncate(f.Granule)
					text := f.Format(given.In(elsewhere))
					got, err := f.Parse(text)
					if err != nil {
						t.Errorf("%v is written %q and cannot be read: %v", given, text, err)
						continue
					}
					if !got.Equal(want) {
						t.Errorf("%v is written %q and read %v, want %v: truncated to %v", given, text, got, want, f.Granule)
					}
					if got.Location() != time.UTC {
						t.Errorf("%q is read in the zone %v, want UTC", text, got.Location())
					}
				}
			}
		})
	}
}

func TestTimestampBefore1970IsTruncatedDownward(t *testing.T) {
	before := time.Date(1969, 12, 31, 23, 59, 58, 999_999_999, time.UTC)
	for name, want := range map[string]string{"unix-seconds": "-2", "unix-milliseconds": "-1001", "rfc3339": "1969-12-31T23:59:58Z", "rfc3339-millis": "1969-12-31T23:59:58.999Z"} {
		if got := format(t, name).Format(before); got != want {
			t.Errorf("%s writes %q, want %q", name, got, want)
		}
	}
}

func TestTimestampParsingIsStrict(t *testing.T) {
	seconds := []string{
		"", " ", "+1709586704", "-1709586704", "--1", "01709586704", "00", "-0", "+0", "1709586704 ", " 1709586704", "1709586704\n", "17095 86704",
		"1709586704.0", "1709586704.", "1709586704,0", ".5", "1.709586704e9", "1e9", "0x65e63f90", "1_709_586_704", "1,709,586,704", "1709586704s",
		"１７０９５８６７０４", "१७०९५८६७०४", "1709586704\x00", "NaN", "Inf", "null", "now", "2024-03-04T21:11:44Z",
		"99999999999999999", "9223372036854775808", "999999999999999999999999999999",
	}
	refused := map[string][]string{
		"unix-seconds":      seconds,
		"unix-milliseconds": seconds,
		"datetime": {
			"", " ", "2024-03-04", "21:11:44", "2024-03-04T21:11:44", "2024-03-04 21:11:44Z", "2024-03-04 21:11:44 ", " 2024-03-04 21:11:44", "2024-03-04  21:11:44",
			"2024-03-04 21:11:44.0", "2024-03-04 21:11:44,0", "2024-03-04 21:11", "2024-3-4 21:11:44", "2024-03-04 9:11:44", "24-03-04 21:11:44", "+2024-03-04 21:11:44",
			"02024-03-04 21:11:44", "2024/03/04 21:11:44", "2024-03-04\t21:11:44", "2024-03-04 21:11:44\n", "2024-03-04 24:00:00", "2024-03-04 23:59:60", "2024-03-04 23:60:00",
			"2024-02-30 00:00:00", "2023-02-29 00:00:00", "2100-02-29 00:00:00", "2024-00-04 00:00:00", "2024-13-04 00:00:00", "2024-03-00 00:00:00", "2024-03-32 00:00:00",
			"２０２４-03-04 21:11:44", "2024-03-04 21:11:４４", "1709586704", "2024-03-04 21:11:44+00:00",
		},
		"datetime-ticks-z": {
			"2024-03-04 21:11:44.0000000", "2024-03-04 21:11:44Z", "2024-03-04 21:11:44.000Z", "2024-03-04 21:11:44.000000Z", "2024-03-04 21:11:44.00000000Z",
			"2024-03-04 21:11:44.0000000z", "2024-03-04T21:11:44.0000000Z", "2024-03-04 21:11:44,0000000Z", "2024-03-04 24:00:00.0000000Z", "2024-03-04 23:59:60.0000000Z",
			"2024-02-30 00:00:00.0000000Z", "2024-03-04 21:11:44.000000０Z", "2024-03-04 21:11:44.-000001Z", "2024-03-04 21:11:44.0000000Z ",
		},
		"rfc3339": {
			"2024-03-04 21:11:44Z", "2024-03-04t21:11:44Z", "2024-03-04T21:11:44z", "2024-03-04T21:11:44", "2024-03-04T21:11:44+00:00", "2024-03-04T21:11:44-00:00",
			"2024-03-04T21:11:44.0Z", "2024-03-04T21:11:44.000Z", "2024-03-04T21:11Z", "2024-03-04T21:11:44ZZ", "2024-03-04T21:11:44Z ", " 2024-03-04T21:11:44Z",
			"2024-03-04T24:00:00Z", "2024-03-04T23:59:60Z", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "20240304T211144Z", "+2024-03-04T21:11:44Z", "-2024-03-04T21:11:44Z",
			"12024-03-04T21:11:44Z", "2024-03-04T21:11:44UTC", "２０２４-03-04T21:11:44Z", "2024-W10-1T21:11:44Z", "2024-064T21:11:44Z",
		},
		"rfc3339-millis": {
			"2024-03-04T21:11:44Z", "2024-03-04T21:11:44.0Z", "2024-03-04T21:11:44.00Z", "2024-03-04T21:11:44.0000Z", "2024-03-04T21:11:44,000Z", "2024-03-04t21:11:44.000Z",
			"2024-03-04T21:11:44.000z", "2024-03-04T21:11:44.000", "2024-03-04T21:11:44.000+00:00", "2024-03-04T24:00:00.000Z", "2024-03-04T23:59:60.000Z", "2024-02-30T00:00:00.000Z",
			"2024-03-04T21:11:44.٠٠٠Z", "2024-03-04T21:11:44. 00Z",
		},
		"basic-iso": {
			"20240304T211144", "20240304t211144Z", "20240304T211144z", "20240304 211144Z", "2024-03-04T21:11:44Z", "20240304T211144.0Z", "20240304T2111Z", "20240304T240000Z",
			"20240304T235960Z", "20240230T000000Z", "20230229T000000Z", "020240304T211144Z", "20240304T211144Z\n", "2024０304T211144Z",
		},
		"http-date": {
			"Mon, 4 Mar 2024 21:11:44 GMT", "Monday, 04-Mar-24 21:11:44 GMT", "Mon Mar  4 21:11:44 2024", "mon, 04 mar 2024 21:11:44 gmt", "MON, 04 MAR 2024 21:11:44 GMT",
			"Mon, 04 Mar 2024 21:11:44 UTC", "Mon, 04 Mar 2024 21:11:44 +0000", "Mon, 04 Mar 2024 21:11:44", "Mon,04 Mar 2024 21:11:44 GMT", "Mon, 04  Mar 2024 21:11:44 GMT",
			"Mon, 04 Mar 24 21:11:44 GMT", "Mon, 04 Mar 2024 24:00:00 GMT", "Mon, 04 Mar 2024 23:59:60 GMT", "Fri, 30 Feb 2024 00:00:00 GMT", "Mon, 04 Mar 2024 21:11:44.0 GMT",
			"Xyz, 04 Mar 2024 21:11:44 GMT", "Mon, 04 Xyz 2024 21:11:44 GMT", "Mon, ０4 Mar 2024 21:11:44 GMT", "Mon, 04 Mar 2024 21:11:44 GMT ",
		},
	}
	for name := range timestampFormats {
		if len(refused[name]) == 0 {
			t.Errorf("no row for the format %s", name)
		}
	}
	for name, texts := range refused {
		t.Run(name, func(t *testing.T) {
			f := format(t, name)
			for _, text := range texts {
				got, err := f.Parse(text)
				if err == nil {
					t.Errorf("%q is read as %v, and is no %s", text, got, name)
					continue
				}
				if !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q: %v\nwant one line that names the format", text, err)
				}
				if !got.IsZero() {
					t.Errorf("%q is refused, and yet gives %v", text, got)
				}
			}
		})
	}
}

func TestTimestampReadsTheEdgesOfTheCalendar(t *testing.T) {
	for _, tt := range []struct{ format, text string }{
		{"unix-seconds", "0"}, {"unix-seconds", "1"}, {"unix-seconds", "2147483647"}, {"unix-seconds", "4294967296"}, {"unix-milliseconds", "9999999999999"},
		{"datetime", "0001-01-01 00:00:00"}, {"datetime", "2024-02-29 00:00:00"}, {"datetime", "9999-12-31 23:59:59"},
		{"rfc3339", "1969-12-31T23:59:59Z"}, {"rfc3339-millis", "2016-12-31T23:59:59.999Z"}, {"datetime-ticks-z", "9999-12-31 23:59:59.9999999Z"},
		{"basic-iso", "20240229T000000Z"}, {"http-date", "Thu, 29 Feb 2024 00:00:00 GMT"},
	} {
		f := format(t, tt.format)
		at, err := f.Parse(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.format, err)
			continue
		}
		if got := f.Format(at); got != tt.text {
			t.Errorf("%s: %q is read and written %q", tt.format, tt.text, got)
		}
	}
}

func TestUnknownTimestampFormatNamesTheKnownOnes(t *testing.T) {
	_, err := timestampFormat("unix-second")
	if err == nil || !strings.Contains(err.Error(), `"unix-second"`) || !strings.Contains(err.Error(), "unix-seconds") || !strings.Contains(err.Error(), "rfc3339") {
		t.Errorf("got %v", err)
	}
}

// FuzzTimestamp: no text makes a format panic, and one spelling stands for an
// instant: what is read is written the same again.
func FuzzTimestamp(f *testing.F) {
	names := sortedKeys(timestampFormats)
	for i := range names {
		for _, at := range instants {
			f.Add(byte(i), timestampFormats[names[i]].Format(at))
		}
	}
	f.Add(byte(0), "9999999999999999")
	f.Add(byte(1), "9999999999999999")
	f.Fuzz(func(t *testing.T, n byte, text string) {
		name := names[int(n)%len(names)]
		format := format(t, name)
		at, err := format.Parse(text)
		if err != nil {
			return
		}
		if name == "http-date" && len(text) > 3 {
			text = at.Format("Mon") + text[3:] // the day's name follows from the date and is not compared
		}
		if got := format.Format(at); got != text {
			t.Errorf("%s reads %q as %v and writes %q", name, text, at, got)
		}
	})
}
