package harness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Values are the named values of one request or reply: credentials, timestamp,
// method, target, body, token, and every stage of the signature.
type Values map[string]string

// Template is text with {placeholders}. It renders requests and replies and,
// read the other way, parses them, so that a profile states each form once.
//
// A placeholder is a name in lower case, optionally with a modifier:
// {name:11} is the first 11 characters, {name:+60} and {name:-60} add to a
// whole number, {name:title} capitalises each word.
type Template struct {
	source string
	parts  []part
	names  []string
}

type part struct {
	literal  string
	name     string // empty for literal text
	modifier string
}

// mark is a placeholder in a text: where it stands and what it says.
type mark struct {
	start, end     int
	name, modifier string
}

// nextMark finds the first placeholder at or after a place: a brace, a name that
// begins with a letter, perhaps a colon and a modifier, a brace.
func nextMark(text string, from int) (mark, bool) {
	for {
		open := strings.IndexByte(text[from:], '{')
		if open < 0 {
			return mark{}, false
		}
		m := mark{start: from + open}
		at := m.start + 1
		for at < len(text) && (isLower(text[at]) || at > m.start+1 && (isDigit(text[at]) || text[at] == '_' || text[at] == '-')) {
			at++
		}
		m.name = text[m.start+1 : at]
		if m.name != "" && at < len(text) && text[at] == ':' {
			begin := at + 1
			for at++; at < len(text) && (isLower(text[at]) || isDigit(text[at]) || text[at] == '+' || text[at] == '-'); at++ {
			}
			m.modifier = text[begin:at]
			if m.modifier == "" {
				m.name = ""
			}
		}
		if m.name != "" && at < len(text) && text[at] == '}' {
			m.end = at + 1
			return m, true
		}
		from = m.start + 1
	}
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// parseTemplate reads text with {placeholders}. Braces that do not form a
// placeholder, such as those of JSON, are literal.
func parseTemplate(text string) Template {
	t := Template{source: text}
	at := 0
	for m, ok := nextMark(text, 0); ok; m, ok = nextMark(text, at) {
		if m.start > at {
			t.parts = append(t.parts, part{literal: text[at:m.start]})
		}
		t.parts = append(t.parts, part{name: m.name, modifier: m.modifier})
		if !slices.Contains(t.names, m.name) {
			t.names = append(t.names, m.name)
		}
		at = m.end
	}
	if at < len(text) {
		t.parts = append(t.parts, part{literal: text[at:]})
	}
	return t
}

// String is the text the template was read from.
func (t Template) String() string { return t.source }

// Names lists the placeholders in order of first use. The list is shared: do not
// change it.
func (t Template) Names() []string { return t.names }

// Has reports whether the template uses the placeholder.
func (t Template) Has(name string) bool {
	return slices.Contains(t.names, name)
}

// Append renders the template onto b. A name without a value renders as
// nothing: loading has checked that every name is known to its place.
func (t Template) Append(b []byte, v Values) []byte {
	for _, p := range t.parts {
		if p.name == "" {
			b = append(b, p.literal...)
			continue
		}
		b = append(b, modify(v[p.name], p.modifier)...)
	}
	return b
}

// Render renders the template.
func (t Template) Render(v Values) string {
	if len(t.parts) == 1 {
		if p := t.parts[0]; p.name == "" {
			return p.literal
		} else if p.modifier == "" {
			return v[p.name]
		}
	}
	return string(t.Append(nil, v))
}

// Parse matches text against the template and stores what each placeholder
// stands for. A placeholder reaches up to the first occurrence of the literal
// after it; the last one takes the rest. It reports whether the text fits.
func (t Template) Parse(text string, into Values) bool {
	for i, p := range t.parts {
		if p.name == "" {
			rest, ok := strings.CutPrefix(text, p.literal)
			if !ok {
				return false
			}
			text = rest
			continue
		}
		end := len(text)
		if i+1 < len(t.parts) {
			if end = strings.Index(text, t.parts[i+1].literal); end < 0 || t.parts[i+1].literal == "" {
				return false
			}
		}
		into[p.name] = text[:end]
		text = text[end:]
	}
	return text == ""
}

func modify(value, modifier string) string {
	switch {
	case modifier == "":
		return value
	case modifier == "title":
		return titleCase(value)
	case modifier == "lower":
		return strings.ToLower(value)
	case modifier == "upper":
		return strings.ToUpper(value)
	case modifier == "prefix":
		return value[:min(5, len(value))]
	case modifier == "number":
		return value
	case modifier[0] == '+' || modifier[0] == '-':
		n, err := strconv.ParseInt(value, 10, 64)
		by, _ := strconv.ParseInt(modifier, 10, 64)
		if err != nil {
			return value
		}
		return strconv.FormatInt(n+by, 10)
	default:
		if n, err := strconv.Atoi(modifier); err == nil && n < len(value) {
			return string([]rune(value)[:min(n, utf8.RuneCountInString(value))])
		}
		return value
	}
}

func knownModifier(m string) bool {
	switch m {
	case "", "title", "lower", "upper", "number", "prefix":
		return true
	}
	_, err := strconv.Atoi(m)
	return err == nil
}

// titleCase capitalises the first letter of each word and leaves the rest.
func titleCase(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		if start {
			r = unicode.ToUpper(r)
		}
		start = r == ' '
		return r
	}, s)
}

// seconds renders a duration as profiles and JSON bodies do: whole seconds.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// checkNames reports the first placeholder that is not in known.
func (t Template) checkNames(known func(string) bool) error {
	for _, p := range t.parts {
		if p.name != "" && !known(p.name) {
			return fmt.Errorf("unknown value {%s} in %q", p.name, t.source)
		}
		if !knownModifier(p.modifier) {
			return fmt.Errorf("unknown modifier in {%s:%s}; known are title, lower, upper, number, prefix, a length, and +n or -n", p.name, p.modifier)
		}
	}
	return nil
}
