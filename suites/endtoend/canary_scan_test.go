package endtoend

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// part is how much of a secret tells too much, in bytes: whoever reads so many
// of a random text knows whose it is, and has much less to guess.
const part = 12

// leaks says in which form the text shows the secret or a part of it; empty for
// none. The secret itself is not in what it says.
func leaks(secret string, text []byte) string {
	return newScanner(map[string]string{"": secret}).find(text)[""]
}

// scanner finds many secrets in one pass. It does not spell the secrets in each
// encoding and look for that; it decodes the text in every way it can be, and
// looks for the secrets, because then a part of one is found as well, and one
// that was encoded twice, or in the middle of something longer.
type scanner struct {
	secrets map[string]string
	known   map[string]gram
	likely  []bool // by hash: whether a gram may begin with these four bytes
}

// gram is a part of a secret, and in which other way it is written.
type gram struct{ name, form string }

func newScanner(secrets map[string]string) *scanner {
	s := &scanner{secrets, map[string]gram{}, make([]bool, 1<<hashBits)}
	for name, secret := range secrets {
		if len(secret) < part {
			panic(name + " is too short to be looked for")
		}
		for _, written := range []struct{ form, text string }{{"", secret}, {"reversed", reversed(secret)}, {"in another case", lower(secret)}} {
			for i := range len(written.text) - part + 1 {
				g := written.text[i : i+part]
				if _, twice := s.known[g]; !twice {
					s.known[g] = gram{name, written.form}
					s.likely[hash(g)] = true
				}
			}
		}
	}
	return s
}

const hashBits = 18

//go:norace
func hash(s string) uint32 {
	return (uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24) * 2654435761 >> (32 - hashBits)
}

// find says of each secret that the text shows in which form it does.
func (s *scanner) find(text []byte) map[string]string {
	found, whole := map[string]string{}, map[string]bool{}
	for _, v := range viewsOf(string(text)) {
		for name, form := range s.grams(v.text) {
			full := strings.Contains(v.text, s.secrets[name])
			if _, before := found[name]; before && (whole[name] || !full) {
				continue
			}
			if !strings.HasSuffix(v.form, form) {
				form = v.form + " " + form
			} else {
				form = v.form
			}
			form = strings.TrimSpace(form)
			if form == "" {
				form = "as it is"
			}
			if !full && !strings.HasSuffix(form, "reversed") && !strings.HasSuffix(form, "case") {
				form += ", a part of it"
			}
			found[name], whole[name] = form, full
		}
	}
	return found
}

// grams finds the secrets of which the text holds a part. The race detector would
// make it, and what reads every byte below, ten times as slow; nothing is shared.
//
//go:norace
func (s *scanner) grams(text string) map[string]string {
	var found map[string]string
	for i := 0; i+part <= len(text); i++ {
		if !s.likely[hash(text[i:i+4])] {
			continue
		}
		g, ok := s.known[text[i:i+part]]
		if !ok {
			continue
		}
		if form, before := found[g.name]; before && (form == "" || g.form != "") {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[g.name] = g.form
	}
	return found
}

// view is a text read in one way.
type view struct{ form, text string }

// viewsOf reads the text in every way: escapes of three kinds undone, up to three
// times over, and in each of these what looks like an encoding decoded.
func viewsOf(text string) []view {
	views := []view{{"", text}}
	seen := map[string]bool{"": true}
	for depth, from := 0, 0; depth < 3; depth++ {
		for last := len(views); from < last; from++ {
			for _, undo := range unescapes {
				other := undone(views[from].text, undo.mark, undo.read)
				if !seen[other] {
					seen[other] = true
					views = append(views, view{strings.TrimSpace(views[from].form + " " + undo.form), other})
				}
			}
		}
	}
	for _, v := range slices.Clone(views) {
		add := func(how, text string) { views = append(views, view{strings.TrimSpace(v.form + " " + how), text}) }
		add("hex", hexRuns(v.text))
		add("base64", base64Runs(v.text))
		add("in another case", lower(v.text))
		lines := joined(v.text)
		add("over several lines", lines)
		add("over several lines hex", hexRuns(lines))
		add("over several lines base64", base64Runs(lines))
	}
	return views
}

// joined undoes the wrapping of lines: it drops each line feed, and the white
// space before the next line.
//
//go:norace
func joined(s string) string {
	b, blank := make([]byte, 0, len(s)), false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n' || c == '\r':
			blank = true
		case !blank || c != ' ' && c != '\t':
			b, blank = append(b, c), false
		}
	}
	return string(b)
}

// lower does without what is not ASCII.
//
//go:norace
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

var unescapes = []struct {
	form string
	mark byte // every escape begins with it
	read func(string) string
}{
	{"HTML-escaped", '&', html.UnescapeString},
	{"URL-encoded", '%', unpercent},
	{"backslash-escaped", '\\', unslash},
}

// undone are the lines in which there was something to undo; the others have been
// looked at.
func undone(text string, mark byte, read func(string) string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.IndexByte(line, mark) < 0 {
			continue
		}
		if other := read(line); other != line {
			b.WriteString(other)
		}
	}
	return b.String()
}

// unpercent undoes each %XX, and leaves a percent sign that begins none.
//
//go:norace
func unpercent(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigits[s[i+1]] >= 0 && hexDigits[s[i+2]] >= 0 {
			b = append(b, byte(hexDigits[s[i+1]])<<4|byte(hexDigits[s[i+2]]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// unslash undoes the escapes of JSON and of Go: \n, \", \/, \xXX, \uXXXX, \UXXXXXXXX.
//
//go:norace
func unslash(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		digits := 0
		switch s[i] {
		case 'n':
			b = append(b, '\n')
			continue
		case 't':
			b = append(b, '\t')
			continue
		case 'r':
			b = append(b, '\r')
			continue
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		}
		n, good := rune(0), digits > 0 && i+digits < len(s)
		for k := 1; good && k <= digits; k++ {
			good = hexDigits[s[i+k]] >= 0
			n = n<<4 | rune(hexDigits[s[i+k]])
		}
		switch {
		case !good:
			b = append(b, s[i])
			continue
		case digits == 2:
			b = append(b, byte(n))
		default:
			b = utf8.AppendRune(b, n)
		}
		i += digits
	}
	return string(b)
}

// decoded decodes every run of digits that is long enough, as if it began at each
// place of a group, so that it does not matter where in a longer text the secret
// stood, nor what was glued to it.
//
//go:norace
func decoded(s string, digits *[256]int8, bits, group, least int) string {
	var b []byte
	for i, from := 0, 0; i <= len(s); i++ {
		if i < len(s) && digits[s[i]] >= 0 {
			continue
		}
		for shift := 0; i-from >= least && shift < group; shift++ {
			have, n := 0, uint32(0)
			for k := from + shift; k < i; k++ {
				n, have = n<<bits|uint32(digits[s[k]]), have+bits
				if have >= 8 {
					have -= 8
					b = append(b, byte(n>>have))
				}
			}
			b = append(b, '\n')
		}
		from = i + 1
	}
	return string(b)
}

// The values of the digits, of base64 in both alphabets; -1 for what is none.
var (
	hexDigits    = digits("0123456789abcdef", "0123456789ABCDEF")
	base64Digits = digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
)

func digits(alphabets ...string) *[256]int8 {
	var values [256]int8
	for c := range values {
		values[c] = -1
		for _, a := range alphabets {
			values[c] = max(values[c], int8(strings.IndexByte(a, byte(c))))
		}
	}
	return &values
}

func hexRuns(s string) string    { return decoded(s, hexDigits, 4, 2, 2*part) }
func base64Runs(s string) string { return decoded(s, base64Digits, 6, 4, part*4/3) }
