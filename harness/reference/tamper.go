package reference

import (
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// Tamper breaks a reference server on purpose. Each function is asked in one
// place, and those that are nil change nothing.
type Tamper struct {
	Request func(r *http.Request, body []byte) []byte    // before the request is read; gives its body
	Stamp   func(text string, now time.Time) string      // before a timestamp is read; a missing one is empty
	Match   func(Signed) bool                            // whether a signature will do
	Verify  func(*JWT) bool                              // whether a token of three parts will do
	Find    func(token string, granted []string) string  // the granted token that this one is taken for
	Refuse  func(op *harness.Operation, n string) string // what is told in place of an error; empty to let it pass
	Answer  func(*Told)                                  // before an answer is sent
}

// Signed is a signature that came, and what it is compared with.
type Signed struct {
	Sent, Right string
	Values      harness.Values // what the right one was made from; do not change it
}

// JWT is a token of three parts, whose claims are still to be judged.
type JWT struct {
	Header, Claims map[string]any // nil when they cannot be read; a change of the claims counts
	Text           string         // what is signed
	Signature      []byte
	Key            string
	Right          bool // the signature is
}

// Told is an answer that is about to be sent.
type Told struct {
	Refused string // the error; empty for a success
	Request *http.Request
	Login   bool
	Right   string // the signature that is or would have been right; empty when none was worked out
	Status  int
	Header  http.Header
	Body    []byte
}

// NewTampered returns a server that is broken so.
func NewTampered(p *harness.Profile, clk clock.Clock, t Tamper) *Server {
	s := New(p, clk)
	s.tamper = t
	return s
}

// ClientTamper breaks a reference client on purpose. What is not set changes
// nothing.
type ClientTamper struct {
	Careless bool                                 // takes any configuration
	Now      func(time.Time) time.Time            // the clock that stamps are made from
	Stamp    func(text string) string             // a timestamp, before it is signed
	Recipe   harness.Recipe                       // in place of the profile's
	Sign     func(v harness.Values, login bool)   // what a request is signed from
	Sent     func(v harness.Values, login bool)   // what is sent, after it was signed
	Request  func(r *http.Request, login bool)    // a finished request
	Repeat   func(again, before *http.Request)    // a repetition of a call, given the request before
	Refused  func(*Refusal)                       // what an answer means that is no success
	Token    func(token string) string            // the token of a login
	Life     func(time.Duration) time.Duration    // how long a token is kept, without the margin
	Fresh    func(now, had, until time.Time) bool // whether a token is still used that was had then and is to be replaced then
	Alone    bool                                 // callers do not share a login
	Keeps    bool                                 // a refused token is used again
	Forgets  bool                                 // a token is given up when an older one is refused later
	Most     int                                  // how often a call is repeated; once when 0
}

// Refusal is what a client makes of an answer that is no success.
type Refusal struct {
	Status int    // 0 when none came
	Error  string // the documented error; empty for none
	Kind   string // see harness.Kinds
	Words  string
	Renew  bool // a new token may help
	Busy   bool // the server may be less busy later
	OK     bool // it counts as a success all the same
}
