package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness/measure"
)

// exchanged is an exchange before it is redacted.
type exchanged struct {
	step  int
	d     *draft
	a     *answer
	err   error
	clock []time.Time // see TapeExchange
}

// exchange sends the draft and reads the answer, at most MaxBody of it.
func (r *run) exchange(d *draft) (*answer, error) {
	c := r.c
	var ctx context.Context
	if c.live() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(r.ctx, RequestTimeout)
		defer cancel()
	} else if err := r.ctx.Err(); err != nil {
		return nil, err
	} else if _, ok := r.ctx.Deadline(); ok { // who sets none does not pay for goroutines
		ctx = r.ctx
	}
	req, err := d.request(ctx, c.base)
	if err != nil {
		return nil, err
	}
	sent := c.local.Now()
	read := c.readings.take()
	resp, err := c.target.Transport.RoundTrip(req)
	if err != nil && r.ctx.Err() != nil && !c.live() {
		err = r.ended(d)
	}
	a := &answer{hide: r.hide}
	if err != nil {
		if a.unusable = unusable(err, c.hide); a.unusable == "" {
			r.exchanges = append(r.exchanges, exchanged{len(r.exchanges), d, nil, err, read})
			return nil, err
		}
		a.problem, a.problemText = Garbled, err.Error()
	} else {
		a.status, a.header = resp.StatusCode, resp.Header
		if resp.Body == nil {
			resp.Body = http.NoBody
		}
		a.body, err = readAll(resp)
		resp.Body.Close()
		a.keepTrailer(resp.Trailer)
		switch {
		case r.ctx.Err() != nil:
			return nil, r.ended(d)
		case err != nil && ctx != nil && ctx.Err() != nil, errors.Is(err, errSlow):
			a.unusable, a.problem = fmt.Sprintf("the answer did not end within %v", RequestTimeout), TimedOut
		case err != nil:
			a.unusable, a.problem, a.problemText = "the answer broke off: "+oneLine(c.hide(err.Error())), BrokeOff, err.Error()
		case len(a.body) > MaxBody:
			a.unusable, a.problem = fmt.Sprintf("the answer is longer than %d bytes", MaxBody), TooLong
			a.body = a.body[:MaxBody]
		default:
			a.read()
		}
	}
	received := c.local.Now()
	r.roundTrip = max(r.roundTrip, received.Sub(sent))
	if c.live() {
		c.watchClock(measure.Sample{Sent: sent, Received: received, Date: a.header.Get("Date")}, a.header.Get("Age"))
		i := r.bounds()
		a.earliest, a.latest = sent.Add(i.Lo), received.Add(i.Hi)
	} else {
		a.earliest, a.latest = d.now, d.now
	}
	r.exchanges = append(r.exchanges, exchanged{len(r.exchanges), d, a, nil, read})
	return a, nil
}

// ended says what the run was waiting for when its context ended.
func (r *run) ended(d *draft) error {
	return fmt.Errorf("the server had not answered %s %s when the run ended: %w", d.method, d.op.Path, r.ctx.Err())
}

// watchClock holds every answer's Date against the measured offset. One that
// contradicts it, because a clock drifts or was set, widens the interval: it must
// hold for the cases to come.
func (c *Checker) watchClock(s measure.Sample, age string) {
	seen, err := s.Interval()
	if err != nil || !c.hasInterval || age != "" {
		return
	}
	if _, agrees := c.interval.Intersect(seen); agrees {
		return
	}
	if !c.moved {
		c.moved = true
		c.notes = append(c.notes, fmt.Sprintf("the target's clock moved against ours during the run: it was at %v, and then at %v", c.interval, seen))
	}
	c.interval = c.interval.Hull(seen)
}

// readAll reads a body to its end, or one byte further than is allowed.
func readAll(resp *http.Response) ([]byte, error) {
	if b, ok := resp.Body.(*body); ok { // of a handler in this process: already in memory, as far as it is read
		return b.rest, nil
	}
	return io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
}

// unusable tells an answer no client could work with, which is the server's
// fault, from a link that failed; it is empty for the latter.
func unusable(err error, hide func(string) string) string {
	var limit *LimitError
	var tape *tapeError
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &limit), errors.As(err, &tape), errors.As(err, &op), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return ""
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return ""
	}
	return "no usable HTTP answer: " + oneLine(hide(err.Error())) // secrets out while they are whole
}

// show renders an exchange for the report.
func show(x exchanged, hide func(string) string) Exchange {
	text := func(s string) string { return shorten(strings.ToValidUTF8(hide(s), "\uFFFD"), maxShown) }
	headers := func(h http.Header) []string {
		var out []string
		for name, values := range h {
			for _, v := range values {
				out = append(out, text(name)+": "+text(v))
			}
		}
		sort.Strings(out)
		return out
	}
	e := Exchange{Step: x.step + 1, Method: x.d.method, Target: text(x.d.wholeTarget()), RequestBody: text(x.d.body), RequestHeader: headers(x.d.headers)}
	if x.err != nil {
		e.Problem = oneLine(hide(x.err.Error()))
		return e
	}
	e.Status, e.Problem = x.a.status, hide(x.a.unusable)
	e.ResponseHeader, e.ResponseBody = headers(x.a.header), text(string(x.a.body))
	return e
}

// minToken is the shortest text that is hidden as a token, in characters; what
// is shorter is an odd one, sent on purpose.
const minToken = 16

// maxShown is how much of a body the report shows, in bytes.
const maxShown = 4096
