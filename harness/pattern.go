package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Pattern is the documented shape of a JSON body. The reference server renders
// it and the judge matches answers against it.
//
// Objects may hold more keys than the pattern names, because vendors add fields;
// an array pattern of one element asks for at least one element that fits, and
// an empty array pattern for an empty array. Strings are templates. A string
// that is one special placeholder stands for a JSON value:
//
//	{true} {false} {null}  that value          {absent}    no such key
//	{any}                  a non-empty string  {anything}  any value
//	{name:number}          that value, as a number
//	{name:prefix}          within a string: one or more of its first characters
//
// Within a longer string {any} stands for one or more characters and {rest}
// for none or more.
type Pattern struct {
	keys  []patternKey // object
	items *Pattern     // array of at least one
	empty bool         // array of none
	leaf  []leaf       // scalar: the alternatives, the chosen one first
	kind  byte         // 'o', 'a' or 's'
	about string       // of a scalar: message, code, or the value it stands for
}

type patternKey struct {
	name  string
	value *Pattern
}

// leaf is one reading of a scalar, under one choice of the open variants in it.
type leaf struct {
	text    Template
	special string    // true, false, null, absent, any, anything, number; empty for text
	literal string    // for a literal number
	shows   []Showing // of the open variants in it
}

// compilePattern reads the YAML form of a pattern.
func compilePattern(raw any, c *compiler) (*Pattern, error) {
	switch raw := raw.(type) {
	case yaml.MapSlice:
		p := &Pattern{kind: 'o'}
		for _, item := range raw {
			name, err := c.expand(fmt.Sprint(item.Key))
			if err != nil {
				return nil, err
			}
			value, err := compilePattern(item.Value, c)
			if err != nil {
				return nil, err
			}
			p.keys = append(p.keys, patternKey{name, value})
		}
		return p, nil
	case []any:
		if len(raw) == 0 {
			return &Pattern{kind: 'a', empty: true}, nil
		}
		if len(raw) > 1 {
			return nil, fmt.Errorf("an array pattern has one element, which some element of the answer must fit")
		}
		items, err := compilePattern(raw[0], c)
		return &Pattern{kind: 'a', items: items}, err
	case string:
		p := &Pattern{kind: 's', about: c.about(raw)}
		if code, ok := c.local["code"]; ok && strings.HasPrefix(raw, "{code") {
			if raw == "{code:number}" {
				p.leaf = []leaf{{special: "number", literal: code}}
				return p, nil
			}
			raw = code
		}
		readings, err := c.readings(raw)
		if err != nil {
			return nil, err
		}
		for _, r := range readings {
			l := leaf{text: ParseTemplate(r.text), shows: showings(r.open)}
			l.special = specialOf(l.text)
			p.leaf = append(p.leaf, l)
		}
		return p, nil
	case nil:
		return &Pattern{kind: 's', leaf: []leaf{{special: "null"}}}, nil
	case bool:
		return &Pattern{kind: 's', leaf: []leaf{{special: strconv.FormatBool(raw)}}}, nil
	default: // a number
		return &Pattern{kind: 's', leaf: []leaf{{special: "number", literal: fmt.Sprint(raw)}}}, nil
	}
}

func specialOf(t Template) string {
	if len(t.parts) != 1 || t.parts[0].name == "" {
		return ""
	}
	switch p := t.parts[0]; {
	case p.modifier == "number":
		return "number"
	case p.modifier != "":
		return ""
	default:
		switch p.name {
		case "true", "false", "null", "absent", "any", "anything":
			return p.name
		}
	}
	return ""
}

// AppendJSON renders the pattern. Wildcards become plausible filler.
func (p *Pattern) AppendJSON(b []byte, v Values) []byte {
	switch p.kind {
	case 'o':
		b = append(b, '{')
		first := true
		for _, k := range p.keys {
			if k.value.absent() {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendJSONString(b, k.name)
			b = append(b, ':')
			b = k.value.AppendJSON(b, v)
		}
		return append(b, '}')
	case 'a':
		b = append(b, '[')
		if p.items != nil {
			b = p.items.AppendJSON(b, v)
		}
		return append(b, ']')
	}
	l := p.leaf[0]
	switch l.special {
	case "true", "false", "null":
		return append(b, l.special...)
	case "number":
		if l.literal != "" {
			return append(b, l.literal...)
		}
		return append(b, v[l.text.parts[0].name]...)
	case "anything":
		return append(b, "null"...)
	}
	var buf [256]byte
	return appendJSONString(b, string(l.text.Append(buf[:0], v)))
}

// checkNames reports the first placeholder that is not known.
func (p *Pattern) checkNames(known func(string) bool) error {
	for _, k := range p.keys {
		if err := k.value.checkNames(known); err != nil {
			return err
		}
	}
	if p.items != nil {
		return p.items.checkNames(known)
	}
	for _, l := range p.leaf {
		if err := l.text.checkNames(known); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pattern) absent() bool {
	return p.kind == 's' && p.leaf[0].special == "absent"
}

func appendJSONString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := marshalPlain(s)
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// marshalPlain encodes without escaping <, > and &, as the vendors' servers do.
func marshalPlain(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

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

func (p *Pattern) match(value any, present bool, m *matching) {
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
func (p *Pattern) matchArray(value any, present bool, m *matching) {
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

func (p *Pattern) matchScalar(value any, present bool, m *matching) {
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
	return ok && matchText(l.text.parts, s, m)
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
