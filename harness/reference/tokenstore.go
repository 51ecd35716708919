package reference

import (
	"context"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// tokenStore keeps a token for as long as it lives. Callers that find none share
// one login, and its failure.
type tokenStore struct {
	clock  clock.Clock
	margin time.Duration // how long before its end a token is replaced
	tamper ClientTamper
	login  func(context.Context) (token string, lifetime time.Duration, err error)

	mu      sync.Mutex
	current string
	had     time.Time // when the login was sent
	until   time.Time // when the token is to be replaced
	flight  *flight   // the login in progress; nil for none
}

// flight is a login on its way. Waiting for it is waiting on a channel: a lock
// held for so long would stop the time of a synctest bubble.
type flight struct {
	done  chan struct{}
	token string
	err   error
}

func (s *tokenStore) get(ctx context.Context) (string, error) {
	s.mu.Lock()
	now := s.clock.Now()
	// A clock that was set back makes no token younger.
	fresh := !now.Before(s.had) && now.Before(s.until)
	if s.tamper.Fresh != nil {
		fresh = s.tamper.Fresh(now, s.had, s.until)
	}
	if s.current != "" && fresh {
		defer s.mu.Unlock()
		return s.current, nil
	}
	f := s.flight
	if f != nil && !s.tamper.Alone {
		s.mu.Unlock()
		select {
		case <-f.done:
			return f.token, f.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	f = &flight{done: make(chan struct{})}
	s.flight = f
	s.mu.Unlock()

	var lifetime time.Duration
	f.token, lifetime, f.err = s.login(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if f.err == nil {
		// What is left of a short life serves this call alone.
		s.current, s.had, s.until = f.token, now, now.Add(lifetime-s.margin)
	}
	close(f.done)
	return f.token, f.err
}

// forget drops the token, unless it has been replaced already.
func (s *tokenStore) forget(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Of refusals and a login at the same instant, nobody can say which is first.
	if s.current == token || s.tamper.Forgets && s.clock.Now().After(s.had) {
		s.current = ""
	}
}
