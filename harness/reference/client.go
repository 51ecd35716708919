package reference

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// Client is an unbroken client for a profile: it stamps and signs each request
// when it is sent, shares one token among its callers for as long as it lives,
// and repeats a call once when its token was refused or the server was busy.
type Client struct {
	profile *harness.Profile
	reader  *harness.Profile // reads every form of answer that the pages leave open
	config  harness.ClientConfig
	http    *http.Client
	tokens  tokenStore
	tamper  ClientTamper
}

// NewClient returns a client for the profile. It refuses to send credentials in
// the clear, or to go without them.
func NewClient(p *harness.Profile, c harness.ClientConfig) (*Client, error) {
	return NewTamperedClient(p, c, ClientTamper{})
}

// NewTamperedClient returns a client that is broken so.
func NewTamperedClient(p *harness.Profile, c harness.ClientConfig, t ClientTamper) (*Client, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL %q: %w", c.BaseURL, err)
	}
	if base.Scheme != "https" && !t.Careless && !harness.Loopback(base.Hostname()) {
		return nil, fmt.Errorf("base URL %s: credentials are sent over https only", c.BaseURL)
	}
	for _, cred := range p.Credentials {
		if !cred.Optional && !t.Careless && c.Credentials[cred.Name] == "" {
			return nil, fmt.Errorf("the credential %s is empty", cred.Name)
		}
	}
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	made := &Client{profile: p, tamper: t, reader: p.Unpinned(), config: c, http: &http.Client{Transport: c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	made.tokens = tokenStore{clock: c.Clock, login: made.login, tamper: t}
	made.tokens.margin, _ = time.ParseDuration(p.Choice("refresh-margin")) // no margin where the pages name none
	return made, nil
}

// callError is why a call ended badly.
type callError struct {
	kind, message string
	token         bool          // the token was refused, and a new one may help
	busy          bool          // the server may be less busy later
	wait          time.Duration // until then
}

func (e *callError) Error() string { return e.message }

// Call makes one call.
func (c *Client) Call(ctx context.Context, call harness.Call) harness.Outcome {
	var failed *callError
	most := max(1, c.tamper.Most)
	var before *http.Request
	for renewed, repeated := 0, 0; ; {
		token, err := c.token(ctx)
		var a *apiAnswer
		if err == nil {
			a, before, err = c.send(ctx, c.profile.Call, call, token, before)
		}
		switch {
		case err == nil:
			return harness.Outcome{Status: a.status, Body: string(a.body)}
		case !errors.As(err, &failed):
			return harness.Outcome{Kind: "other", Message: err.Error()}
		case failed.token && token != "" && renewed < most:
			renewed++
			if !c.tamper.Keeps {
				c.tokens.forget(token)
			}
		case failed.busy && token != "" == (c.profile.Login != nil) && repeated < most && failed.wait <= longestWait:
			repeated++
			if failed.wait > 0 {
				<-c.config.Clock.After(failed.wait)
			}
		default:
			return harness.Outcome{Kind: failed.kind, Message: failed.message}
		}
	}
}

// longestWait is how long a caller is kept waiting for a busy server.
const longestWait = 2 * time.Minute

func (c *Client) token(ctx context.Context) (string, error) {
	if c.profile.Login == nil {
		return "", nil
	}
	return c.tokens.get(ctx)
}

// login gets a token and how long it lives, which is nothing when the server
// tells no sensible lifetime.
func (c *Client) login(ctx context.Context) (string, time.Duration, error) {
	op := c.profile.Login.Operation
	var a *apiAnswer
	var err error
	for n := 0; n == 0 || err != nil && n < c.tamper.Most; n++ {
		a, _, err = c.send(ctx, c.profile.Login, harness.Call{Operation: op.Name, Method: op.Method, Path: op.Path}, "", nil)
	}
	if err != nil {
		var failed *callError
		if errors.As(err, &failed) {
			failed.token, failed.busy = false, false // a refused login stays refused
		}
		return "", 0, err
	}
	value, _ := harness.Lookup(a.doc, c.profile.LoginPlace("token"))
	token, _ := value.(string)
	token = strings.TrimPrefix(token, "Bearer ") // some issue it with the scheme before it
	if c.tamper.Token != nil {
		token = c.tamper.Token(token)
	}
	if token == "" {
		return "", 0, &callError{kind: "protocol", message: "the login was answered without a token"}
	}
	life := c.profile.Token.Lifetime
	if place := c.profile.LoginPlace("lifetime"); place != nil {
		told, _ := harness.Lookup(a.doc, place)
		life = lifetime(told)
	}
	if c.tamper.Life != nil {
		life = c.tamper.Life(life)
	}
	return token, life, nil
}

// lifetime reads seconds, as a number or as text. What cannot be read, or is not
// positive, is no time at all; what is huge is ten years.
func lifetime(told any) time.Duration {
	seconds, err := strconv.ParseFloat(fmt.Sprint(told), 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	const tenYears = 10 * 365 * 24 * 3600
	return time.Duration(min(seconds, tenYears) * float64(time.Second))
}
