// Package inprocess is a test that gives Skewproof a handler or a client which
// goes wrong in the way that CANARY_HOW names, and has the secret that it was
// given in all that it says.
package inprocess

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/suites"
)

var options *suites.Options

func TestMain(m *testing.M) {
	options = suites.Flags(flag.CommandLine)
	flag.Parse()
	os.Exit(m.Run())
}

func TestSecretIsTold(t *testing.T) {
	how := os.Getenv("CANARY_HOW")
	options.Vendors = []string{os.Getenv("CANARY_VENDOR")}
	if strings.HasPrefix(how, "handler") {
		options.Credentials = map[string]string{}
		for _, name := range []string{"access_key", "secret_key"} {
			options.Credentials[name] = os.Getenv(harness.EnvName("trolley", name))
		}
		options.Handler = func(clock.Clock) http.Handler { return handler{how, options.Credentials["secret_key"]} }
	} else {
		options.Client = func(c harness.ClientConfig) (harness.Client, error) { return newClient(how, c) }
	}
	suites.Run(t, *options)
}

func told(secret string) string {
	return fmt.Sprintf("[[plain]]%s [[quoted]]%q [[hex]]%x", secret, secret, secret)
}

type handler struct{ how, secret string }

func (h handler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	switch h.how {
	case "handler-panics":
		panic(told(h.secret))
	case "handler-panics-with-an-error":
		panic(fmt.Errorf("sign: %w", errors.New(told(h.secret))))
	case "handler-panics-with-itself":
		panic(h)
	case "handler-writes-then-panics":
		fmt.Fprint(w, told(h.secret))
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprint(w, told(h.secret))
}

// SetState fails, and says too much.
func (h handler) SetState(string) error { return errors.New("no state for " + told(h.secret)) }

type client struct {
	how     string
	secrets []string
	config  harness.ClientConfig
}

func newClient(how string, config harness.ClientConfig) (harness.Client, error) {
	c := &client{how: how, config: config}
	for _, value := range config.Credentials {
		c.secrets = append(c.secrets, value)
	}
	switch how {
	case "client-maker-panics":
		panic(c.told())
	case "client-maker-fails":
		return nil, errors.New(c.told())
	}
	return c, nil
}

func (c *client) told() string {
	var all []string
	for _, s := range c.secrets {
		all = append(all, told(s))
	}
	return strings.Join(all, "\n")
}

// Call goes wrong.
func (c *client) Call(ctx context.Context, call harness.Call) harness.Outcome {
	switch c.how {
	case "client-panics":
		panic(c.told())
	case "client-panics-with-an-error":
		panic(fmt.Errorf("sign: %w", errors.New(c.told())))
	case "client-panics-with-itself":
		panic(c)
	case "client-body":
		return harness.Outcome{Status: http.StatusOK, Body: c.told()}
	case "client-kind":
		return harness.Outcome{Kind: c.told(), Message: "it failed"}
	case "client-unsupported":
		return harness.Outcome{Kind: harness.Unsupported, Message: c.told()}
	case "client-unreachable":
		return harness.Outcome{Kind: harness.Unreachable, Message: c.told()}
	case "client-logs":
		fmt.Fprintln(c.config.Log, c.told())
	case "client-hangs":
		select {} // its stack has the secrets in reach
	case "client-sends":
		r, err := http.NewRequestWithContext(ctx, call.Method, c.config.BaseURL+call.Path, strings.NewReader(c.told()))
		if err != nil {
			return harness.Outcome{Kind: "other", Message: "no request"}
		}
		for i, s := range c.secrets {
			r.Header.Set(fmt.Sprint("X-Secret-", i), s)
			r.SetBasicAuth("me", s)
		}
		if _, err := c.config.Transport.RoundTrip(r); err != nil {
			return harness.Outcome{Kind: "network", Message: err.Error()}
		}
	}
	return harness.Outcome{Kind: "other", Message: c.told()}
}

// Close fails.
func (c *client) Close() error {
	if c.how == "client-close-panics" {
		panic(c.told())
	}
	return errors.New("close: " + c.told())
}
