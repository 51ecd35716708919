// IRP Commerce: a signed login brings a token for five minutes, and each call is signed with it.
package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type irp struct {
	api
	key, secret string
	session     session
	first       url.Values // the form of the first login, for the fault login-stale
}

func newIRP(base, key, secret string) *irp {
	return &irp{api: newAPI(base, key, secret), key: key, secret: secret}
}

func (p *irp) do(c call) (answer, error) {
	limit := 2 // tries in all, where the API refuses the token each time
	if fault("token-never-renewed") {
		limit = 1
	}
	if fault("endless-renewal") {
		limit = 20
	}
	l, repeated := p.session.current(p.login), false
	for try := 1; l.err == nil; {
		a, err := p.post(c.Path, p.form(c, l.token))
		if err != nil {
			return a, err
		}
		if a.busy() && !repeated {
			repeated = true
			continue
		}
		code, err := p.judge(a)
		if code != "1000" && code != "2002" {
			return a, err
		}
		p.session.forget(l)
		if try == limit {
			return a, fail("auth", "the API refused the token, code %s", code)
		}
		try++
		l = p.session.current(p.login)
	}
	return answer{}, l.err
}

// form is made anew for each request: what it signs is the time.
func (p *irp) form(c call, token string) url.Values {
	form := url.Values{}
	for name, value := range c.Fields {
		form.Set(name, value)
	}
	subject := token
	if fault("key-not-token") {
		subject = p.key
	}
	stamp, signature := p.sign(subject)
	form.Set("AuthenticationToken", token)
	form.Set("TimeStamp", stamp)
	form.Set("Signature", signature)
	if fault("api-key-sent") {
		form.Set("APIKey", p.key)
	}
	return form
}

// login never runs twice at a time: the session sees to that.
func (p *irp) login() (string, time.Duration, error) {
	path := "/api/v1/Authentication/Authenticate"
	if fault("path-lower-case") {
		path = strings.ToLower(path)
	}
	stamp, signature := p.sign(p.key)
	form := url.Values{"APIKey": {p.key}, "TimeStamp": {stamp}, "Signature": {signature}}
	if fault("fields-lower-case") {
		form = url.Values{"apikey": {p.key}, "timestamp": {stamp}, "signature": {signature}}
	}
	if fault("secret-sent") {
		form.Set("SharedSecret", p.secret)
	}
	if p.first == nil {
		p.first = form
	}
	if fault("login-stale") {
		form = p.first
	}
	a, err := p.post(path, form)
	if err != nil {
		return "", 0, err
	}
	if _, err := p.judge(a); err != nil {
		return "", 0, err
	}
	token, _ := a.object["AuthenticationToken"].(string)
	if token == "" {
		return "", 0, fail("protocol", "the login brought no token")
	}
	return token, 5 * time.Minute, nil
}

func (p *irp) sign(subject string) (stamp, signature string) {
	now, layout, dot := time.Now().UTC(), time.DateTime, "."
	if fault("stamp-local-time") {
		now = now.Local()
	}
	if fault("stamp-with-t") {
		layout = "2006-01-02T15:04:05"
	}
	if fault("dot-missing") {
		dot = ""
	}
	stamp = now.Format(layout)
	signed := stamp
	if fault("stamp-not-signed") {
		signed = now.Add(-time.Second).Format(layout)
	}
	inner := sha1Hex(subject + "." + signed)
	if fault("inner-upper-case") {
		inner = strings.ToUpper(inner)
	}
	return stamp, sha1Hex(inner + dot + p.secret)
}

func sha1Hex(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (p *irp) post(path string, form url.Values) (answer, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return p.send(http.MethodPost, path, form.Encode(), header)
}

// irpKinds are the codes that mean more than a refusal, and the two that mean so only at a call.
var irpKinds = map[string]string{
	"2001": "clock", "2003": "auth", "1000": "refused", "2002": "refused",
	"2011": "auth", "2012": "auth", "2013": "auth", "2014": "auth", "2015": "auth",
}

// judge goes by the body, for an error has status 200 as a rule; the code is "" unless it is one of irpKinds.
func (p *irp) judge(a answer) (code string, err error) {
	if a.Status == http.StatusTooManyRequests || a.Status >= 500 || a.Status/100 == 3 {
		return "", a.judge()
	}
	if a.object == nil {
		return "", fail("protocol", "the answer is no JSON object")
	}
	switch success := a.object["Success"]; {
	case success == true, success == "true", success == "True":
		return "", nil
	case success == "Warning" && !fault("warning-is-error"):
		return "", nil
	case fault("success-not-read") && a.Status == http.StatusOK:
		return "", nil
	}
	messages, _ := a.object["Messages"].([]any)
	for _, m := range messages {
		message, _ := m.(map[string]any)
		code := fmt.Sprint(message["Code"])
		if kind, known := irpKinds[code]; known {
			return code, fail(kind, "the API refused the request, code %s", code)
		}
	}
	return "", fail("refused", "the API refused the request")
}
