package driver

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// maxExcerpt is how much is told of a line that is no message, in bytes.
const maxExcerpt = 100

// excerpt is the beginning of a line, quoted. Secrets are taken out before: half
// of one would not be met any more, nor one that is escaped once more.
func (d *process) excerpt(line []byte) string {
	text := d.hide(string(bytes.TrimSpace(line)))
	return fmt.Sprintf("%q", strings.ToValidUTF8(text[:min(len(text), maxExcerpt)], "\uFFFD"))
}

// hiding takes out what the log knows to be secret. The same log is given for as
// long as a driver runs, or one that knows the same.
func hiding(log io.Writer) func(string) string {
	if l, ok := log.(interface{ Hide(string) string }); ok {
		return l.Hide
	}
	return func(s string) string { return s }
}
