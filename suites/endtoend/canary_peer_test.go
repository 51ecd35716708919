package endtoend

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// peer starts the independent server with the canaries for its accounts, behind
// a listener that reads along. It ends with the test.
func (c *canaries) peer(t *testing.T, args ...string) *tap { return c.watched(t, nil, args...) }

// watched is the same, where each is called with the number of every answer,
// before that is passed on.
func (c *canaries) watched(t *testing.T, each func(p *tap, n int), args ...string) *tap {
	t.Helper()
	cmd := exec.Command(peerBinary, append([]string{"-stdin-guard"}, args...)...)
	cmd.Env = append(os.Environ(), c.env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait() // some tests kill it
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the peer did not start: %v", err)
	}
	u, err := url.Parse(strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{process: cmd.Process, behind: u.Host, canaries: c, each: each}
	p.URL = u.Scheme + "://" + p.listen(t)
	return p
}

// tap stands in front of a server, passes on every byte, and looks for tokens in
// what the server says.
type tap struct {
	URL      string
	process  *os.Process
	behind   string
	canaries *canaries
	answers  atomic.Int32 // how many there have been
	each     func(p *tap, n int)
}

func (p *tap) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { p.pass(front) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		if p.process != nil {
			_ = p.process.Kill() // so that its connections end
		}
		open.Wait()
	})
	return l.Addr().String()
}

func (p *tap) pass(front net.Conn) {
	defer front.Close()
	back, err := net.Dial("tcp", p.behind)
	if err != nil {
		return
	}
	defer back.Close()
	go func() {
		_, _ = io.Copy(back, front)
		back.Close()
	}()
	var said bytes.Buffer
	for buf := make([]byte, 64<<10); ; {
		n, err := back.Read(buf)
		said.Write(buf[:n])
		if bytes.HasPrefix(buf[:n], []byte("HTTP/")) {
			p.canaries.granted(said.Bytes())
			said.Reset()
			said.Write(buf[:n])
			if nth := p.answers.Add(1); p.each != nil {
				p.each(p, int(nth))
			}
		}
		p.canaries.granted(said.Bytes())
		if err != nil {
			return
		}
		if _, err := front.Write(buf[:n]); err != nil {
			return
		}
	}
}
