package reports

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// against is the documented answer against the one that came.
type against struct {
	Outcome string
	Lines   []diffLine
	Same    bool // nothing of what is documented is missing or otherwise
	More    bool // there is something that the rules do not speak of
	Cut     bool
}

// diffLine is one line: expected and missing, or come instead, or come in
// addition, or as it should be.
type diffLine struct {
	Class, Sign, Text string
}

var (
	lineSame = diffLine{Class: "same", Sign: " "}
	lineGone = diffLine{Class: "gone", Sign: "−"}
	lineCame = diffLine{Class: "came", Sign: "+"}
	lineMore = diffLine{Class: "more", Sign: "·"}
)

// maxLines bounds the lines of one comparison.
const maxLines = 400

// against compares an answer with the documented one: the status, the headers
// that are documented, and the body.
func (r *Run) against(e *harness.Expected, x harness.Exchange) *against {
	d := &differ{run: r}
	if slices.ContainsFunc(e.Status, func(s string) bool { return statusIs(s, x.Status) }) {
		d.add(lineSame, 0, statusLine(x.Status))
	} else {
		if len(e.Status) > 0 {
			d.add(lineGone, 0, strings.Join(e.Status, " or "))
		}
		if x.Status != 0 {
			d.add(lineCame, 0, statusLine(x.Status))
		}
	}
	for _, want := range e.Header {
		d.header(want, x.ResponseHeader)
	}
	if e.Body != "" {
		d.body(e.Body, x.ResponseBody)
	}
	out := &against{Outcome: r.clean(e.Outcome), Lines: d.lines, Same: true}
	if len(out.Lines) > maxLines {
		out.Lines, out.Cut = out.Lines[:maxLines], true
	}
	for _, l := range d.lines {
		out.Same = out.Same && l.Class != lineGone.Class && l.Class != lineCame.Class
		out.More = out.More || l.Class == lineMore.Class
	}
	return out
}

// statusIs reports whether the status is the one written, or of its class.
func statusIs(written string, status int) bool {
	text := statusLine(status)
	prefix, class := strings.CutSuffix(written, "xx")
	return class && len(prefix) == 1 && strings.HasPrefix(text, prefix) || !class && strings.HasPrefix(text, written)
}

// differ collects the lines.
type differ struct {
	run   *Run
	lines []diffLine
}

func (d *differ) add(kind diffLine, depth int, text string) {
	if len(d.lines) <= maxLines {
		kind.Text = strings.Repeat("  ", min(depth, 40)) + d.run.clean(text)
		d.lines = append(d.lines, kind)
	}
}

func (d *differ) header(want string, got []string) {
	if slices.Contains(got, want) {
		d.add(lineSame, 0, want)
		return
	}
	d.add(lineGone, 0, want)
	name, _, _ := strings.Cut(want, ":")
	for _, h := range got {
		if other, _, _ := strings.Cut(h, ":"); strings.EqualFold(name, other) {
			d.add(lineCame, 0, h)
		}
	}
}

// body compares two bodies as JSON, or where one is none, as texts.
func (d *differ) body(want, got string) {
	w, noWant := readJSON(want)
	g, noGot := readJSON(got)
	switch {
	case noWant == nil && noGot == nil:
		d.values(0, "", w, g)
		return
	case want == got:
		d.add(lineSame, 0, want)
		return
	case noWant == nil:
		d.whole(lineGone, 0, "", w)
	default:
		d.add(lineGone, 0, want)
	}
	if got != "" {
		d.add(lineCame, 0, got)
	}
}

// whole adds a value all of whose lines are of one kind.
func (d *differ) whole(kind diffLine, depth int, key string, v *value) {
	if len(v.items) == 0 {
		d.add(kind, depth, key+v.text())
		return
	}
	d.add(kind, depth, key+v.open())
	for i, item := range v.items {
		d.whole(kind, depth+1, v.key(i), item)
	}
	d.add(kind, depth, v.close())
}

// values compares two values that stand in the same place. What is in an object
// beyond the documented is shown as such.
func (d *differ) values(depth int, key string, want, got *value) {
	switch {
	case want.kind != got.kind || want.literal != got.literal:
		d.whole(lineGone, depth, key, want)
		d.whole(lineCame, depth, key, got)
	case len(want.items) == 0 && len(got.items) == 0:
		d.whole(lineSame, depth, key, got)
	default:
		d.add(lineSame, depth, key+want.open())
		if want.kind == '{' {
			d.object(depth+1, want, got)
		} else {
			d.list(depth+1, want, got)
		}
		d.add(lineSame, depth, want.close())
	}
}

func (d *differ) object(depth int, want, got *value) {
	for i, name := range want.keys {
		if at := slices.Index(got.keys, name); at >= 0 {
			d.values(depth, want.key(i), want.items[i], got.items[at])
		} else {
			d.whole(lineGone, depth, want.key(i), want.items[i])
		}
	}
	for i, name := range got.keys {
		if !slices.Contains(want.keys, name) {
			d.whole(lineMore, depth, got.key(i), got.items[i])
		}
	}
}

func (d *differ) list(depth int, want, got *value) {
	for i := range max(len(want.items), len(got.items)) {
		switch {
		case i >= len(got.items):
			d.whole(lineGone, depth, "", want.items[i])
		case i >= len(want.items):
			d.whole(lineCame, depth, "", got.items[i])
		default:
			d.values(depth, "", want.items[i], got.items[i])
		}
	}
}

// value is JSON with the order of its keys and the spelling of its numbers.
type value struct {
	kind    byte // { or [; 0 for a scalar
	literal string
	keys    []string
	items   []*value
}

func (v *value) open() string  { return string(v.kind) }
func (v *value) close() string { return map[byte]string{'{': "}", '[': "]"}[v.kind] }

func (v *value) text() string {
	if v.kind == 0 {
		return v.literal
	}
	return v.open() + v.close()
}

// key is how the n-th item begins.
func (v *value) key(n int) string {
	if v.kind != '{' {
		return ""
	}
	return spelt(v.keys[n]) + ": "
}

// maxDepth is how deep a body is read: deeper ones are shown as text.
const maxDepth = 64

func readJSON(text string) (*value, error) {
	if len(text) > maxText {
		return nil, errors.New("too long")
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	v, err := readValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more follows")
	}
	return v, nil
}

func readValue(dec *json.Decoder, depth int) (*value, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errors.New("too deep")
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return &value{literal: spelt(token)}, nil
	}
	v := &value{kind: byte(delim)}
	for dec.More() {
		if v.kind == '{' {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			key, _ := name.(string)
			v.keys = append(v.keys, key)
		}
		item, err := readValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
	}
	_, err = dec.Token() // the end
	return v, err
}

// spelt is JSON of a scalar, without escapes that only HTML wants.
func spelt(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "null" // a scalar that was read can be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}
