package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/skewproof/skewproof/harness/measure"
)

// run is one case on its way.
type run struct {
	c            *Checker
	ctx          context.Context
	tokens       map[string]grant
	began        time.Time // the server's clock at the start of the case
	previous     *draft
	exchanges    []exchanged
	stamp        time.Time // of the last request, as it was meant
	stamped      bool
	nominal      time.Duration // skew of the last request, as the case has it
	refusedLogin string
	open         bool             // some step's expectation hung on an open question
	roundTrip    time.Duration    // the longest exchange so far
	interval     measure.Interval // of the server's clock, when the case began

	hides    func(string) string // see hider; made for so many exchanges and tokens
	hidesFor int
}

// maxWait is how long a live case may really wait for time to pass.
const maxWait = 3 * time.Second

// attempts is how often a live step is tried when the exchange was too slow to
// tell on which side of an edge its stamp was judged.
const attempts = 3

func (c *Checker) newRun(ctx context.Context, cs *Case) *run {
	r := &run{c: c, ctx: ctx, interval: c.interval}
	if c.live() {
		r.began = c.serverNow()
	} else {
		r.began = c.start
		if c.target.Reset != nil {
			c.target.Reset()
		}
		c.target.Clock.Set(r.began)
	}
	return r
}

// Run runs one case. It never fails: what went wrong is in the result.
func (c *Checker) Run(ctx context.Context, cs *Case) Result {
	res := Result{Case: cs}
	if reason := c.unfit(cs); reason != "" {
		res.Verdict, res.Reason = Skip, reason
		return res
	}
	if c.deck != nil {
		if res.Verdict, res.Reason = c.load(cs); res.Verdict != "" {
			return res
		}
	}
	c.readings.take() // those of the setting up
	began := c.local.Now()
	r := c.newRun(ctx, cs)
	for i := range cs.Steps {
		if !r.step(&res, cs, i) {
			break
		}
	}
	c.conclude(&res, r)
	res.Duration = c.local.Now().Sub(began)
	// What was cut short is no answer of the server's: the run drops it too.
	if c.record != nil && res.Verdict != Skip && ctx.Err() == nil {
		c.record(r.tape(cs))
	}
	for _, x := range r.exchanges {
		if !x.d.repeated {
			c.spare = append(c.spare, x.d.values)
		}
	}
	return res
}

// needsClock is why a live target is not asked about exact edges and about what
// happens hours later.
const needsClock = "needs a clock we own; the target keeps its own"

// unfit says why the case cannot be run against this target; empty when it can.
func (c *Checker) unfit(cs *Case) string {
	if cs.Side != "server" {
		return "is about the " + cs.Side + ", and this checks a server"
	}
	for _, need := range cs.Needs {
		switch need {
		case "own-clock":
			if c.live() {
				return needsClock
			}
		case "server-state":
			if c.target.State == nil {
				return "needs a server that can be put in the state " + stateOf(cs) + "; the target cannot be told to"
			}
		case "unsafe":
			if c.live() && !c.unsafe {
				return "would change something at the target; -unsafe sends it"
			}
		case "own-token-key":
			if name := c.profile.TokenKey(); c.credentials[name] == "" {
				return "needs the key that the server signs tokens with; set " + EnvName(c.profile.Vendor, name) + " for a server you own"
			}
		default:
			if c.credentials[need] == "" {
				return "needs the credential " + need + "; set " + EnvName(c.profile.Vendor, need)
			}
		}
	}
	for _, s := range cs.Steps {
		for _, f := range s.Break {
			if name := f.signedInput(); name != "" && !slices.Contains(c.profile.signedInputs(), name) && !slices.Contains(c.profile.Request.inputs(), name) {
				return "the target does not sign the " + name + ", so it cannot tell that another was signed"
			}
		}
		if at, _ := s.At.Resolve(c.profile.Window.aging()); c.live() && at > maxWait {
			return needsClock
		}
	}
	return ""
}

func stateOf(cs *Case) string {
	for _, s := range cs.Steps {
		for _, f := range s.Break {
			if f.Kind == "state" {
				return fmt.Sprint(f.value)
			}
		}
	}
	return "it asks for"
}

// TokenKey is the credential that keys the token recipe.
func (p *Profile) TokenKey() string {
	if p.Token != nil {
		for _, s := range p.Token.Recipe {
			for _, step := range s.steps {
				if step.key != "" {
					return step.key
				}
			}
		}
	}
	return ""
}

// step runs one step of the case and reports whether to go on.
func (r *run) step(res *Result, cs *Case, i int) bool {
	s := &cs.Steps[i]
	for _, f := range s.Break {
		if f.Kind == "state" {
			// The state is about this request: a login it needs comes first.
			if s.operation != nil && r.c.profile.Login != nil && s.Call != "login" {
				if _, _, err := r.token(s.Token); err != nil {
					res.Verdict, res.Reason = Error, oneLine(r.c.hide(err.Error()))
					return false
				}
			}
			if err := r.c.target.State(fmt.Sprint(f.value)); err != nil {
				res.Verdict, res.Reason = Skip, "the server cannot be put in the state "+fmt.Sprint(f.value)+": "+err.Error()
				return false
			}
		}
	}
	for try := 1; ; try++ {
		if c := r.c; c.live() && c.risky(s) {
			if c.maxRefused > 0 && c.refused >= c.maxRefused {
				res.Verdict, res.Reason = Skip, fmt.Sprintf("not run: %d requests that the target refuses were sent, which is the most allowed; raise -max-refused", c.refused)
				return false
			}
			c.refused++
		}
		d, a, err := r.send(s)
		switch {
		case err != nil:
			res.Verdict, res.Reason = r.stopped(err)
			return false
		case a == nil:
			res.Findings = append(res.Findings, r.c.profile.Finding(cmp.Or(r.c.claim("login-accepted"), cs.Rules[0]), "outcome", "a right login was refused, so no call could be made", "acceptance", r.refusedLogin))
			r.tellLogin(res)
			return false
		case r.c.live() && a.status == http.StatusTooManyRequests && !slices.Contains(s.Expect.Refuse, "rate-limited"):
			res.Verdict, res.Reason = Skip, "not run: the target limits the rate (status 429); lower -rate"
			return false
		}
		out := r.c.judge(cs, s, d, a)
		age, clear := r.age(a)
		if r.stamped && r.c.live() {
			res.Age = &age
			if (!clear || d.reused && len(out.findings) > 0) && try < attempts {
				// Too slow to tell; or the server may know the signature already,
				// from another case of the same second.
				if err := r.pause(r.c.profile.Timestamp.Granule); err != nil {
					res.Verdict, res.Reason = r.stopped(err)
					return false
				}
				continue
			}
			if !clear && !hasKind(out.findings, "server-error") && !hasKind(out.findings, "leak") {
				res.Verdict = Inconclusive
				res.Reason = fmt.Sprintf("the stamp was judged at an age within %v, which spans an edge of the window (-%v, +%v); the clocks differ by %v", age, r.c.profile.Window.Future, r.c.profile.Window.Past, r.c.interval)
				return false
			}
		}
		if s.Expect.Accept && len(out.findings) == 0 && d.right != "" && r.c.live() {
			r.c.spent[d.right] = true
		}
		if len(d.stages) > 0 {
			res.Stages = d.stages
		}
		res.Findings = append(res.Findings, out.findings...)
		if len(out.findings) > 0 {
			r.tell(res, s.Expect, d, a)
		}
		r.open = r.open || out.open
		res.Shown = append(res.Shown, out.shown...)
		if r.c.shapes {
			res.Shapes = append(res.Shapes, r.c.shape(d, a, out))
		}
		r.keepToken(s, d, a, out)
		return len(out.findings) == 0
	}
}

// stopped tells a limit that was reached from a link that failed.
func (r *run) stopped(err error) (Verdict, string) {
	var limit *LimitError
	if errors.As(err, &limit) {
		return Skip, limit.Error()
	}
	return Error, oneLine(r.c.hide(err.Error()))
}

func (c *Checker) claim(name string) string {
	if ids := c.profile.Rules[name]; len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// conclude sums the findings up into a verdict.
func (c *Checker) conclude(res *Result, r *run) {
	c.profile.Settle(res, r.open, c.strict)
	if tells := res.Verdict != Pass && (res.Verdict != Observed || len(res.Findings) > 0); tells || c.keep {
		hide := r.hider()
		for _, x := range r.exchanges {
			res.Sent = append(res.Sent, show(x, hide))
		}
		for i, s := range res.Stages {
			res.Stages[i].Value = hide(s.Value)
		}
		for i := range res.Findings {
			f := &res.Findings[i]
			f.Problem, f.Want, f.Got = hide(f.Problem), hide(f.Want), hide(f.Got)
		}
		res.Reason = hide(res.Reason)
		res.hide(hide)
	} else {
		res.Stages = nil
	}
}
