package harness

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
)

// Deck plays tapes back: it is the transport and the clock of a run without a
// server. It is not safe for concurrent use.
type Deck struct {
	// Tape finds the tape of a case by its full name; nil for none.
	Tape func(name string) *Tape
	// Half says that cases of the run are missing from its recording. One without
	// a tape is then not run, as if a limit had kept it from being sent.
	Half bool

	playing Tape
	next    int         // exchange
	pending []time.Time // readings until the next exchange
	last    time.Time
}

// load puts the tape of the next case in.
func (d *Deck) load(t Tape) {
	d.playing, d.next = t, 0
	d.wind()
}

// wind goes on to the readings before the next exchange.
func (d *Deck) wind() {
	d.pending = d.playing.Clock
	if d.next < len(d.playing.Exchanges) {
		d.pending = d.playing.Exchanges[d.next].Clock
	}
}

// RoundTrip answers as the server did.
func (d *Deck) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.next >= len(d.playing.Exchanges) {
		return nil, &tapeError{fmt.Sprintf("the recording of %s ends before %s %s; record it again", d.playing.Case, r.Method, r.URL.Path)}
	}
	x := d.playing.Exchanges[d.next]
	if path, _, _ := strings.Cut(x.Target, "?"); x.Method != r.Method || !strings.HasSuffix(r.URL.EscapedPath(), path) && !strings.HasSuffix(r.URL.Path, path) {
		return nil, &tapeError{fmt.Sprintf("the recording of %s has %s %s where %s %s is sent; record it again", d.playing.Case, x.Method, path, r.Method, r.URL.Path)}
	}
	d.next++
	d.wind()
	switch x.Problem {
	case Linkless:
		return nil, &tapeError{x.Text}
	case Garbled:
		return nil, errors.New(x.Text)
	}
	body := io.Reader(strings.NewReader(x.ResponseBody))
	switch x.Problem {
	case BrokeOff:
		body = io.MultiReader(body, &failing{errors.New(x.Text)})
	case TimedOut:
		body = io.MultiReader(body, &failing{errSlow})
	case TooLong:
		body = io.MultiReader(body, io.LimitReader(zeros{}, MaxBody))
	}
	return &http.Response{StatusCode: x.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: x.ResponseHeader.Clone(), Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
}

// now is the next reading of the tape; when there are no more, the last one.
func (d *Deck) now() time.Time {
	if len(d.pending) > 0 {
		d.last, d.pending = d.pending[0], d.pending[1:]
	}
	return d.last
}

// clock is our clock as it was: it reads what the tape has, and nobody waits.
func (d *Deck) clock() clock.Clock { return &deckClock{clock.New(), d} }

type deckClock struct {
	clock.Clock
	deck *Deck
}

func (c *deckClock) Now() time.Time                     { return c.deck.now() }
func (c *deckClock) Since(t time.Time) time.Duration    { return c.Now().Sub(t) }
func (c *deckClock) Until(t time.Time) time.Duration    { return t.Sub(c.Now()) }
func (c *deckClock) Timer(d time.Duration) *clock.Timer { return c.Clock.Timer(0) }

// tapeError is a failure of the link, as it was.
type tapeError struct{ text string }

func (e *tapeError) Error() string { return e.text }

// errSlow says that a body did not end in time.
var errSlow = errors.New("the time for the answer ran out")

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// load puts the tape of the case in. It gives a verdict when there is none that
// fits.
func (c *Checker) load(cs *Case) (Verdict, string) {
	t := c.deck.Tape(cs.Name())
	switch {
	case t == nil && c.deck.Half:
		return Skip, "not run: it is missing from the recording"
	case t == nil:
		return Skip, "is not recorded"
	case t.Fingerprint != cs.Fingerprint():
		return Error, "the case has changed since it was recorded: it sends something else now; record it again"
	}
	if c.live() && t.Offset != nil {
		c.interval = *t.Offset
	}
	c.deck.load(*t)
	return "", ""
}

// alone reports whether each case logs in for itself, as on a tape.
func (c *Checker) alone() bool { return c.record != nil || c.deck != nil }
