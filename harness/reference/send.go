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

// send makes one request, stamped and signed now, and reads the answer. The
// request that a repetition repeats is given, and the one made comes back, for
// tampering.
func (c *Client) send(ctx context.Context, form *harness.Form, call harness.Call, token string, before *http.Request) (*apiAnswer, *http.Request, error) {
	v := maps.Clone(c.config.Credentials)
	login := form == c.profile.Login
	r, err := c.request(ctx, form, call, token, v)
	if err != nil {
		return nil, nil, err
	}
	if c.tamper.Request != nil {
		c.tamper.Request(r, login)
	}
	if c.tamper.Repeat != nil && before != nil {
		c.tamper.Repeat(r, before)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		a, err := c.judged(nil, nil, harness.Reading{}, &callError{kind: "network", message: "no answer came: " + rootCause(err)})
		return a, r, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		a, err := c.judged(nil, nil, harness.Reading{}, &callError{kind: "network", message: "the answer broke off: " + err.Error()})
		return a, r, err
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
		a, err := c.judged(resp, body, reading, c.refused(resp, reading))
		return a, r, err
	}
	return &apiAnswer{resp.StatusCode, body, reading.Doc}, r, nil
}

// judged gives the failure back, unless the client is broken in how it takes it.
func (c *Client) judged(resp *http.Response, body []byte, reading harness.Reading, e *callError) (*apiAnswer, error) {
	if c.tamper.Refused == nil {
		return nil, e
	}
	r := &Refusal{Error: reading.Error, Kind: e.kind, Words: e.message, Renew: e.token, Busy: e.busy}
	if resp != nil {
		r.Status = resp.StatusCode
	}
	if c.tamper.Refused(r); r.OK {
		return &apiAnswer{max(r.Status, http.StatusOK), body, reading.Doc}, nil
	}
	e.kind, e.message, e.token, e.busy = r.Kind, r.Words, r.Renew, r.Busy
	return nil, e
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
		now := c.config.Clock.Now()
		if c.tamper.Now != nil {
			now = c.tamper.Now(now)
		}
		if v["timestamp"] = p.Timestamp.Format(now); c.tamper.Stamp != nil {
			v["timestamp"] = c.tamper.Stamp(v["timestamp"])
		}
	}
	v["method"], v["target"], v["body"] = call.Method, call.Path, call.Body
	v["path"], v["query"], _ = strings.Cut(call.Path, "?")
	for _, n := range form.Values {
		v[n.Name] = n.Text.Render(v)
	}
	if len(form.Fields) > 0 && !carriesSignature(p, form) { // the signature may cover them
		v["body"] = encode(form, call, v)
	}
	login := form == p.Login
	if c.tamper.Sign != nil {
		c.tamper.Sign(v, login)
	}
	if recipe := p.Request; recipe != nil {
		if c.tamper.Recipe != nil {
			recipe = c.tamper.Recipe
		}
		recipe.Run(v, nil)
	}
	if v["body"] = call.Body; c.tamper.Sent != nil {
		c.tamper.Sent(v, login)
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
