package mutant_test

import (
	"net/http"
	"slices"

	"github.com/skewproof/skewproof/harness"
)

// failed is an answer that no client can take for a success.
var failed = harness.Answer{Refuse: "unexpected", Status: http.StatusInternalServerError, Always: true}

// anySays reports whether some answer is such.
func anySays(list []harness.Answer, says func(harness.Answer) bool) bool {
	return slices.ContainsFunc(list, says)
}

func isFailure(a harness.Answer) bool {
	return a.Refuse != "" || a.Status >= 300 || a.Drop != ""
}

func isAlways(a harness.Answer) bool { return a.Always }

// mustLogIn reports whether the client can do nothing at the moment without a
// login: at first, or where one must be seen.
func (s *clientSlips) mustLogIn(cs *harness.Case, i int, o harness.Observe) bool {
	return s.p.Login != nil && (i == 0 || o.Logins.Least > 0)
}

// answers exchanges success and failure.
func (s *clientSlips) answers(cs *harness.Case, i int, o harness.Observe, one func(string, func(*harness.Moment))) {
	m := cs.Timeline[i]
	n := max(m.Times, m.Concurrent)
	if o.Outcome == "ok" {
		one("fails every call", func(m *harness.Moment) { m.Answers = []harness.Answer{failed} })
		if m.Concurrent == 0 { // or the clock alone goes on, and no timer of the client's
			one("answers after hours", func(m *harness.Moment) { m.Answers = []harness.Answer{{Delay: offset("2h"), Always: true}} })
		}
		if s.p.Timestamp != nil && s.p.Window.Past > 0 && m.Concurrent == 0 && !anySays(m.Answers, isAlways) {
			one("answers when the stamp is too old", func(m *harness.Moment) { m.Answers = []harness.Answer{{Delay: offset("2*window+2s"), Always: true}} })
		}
	}
	if s.mustLogIn(cs, i, o) && (o.Outcome == "ok" || i == 0 && o.Calls.Least > 0) {
		one("fails every login", func(m *harness.Moment) { m.Login = []harness.Answer{failed} })
	}
	// Where the honest answer will do as well, as where a client may repeat a call
	// and need not, the moment is none the worse for it.
	renews := i > 0 && o.Logins.Least > 0 && m.At.String() == cs.Timeline[i-1].At.String() && len(m.Login) == 0
	if anySays(m.Answers, isFailure) && len(m.Login) == 0 && cs.Without == "" && (o.Outcome == "error" || !o.Calls.Holds(n) || renews) && cs.Base == "" {
		one("answers calls honestly", func(m *harness.Moment) { m.Answers = nil })
	}
	if len(m.Login) > 0 && o.Outcome == "error" && !anySays(m.Answers, isAlways) {
		one("answers logins honestly", func(m *harness.Moment) { m.Login = nil })
	}
}

// refusals has the server refuse for good what it refused once, or the other way
// round, or with another status.
func (s *clientSlips) refusals(m harness.Moment, o harness.Observe, one func(string, func(*harness.Moment))) {
	token := func(a harness.Answer) bool {
		named := a.Refuse != "" && (s.p.ErrorName(a.Refuse) == s.p.ErrorName("token") || s.p.ErrorName(a.Refuse) == s.p.ErrorName("token-expired"))
		return named || a.Refuse == "" && a.Status == http.StatusUnauthorized
	}
	for at, a := range m.Answers {
		to := func(kind string, change func(*harness.Answer)) {
			one(kind, func(m *harness.Moment) {
				m.Answers = slices.Clone(m.Answers[:at+1])
				change(&m.Answers[at])
			})
		}
		if isFailure(a) && !a.Always && o.Outcome == "ok" {
			to("refuses for good", func(a *harness.Answer) { a.Always = true })
		}
		if s.p.Login != nil && a.Always && token(a) && o.Outcome == "error" && len(m.Login) == 0 {
			to("refuses once", func(a *harness.Answer) { a.Always = false })
		}
		s.statuses(a, o, to)
	}
	for at, a := range m.Login {
		s.statuses(a, o, func(kind string, change func(*harness.Answer)) {
			one(kind+" at the login", func(m *harness.Moment) {
				m.Login = slices.Clone(m.Login)
				change(&m.Login[at])
			})
		})
	}
}

// statuses answers with a status that tells the client something else. Where the
// case asks for a failure of no certain kind, any status of one will do.
func (s *clientSlips) statuses(a harness.Answer, o harness.Observe, to func(string, func(*harness.Answer))) {
	switch {
	case a.Drop != "" || a.RedirectTo != "":
	case !isFailure(a) && a.Status != 0 && o.Outcome == "ok":
		to("has the status of a failure", func(a *harness.Answer) { a.Status = http.StatusInternalServerError })
	case !isFailure(a) || len(o.Kinds) == 0:
	case !slices.Contains(o.Kinds, "rate-limited"):
		to("has another status", func(a *harness.Answer) { a.Status = http.StatusTooManyRequests })
	case !slices.Contains(o.Kinds, "server"):
		to("has another status", func(a *harness.Answer) { a.Status = http.StatusInternalServerError })
	}
}
