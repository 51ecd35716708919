package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// Checker runs cases against one server, one after the other. It is not safe for
// concurrent use: the cases share a clock.
type Checker struct {
	profile     *Profile
	target      Target
	transport   http.RoundTripper
	base        *url.URL
	start       time.Time   // where the server's clock stands when a case begins, if it is ours
	local       clock.Clock // our own clock, for servers that keep time by themselves
	credentials Values
	redactor    *Redactor
	hide        func(string) string // the redactor's Text
	unsafe      bool
	strict      bool
	keep        bool
	interval    measure.Interval // server minus local time; of a live target
	hasInterval bool
	session     *grant          // of a live target: a token that cases without special wishes share
	spent       map[string]bool // right signatures that a live target has accepted
	serial      int
	spare       []Values // see borrow
	refused     int      // steps sent that were meant to be refused
	maxRefused  int
	notes       []string
	shown       map[string]string
}

// grant is a token and when it was had.
type grant struct {
	token string
	// When it was issued, by the server's clock: the two are equal when that
	// clock is ours.
	issued, by time.Time
}

// Options of a Checker. The zero Options check an in-process server at
// DefaultBase and send nothing unsafe to any other.
type Options struct {
	Base       time.Time   // start of every case on a clock of ours; DefaultBase when zero
	Unsafe     bool        // also send operations that change something to a server that is not ours
	Strict     bool        // SHOULD and observed differences fail too
	AllowPlain bool        // plain HTTP to hosts other than this machine
	MaxRefused int         // requests meant to be refused that a live target is sent, in all; no limit when 0
	Keep       bool        // keep the exchanges of passing cases too
	Local      clock.Clock // this machine's clock; the real one when nil
}

// NewChecker prepares to check the target against the profile. It sends nothing.
func NewChecker(p *Profile, t Target, o Options) (*Checker, error) {
	base, err := checkURL(t.URL, o.AllowPlain)
	if err != nil {
		return nil, err
	}
	c := &Checker{profile: p, target: t, transport: t.Transport, base: base, start: o.Base, local: o.Local,
		credentials: t.Credentials, unsafe: o.Unsafe, strict: o.Strict, keep: o.Keep, maxRefused: o.MaxRefused, spent: map[string]bool{}}
	if c.start.IsZero() {
		c.start = DefaultBase
	}
	c.start = c.start.UTC().Truncate(time.Second)
	if c.local == nil {
		c.local = clock.New()
	}
	if c.credentials == nil {
		c.credentials = p.Samples()
	}
	secrets := map[string]string{}
	for _, cred := range p.Credentials {
		value := c.credentials[cred.Name]
		if cred.Secret {
			secrets[cred.Name] = value
		}
		if value == "" && !cred.Optional {
			return nil, fmt.Errorf("%s needs the credential %s", p.Vendor, cred.Name)
		}
	}
	c.redactor = NewRedactor(secrets)
	c.hide = c.redactor.Text
	return c, nil
}

// Profile is the profile in use: after Calibrate, with the variants by which
// the target accepts requests.
func (c *Checker) Profile() *Profile { return c.profile }

// Redactor hides this run's secrets.
func (c *Checker) Redactor() *Redactor { return c.redactor }

// Offset is how far the target's clock was measured to be ahead of ours; ok is
// false when the clock is ours or told no time.
func (c *Checker) Offset() (i measure.Interval, ok bool) { return c.interval, c.hasInterval }

// ShareClock takes over what another checker measured of the same server's
// clock, so that it is measured once.
func (c *Checker) ShareClock(other *Checker) {
	if c.live() && c.target.URL == other.target.URL {
		c.interval, c.hasInterval = other.interval, other.hasInterval
	}
}

// Notes are sentences about the target that no case stands for.
func (c *Checker) Notes() []string { return c.notes }

// Shown are the variants that calibration found the target to follow.
func (c *Checker) Shown() map[string]string { return c.shown }

// live reports whether the server keeps time by itself.
func (c *Checker) live() bool { return c.target.Clock == nil }

// UnreachableError says that the target could not be talked to.
type UnreachableError struct{ Err error }

func (e *UnreachableError) Error() string { return "target unreachable: " + e.Err.Error() }

// Unwrap gives the transport's error.
func (e *UnreachableError) Unwrap() error { return e.Err }

// CredentialsError says that the target does not know the credentials, so that
// no case could tell anything.
type CredentialsError struct{ Problem string }

func (e *CredentialsError) Error() string { return e.Problem }

// Calibrate measures the clock of a server that keeps its own, and finds out
// which of the open variants of signing and sending it accepts. It sends a
// handful of requests.
func (c *Checker) Calibrate(ctx context.Context) error {
	if c.live() && !c.hasInterval {
		if err := c.measureClock(ctx); err != nil {
			return err
		}
	}
	names := c.profile.signingVariants()
	if len(names) == 0 && !c.live() {
		return nil
	}
	var first string
	for _, choice := range choices(c.profile, names) {
		p, err := c.profile.With(choice, false)
		if err != nil {
			return err
		}
		outcome, err := c.try(ctx, p)
		if err != nil {
			return err
		}
		if outcome == "" {
			c.profile, c.shown = p, map[string]string{}
			for _, n := range names {
				c.shown[n] = p.Choice(n)
			}
			return nil
		}
		if first == "" {
			first = outcome
		}
	}
	c.session = nil
	c.notes = append(c.notes, fmt.Sprintf("the target accepts no request, under no variant: the documented form was %s", first))
	if c.live() {
		for _, e := range []string{"key", "credentials", "signature"} {
			if first == "refused with "+e {
				return &CredentialsError{fmt.Sprintf("%s: the target refuses a right request: %s; check %s", c.profile.Vendor, first, c.credentialNames(e))}
			}
		}
	}
	return nil
}

func (c *Checker) credentialNames(refused string) string {
	identity, secret := EnvName(c.profile.Vendor, c.profile.Identity().Name), EnvName(c.profile.Vendor, c.profile.Secret().Name)
	switch refused {
	case "key":
		return identity
	case "signature":
		return secret
	}
	return identity + " and " + secret
}

// EnvName is the environment variable that holds a credential.
func EnvName(vendor, credential string) string {
	clean := strings.NewReplacer("-", "_", ".", "_").Replace(vendor + "_" + credential)
	return "SKEWPROOF_" + strings.ToUpper(clean)
}

func (c *Checker) measureClock(ctx context.Context) error {
	interval, err := c.offset(ctx, 6)
	switch {
	case err == nil:
		c.interval, c.hasInterval = interval, true
	case errors.Is(err, measure.ErrNoDate):
		c.notes = append(c.notes, "answers carry no usable Date, so the target's clock is taken to be ours, give or take the window: edges cannot be resolved")
	case errors.Is(err, measure.ErrUnsteady):
		c.interval, c.hasInterval = interval, true
		c.notes = append(c.notes, "the Date of the answers is unsteady: "+err.Error())
	default:
		return &UnreachableError{err}
	}
	return nil
}

// signingVariants are the open questions about how a request is made.
func (p *Profile) signingVariants() []string {
	var names []string
	seen := func(text string) {
		for _, n := range ParseTemplate(text).Names() {
			if v := p.Variants[n]; v != nil && !v.Client && !p.binding(n) && !contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, s := range p.raw.Recipes.Request {
		seen(s.Text)
		for _, step := range s.Steps {
			seen(step)
		}
	}
	for _, f := range []*rawForm{p.raw.Login, p.raw.Call} {
		if f == nil {
			continue
		}
		for _, list := range []ordered[string]{f.Values, f.Headers, f.Query, f.Fields} {
			for _, e := range list.entries {
				seen(e.key)
				seen(e.value)
			}
		}
		seen(f.Encoding)
	}
	return names
}

// choices lists the profile's own choice, then those that differ from it in one
// variant, then in two.
func choices(p *Profile, names []string) []map[string]string {
	all := []map[string]string{{}}
	var single []map[string]string
	for _, n := range names {
		for _, v := range p.Variants[n].Values {
			if v != p.Choice(n) {
				single = append(single, map[string]string{n: v})
			}
		}
	}
	all = append(all, single...)
	for i, a := range single {
		for _, b := range single[i+1:] {
			pair := map[string]string{}
			for n, v := range a {
				pair[n] = v
			}
			for n, v := range b {
				pair[n] = v
			}
			if len(pair) == 2 {
				all = append(all, pair)
			}
		}
	}
	return all
}

// try sends one right request under the profile and says how it was refused;
// the empty text means that it was accepted.
func (c *Checker) try(ctx context.Context, p *Profile) (string, error) {
	probe := *c
	probe.profile = p
	r := probe.newRun(ctx, nil)
	defer func() { c.session = nil }()
	op, err := p.operationFor(Step{})
	if err != nil {
		return "", err
	}
	step := Step{operation: op, Expect: Expect{Accept: true}}
	d, a, err := r.send(&step)
	if err != nil {
		return "", err
	}
	if a == nil {
		return r.refusedLogin, nil
	}
	if name, ok := p.accepted(d, a); !ok {
		return name, nil
	}
	return "", nil
}

// CheckServer runs every server case of the profile against the target and
// returns the breaches as one error, or nil. It is the whole harness in one
// call, for use in a plain test.
func CheckServer(ctx context.Context, p *Profile, t Target, o Options) error {
	c, err := NewChecker(p, t, o)
	if err != nil {
		return err
	}
	if err := c.Calibrate(ctx); err != nil {
		return err
	}
	var all []error
	for _, cs := range p.Cases {
		if r := c.Run(ctx, cs); r.Verdict == Fail || r.Verdict == Error {
			all = append(all, r.Err())
		}
	}
	return errors.Join(all...)
}

// Err renders a failed result as an error; nil for one that did not fail.
func (r Result) Err() error {
	if r.Verdict != Fail && r.Verdict != Error {
		return nil
	}
	lines := []string{r.Case.Name() + ": " + string(r.Verdict)}
	if r.Reason != "" {
		lines[0] += ": " + r.Reason
	}
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("\t%s %s: %s", f.Rule, f.Level, f.Problem))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// body is the body of an in-memory response.
type body struct{ rest []byte }

func (b *body) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *body) Close() error { return nil }
