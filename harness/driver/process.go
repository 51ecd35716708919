package driver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// Limits of a driver.
const (
	maxLine    = 1 << 20          // of one message, in bytes
	startTime  = 30 * time.Second // for the first word: what compiles or warms up takes its time
	answerTime = 10 * time.Second // for each answer
	exitTime   = 2 * time.Second  // after the end of its input
	maxWords   = 4 << 10          // of standard error, the end of which is told, in bytes
)

// process is one driver, running.
type process struct {
	cmd   *exec.Cmd
	stdin *os.File
	clock clock.Clock
	hide  func(string) string // takes out what is secret
	words *tail
	said  *os.File      // where it writes its standard error, and flush its marks
	marks chan struct{} // one for each mark that was read
	heard chan struct{} // closed at the end of standard error
	hello hello
	ended chan struct{} // closed when the process has exited

	writing sync.Mutex // held while a message is written, which may take as long as the driver does not read

	mu      sync.Mutex
	log     io.Writer // of the case in progress; gets a copy of standard error
	pending map[int64]chan reply
	last    int64
	err     error // why it is of no more use
	cause   error // the first thing that went wrong
	told    bool  // and some case has said so
	broken  chan struct{}
}

// start starts a driver and waits for its first word.
func start(command, environment []string, clk clock.Clock, hide func(string) string) (*process, error) {
	d := &process{clock: clk, hide: hide, words: &tail{}, ended: make(chan struct{}), pending: map[int64]chan reply{}, broken: make(chan struct{}),
		marks: make(chan struct{}, 1), heard: make(chan struct{})}
	d.cmd = exec.Command(command[0], command[1:]...)
	d.cmd.Env = environment
	ownGroup(d.cmd)
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the driver: %w", err)
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the driver: %w", err), in.Close(), stdin.Close())
	}
	stderr, said, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the driver: %w", err), in.Close(), stdin.Close(), stdout.Close(), out.Close())
	}
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr, d.stdin, d.said = in, out, said, stdin, said
	err = d.cmd.Start()
	in.Close() // the driver has its own copies
	out.Close()
	if err != nil {
		stdin.Close()
		stdout.Close()
		stderr.Close()
		said.Close()
		return nil, fmt.Errorf("the driver does not start: %w; name a program, with its path unless it is on PATH", err)
	}
	go d.listen(stderr)
	lines := bufio.NewReaderSize(stdout, maxLine)
	first := make(chan error, 1)
	go func() {
		defer stdout.Close()
		line, err := d.readLine(lines)
		if err == nil {
			err = d.greet(line)
		}
		first <- err
		for err == nil {
			err = d.take(lines)
		}
		d.give(err)
	}()
	go func() {
		_ = d.cmd.Wait() // how it exited is in ProcessState
		kill(d.cmd)      // a child may hold the output open
		said.Close()
		select {
		case <-d.heard:
		case <-clk.After(exitTime): // a child that has left the group holds it
		}
		stderr.Close()
		<-d.heard
		close(d.ended)
	}()
	timeout := clk.Timer(startTime)
	defer timeout.Stop()
	select {
	case err := <-first:
		if err != nil {
			return nil, d.give(err)
		}
		return d, nil
	case <-timeout.C:
		return nil, d.fail("the driver has said nothing for %v; its first line is to be {\"skewproof\": 1, \"client\": \"...\"}", startTime)
	}
}

// errExited stands for the end of the driver's output.
var errExited = errors.New("the driver exited")

// readLine reads one message.
func (d *process) readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("the driver printed a line of more than %d bytes", maxLine)
	case err != nil:
		return nil, errExited
	}
	return line, nil
}

func (d *process) greet(line []byte) error {
	if err := json.Unmarshal(line, &d.hello); err != nil || d.hello.Version == 0 {
		return fmt.Errorf("the driver's first line is no greeting: %s; it is to be {\"skewproof\": 1, \"client\": \"...\"}", d.excerpt(line))
	}
	if d.hello.Version != 1 {
		return fmt.Errorf("the driver speaks version %d of the protocol, and this is version 1", d.hello.Version)
	}
	return nil
}

// take reads one answer and hands it to whoever waits for it.
func (d *process) take(lines *bufio.Reader) error {
	line, err := d.readLine(lines)
	if err != nil {
		return err
	}
	var r reply
	if err := json.Unmarshal(line, &r); err != nil || r.ID == nil {
		return fmt.Errorf("the driver printed what is no answer: %s; what is meant for people goes to standard error", d.excerpt(line))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting, ok := d.pending[*r.ID]
	if !ok {
		return fmt.Errorf("the driver answered id %d, which nobody asked or which it had answered already", *r.ID)
	}
	delete(d.pending, *r.ID)
	waiting <- r
	return nil
}

// ask sends a message and waits for its answer.
func (d *process) ask(m message) (reply, error) {
	answer := make(chan reply, 1)
	d.mu.Lock()
	if d.err != nil {
		defer d.mu.Unlock()
		d.told = true
		return reply{}, d.err
	}
	d.last++
	m.ID = d.last
	d.pending[m.ID] = answer
	d.mu.Unlock()
	if err := d.write(m); err != nil {
		select { // that it exited says more than that it does not read
		case <-d.broken:
			return reply{}, d.failure()
		case <-d.clock.After(exitTime):
			return reply{}, d.fail("the driver does not read its input: %v", err)
		}
	}
	timeout := d.clock.Timer(answerTime)
	defer timeout.Stop()
	select {
	case r := <-answer:
		return r, nil
	case <-d.broken:
		return reply{}, d.failure()
	case <-timeout.C:
		return reply{}, d.fail("the driver has not answered for %v", answerTime)
	}
}

func (d *process) write(m message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	_ = d.stdin.SetWriteDeadline(d.clock.Now().Add(answerTime)) // where a pipe can have none, the answer is waited for no longer
	_, err = d.stdin.Write(append(line, '\n'))
	return err
}

// begin has the log of a case get what the driver writes on standard error.
func (d *process) begin(log io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = log
}

func (d *process) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = d.told || d.err != nil
	return d.err
}

// untold is why the driver is of no more use, if no case has said so yet.
func (d *process) untold() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.told {
		return nil
	}
	d.told = true
	return d.err
}

// fail ends the driver for what it did, which the case in progress tells.
func (d *process) fail(format string, args ...any) error {
	_ = d.give(fmt.Errorf(format, args...)) // the same as the next line has
	return d.failure()
}

// give notes why the driver is of no more use, ends it, and adds its last words.
func (d *process) give(err error) error {
	d.mu.Lock()
	if d.cause == nil { // what follows, such as its end, follows from that
		d.cause = err
	}
	err = d.cause
	d.mu.Unlock()
	if errors.Is(err, errExited) {
		select {
		case <-d.ended:
			err = fmt.Errorf("the driver exited: %v", d.cmd.ProcessState)
		case <-d.clock.After(exitTime):
			err = errors.New("the driver closed its output")
		}
	}
	kill(d.cmd)
	<-d.ended
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		if last := d.words.text(d.hide); last != "" {
			err = fmt.Errorf("%w; its last words: %s", err, last)
		}
		d.err = err
		close(d.broken)
	}
	return d.err
}

// gone reports whether the driver is of no more use.
func (d *process) gone() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err != nil
}

// close ends the driver's input, and the driver if that does not end it.
func (d *process) close() {
	d.mu.Lock()
	if d.err == nil {
		d.err = errClosed
	}
	d.mu.Unlock()
	d.stdin.Close()
	select {
	case <-d.ended:
	case <-d.clock.After(exitTime):
	}
	kill(d.cmd) // its children, too
	<-d.ended
}
