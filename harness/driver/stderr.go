package driver

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// mark is what flush writes on standard error, behind what the driver wrote.
var mark = []byte("\x00skewproof\x00")

// listen keeps what the driver writes on standard error, and gives the log of
// the case in progress a copy.
func (d *process) listen(r io.Reader) {
	defer close(d.heard)
	var held []byte // the beginning of a mark, perhaps
	for buf := make([]byte, 32<<10); ; {
		n, err := r.Read(buf)
		held = append(held, buf[:n]...)
		for {
			before, after, found := bytes.Cut(held, mark)
			if !found {
				break
			}
			d.hear(before)
			held = after
			select {
			case d.marks <- struct{}{}:
			default: // nobody waits any more
			}
		}
		keep := 0
		for k := min(len(held), len(mark)-1); k > 0 && keep == 0 && err == nil; k-- {
			if bytes.HasSuffix(held, mark[:k]) {
				keep = k
			}
		}
		d.hear(held[:len(held)-keep])
		held = append([]byte(nil), held[len(held)-keep:]...)
		if err != nil {
			return
		}
	}
}

func (d *process) hear(text []byte) {
	_, _ = d.words.Write(text) // it is kept in memory, as the log is
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log != nil {
		_, _ = d.log.Write(text)
	}
}

// flush waits until all that the driver has written on standard error so far has
// been read: it may have come before an answer, by another way.
func (d *process) flush() {
	select {
	case <-d.marks: // of one that did not wait for it
	default:
	}
	_ = d.said.SetWriteDeadline(d.clock.Now().Add(exitTime))
	if _, err := d.said.Write(mark); err != nil {
		return // it has ended, and so has standard error
	}
	select {
	case <-d.marks:
	case <-d.heard:
	case <-d.clock.After(exitTime):
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - maxWords; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(strings.TrimSpace(string(t.text)), "\uFFFD")
}
