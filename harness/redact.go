package harness

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"sort"
	"strings"
)

// Redactor replaces secrets, by value, in everything that leaves the harness:
// as they are, in base64, in hexadecimal, URL-encoded and JSON-escaped.
type Redactor struct {
	replace *strings.Replacer
	known   []string // every form of every secret, longest first
}

// minSecret is the shortest text worth hiding: shorter ones would blank out
// ordinary words, and are no secrets.
const minSecret = 4

// NewRedactor hides the given values. Each is shown as ‹name›.
func NewRedactor(secrets map[string]string) *Redactor {
	forms := map[string]string{}
	for _, name := range sortedKeys(secrets) {
		if len(secrets[name]) < minSecret {
			continue
		}
		for _, form := range secretForms(secrets[name]) {
			if _, known := forms[form]; !known {
				forms[form] = "‹" + name + "›"
			}
		}
	}
	r := &Redactor{}
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
	return r.replace.Replace(s)
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
	return false
}
