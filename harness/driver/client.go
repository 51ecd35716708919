package driver

import (
	"context"

	"github.com/skewproof/skewproof/harness"
)

// client is the client of one case, behind its driver.
type client struct {
	driver  *process
	program *Program
}

// message is what the harness sends.
type message struct {
	ID     int64             `json:"id"`
	Start  string            `json:"start,omitempty"`
	Call   string            `json:"call,omitempty"`
	Method string            `json:"method,omitempty"`
	Path   string            `json:"path,omitempty"`
	Body   string            `json:"body,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
}

// reply is what the driver answers.
type reply struct {
	ID     *int64 `json:"id"`
	Status int    `json:"status"`
	Body   string `json:"body"`
	Skip   string `json:"skip"`
	Error  *struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	} `json:"error"`
}

// hello is the first thing a driver says.
type hello struct {
	Version    int    `json:"skewproof"`
	Client     string `json:"client"`
	Concurrent bool   `json:"concurrent"`
}

// Call has the driver make the call.
func (c *client) Call(_ context.Context, call harness.Call) harness.Outcome {
	name := call.Operation
	if name == "" {
		name = "call"
	}
	r, err := c.driver.ask(message{Call: name, Method: call.Method, Path: call.Path, Body: call.Body, Fields: call.Fields})
	switch {
	case err != nil:
		return harness.Outcome{Kind: harness.Unreachable, Message: c.program.failed(err).Error()}
	case r.Skip != "":
		return harness.Outcome{Kind: harness.Unsupported, Message: r.Skip}
	case r.Error != nil && r.Error.Kind == "":
		return harness.Outcome{Kind: "other", Message: r.Error.Message}
	case r.Error != nil:
		return harness.Outcome{Kind: r.Error.Kind, Message: r.Error.Message}
	case r.Status == 0:
		return harness.Outcome{Kind: harness.Unreachable, Message: c.program.failed(c.driver.fail("the driver answered a call with neither a status nor an error")).Error()}
	}
	return harness.Outcome{Status: r.Status, Body: r.Body}
}

// Concurrent reports whether the driver takes several calls at once.
func (c *client) Concurrent() bool { return c.driver.hello.Concurrent }

// Flush has the log of the case get what the driver has written for it so far.
func (c *client) Flush() { c.driver.flush() }
