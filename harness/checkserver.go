package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

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
		if cs.Side != "server" {
			continue
		}
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
