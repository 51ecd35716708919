// Package scripted plays the vendor to a client under test. Its server answers
// as the case says and writes down what it saw; when the client has come to the
// end, that is held against the vendor's rules.
package scripted

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// seen is one request as the server saw it, and what it answered.
type seen struct {
	host   string
	plain  bool               // to the vendor's host, without TLS
	op     *harness.Operation // nil for none of the vendor's
	login  bool
	first  bool // of its moment
	idle   bool // no call was on its way: the client sent it of its own accord
	method string
	target string
	header http.Header
	body   []byte

	served time.Time // the server's clock when it came
	at     time.Time // the client's clock then
	after  time.Time // the client's clock when it was made, at the earliest
	done   time.Time // the client's clock when it was answered

	status  int
	sent    http.Header // the answer's
	answer  []byte
	granted string // the token in the answer to a login
}

// server plays the vendor to one client. Nothing in it judges.
type server struct {
	profile *harness.Profile
	honest  http.Handler
	stage   *stage
	host    string
	account harness.Values

	mu      sync.Mutex
	log     []*seen
	login   []harness.Answer
	answers []harness.Answer
	began   time.Time // the client's clock when the call in progress began
	calling bool
	limit   int // requests answered in one moment; further ones are cut off
}

// maxRequests is how many requests of one moment are answered: no client has a
// reason to send so many, and an endless loop must end.
const maxRequests = 200

// forEver is how many more are cut off before a client counts as one that nothing
// stops.
const forEver = 5000

func newServer(s *stage, host string, account harness.Values) *server {
	p := s.checker.served
	return &server{profile: p, stage: s, host: host, account: account, honest: reference.NewFor(p, s.serverClock, account)}
}

// script says how the requests of the next moment are answered.
func (s *server) script(m *harness.Moment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login, s.answers, s.limit = m.Login, m.Answers, max(maxRequests, maxForCall*max(m.Times, m.Concurrent))
}

// begin notes that a call is on its way: what comes now belongs to it.
func (s *server) begin(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began, s.calling = at, true
}

func (s *server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calling = false
}

// take returns what was seen and forgets it. What is answered later, to a client
// that did not wait, is not waited for either.
func (s *server) take() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := make([]seen, len(s.log))
	for i, x := range s.log {
		log[i] = *x
	}
	s.log = nil
	return log
}

// next finds the answer for a request.
func next(list *[]harness.Answer) harness.Answer {
	if len(*list) == 0 {
		return harness.Answer{}
	}
	a := (*list)[0]
	if !a.Always {
		*list = (*list)[1:]
	}
	return a
}

// note writes the request down and finds the answer for it, and says how many
// more are answered in this moment.
func (s *server) note(r *http.Request, body []byte) (x *seen, a harness.Answer, left int) {
	path := r.URL.EscapedPath()
	x = &seen{host: s.host, method: r.Method, target: r.RequestURI, header: r.Header.Clone(), body: body}
	x.op = s.profile.Route(r.Method, path)
	x.login = s.profile.Login != nil && x.op == s.profile.Login.Operation
	s.mu.Lock()
	defer s.mu.Unlock()
	x.served, x.at = s.stage.serverClock.Now(), s.stage.now()
	x.after = s.began
	if n := len(s.log); n > 0 && !s.stage.concurrent.Load() && s.log[n-1].done.After(x.after) {
		x.after = s.log[n-1].done // one thing after the other
	}
	if x.idle = !s.calling; x.idle {
		x.after = x.at
	}
	if s.limit--; s.limit >= -1 { // one too many shows the loop; more would only take room
		s.log = append(s.log, x)
	}
	if x.login {
		return x, next(&s.login), s.limit
	}
	return x, next(&s.answers), s.limit
}

// ServeHTTP answers one request as the script says.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody)) // what is cut off fits no expectation
	s.stage.events.Add(1)
	defer s.stage.events.Add(1)
	x, a, left := s.note(r, body)
	switch {
	case left < -forEver && s.stage.checker.client.Bubble != nil && !s.stage.checker.client.Program:
		select {} // it would go on for ever: the bubble has nothing to wait for any more, and ends
	case left < 0:
		panic(http.ErrAbortHandler)
	}
	if s.stage.concurrent.Load() {
		s.stage.handling.Add(1)
		defer s.stage.handling.Add(-1)
		s.stage.settle()
	}
	s.stage.passTime(r.Context(), a.Delay)
	answer := s.compose(r, x, body, a)
	s.mu.Lock()
	x.done = s.stage.now()
	if x.login {
		x.granted = s.tokenIn(answer.body.Bytes())
		s.stage.checker.tokens.add(x.granted) // before the client can have it
	}
	x.status, x.sent, x.answer = answer.status, answer.header, answer.body.Bytes()
	s.mu.Unlock()
	if a.Drop == "before" {
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	text := answer.body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(answer.status)
	if a.Drop == "within" {
		_, _ = w.Write(text[:len(text)/2]) // it breaks off here
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(text) // the client has gone; nobody is left to tell
}

// maxBody bounds a client's request, in bytes.
const maxBody = 1 << 20
