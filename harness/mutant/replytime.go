package mutant

import (
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// replyTime breaks the time that answers tell.
func (m *maker) replyTime() {
	p := m.profile
	f := p.ReplyTime
	if f == nil {
		return
	}
	rules := m.rules("value-server_time")
	place := []string{"TimeStamp"}
	_, _, sample := p.Error("refusal", harness.Values{"server_time": "now"})
	for _, x := range places(sample) {
		if valueAt(sample, x) == "now" {
			place = x
		}
	}
	text := func(id, says string, of func(text string, at time.Time) string) {
		m.server("reply-time-"+id, "answers tell "+says, "S24", rules, reference.Tamper{Answer: changing(place, func(v any) (any, bool) {
			text, _ := v.(string)
			at, err := f.Parse(text)
			if err != nil {
				return v, false
			}
			return of(text, at), false
		})})
	}
	shifted := func(id, says string, by time.Duration) {
		text(id, says, func(_ string, at time.Time) string { return f.Format(at.Add(by)) })
	}
	shifted("local", "local time", time.Hour)
	shifted("of-another-zone", "the time of another zone", -5*time.Hour-45*time.Minute)
	shifted("a-minute-ahead", "a time that is a minute ahead", time.Minute)
	shifted("three-seconds-behind", "a time that is three seconds behind", -3*time.Second)
	text("of-1970", "no time at all", func(string, time.Time) string { return f.Format(time.Unix(0, 0)) })
	text("in-words", "the time as a header of HTTP does", func(_ string, at time.Time) string { return at.Format(time.RFC1123) })
	text("in-seconds", "seconds since 1970", func(_ string, at time.Time) string { return time.Duration(at.Unix()).String() })
	text("with-an-offset", "the time with an offset for a zone", func(text string, _ time.Time) string { return strings.TrimSuffix(text, "Z") + "+00:00" })
	if strings.HasSuffix(f.Format(time.Unix(0, 0)), "Z") {
		text("without-zone", "the time without its zone", func(text string, _ time.Time) string { return strings.TrimSuffix(text, "Z") })
	}
	if f.Granule < time.Second {
		text("without-fraction", "the time without a fraction of a second", func(_ string, at time.Time) string { return at.Format("2006-01-02 15:04:05Z") })
		text("in-milliseconds", "the time with three digits behind the second", func(_ string, at time.Time) string { return at.Format("2006-01-02 15:04:05.000Z") })
	}
	m.stateful("reply-time-of-the-first", "every answer tells the time of the first", "S24", rules, func(clock.Clock) reference.Tamper {
		var first any
		return reference.Tamper{Answer: changing(place, func(v any) (any, bool) {
			if first == nil {
				first = v
			}
			return first, false
		})}
	})
	m.replyTimeOfTheRequest(place, rules)
}

// replyTimeOfTheRequest has answers repeat the time of the request.
func (m *maker) replyTimeOfTheRequest(place, rules []string) {
	p := m.profile
	m.stateful("reply-time-of-the-request", "answers tell the time of the request, which the client told", "S24", rules, func(clock.Clock) reference.Tamper {
		var stamp time.Time
		return reference.Tamper{
			Stamp: func(text string, now time.Time) string {
				if t, err := p.Timestamp.Parse(text); err == nil {
					stamp = t
				}
				return text
			},
			Answer: func(t *reference.Told) {
				changing(place, func(v any) (any, bool) { return p.ReplyTime.Format(stamp), false })(t)
			}}
	})
}
