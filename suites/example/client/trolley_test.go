package client

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/suites"
)

func TestMyClient(t *testing.T) {
	suites.Run(t, suites.Options{Vendors: []string{"trolley"}, Client: func(c harness.ClientConfig) (harness.Client, error) {
		made, err := New(c.BaseURL, c.Credentials["access_key"], c.Credentials["secret_key"], c.Transport, c.Clock)
		return adapter{made}, err
	}})
}

// adapter makes the calls that Skewproof asks for, and says which kind of failure
// each error is.
type adapter struct{ *Trolley }

func (a adapter) Call(ctx context.Context, call harness.Call) harness.Outcome {
	body, err := a.Do(ctx, call.Method, call.Path, call.Body)
	if err == nil {
		return harness.Outcome{Status: http.StatusOK, Body: string(body)}
	}
	for kind, is := range map[string]error{"clock": ErrClock, "auth": ErrKey, "forbidden": ErrForbidden, "rate-limited": ErrTooMany,
		"refused": ErrRefused, "server": ErrServer, "network": ErrNoAnswer, "protocol": ErrNotJSON} {
		if errors.Is(err, is) {
			return harness.Outcome{Kind: kind, Message: err.Error()}
		}
	}
	return harness.Outcome{Kind: "other", Message: err.Error()}
}
