package reference

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// apiAnswer is an answer by which the API did what was asked.
type apiAnswer struct {
	status int
	body   []byte
	doc    any
}

// send makes one request, stamped and signed now, and reads the answer.
func (c *Client) send(ctx context.Context, form *harness.Form, call harness.Call, token string) (*apiAnswer, error) {
	v := maps.Clone(c.config.Credentials)
	r, err := c.request(ctx, form, call, token, v)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, &callError{kind: "network", message: "no answer came: " + rootCause(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, &callError{kind: "network", message: "the answer broke off: " + err.Error()}
	}
	op := c.profile.Operation(call.Operation)
	switch {
	case form == c.profile.Login:
		op = c.profile.Login.Operation
	case op == nil:
		op = &harness.Operation{}
	}
	reading := c.reader.Read(op, v, resp.StatusCode, resp.Header, body)
	if !reading.OK {
		return nil, c.refused(resp, reading)
	}
	return &apiAnswer{resp.StatusCode, body, reading.Doc}, nil
}

// rootCause leaves out the address, whose query may hold what is not to be told.
func rootCause(err error) string {
	if u, ok := err.(*url.Error); ok {
		return u.Err.Error()
	}
	return err.Error()
}

// refused says what the answer means to the caller.
func (c *Client) refused(resp *http.Response, reading harness.Reading) *callError {
	about := fmt.Sprintf("the API answered with status %d", resp.StatusCode)
	if reading.Error != "" {
		about += " and the error " + reading.Error
	}
	e := &callError{kind: "refused", message: about}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		e.kind = "rate-limited"
	case status >= 500:
		e.kind, e.busy = "server", status == http.StatusServiceUnavailable
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // none, or a date: at once
		e.wait = time.Duration(seconds) * time.Second
	case reading.Error == "timestamp":
		e.kind = "clock"
	case reading.Error == "token", reading.Error == c.profile.ErrorName("token-expired"):
		e.kind, e.token = "auth", true
	case slices.Contains(refusedForGood, reading.Error), status == http.StatusUnauthorized:
		e.kind, e.token = "auth", status == http.StatusUnauthorized
	case status == http.StatusForbidden:
		e.kind = "forbidden"
	case status < 400 && reading.Error == "" && (reading.Doc == nil || status >= 300):
		e.kind = "protocol"
	}
	return e
}

// refusedForGood are the errors that the same credentials will always meet.
var refusedForGood = []string{"key", "signature", "credentials", "key-inactive", "token-key-inactive", "token-key-deleted", "ip-denied"}

// request builds a request.
func (c *Client) request(ctx context.Context, form *harness.Form, call harness.Call, token string, v harness.Values) (*http.Request, error) {
	p := c.profile
	v["token"] = token
	if p.Timestamp != nil {
		v["timestamp"] = p.Timestamp.Format(c.config.Clock.Now())
	}
	v["method"], v["target"], v["body"] = call.Method, call.Path, call.Body
	v["path"], v["query"], _ = strings.Cut(call.Path, "?")
	for _, n := range form.Values {
		v[n.Name] = n.Text.Render(v)
	}
	if len(form.Fields) > 0 && !carriesSignature(p, form) { // the signature may cover them
		v["body"] = encode(form, call, v)
	}
	if p.Request != nil {
		p.Request.Run(v, nil)
	}
	body := v["body"]
	if len(form.Fields) > 0 {
		body = encode(form, call, v)
	}
	target := call.Path
	for _, n := range form.Query {
		join := "&"
		if !strings.Contains(target, "?") {
			join = "?"
		}
		target += join + url.QueryEscape(n.Name) + "=" + url.QueryEscape(n.Text.Render(v))
	}
	r, err := http.NewRequestWithContext(ctx, call.Method, strings.TrimSuffix(c.config.BaseURL, "/")+target, strings.NewReader(body))
	if err != nil {
		return nil, &callError{kind: "config", message: "the request cannot be built: " + rootCause(err)}
	}
	for _, n := range form.Headers {
		r.Header.Set(n.Name, n.Text.Render(v))
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		if len(form.Fields) > 0 && form.Encoding == "form" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	return r, nil
}

func carriesSignature(p *harness.Profile, form *harness.Form) bool {
	if p.Request == nil {
		return false
	}
	for _, n := range form.Fields {
		if n.Text.Has(p.Request[len(p.Request)-1].Name()) {
			return true
		}
	}
	return false
}

// encode makes the body of the form's fields and the operation's.
func encode(form *harness.Form, call harness.Call, v harness.Values) string {
	fields := maps.Clone(call.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	for _, n := range form.Fields {
		fields[n.Name] = n.Text.Render(v)
	}
	if form.Encoding == "json" {
		text, _ := json.Marshal(fields) // texts always can be
		return string(text)
	}
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	return values.Encode()
}
