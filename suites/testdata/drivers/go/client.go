// A client of Trolley, IRP Commerce and Spreetail, as a user of those APIs might write it. This file holds what
// the three have in common: HTTP, the kinds of failure, and a token that concurrent calls share.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the faults with local time need zones, and not every machine has them
)

// vendor is a client of one vendor's API. Its error is always a failure.
type vendor interface {
	do(call) (answer, error)
}

// call is what the caller wants done; IRP Commerce takes fields in place of a body.
type call struct {
	Method, Path, Body string
	Fields             map[string]string
}

// answer is what the API said; object is nil unless the body is a JSON object.
type answer struct {
	Status int
	Body   string
	header http.Header
	object map[string]any
}

// failure is what the caller is told in place of an answer. It never quotes the API, which may repeat a secret.
type failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func (f failure) Error() string { return f.Kind + ": " + f.Message }

func fail(kind, format string, values ...any) error {
	return failure{kind, fmt.Sprintf(format, values...)}
}

var broken = os.Getenv("SKEWPROOF_FAULT")

// fault says whether to do one thing wrong on purpose, to see that the harness notices.
func fault(name string) bool { return broken == name }

func newClient() vendor {
	env := func(name string) string { return os.Getenv("SKEWPROOF_" + name) }
	switch base := env("BASE_URL"); env("VENDOR") {
	case "trolley":
		return newTrolley(base, env("TROLLEY_ACCESS_KEY"), env("TROLLEY_SECRET_KEY"))
	case "irp":
		return newIRP(base, env("IRP_API_KEY"), env("IRP_SHARED_SECRET"))
	case "spreetail":
		return newSpreetail(base, env("SPREETAIL_CLIENT_ID"), env("SPREETAIL_CLIENT_SECRET"))
	}
	fmt.Fprintln(os.Stderr, "SKEWPROOF_VENDOR must be trolley, irp or spreetail")
	os.Exit(2)
	return nil
}

// api is where requests go, or the reason why none may.
type api struct {
	scheme, host, prefix string
	err                  error
}

// newAPI refuses to go without credentials, or to carry them in the clear beyond this machine.
func newAPI(base string, credentials ...string) api {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return api{err: fail("config", "the base URL is not one")}
	}
	local := slices.Contains([]string{"127.0.0.1", "localhost", "::1"}, u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return api{err: fail("config", "the base URL must be https")}
	}
	if slices.Contains(credentials, "") && !fault("placeholder-signature") {
		return api{err: fail("config", "a credential is missing")}
	}
	return api{scheme: u.Scheme, host: u.Host, prefix: strings.TrimSuffix(u.EscapedPath(), "/")}
}

var transport = &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Minute, DisableCompression: true}

// send makes one request and no other: a bare transport follows no redirect.
func (a api) send(method, path, body string, header http.Header) (answer, error) {
	if a.err != nil {
		return answer{}, a.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	// What is opaque goes on the request line as it is, and so the query as it was signed.
	target := &url.URL{Scheme: a.scheme, Host: a.host, Opaque: a.prefix + path}
	request := (&http.Request{Method: method, URL: target, Header: header, ContentLength: int64(len(body))}).WithContext(ctx)
	// Without a body, or with one it can rewind, the transport repeats a GET by itself when a kept connection
	// drops, under the signature of the first. A body that it cannot rewind, be it empty, forbids that.
	if body != "" || method == http.MethodGet {
		request.Body = io.NopCloser(strings.NewReader(body))
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return answer{}, fail("network", "no answer came")
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<19)) // what is longer is cut, and no JSON then
	if err != nil {
		return answer{}, fail("network", "the answer broke off")
	}
	return answer{response.StatusCode, string(text), response.Header, object(text)}, nil
}

// object reads a JSON object, its numbers as written: one may be too large for any type.
func object(text []byte) map[string]any {
	var o map[string]any
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if in.Decode(&o) != nil {
		return nil
	}
	if _, err := in.Token(); err != io.EOF {
		return nil
	}
	return o
}

// jsonHeader is the header of a request whose body, if any, is JSON.
func jsonHeader(body string) http.Header {
	header := http.Header{}
	if body != "" && !fault("no-content-type") {
		header.Set("Content-Type", "application/json")
	}
	return header
}

// withQuery is what some of the faults do to a path.
func withQuery(path, name, value string) string {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + name + "=" + url.QueryEscape(value)
}

// busy says that the API is away for a moment only: a call, not a login, may be repeated at once.
func (a answer) busy() bool {
	return a.Status == http.StatusServiceUnavailable && a.header["Retry-After"] == nil
}

// judge is what an answer means by its status and form alone.
func (a answer) judge() error {
	switch {
	case a.Status == http.StatusTooManyRequests:
		return fail("rate-limited", "too many requests")
	case a.Status >= 500:
		return fail("server", "the API failed with status %d", a.Status)
	case a.Status == http.StatusForbidden:
		return fail("forbidden", "the account may not do this")
	case a.Status >= 400:
		return fail("refused", "the API refused the call with status %d", a.Status)
	case a.Status >= 300 || a.object == nil:
		return fail("protocol", "the answer, of status %d, cannot be understood", a.Status)
	}
	return nil
}

// login is one login, under way or done; all but done may be read only once done is closed.
type login struct {
	done  chan struct{}
	sent  time.Time // read with the monotonic clock, so a clock that is set changes no lifetime
	token string
	life  time.Duration
	err   error
}

// usable says whether calls may use, or wait for, this login.
func (l *login) usable() bool {
	select {
	case <-l.done:
		return l.err == nil && time.Since(l.sent) < l.life && !fault("no-token-cache")
	default:
		return true
	}
}

// session holds the login that calls share.
type session struct {
	mu   sync.Mutex
	last *login
}

// current returns the login to use, and makes one by ask if there is none: its token and how long that serves.
// Whoever comes while a login is under way waits for it and takes what it brings, be it an error.
func (s *session) current(ask func() (string, time.Duration, error)) *login {
	s.mu.Lock()
	l := s.last
	if l != nil && l.usable() {
		s.mu.Unlock()
		<-l.done
		return l
	}
	l = &login{done: make(chan struct{}), sent: time.Now()}
	s.last = l
	s.mu.Unlock()
	l.token, l.life, l.err = ask()
	close(l.done)
	return l
}

// forget drops a login whose token was refused, unless another call already has.
func (s *session) forget(l *login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == l {
		s.last = nil
	}
}
