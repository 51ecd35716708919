package scripted

import (
	"context"
	"errors"

	"github.com/skewproof/skewproof/harness"
)

// Check runs every client case of the profile against the client and returns the
// breaches as one error, or nil: the whole of this package in one call, for use
// in a plain test.
func Check(ctx context.Context, p *harness.Profile, client Attached, o Options) error {
	c := NewChecker(p, client, o)
	defer c.Close()
	var all []error
	for _, cs := range p.Cases {
		if cs.Side != "client" {
			continue
		}
		if r := c.Run(ctx, cs); r.Verdict == harness.Fail || r.Verdict == harness.Error {
			all = append(all, r.Err())
		}
	}
	return errors.Join(all...)
}
