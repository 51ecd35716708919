package harness

import (
	"html"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// spelled is a text with its escapes read, and where each of its bytes stood.
type spelled struct {
	text string
	at   []int // len(text)+1 of them: the last is the end
}

func plainly(s string) spelled {
	at := make([]int, len(s)+1)
	for i := range at {
		at[i] = i
	}
	return spelled{s, at}
}

// layers is how often a text may have been escaped: JSON in JSON in a URL.
const layers = 3

// maxViews bounds in how many ways a text is read, whatever is in it.
const maxViews = 20

// escapes are the characters that begin one: in URLs, in JSON and Go, in HTML.
const escapes = `%\&`

// unescaped reads one layer of the escapes that begin with the character. It gives
// false when there is none. Each kind is read alone, because a secret may itself
// have in it what looks like an escape of another kind.
func (s spelled) unescaped(kind byte) (spelled, bool) {
	if strings.IndexByte(s.text, kind) < 0 {
		return s, false
	}
	var b strings.Builder
	var at []int
	changed := false
	for i := 0; i < len(s.text); {
		char, n := "", 0
		if s.text[i] == kind {
			char, n = readEscape(s.text[i:])
		}
		if n == 0 {
			char, n = s.text[i:i+1], 1
		} else {
			changed = true
		}
		for range len(char) {
			at = append(at, s.at[i])
		}
		b.WriteString(char)
		i += n
	}
	return spelled{b.String(), append(at, s.at[len(s.text)])}, changed
}

// readEscape reads the escape that the text begins with: what it stands for, and
// how long it is; 0 for none.
func readEscape(s string) (char string, n int) {
	switch s[0] {
	case '%':
		if len(s) >= 3 {
			if c, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
				return string([]byte{byte(c)}), 3
			}
		}
	case '&':
		end := strings.IndexByte(s[:min(len(s), 12)], ';')
		if end < 0 {
			return "", 0
		}
		if plain := html.UnescapeString(s[:end+1]); plain != s[:end+1] {
			return plain, end + 1
		}
	case '\\':
		return readBackslash(s)
	}
	return "", 0
}

func readBackslash(s string) (char string, n int) {
	if len(s) < 2 {
		return "", 0
	}
	number := func(from, digits int) (rune, bool) {
		if len(s) < from+digits {
			return 0, false
		}
		c, err := strconv.ParseUint(s[from:from+digits], 16, 32)
		return rune(c), err == nil
	}
	switch s[1] {
	case 'u':
		first, ok := number(2, 4)
		if !ok {
			return "", 0
		}
		if second, ok := number(8, 4); ok && utf16.IsSurrogate(first) && s[6:8] == `\u` {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
		return string(first), 6
	case 'U':
		if c, ok := number(2, 8); ok {
			return string(c), 10
		}
	case 'x':
		if c, ok := number(2, 2); ok {
			return string([]byte{byte(c)}), 4
		}
	case 'n', 't', 'r', 'b', 'f':
		return map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f"}[s[1]], 2
	case '"', '\'', '\\', '/', '`':
		return s[1:2], 2
	}
	return "", 0
}

// folded is the text with ASCII letters in lower case, byte for byte.
func folded(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// place is where in a text a secret stands, and what is shown there instead.
type place struct {
	from, to int
	shown    string
}

// blank shows what is to be shown in each place. Of places that overlap the whole
// is replaced, by what is shown for the first.
func blank(s string, places []place) string {
	sort.SliceStable(places, func(i, j int) bool {
		if places[i].from != places[j].from {
			return places[i].from < places[j].from
		}
		return places[i].to > places[j].to
	})
	var b strings.Builder
	end := 0
	for _, p := range places {
		if p.from >= end {
			b.WriteString(s[end:p.from])
			b.WriteString(p.shown)
		}
		end = max(end, p.to)
	}
	b.WriteString(s[end:])
	return b.String()
}
