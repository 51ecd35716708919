package endtoend

import (
	"slices"
	"testing"
)

// driverFault is one thing that the drivers do wrong when SKEWPROOF_FAULT names
// it, in every language the same.
type driverFault struct {
	vendor, name string
	cites        []string // the requirements it breaks, each of which a failing case must cite
	never        []string // findings that would be wrong, each a requirement it does not break and the kind
}

var driverFaults = []driverFault{
	{"trolley", "stamp-local-time", []string{"TRO-002"}, nil},
	{"trolley", "stamp-milliseconds", []string{"TRO-002"}, nil},
	{"trolley", "stamp-not-signed", []string{"TRO-003"}, nil},
	{"trolley", "body-respaced", []string{"TRO-008"}, []string{"TRO-009 signature"}},
	{"trolley", "query-not-signed", []string{"TRO-007"}, nil},
	{"trolley", "method-lower-case", []string{"TRO-005"}, nil},
	{"trolley", "signature-upper-case", []string{"TRO-009"}, nil},
	{"trolley", "ascii-body", []string{"TRO-010"}, []string{"TRO-008 signature", "TRO-009 signature"}},
	{"trolley", "no-content-type", []string{"TRO-037"}, nil},
	{"trolley", "secret-in-url", []string{"TRO-001", "TRO-007"}, []string{"TRO-008 body"}}, // what authenticates is a header, and the query is the caller's
	{"trolley", "placeholder-signature", []string{"TRO-028"}, nil},
	{"trolley", "retry-stale-signature", []string{"TRO-029"}, nil},
	{"trolley", "endless-401", []string{"TRO-031"}, nil}, // it does not tell its caller, but tries again
	{"trolley", "rate-limit-as-auth", []string{"TRO-039"}, nil},

	{"irp", "stamp-local-time", []string{"IRP-008"}, nil},
	{"irp", "stamp-with-t", []string{"IRP-007"}, nil},
	{"irp", "stamp-not-signed", []string{"IRP-006"}, nil},
	{"irp", "inner-upper-case", []string{"IRP-002"}, nil},
	{"irp", "dot-missing", []string{"IRP-003"}, nil},
	{"irp", "key-not-token", []string{"IRP-005"}, nil},
	{"irp", "fields-lower-case", []string{"IRP-025"}, nil},
	{"irp", "secret-sent", []string{"IRP-043"}, nil},
	{"irp", "api-key-sent", []string{"IRP-036"}, nil},
	{"irp", "path-lower-case", []string{"IRP-023"}, nil},
	{"irp", "warning-is-error", []string{"IRP-028"}, nil},
	{"irp", "success-not-read", []string{"IRP-028"}, nil},
	{"irp", "token-never-renewed", []string{"IRP-034"}, nil},
	{"irp", "endless-renewal", []string{"IRP-034"}, []string{"IRP-040 loop"}},
	{"irp", "login-stale", []string{"IRP-034"}, nil},

	{"spreetail", "no-token-cache", []string{"SPR-021"}, nil},
	{"spreetail", "no-retry", []string{"SPR-018"}, nil},
	{"spreetail", "endless-401", []string{"SPR-018"}, nil},
	{"spreetail", "retry-old-token", []string{"SPR-019"}, nil},
	{"spreetail", "retry-other-body", []string{"SPR-019"}, nil},
	{"spreetail", "login-loop", []string{"SPR-020"}, nil},
	{"spreetail", "no-bearer", []string{"SPR-013"}, nil},
	{"spreetail", "double-bearer", []string{"SPR-013"}, nil},
	{"spreetail", "success-not-read", []string{"SPR-025"}, nil},
	{"spreetail", "login-error-ignored", []string{"SPR-020", "SPR-026"}, nil},
	{"spreetail", "secret-in-url", []string{"SPR-029"}, nil}, // addresses are logged
	{"spreetail", "secret-in-error", []string{"SPR-029"}, nil},
	{"spreetail", "login-as-form", []string{"SPR-001", "SPR-002"}, []string{"SPR-029 leak"}},
	{"spreetail", "login-extra-field", []string{"SPR-002"}, []string{"SPR-029 leak"}},
	{"spreetail", "token-in-url", []string{"SPR-029"}, []string{"SPR-019 body"}},
}

// zones are where the machine of a client that takes its local time for UTC may
// stand. Where the two agree only the cases in other zones can tell.
var zones = []string{"UTC", "America/New_York"}

// A client broken in one way is refused, by a case that cites the requirement
// it breaks, whatever language it is written in. The first language plays every
// case, and the others those that caught it there.
func TestDriverFaultsAreCaught(t *testing.T) {
	type driver struct{ language, command string }
	var drivers []driver
	eachLanguage(t, func(language, command string) { drivers = append(drivers, driver{language, command}) })
	var all group
	defer all.wait()
	for _, f := range driverFaults {
		places := []string{""}
		if f.name == "stamp-local-time" {
			places = zones
		}
		for _, zone := range places {
			env := []string{"SKEWPROOF_FAULT=" + f.name}
			if zone != "" {
				env = append(env, "TZ="+zone)
			}
			all.run(t, f.vendor+" "+f.name+" "+zone, func(t *testing.T) {
				var caughtBy []string
				for _, d := range drivers {
					t.Run(d.language, func(t *testing.T) {
						if found := f.isCaught(t, d.command, env, caughtBy); caughtBy == nil {
							caughtBy = found
						}
					})
				}
			})
		}
	}
}

// maxCases is how many cases a language plays that is not the first.
const maxCases = 12

// isCaught plays the cases, all when there are none, and returns some of those
// that cite what the fault breaks.
func (f driverFault) isCaught(t *testing.T, command string, env, cases []string) (by []string) {
	args := []string{"-vendor", f.vendor, "-client", command}
	for _, name := range cases {
		args = append(args, "-case", name)
	}
	r := suite(t, env, args...)
	if r.exit != 1 {
		t.Errorf("exit %d, want 1\n%s", r.exit, tail(r.output))
	}
	for _, id := range f.cites {
		if !r.cites(id) {
			t.Errorf("no failing case cites %s:\n%s", id, r.failed())
		}
	}
	if n := r.count("error"); n > 0 {
		t.Errorf("%d cases could not be run:\n%s\n%s", n, r.failed(), tail(r.output))
	}
	const each = maxCases / 2 // no fault breaks more than two
	found := map[string]int{}
	for _, s := range r.suites {
		for _, c := range s.Cases {
			for _, x := range c.Findings {
				if slices.Contains(f.never, x.Requirement+" "+x.Kind) {
					t.Errorf("%s finds a breach of %s, which is kept: %s", c.Name, x.Requirement, x.Problem)
				}
				if c.Verdict == "fail" && slices.Contains(f.cites, x.Requirement) && found[x.Requirement] < each && !slices.Contains(by, c.Name) {
					found[x.Requirement]++
					by = append(by, c.Name)
				}
			}
		}
	}
	return by
}

// The faults are as many as the drivers have, and none is listed twice.
func TestDriverFaultsAreListed(t *testing.T) {
	var names []string
	for _, f := range driverFaults {
		names = append(names, f.vendor+" "+f.name)
	}
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != 44 {
		t.Errorf("%d faults are listed, not 44", n)
	}
}
