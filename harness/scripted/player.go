package scripted

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// player is one client and the server it talks to.
type player struct {
	server *server
	client harness.Client
	config harness.ClientConfig
	err    error // why there is no client
}

// player finds or makes the client of an account.
func (s *stage) player(account string) *player {
	if p := s.players[account]; p != nil {
		return p
	}
	c := s.checker
	credentials := c.accounts[account]
	p := &player{}
	given := credentials
	if s.cs.Without != "" {
		given = maps.Clone(credentials)
		given[s.cs.Without] = ""
	}
	config := harness.ClientConfig{Credentials: given, Log: s.logged, Zone: s.cs.Zone}
	var err error
	if c.client.Program {
		var l *listener
		if l, err = c.listener(account + "|" + s.cs.Zone + "|" + s.cs.Without); err == nil {
			p.server = newServer(s, l.host, credentials)
			l.serve(p.server)
			config.BaseURL = "http://" + l.host
		}
	} else {
		host := map[string]string{"": "api", "other": "other"}[account] + ".skewproof.invalid"
		p.server = newServer(s, host, credentials)
		scheme := "https"
		if s.cs.Base == "plain" {
			scheme = "http"
		}
		config.BaseURL = scheme + "://" + host
		config.Transport = transport{s}
		config.Clock = s.clock.(*ownClock)
		if s.cs.Ticks > 0 {
			config.Clock = ticking{s.clock.(*ownClock), s}
		}
		if s.cs.Zone != "" {
			loc, _ := time.LoadLocation(s.cs.Zone) // checked on loading
			config.Clock = zoned{config.Clock, loc}
		}
	}
	s.mu.Lock()
	s.players[account] = p
	s.mu.Unlock()
	p.config, p.err = config, err
	return p
}

// ready makes the player's client, when its server knows what to answer: some
// log in when they are made.
func (s *stage) ready(p *player) {
	if p.client == nil && p.err == nil {
		p.client, p.err = s.makeClient(p.config)
	}
}

func (s *stage) makeClient(config harness.ClientConfig) (client harness.Client, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the client panicked when it was made: %v", p)
		}
	}()
	config.Case = s.cs.Name()
	if client, err = s.checker.client.New(config); err != nil {
		return nil, err // and not a nil pointer that is no nil interface
	}
	if client == nil {
		return nil, errors.New("neither a client nor an error came of New")
	}
	return client, nil
}

// crashed is the kind of outcome of a client that panicked.
const crashed = "crash"

// call makes one call, in a goroutine of its own: a client may panic, end its
// goroutine, or never come back.
func (s *stage) call(ctx context.Context, p *player, call harness.Call) harness.Outcome {
	if p.err != nil {
		kind := "config" // the client's maker would not have the configuration
		if s.checker.client.Program {
			kind = harness.Unreachable
		}
		return harness.Outcome{Kind: kind, Message: s.checker.hide(p.err.Error())}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	told := make(chan harness.Outcome, 1)
	go func() {
		o := harness.Outcome{Kind: crashed, Message: "it ended its caller's goroutine"}
		defer func() {
			if v := recover(); v != nil {
				o = harness.Outcome{Kind: crashed, Message: fmt.Sprint(v)}
			}
			told <- o
		}()
		o = p.client.Call(ctx, call)
	}()
	var tooLong <-chan time.Time // in a bubble, and of a program, waiting is bounded already
	if s.checker.client.Bubble == nil && !s.checker.client.Program {
		tooLong = s.checker.options.Local.After(realPatience)
	}
	select {
	case o := <-told:
		return o
	case <-tooLong:
		return harness.Outcome{Kind: crashed, Message: "the call has not come back for " + realPatience.String()}
	}
}

// patience is how long one call may take by the clock of the bubble, and
// realPatience without one.
const (
	patience     = time.Hour + 333*time.Millisecond // no client's own limit
	realPatience = 10 * time.Second
)
