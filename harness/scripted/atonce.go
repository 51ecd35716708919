package scripted

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// playAtOnce makes the calls of a moment whose callers do not wait for each other.
func (s *stage) playAtOnce(ctx context.Context, p *player, m *harness.Moment) []harness.Outcome {
	s.concurrent.Store(true)
	defer s.concurrent.Store(false)
	s.callers = m.Concurrent
	s.entered.Store(0)
	outcomes := make([]harness.Outcome, m.Concurrent)
	p.server.begin(s.now())
	defer p.server.end()
	var wait sync.WaitGroup
	for i := range outcomes {
		wait.Go(func() {
			s.entered.Add(1)
			outcomes[i] = s.call(ctx, p, m.Operation.Call(i+1))
		})
	}
	done := make(chan struct{})
	go func() {
		wait.Wait()
		close(done)
	}()
	s.deliver(done)
	return outcomes
}

// queued is an answer to one of several callers that is not due yet.
type queued struct {
	due     time.Time
	release chan struct{}
}

// queue holds an answer back until it is due. The handler does not sleep: where
// a caller waits for a lock meanwhile, a bubble's time would stand still.
func (s *stage) queue(d time.Duration) {
	q := &queued{s.now().Add(d), make(chan struct{})}
	s.mu.Lock()
	s.held = append(s.held, q)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default: // it is known already that there are some
	}
	s.handling.Add(-1)
	<-q.release
	s.handling.Add(1)
}

// earliest takes the answer that is due first.
func (s *stage) earliest() *queued {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first *queued
	for _, q := range s.held {
		if first == nil || q.due.Before(first.due) {
			first = q
		}
	}
	s.held = slices.DeleteFunc(s.held, func(q *queued) bool { return q == first })
	return first
}

// deliver lets the queued answers go, each when it is due, until all callers are
// done.
func (s *stage) deliver(done <-chan struct{}) {
	for still := 0; ; {
		seen := s.events.Load()
		s.spin()
		if s.handling.Load() > 0 || s.events.Load() != seen { // some answer is about to be given, or was
			still = 0
			continue
		}
		if still++; still < 16 { // on a busy machine a caller may have been kept from running
			continue
		}
		still = 0
		if q := s.earliest(); q != nil {
			if d := q.due.Sub(s.now()); d > 0 {
				s.elapse(d)
			}
			close(q.release)
			continue
		}
		select {
		case <-done:
			return
		case <-s.more:
		}
	}
}

// settle waits until every caller of the moment has come as far as it can
// without an answer. Those that come meanwhile wait for the same.
func (s *stage) settle() {
	s.mu.Lock()
	if wait := s.settling; wait != nil {
		s.mu.Unlock()
		<-wait
		return
	}
	done := make(chan struct{})
	s.settling = done
	s.mu.Unlock()
	if s.checker.client.Program {
		s.checker.options.Local.Sleep(programSettles)
	} else {
		for n := 0; int(s.entered.Load()) < s.callers && n < 10000; n++ {
			runtime.Gosched()
		}
		s.spin()
	}
	s.mu.Lock()
	s.settling = nil
	s.mu.Unlock()
	close(done)
}

// spin lets every goroutine that can run come to where it waits. It cannot
// sleep: see queue.
func (s *stage) spin() {
	for range 50 {
		runtime.Gosched()
	}
}

// programSettles is how long the first answers to concurrent callers of another
// program are held back, so that all of them are on their way.
const programSettles = 60 * time.Millisecond
