package endtoend

import (
	"strings"
	"testing"
)

// Green means that something was looked at: without a target every requirement
// has cases, all of them come to a verdict, and there are as many as there were.
func TestEveryRequirementIsProven(t *testing.T) {
	t.Parallel()
	r := suite(t, nil)
	// Fewer than these means that cases were lost on the way.
	least := map[string]int{"trolley.server": 175, "trolley.client": 145, "irp.server": 255, "irp.client": 180, "spreetail.server": 200, "spreetail.client": 145}
	for _, s := range r.suites {
		name := s.Vendor + "." + s.Side
		if len(s.Cases) < least[name] || least[name] == 0 {
			t.Errorf("%s: %d cases, fewer than %d", name, len(s.Cases), least[name])
		}
		delete(least, name)
		for _, q := range s.Requirements {
			if q.State != "untested" && (q.Ran == 0 || q.Ran != q.Cases) || q.State == "failed" || q.State == "unproven" {
				t.Errorf("%s %s: %s; %d of %d cases came to a verdict", name, q.ID, q.State, q.Ran, q.Cases)
			}
		}
	}
	if r.exit != 0 || len(least) > 0 {
		t.Errorf("exit %d; these did not run: %v\n%s", r.exit, least, tail(r.output))
	}
}

// A requirement whose cases were all skipped is no part of what a green run
// proves, and the run says so.
func TestASkippedRequirementIsUnproven(t *testing.T) {
	t.Parallel()
	var without []string
	for _, c := range credentials {
		if !strings.HasPrefix(c, "SKEWPROOF_TROLLEY_OTHER_ACCESS_KEY=") {
			without = append(without, c)
		}
	}
	const id, only = "TRO-034", "trolley/key/*"
	for _, tt := range []struct {
		env  []string
		want string
	}{{credentials, "proven"}, {without, "unproven"}} {
		r := suite(t, tt.env, "-vendor", "trolley", "-target", peer(t), "-case", only)
		state := ""
		for _, q := range r.suites[0].Requirements {
			if q.ID == id {
				state = q.State
			}
		}
		if r.exit != 0 || state != tt.want || strings.Contains(r.output, "unproven     "+id) != (tt.want == "unproven") {
			t.Errorf("exit %d, %s is %s, want %s\n%s", r.exit, id, state, tt.want, tail(r.output))
		}
	}
}
