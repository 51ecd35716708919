package scripted_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

func (c *handmade) loginRequest(ctx context.Context, call harness.Call, at time.Time) *http.Request {
	r := c.newRequest(ctx, call, "")
	if c.vendor == "irp" {
		c.irpFields(r, url.Values{}, c.key(), "APIKey", at)
		return r
	}
	body, _ := json.Marshal(map[string]string{"client_id": c.key(), "client_secret": c.secret()})
	media := "application/json"
	switch {
	case c.is("login-as-form"):
		body, media = []byte(url.Values{"client_id": {c.key()}, "client_secret": {c.secret()}}.Encode()), "application/x-www-form-urlencoded"
	case c.is("login-extra-field"):
		body, _ = json.Marshal(map[string]string{"client_id": c.key(), "client_secret": c.secret(), "grant_type": "client_credentials"})
	case c.is("login-no-type"):
		media = ""
	case c.is("login-camel-case"):
		body, _ = json.Marshal(map[string]string{"clientId": c.key(), "clientSecret": c.secret()})
	}
	if c.is("secret-in-query") {
		r.URL.RawQuery = "client_secret=" + url.QueryEscape(c.secret())
	}
	if c.is("basic-auth-login") {
		r.SetBasicAuth(c.key(), c.secret())
	}
	c.fill(r, string(body), media)
	return r
}

// newRequest begins a request; its body comes last.
func (c *handmade) newRequest(ctx context.Context, call harness.Call, query string) *http.Request {
	base := c.cfg.BaseURL
	if c.is("other-host") {
		base = strings.Replace(base, "://", "://sandbox.", 1)
	}
	path := call.Path
	if c.is("sorts-query") {
		if before, q, ok := strings.Cut(path, "?"); ok {
			values, _ := url.ParseQuery(q)
			path = before + "?" + values.Encode()
		}
	}
	if c.is("drops-query") {
		path, _, _ = strings.Cut(path, "?")
	}
	r, err := http.NewRequestWithContext(ctx, call.Method, base+path+query, nil)
	if err != nil {
		panic(err)
	}
	if c.is("secret-as-method") {
		r.Method = c.secret()
	}
	if c.is("invalid-utf-8") {
		r.Header.Set("X-Odd", "\xff\xfe\x00")
		r.URL.RawQuery += "\xff"
	}
	if c.is("endless-target") {
		r.URL.RawQuery += strings.Repeat("z", 1<<17)
	}
	if c.is("endless-headers") {
		for n := range 2000 {
			r.Header.Set("X-"+strconv.Itoa(n), "a header like any other, of some length")
		}
	}
	if c.is("many-headers") {
		for name, value := range map[string]string{"User-Agent": "handmade/1", "Accept": "application/json", "Accept-Encoding": "gzip", "X-Request-Id": "8f14e45f"} {
			r.Header.Set(name, value)
		}
	}
	if c.is("expects") {
		r.Header.Set("Expect", "100-continue")
	}
	return r
}

func (c *handmade) fill(r *http.Request, body, media string) {
	if body == "" {
		return
	}
	r.Body = io.NopCloser(strings.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	if r.ContentLength = int64(len(body)); c.is("chunked") {
		r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
	}
	if media != "" && !c.is("no-content-type") {
		r.Header.Set("Content-Type", media)
	}
	if c.is("charset") && media != "" {
		r.Header.Set("Content-Type", media+"; charset=UTF-8")
	}
	if c.is("endless-body") {
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(endless{}, 100<<20)), -1
	}
	if c.is("text-content-type") {
		r.Header.Set("Content-Type", "text/plain")
	}
}

// request makes a call's request, signed now.
func (c *handmade) request(ctx context.Context, call harness.Call, token string, at time.Time) *http.Request {
	body := call.Body
	if c.is("own-json") && body != "" {
		var doc any
		_ = json.Unmarshal([]byte(body), &doc)
		spaced, _ := json.MarshalIndent(doc, "", "   ")
		body = string(spaced)
	}
	switch c.vendor {
	case "irp":
		r := c.newRequest(ctx, call, "")
		fields := url.Values{}
		for name, value := range call.Fields {
			fields.Set(name, value)
		}
		c.irpFields(r, fields, token, "AuthenticationToken", at)
		return r
	case "trolley":
		r := c.newRequest(ctx, call, "")
		c.signTrolley(r, call, body, at)
		return r
	}
	query := ""
	if c.is("token-in-query") {
		query = "?access_token=" + url.QueryEscape(token)
		if strings.Contains(call.Path, "?") {
			query = "&" + query[1:]
		}
	}
	r := c.newRequest(ctx, call, query)
	scheme := "Bearer "
	switch {
	case c.is("no-bearer"):
		scheme = ""
	case c.is("bearer-lower"):
		scheme = "bearer "
	case c.is("bearer-two-spaces"):
		scheme = "Bearer  "
	case c.is("bearer-always-twice"):
		scheme = "Bearer Bearer "
	case c.is("token-scheme"):
		scheme = "Token "
	case c.is("bearer-quoted"):
		token = `"` + token + `"`
	case c.is("cuts-token") && len(token) > 255:
		token = token[:255]
	case c.is("cuts-token-short") && len(token) > 100:
		token = token[:100]
	}
	if !c.is("no-authorization") {
		c.set(r, "Authorization", scheme+token)
	}
	if c.is("secret-in-header") {
		r.Header.Set("X-Client-Secret", c.secret())
	}
	c.fill(r, body, "application/json")
	return r
}

// set sets a header, however its name is spelled.
func (c *handmade) set(r *http.Request, name, value string) {
	if c.is("lower-case-headers") {
		r.Header[strings.ToLower(name)] = []string{value}
		return
	}
	if c.is("pads-headers") {
		value += " "
	}
	r.Header.Set(name, value)
}

// endless is a body that does not end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'b'
	}
	return len(p), nil
}

func latin1(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}
