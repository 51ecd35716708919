package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mismatch is one place where a body differs from its pattern.
type mismatch struct {
	path      string // $.errors[0].message
	about     string // message, code, or the value that was to stand there
	typed     bool   // what stands there has the right JSON type
	want, got string
}

// matching collects what one comparison finds.
type matching struct {
	known    func(string) (string, bool) // values that are compared literally
	hide     func(string) string         // takes secrets out of what is described
	quiet    bool                        // only say whether it fits
	failed   bool
	captured Values    // what unknown placeholders stood for
	shown    []Showing // open variants: the value that fitted
	wrong    []mismatch
	path     []pathStep // where the comparison is
}

func (m *matching) fail(want, got string) {
	m.failed = true
	m.wrong = append(m.wrong, mismatch{path: pathText(m.path), want: want, got: got})
}

// pathStep is a key, or an index where the key is empty.
type pathStep struct {
	key   string
	index int
}

func pathText(path []pathStep) string {
	text := "$"
	for _, s := range path {
		if s.key != "" {
			text += "." + s.key
		} else {
			text += "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return text
}

func (m *matching) enter(s pathStep) { m.path = append(m.path, s) }

func (m *matching) leave() { m.path = m.path[:len(m.path)-1] }

func (p *pattern) match(value any, present bool, m *matching) {
	switch p.kind {
	case 'o':
		object, ok := value.(map[string]any)
		if !ok {
			m.mismatch("an object", value, present)
			return
		}
		for i := range p.keys {
			k := &p.keys[i]
			child, has := object[k.name]
			m.enter(pathStep{key: k.name})
			k.value.match(child, has, m)
			m.leave()
			if m.quiet && m.failed {
				return
			}
		}
	case 'a':
		p.matchArray(value, present, m)
	default:
		p.matchScalar(value, present, m)
	}
}

func (m *matching) mismatch(want string, value any, present bool) {
	if m.failed = true; !m.quiet {
		m.fail(want, m.describe(value, present))
	}
}

// matchArray wants some element to fit; when none does, it reports on the first.
func (p *pattern) matchArray(value any, present bool, m *matching) {
	list, ok := value.([]any)
	switch {
	case !ok:
		m.mismatch("an array", value, present)
		return
	case p.empty:
		if len(list) > 0 {
			m.mismatch("an empty array", value, present)
		}
		return
	case len(list) == 0:
		m.mismatch("an array of at least one element", value, present)
		return
	}
	before, failed, first := m.wrong, m.failed, []mismatch(nil)
	for i, item := range list {
		m.wrong, m.failed = nil, false
		m.enter(pathStep{index: i})
		p.items.match(item, true, m)
		m.leave()
		if !m.failed {
			m.wrong, m.failed = before, failed
			return
		}
		if i == 0 {
			first = m.wrong
		}
	}
	m.wrong, m.failed = append(before, first...), true
}

func (p *pattern) matchScalar(value any, present bool, m *matching) {
	for i := range p.leaf {
		if l := &p.leaf[i]; l.fits(value, present, m) {
			if len(l.shows) > 0 && !m.quiet {
				m.shown = append(m.shown, l.shows...)
			}
			return
		}
	}
	if m.failed = true; m.quiet {
		return
	}
	want := make([]string, len(p.leaf))
	for i := range p.leaf {
		want[i] = p.leaf[i].describe(m.known)
	}
	m.fail(strings.Join(want, " or "), m.describe(value, present))
	w := &m.wrong[len(m.wrong)-1]
	w.about = p.about
	for i := range p.leaf {
		_, number := value.(json.Number)
		_, text := value.(string)
		w.typed = w.typed || number && p.leaf[i].special == "number" || text && p.leaf[i].special == ""
	}
}

func (l *leaf) fits(value any, present bool, m *matching) bool {
	switch l.special {
	case "absent":
		return !present
	case "anything":
		return present
	case "null":
		return present && value == nil
	case "true":
		return value == true
	case "false":
		return value == false
	case "number":
		n, ok := value.(json.Number)
		if !ok {
			return false
		}
		if l.literal != "" {
			return n.String() == l.literal
		}
		name := l.text.parts[0].name
		if known, ok := m.known(name); ok {
			return n.String() == known
		}
		_, err := n.Int64()
		m.capture(name, n.String())
		return err == nil
	}
	s, ok := value.(string)
	return ok && (len(s) <= maxText || len(l.text.parts) < 2) && matchText(l.text.parts, s, m)
}

func (m *matching) capture(name, value string) {
	if m.quiet {
		return
	}
	if m.captured == nil {
		m.captured = Values{}
	}
	m.captured[name] = value
}

// maxText is the longest text that is compared with a template of several parts,
// in bytes. No message is as long, and wildcards over a long text take long.
const maxText = 4096

// matchText compares text with a template in which known values are literal,
// {any} and {rest} are wildcards, and other names capture one or more characters.
func matchText(parts []part, s string, m *matching) bool {
	if len(parts) == 0 {
		return s == ""
	}
	p := parts[0]
	literal, known := p.literal, p.name == ""
	if !known {
		if v, ok := m.known(p.name); ok {
			literal, known = modify(v, p.modifier), true
		}
	}
	if known && p.modifier == "prefix" {
		for end := len(literal); end > 0; end-- {
			if strings.HasPrefix(s, literal[:end]) && matchText(parts[1:], s[end:], m) {
				return true
			}
		}
		return false
	}
	if known {
		rest, ok := strings.CutPrefix(s, literal)
		return ok && matchText(parts[1:], rest, m)
	}
	least := 1
	if p.name == "rest" {
		least = 0
	}
	for end := len(s); end >= least; end-- {
		if matchText(parts[1:], s[end:], m) {
			if p.name != "any" && p.name != "rest" {
				m.capture(p.name, s[:end])
			}
			return true
		}
		if len(parts) == 1 {
			return false
		}
	}
	return false
}

func (l *leaf) describe(known func(string) (string, bool)) string {
	switch l.special {
	case "absent":
		return "no such key"
	case "any":
		return "a non-empty string"
	case "anything":
		return "any value"
	case "number":
		if l.literal != "" {
			return "the number " + l.literal
		}
		if n, ok := known(l.text.parts[0].name); ok {
			return "the number " + n
		}
		return "a whole number"
	case "":
		text := ""
		for _, p := range l.text.parts {
			if value, ok := known(p.name); p.name != "" && ok {
				text += modify(value, p.modifier)
			} else if p.name != "" {
				text += "{" + p.name + "}"
			} else {
				text += p.literal
			}
		}
		return strconv.Quote(text)
	}
	return l.special
}

func (m *matching) describe(value any, present bool) string {
	if !present {
		return "nothing"
	}
	text, err := marshalPlain(value)
	if err != nil {
		return fmt.Sprintf("%T", value)
	}
	if m.hide != nil {
		text = []byte(m.hide(string(text)))
	}
	return shorten(string(text), 200)
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "… (" + strconv.Itoa(len(s)) + " bytes)"
}

// decodeJSON reads one JSON document and nothing after it. Numbers keep their
// spelling.
func decodeJSON(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("more follows the first JSON value")
	}
	return v, nil
}
