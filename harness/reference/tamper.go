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
	Request func(r *http.Request, body []byte) []byte            // before the request is read; gives its body
	Stamp   func(text string, now time.Time) string              // before a timestamp is read; a missing one is empty
	Match   func(sent, right string) bool                        // whether a signature will do
	Verify  func(header, claims map[string]any, right bool) bool // whether a token of three parts will do, given whether its signature is right
	Find    func(token string, granted []string) string          // the granted token that this one is taken for
	Refuse  func(c *http.Request, name string) string            // what is told in place of an error; empty to let it pass
	Answer  func(*Told)                                          // before an answer is sent
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
