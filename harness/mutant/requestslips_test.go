package mutant_test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// plainKinds are faults that break any request of their form, whatever it holds.
var plainKinds = []string{"secret", "key", "signature", "token"}

// breaks changes what is broken: nothing, or something that is answered with
// another error. Where the stamp or the token is refused as well, that may be what
// is told, whatever else is broken.
func (s *serverSlips) breaks(step harness.Step, want harness.Expect, with func(string, func(*harness.Step))) {
	skew, _ := step.Skew.Resolve(s.p.Window)
	at, _ := step.At.Resolve(s.p.Window)
	told := func(name string) bool { return !want.Accept && s.text(want.Refuse[0]) == s.text(name) }
	if !want.Accept && len(step.Break) > 0 && (skew == 0 || !told("timestamp")) && (at == 0 || !told("token-expired")) {
		with("breaks nothing", func(st *harness.Step) { st.Break = nil })
	}
	if step.Repeat || skew != 0 || at != 0 && !want.Accept || len(step.Break) > 1 || !want.Accept && !s.sure(want) {
		return
	}
	for _, kind := range plainKinds {
		for _, cs := range s.p.Cases {
			if cs.Side != "server" || len(cs.Steps) != 1 || cs.Aspect() == "order" || len(cs.Steps[0].Break) != 1 || cs.Steps[0].Break[0].Kind != kind || (cs.Steps[0].Call == "login") != (step.Call == "login") {
				continue
			}
			told := leaf(s.p, cs.Steps[0].Expect)
			if !s.sure(told) || s.mayBe(want, told) || slices.ContainsFunc(cs.Needs, func(n string) bool { return n == "other_access_key" }) {
				continue
			}
			with("breaks another thing: "+kind, func(st *harness.Step) { st.Break = cs.Steps[0].Break })
			break // one of each kind
		}
	}
}

// mayBe reports whether an answer may be right by both expectations.
func (s *serverSlips) mayBe(a, b harness.Expect) bool {
	return slices.ContainsFunc(a.Refuse, func(x string) bool {
		return slices.ContainsFunc(b.Refuse, func(y string) bool { return s.text(x) == s.text(y) })
	})
}

// skews moves the stamp over an edge of the window, by the smallest step that
// counts and further, or back. Where something else is broken, the timestamp
// hides it if it is checked first.
func (s *serverSlips) skews(step harness.Step, want harness.Expect, with func(string, func(*harness.Step))) {
	form := s.p.Call
	if step.Call == "login" {
		form = s.p.Login
	}
	if place, _ := form.Carrier("timestamp"); place == "" || step.Repeat || s.p.Window.Past == 0 {
		return
	}
	// The stamp is of a whole second, and the clock of the server is that much off.
	taken := func(skew time.Duration) bool {
		return accepts(s.p, harness.DefaultBase, harness.DefaultBase.Add(-skew))
	}
	skew, _ := step.Skew.Resolve(s.p.Window)
	if at, _ := step.At.Resolve(s.p.Window); at%s.p.Timestamp.Granule != 0 {
		return // the stamp is of no whole second, and its age is another than the skew
	}
	if len(step.Break) > 1 || !s.judgedByStamp(form, step, want, taken(skew)) {
		return
	}
	for _, other := range []struct{ kind, skew string }{
		{"has no skew", "0"},
		{"has a skew just beyond", "-window-granule"}, {"has a skew just beyond", "+window+granule"},
		{"has a skew just within", "-window+granule"}, {"has a skew just within", "+window-granule"},
		{"has a skew a millisecond beyond", "-window-1ms"}, {"has a skew a millisecond beyond", "+window+1ms"},
		{"has a skew of a day", "-window-1d"}, {"has a skew of a day", "+window+1d"},
		{"has the skew of the other sign", flipped(step.Skew)},
	} {
		to, err := harness.ParseOffset(other.skew)
		if err != nil {
			continue
		}
		if d, err := to.Resolve(s.p.Window); err == nil && taken(d) != taken(skew) {
			with(other.kind, func(st *harness.Step) { st.Skew = to })
		}
	}
}

// judgedByStamp reports whether what is expected changes when the stamp is taken
// that was refused, or refused that was taken.
func (s *serverSlips) judgedByStamp(form *harness.Form, step harness.Step, want harness.Expect, taken bool) bool {
	switch {
	case !taken:
		return !want.Accept && s.text(want.Refuse[0]) == s.text("timestamp")
	case want.Accept:
		return true
	case len(step.Break) == 0 || !slices.Contains(plainKinds, step.Break[0].Kind) || len(want.Refuse) != 1:
		return false // it is refused for what it asks, or for its token
	}
	check, stamp := slices.Index(form.Checks, want.Refuse[0]), slices.Index(form.Checks, "timestamp")
	return stamp >= 0 && check > stamp
}

// flipped is the offset with the other sign.
func flipped(o harness.Offset) string {
	return strings.NewReplacer("-", "+", "+", "-").Replace(o.String())
}

// times moves a step beyond the end of its token, or back before it, and has it
// use another token. Tokens live as long whether they are used or not.
func (s *serverSlips) times(cs *harness.Case, i int, want harness.Expect, with func(string, func(*harness.Step))) {
	step := cs.Steps[i]
	if step.Repeat {
		if !want.Accept && step.Skew.IsZero() && !step.At.IsZero() {
			with("is sent earlier", func(st *harness.Step) { st.At = harness.Offset{} })
		}
		if late, err := harness.ParseOffset("window+1d"); err == nil && want.Accept && s.p.Window.Past > 0 {
			with("is sent later", func(st *harness.Step) { st.At = late })
		}
		return
	}
	if step.Save != "" {
		with("saves the token under another name", func(st *harness.Step) { st.Save += "-other" })
	}
	if s.p.Token == nil || step.Call == "login" || len(step.Break) > 0 || !step.Skew.IsZero() || s.p.Choice("expiry-kind") != "absolute" || s.p.Choice("old-token") != "valid" {
		return
	}
	granted := map[string]string{"": "0"} // tokens by name, and when they were had
	for _, earlier := range cs.Steps[:i] {
		if earlier.Call == "login" {
			granted[earlier.Save] = "0+" + strings.TrimPrefix(cmp.Or(earlier.At.String(), "0"), "+")
		}
	}
	ended := !want.Accept && s.text(want.Refuse[0]) == s.text("token-expired")
	move := func(kind, text string) {
		if at, err := harness.ParseOffset(text); err == nil {
			with(kind, func(st *harness.Step) { st.At = at })
		}
	}
	if want.Accept {
		move("is sent when its token has ended", granted[step.Token]+"+lifetime+1s")
	} else if ended {
		move("is sent while its token lives", granted[step.Token]+"+lifetime-1s")
	}
	now, _ := step.At.Resolve(s.p.Window)
	if op := s.p.Operation(step.Call); op != nil && op.AboutToken && want.Accept && want.Reply != nil {
		move("is sent a second later", "0+"+cmp.Or(strings.TrimPrefix(step.At.String(), "+"), "0")+"+1s") // it asks for the time left
	}
	for name, since := range granted {
		from, err := harness.ParseOffset(since)
		if err != nil || name == step.Token || !want.Accept && !ended {
			continue
		}
		if had, _ := from.Resolve(s.p.Window); (now-had < s.p.Token.Lifetime) != want.Accept {
			with("uses another token", func(st *harness.Step) { st.Token = name })
		}
	}
}

// calls has the step call what is always refused, or what is not. Which of the
// other operations is called makes a case no less right.
func (s *serverSlips) calls(step harness.Step, want harness.Expect, with func(string, func(*harness.Step))) {
	if step.Repeat {
		if !want.Accept {
			with("is sent anew", func(st *harness.Step) { st.Repeat = false })
		}
		return
	}
	refusing := func(st harness.Step) bool {
		op := s.p.Operation(st.Call)
		return op != nil && op.Refuse != ""
	}
	if !want.Accept && !refusing(step) || step.Call == "login" && want.Reply == nil && s.p.Login == nil {
		return
	}
	for _, cs := range s.p.Cases {
		if cs.Side != "server" || refusing(cs.Steps[0]) != want.Accept || cs.Steps[0].Call == "login" {
			continue
		}
		with("calls another operation", func(st *harness.Step) {
			*st = cs.Steps[0] // which knows its operation
			st.At, st.Skew, st.Token, st.Save, st.Break, st.Expect = step.At, step.Skew, step.Token, step.Save, nil, step.Expect
		})
		return
	}
}
