package harness

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/benbjohnson/clock"
)

// Client is a client under test, as its caller sees it. Calls may come from
// several goroutines at once.
type Client interface {
	// Call makes one call of the API, with whatever logins and repetitions it
	// takes, and says how it ended.
	Call(ctx context.Context, call Call) Outcome
}

// Call is what the client's caller asks for. What authenticates the call is for
// the client to add.
type Call struct {
	Operation string            // the name in the profile; empty for a call that the profile does not name
	Method    string            // of HTTP
	Path      string            // with the query, to be sent byte for byte; the base URL comes before it
	Body      string            // to be sent as UTF-8; empty for none
	Fields    map[string]string // in place of a body, where the vendor's calls are made of fields
}

// Outcome is what the client's caller is told: an answer of the API, whatever
// its status, or the kind of failure.
type Outcome struct {
	Status  int
	Body    string
	Kind    string // one of Kinds; empty when the client reports no failure
	Message string // what the caller would read of the failure
}

// Kinds are the failures that clients tell apart, with what each means.
var Kinds = map[string]string{
	"auth":         "the API refused the credentials, the signature or the token",
	"clock":        "the API refused the timestamp",
	"forbidden":    "the account may not do this",
	"rate-limited": "there were too many requests",
	"refused":      "the API refused the call for another reason",
	"server":       "the API failed",
	"network":      "no whole answer came",
	"protocol":     "an answer came that cannot be understood",
	"config":       "the client would not send the call at all",
	"crash":        "the client broke down: its caller was told nothing it can handle",
	"other":        "something else, or the client does not tell",
}

// ClientConfig is what a client in this process is made of.
type ClientConfig struct {
	BaseURL     string            // https, without a path
	Transport   http.RoundTripper // leads to the harness, without a network
	Clock       clock.Clock       // shows the client's time
	Credentials Values            // by the names of the profile
	// Log is for whatever the client logs; it is searched for secrets. It has a
	// method Hide(string) string that takes them out, for who must cut a text short.
	Log  io.Writer
	Zone string // the IANA name of the time zone that Clock shows; empty for UTC
	Case string // the full name of the case that begins
}

// Call is what the client is asked for. In a body {n} stands for n, and so does
// {serial}, so that calls can differ.
func (op *Operation) Call(n int) Call {
	fill := func(text string) string {
		return strings.ReplaceAll(strings.ReplaceAll(text, "{n}", strconv.Itoa(n)), "{serial}", strconv.Itoa(n))
	}
	c := Call{Operation: op.Name, Method: op.Method, Path: op.Path, Body: fill(op.Body)}
	for _, e := range op.Fields.entries {
		if c.Fields == nil {
			c.Fields = map[string]string{}
		}
		c.Fields[e.key] = fill(e.value)
	}
	return c
}

// Kinds of outcome that say nothing about the client. Unreachable: the program
// that drives it failed, and the case is an error. Unsupported: the client has no
// way to make such a call, and the case is skipped.
const (
	Unreachable = "unreachable"
	Unsupported = "unsupported"
)
