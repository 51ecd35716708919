package scripted

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// Attached is a client under test, and how it is reached.
type Attached struct {
	// New makes a client without history, for each case anew.
	New func(harness.ClientConfig) (harness.Client, error)
	// Bubble runs a case inside a testing/synctest bubble, so that timers and
	// waiting work on the fake clock; nil to do without. Then a client that
	// waits never wakes up. It returns an error when the bubble deadlocks.
	Bubble func(play func()) error
	// OwnTime says that the client calls time.Now itself and not the clock it is
	// given. It needs a Bubble.
	OwnTime bool
	// Program says that the client is another program: it reaches the vendor
	// over a port of this machine.
	Program bool
	// Clock is the program's clock where the harness can move it; nil where the
	// program reads the clock of this machine.
	Clock Clock
}

// machine reports whether the client reads the clock of this machine.
func (a Attached) machine() bool { return a.Program && a.Clock == nil }

// Options of a Checker.
type Options struct {
	Base   time.Time   // where the clocks stand when a case begins; harness.DefaultBase when zero
	Strict bool        // SHOULD and observed differences fail too
	Keep   bool        // keep the exchanges of passing cases too
	Shapes bool        // keep the kinds of outcome, for a comparison with a baseline
	Local  clock.Clock // this machine's clock; the real one when nil
}

// Checker runs client cases against one client, one after the other. It is not
// safe for concurrent use.
type Checker struct {
	profile   *harness.Profile
	served    *harness.Profile // what the scripted servers follow
	client    Attached
	options   Options
	accounts  map[string]harness.Values
	redactor  *harness.Redactor
	tokens    tokens
	listeners map[string]*listener
	elsewhere *listener
	late      atomic.Int32          // requests of clients whose case had ended
	strays    atomic.Pointer[stage] // whose requests to other hosts are noted
}

// NewChecker prepares to check the client. Close it at the end.
func NewChecker(p *harness.Profile, client Attached, o Options) *Checker {
	if o.Base.IsZero() {
		o.Base = harness.DefaultBase
	}
	if o.Local == nil {
		o.Local = clock.New()
	}
	// Two equal calls in one second carry the same signature, which is no fault of
	// the client's.
	served := p
	if p.Choice("replay") == "refuse" {
		if lenient, err := p.With(map[string]string{"replay": "accept"}, false); err == nil {
			served = lenient
		}
	}
	c := &Checker{profile: p, served: served, client: client, options: o, listeners: map[string]*listener{}}
	c.accounts = map[string]harness.Values{"": p.Samples(), "other": otherAccount(p)}
	secrets := map[string]string{}
	for account, values := range c.accounts {
		for _, cred := range p.Credentials {
			if cred.Secret {
				secrets[strings.TrimSpace(account+" "+cred.Name)] = values[cred.Name]
			}
		}
	}
	c.redactor = harness.NewRedactor(secrets)
	return c
}

// otherAccount are credentials of the same form that belong to another customer.
func otherAccount(p *harness.Profile) harness.Values {
	v := harness.Values{}
	for name, sample := range p.Samples() {
		if n := len(sample); n > 0 {
			last := byte('9')
			if sample[n-1] == last {
				last = '8'
			}
			sample = sample[:n-1] + string(last)
		}
		v[name] = sample
	}
	return v
}

// Close gives the ports back.
func (c *Checker) Close() {
	for _, l := range c.listeners {
		l.close()
	}
	if c.elsewhere != nil {
		c.elsewhere.close()
	}
}

// Profile is the profile in use.
func (c *Checker) Profile() *harness.Profile { return c.profile }

func (c *Checker) hide(s string) string { return c.redactor.Text(s) }

// hideAll takes out the tokens of the run, too.
func (c *Checker) hideAll(s string) string { return c.tokens.hide(c.hide(s)) }

// listener finds or opens the port of a program's vendor.
func (c *Checker) listener(key string) (*listener, error) {
	if l := c.listeners[key]; l != nil {
		return l, nil
	}
	l, err := listen()
	if err == nil {
		c.listeners[key] = l
	}
	return l, err
}

// Run plays one case. It never fails: what went wrong is in the result.
func (c *Checker) Run(ctx context.Context, cs *harness.Case) (res harness.Result) {
	began := c.options.Local.Now()
	res = harness.Result{Case: cs}
	if res.Reason = c.unfit(cs); res.Reason != "" {
		res.Verdict = harness.Skip
		return res
	}
	if c.client.Bubble != nil && !c.client.Program {
		res = c.inBubble(cs)
	} else {
		for try := 1; c.play(ctx, &res) && try < attempts; try++ {
			res = harness.Result{Case: cs}
		}
	}
	res.Duration = c.options.Local.Now().Sub(began)
	return res
}

// inBubble plays a case in a bubble of its own. A client can stop the bubble's
// time, by holding a lock that others wait for while it waits for the time, or
// by never waiting; then the bubble is left to itself.
func (c *Checker) inBubble(cs *harness.Case) harness.Result {
	played := make(chan harness.Result, 1)
	go func() {
		res := harness.Result{Case: cs}
		// A context from outside must not be waited for inside.
		err := c.client.Bubble(func() { c.play(context.Background(), &res) })
		if err != nil && res.Verdict == "" {
			hung(&res, "a call never came back, and nothing was left for it to wait for", c.hideAll(err.Error()))
		}
		played <- res
	}()
	timer := c.options.Local.Timer(bubblePatience)
	defer timer.Stop()
	select {
	case res := <-played:
		return res
	case <-timer.C:
		res := harness.Result{Case: cs}
		hung(&res, "a call never came back: the client holds a lock while it waits for time to pass, waits for something outside of its case, or runs in a circle",
			"no outcome after "+bubblePatience.String())
		return res
	}
}

// bubblePatience is how long a case may really take in a bubble.
const bubblePatience = 20 * time.Second

// hung fails the case for a client that does not come back.
func hung(res *harness.Result, problem, got string) {
	res.Verdict = harness.Fail
	res.Findings = append(res.Findings, harness.Finding{Rule: res.Case.Rules[0], Level: harness.Must, Kind: "crash", Problem: problem, Want: "an outcome", Got: got})
}

// attempts is how often a case is tried that must hit a part of a second on a
// clock that is not ours.
const attempts = 5

// set builds the stage of a case.
func (c *Checker) set(cs *harness.Case) (*stage, error) {
	s := &stage{checker: c, cs: cs, players: map[string]*player{}, more: make(chan struct{}, 1), logged: &logBuffer{hide: c.hideAll}, elsewhere: "https://elsewhere.skewproof.invalid"}
	s.start = c.options.Base
	if !cs.From.IsZero() {
		s.start = cs.From
	}
	s.start = s.start.Add(cs.Fraction)
	skew, err := cs.Timeline[0].Skew.Resolve(c.profile.Window)
	if err != nil {
		return nil, err
	}
	switch {
	case c.client.Clock != nil:
		s.clock = c.client.Clock
		if err := s.clock.Advance(s.start.Add(skew).Sub(s.clock.Now())); err != nil {
			return nil, fmt.Errorf("set the client's clock: %w", err)
		}
		s.serverClock = harness.NewSkewClock(c.options.Local)
	case c.client.Program:
		s.clock = machineClock{c.options.Local}
		s.serverClock = harness.NewSkewClock(c.options.Local)
		if cs.Fraction > 0 {
			now := s.now()
			wait := now.Truncate(time.Second).Add(cs.Fraction).Sub(now)
			if wait < 0 {
				wait += time.Second
			}
			c.options.Local.Sleep(wait)
		}
	default:
		own, err := newOwnClock(s.start.Add(skew), c.client.Bubble != nil, c.client.OwnTime)
		if err != nil {
			return nil, err
		}
		s.clock, s.serverClock = own, harness.NewSkewClock(own.Clock)
	}
	s.serverClock.Set(s.now().Add(-skew))
	if c.client.Program {
		if c.elsewhere == nil {
			if c.elsewhere, err = listen(); err != nil {
				return nil, err
			}
			c.elsewhere.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if at := c.strays.Load(); at != nil {
					at.stray(w, r, r.Host, false)
				}
			})
		}
		c.strays.Store(s)
		s.elsewhere = "http://localhost" + c.elsewhere.host[strings.LastIndexByte(c.elsewhere.host, ':'):]
	}
	return s, nil
}

// play plays the case once, and reports whether it is worth another try because
// the instant was missed.
func (c *Checker) play(ctx context.Context, res *harness.Result) (again bool) {
	s, err := c.set(res.Case)
	if err != nil {
		res.Verdict, res.Reason = harness.Error, c.hideAll(err.Error())
		return false
	}
	j := &judge{stage: s, res: res, profile: c.profile}
	for i := range res.Case.Timeline {
		m := &res.Case.Timeline[i]
		if ctx.Err() != nil {
			j.end(harness.Error, "the run was interrupted")
			break
		}
		if err := s.moveTo(m); err != nil {
			j.end(harness.Error, "move the clocks to "+m.At.String()+": "+err.Error())
			break
		}
		p := s.player(m.Account)
		if p.server == nil {
			j.end(harness.Error, p.err.Error())
			break
		}
		p.server.script(m)
		s.ready(p)
		outcomes := s.play(ctx, p, m)
		if !j.moment(i, m, p, outcomes) {
			break
		}
	}
	j.late()
	j.broke("it was closed", s.close()...)
	j.conclude()
	for _, l := range c.listeners {
		l.serve(nil)
	}
	return j.missed
}
