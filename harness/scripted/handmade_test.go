package scripted_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// handmade is a client written from the vendors' pages, apart from the one of
// harness/reference, so that the two do not share their mistakes. Without habits
// it does everything right. A habit is a name that the code below looks for: a
// defect, or another way to be right.
type handmade struct {
	vendor string
	cfg    harness.ClientConfig
	habits map[string]bool
	http   *http.Client
	born   time.Time

	mu      sync.Mutex
	token   string
	had     time.Time // when the login was sent
	until   time.Time // when the token is to be replaced
	flight  *sharedLogin
	offset  time.Duration // what is known of the clock's error
	learned bool
	calls   int
	stamp   time.Time
	sign    string
	timer   interface{ Stop() bool }
	closed  bool
	gate    sync.Mutex // of the habit mutex
}

type sharedLogin struct {
	done  chan struct{}
	token string
	err   *trouble
}

// trouble is why a call ended badly.
type trouble struct {
	harness.Outcome
	renew, busy, clock, corrected bool
	wait                          time.Duration
}

// newHandmade is for Attached.New.
func newHandmade(vendor string, habits ...string) func(harness.ClientConfig) (harness.Client, error) {
	return func(cfg harness.ClientConfig) (harness.Client, error) {
		c := &handmade{vendor: vendor, cfg: cfg, habits: map[string]bool{}, born: cfg.Clock.Now()}
		for _, h := range habits {
			c.habits[h] = true
		}
		c.http = &http.Client{Transport: cfg.Transport, CheckRedirect: c.redirect}
		if !strings.HasPrefix(cfg.BaseURL, "https://") && !c.is("plain") {
			return nil, errors.New("credentials go over https only")
		}
		if c.secret() == "" && !c.is("placeholder") && !c.is("empty-secret") {
			return nil, errors.New("there is no secret")
		}
		if c.key() == "" && !c.is("empty-key") {
			return nil, errors.New("there is no key")
		}
		if c.is("log-secret") {
			fmt.Fprintf(cfg.Log, "connecting with %s\n", c.secret())
		}
		if c.is("log-secret-base64") {
			fmt.Fprintf(cfg.Log, "Basic %s\n", base64.StdEncoding.EncodeToString([]byte("user:"+c.secret())))
		}
		if c.is("login-when-made") && vendor != "trolley" {
			if _, err := c.getToken(context.Background()); err != nil {
				return nil, errors.New(err.Message)
			}
		}
		return c, nil
	}
}

func (c *handmade) is(habit string) bool { return c.habits[habit] }

// secret is the account's, or another one of the same process.
func (c *handmade) secret() string {
	return c.shared("secret", map[string]string{"trolley": c.cfg.Credentials["secret_key"], "irp": c.cfg.Credentials["shared_secret"], "spreetail": c.cfg.Credentials["client_secret"]}[c.vendor])
}

func (c *handmade) key() string {
	return c.shared("key", map[string]string{"trolley": c.cfg.Credentials["access_key"], "irp": c.cfg.Credentials["api_key"], "spreetail": c.cfg.Credentials["client_id"]}[c.vendor])
}

// process holds what the clients of one process share by mistake, by case.
var process sync.Map

func (c *handmade) shared(name, own string) string {
	if !c.is("static-credentials") {
		return own
	}
	first, _ := process.LoadOrStore(c.cfg.Transport, map[string]string{})
	all := first.(map[string]string)
	if all[name] == "" {
		all[name] = own
	}
	return all[name]
}

func (c *handmade) redirect(r *http.Request, via []*http.Request) error {
	if c.is("follows-anywhere") {
		r.Header = via[0].Header.Clone()
		return nil
	}
	return http.ErrUseLastResponse
}

// Close stops the timer.
func (c *handmade) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	return nil
}

// Call makes one call.
func (c *handmade) Call(ctx context.Context, call harness.Call) harness.Outcome {
	c.mu.Lock()
	c.calls++
	n := c.calls
	c.mu.Unlock()
	if c.is("login-every-ten") && n%10 == 1 || c.is("login-every-call") {
		c.forget("", true)
	}
	early := c.now()
	renewed, repeats, corrected := 0, 0, false
	for {
		token, err := c.getToken(ctx)
		var status int
		var body []byte
		if err == nil && c.is("asks-remaining") {
			_, body, err = c.ask(ctx, harness.Call{Method: "POST", Path: "/api/v1/Authentication/CheckTokenTime"}, token, early)
		}
		if err == nil {
			status, body, err = c.ask(ctx, call, token, early)
		}
		most := map[bool]int{false: 1, true: 3}[c.is("three-repeats")]
		switch {
		case err == nil:
			return harness.Outcome{Status: status, Body: string(body)}
		case c.is("endless-401") && err.Kind == "auth", c.is("endless-500") && err.Kind == "server":
			c.forget(token, false)
			if n := c.ticks(); n > 300 {
				return err.Outcome
			}
		case err.clock && c.is("corrects") && !corrected && (err.corrected || c.is("retries-blindly")):
			corrected = true
		case c.is("skew-overretry") && err.Kind == "auth" && repeats < 4:
			repeats++
		case c.is("403-logs-in") && err.Kind == "forbidden" && renewed < 1, c.is("429-logs-in") && err.Kind == "rate-limited" && renewed < 1:
			renewed++
			c.forget(token, true)
		case err.renew && (c.is("recovers-posts-only") && call.Method != "POST" || c.is("recovers-gets-only") && call.Method != "GET"):
			return c.tell(err, token)
		case err.renew && token != "" && renewed < 1 && !c.is("no-recovery"), err.renew && token != "" && renewed < 4 && c.is("many-recoveries"):
			renewed++
			if !c.is("keeps-refused-token") {
				c.forget(token, c.is("discards-new"))
			}
			if c.is("changes-body") && call.Body != "" {
				call.Body = strings.Replace(call.Body, `{`, `{"retry":true,`, 1)
			}
			if c.is("drops-body") {
				call.Body, call.Fields = "", nil
			}
			if c.is("repeats-twice") {
				_, _, _ = c.ask(ctx, call, token, early)
			}
		case err.busy && repeats < most && err.wait <= 5*time.Minute && !c.is("no-repeats"):
			repeats++
			if c.is("three-repeats") {
				err.wait = max(err.wait, time.Second<<repeats)
			}
			if err.wait > 0 {
				c.cfg.Clock.Sleep(err.wait)
			}
		default:
			return c.tell(err, token)
		}
	}
}

func (c *handmade) ticks() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	return c.calls
}

// tell is what the caller is told.
func (c *handmade) tell(err *trouble, token string) harness.Outcome {
	o := err.Outcome
	switch {
	case c.is("hands-on") && o.Status >= 400 && o.Status < 500:
		return harness.Outcome{Status: o.Status, Body: o.Body}
	case c.is("swallows-errors"):
		return harness.Outcome{Status: 200, Body: "{}"}
	case c.is("panics-on-errors"):
		panic(o.Message)
	case c.is("all-auth"):
		o.Kind = "auth"
	case c.is("clock-is-auth") && o.Kind == "clock":
		o.Kind = "auth"
	case c.is("429-is-auth") && o.Kind == "rate-limited":
		o.Kind = "auth"
	case c.is("secret-in-errors"):
		o.Message += " with " + c.secret()
	case c.is("token-in-errors"):
		o.Message += " with " + token
	case c.is("token-in-errors-base64"):
		o.Message += " with " + base64.StdEncoding.EncodeToString([]byte("x:"+token))
	case c.is("token-in-errors-hex"):
		o.Message += " with " + hex.EncodeToString([]byte(token))
	case c.is("token-in-errors-json"):
		o.Message += " with " + strings.ReplaceAll(token, "/", `\/`)
	case c.is("token-in-errors-escaped"):
		o.Message += " with " + strings.ToLower(url.QueryEscape("+/=")) + strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d").Replace(url.QueryEscape(token))
	case c.is("secret-in-long-body"): // what is cut off may be cut within the secret
		return harness.Outcome{Status: 200, Body: strings.Repeat("x", 190) + c.secret() + strings.Repeat("y", 190)}
	case c.is("secret-as-kind"):
		o.Kind = c.secret()
	case c.is("endless-kind"):
		o.Kind = strings.Repeat("k\xff", 1<<17)
	case c.is("endless-message"):
		o.Message = strings.Repeat("m\xff", 1<<17)
	case c.is("made-up-kind"):
		o.Kind = "oops"
	}
	o.Status, o.Body = 0, ""
	return o
}

// now is the client's time, corrected by what it has learned.
func (c *handmade) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cfg.Clock.Now().Add(c.offset)
}

// learn corrects the clock by an answer's Date.
func (c *handmade) learn(h http.Header, refused bool, sent time.Time) bool {
	if !c.is("corrects") {
		return false
	}
	text := h.Get("Date")
	date, err := http.ParseTime(text)
	if c.is("no-date-crash") && err != nil {
		panic("no Date: " + text)
	}
	if c.is("no-date-zero") && err != nil {
		date, err = time.Unix(0, 0), nil
	}
	if err != nil || h.Get("Age") != "" && !c.is("cached-date") || !refused && !c.is("learns-always") {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.is("learns-once") && c.learned {
		return false
	}
	c.learned = true
	now := c.cfg.Clock.Now()
	off := date.Sub(now)
	if between := !date.Before(sent.Add(-time.Second)) && !date.After(now); between && !c.is("offset-at-arrival") && !c.is("to-the-second") {
		off = 0 // the answer was slow; the clock is not wrong
	}
	if off.Abs() < 5*time.Second && !c.is("to-the-second") { // a Date has no parts of a second, and is late
		off = 0
	}
	if c.is("wrong-sign") {
		off = -off
	}
	if c.is("double-offset") {
		off += c.offset + off
	}
	changed := off != c.offset
	if c.offset = off; c.is("skew-race") { // only the caller that changed the offset tries again
		return changed
	}
	return true
}

// ask makes one request of the API and reads the answer.
func (c *handmade) ask(ctx context.Context, call harness.Call, token string, early time.Time) (int, []byte, *trouble) {
	at := c.now()
	if c.is("sign-early") {
		at = early
	}
	if c.is("sign-at-birth") {
		at = c.born
	}
	r := c.request(ctx, call, token, at)
	if c.is("waits-after-signing") {
		c.cfg.Clock.Sleep(20 * time.Second)
	}
	if c.is("waits-for-connection") {
		c.cfg.Clock.Sleep(time.Millisecond)
		if c.is("shares-signature") {
			c.mu.Lock()
			authorization, stamp, _ := strings.Cut(c.sign, "\n")
			r.Header.Set("Authorization", authorization)
			r.Header.Set("X-PR-Timestamp", stamp)
			c.mu.Unlock()
		}
	}
	return c.do(r, call)
}

func (c *handmade) do(r *http.Request, call harness.Call) (int, []byte, *trouble) {
	sent := c.cfg.Clock.Now()
	if c.is("hangs") {
		<-make(chan int)
	}
	resp, err := c.http.Do(r)
	if err != nil && c.is("resends-late") {
		c.cfg.Clock.Sleep(5 * time.Second)
		if r.GetBody != nil {
			r.Body, _ = r.GetBody()
		}
		resp, err = c.http.Do(r)
	}
	if err != nil {
		message := "no answer came"
		if c.is("url-in-errors") {
			message += ": " + err.Error()
		}
		return 0, nil, &trouble{Outcome: harness.Outcome{Kind: "network", Message: message}}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil && !c.is("takes-half-answers") {
		return 0, nil, &trouble{Outcome: harness.Outcome{Kind: "network", Message: "the answer broke off"}}
	}
	if to := resp.Header.Get("Location"); c.is("follows-same-host") && strings.HasPrefix(to, "/") && resp.StatusCode/100 == 3 {
		call.Path = to
		return c.ask(r.Context(), call, c.current(), c.now())
	}
	wrong := c.read(resp, body)
	if c.is("status-only") && resp.StatusCode < 300 {
		wrong = nil
	}
	refused := wrong != nil && wrong.clock
	if learned := c.learn(resp.Header, refused || wrong != nil && c.is("learns-from-any"), sent); wrong != nil {
		wrong.corrected = learned
	}
	if wrong != nil {
		wrong.Status, wrong.Body = resp.StatusCode, string(body)
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		wrong.wait = time.Duration(seconds) * time.Second
	}
	return resp.StatusCode, body, wrong
}

// read tells a success from a failure, as the vendor's pages do.
func (c *handmade) read(resp *http.Response, body []byte) *trouble {
	status := resp.StatusCode
	fail := func(kind, message string) *trouble {
		return &trouble{Outcome: harness.Outcome{Kind: kind, Message: message}}
	}
	var doc map[string]any
	isJSON := json.Unmarshal(body, &doc) == nil && doc != nil
	if c.is("crash-on-html") && !isJSON {
		panic("unexpected token <")
	}
	switch {
	case status == 429:
		return fail("rate-limited", "too many requests")
	case status >= 500:
		t := fail("server", "the API failed")
		t.busy = status == 503
		return t
	case status == 403:
		return fail("forbidden", "not allowed")
	case status >= 300 && status < 400:
		return fail("protocol", "a redirect")
	case !isJSON && status == 401:
		t := fail("auth", "refused")
		t.renew = true
		return t
	case !isJSON:
		return fail("protocol", "no JSON")
	}
	switch c.vendor {
	case "trolley":
		if ok, _ := doc["ok"].(bool); ok && status < 300 {
			return nil
		}
		if bytes.Contains(body, []byte("Timestamp is more than")) {
			t := fail("clock", "the clock is wrong")
			t.clock = true
			return t
		}
		if bytes.Contains(body, []byte("Invalid token")) || status == 401 {
			return fail("auth", "the key or the signature is wrong")
		}
	case "irp":
		word := strings.ToLower(fmt.Sprint(doc["Success"]))
		if status < 300 && (word == "true" || word == "warning" && !c.is("warning-fails")) {
			return nil
		}
		return c.readIRP(doc, fail)
	case "spreetail":
		if ok, _ := doc["success"].(bool); ok && status < 300 {
			return nil
		}
		if status == 401 {
			t := fail("auth", "the token is wrong")
			t.renew = true
			return t
		}
	}
	return fail("refused", fmt.Sprintf("refused with status %d", status))
}

func (c *handmade) readIRP(doc map[string]any, fail func(kind, message string) *trouble) *trouble {
	list, _ := doc["Messages"].([]any)
	code, text := 0.0, ""
	if len(list) > 0 {
		first, _ := list[0].(map[string]any)
		code, _ = first["Code"].(float64)
		text, _ = first["Message"].(string)
	}
	if c.is("by-message") {
		for message, n := range map[string]float64{"TimeStamp Is Not Within": 2001, "Token Has Just Expired": 1000, "No API Key Was Found": 2002, "The Provided API Key": 2014, "Could Not Authenticate": 2003} {
			if code = 0; strings.Contains(text, message) {
				code = n
				break
			}
		}
	}
	switch code {
	case 2001:
		t := fail("clock", "the clock is wrong")
		t.clock = true
		return t
	case 1000, 2002, 2012, 2015:
		t := fail("auth", "the token is wrong")
		t.renew = true
		return t
	case 2003, 2011, 2013, 2014:
		return fail("auth", "the key or the signature is wrong")
	}
	return fail("refused", fmt.Sprintf("refused with code %v", code))
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

func hexHMAC(h func() hash.Hash, key, text string) string {
	m := hmac.New(h, []byte(key))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// signTrolley stamps and signs a request.
func (c *handmade) signTrolley(r *http.Request, call harness.Call, body string, at time.Time) {
	stamp := c.unixText(at)
	target := strings.TrimPrefix(r.URL.String(), r.URL.Scheme+"://"+r.URL.Host)
	method, signed, signedStamp, ending := call.Method, body, stamp, "\n"
	h, media := sha256.New, "application/json"
	switch {
	case c.is("signs-another-stamp"):
		signedStamp = c.unixText(at.Add(-time.Second))
	case c.is("reads-clock-twice"):
		signedStamp = c.unixText(c.now())
	case c.is("signs-lower-method"):
		method = strings.ToLower(method)
	case c.is("signs-url"):
		target = r.URL.String()
	case c.is("signs-host"):
		target = r.URL.Host + target
	case c.is("signs-no-slash"):
		target = strings.TrimPrefix(target, "/")
	case c.is("signs-no-query"):
		target = r.URL.Path
	case c.is("signs-decoded-query"):
		if q, err := url.QueryUnescape(r.URL.RawQuery); err == nil && q != "" {
			target = r.URL.Path + "?" + q
		}
	case c.is("signs-sorted-query"):
		if r.URL.RawQuery != "" {
			target = r.URL.Path + "?" + r.URL.Query().Encode()
		}
	case c.is("signs-before-rewrite"):
		signed = call.Body
		var doc any
		if json.Unmarshal([]byte(body), &doc) == nil {
			wide, _ := json.MarshalIndent(doc, "", "  ")
			body = string(wide)
		}
	case c.is("signs-empty-object") && body == "":
		signed = "{}"
	case c.is("signs-no-body"):
		signed = ""
	case c.is("signs-question-marks"):
		signed = strings.Map(func(r rune) rune {
			if r > 126 {
				return '?'
			}
			return r
		}, body)
	case c.is("signs-latin-1"):
		signed = latin1(body)
	case c.is("sends-latin-1"):
		signed, body = latin1(body), latin1(body)
	case c.is("no-last-newline"):
		ending = ""
	case c.is("crlf"):
		ending = "\r\n"
	case c.is("sha512"):
		h = sha512.New
	case c.is("sha1"):
		h = sha1.New
	case c.is("no-content-type"):
		media = ""
	}
	message := strings.Join([]string{signedStamp, method, target, signed}, "\n") + ending
	if c.is("another-order") {
		message = strings.Join([]string{method, target, signed, signedStamp}, "\n") + ending
	}
	if c.is("no-separators") {
		message = signedStamp + method + target + signed
	}
	secret := c.secret()
	if c.is("key-as-secret") {
		secret = c.key()
	}
	signature := hexHMAC(h, secret, message)
	switch {
	case c.is("upper-hex"):
		signature = strings.ToUpper(signature)
	case c.is("base64"):
		raw, _ := hex.DecodeString(signature)
		signature = base64.StdEncoding.EncodeToString(raw)
	case c.is("plain-hash"):
		sum := sha256.Sum256([]byte(secret + message))
		signature = hex.EncodeToString(sum[:])
	case c.is("cut-signature"):
		signature = signature[:45]
	}
	authorization := "prsign " + c.key() + ":" + signature
	switch {
	case c.is("placeholder") && secret == "":
		authorization = "prsign 1:1"
	case c.is("scheme-upper"):
		authorization = "PRSIGN " + c.key() + ":" + signature
	case c.is("scheme-spaces"):
		authorization = "prsign  " + c.key() + ":" + signature
	case c.is("space-behind-colon"):
		authorization = "prsign " + c.key() + ": " + signature
	case c.is("no-scheme"):
		authorization = c.key() + ":" + signature
	}
	c.reuse(&authorization, &stamp, at)
	c.set(r, "Authorization", authorization)
	if c.is("two-stamps") {
		r.Header.Add("X-PR-Timestamp", stamp)
	}
	if !c.is("no-stamp") {
		r.Header.Add("X-PR-Timestamp", stamp)
		if c.is("lower-case-headers") {
			r.Header.Del("X-PR-Timestamp")
			r.Header["x-pr-timestamp"] = []string{stamp}
		}
	}
	if c.is("secret-in-header") {
		r.Header.Set("X-PR-Secret", secret)
	}
	if c.is("secret-in-query") {
		r.URL.RawQuery += "&secret=" + url.QueryEscape(secret)
	}
	c.fill(r, body, media)
}

// reuse is the habit of signing once and sending that again.
func (c *handmade) reuse(authorization, stamp *string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.is("signs-once") && c.sign != "" || c.is("signs-for-20s") && c.sign != "" && at.Sub(c.stamp).Abs() < 20*time.Second
	if again {
		*authorization, *stamp, _ = strings.Cut(c.sign, "\n")
		return
	}
	c.sign, c.stamp = "", at
	c.sign = *authorization + "\n" + *stamp
	_, *stamp, _ = strings.Cut(c.sign, "\n")
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

// unixText writes the timestamp of Trolley.
func (c *handmade) unixText(t time.Time) string {
	t = c.misread(t)
	switch {
	case c.is("milliseconds"):
		return strconv.FormatInt(t.UnixMilli(), 10)
	case c.is("fraction"):
		return fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/1e6)
	case c.is("exponent"):
		return strconv.FormatFloat(float64(t.Unix()), 'e', -1, 64)
	case c.is("32-bit"):
		return strconv.Itoa(int(int32(t.Unix())))
	case c.is("32-bit-unsigned"):
		return strconv.FormatUint(uint64(uint32(t.Unix())), 10)
	case c.is("leading-zero"):
		return "0" + strconv.FormatInt(t.Unix(), 10)
	case c.is("plus"):
		return "+" + strconv.FormatInt(t.Unix(), 10)
	case c.is("padded-to-11"):
		return fmt.Sprintf("%11d", t.Unix())
	case c.is("hexadecimal"):
		return strconv.FormatInt(t.Unix(), 16)
	case c.is("iso"):
		return t.UTC().Format(time.RFC3339)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// misread is what wrong clocks and wrong zones make of an instant.
func (c *handmade) misread(t time.Time) time.Time {
	switch {
	case c.is("rounds"):
		return t.Add(500 * time.Millisecond).Truncate(time.Second)
	case c.is("rounds-up"):
		return t.Add(time.Second - 1).Truncate(time.Second)
	case c.is("a-minute-ago"):
		return t.Add(-20 * time.Second)
	case c.is("a-bit-ahead"):
		return t.Add(3 * time.Second)
	case c.is("truncates-minutes"):
		return t.Truncate(10 * time.Second)
	case c.is("local-time"):
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	case c.is("dst-guess"): // local text, read back: the hour that comes twice is taken for the first
		back, _ := time.ParseInLocation(time.DateTime, t.Format(time.DateTime), t.Location())
		return back
	case c.is("dst-at-birth"):
		_, then := c.born.Zone()
		_, now := t.Zone()
		return t.Add(time.Duration(now-then) * time.Second)
	case c.is("julian-2100") && !t.Before(time.Date(2100, 3, 1, 0, 0, 0, 0, time.UTC)):
		return t.AddDate(0, 0, -1)
	}
	return t
}

// irpFields signs the fields of a request and puts them into its body.
func (c *handmade) irpFields(r *http.Request, fields url.Values, subject, name string, at time.Time) {
	layout := "2006-01-02 15:04:05"
	for habit, other := range map[string]string{"unpadded": "2006-1-2 15:4:5", "twelve-hours": "2006-01-02 03:04:05", "with-t": "2006-01-02T15:04:05", "with-z": "2006-01-02 15:04:05Z",
		"with-fraction": "2006-01-02 15:04:05.000", "day-first": "02-01-2006 15:04:05", "month-for-minutes": "2006-01-02 15:01:05", "two-digit-year": "06-01-02 15:04:05", "slashes": "2006/01/02 15:04:05"} {
		if c.is(habit) {
			layout = other
		}
	}
	t := c.misread(at)
	if !c.is("local-time") {
		t = t.UTC()
	}
	stamp := t.Format(layout)
	if year, _ := t.ISOWeek(); c.is("week-year") {
		stamp = strconv.Itoa(year) + stamp[4:]
	}
	if c.is("week-year-sunday") {
		stamp = strconv.Itoa(t.AddDate(0, 0, 6-int(t.Weekday())).Year()) + stamp[4:]
	}
	signedStamp, hashed := stamp, subject
	switch {
	case c.is("signs-another-stamp"):
		signedStamp = t.Add(-time.Second).Format(layout)
	case c.is("reads-clock-twice"):
		signedStamp = c.misread(c.now()).UTC().Format(layout)
	case c.is("signs-the-key") && name == "AuthenticationToken":
		hashed = c.key()
	case c.is("signs-escaped-token"):
		hashed = url.QueryEscape(subject)
	}
	inner := hexHash(hashed + "." + signedStamp)
	switch {
	case c.is("no-full-stop"):
		inner = hexHash(hashed + signedStamp)
	case c.is("inner-upper"):
		inner = strings.ToUpper(inner)
	case c.is("inner-raw"):
		raw, _ := hex.DecodeString(inner)
		inner = string(raw)
	case c.is("inner-sha256"):
		sum := sha256.Sum256([]byte(hashed + "." + signedStamp))
		inner = hex.EncodeToString(sum[:])
	case c.is("stamp-first"):
		inner = hexHash(signedStamp + "." + hashed)
	}
	signature := hexHash(inner + "." + c.secret())
	switch {
	case c.is("secret-first"):
		signature = hexHash(c.secret() + "." + inner)
	case c.is("outer-no-full-stop"):
		signature = hexHash(inner + c.secret())
	case c.is("outer-hmac"):
		signature = hexHMAC(sha1.New, c.secret(), inner)
	case c.is("upper-hex"):
		signature = strings.ToUpper(signature)
	case c.is("base64"):
		raw, _ := hex.DecodeString(signature)
		signature = base64.StdEncoding.EncodeToString(raw)
	case c.is("decimal"):
		raw, _ := hex.DecodeString(signature)
		signature = ""
		for _, b := range raw {
			signature += strconv.Itoa(int(b))
		}
	case c.is("one-hash"):
		signature = hexHash(hashed + "." + signedStamp + "." + c.secret())
	case c.is("placeholder") && c.secret() == "":
		signature = "1"
	}
	if name == "AuthenticationToken" {
		c.reuse(&signature, &stamp, at)
	}
	field := "TimeStamp"
	if c.is("other-spelling") {
		field = "Timestamp"
	}
	fields.Set(name, subject)
	fields.Set(field, stamp)
	fields.Set("Signature", signature)
	switch {
	case c.is("secret-in-fields"):
		fields.Set("SharedSecret", c.secret())
	case c.is("key-in-calls"):
		fields.Set("APIKey", c.key())
	case c.is("no-stamp"):
		fields.Del(field)
	}
	if c.is("secret-in-query") {
		r.URL.RawQuery = "s=" + url.QueryEscape(c.secret())
	}
	if c.is("secret-in-header") {
		r.Header.Set("X-Secret", c.secret())
	}
	if c.is("token-in-query") && name == "AuthenticationToken" {
		r.URL.RawQuery = "t=" + url.QueryEscape(subject)
	}
	if c.is("json-fields") {
		object := map[string]string{}
		for name := range fields {
			object[name] = fields.Get(name)
		}
		text, _ := json.Marshal(object)
		c.fill(r, string(text), "application/json")
		return
	}
	text := fields.Encode()
	if c.is("unescaped-token") {
		text = ""
		for name := range fields {
			text += "&" + name + "=" + fields.Get(name)
		}
		text = text[1:]
	}
	c.fill(r, text, "application/x-www-form-urlencoded")
}

func hexHash(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
