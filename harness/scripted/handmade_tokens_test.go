package scripted_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

type sharedLogin struct {
	done  chan struct{}
	token string
	err   *trouble
}

func (c *handmade) current() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token
}

// forget drops the token if it is still the one in use.
func (c *handmade) forget(token string, whatever bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token || whatever {
		c.token = ""
	}
}

// getToken is the token in use, or a new one.
func (c *handmade) getToken(ctx context.Context) (string, *trouble) {
	if c.vendor == "trolley" {
		return "", nil
	}
	if c.is("mutex") { // held while logging in: the others wait
		c.gate.Lock()
		defer c.gate.Unlock()
	}
	if c.is("global-token") {
		if t, ok := process.Load(c.cfg.Transport); ok {
			return t.(string), nil
		}
	}
	now := c.cfg.Clock.Now()
	c.mu.Lock()
	fresh := now.Before(c.until) && (!now.Before(c.had) || c.is("back-step")) || c.is("never-renews")
	if c.token != "" && fresh {
		defer c.mu.Unlock()
		return c.token, nil
	}
	if f := c.flight; f != nil && !c.is("stampede") && !c.is("mutex") {
		c.mu.Unlock()
		<-f.done
		return f.token, f.err
	}
	f := &sharedLogin{done: make(chan struct{})}
	c.flight = f
	c.mu.Unlock()
	f.token, f.err = c.login(ctx, now)
	if c.is("from-response") {
		c.mu.Lock()
		c.until = c.until.Add(c.cfg.Clock.Now().Sub(now))
		c.mu.Unlock()
	}
	c.mu.Lock()
	if c.flight == f {
		c.flight = nil
	}
	c.mu.Unlock()
	close(f.done)
	return f.token, f.err
}

// login gets a token and keeps it for as long as it is said to live.
func (c *handmade) login(ctx context.Context, now time.Time) (string, *trouble) {
	for tries := 0; ; {
		token, life, err := c.loginOnce(ctx)
		tries++
		switch {
		case err == nil && (token != "" || c.is("takes-empty-token")):
			if c.is("login-twice") {
				token, life, _ = c.loginOnce(ctx)
			}
			if life <= 0 && c.is("login-storm") && tries < 6 {
				continue
			}
			c.keep(token, life, now)
			return token, nil
		case err == nil:
			return "", &trouble{Outcome: harness.Outcome{Kind: "protocol", Message: "there is no token"}}
		case c.is("repeats-login") && err.Kind == "auth" && tries < 3, err.busy && c.is("three-repeats") && tries < 4, c.is("endless-500") && tries < 300:
			c.cfg.Clock.Sleep(err.wait)
		case c.is("calls-without-token"):
			return "", nil
		default:
			err.renew, err.busy = false, false
			return "", err
		}
	}
}

func (c *handmade) keep(token string, life time.Duration, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	margin := 300 * time.Second
	switch {
	case c.is("margin-1m"):
		margin = time.Minute
	case c.vendor == "irp":
		margin = 20 * time.Second
	case c.is("margin-301s"):
		margin = 301 * time.Second
	case c.is("margin-299s"):
		margin = 299 * time.Second
	case c.is("margin-10m"):
		margin = 10 * time.Minute
	case c.is("no-margin"):
		margin = 0
	case c.is("margin-a-day"):
		margin = 24 * time.Hour
	}
	if !c.is("keeps-no-token") {
		c.token, c.had, c.until = token, now, now.Add(life-margin)
	}
	if parts := strings.Split(token, "."); c.is("reads-jwt") && len(parts) == 3 { // an instant of the server's clock
		var claims struct{ Exp int64 }
		text, _ := base64.RawURLEncoding.DecodeString(parts[1])
		if json.Unmarshal(text, &claims) == nil && claims.Exp > 0 {
			c.until, c.had = time.Unix(claims.Exp, 0).Add(-margin), time.Time{}
		}
	}
	if c.is("log-token") {
		fmt.Fprintf(c.cfg.Log, "token %s\n", token)
	}
	if c.is("global-token") {
		process.Store(c.cfg.Transport, token)
	}
	if c.is("background") && !c.closed && life > margin {
		if c.timer != nil {
			c.timer.Stop()
		}
		c.timer = c.cfg.Clock.AfterFunc(life-margin, func() {
			c.mu.Lock()
			closed := c.closed
			c.mu.Unlock()
			if !closed {
				_, _ = c.login(context.Background(), c.cfg.Clock.Now())
			}
		})
	}
}

func (c *handmade) loginOnce(ctx context.Context) (string, time.Duration, *trouble) {
	call := harness.Call{Method: "POST", Path: "/api/api/v1/auth/login"}
	if c.vendor == "irp" {
		call.Path = "/api/v1/Authentication/Authenticate"
	}
	if c.is("login-elsewhere") {
		call.Path = strings.Replace(call.Path, "/api/", "/API/", 1)
	}
	at := c.now()
	r := c.loginRequest(ctx, call, at)
	if c.is("waits-after-signing") {
		c.cfg.Clock.Sleep(20 * time.Second)
	}
	_, body, err := c.do(r, call)
	if c.is("ignores-login-refusal") && err != nil && err.Status == 200 {
		err = nil
	}
	if err != nil {
		return "", 0, err
	}
	var doc map[string]any
	_ = json.Unmarshal(body, &doc)
	if c.vendor == "irp" {
		token, _ := doc["AuthenticationToken"].(string)
		return token, 5 * time.Minute, nil
	}
	data, _ := doc["data"].(map[string]any)
	if c.is("crash-on-odd-token") {
		return data["access_token"].(string), 0, nil
	}
	token, _ := data["access_token"].(string)
	if !c.is("bearer-twice") {
		token = strings.TrimPrefix(token, "Bearer ")
	}
	return token, c.lifetime(data["expires_in"]), nil
}

// lifetime reads what a login says of the token's life.
func (c *handmade) lifetime(told any) time.Duration {
	seconds, isNumber := told.(float64)
	text, isText := told.(string)
	switch {
	case c.is("crash-on-odd-life"):
		seconds = told.(float64)
	case c.is("zero-for-ever") && seconds == 0:
		return math.MaxInt32 * time.Second
	case isText && c.is("reads-texts"):
		seconds, _ = strconv.ParseFloat(text, 64)
	case !isNumber && c.is("unknown-a-minute"):
		return 300*time.Second + time.Minute
	case c.is("int32-ms"):
		return time.Duration(int32(int64(seconds)*1000)) * time.Millisecond
	case c.is("ms-life"):
		return time.Duration(seconds) * time.Millisecond
	case c.is("overflows"):
		return time.Duration(int64(seconds) * int64(time.Second))
	case c.is("trusts-default"):
		return 24 * time.Hour
	}
	return time.Duration(min(max(seconds, 0), 1e9)) * time.Second
}
