package scripted_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// caseBubble is for Attached.Bubble.
func caseBubble(t *testing.T) func(func()) error {
	return func(play func()) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if err = fmt.Errorf("%v", p); !strings.HasPrefix(err.Error(), "deadlock:") {
					panic(p)
				}
			}
		}()
		synctest.Test(t, func(*testing.T) { play() })
		return nil
	}
}

// vendorProfiles gives the profiles by vendor.
func vendorProfiles(t *testing.T) map[string]*harness.Profile {
	t.Helper()
	all, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	byVendor := map[string]*harness.Profile{}
	for _, p := range all {
		byVendor[p.Vendor] = p
	}
	return byVendor
}

// clientResults plays the client cases to a client until more says that that is
// enough.
func clientResults(t *testing.T, p *harness.Profile, o scripted.Options, more func(harness.Result) bool, habits ...string) {
	t.Helper()
	c := scripted.NewChecker(p, scripted.Attached{Bubble: caseBubble(t), New: newHandmade(p.Vendor, habits...)}, o)
	defer c.Close()
	for _, cs := range p.Cases {
		if cs.Side == "client" && !more(c.Run(context.Background(), cs)) {
			return
		}
	}
}

// correct are clients that differ and do everything right.
var correct = []struct {
	name, vendors string
	habits        []string
}{
	{"as the pages say", "trolley irp spreetail", nil},
	{"repeats what is unavailable three times, ever later", "trolley irp spreetail", []string{"three-repeats"}},
	{"repeats nothing", "trolley irp spreetail", []string{"no-repeats"}},
	{"corrects its clock by the Date of a refusal", "trolley irp", []string{"corrects"}},
	{"corrects its clock by every Date", "trolley irp", []string{"corrects", "learns-always"}},
	{"replaces its token a minute before the end", "irp spreetail", []string{"background", "margin-1m"}},
	{"replaces its token 299 seconds before the end", "spreetail", []string{"background", "margin-299s"}},
	{"replaces its token 301 seconds before the end", "spreetail", []string{"background", "margin-301s"}},
	{"replaces its token ten minutes before the end", "spreetail", []string{"background", "margin-10m"}},
	{"has no margin", "spreetail", []string{"no-margin"}},
	{"hands refusals on", "trolley spreetail", []string{"hands-on"}},
	{"follows redirects of its host", "trolley irp spreetail", []string{"follows-same-host"}},
	{"writes its JSON itself", "trolley spreetail", []string{"own-json"}},
	{"sends more headers", "trolley irp spreetail", []string{"many-headers"}},
	{"names the charset", "trolley irp spreetail", []string{"charset"}},
	{"spells headers in lower case", "trolley spreetail", []string{"lower-case-headers"}},
	{"has a space behind a header", "trolley spreetail", []string{"pads-headers"}},
	{"sends bodies in chunks", "trolley irp spreetail", []string{"chunked"}},
	{"expects to be told to go on", "trolley irp spreetail", []string{"expects"}},
	{"holds a lock while it logs in", "irp spreetail", []string{"mutex"}},
	{"logs in when it is made", "irp spreetail", []string{"login-when-made"}},
	{"asks how long its token lives", "irp", []string{"asks-remaining"}},
	{"reads lifetimes that are texts", "spreetail", []string{"reads-texts"}},
	{"takes an unknown lifetime for a minute", "spreetail", []string{"unknown-a-minute"}},
}

// falseAlarm is an accusation that the engine or a case still makes of a correct
// client.
type falseAlarm struct {
	client    string // empty for any
	cases     string // vendor/id, or the beginning of it
	why       string
	sometimes bool // by chance
}

// falseAlarms are to be removed when they are no longer raised: the test says so.
var falseAlarms = []falseAlarm{
	{"replaces its token a minute before the end", "spreetail/login/refused-at-renewal", timer, false},
	{"replaces its token 299 seconds before the end", "spreetail/login/refused-at-renewal", timer, false},
	{"replaces its token 299 seconds before the end", "spreetail/retry/in-flight-at-the-end", timer, true},
	{"replaces its token 301 seconds before the end", "spreetail/login/refused-at-renewal", timer, false},
	{"replaces its token 301 seconds before the end", "spreetail/margin/", "an observation that is right: the margin is another", false},
	{"replaces its token ten minutes before the end", "spreetail/login/refused-at-renewal", timer, false},
	{"replaces its token ten minutes before the end", "spreetail/retry/in-flight-at-the-end", timer, true},
	{"replaces its token ten minutes before the end", "spreetail/margin/", "an observation that is right: the margin is another", false},
	{"hands refusals on", "trolley/skew/", bare, false},
	{"hands refusals on", "trolley/told/clock", bare, false},
	{"asks how long its token lives", "irp/", "the cases call the very method that it asks, so that its own requests cannot be told from theirs", false},
	{"logs in when it is made", "irp/login/", failed, false},
	{"logs in when it is made", "irp/skew/clock-set-meanwhile", failed, false},
	{"logs in when it is made", "spreetail/login/", failed, false},
	{"replaces its token 299 seconds before the end", "spreetail/", "its timer goes off at the instant at which a case ends, or calls", true},
}

const (
	failed = "a client that cannot be made has no second call"
	timer  = "what a timer does between two moments is counted as if the call had done it"
	bare   = "an observation that is right: a bare 401 does not tell a wrong clock from a wrong key"
)

func TestCorrectClientsAreNotAccused(t *testing.T) {
	vendors := vendorProfiles(t)
	raised := map[falseAlarm]bool{}
	for _, tt := range correct {
		for _, vendor := range strings.Fields(tt.vendors) {
			t.Run(vendor+"/"+tt.name, func(t *testing.T) {
				clientResults(t, vendors[vendor], scripted.Options{}, func(r harness.Result) bool {
					if (r.Verdict == harness.Pass || r.Verdict == harness.Observed) && len(r.Findings) == 0 {
						return true
					}
					for _, known := range falseAlarms {
						if (known.client == tt.name || known.client == "") && strings.HasPrefix(r.Case.Name(), known.cases) {
							raised[known] = true
							return true
						}
					}
					t.Errorf("%s: %s %s %+v told %q", r.Case.Name(), r.Verdict, r.Reason, r.Findings, r.Told)
					return true
				}, tt.habits...)
			})
		}
	}
	for _, known := range falseAlarms {
		if !raised[known] && !known.sometimes {
			t.Errorf("%+v is no false alarm any more: remove it from the list", known)
		}
	}
}

// The same run gives the same results.
func TestResultsAreTheSameTwice(t *testing.T) {
	for vendor, p := range vendorProfiles(t) {
		for _, habits := range [][]string{nil, {"mutex"}, {"signs-no-body", "bearer-lower"}, {"no-recovery", "many-recoveries"}} {
			var runs [2][]string
			for i := range runs {
				clientResults(t, p, scripted.Options{Keep: true}, func(r harness.Result) bool {
					r.Duration = 0
					if byChance(r.Case) {
						return true
					}
					if together(r.Case) { // who comes first is for the scheduler
						r.Sent, r.Told, r.Stages, r.Difference = nil, nil, nil, nil
						for i := range r.Findings {
							r.Findings[i].Got, r.Findings[i].Want = "", ""
						}
					}
					name := r.Case.Name()
					r.Case = nil
					text, err := json.Marshal(r)
					if err != nil {
						t.Fatal(err)
					}
					runs[i] = append(runs[i], name+" "+string(text))
					return true
				}, habits...)
			}
			for i, text := range runs[0] {
				if text != runs[1][i] {
					t.Errorf("%s %v: first\n%s\nthen\n%s", vendor, habits, text, runs[1][i])
				}
			}
		}
	}
}

// byChance reports whether the case is known to end now in this way, now in that.
func byChance(cs *harness.Case) bool {
	for _, known := range falseAlarms {
		if known.sometimes && strings.HasPrefix(cs.Name(), known.cases) {
			return true
		}
	}
	return false
}

func together(cs *harness.Case) bool {
	for _, m := range cs.Timeline {
		if m.Concurrent > 0 {
			return true
		}
	}
	return false
}
