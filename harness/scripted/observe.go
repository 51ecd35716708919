package scripted

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// observe holds the moment against the expectation.
func (j *judge) observe(i int, o harness.Observe, m *harness.Moment, log []seen, outcomes []harness.Outcome) {
	if o.By == "" {
		j.res.Findings = append(j.res.Findings, j.breaches(i, o, m, log, outcomes)...)
		return
	}
	chosen := j.profile.Choice(o.By)
	if j.profile.Binding(o.By) {
		for _, f := range j.breaches(i, o.Outcomes[chosen], m, log, outcomes) {
			f.Problem += fmt.Sprintf(" (variant %s is %s)", o.By, chosen)
			f.Level = harness.Must
			j.res.Findings = append(j.res.Findings, f)
		}
		return
	}
	var fits []string
	for _, value := range j.profile.Variants[o.By].Values {
		if len(j.breaches(i, o.Outcomes[value], m, log, outcomes)) == 0 {
			fits = append(fits, value)
		}
	}
	if j.open = true; len(fits) == 0 {
		fits = []string{"something else"}
		j.res.Findings = append(j.res.Findings, j.breaches(i, o.Outcomes[chosen], m, log, outcomes)...)
	}
	j.res.Shown = append(j.res.Shown, harness.Showing{Variant: o.By, Values: fits})
}

// breaches lists how the moment differs from the expectation.
func (j *judge) breaches(i int, o harness.Observe, m *harness.Moment, log []seen, outcomes []harness.Outcome) []harness.Finding {
	var found []harness.Finding
	find := func(kind, problem, want, got string) {
		f := j.profile.Finding(j.res.Case.Rules[0], kind, problem, want, got)
		if j.res.Case.Level == harness.Open {
			f.Level = harness.Open
		}
		found = append(found, f)
	}
	logins, others, idle := 0, 0, 0
	for _, x := range log {
		switch {
		case x.login && x.idle:
			idle++ // renewed in the background: it may stand for one that was asked for, and is none too many
		case x.login:
			logins++
		case !x.idle && !x.unasked(j.wanted):
			others++
		}
	}
	if o.Logins.Set && (logins > o.Logins.Most || logins+idle < o.Logins.Least) {
		find("logins", fmt.Sprintf("%s in %s; expected %s", many(logins, "login"), momentText(i, m), o.Logins), o.Logins.String(), strconv.Itoa(logins))
	}
	if !o.Calls.Holds(others) {
		find("calls", fmt.Sprintf("%s in %s; expected %s", many(others, "request"), momentText(i, m), o.Calls), o.Calls.String(), strconv.Itoa(others))
	}
	if good := succeeded(outcomes); !o.Calls.Set && others < good {
		find("calls", fmt.Sprintf("%s said to have succeeded, and %s sent", many(good, "call"), many(others, "request")), "a request for each call", strconv.Itoa(others))
	}
	want := o.Outcome
	if want == "" && len(o.Kinds) > 0 {
		want = "error"
	}
	failed := 0
	for _, out := range outcomes {
		kind := kindOf(out)
		if kind != "" {
			failed++
		}
		switch {
		case want == "any", want == "alike":
		case want == "error" && idle > 0: // the login that was to fail had been made in the background
		case want == "error" && kind == "":
			find("outcome", "the client reports success", "a failure", j.outcomeText(out))
		case want != "error" && kind != "":
			find("outcome", "the client reports a failure: "+kind, "success", j.outcomeText(out))
		case len(o.Kinds) > 0 && !slices.Contains(o.Kinds, kind):
			find("kind", "the client reports the failure as another kind than it is: "+kind, strings.Join(o.Kinds, " or "), j.outcomeText(out))
		}
		if len(found) > 0 {
			break
		}
	}
	if want == "alike" && failed != 0 && failed != len(outcomes) {
		find("outcome", fmt.Sprintf("%d of %d calls made at once failed, and the others did not", failed, len(outcomes)), "all alike", strconv.Itoa(failed))
	}
	if o.Stamps == "fresh" && j.reused {
		find("stamp", "a timestamp was not made for its request", "a stamp of the instant of sending", "")
	}
	return found
}

func succeeded(outcomes []harness.Outcome) int {
	n := 0
	for _, o := range outcomes {
		if kindOf(o) == "" {
			n++
		}
	}
	return n
}

// momentText names the moment: its number, and when it is unless at the start.
func momentText(i int, m *harness.Moment) string {
	text := "moment " + strconv.Itoa(i+1)
	if !m.At.IsZero() {
		text += " (" + m.At.String() + ")"
	}
	return text
}

// many counts things in words.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// kindOf is the kind of failure the caller was told of; empty for a success. A
// client that hands the answer on tells by its status.
func kindOf(o harness.Outcome) string {
	switch {
	case o.Kind != "":
		return o.Kind
	case o.Status == http.StatusUnauthorized:
		return "auth"
	case o.Status == http.StatusForbidden:
		return "forbidden"
	case o.Status == http.StatusTooManyRequests:
		return "rate-limited"
	case o.Status >= 500:
		return "server"
	case o.Status >= 300 || o.Status < 200:
		return "refused"
	}
	return ""
}

func (j *judge) outcomeText(o harness.Outcome) string {
	if o.Kind != "" {
		return o.Kind + ": " + o.Message
	}
	return fmt.Sprintf("status %d %s", o.Status, j.readied(o.Body, 200))
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// kindsOf are the kinds of outcome that callers were told at one moment, each
// once: ok for a success.
func kindsOf(outcomes []harness.Outcome) string {
	var kinds []string
	for _, o := range outcomes {
		kind := cmp.Or(kindOf(o), "ok")
		if kind != "ok" && kind != crashed && harness.Kinds[kind] == "" {
			kind = "(unknown)" // a client's own word, which may be anything
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return strings.Join(kinds, "+")
}
