package scripted

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// stage is one case being played: its clocks, its servers and their clients.
type stage struct {
	checker     *Checker
	cs          *harness.Case
	clock       Clock
	serverClock *harness.SkewClock
	start       time.Time // the server's clock at the start
	skew        time.Duration
	skews       []time.Duration    // of the moments before
	reached     time.Duration      // where the client's clock was meant to be, from the start
	players     map[string]*player // by account
	elsewhere   string             // the URL of a host that is not the vendor's
	concurrent  atomic.Bool        // the calls of this moment are made at once
	entered     atomic.Int32       // callers that have begun
	callers     int
	events      atomic.Int64 // requests that came and answers that went, in all
	handling    atomic.Int32 // requests of callers at once that are being answered, and not held back
	logged      *logBuffer
	granted     []grant
	over        atomic.Bool // the case has ended: nothing more may come

	more chan struct{} // tells that an answer was held back

	mu       sync.Mutex
	strays   []*seen // requests to other hosts
	held     []*queued
	settling chan struct{} // closed when those who wait have settled; nil when nobody waits
}

// grant is a token that a login was answered with.
type grant struct {
	token  string
	at     time.Time // the client's clock
	server string    // the host that granted it
}

// now is the client's time.
func (s *stage) now() time.Time { return s.clock.Now().UTC() }

// learned reports whether a difference is one by which the clocks were apart in
// an earlier moment.
func (s *stage) learned(off, granule time.Duration) bool {
	return slices.ContainsFunc(s.skews, func(skew time.Duration) bool { return (off + skew).Abs() <= granule })
}

// lag is how much older than its request a timestamp may be. On a clock of ours no
// time passes between the two, but for a clock that ticks when it is read.
func (s *stage) lag() time.Duration {
	if s.checker.client.Program {
		return programLag
	}
	return 10 * s.cs.Ticks
}

// programLag is how long a program may take from reading the clock to having its
// request on the way.
const programLag = 2 * time.Second

// moveTo brings both clocks to the moment. Time that the client itself let go by
// is not taken back.
func (s *stage) moveTo(m *harness.Moment) error {
	limits := s.checker.profile.Window
	at, err := m.At.Resolve(limits)
	if err != nil {
		return err
	}
	skew, err := m.Skew.Resolve(limits)
	if err != nil {
		return err
	}
	if skew != s.skew {
		s.skews = append(s.skews, s.skew)
	}
	s.skew = skew
	if !s.checker.client.machine() {
		target := s.start.Add(at)
		if now := s.serverClock.Now(); now.After(target) {
			target = now
		}
		d := target.Add(s.skew).Sub(s.now())
		if at+s.skew >= s.reached { // not set back, whatever has gone by meanwhile
			d = max(d, 0)
		}
		s.reached = at + s.skew
		if err := s.clock.Advance(d); err != nil {
			return err
		}
	}
	s.serverClock.Set(s.now().Add(-s.skew))
	return nil
}

// passTime lets time go by on both clocks, unless the context ends first.
func (s *stage) passTime(ctx context.Context, o harness.Offset) {
	d, err := o.Resolve(s.checker.profile.Window)
	if err != nil || d <= 0 {
		return
	}
	own, ours := s.clock.(*ownClock)
	switch {
	case s.concurrent.Load() && ours:
		s.queue(d)
	case ours && own.bubble:
		timer := own.Clock.Timer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	case s.checker.client.machine():
		s.checker.options.Local.Sleep(d) // see unfit: not for long
	default:
		s.elapse(d)
	}
}

// elapse moves both clocks.
func (s *stage) elapse(d time.Duration) {
	server := s.serverClock.Now()
	if own, ours := s.clock.(*ownClock); ours {
		own.Set(own.Now().Add(d))
	} else if s.clock.Advance(d) != nil {
		return
	}
	s.serverClock.Set(server.Add(d))
}

// close ends the clients that can be ended, so that none outlives its case, and
// returns what each panicked with.
func (s *stage) close() (panicked []any) {
	defer s.over.Store(true)
	for _, account := range slices.Sorted(maps.Keys(s.players)) {
		if c, ok := s.players[account].client.(io.Closer); ok {
			panicked = append(panicked, s.aside(func() { _ = c.Close() })) // how else it ends is not what is tested
		}
	}
	return panicked
}

// aside has a client do something in a goroutine of its own, as in call, and
// returns what it panicked with; nil when it did not. One that does not come back
// is left to itself.
func (s *stage) aside(do func()) any {
	limit := realPatience
	if s.checker.client.Bubble != nil && !s.checker.client.Program {
		limit = patience // of the bubble's time, which the client may let go by
	}
	timer := s.checker.options.Local.Timer(limit)
	defer timer.Stop()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		do()
	}()
	select {
	case panicked := <-done:
		return panicked
	case <-timer.C:
		return nil
	}
}

// serve brings a request of a client in this process to its server.
func (s *stage) serve(host string, w http.ResponseWriter, r *http.Request) {
	if s.over.Load() {
		s.checker.late.Add(1)
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	var found *server
	for _, p := range s.players {
		if p.server != nil && p.server.host == host {
			found = p.server
		}
	}
	s.mu.Unlock()
	// The vendor's server of a client in this process speaks TLS alone.
	if found == nil || r.URL.Scheme != "https" {
		s.stray(w, r, host, found != nil)
		return
	}
	found.ServeHTTP(w, r)
}

// stray notes a request to a host that is not the vendor's, or that is plain.
func (s *stage) stray(w http.ResponseWriter, r *http.Request, host string, plain bool) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	s.mu.Lock()
	if len(s.strays) >= maxRequests {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	s.strays = append(s.strays, &seen{host: host, plain: plain, method: r.Method, target: r.RequestURI, header: r.Header.Clone(), body: body, at: s.now()})
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, "{}") // the client has gone; nobody is left to tell
}

// play makes the calls of a moment.
func (s *stage) play(ctx context.Context, p *player, m *harness.Moment) []harness.Outcome {
	if m.Concurrent > 0 {
		return s.playAtOnce(ctx, p, m)
	}
	var outcomes []harness.Outcome
	for i := range m.Times {
		if i > 0 {
			s.passTime(ctx, m.Every)
		}
		p.server.begin(s.now())
		outcomes = append(outcomes, s.call(ctx, p, m.Operation.Call(i+1)))
		p.server.end()
		if outcomes[i].Kind == harness.Unreachable {
			break
		}
	}
	return outcomes
}

// logBuffer keeps what a client logs, up to a limit.
type logBuffer struct {
	hide func(string) string

	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text.Len() < maxBody {
		b.text.Write(p)
	}
	return len(p), nil
}

// Hide takes out secrets and tokens. A driver's words are cut before they come
// here, and half a secret is none that is known.
func (b *logBuffer) Hide(s string) string { return b.hide(s) }

func (b *logBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.String()
	b.text.Reset()
	return text
}
