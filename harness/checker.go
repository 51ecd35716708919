package harness

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// Checker runs cases against one server, one after the other. It is not safe for
// concurrent use: the cases share a clock.
type Checker struct {
	profile     *Profile
	target      Target
	base        *url.URL
	start       time.Time   // where the server's clock stands when a case begins, if it is ours
	local       clock.Clock // our own clock, for servers that keep time by themselves
	credentials Values
	redactor    *Redactor
	hide        func(string) string // the redactor's Text
	unsafe      bool
	strict      bool
	keep        bool
	shapes      bool
	interval    measure.Interval // server minus local time; of a live target
	hasInterval bool
	moved       bool            // see watchClock
	session     *grant          // of a live target: a token that cases without special wishes share
	spent       map[string]bool // right signatures that a live target has accepted
	serial      int
	spare       []Values // see borrow
	refused     int      // steps sent that were meant to be refused
	maxRefused  int
	notes       []string
	shown       map[string]string
	readings    *readings // what local read, of a live target that is recorded; nil else
	record      func(Tape)
	deck        *Deck // nil when no tapes are played
}

// grant is a token and when it was had.
type grant struct {
	token string
	// When it was issued, by the server's clock: the two are equal when that
	// clock is ours.
	issued, by time.Time
}

// Options of a Checker. The zero Options check an in-process server at
// DefaultBase and send nothing unsafe to any other.
type Options struct {
	Base       time.Time   // start of every case on a clock of ours, to the second; DefaultBase when zero
	Unsafe     bool        // also send operations that change something to a server that is not ours
	Strict     bool        // SHOULD and observed differences fail too
	AllowPlain bool        // plain HTTP to hosts other than this machine
	MaxRefused int         // requests meant to be refused that a live target is sent, in all; no limit when 0
	Keep       bool        // keep the exchanges of passing cases too
	Shapes     bool        // describe the answers, for a comparison with a baseline
	Local      clock.Clock // this machine's clock; the real one when nil

	// Record is given the tape of each case that sent something. A case then
	// shares no login with others, so that its tape holds all it needs.
	Record func(Tape)
	// Deck plays tapes back: the target's Transport carries to it, and its clock
	// stands for Local.
	Deck *Deck
}

// NewChecker prepares to check the target against the profile. It sends nothing.
func NewChecker(p *Profile, t Target, o Options) (*Checker, error) {
	base, err := checkURL(t.URL, o.AllowPlain)
	if err != nil {
		return nil, err
	}
	if t.Transport == nil {
		t.Transport = LiveTransport()
	}
	c := &Checker{profile: p, target: t, base: base, start: o.Base, local: o.Local,
		credentials: t.Credentials, unsafe: o.Unsafe, strict: o.Strict, keep: o.Keep, shapes: o.Shapes, maxRefused: o.MaxRefused, spent: map[string]bool{}}
	if c.start.IsZero() {
		c.start = DefaultBase
	}
	c.start = c.start.UTC().Truncate(time.Second)
	if c.local == nil {
		c.local = clock.New()
	}
	c.record, c.deck = o.Record, o.Deck
	if c.deck != nil {
		c.local = c.deck.clock()
	}
	if c.record != nil && c.live() {
		c.readings = &readings{Clock: c.local}
		c.local = c.readings
	}
	if c.credentials == nil {
		c.credentials = p.Samples()
	}
	secrets := map[string]string{}
	for _, cred := range p.Credentials {
		value := c.credentials[cred.Name]
		if cred.Secret {
			secrets[cred.Name] = value
		}
		if value == "" && !cred.Optional {
			return nil, fmt.Errorf("%s needs the credential %s", p.Vendor, cred.Name)
		}
		for _, other := range p.Credentials {
			if cred.Secret && !other.Secret && value != "" && value == c.credentials[other.Name] {
				return nil, fmt.Errorf("%s: the credentials %s and %s are the same; the one is public and the other secret, so correct one of them", p.Vendor, other.Name, cred.Name)
			}
		}
	}
	c.redactor = NewRedactor(secrets)
	c.hide = c.redactor.Text
	return c, nil
}

// Profile is the profile in use: after Calibrate, with the variants by which
// the target accepts requests.
func (c *Checker) Profile() *Profile { return c.profile }

// Redactor hides this run's secrets.
func (c *Checker) Redactor() *Redactor { return c.redactor }

// Offset is how far the target's clock was measured to be ahead of ours; ok is
// false when the clock is ours or told no time.
func (c *Checker) Offset() (i measure.Interval, ok bool) { return c.interval, c.hasInterval }

// Notes are sentences about the target that no case stands for.
func (c *Checker) Notes() []string { return c.notes }

// Shown are the variants that calibration found the target to follow.
func (c *Checker) Shown() map[string]string { return c.shown }

// live reports whether the server keeps time by itself.
func (c *Checker) live() bool { return c.target.Clock == nil }

// EnvName is the environment variable that holds a credential.
func EnvName(vendor, credential string) string {
	clean := strings.NewReplacer("-", "_", ".", "_").Replace(vendor + "_" + credential)
	return "SKEWPROOF_" + strings.ToUpper(clean)
}

// body is the body of an in-memory response.
type body struct{ rest []byte }

func (b *body) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *body) Close() error { return nil }
