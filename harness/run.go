package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
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
	open         bool          // some step's expectation hung on an open question
	roundTrip    time.Duration // the longest exchange so far
}

// exchanged is an exchange before it is redacted.
type exchanged struct {
	step int
	d    *draft
	a    *answer
	err  error
}

// maxWait is how long a live case may really wait for time to pass.
const maxWait = 2 * time.Second

// attempts is how often a live step is tried when the exchange was too slow to
// tell on which side of an edge its stamp was judged.
const attempts = 3

func (c *Checker) newRun(ctx context.Context, cs *Case) *run {
	r := &run{c: c, ctx: ctx}
	if c.live() {
		r.began = c.local.Now().Add(c.interval.Mid())
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
	began := c.local.Now()
	r := c.newRun(ctx, cs)
	res := Result{Case: cs}
	if reason := c.unfit(cs); reason != "" {
		res.Verdict, res.Reason = Skip, reason
		return res
	}
	for i := range cs.Steps {
		if !r.step(&res, cs, i) {
			break
		}
	}
	c.conclude(&res, r)
	for _, x := range r.exchanges {
		if !x.d.repeated {
			c.spare = append(c.spare, x.d.values)
		}
	}
	res.Duration = c.local.Now().Sub(began)
	return res
}

// borrow gives a map for the values of a request. Maps are used again from case
// to case, because they were a good part of what a case cost.
func (c *Checker) borrow() Values {
	n := len(c.spare)
	if n == 0 {
		return make(Values, 24)
	}
	v := c.spare[n-1]
	c.spare = c.spare[:n-1]
	clear(v)
	return v
}

// needsClock is why a live target is not asked about exact edges and about what
// happens hours later.
const needsClock = "needs a clock we own; the target keeps its own"

// unfit says why the case cannot be run against this target; empty when it can.
func (c *Checker) unfit(cs *Case) string {
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
					res.Verdict, res.Reason = Error, r.c.redactor.Text(oneLine(err.Error()))
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
			res.Findings = append(res.Findings, r.c.profile.finding(firstOf(r.c.claim("login-accepted"), cs.Rules[0]), "outcome", "a right login was refused, so no call could be made", "acceptance", r.refusedLogin))
			return false
		case a.status == http.StatusTooManyRequests && !contains(s.Expect.Refuse, "rate-limited"):
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
		r.open = r.open || out.open
		res.Shown = append(res.Shown, out.shown...)
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
	return Error, r.c.redactor.Text(oneLine(err.Error()))
}

func (c *Checker) claim(name string) string {
	if ids := c.profile.Rules[name]; len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// conclude sums the findings up into a verdict.
func (c *Checker) conclude(res *Result, r *run) {
	sort.SliceStable(res.Findings, func(i, j int) bool { return rank(res.Findings[i].Level) < rank(res.Findings[j].Level) })
	if res.Verdict == "" {
		res.Verdict = Pass
		if r.open || res.Case.Level == Open || res.Case.Level == May {
			res.Verdict = Observed
		}
		for _, f := range res.Findings {
			if f.Level == Must || c.strict {
				res.Verdict = Fail
				break
			}
			res.Verdict = Observed
		}
		for _, shown := range res.Shown {
			name, values := shown.Variant, shown.Values
			if c.strict && !contains(values, c.profile.Variants[name].Default) && !c.profile.pinned[name] {
				res.Verdict = Fail
				res.Findings = append(res.Findings, Finding{Rule: firstOf(c.profile.Variants[name].Rule, res.Case.Rules[0]), Level: Open, Kind: "variant",
					Problem: "the target shows another value of the variant " + name + " than is assumed", Want: c.profile.Variants[name].Default, Got: strings.Join(values, " or ")})
			}
		}
	}
	if tells := res.Verdict != Pass && (res.Verdict != Observed || len(res.Findings) > 0); tells || c.keep {
		tokens := r.tokenHider()
		for _, x := range r.exchanges {
			res.Sent = append(res.Sent, c.show(x, tokens))
		}
		for i, s := range res.Stages {
			res.Stages[i].Value = tokens.Replace(c.redactor.Text(s.Value))
		}
		for i := range res.Findings {
			f := &res.Findings[i]
			f.Problem, f.Want, f.Got = c.redactor.Text(f.Problem), tokens.Replace(c.redactor.Text(f.Want)), tokens.Replace(c.redactor.Text(f.Got))
		}
	} else {
		res.Stages = nil
	}
}

func rank(l Level) int {
	for i, known := range []Level{Must, Should, May, Open} {
		if l == known {
			return i
		}
	}
	return 0
}

// send carries one step out: logs in first if the call needs a token, moves the
// clock, builds the request and reads the answer. The answer is nil when the
// login was refused.
func (r *run) send(s *Step) (*draft, *answer, error) {
	p := r.c.profile
	form := p.Call
	if p.Login != nil && s.operation == p.Login.Operation || s.Call == "login" {
		form = p.Login
	}
	d := &draft{profile: p, form: form, op: s.operation, values: r.c.borrow()}
	for name, value := range r.c.credentials {
		d.values[name] = value
	}
	d.values["serial"] = r.serial()
	if form == p.Login {
		d.op = p.Login.Operation
	}
	if form != p.Login && form.uses("token") || s.Token != "" {
		g, ok, err := r.token(s.Token)
		if err != nil || !ok {
			return d, nil, err
		}
		d.values["token"], d.tokenLogin, d.tokenBy = g.token, g.issued, g.by
	}
	at, err := s.At.Resolve(p.Window.aging())
	if err != nil {
		return d, nil, err
	}
	skew, err := s.Skew.Resolve(p.Window)
	if err != nil {
		return d, nil, err
	}
	if err := r.setTime(d, at, skew, form.uses("timestamp")); err != nil {
		return d, nil, err
	}
	if s.Repeat && r.previous != nil {
		again := *r.previous
		again.now, again.known, again.repeated = d.now, nil, true
		d = &again
	} else {
		d.build(s.Break)
	}
	r.previous = d
	d.reused = r.c.live() && !s.Repeat && r.c.spent[d.right]
	a, err := r.exchange(d)
	return d, a, err
}

// serial is a text no other request of the run carries, for what a server wants
// unique. On a clock of ours it is the same in every run.
func (r *run) serial() string {
	r.c.serial++
	if r.c.live() {
		return strconv.FormatInt(r.began.UnixMilli()*1000+int64(r.c.serial%1000), 36)
	}
	return strconv.Itoa(len(r.exchanges) + 1)
}

// setTime moves the server's clock, or waits for it, and works out the stamp.
func (r *run) setTime(d *draft, at, skew time.Duration, stamped bool) error {
	c, f := r.c, r.c.profile.Timestamp
	r.stamped, r.nominal = stamped && f != nil, skew
	if !c.live() {
		// The client's clock stands on a whole granule, so that the stamp
		// loses nothing and its age is the skew to the nanosecond.
		now := r.began.Add(at)
		if r.stamped {
			now = now.Add(fraction(-skew, f.Granule))
			r.stamp = now.Add(skew)
			d.values["timestamp"] = f.Format(r.stamp)
		}
		c.target.Clock.Set(now)
		d.now = now
		return nil
	}
	if wait := r.began.Add(at).Sub(c.local.Now().Add(c.interval.Mid())); wait > 0 && at > 0 {
		if err := r.pause(wait); err != nil {
			return err
		}
	}
	local := c.local.Now()
	d.now = local.Add(c.interval.Mid())
	if r.stamped {
		r.stamp = r.liveStamp(local, skew, f.Granule)
		d.values["timestamp"] = f.Format(r.stamp)
	}
	return nil
}

// pause really waits, on our own clock.
func (r *run) pause(d time.Duration) error {
	timer := r.c.local.Timer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// fraction is the part of d above a whole number of granules, never negative.
func fraction(d, granule time.Duration) time.Duration {
	if d %= granule; d < 0 {
		d += granule
	}
	return d
}

// liveStamp chooses a stamp for a server whose clock we know only to lie in an
// interval: rounded away from the edge the case is about, so that a right
// server cannot be caught on the wrong side of it.
func (r *run) liveStamp(local time.Time, skew, granule time.Duration) time.Time {
	i, w := r.bounds(), r.c.profile.Window
	late := r.roundTrip + r.roundTrip/2
	down := func(t time.Time) time.Time { return t.Truncate(granule) }
	up := func(t time.Time) time.Time { return t.Add(granule - 1).Truncate(granule) }
	switch age := -skew; {
	case age == 0:
		return down(local.Add(r.c.interval.Mid()))
	case age > w.Past, age < 0 && age >= -w.Future:
		return down(local.Add(i.Lo + skew))
	case age < -w.Future:
		return up(local.Add(i.Hi + skew + late))
	default:
		stamp := up(local.Add(i.Hi + skew + late))
		if limit := down(local.Add(i.Mid())); stamp.After(limit) {
			return limit
		}
		return stamp
	}
}

// bounds is the interval of the target's clock; without a Date, the window.
func (r *run) bounds() measure.Interval {
	if r.c.hasInterval {
		return r.c.interval
	}
	return measure.Interval{Lo: -r.c.profile.Window.Past, Hi: r.c.profile.Window.Future}
}

// age bounds how old the last stamp was when the server judged it, and reports
// whether the whole range lies on the side of the window's edges that the case
// is about.
func (r *run) age(a *answer) (AgeRange, bool) {
	if !r.stamped || !r.c.live() {
		return AgeRange{}, true
	}
	age := AgeRange{Min: a.earliest.Sub(r.stamp), Max: a.latest.Sub(r.stamp)}
	w := r.c.profile.Window
	if w.Past == 0 || w.Future == 0 {
		return age, true
	}
	switch nominal := -r.nominal; {
	case nominal > w.Past:
		return age, age.Min >= w.Past+w.Granule
	case nominal < -w.Future:
		return age, age.Max <= -w.Future-w.Granule/2
	case nominal == 0 && !r.c.hasInterval:
		return age, true
	default:
		return age, age.Max < w.Past && age.Min > -w.Future
	}
}

// token finds the token a step uses, logging in for it when there is none yet.
func (r *run) token(name string) (grant, bool, error) {
	if g, ok := r.tokens[name]; ok {
		return g, true, nil
	}
	if name != "" {
		return grant{}, false, fmt.Errorf("no earlier step saved a token as %q", name)
	}
	c := r.c
	if c.live() && c.session != nil && c.local.Now().Add(c.interval.Mid()).Sub(c.session.issued) < c.profile.Token.Lifetime/2 {
		return *c.session, true, nil
	}
	d, a, err := r.send(&Step{Call: "login", operation: c.profile.Login.Operation})
	if err != nil {
		return grant{}, false, err
	}
	out := c.profile.compare(&Case{Rules: []string{""}}, c.loginReply(), "", d, a)
	token := out.captured["token"]
	if token == "" {
		r.refusedLogin, _ = c.profile.accepted(d, a)
		if r.refusedLogin == "" {
			r.refusedLogin = "answered without a token: " + statusText(a.status) + " " + excerpt(a)
		}
		return grant{}, false, nil
	}
	g := grant{token: token, issued: a.earliest, by: a.latest}
	r.save("", g)
	if c.live() {
		c.session = &g
	}
	return g, true, nil
}

func (c *Checker) loginReply() *Reply { return c.profile.replyTo(c.profile.Login.Operation) }

func (r *run) save(name string, g grant) {
	if r.tokens == nil {
		r.tokens = map[string]grant{}
	}
	r.tokens[name] = g
}

// keepToken saves what a login step granted.
func (r *run) keepToken(s *Step, d *draft, a *answer, out outcome) {
	if token := out.captured["token"]; s.Call == "login" && token != "" {
		r.c.session = nil // it may have ended with this login
		r.save(s.Save, grant{token: out.captured["token"], issued: a.earliest, by: a.latest})
	}
}

// exchange sends the draft and reads the answer, at most MaxBody of it.
func (r *run) exchange(d *draft) (*answer, error) {
	c := r.c
	var ctx context.Context
	if c.live() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(r.ctx, RequestTimeout)
		defer cancel()
	} else if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	req, err := d.request(ctx, c.base)
	if err != nil {
		return nil, err
	}
	sent := c.local.Now()
	resp, err := c.target.Transport.RoundTrip(req)
	a := &answer{hide: c.hide}
	if err != nil {
		if a.unusable = unusable(err); a.unusable == "" {
			r.exchanges = append(r.exchanges, exchanged{len(r.exchanges), d, nil, err})
			return nil, err
		}
	} else {
		a.status, a.header = resp.StatusCode, resp.Header
		a.body, err = readAll(resp)
		resp.Body.Close()
		switch {
		case err != nil && ctx != nil && ctx.Err() != nil:
			a.unusable = fmt.Sprintf("the answer did not end within %v", RequestTimeout)
		case err != nil:
			a.unusable = "the answer broke off: " + err.Error()
		case len(a.body) > MaxBody:
			a.unusable = fmt.Sprintf("the answer is longer than %d bytes", MaxBody)
			a.body = a.body[:MaxBody]
		default:
			a.doc, a.noJSON = decodeJSON(a.body)
		}
	}
	received := c.local.Now()
	r.roundTrip = max(r.roundTrip, received.Sub(sent))
	if c.live() {
		i := r.bounds()
		a.earliest, a.latest = sent.Add(i.Lo), received.Add(i.Hi)
	} else {
		a.earliest, a.latest = d.now, d.now
	}
	r.exchanges = append(r.exchanges, exchanged{len(r.exchanges), d, a, nil})
	return a, nil
}

// readAll reads a body to its end, or one byte further than is allowed.
func readAll(resp *http.Response) ([]byte, error) {
	if b, ok := resp.Body.(*body); ok { // of a handler in this process: already in memory
		return b.rest[:min(len(b.rest), MaxBody+1)], nil
	}
	return io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
}

// unusable tells an answer no client could work with, which is the server's
// fault, from a link that failed; it is empty for the latter.
func unusable(err error) string {
	var limit *LimitError
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &limit), errors.As(err, &op), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return ""
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return ""
	}
	return "no usable HTTP answer: " + oneLine(err.Error())
}

// show renders an exchange for the report.
func (c *Checker) show(x exchanged, tokens *strings.Replacer) Exchange {
	hide := func(s string) string { return tokens.Replace(c.redactor.Text(s)) }
	text := func(s string) string { return shorten(strings.ToValidUTF8(hide(s), "\uFFFD"), maxShown) }
	headers := func(h http.Header) []string {
		var out []string
		for name, values := range h {
			for _, v := range values {
				out = append(out, name+": "+text(v))
			}
		}
		sort.Strings(out)
		return out
	}
	e := Exchange{Step: x.step + 1, Method: x.d.method, Target: text(x.d.wholeTarget()), RequestBody: text(x.d.body), RequestHeader: headers(x.d.headers)}
	if x.err != nil {
		e.Problem = c.redactor.Text(oneLine(x.err.Error()))
		return e
	}
	e.Status, e.Problem = x.a.status, c.redactor.Text(x.a.unusable)
	e.ResponseHeader, e.ResponseBody = headers(x.a.header), text(string(x.a.body))
	return e
}

// tokenHider hides every token that the run was granted or sent.
func (r *run) tokenHider() *strings.Replacer {
	var pairs []string
	hide := func(token string) {
		if len(token) >= minToken {
			by := "‹token of " + strconv.Itoa(len(token)) + " characters›"
			pairs = append(pairs, token, by, url.QueryEscape(token), by)
		}
	}
	for _, x := range r.exchanges {
		hide(x.d.values["token"])
	}
	for _, name := range sortedKeys(r.tokens) {
		hide(r.tokens[name].token)
	}
	return strings.NewReplacer(pairs...)
}

// minToken is the shortest text that is hidden as a token, in characters; what
// is shorter is an odd one, sent on purpose.
const minToken = 16

// maxShown is how much of a body the report shows, in bytes.
const maxShown = 4096
