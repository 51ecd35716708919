package harness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // cases name time zones, and not every machine knows them

	"github.com/goccy/go-yaml/ast"
)

// Moment is one instant of a client case: calls are made, the server answers as
// the script says, and what it saw is held against what must be observed.
type Moment struct {
	At         Offset // from the start of the case, on the server's clock
	Skew       Offset // client clock minus server clock, from now on
	Operation  *Operation
	Times      int    // calls, one after the other; at least 1
	Every      Offset // time between them
	Concurrent int    // calls made at once; 0 for one after the other
	Account    string // empty, or "other": another client, with other credentials, at another address
	Login      []Answer
	Answers    []Answer // to calls
	Observe    Observe
}

// Answer is what the scripted server says to one request. The zero Answer is
// the honest one, of the reference server.
type Answer struct {
	Refuse     string            // a documented error
	Status     int               // of an answer that is none of the API's; 0 for the honest one
	Body       string            // with Status
	Headers    map[string]string // replaced; an empty text removes the header
	Set        []Change          // in the JSON of the answer
	Drop       string            // before: the connection ends without an answer; within: in the middle of the body
	Delay      Offset            // the time that goes by before the answer is made
	RedirectTo string            // "other": to another host; a path of this one
	DateShift  Offset            // the Date header tells another time
	Always     bool              // for every further request of the moment, not for one
}

// Change sets one value in the JSON of an answer.
type Change struct {
	Place string // keys and indices, separated by dots; or {token} or {lifetime}: where that value stands
	Value any    // {token} in a text stands for the token that would have been there
	Gone  bool   // the key is left out
}

// rawMoment is a moment as written.
type rawMoment struct {
	at, skew, every   Offset
	call              string
	send              *Operation
	times, concurrent int
	account           string
	login, answers    []Answer
	observe           Observe
}

// UnmarshalYAML reads a moment.
func (m *rawMoment) UnmarshalYAML(node ast.Node) error {
	return readFields(node, func(key string, value ast.Node) (known bool, err error) {
		switch key {
		case "at":
			err = m.at.UnmarshalYAML(value)
		case "skew":
			err = m.skew.UnmarshalYAML(value)
		case "every":
			err = m.every.UnmarshalYAML(value)
		case "call":
			m.call, err = text(value)
		case "send":
			var call struct {
				Method string          `yaml:"method"`
				Path   string          `yaml:"path"`
				Body   string          `yaml:"body"`
				Fields ordered[string] `yaml:"fields"`
			}
			err = decodeNode(value, &call)
			m.send = &Operation{Method: call.Method, Path: call.Path, Body: call.Body, Fields: call.Fields}
		case "times":
			m.times, err = positive(value)
		case "concurrent":
			m.concurrent, err = positive(value)
		case "account":
			m.account, err = oneOf(value, "other")
		case "login":
			m.login, err = readAnswers(value)
		case "answers":
			m.answers, err = readAnswers(value)
		case "observe":
			err = m.observe.UnmarshalYAML(value)
		default:
			return false, nil
		}
		return true, err
	})
}

func positive(node ast.Node) (int, error) {
	n, err := strconv.Atoi(scalar(node))
	if err != nil || n < 1 || n > 1000 {
		return 0, placeAt(node, fmt.Errorf("%q: write a whole number from 1 to 1000", scalar(node)))
	}
	return n, nil
}

func oneOf(node ast.Node, values ...string) (string, error) {
	word, err := text(node)
	if err == nil && !slices.Contains(values, word) {
		err = placeAt(node, fmt.Errorf("%q: write %s", word, strings.Join(values, ", ")))
	}
	return word, err
}

// clientTimeline makes the moments of a client case.
func (p *Profile) clientTimeline(c *Case, written rawCase, s subject) (err error) {
	if written.written() || len(written.Steps) > 0 || len(written.Timeline) == 0 {
		return fmt.Errorf("a client case has a timeline, and no steps")
	}
	if written.From != "" {
		if c.From, err = time.Parse(time.RFC3339Nano, written.From); err != nil || c.From.Location() != time.UTC {
			return fmt.Errorf("from %q: write an instant such as 2038-01-19T03:14:08Z", written.From)
		}
	}
	if written.Fraction != "" {
		if c.Fraction, err = parseDuration(written.Fraction); err != nil || c.Fraction < 0 || c.Fraction >= time.Second {
			return fmt.Errorf("fraction %q: write a part of a second, such as 499ms", written.Fraction)
		}
	}
	if written.Ticks != "" {
		if c.Ticks, err = parseDuration(written.Ticks); err != nil || c.Ticks <= 0 {
			return fmt.Errorf("ticks %q: write a positive duration, such as 1s", written.Ticks)
		}
	}
	if c.Zone = written.Zone; c.Zone != "" {
		if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
			return fmt.Errorf("zone %q: write a time zone such as Asia/Kathmandu", c.Zone)
		}
	}
	if c.Without = written.Without; c.Without == "secret" {
		c.Without = p.Secret().Name
	}
	if c.Without != "" && !p.credential(c.Without) {
		return fmt.Errorf("without %q: the profile has no such credential", c.Without)
	}
	c.Base = written.Base
	if slices.ContainsFunc(c.Needs, func(need string) bool { return need != "own-clock" && !p.credential(need) && need != "unsafe" }) {
		return fmt.Errorf("needs %s: of a client only own-clock can be asked", strings.Join(c.Needs, ", "))
	}
	if !slices.Contains([]string{"", "operation", "protected-operation"}, written.Each) {
		return fmt.Errorf("each %s: a client case is made for each operation or protected-operation", written.Each)
	}
	raw := slices.Clone(written.Timeline) // one case may be made for several things
	var last time.Duration
	for i := range raw {
		if i > 0 && raw[i].at.IsZero() { // what is not said stays as it was
			raw[i].at = raw[i-1].at
		}
		if i > 0 && raw[i].skew.IsZero() {
			raw[i].skew = raw[i-1].skew
		}
		m, err := p.moment(raw[i], s)
		if err == nil {
			at, _ := m.At.Resolve(p.Window)
			if at < last {
				err = fmt.Errorf("at %s is before the moment above it; a client's clock goes back by skew", m.At)
			}
			last = at
		}
		if err != nil && len(raw) > 1 {
			err = fmt.Errorf("moment %d: %w", i+1, err)
		}
		if err != nil {
			return err
		}
		c.Timeline = append(c.Timeline, m)
	}
	p.routeCalls(c)
	return nil
}

// routeCalls makes the calls that the case writes out known to the reference
// server.
func (p *Profile) routeCalls(c *Case) {
	for _, m := range c.Timeline {
		path, _, _ := strings.Cut(m.Operation.Path, "?")
		if p.Route(m.Operation.Method, path) == nil {
			p.routes[path] = append(p.routes[path], m.Operation)
		}
	}
}

func (p *Profile) moment(raw rawMoment, s subject) (Moment, error) {
	m := Moment{At: raw.at, Skew: raw.skew, Times: max(raw.times, 1), Every: raw.every, Concurrent: raw.concurrent,
		Account: raw.account, Login: raw.login, Answers: raw.answers, Observe: raw.observe}
	for _, o := range []Offset{m.At, m.Skew, m.Every} {
		if _, err := o.Resolve(p.Window); err != nil {
			return m, err
		}
	}
	if every, _ := m.Every.Resolve(p.Window); every < 0 || every > 0 && m.Times < 2 {
		return m, fmt.Errorf("every %s is the time between several calls (times), and not negative", m.Every)
	}
	if raw.concurrent > 0 && raw.times > 0 {
		return m, fmt.Errorf("calls are made one after the other (times) or at once (concurrent), not both")
	}
	var err error
	if raw.send != nil {
		if raw.call != "" {
			return m, fmt.Errorf("a moment names an operation (call) or writes one out (send), not both")
		}
		op := *raw.send
		op.Safe = true
		err = p.compileOperation(&op, &compiler{variants: p.Variants, choice: p.choice, pinned: p.pinned})
		m.Operation = &op
	} else {
		m.Operation, err = p.operationFor(Step{Call: substitute(raw.call, s)})
	}
	if err == nil && p.Login != nil && m.Operation == p.Login.Operation {
		err = fmt.Errorf("the client logs in by itself; call an operation")
	}
	if err != nil {
		return m, err
	}
	if p.Login == nil {
		m.Login = nil // nobody will ask
	}
	for _, list := range [][]Answer{m.Login, m.Answers} {
		for _, a := range list {
			if err := p.checkAnswer(a); err != nil {
				return m, err
			}
		}
	}
	return m, p.checkObserve(m.Observe)
}
