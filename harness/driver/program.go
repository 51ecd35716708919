// Package driver tests a client in any language through a program around it, the
// driver, which speaks JSON lines on its standard input and output. README.md is
// the protocol.
package driver

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/benbjohnson/clock"
	"github.com/mattn/go-shellwords"

	"github.com/skewproof/skewproof/harness"
)

// Program starts drivers and keeps them running from case to case: one for each
// account and time zone that cases ask for. It is not safe for concurrent use.
type Program struct {
	vendor  string
	command []string
	clock   clock.Clock
	running map[string]*process // by what its environment says
	playing string              // the case in progress

	mu     sync.Mutex
	wrong  bool  // a driver went wrong in the case in progress
	broken int   // cases in a row in which one did
	err    error // why no more are started
}

// maxBroken is in how many cases in a row a driver may go wrong.
const maxBroken = 5

// New prepares to run the command, which is split as a shell does but not run by
// one. It starts nothing.
func New(vendor, command string, local clock.Clock) (*Program, error) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(command)
	if err != nil || len(words) == 0 || parser.Position >= 0 {
		return nil, fmt.Errorf("client %q: write a program and its arguments, with quotes around what holds spaces; pipes and the like need a script of their own", command)
	}
	return &Program{vendor: vendor, command: words, clock: local, running: map[string]*process{}}, nil
}

// Client begins a case: it finds or starts a driver with the configuration's
// environment, and has it make a new client.
func (p *Program) Client(c harness.ClientConfig) (harness.Client, error) {
	if err := p.next(c.Case); err != nil {
		return nil, err
	}
	own := p.environment(c)
	key := strings.Join(own, "\n")
	d := p.running[key]
	if d != nil && d.gone() {
		delete(p.running, key)
		if err := d.untold(); err != nil { // it went wrong after its last answer
			return nil, p.failed(err)
		}
		d = nil
	}
	if d == nil {
		var err error
		if d, err = start(p.command, append(inherited(), own...), p.clock, hiding(c.Log)); err != nil {
			return nil, p.failed(err)
		}
		p.running[key] = d
	}
	d.begin(c.Log)
	if _, err := d.ask(message{Start: c.Case}); err != nil {
		return nil, p.failed(err)
	}
	return &client{d, p}, nil
}

// next begins the count of another case, or says why there is none.
func (p *Program) next(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name == p.playing { // another client of the same case
		return p.err
	}
	if p.playing != "" && !p.wrong {
		p.broken = 0
	}
	p.playing, p.wrong = name, false
	return p.err
}

// failed counts the case as one in which a driver went wrong, and after some
// gives up.
func (p *Program) failed(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong {
		return err
	}
	p.wrong = true
	if p.broken++; p.broken >= maxBroken {
		p.err = fmt.Errorf("not run: the driver went wrong in %d cases in a row; the last time: %w", maxBroken, err)
	}
	return err
}

// environment is what the driver is told, as name=value.
func (p *Program) environment(c harness.ClientConfig) []string {
	own := []string{"SKEWPROOF_VENDOR=" + p.vendor, "SKEWPROOF_BASE_URL=" + c.BaseURL}
	for _, name := range slices.Sorted(maps.Keys(c.Credentials)) {
		own = append(own, harness.EnvName(p.vendor, name)+"="+c.Credentials[name])
	}
	if c.Zone != "" {
		own = append(own, "TZ="+c.Zone)
	}
	return own
}

// inherited is our own environment, without the credentials of real vendors and
// without a proxy that would stand between the client and this machine.
func inherited() []string {
	return slices.DeleteFunc(os.Environ(), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		own := strings.HasPrefix(name, "SKEWPROOF_") && strings.Count(name, "_") > 1
		return own || strings.HasSuffix(strings.ToUpper(name), "_PROXY")
	})
}

// Close ends every driver, gently first, all at the same time.
func (p *Program) Close() {
	var wait sync.WaitGroup
	for _, d := range p.running {
		wait.Go(d.close)
	}
	wait.Wait()
}

// Stderr is the end of what the drivers wrote on standard error.
func (p *Program) Stderr() string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(p.running)) {
		if text := p.running[key].words.text(p.running[key].hide); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}

var errClosed = errors.New("the run is over")
