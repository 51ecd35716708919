package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// bodyLimit bounds what one request can make the peer hold.
const bodyLimit = 1 << 20

// request is an HTTP request whose body has been read, and the peer's time at
// which it was looked at.
type request struct {
	*http.Request
	body    []byte
	bodyErr error
	now     time.Time
}

// reply is a whole answer. Vendors return it rather than write it, so that the
// delay and the Date come after everything else.
type reply struct {
	status      int
	contentType string
	challenge   string // WWW-Authenticate
	header      http.Header
	body        []byte
}

// peer sends each request to the vendor that its path names.
type peer struct {
	clock     *clock
	delay     time.Duration
	changed   changed
	trolley   *trolley
	irp       *irp
	spreetail *spreetail
}

func newPeer(clock *clock, delay time.Duration, broken faults, changes changed, names credentials) *peer {
	p := &peer{
		changed:   changes,
		clock:     clock,
		delay:     delay,
		trolley:   newTrolley(broken, names),
		irp:       newIRP(clock, broken, names),
		spreetail: newSpreetail(broken, names),
	}
	p.trolley.changed, p.irp.changed = changes, changes
	return p
}

// ServeHTTP routes by hand: the standard multiplexer would clean paths and
// redirect, and a signature covers the path as it was sent.
func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pause(r.Context(), p.delay)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	answer := p.answer(&request{Request: r, body: body, bodyErr: err, now: p.clock.now()})
	pause(r.Context(), p.delay/2)

	header := w.Header()
	for name, values := range answer.header {
		header[name] = values
	}
	header.Set("Content-Type", answer.contentType)
	if answer.challenge != "" {
		header.Set("WWW-Authenticate", answer.challenge)
	}
	header.Set("Date", p.clock.now().UTC().Format(http.TimeFormat))
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

func (p *peer) answer(r *request) reply {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/v1/"):
		return p.changed.rewrite("trolley", r, p.trolley.serve(r))
	case strings.HasPrefix(path, spreetailBase+"/"):
		return p.changed.rewrite("spreetail", r, p.spreetail.serve(r))
	case strings.HasPrefix(path, irpBase+"/"):
		return p.changed.rewrite("irp", r, p.irp.serve(r))
	}
	return reply{status: http.StatusNotFound, contentType: "text/plain; charset=utf-8", body: []byte("no vendor has this path\n")}
}

// pause sleeps, but not for a client that has gone.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// crash is what the outside sees of an unhandled error.
func crash() reply {
	return reply{
		status:      http.StatusInternalServerError,
		contentType: "text/plain; charset=utf-8",
		body:        []byte("Internal Server Error\n"),
	}
}
