package endtoend

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// spellings are the ways in which a careless program prints a secret.
func spellings(secret string) map[string]string {
	each := func(format string) string {
		var b strings.Builder
		for _, c := range []byte(secret) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	runes := func(format string) string {
		var b strings.Builder
		for _, c := range secret {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	query := url.QueryEscape(secret)
	all := map[string]string{
		"as it is":                     secret,
		"base64":                       base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 without padding":       base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"base64url":                    base64.URLEncoding.EncodeToString([]byte(secret)),
		"base64url without padding":    base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"hex":                          hex.EncodeToString([]byte(secret)),
		"upper-case hex":               strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"URL-encoded":                  query,
		"URL-encoded in a path":        url.PathEscape(secret),
		"URL-encoded in lower case":    lowerPercent(query),
		"URL-encoded, every character": each("%%%02X"),
		"JSON":                         strings.Trim(jsonText(secret), `"`),
		"JSON in ASCII":                strings.Trim(strconv.QuoteToASCII(secret), `"`),
		"JSON, every character":        runes(`\u%04x`),
		"HTML":                         html.EscapeString(secret),
		"HTML with hexadecimal":        runes("&#x%x;"),
		"HTML, every character":        runes("&#%d;"),
		"Go %q":                        fmt.Sprintf("%q", secret),
		"Go %q of %q":                  fmt.Sprintf("%q", fmt.Sprintf("%q", secret)),
	}
	for _, before := range []string{"k", "id", "key"} { // alignments
		all["base64 behind "+before] = base64.StdEncoding.EncodeToString([]byte(before + secret + " and more"))
		all["base64url behind "+before] = base64.URLEncoding.EncodeToString([]byte(before + secret + " and more"))
	}
	return all
}

func lowerPercent(s string) string {
	b := []byte(s)
	for i := range b {
		if i > 0 && b[i-1] == '%' || i > 1 && b[i-2] == '%' {
			b[i] = byte(unicode.ToLower(rune(b[i])))
		}
	}
	return string(b)
}

// The scanner finds what it is there to find, wherever it stands, and nothing
// where there is nothing.
func TestScannerFindsEverySpelling(t *testing.T) {
	secret := canary()
	forms := spellings(secret)
	cut := len(secret) / 2
	for !utf8.RuneStart(secret[cut]) {
		cut++
	}
	twice := base64.StdEncoding.EncodeToString([]byte(secret + secret))
	for form, text := range map[string]string{
		"reversed":                reversed(secret),
		"upper case":              strings.ToUpper(secret),
		"lower case":              strings.ToLower(secret),
		"the first half":          secret[:cut],
		"the second half":         secret[cut:],
		"the first 12":            secret[:part],
		"the last 12":             secret[len(secret)-part:],
		"half of it in hex":       hex.EncodeToString([]byte(secret[:cut])),
		"half of it in base64":    base64.StdEncoding.EncodeToString([]byte(secret[cut:])),
		"an odd digit before hex": "a" + hex.EncodeToString([]byte(secret)),
		"over two lines":          secret[:20] + "\n          " + secret[20:],
		"base64 over lines":       twice[:30] + "\r\n" + twice[30:],
		"base64 in a URL":         url.QueryEscape(twice),
		"JSON in JSON in HTML":    html.EscapeString(jsonText(jsonText(secret))),
		"three times over":        spellings(spellings(spellings(secret)["JSON, every character"])["URL-encoded, every character"])["HTML, every character"],
		"base64 behind a letter":  "x" + twice,
		"base64 behind two":       "xy" + twice,
		"base64 behind three":     "xyz" + twice,
		"URL-encoded in HTML":     html.EscapeString("/?a=b&c=" + url.QueryEscape(secret)),
	} {
		forms[form] = text
	}
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		for _, around := range [][2]string{{"", ""}, {"Authorization: Basic ", "\n"}, {"<failure message=\"", "\" type=\"x\">"}, {strings.Repeat("word ", 5000), "…"}} {
			text := around[0] + forms[form] + around[1]
			if leaks(secret, []byte(text)) == "" {
				t.Errorf("%s is not found behind %.30q", form, around[0])
			}
			if other := leaks(canary(), []byte(text)); other != "" {
				t.Errorf("%s: another secret is found behind %.30q: %s", form, around[0], other)
			}
		}
	}
	for _, text := range []string{"", secret[:part-1], secret[len(secret)-part+1:], "canary-", strings.Repeat("A", 5000), strings.Repeat("%%\\u&#", 500)} {
		if form := leaks(secret, []byte(text)); form != "" {
			t.Errorf("%q is taken for the secret, %s", text, form)
		}
	}
}

// What the scanner says of a leak names the form, and does not leak again.
func TestScannerDoesNotTell(t *testing.T) {
	secret := canary()
	for text, want := range map[string]string{
		secret:                             "as it is",
		secret[3:20]:                       "as it is, a part of it",
		hex.EncodeToString([]byte(secret)): "hex",
		reversed(secret):                   "reversed",
		strings.ToUpper(secret[:20]):       "in another case",
		base64.StdEncoding.EncodeToString([]byte("k" + secret)): "base64",
	} {
		if form := leaks(secret, []byte(text)); form != want {
			t.Errorf("it says %q, not %q", form, want)
		}
	}
}
