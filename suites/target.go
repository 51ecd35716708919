package suites

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/benbjohnson/clock"
	"github.com/jarcoal/httpmock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// target is what the profile's cases are sent to.
func (r *runner) target(p *harness.Profile) (harness.Target, error) {
	o := &r.options
	if o.Target != "" {
		u, err := url.Parse(o.Target)
		if err != nil {
			return harness.Target{}, fmt.Errorf("target %q cannot be read; write an absolute URL such as https://sandbox.example.com", harness.ShownURL(o.Target))
		}
		limits := harness.Budget{Requests: o.MaxRequests, Rate: o.Rate}
		if limits.Requests == 0 {
			limits.Requests = 2000
		}
		if limits.Rate == 0 && !harness.Loopback(u.Hostname()) {
			limits.Rate = 10
		}
		return harness.Target{URL: o.Target, Transport: harness.NewGuard(harness.LiveTransport(), u.Host, limits, r.clock)}, nil
	}
	handler := o.Handler
	if handler == nil {
		handler = func(clk clock.Clock) http.Handler { return reference.New(p, clk) }
	}
	target := harness.HandlerTarget(handler)
	mock := httpmock.NewMockTransport()
	// Known operations are found by their exact URL at once; what is odd on
	// purpose falls through to the same handler.
	for _, op := range p.Operations {
		mock.RegisterResponder(op.Method, target.URL+op.Path, target.Transport.RoundTrip)
	}
	if p.Login != nil {
		mock.RegisterResponder(p.Login.Operation.Method, target.URL+p.Login.Operation.Path, target.Transport.RoundTrip)
	}
	mock.RegisterNoResponder(target.Transport.RoundTrip)
	target.Transport = mock
	return target, nil
}
