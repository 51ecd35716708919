package mutant

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// follower goes where a redirect leads with the very request that was
// redirected.
type follower struct {
	next    http.RoundTripper
	follows func(from, to *http.Request) bool
}

func (f follower) RoundTrip(r *http.Request) (*http.Response, error) {
	body := func() *http.Request {
		again := r.Clone(r.Context())
		if r.GetBody != nil {
			again.Body, _ = r.GetBody() // of a text, which cannot fail
		}
		return again
	}
	resp, err := f.next.RoundTrip(body())
	for hops := 0; err == nil && hops < 5 && resp.StatusCode >= 300 && resp.StatusCode < 400; hops++ {
		to, badly := resp.Location()
		again := body()
		if badly != nil {
			return resp, nil
		}
		if again.URL, again.Host = to, to.Host; !f.follows(r, again) {
			return resp, nil
		}
		resp.Body.Close()
		if resp, err = f.next.RoundTrip(again); err != nil {
			err = fmt.Errorf("after a redirect: %w", err)
		}
	}
	return resp, err
}

// clientRedirects has clients follow redirects with what was signed or granted
// for somewhere else.
func (m *maker) clientRedirects() {
	p := m.profile
	follows := func(id, says, catalogue string, claims []string, of func(from, to *http.Request) bool) {
		m.add(Mutant{ID: "redirect-" + id, Says: says, Catalogue: catalogue, Rules: m.clientRules(claims),
			Client: func(c harness.ClientConfig) (harness.Client, error) {
				c.Transport = follower{c.Transport, of}
				return reference.NewTamperedClient(p, c, reference.ClientTamper{})
			}})
	}
	isLogin := func(r *http.Request) bool {
		return p.Login != nil && strings.HasSuffix(r.URL.Path, p.Login.Operation.Path)
	}
	// Elsewhere a secret, a token and the header Authorization are known for what
	// they are, and a signature in the query or the body is not.
	secret := func(f *harness.Form) bool {
		return carries(f, "token") || carries(f, p.Secret().Name) || slices.ContainsFunc(f.Headers, func(n harness.Named) bool { return strings.EqualFold(n.Name, "Authorization") })
	}
	if secret(p.Call) {
		follows("to-another-host", "calls are redirected to another host, credentials and all", "", []string{"client-redirect"}, func(from, to *http.Request) bool {
			return from.URL.Host != to.URL.Host && !isLogin(from)
		})
	}
	if p.Login != nil && secret(p.Login) {
		follows("of-a-login", "a login is redirected to another host, credentials and all", "", []string{"client-redirect"}, func(from, to *http.Request) bool {
			return from.URL.Host != to.URL.Host && isLogin(from)
		})
	}
	if p.Timestamp != nil && m.redirectsHome() {
		follows("with-the-old-signature", "a redirect on the same host is followed with the old signature", "C09", []string{"client-retry", "client-stale"}, func(from, to *http.Request) bool {
			return from.URL.Host == to.URL.Host
		})
	}
}

// redirectsHome reports whether some case redirects a call on its own host:
// where the pages say nothing of it, none does.
func (m *maker) redirectsHome() bool {
	for _, c := range m.profile.Cases {
		for _, moment := range c.Timeline {
			for _, a := range moment.Answers {
				if strings.HasPrefix(a.RedirectTo, "/") {
					return true
				}
			}
		}
	}
	return false
}
