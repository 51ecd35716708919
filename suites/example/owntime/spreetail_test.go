package owntime

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/suites"
)

func TestClientOnItsOwnTime(t *testing.T) {
	suites.Run(t, suites.Options{Vendors: []string{"spreetail"}, OwnTime: true, Client: build, KnownFailing: "known-failing.txt"})
}

func build(c harness.ClientConfig) (harness.Client, error) {
	return adapter{New(Config{BaseURL: c.BaseURL, ClientID: c.Credentials["client_id"], ClientSecret: c.Credentials["client_secret"], Transport: c.Transport})}, nil
}

// adapter makes the calls that Skewproof asks for, and says which kind of failure
// each error is.
type adapter struct{ *Client }

func (a adapter) Call(ctx context.Context, call harness.Call) harness.Outcome {
	body, err := a.Do(ctx, call.Method, call.Path, call.Body)
	if err == nil {
		return harness.Outcome{Status: http.StatusOK, Body: string(body)}
	}
	o := harness.Outcome{Kind: "network", Message: err.Error()}
	var refused *APIError
	var odd *FormatError
	if errors.As(err, &refused) {
		o.Kind = kind(refused.Status)
	} else if errors.As(err, &odd) {
		o.Kind = "protocol"
	}
	return o
}

func kind(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "auth"
	case status == http.StatusForbidden:
		return "forbidden"
	case status == http.StatusTooManyRequests:
		return "rate-limited"
	case status >= 500:
		return "server"
	}
	return "refused"
}
