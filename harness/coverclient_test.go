package harness

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// embedded loads the three vendors, and the client cases of each.
func embedded(t *testing.T) map[*Profile][]*Case {
	t.Helper()
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[*Profile][]*Case{}
	for _, p := range profiles {
		all[p] = clientCases(p)
	}
	return all
}

func clientCases(p *Profile) []*Case {
	return slices.DeleteFunc(slices.Clone(p.Cases), func(c *Case) bool { return c.Side != "client" })
}

// Every requirement of a client is cited by a case for clients, or says why not.
// What merely happens to be looked at in every case does not count: nobody would
// see from the reports that it holds.
func TestEveryClientRequirementIsCited(t *testing.T) {
	for p, cases := range embedded(t) {
		for _, problem := range uncitedByClients(p, cases) {
			t.Error(problem)
		}
	}
}

// uncitedByClients says which requirements no client case cites as it should.
func uncitedByClients(p *Profile, cases []*Case) (problems []string) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	cited := map[string]bool{}
	for _, c := range cases {
		for _, id := range c.Rules {
			cited[id] = true
		}
	}
	for _, r := range p.Requirements {
		switch client := r.Side == "client" || r.Side == "both"; {
		case client && !cited[r.ID] && r.Untested == "":
			say("%s is cited by no client case and does not say why: %s", r.ID, r.Sentence)
		case cited[r.ID] && r.Untested != "":
			say("%s is cited, and yet says that it is untested: %s", r.ID, r.Untested)
		case r.Side == "receiver" && r.Untested == "":
			say("%s is about a receiver, which no case plays to, and does not say so", r.ID)
		}
	}
	if len(cases) < 40 {
		say("%s has %d client cases; at least 40 are due", p.Vendor, len(cases))
	}
	return problems
}

// Every claim about clients that a profile maps is checked: by a case, or in
// every request that is of the kind it speaks of.
func TestEveryClientRuleIsUsed(t *testing.T) {
	for p, cases := range embedded(t) {
		for _, problem := range unusedByClients(p, cases) {
			t.Error(problem)
		}
	}
}

// unusedByClients says which claims about clients nothing checks.
func unusedByClients(p *Profile, cases []*Case) (problems []string) {
	checked := map[string]bool{}
	for _, claim := range clientClaims {
		checked[claim] = true
	}
	for _, c := range cases {
		checked[c.Claim] = true
	}
	if p.Request != nil {
		for _, input := range []string{"stamp", "method", "target", "query", "body"} {
			checked["client-signs-"+input] = true
		}
		for _, n := range p.Call.Values {
			checked["client-signs-"+n.Name] = true
		}
		for _, s := range p.Request {
			checked["client-stage-"+s.name] = true
		}
	}
	for claim := range p.Rules {
		if strings.HasPrefix(claim, "client-") && !checked[claim] {
			problems = append(problems, fmt.Sprintf("%s maps %s, which nothing of it checks", p.Vendor, claim))
		}
	}
	return problems
}

// defects is the catalogue of what clients get wrong with clocks and tokens, and
// where each is looked for: cases by their full names, or why there is none, or
// why they see no more than what comes of it.
var defects = []struct {
	id, defect string
	cases      []string
	why        string
}{
	{"C01", "signs by a wrong clock and never corrects it", []string{"trolley/skew/behind-the-window", "irp/skew/ahead-of-the-window"}, ""},
	{"C02", "corrects in the wrong direction", []string{"trolley/skew/call-after-call", "irp/skew/call-after-call"}, ""},
	{"C03", "corrects only one of several calls at once", []string{"trolley/skew/an-hour-at-once", "irp/skew/an-hour-at-once"}, ""},
	{"C04", "takes any refusal for a wrong clock", []string{"trolley/skew/signature-refused-with-a-true-clock", "trolley/told/key-and-not-clock", "irp/told/signature"}, ""},
	{"C05", "learns the time from a cached answer", []string{"trolley/skew/date-out-of-a-cache", "irp/skew/refused-with-an-old-date"}, ""},
	{"C06", "breaks down without a Date, or with a garbled one", []string{"trolley/skew/no-date", "irp/skew/date-garbled"}, ""},
	{"C07", "learns an offset once and never again", nil, "a stamp must go by one of the two clocks, to the granule; a client that learns again from a refusal breaks that too, by a little, for one request"},
	{"C08", "takes the whole round trip for the offset", []string{"trolley/skew/learned-over-a-slow-link", "irp/skew/learned-ahead-over-a-slow-link"}, ""},
	{"C09", "waits and then sends the old signature", []string{"trolley/repeats/once-unavailable", "trolley/repeats/signed-after-waiting", "irp/repeats/once-unavailable"}, ""},
	{"C10", "signs, and waits before it sends", []string{"irp/stamps/after-a-slow-authenticate", "irp/stamps/after-an-authenticate-of-two-minutes"}, ""},
	{"C11", "rounds the timestamp up", []string{"trolley/stamps/beyond-half-a-second", "irp/stamps/last-millisecond"}, ""},
	{"C12", "stamps in another unit, or with a fraction", []string{"trolley/sends/timestamp-header", "trolley/stamps/a-millisecond-on"}, ""},
	{"C13", "sends local time", []string{"trolley/stamps/in-kathmandu", "irp/stamps/in-kiritimati", "irp/stamps/in-st-johns"}, ""},
	{"C14", "stumbles over an hour that is missing or comes twice", []string{"irp/stamps/spring-night-in-london", "irp/stamps/autumn-night-in-london", "irp/stamps/autumn-night-on-lord-howe"}, ""},
	{"C15", "writes digits or separators of the locale", nil, "the locale is that of the process; run a program under another one, and every case looks for it"},
	{"C16", "counts seconds in 32 bits", []string{"trolley/stamps/end-of-32-bits", "irp/stamps/end-of-32-bits-unsigned"}, ""},
	{"C17", "reads the clock twice, and signs another instant than it sends", []string{"trolley/sends/timestamp-signed", "irp/signs/the-timestamp-it-sends"}, "where the harness owns the clock, it stands still between two readings; only a client on the machine's own can be caught at it"},
	{"C18", "repeats a number that must be new each time, or goes back with it", nil, "none of the vendors asks for such a number, and the same request may come twice"},
	{"C19", "uses a token until it ends on the way", []string{"irp/tokens/last-second-on-a-slow-link", "spreetail/retry/in-flight-at-the-end"}, ""},
	{"C20", "logs in for each call when the margin is longer than the life", []string{"spreetail/life/below-five-minutes", "spreetail/life/five-seconds", "spreetail/margin/life-of-301s"}, ""},
	{"C21", "counts the life from the answer, not from the request", []string{"irp/tokens/ended-before-the-client-thinks", "spreetail/tokens/ended-before-the-client-thinks"}, "the server's count begins when it answers, so what comes of it is played: a token that is refused early"},
	{"C22", "takes a life of nothing, or none, for one without end", []string{"spreetail/life/zero-is-not-for-ever", "spreetail/life/missing", "spreetail/life/a-text", "spreetail/life/negative"}, ""},
	{"C23", "overflows a timer with a long life", []string{"spreetail/life/a-month", "spreetail/life/a-year", "spreetail/life/kept-for-a-month"}, ""},
	{"C24", "counts a life on a clock that stops while the machine sleeps", nil, "it takes a process whose two clocks can be moved apart; time in a bubble moves both"},
	{"C25", "keeps a token for too long after its clock was set back", []string{"spreetail/clock/set-back-after-the-login", "spreetail/tokens/refused-early-by-the-server"}, ""},
	{"C26", "compares an absolute end with a wrong clock", []string{"spreetail/clock/an-hour-ahead", "spreetail/clock/two-days-ahead", "spreetail/clock/two-days-behind"}, ""},
	{"C27", "never renews a token that was refused", []string{"spreetail/retry/once", "irp/tokens/just-expired", "irp/tokens/of-no-key"}, ""},
	{"C28", "renews for ever", []string{"spreetail/tokens/always-refused", "spreetail/retry/refused-twice-stops", "irp/tokens/always-refused"}, ""},
	{"C29", "logs in once for each caller", []string{"spreetail/tokens/fifty-callers-at-the-end", "irp/tokens/fifty-callers-at-first"}, ""},
	{"C30", "drops the new token when the old one is refused late", []string{"spreetail/tokens/late-refusals-of-the-old-one"}, ""},
	{"C31", "gives one account the token of another", []string{"irp/sends/two-accounts", "spreetail/sends/two-accounts", "trolley/sends/two-accounts-with-bodies"}, ""},
	{"C32", "signs one of several requests at once in the place of another", []string{"trolley/body/another-for-each-of-fifty-at-once", "irp/fields/another-for-each-of-fifty-at-once"}, ""},
	{"C33", "misreads the time that is left", []string{"irp/remaining/below-a-minute", "irp/remaining/sixty-seconds", "irp/remaining/without-padding", "irp/remaining/negative"}, ""},
	{"C34", "sends although less time is left than the way takes", []string{"irp/tokens/last-second-on-a-slow-link"}, ""},
}

// The catalogue is whole, and the cases it names are there.
func TestDefectsOfClientsAreLookedFor(t *testing.T) {
	var names []string
	for _, cases := range embedded(t) {
		for _, c := range cases {
			names = append(names, c.Name())
		}
	}
	for i, d := range defects {
		if want := fmt.Sprintf("C%02d", i+1); d.id != want {
			t.Errorf("defect %d is %s, not %s", i+1, d.id, want)
		}
		if len(d.cases) == 0 && d.why == "" {
			t.Errorf("%s (%s) names no cases and does not say why", d.id, d.defect)
		}
	}
	for _, problem := range unlookedFor(names) {
		t.Error(problem)
	}
	if len(defects) != 34 {
		t.Errorf("the catalogue has %d defects, not 34", len(defects))
	}
}

// unlookedFor says which cases of the catalogue are not among the client cases.
func unlookedFor(names []string) (problems []string) {
	for _, d := range defects {
		for _, name := range d.cases {
			if !slices.Contains(names, name) {
				problems = append(problems, fmt.Sprintf("%s (%s) names %s, which is no client case", d.id, d.defect, name))
			}
		}
	}
	return problems
}
