package scripted_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
)

// timeBombs are instants at which programs have failed: the beginning of the
// count, two-digit years, leap days, the nights when clocks are changed, the ends
// of counters and of the calendar. The last day that every case can begin on is a
// year before that end: some go on for a year, and a year has four digits.
var timeBombs = []string{"1970-01-02T00:00:00Z", "1999-12-31T23:59:50Z", "2024-02-29T00:00:00Z", "2026-03-29T00:59:59Z", "2026-10-25T00:59:59Z",
	"2030-07-08T00:00:00Z", "2038-01-19T03:14:07Z", "2100-02-28T00:00:00Z", "9998-12-30T00:00:00Z", "9999-12-30T00:00:00Z"}

// nights are leap seconds, clock changes elsewhere, and days that some calendars
// have and others have not.
var nights = []string{"1972-06-30T23:59:59Z", "2012-06-30T23:59:59Z", "2016-12-31T23:59:59Z", "2026-03-08T06:59:59Z", "2026-11-01T05:59:59Z",
	"2026-04-04T14:59:59Z", "2000-02-28T23:59:59.999999999Z", "2400-02-29T12:00:00.5Z"}

// bases are the time bombs, the nights, the ends of binary counters, and one
// instant a month over the whole calendar, each at the end of something.
func bases(t *testing.T) []time.Time {
	t.Helper()
	var all []time.Time
	for _, text := range slices.Concat(timeBombs, nights) {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, at)
	}
	for bits := 30; bits <= 37; bits++ {
		all = append(all, time.Unix(1<<bits-1, 0).UTC())
	}
	for bits := 41; bits <= 47; bits++ {
		all = append(all, time.UnixMilli(1<<bits-1).UTC())
	}
	for i := range 12 {
		next := time.Date(1971+i*729, time.Month(i+2), 1, 0, 0, 0, 0, time.UTC) // of the month after
		ends := []time.Time{next, next.AddDate(0, 0, -i-1), next.Add(-time.Duration(i) * time.Hour), next.Add(-time.Duration(i) * time.Minute)}
		all = append(all, ends[i%4].Add([]time.Duration{-1, -time.Millisecond, -time.Second}[i%3]))
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// Whenever the suites are run, on either side, they find the same.
func TestNothingHangsOnTheDate(t *testing.T) {
	for vendor, p := range vendorProfiles(t) {
		servers, clients := renewed(t, p, harness.Options{}).run(nil), inBubbles(t, p, time.Time{}).run(nil)
		conforms(t, servers, false)
		conforms(t, clients, false)
		for i, base := range bases(t) {
			if testing.Short() && i%8 != 0 {
				continue
			}
			t.Run(vendor+" at "+base.Format(time.RFC3339Nano), func(t *testing.T) {
				t.Parallel()
				can := func(cs *harness.Case) bool { return tells(p, cs, base) && !meansOtherwise(cs, base) }
				same(t, "at "+base.String(), servers, renewed(t, p, harness.Options{Base: base}).run(can))
				same(t, "at "+base.String(), clients, inBubbles(t, p, base).run(can))
			})
		}
	}
}

// The bases are where time is known to go wrong.
func TestTheBasesCoverTheCalendar(t *testing.T) {
	all := bases(t)
	if len(all) < 40 {
		t.Errorf("only %d bases", len(all))
	}
	missing := map[string]func(time.Time) bool{
		"the last second of a minute":      func(at time.Time) bool { return at.Second() == 59 },
		"the last instant of a second":     func(at time.Time) bool { return at.Nanosecond() == 999999999 },
		"the last millisecond of a second": func(at time.Time) bool { return at.Nanosecond() == 999000000 },
		"the last second of an hour":       func(at time.Time) bool { return at.Add(time.Second).Truncate(time.Hour).After(at) },
		"the last second of a day":         func(at time.Time) bool { return at.Add(time.Second).Day() != at.Day() },
		"the last second of a month":       func(at time.Time) bool { return at.Add(time.Second).Month() != at.Month() },
		"the last second of a year":        func(at time.Time) bool { return at.Add(time.Second).Year() != at.Year() },
		"a leap day":                       func(at time.Time) bool { return at.Month() == time.February && at.Day() == 29 },
		"day 366 of a year":                func(at time.Time) bool { return at.YearDay() == 366 },
	}
	for month := time.January; month <= time.December; month++ {
		missing[month.String()] = func(at time.Time) bool { return at.Month() == month }
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		missing[day.String()] = func(at time.Time) bool { return at.Weekday() == day }
	}
	for century := 19; century < 100; century += 9 {
		missing[fmt.Sprintf("the years %d00 to %d99", century, century+8)] = func(at time.Time) bool { return at.Year()/100 >= century && at.Year()/100 <= century+8 }
	}
	for what, is := range missing {
		if !slices.ContainsFunc(all, is) {
			t.Errorf("no base is on, or in, %s", what)
		}
	}
}

// Hardly any case is left out because its instants cannot be told, and at most
// bases none is.
func TestOnlyTheEdgesOfTheCalendarAreLeftOut(t *testing.T) {
	for vendor, p := range vendorProfiles(t) {
		for i, base := range bases(t) {
			if testing.Short() && i%8 != 0 {
				continue
			}
			var out []string
			for _, cs := range p.Cases {
				if !tells(p, cs, base) {
					out = append(out, cs.ID)
				}
			}
			if most := map[int]int{1970: 3, 9999: 24}[base.Year()]; len(out) > most {
				t.Errorf("%s at %v: %d cases are left out, and %d may be: %v", vendor, base, len(out), most, out)
			}
		}
	}
}

// tells reports whether every instant of the case can be told: seconds since 1970
// are not negative, and a year has four digits. The end of a token counts too.
func tells(p *harness.Profile, cs *harness.Case, base time.Time) bool {
	if !cs.From.IsZero() {
		return true
	}
	resolve := func(o harness.Offset) time.Duration {
		d, _ := o.Resolve(p.Window) // it was resolved when the case was loaded
		return d
	}
	first, last := base, base
	reaches := func(at, skew, longer time.Duration) {
		if stamp := base.Add(at + skew); stamp.Before(first) {
			first = stamp
		}
		if end := base.Add(at + max(skew, 0) + longer); end.After(last) {
			last = end
		}
	}
	for _, s := range cs.Steps {
		var token time.Duration
		if s.Call == "login" {
			token = p.Window.Lifetime
		}
		reaches(resolve(s.At), resolve(s.Skew), token)
	}
	for _, m := range cs.Timeline {
		longer := p.Window.Lifetime + resolve(m.Every)*time.Duration(m.Times)
		for _, a := range slices.Concat(m.Login, m.Answers) {
			longer += resolve(a.Delay)
		}
		reaches(resolve(m.At), resolve(m.Skew), longer)
	}
	counts := p.Timestamp != nil && p.Timestamp.Numeric
	return (!counts || first.Unix() >= 0) && last.Year() <= 9999
}

// meansOtherwise reports whether the case sends an instant of its own that is
// far away at other bases and not at this one.
func meansOtherwise(cs *harness.Case, base time.Time) bool {
	switch cs.ID {
	case "timestamp/two-to-the-31":
		return base.Add(time.Minute).Unix() > 1<<31 && base.Add(-time.Minute).Unix() < 1<<31
	case "jwt/exp-milliseconds": // a thousand times as long after 1970
		return base.Year() < 1979
	}
	return false
}

// zones are where clocks are not simply hours off, each with the last second
// before they are changed: by an hour, by a quarter or half of one, by a day.
var zones = map[string][]string{
	"Europe/London":       {"2026-03-29T00:59:59Z", "2026-10-25T00:59:59Z"},
	"Asia/Kathmandu":      {"1985-12-31T18:29:59Z"},
	"Pacific/Apia":        {"2011-12-30T09:59:59Z"},
	"America/Caracas":     {"2007-12-09T06:59:59Z"},
	"Australia/Lord_Howe": {"2026-04-04T14:59:59Z"},
}

// Wherever the suites are run, and also while the clocks there are changed, they
// send the same and find the same. The zone of a process is fixed when it begins,
// so each is tried in a process of its own.
func TestNothingHangsOnTheZone(t *testing.T) {
	const asked = "SKEWPROOF_TEST_ZONE"
	if words := strings.Fields(os.Getenv(asked)); len(words) > 0 {
		if time.Local.String() != words[0] {
			t.Fatalf("the zone is %v, and was to be %s", time.Local, words[0])
		}
		for _, text := range words[1:] {
			base, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			_, before := base.Local().Zone()
			_, after := base.Local().Add(time.Second).Zone()
			if changes := before != after; changes != (words[0] != "UTC") {
				t.Errorf("in %s the clocks are %d s off before %s, and then %d s", words[0], before, text, after)
			}
			fmt.Print(everythingShown(t, base))
		}
		return
	}
	in := func(t *testing.T, zone string, nights []string) []string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestNothingHangsOnTheZone$", "-test.timeout=5m")
		cmd.Env = append(os.Environ(), "TZ="+zone, asked+"="+zone+" "+strings.Join(nights, " "))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("in %s: %v\n%s", zone, err, out)
		}
		text, _, _ := strings.Cut(string(out), "\nPASS")
		return strings.Split(text, "\n")
	}
	for zone, nights := range zones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			want, got := in(t, "UTC", nights), in(t, zone, nights)
			if len(want) < 1000 || len(got) != len(want) {
				t.Fatalf("%d lines tell what was sent and found, and %d in UTC", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("line %d\n\t%s\nand in UTC\n\t%s", i+1, got[i], want[i])
				}
			}
		})
	}
}

// everythingShown is what the cases showed, and all that was sent to a server.
func everythingShown(t *testing.T, base time.Time) string {
	t.Helper()
	var b strings.Builder
	profiles := vendorProfiles(t)
	for _, vendor := range slices.Sorted(maps.Keys(profiles)) {
		p := profiles[vendor]
		for _, c := range []*checked{renewed(t, p, harness.Options{Base: base, Keep: true}), inBubbles(t, p, base)} {
			for _, cs := range c.cases {
				fmt.Fprintf(&b, "%s: %s\n", cs.Name(), shown(c.one(context.Background(), cs)))
			}
		}
	}
	return b.String()
}

// renewed is a reference server made anew for each case.
func renewed(t *testing.T, p *harness.Profile, o harness.Options) *checked {
	return servers(t, p, harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(p, clk) }), o)
}

func servers(t *testing.T, p *harness.Profile, target harness.Target, o harness.Options) *checked {
	t.Helper()
	c, err := harness.NewChecker(p, target, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Calibrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return &checked{cases: casesOf(p, "server"), one: c.Run}
}

// inBubbles is the reference client, in a bubble for each case.
func inBubbles(t *testing.T, p *harness.Profile, base time.Time) *checked {
	c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: referenceClient(p)}, scripted.Options{Base: base})
	t.Cleanup(c.Close)
	return &checked{cases: casesOf(p, "client"), one: c.Run}
}
