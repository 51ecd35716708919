package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// pattern is the documented shape of a JSON body. The reference server renders
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
type pattern struct {
	keys  []patternKey // object
	items *pattern     // array of at least one
	empty bool         // array of none
	leaf  []leaf       // scalar: the alternatives, the chosen one first
	kind  byte         // 'o', 'a' or 's'
	about string       // of a scalar: message, code, or the value it stands for
}

type patternKey struct {
	name  string
	value *pattern
}

// leaf is one reading of a scalar, under one choice of the open variants in it.
type leaf struct {
	text    Template
	special string    // true, false, null, absent, any, anything, number; empty for text
	literal string    // for a literal number
	shows   []Showing // of the open variants in it
}

// compilePattern reads the YAML form of a pattern.
func compilePattern(raw any, c *compiler) (*pattern, error) {
	switch raw := raw.(type) {
	case yaml.MapSlice:
		p := &pattern{kind: 'o'}
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
			return &pattern{kind: 'a', empty: true}, nil
		}
		if len(raw) > 1 {
			return nil, fmt.Errorf("an array pattern has one element, which some element of the answer must fit")
		}
		items, err := compilePattern(raw[0], c)
		return &pattern{kind: 'a', items: items}, err
	case string:
		p := &pattern{kind: 's', about: c.about(raw)}
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
			l := leaf{text: parseTemplate(r.text), shows: showings(r.open)}
			l.special = specialOf(l.text)
			p.leaf = append(p.leaf, l)
		}
		return p, nil
	case nil:
		return &pattern{kind: 's', leaf: []leaf{{special: "null"}}}, nil
	case bool:
		return &pattern{kind: 's', leaf: []leaf{{special: strconv.FormatBool(raw)}}}, nil
	default: // a number
		return &pattern{kind: 's', leaf: []leaf{{special: "number", literal: fmt.Sprint(raw)}}}, nil
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
func (p *pattern) AppendJSON(b []byte, v Values) []byte {
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
func (p *pattern) checkNames(known func(string) bool) error {
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

func (p *pattern) absent() bool {
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
