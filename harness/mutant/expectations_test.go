package mutant_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/goccy/go-yaml"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/mutant"
	"github.com/skewproof/skewproof/harness/reference"
)

// A slip in a case turns the build red: nearly every single change to what a case
// breaks, to its skew or to what it expects is noticed on the unbroken server.
func TestSlipsInCasesAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("every slip in every case takes long")
	}
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		t.Run(p.Vendor, func(t *testing.T) {
			t.Parallel()
			pinned, err := mutant.Pinned(p)
			if err != nil {
				t.Fatal(err)
			}
			run := serverRun(t, pinned)
			s := &serverSlips{p: pinned}
			for _, cs := range pinned.Cases {
				// What the server cannot be asked, such as a state it does not know, tells nothing.
				if cs.Side == "server" && fits(t, run(cs)) {
					s.make(cs)
				}
			}
			score := judge(s.all, run)
			for variant, v := range p.Variants {
				for _, value := range v.Values {
					if other := withValue(pinned, variant, value); other != nil && !v.Client {
						run := serverRun(t, other)
						score.add(judge(otherOutcomes(other, variant, run), run))
					}
				}
			}
			score.report(t)
		})
	}
}

// serverRun runs cases against the unbroken server.
func serverRun(t *testing.T, p *harness.Profile) func(*harness.Case) harness.Result {
	c, err := harness.NewChecker(p, harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(p, clk) }), harness.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return func(cs *harness.Case) harness.Result { return c.Run(context.Background(), cs) }
}

// serverSlips makes the slips in server cases.
type serverSlips struct {
	p   *harness.Profile
	all []slip
}

// make makes those of one case.
func (s *serverSlips) make(cs *harness.Case) {
	for i := range cs.Steps {
		with := func(kind string, change func(*harness.Step)) {
			other := *cs
			other.Steps = slices.Clone(cs.Steps)
			change(&other.Steps[i])
			s.all = append(s.all, slip{kind, &other})
		}
		want := leaf(s.p, cs.Steps[i].Expect)
		s.expectations(cs.Steps[i], want, with)
		s.breaks(cs.Steps[i], want, with)
		s.skews(cs.Steps[i], want, with)
		s.times(cs, i, want, with)
		s.calls(cs.Steps[i], want, with)
	}
}

// leaf is what is expected under the chosen values of the variants.
func leaf(p *harness.Profile, e harness.Expect) harness.Expect {
	for e.By != "" {
		e = e.Outcomes[p.Choice(e.By)]
	}
	return e
}

// withLeaf is the expectation with another outcome for the chosen values.
func withLeaf(p *harness.Profile, e, outcome harness.Expect) harness.Expect {
	if e.By == "" {
		return outcome
	}
	value := p.Choice(e.By)
	e.Outcomes = maps.Clone(e.Outcomes)
	e.Outcomes[value] = withLeaf(p, e.Outcomes[value], outcome)
	return e
}

// contrary is the expectation that contradicts.
func contrary(e harness.Expect) harness.Expect {
	if e.Accept {
		return harness.Expect{Refuse: []string{"refusal"}}
	}
	return harness.Expect{Accept: true}
}

// expectations changes what is expected. Where any refusal will do, the pages
// leave open which it is, and a case that names one is not wrong.
func (s *serverSlips) expectations(step harness.Step, want harness.Expect, with func(string, func(*harness.Step))) {
	to := func(kind string, e harness.Expect) {
		with(kind, func(st *harness.Step) { st.Expect = withLeaf(s.p, step.Expect, e) })
	}
	to("expects the contrary", contrary(want))
	if other, ok := changed(want.Reply); ok {
		e := want
		e.Reply = other
		to("expects another body", e)
	}
	if names := s.errors(); !want.Accept && s.sure(want) {
		at, _ := slices.BinarySearch(names, want.Refuse[0])
		for n := range names { // the next that an answer can be told from
			if name := names[(at+n)%len(names)]; !slices.ContainsFunc(want.Refuse, func(w string) bool { return s.text(w) == s.text(name) }) {
				to("expects another error", harness.Expect{Refuse: []string{name}})
				break
			}
		}
	}
}

// sure reports whether the expectation names errors, and not any at all.
func (s *serverSlips) sure(e harness.Expect) bool {
	return len(e.Refuse) > 0 && !slices.ContainsFunc(e.Refuse, func(n string) bool { return s.p.ErrorName(n) == "refusal" })
}

// errors are the documented errors that cases name and that stand for themselves
// alone, sorted.
func (s *serverSlips) errors() []string {
	known := map[string]bool{}
	for _, cs := range s.p.Cases {
		for _, step := range cs.Steps {
			for _, name := range leaf(s.p, step.Expect).Refuse {
				if name != "refusal" && s.p.ErrorName(name) == name {
					known[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// text is what the error says; errors that say the same cannot be told apart.
func (s *serverSlips) text(name string) string {
	status, headers, body := s.p.Error(name, harness.Values{})
	return fmt.Sprint(status, headers, string(body))
}

// changed is the pattern of a body with one value changed.
func changed(pattern any) (any, bool) {
	switch v := pattern.(type) {
	case yaml.MapSlice:
		for i, item := range v {
			if other, ok := changed(item.Value); ok {
				v = slices.Clone(v)
				v[i].Value = other
				return v, true
			}
		}
	case []any:
		for i, item := range v {
			if other, ok := changed(item); ok {
				v = slices.Clone(v)
				v[i] = other
				return v, true
			}
		}
	case bool:
		return !v, true
	case string:
		return v + "-other", !strings.Contains(v, "{")
	case uint64:
		return v + 1, true
	}
	return pattern, false
}

// otherOutcomes are the contraries of what is expected under another value of a
// variant. What the unbroken server does not show of that value, another server
// would have to.
func otherOutcomes(p *harness.Profile, variant string, run func(*harness.Case) harness.Result) []slip {
	var all []slip
	for _, cs := range p.Cases {
		if cs.Side != "server" || !slices.ContainsFunc(cs.Steps, func(s harness.Step) bool { return hangs(p, s.Expect, variant) }) || noticed(run(cs)) {
			continue
		}
		for i, step := range cs.Steps {
			if hangs(p, step.Expect, variant) {
				other := *cs
				other.Steps = slices.Clone(cs.Steps)
				other.Steps[i].Expect = withLeaf(p, step.Expect, contrary(leaf(p, step.Expect)))
				all = append(all, slip{"expects the contrary under another value of a variant", &other})
			}
		}
	}
	return all
}

// hangs reports whether the variant has a say in what is expected.
func hangs(p *harness.Profile, e harness.Expect, variant string) bool {
	for ; e.By != ""; e = e.Outcomes[p.Choice(e.By)] {
		if e.By == variant {
			return true
		}
	}
	return false
}
