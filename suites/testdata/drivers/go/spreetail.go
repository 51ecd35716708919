// Spreetail: a login brings a bearer token for a day.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type spreetail struct {
	api
	id, secret string
	session    session
}

func newSpreetail(base, id, secret string) *spreetail {
	return &spreetail{api: newAPI(base, id, secret), id: id, secret: secret}
}

func (s *spreetail) do(c call) (answer, error) {
	limit := 2 // tries in all, where the API refuses the token each time
	if fault("no-retry") {
		limit = 1
	}
	if fault("endless-401") {
		limit = 20
	}
	l, repeated := s.session.current(s.login), false
	token := l.token
	for try := 1; l.err == nil; {
		a, err := s.request(c, token)
		if err != nil {
			return a, err
		}
		if a.busy() && !repeated {
			repeated = true
			continue
		}
		if a.Status != http.StatusUnauthorized {
			return a, s.judge(a)
		}
		s.session.forget(l)
		if try == limit {
			return a, fail("auth", "the API refused the token")
		}
		try++
		l = s.session.current(s.login)
		if !fault("retry-old-token") {
			token = l.token
		}
		if fault("retry-other-body") && c.Body != "" {
			c.Body = "{}"
		}
	}
	return answer{}, l.err
}

// request makes the call once. A token that has its scheme before it already gets no second one.
func (s *spreetail) request(c call, token string) (answer, error) {
	bare := strings.TrimPrefix(token, "Bearer ")
	authorization := "Bearer " + bare
	if fault("no-bearer") {
		authorization = bare
	}
	if fault("double-bearer") {
		authorization = "Bearer Bearer " + bare
	}
	if fault("token-in-url") {
		c.Path = withQuery(c.Path, "access_token", bare)
	}
	header := jsonHeader(c.Body)
	if token != "" { // it is empty under the fault login-error-ignored alone
		header.Set("Authorization", authorization)
	}
	return s.send(c.Method, c.Path, c.Body, header)
}

// judge reads success too: a status of 200 does not promise it.
func (s *spreetail) judge(a answer) error {
	if err := a.judge(); err != nil {
		return err
	}
	if a.object["success"] != true {
		return fail("refused", "the API refused the call: success is not true")
	}
	return nil
}

// login asks for a token, once: a second try with the same credentials would end no better.
func (s *spreetail) login() (string, time.Duration, error) {
	a, err := s.askToken()
	for n := 0; fault("login-loop") && a.Status == http.StatusUnauthorized && n < 20; n++ {
		a, err = s.askToken()
	}
	if err != nil {
		return "", 0, err
	}
	if a.Status >= 400 && fault("login-error-ignored") {
		return "", 0, nil
	}
	secret := ""
	if fault("secret-in-error") {
		secret = " with " + s.secret
	}
	if a.Status == http.StatusUnauthorized {
		return "", 0, fail("auth", "the API refused the login%s", secret)
	}
	if err := a.judge(); err != nil {
		return "", 0, fail(err.(failure).Kind, "the login failed%s, status %d", secret, a.Status)
	}
	data, _ := a.object["data"].(map[string]any)
	token, _ := data["access_token"].(string)
	good := a.Status == http.StatusOK && a.object["success"] == true && token != ""
	if !good && fault("success-not-read") {
		token, good = cmp.Or(token, "undefined"), true
	}
	if !good {
		return "", 0, fail("protocol", "the login%s brought no token", secret)
	}
	return token, lifetime(data["expires_in"]), nil
}

func (s *spreetail) askToken() (answer, error) {
	path := "/api/api/v1/auth/login"
	if fault("secret-in-url") {
		path = withQuery(path, "client_secret", s.secret)
	}
	fields := map[string]string{"client_id": s.id, "client_secret": s.secret}
	if fault("login-extra-field") {
		fields["grant_type"] = "client_credentials"
	}
	body, _ := json.Marshal(fields) // strings alone cannot fail
	header := jsonHeader(string(body))
	if fault("login-as-form") {
		body = []byte(url.Values{"client_id": {s.id}, "client_secret": {s.secret}}.Encode())
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return s.send(http.MethodPost, path, string(body), header)
}

// lifetime is how long a token serves: to 300 seconds before its end, so that it does not end on its way. Where
// the end is unknown or closer, it is 0 and the token serves the calls that waited for it.
func lifetime(expiresIn any) time.Duration {
	seconds, _ := strconv.ParseFloat(fmt.Sprint(expiresIn), 64) // a number or a string; 0 for what is neither
	if seconds > 300 {
		return time.Duration((min(seconds, 1e9) - 300) * float64(time.Second)) // 1e9 fits, and is thirty years
	}
	return 0
}
