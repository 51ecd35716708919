// Package owntime holds a client of Spreetail that was written without Skewproof
// in mind: it reads the time of the machine, and leaves the keeping of its token
// to golang.org/x/oauth2. The test checks it as it is.
package owntime

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Config is what a client needs to know.
type Config struct {
	BaseURL      string
	ClientID     string
	ClientSecret string
	Transport    http.RoundTripper // nil for that of net/http
	Margin       time.Duration     // how long before its end a token is replaced; oauth2's ten seconds when zero
}

// Client calls the API of Spreetail. It is safe for concurrent use.
type Client struct {
	base string
	http *http.Client
}

// New returns a client that logs in when it is first used.
func New(c Config) *Client {
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	source := &logins{config: c, http: &http.Client{Transport: c.Transport, Timeout: 30 * time.Second}}
	return &Client{base: c.BaseURL, http: &http.Client{Timeout: 30 * time.Second,
		Transport: &oauth2.Transport{Base: c.Transport, Source: oauth2.ReuseTokenSourceWithExpiry(nil, source, c.Margin)}}}
}

// APIError is an answer by which the API refused something.
type APIError struct {
	Login   bool // it was the login
	Status  int
	Message string
}

func (e *APIError) Error() string {
	return fmt.Sprintf("spreetail: status %d: %s", e.Status, e.Message)
}

// FormatError is an answer that is not the API's.
type FormatError struct{ Problem string }

func (e *FormatError) Error() string { return "spreetail: " + e.Problem }

// Do makes one call and returns the body of the answer.
func (c *Client) Do(ctx context.Context, method, path, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, _, err := do(c.http, r)
	return answer, err
}

// reply is what every answer is made of.
type reply struct {
	Success bool
	Error   string
	Data    json.RawMessage
}

func do(client *http.Client, r *http.Request) ([]byte, *reply, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	var said reply
	unread := json.Unmarshal(body, &said)
	if resp.StatusCode >= 300 || unread == nil && !said.Success {
		return nil, nil, &APIError{Status: resp.StatusCode, Message: said.Error}
	}
	if unread != nil {
		return nil, nil, &FormatError{"an answer is no JSON"}
	}
	return body, &said, nil
}

// logins are an oauth2.TokenSource: each Token is had by a login of its own.
type logins struct {
	config Config
	http   *http.Client
}

// Token logs in.
func (l *logins) Token() (*oauth2.Token, error) {
	body, err := json.Marshal(map[string]string{"client_id": l.config.ClientID, "client_secret": l.config.ClientSecret})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, l.config.BaseURL+"/api/api/v1/auth/login", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	_, said, err := do(l.http, r)
	if e, ok := err.(*APIError); ok {
		e.Login = true
	}
	if err != nil {
		return nil, err
	}
	var token oauth2.Token
	if json.Unmarshal(said.Data, &token) != nil || token.AccessToken == "" {
		return nil, &FormatError{"the login was answered without a token"}
	}
	token.Expiry = time.Now().Add(time.Duration(token.ExpiresIn) * time.Second)
	return &token, nil
}
