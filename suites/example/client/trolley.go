// Package client holds a small client of Trolley, as a program that pays people
// might have one, and the test by which Skewproof checks it.
package client

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/benbjohnson/clock"
)

// Trolley calls the API for one account. It is safe for concurrent use.
type Trolley struct {
	base, key, secret string
	clock             clock.Clock
	http              *http.Client
}

// Err says what Trolley refused a call for.
var (
	ErrClock     = errors.New("trolley: the clock of this machine is wrong")
	ErrKey       = errors.New("trolley: the access key or the secret key is wrong")
	ErrForbidden = errors.New("trolley: the account may not do this")
	ErrTooMany   = errors.New("trolley: too many requests")
	ErrRefused   = errors.New("trolley: the call was refused")
	ErrServer    = errors.New("trolley: the API failed")
	ErrNoAnswer  = errors.New("trolley: no whole answer came")
	ErrNotJSON   = errors.New("trolley: the answer cannot be understood")
)

// New returns a client of the account. A nil clock is that of this machine.
func New(base, key, secret string, transport http.RoundTripper, clk clock.Clock) (*Trolley, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" {
		return nil, fmt.Errorf("trolley: base URL %q: write an https URL; keys are sent no other way", base)
	}
	if key == "" || secret == "" {
		return nil, errors.New("trolley: set both the access key and the secret key")
	}
	if clk == nil {
		clk = clock.New()
	}
	return &Trolley{base: strings.TrimSuffix(base, "/"), key: key, secret: secret, clock: clk, http: &http.Client{Transport: transport,
		// A signature is good for one path on one host, so there is nothing to follow with.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Do makes one call and returns the body of the answer. The path includes the
// query; the body is JSON or empty.
func (t *Trolley) Do(ctx context.Context, method, path, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, t.base+path, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("trolley: build the request: %w", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	stamp := strconv.FormatInt(t.clock.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(t.secret))
	mac.Write([]byte(stamp + "\n" + method + "\n" + path + "\n" + body + "\n"))
	r.Header.Set("X-PR-Timestamp", stamp)
	r.Header.Set("Authorization", "prsign "+t.key+":"+hex.EncodeToString(mac.Sum(nil)))
	resp, err := t.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 10<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return answer, verdict(resp.StatusCode, answer)
}

// verdict reads what the API says of a call. A success has a status of success
// and says ok.
func verdict(status int, answer []byte) error {
	var said struct {
		OK     bool
		Errors []struct{ Code, Message string }
	}
	unread := json.Unmarshal(answer, &said)
	about := fmt.Sprintf("status %d", status)
	for _, e := range said.Errors {
		about += ", " + e.Message
	}
	kind := ErrRefused
	switch {
	case status == http.StatusUnauthorized && strings.Contains(about, "off of server time"):
		kind = ErrClock
	case status == http.StatusUnauthorized:
		kind = ErrKey
	case status == http.StatusForbidden:
		kind = ErrForbidden
	case status == http.StatusTooManyRequests:
		kind = ErrTooMany
	case status >= 500:
		kind = ErrServer
	case unread != nil:
		kind = ErrNotJSON
	case status < 300 && said.OK:
		return nil
	}
	return fmt.Errorf("%w: %s", kind, about)
}
