package scripted_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// now is the client's time, corrected by what it has learned.
func (c *handmade) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cfg.Clock.Now().Add(c.offset)
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
