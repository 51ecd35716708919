package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// Tape is one case as it was run against a server: what was sent, what came
// back, and what our clock read. Secrets and tokens are masked; see Mask. Run
// again from its tape, a case comes to the same verdict.
type Tape struct {
	Case        string            // full name
	Fingerprint string            // of what the case sends; see Case.Fingerprint
	Offset      *measure.Interval // the server's clock minus ours, as it was known; nil when the clock was ours or told no time
	Exchanges   []TapeExchange
	Clock       []time.Time // what our clock read after the last exchange
}

// TapeExchange is one request and what became of it.
type TapeExchange struct {
	// Clock is what our clock read since the exchange before, in order: the last
	// reading is the instant of sending. Empty where the server's clock was ours.
	Clock          []time.Time
	Method, Target string
	RequestHeader  http.Header
	RequestBody    string
	Status         int // 0 when no answer came
	ResponseHeader http.Header
	ResponseBody   string
	// Problem is why there is no whole answer; empty for one that was read to
	// its end.
	Problem Problem
	Text    string // the problem in words
}

// Problem is a way in which an exchange goes wrong.
type Problem string

// The problems of an exchange.
const (
	Linkless Problem = "link"     // the connection failed
	Garbled  Problem = "garbled"  // what came is no HTTP
	BrokeOff Problem = "broken"   // the body ended before its end
	TimedOut Problem = "timeout"  // the body did not end in time
	TooLong  Problem = "too-long" // the body went on beyond MaxBody; ResponseBody is its beginning
)

// shownOfTooLong is how much of an endless body a tape keeps, in bytes.
const shownOfTooLong = 1 << 10

// Fingerprint tells whether two cases send the same: it is made of everything
// that a case says but what it expects.
func (c *Case) Fingerprint() string {
	h := sha256.New()
	for _, s := range c.Steps {
		fmt.Fprintf(h, "%s|%s|%s|%s|%s|%v", s.At, s.Skew, s.Call, s.Token, s.Save, s.Repeat)
		if s.operation != nil {
			fmt.Fprintf(h, "|%s %s %s", s.operation.Method, s.operation.Path, s.operation.Body)
		}
		for _, f := range s.Break {
			fmt.Fprintf(h, "|%s=%v", f.Kind, f.written)
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// readings is a clock that notes what it reads.
type readings struct {
	clock.Clock
	read []time.Time
}

func (c *readings) Now() time.Time {
	now := c.Clock.Now()
	c.read = append(c.read, now)
	return now
}

// take gives the readings since the last time, and forgets them.
func (c *readings) take() []time.Time {
	if c == nil {
		return nil
	}
	read := c.read
	c.read = nil
	return read
}

// tape is the case on its way, masked.
func (r *run) tape(cs *Case) Tape {
	c := r.c
	t := Tape{Case: cs.Name(), Fingerprint: cs.Fingerprint(), Clock: c.readings.take()}
	if c.live() && c.hasInterval {
		t.Offset = &r.interval
	}
	drafts, hide := r.masked()
	header := func(h http.Header) http.Header {
		out := http.Header{}
		for name, values := range h {
			for _, v := range values {
				if http.CanonicalHeaderKey(strings.TrimPrefix(name, http.TrailerPrefix)) == "Set-Cookie" {
					v = Mask("cookie", v)
				}
				out[name] = append(out[name], hide(v))
			}
		}
		return out
	}
	for i, x := range r.exchanges {
		d := drafts[i]
		e := TapeExchange{Clock: x.clock, Method: d.method, Target: d.wholeTarget(), RequestHeader: d.headers, RequestBody: d.body}
		switch {
		case x.err != nil:
			e.Problem, e.Text = Linkless, hide(oneLine(x.err.Error()))
		default:
			e.Status, e.ResponseHeader, e.ResponseBody = x.a.status, header(x.a.header), hide(string(x.a.body))
			e.Problem, e.Text = x.a.problem, hide(x.a.problemText)
			if e.Problem == TooLong {
				e.ResponseBody = e.ResponseBody[:shownOfTooLong]
			}
		}
		t.Exchanges = append(t.Exchanges, e)
	}
	return t
}

// masked gives the requests as they would have been under masked credentials and
// tokens, and what turns the answers into those that they would have got: in them
// each secret, token and signature, right or wrong, is replaced by its like.
func (r *run) masked() ([]*draft, func(string) string) {
	c := r.c
	var m masking
	credentials := c.MaskedCredentials()
	for _, cred := range c.profile.Credentials {
		if value := c.credentials[cred.Name]; cred.Secret && len(value) >= minSecret {
			m.secret(value, credentials[cred.Name])
		}
	}
	tokens := map[string]string{}
	token := func(value string) {
		if len(value) >= minToken && tokens[value] == "" {
			tokens[value] = Mask(fmt.Sprintf("%s token %d", c.profile.Vendor, len(tokens)+1), value)
			m.secret(value, tokens[value])
		}
	}
	for _, x := range r.exchanges {
		token(x.d.given["token"])
		if x.a != nil {
			for _, granted := range r.granted(x.a) {
				token(granted)
			}
		}
	}
	for _, name := range sortedKeys(r.tokens) {
		token(r.tokens[name].token)
	}
	drafts := make([]*draft, len(r.exchanges))
	for i, x := range r.exchanges {
		d := &draft{profile: x.d.profile, form: x.d.form, op: x.d.op, now: x.d.now, tokenLogin: x.d.tokenLogin, tokenBy: x.d.tokenBy, values: copyValues(x.d.given)}
		for name, value := range credentials {
			d.values[name] = value
		}
		if by := tokens[d.values["token"]]; by != "" {
			d.values["token"] = by
		}
		d.build(x.d.faults)
		d.headers["User-Agent"] = userAgent
		drafts[i] = d
		like := func(value, by string) {
			switch {
			case value == by || value == "":
			case len(value) < 8: // it may stand anywhere by chance
				m.hide(strconv.Quote(value), strconv.Quote(by))
			default:
				m.hide(value, by)
			}
		}
		like(x.d.values["token"], d.values["token"])
		if d.right != "" {
			result := d.profile.Request.result()
			by := spellings(d.right)
			for i, right := range spellings(x.d.right) {
				like(right, by[min(i, len(by)-1)])
			}
			like(x.d.values[result], d.values[result])
		}
	}
	return drafts, m.text()
}

// MaskedCredentials are the credentials of the run with the secret ones masked:
// a tape is run again with them.
func (c *Checker) MaskedCredentials() Values {
	masked := copyValues(c.credentials)
	for _, cred := range c.profile.Credentials {
		if value := masked[cred.Name]; cred.Secret && value != "" {
			masked[cred.Name] = Mask(c.profile.Vendor+" "+cred.Name, value)
		}
	}
	return masked
}
