// Package reference holds an unbroken server for every profile: what the
// vendor's pages describe, on a clock of the caller's.
//
// It reads the same profile as the judge, and so cannot witness for it: the
// suites are also run against servers that share no code with it, and against
// copies of it that are broken on purpose.
package reference

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// Server answers as the profile says. Its zero value is of no use; see New. It
// is safe for concurrent use.
type Server struct {
	profile     *harness.Profile
	clock       clock.Clock
	credentials harness.Values
	tamper      Tamper

	mu     sync.Mutex
	state  map[string]bool
	tokens map[string]*issued
	seen   map[string]bool // signatures, where replays are refused
	unique map[string]bool // values of unique fields
	serial int
}

// issued is a token the server granted.
type issued struct {
	identity string
	at       time.Time
	used     time.Time
	revoked  bool
}

// New returns a server for the profile, which knows the profile's sample
// credentials and reads the time from clk.
func New(p *harness.Profile, clk clock.Clock) *Server { return NewFor(p, clk, p.Samples()) }

// NewFor is New with another customer's credentials.
func NewFor(p *harness.Profile, clk clock.Clock, credentials harness.Values) *Server {
	return &Server{profile: p, clock: clk, credentials: credentials}
}

// spare maps for the values of requests.
var spare sync.Pool

func borrow() harness.Values {
	if v, ok := spare.Get().(harness.Values); ok {
		return v
	}
	return make(harness.Values, 24)
}

func giveBack(v harness.Values) {
	clear(v)
	spare.Put(v)
}

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// call is one request on its way through the checks.
type call struct {
	form     *harness.Form
	op       *harness.Operation
	r        *http.Request
	body     []byte
	values   harness.Values    // what the request carries
	problems map[string]string // value -> missing, empty or malformed
	badBody  bool
	now      time.Time
	stamp    time.Time
	token    *issued
	right    string // the signature that the request ought to carry
}

// refusal is the name of a documented error, with what its message mentions.
type refusal struct {
	name   string
	values harness.Values
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{r: r, now: s.clock.Now().UTC(), values: borrow()}
	defer giveBack(c.values)
	w.Header()["Date"] = []string{c.now.Format(http.TimeFormat)}
	op := s.profile.Route(r.Method, r.URL.EscapedPath())
	if op == nil {
		s.refuse(w, c, &refusal{name: "not-found"})
		return
	}
	c.op, c.form = op, s.profile.Call
	if s.profile.Login != nil && op == s.profile.Login.Operation {
		c.form = s.profile.Login
	}
	if r.ContentLength != 0 {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		c.body, c.badBody = body, err != nil || len(body) > maxBody
	}
	if s.tamper.Request != nil {
		c.body = s.tamper.Request(c.r, c.body)
	}
	s.read(c)
	if refused := s.check(c); refused != nil {
		s.refuse(w, c, refused)
		return
	}
	if op.Refuse != "" {
		s.refuse(w, c, &refusal{name: op.Refuse})
		return
	}
	s.accept(w, c)
}

// check goes through the form's checks in their order and gives the first
// refusal.
func (s *Server) check(c *call) *refusal {
	switch {
	case s.state["rate-limited"]:
		return &refusal{name: "rate-limited"}
	case s.state["api-disabled"]:
		return &refusal{name: "unexpected"}
	}
	for _, name := range c.form.Checks {
		if refused := s.told(c, checks[name](s, c)); refused != nil {
			return refused
		}
	}
	if s.state["permission-denied"] {
		return s.told(c, &refusal{name: "forbidden"})
	}
	return nil
}

// told is what is told in place of a refusal; nil to let the request pass.
func (s *Server) told(c *call, refused *refusal) *refusal {
	if refused == nil || s.tamper.Refuse == nil {
		return refused
	}
	if refused.name = s.tamper.Refuse(c.op, refused.name); refused.name == "" {
		return nil
	}
	return refused
}

func (s *Server) refuse(w http.ResponseWriter, c *call, refused *refusal) {
	for name, value := range refused.values {
		c.values[name] = value
	}
	s.common(c, c.values)
	status, headers, body := s.profile.Error(refused.name, c.values)
	s.write(w, c, refused.name, status, headers, body)
}

// common adds the values any answer may mention.
func (s *Server) common(c *call, v harness.Values) {
	if f := s.profile.ReplyTime; f != nil {
		v["server_time"] = f.Format(c.now)
	}
	if t := s.profile.Token; t != nil {
		v["lifetime"] = strconv.FormatInt(int64(t.Lifetime/time.Second), 10)
	}
	if v["any"] == "" {
		v["any"] = "unspecified"
	}
}

func (s *Server) accept(w http.ResponseWriter, c *call) {
	s.common(c, c.values)
	if c.form == s.profile.Login {
		c.values["token"] = s.grant(c)
	} else if c.token != nil {
		left := max(0, s.profile.Token.Lifetime-c.now.Sub(c.token.at))
		c.values["remaining"] = fmt.Sprintf("%02d:%02d", int(left/time.Minute), int(left%time.Minute/time.Second))
	}
	status, headers, body := s.profile.Success(c.op, c.values)
	s.write(w, c, "", status, headers, body)
}

func (s *Server) write(w http.ResponseWriter, c *call, refused string, status int, headers map[string]string, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	for name, value := range headers {
		h.Set(name, value)
	}
	if s.tamper.Answer != nil {
		t := &Told{Refused: refused, Request: c.r, Login: s.profile.Login != nil && c.form == s.profile.Login, Right: c.right, Status: status, Header: h, Body: body}
		s.tamper.Answer(t)
		status, body = t.Status, t.Body
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone; nobody is left to tell
}

var jsonType = []string{"application/json; charset=utf-8"}

// SetState puts the server in a documented state: key-inactive, key-deleted,
// ip-denied, account-suspended, permission-denied, rate-limited or api-disabled.
func (s *Server) SetState(name string) error {
	if !harness.KnownState(name) {
		return fmt.Errorf("unknown state %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == nil {
		s.state = map[string]bool{}
	}
	s.state[name] = true
	return nil
}
