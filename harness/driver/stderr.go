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
	kept []byte
	cut  bool // there was more
}

// maxKept is how much is kept, in bytes: more than is told, so that what is told
// of can be seen whole.
const maxKept = 4 * maxWords

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxKept; over > 0 {
		t.kept, t.cut = append(t.kept[:0], t.kept[over:]...), true
	}
	return len(p), nil
}

// text is the end of it, without what is secret. Where that was cut off, half a
// secret may stand, which is not met. So secrets are taken out of a later part too,
// and what both have in common has none that is cut in either.
func (t *tail) text(hide func(string) string) string {
	t.mu.Lock()
	kept, cut := string(t.kept), t.cut
	t.mu.Unlock()
	text := hide(kept)
	if cut {
		later := hide(kept[maxWords:])
		n := 0
		for n < min(len(text), len(later)) && text[len(text)-1-n] == later[len(later)-1-n] {
			n++
		}
		text = later[len(later)-n:]
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.TrimSpace(strings.ToValidUTF8(text[max(len(text)-maxWords, 0):], ""))
}
