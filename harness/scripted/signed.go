package scripted

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// stamp checks the timestamp; ok is false when there is none to sign with.
func (in *inspection) stamp() (ok bool) {
	f := in.j.profile.Timestamp
	text, carried := in.v["timestamp"]
	if f == nil || !in.uses("timestamp") {
		return true
	}
	if !carried {
		return false // its carrier was complained of
	}
	x, now := in.x, in.x.at
	t, err := f.Parse(text)
	if err != nil || f.Numeric && len(text) > len(f.Format(now))+1 {
		in.breach("client-stamp-format", "stamp", "the timestamp is not in the form "+f.Name, f.Format(now), text)
		return true
	}
	again := slices.Contains(in.j.stamps, text)
	in.j.stamps = append(in.j.stamps, text)
	oldest := x.at.Add(-in.j.stage.lag())
	if oldest.Before(x.after) && in.j.res.Case.Ticks == 0 {
		oldest = x.after
	}
	oldest = oldest.Truncate(f.Granule)
	if in.j.res.Case.Fraction > 0 && t.After(now) {
		in.breach("client-stamp-floor", "stamp", "the timestamp is ahead of the clock it was read from: it was rounded up", f.Format(now), text)
		in.j.show("rounding", "nearest")
		return true
	}
	off := t.Sub(now)
	switch {
	case !t.Before(oldest) && off < f.Granule:
		if in.j.res.Case.Fraction > 0 {
			in.j.show("rounding", "floor")
		}
	case in.j.stage.skew != 0 && t.Sub(x.served).Abs() <= f.Granule:
		// it goes by the server's clock
	case in.x.first && in.j.stage.learned(off, f.Granule):
		// it goes by what the clocks showed before, and cannot know better yet
	case zoneShift(off):
		in.breach("client-utc", "stamp", "the timestamp is local time, not UTC: it is off by "+off.Round(time.Minute).String(), f.Format(now), text)
	case off > 0:
		in.breach("client-stamp", "stamp", "the timestamp is ahead of the client's clock by "+off.Round(time.Millisecond).String(), f.Format(now), text)
	case in.j.profile.Variants["freshness"] != nil && oldest.Sub(t) <= in.j.profile.Window.Past:
		in.j.reused = true
	case !again && !t.Before(x.after.Truncate(f.Granule)):
		in.breach("client-sign-late", "stamp", "the request was stamped "+oldest.Sub(t).Round(time.Millisecond).String()+" before it was sent", f.Format(oldest)+" or later", text)
	default:
		in.breach("client-stale", "stamp", "the timestamp was not made for this request: it is "+oldest.Sub(t).Round(time.Millisecond).String()+" older than the request can be", f.Format(oldest)+" or later", text)
	}
	return true
}

// zoneShift reports whether the difference is that of a time zone: a whole
// number of quarters of an hour, of which no zone has more than 14 hours.
func zoneShift(d time.Duration) bool {
	quarter := 15 * time.Minute
	rest := d.Abs() % quarter
	return d.Abs() > quarter-3*time.Second && d.Abs() <= 14*time.Hour+3*time.Second && (rest < 3*time.Second || rest > quarter-3*time.Second)
}

func (in *inspection) uses(value string) bool {
	place, _ := in.form.Carrier(value)
	return place != ""
}

// signature works out what a right client would have signed, from what this one
// sent.
func (in *inspection) signature() {
	p := in.j.profile
	if p.Request == nil {
		return
	}
	result := p.Request[len(p.Request)-1].Name()
	sent, carried := in.v[result]
	if !in.uses(result) || !carried {
		return
	}
	v := maps.Clone(in.account)
	maps.Copy(v, in.v)
	v["method"], v["target"], v["body"] = in.x.method, in.ownTarget(), string(in.x.body)
	v["path"], v["query"], _ = strings.Cut(v["target"], "?")
	v["host"], v["base"] = in.x.host, "https://"+in.x.host
	for _, n := range in.form.Values {
		v[n.Name] = n.Text.Render(v)
	}
	delete(v, result)
	stages := p.Request.Run(v, nil)
	if v[result] == sent {
		return
	}
	in.j.res.Stages = stages
	var bodies []string
	for _, call := range in.wanted {
		bodies = append(bodies, call.Body)
	}
	if m, ok := p.Diagnose(in.form, v, sent, in.j.stamps, bodies); ok {
		in.j.res.Difference = harness.Departure(stages, m.Stages)
		in.breach(m.Claim, "signature", "the signature is not that of the request: "+m.Says, v[result], sent)
		return
	}
	in.j.res.Difference = harness.Departure(stages[len(stages)-1:], []harness.Stage{{Name: result, Value: sent}})
	in.breach("client-signature", "signature", "the signature is not that of the request", v[result], sent)
}
