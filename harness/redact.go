package harness

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"sort"
	"strings"
)

// Redactor replaces secrets, by value, in everything that leaves the harness: as
// they are and in capital or small letters, in base64, in hexadecimal, and escaped
// in the ways of URLs, JSON and HTML, or in several of these at once.
type Redactor struct {
	replace *strings.Replacer
	known   []string // every form of every secret, longest first
	secrets []secret // longest first
	shown   []secret // the same, and the words of those with white space, for texts that were cut there
}

// secret is a value and what is shown in its place.
type secret struct{ value, folded, shown string }

// minSecret is the shortest text worth hiding: shorter ones would blank out
// ordinary words, and are no secrets.
const minSecret = 4

// minWord is the shortest word of a secret that is worth hiding alone.
const minWord = 8

// NewRedactor hides the given values. Each is shown as ‹name›.
func NewRedactor(secrets map[string]string) *Redactor {
	var all []secret
	for _, name := range sortedKeys(secrets) {
		all = append(all, secret{value: secrets[name], shown: "‹" + name + "›"})
	}
	return newRedactor(all)
}

func newRedactor(secrets []secret) *Redactor {
	forms := map[string]string{}
	r := &Redactor{}
	var words []secret
	for _, s := range secrets {
		if len(s.value) < minSecret {
			continue
		}
		s.folded = folded(s.value)
		r.secrets = append(r.secrets, s)
		if all := strings.Fields(s.value); len(all) > 1 {
			for _, word := range all {
				if len(word) >= minWord {
					words = append(words, secret{word, folded(word), s.shown})
				}
			}
		}
		if strings.Contains(s.value, " ") { // which URLs also write so
			plus := strings.ReplaceAll(s.value, " ", "+")
			r.secrets = append(r.secrets, secret{plus, folded(plus), s.shown})
		}
		for _, form := range secretForms(s.value) {
			if _, known := forms[form]; !known {
				forms[form] = s.shown
			}
		}
	}
	sort.SliceStable(r.secrets, func(i, j int) bool { return len(r.secrets[i].value) > len(r.secrets[j].value) })
	r.shown = slices.Concat(r.secrets, words)
	for form := range forms {
		r.known = append(r.known, form)
	}
	sort.Slice(r.known, func(i, j int) bool {
		if a, b := len(r.known[i]), len(r.known[j]); a != b {
			return a > b
		}
		return r.known[i] < r.known[j]
	})
	var pairs []string
	for _, form := range r.known {
		pairs = append(pairs, form, forms[form])
	}
	r.replace = strings.NewReplacer(pairs...)
	return r
}

// secretForms lists the spellings of a secret that a careless program may print.
func secretForms(s string) []string {
	quoted, _ := json.Marshal(s)
	escaped := string(quoted[1 : len(quoted)-1])
	quoted, _ = marshalPlain(s)
	plain := string(quoted[1 : len(quoted)-1])
	upperHex := strings.ToUpper(hex.EncodeToString([]byte(s)))
	forms := []string{
		s,
		hex.EncodeToString([]byte(s)), upperHex,
		url.QueryEscape(s), url.PathEscape(s), lowerEscapes(url.QueryEscape(s)), lowerEscapes(url.PathEscape(s)),
		escaped, plain, strings.ReplaceAll(plain, "/", `\/`),
	}
	// Within a longer base64 text a secret starts at any of three phases; the
	// characters that its neighbours share are left out.
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for phase := range 3 {
			coded := enc.EncodeToString(append(make([]byte, phase), s...))
			start := []int{0, 2, 3}[phase]
			end := len(coded)
			if (len(s)+phase)%3 != 0 {
				end--
			}
			if end-start >= 8 {
				forms = append(forms, coded[start:end])
			}
		}
	}
	return forms
}

// lowerEscapes writes the digits of percent escapes in lower case.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(s[i+1:i+3]))
		}
	}
	return string(b)
}

// Text returns s without secrets.
func (r *Redactor) Text(s string) string {
	if r == nil || s == "" {
		return s
	}
	s = r.replace.Replace(s)
	var places []place
	r.spellings(s, func(layer spelled) bool {
		text := folded(layer.text)
		for _, x := range r.shown {
			for from := 0; ; {
				i := strings.Index(text[from:], x.folded)
				if i < 0 {
					break
				}
				i += from
				from = i + len(x.folded)
				places = append(places, place{layer.at[i], layer.at[from], x.shown})
			}
		}
		return false
	})
	if len(places) == 0 {
		return s
	}
	return blank(s, places)
}

// Leaks reports whether s holds a secret in any form.
func (r *Redactor) Leaks(s string) bool {
	if r == nil {
		return false
	}
	for _, form := range r.known {
		if strings.Contains(s, form) {
			return true
		}
	}
	if !strings.ContainsAny(s, escapes) {
		return false
	}
	return r.spellings(s, func(layer spelled) bool {
		for _, x := range r.secrets {
			if strings.Contains(layer.text, x.value) {
				return true
			}
		}
		return false
	})
}

// spellings looks at the text as it is, and then with escapes read, of each kind
// and in layers, until found says so.
func (r *Redactor) spellings(s string, found func(spelled) bool) bool {
	now, seen := []spelled{plainly(s)}, map[string]bool{s: true}
	for layer := 0; ; layer++ {
		var next []spelled
		for _, view := range now {
			if found(view) {
				return true
			}
			for i := range len(escapes) {
				if read, changed := view.unescaped(escapes[i]); changed && layer < layers && !seen[read.text] && len(seen) < maxViews {
					seen[read.text] = true
					next = append(next, read)
				}
			}
		}
		if len(next) == 0 {
			return false
		}
		now = next
	}
}
