package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/skewproof/skewproof/harness/measure"
)

// ShareClock takes over what another checker measured of the same server's
// clock, so that it is measured once.
func (c *Checker) ShareClock(other *Checker) {
	if c.live() && c.target.URL == other.target.URL {
		c.interval, c.hasInterval = other.interval, other.hasInterval
	}
}

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
		for _, n := range parseTemplate(text).Names() {
			if v := p.Variants[n]; v != nil && !v.Client && !p.Binding(n) && !slices.Contains(names, n) {
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

// Calibration is what Calibrate found out. Restore takes it over, for a run from
// tapes.
type Calibration struct {
	Offset *measure.Interval // server minus local time; nil when the clock is ours or told no time
	Shown  map[string]string // variants of signing and sending that the target accepts
	Notes  []string
}

// Calibration is what Calibrate found out.
func (c *Checker) Calibration() Calibration {
	cal := Calibration{Shown: c.shown, Notes: c.notes}
	if c.hasInterval {
		i := c.interval
		cal.Offset = &i
	}
	return cal
}

// Restore takes over what an earlier run found out, in the place of Calibrate.
func (c *Checker) Restore(cal Calibration) error {
	p, err := c.profile.With(cal.Shown, false)
	if err != nil {
		return fmt.Errorf("the variants of the recording: %w", err)
	}
	c.profile, c.shown, c.notes = p, cal.Shown, cal.Notes
	if c.hasInterval = cal.Offset != nil; c.hasInterval {
		c.interval = *cal.Offset
	}
	return nil
}
