package harness

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
)

// secrets of the kinds that vendors issue.
var secretSamples = map[string]string{
	"plain":       "harness-secret-key",
	"short":       "abcd",
	"base64-like": "q83vEjRWeJq83vEjRWeJ+/==",
	"with quotes": `pa"ss\wo'rd<&>`,
	"escape-like": `pa\nss&lt;wo%41rd\u0041`,
	"in a query":  "a b&c=d/e?f#g%h+i",
	"non-ascii":   "clé-secrète-日本語",
	"emoji":       "🔑🔑🔑🔑",
	"hex-like":    "DEADBEEFdeadbeef",
	"lines":       "line one\nline two\ttab",
	"binary":      "\x00\x01\xfe\xff\x80 secret",
	"long":        strings.Repeat("long-secret-", 20),
	"pem-like":    "-----BEGIN KEY-----\nAAAA/BBB+CCC=\n-----END KEY-----",
}

func TestEveryFormOfASecretIsHidden(t *testing.T) {
	for kind, secret := range secretSamples {
		t.Run(kind, func(t *testing.T) {
			r := NewRedactor(map[string]string{"the_secret": secret})
			jsonText, err := json.Marshal(secret)
			if err != nil {
				t.Fatal(err)
			}
			for form, text := range map[string]string{
				"as it is":           secret,
				"hexadecimal":        hex.EncodeToString([]byte(secret)),
				"hexadecimal, upper": strings.ToUpper(hex.EncodeToString([]byte(secret))),
				"query-escaped":      url.QueryEscape(secret),
				"path-escaped":       url.PathEscape(secret),
				"in JSON":            strings.Trim(string(jsonText), `"`),
			} {
				if kind == "binary" && form == "in JSON" {
					continue // what is no UTF-8 cannot be written in JSON
				}
				for _, around := range []string{"%s", "secret=%s", "%s;", `{"secret":"%s"}`, "x%sx", "é%sé", "%[1]s%[1]s", "%[1]s, %[1]s"} {
					given := fmt.Sprintf(around, text)
					if !r.Leaks(given) {
						t.Errorf("%s: Leaks(%q) is false", form, given)
					}
					got := r.Text(given)
					if strings.Contains(got, text) || r.Leaks(got) {
						t.Errorf("%s: %q becomes %q", form, given, got)
					}
					if want := fmt.Sprintf(around, "‹the_secret›"); got != want {
						t.Errorf("%s: %q becomes %q, want %q", form, given, got, want)
					}
				}
			}
		})
	}
}

// However a program escapes what it prints, the secret is read through it.
func TestEscapesAreReadThrough(t *testing.T) {
	each := func(form string) func(string) string {
		return func(s string) string {
			var b strings.Builder
			for _, c := range []byte(s) {
				fmt.Fprintf(&b, form, c)
			}
			return b.String()
		}
	}
	twice := func(f func(string) string) func(string) string { return func(s string) string { return f(f(s)) } }
	escapes := map[string]func(string) string{
		"HTML":               html.EscapeString,
		"HTML template":      template.HTMLEscapeString,
		"JavaScript":         template.JSEscapeString,
		"ASCII JSON":         func(s string) string { return strings.Trim(strconv.QuoteToASCII(s), `"`) },
		"Go":                 func(s string) string { return strings.Trim(strconv.Quote(s), `"`) },
		"JSON in JSON":       twice(func(s string) string { return strings.Trim(strconv.Quote(s), `"`) }),
		"URL in URL":         twice(url.QueryEscape),
		"HTML in JSON":       func(s string) string { return strings.Trim(strconv.Quote(html.EscapeString(s)), `"`) },
		"every byte of URL":  each("%%%02x"),
		"every byte of JSON": each(`\u%04x`),
		"every byte of Go":   each(`\x%02X`),
		"decimal references": each("&#%d;"),
		"references":         each("&#x%x;"),
		"capital letters":    strings.ToUpper,
		"a header's name":    http.CanonicalHeaderKey,
	}
	for kind, secret := range secretSamples {
		r := NewRedactor(map[string]string{"s": secret})
		for name, escape := range escapes {
			ascii := strings.IndexFunc(secret, func(c rune) bool { return c > 0x7e || c < ' ' }) < 0
			if !ascii && !slices.Contains([]string{"HTML", "Go", "ASCII JSON", "JSON in JSON", "URL in URL", "HTML in JSON", "every byte of URL", "every byte of Go"}, name) || kind == "binary" && strings.HasPrefix(name, "HTML") {
				continue // these change other letters
			}
			text := escape(secret)
			if got, want := r.Text("a "+text+" b"), "a ‹s› b"; got != want {
				t.Errorf("%s, %s: %q becomes %q", kind, name, text, got)
			}
			if !strings.EqualFold(text, secret) && !r.Leaks("a "+text+" b") {
				t.Errorf("%s, %s: Leaks(%q) is false", kind, name, text)
			}
		}
	}
}

// A program that cuts a text at white space leaves a part of the secret.
func TestTheWordsOfASecretAreHidden(t *testing.T) {
	r := NewRedactor(map[string]string{"s": "correcthorse  batterystaple at"})
	for given, want := range map[string]string{
		`malformed HTTP status code "correcthorse"`: `malformed HTTP status code "‹s›"`,
		"BATTERYSTAPLE at home":                     "‹s› at home",
		"correcthorse  batterystaple at":            "‹s›",
	} {
		if got := r.Text(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
	if r.Leaks("correcthorse") {
		t.Error("a word alone counts as a leak of the server")
	}
}

func TestEveryListedFormIsHidden(t *testing.T) {
	for kind, secret := range secretSamples {
		r := NewRedactor(map[string]string{"s": secret})
		for _, form := range secretForms(secret) {
			if !r.Leaks("a " + form + " b") {
				t.Errorf("%s: the form %q is not known", kind, form)
			}
			if got := r.Text("a " + form + " b"); strings.Contains(got, form) || r.Leaks(got) {
				t.Errorf("%s: the form %q becomes %q", kind, form, got)
			}
		}
	}
}

func TestASecretWithinALongerBase64TextIsHidden(t *testing.T) {
	encodings := map[string]*base64.Encoding{"standard": base64.StdEncoding, "URL": base64.URLEncoding, "standard without padding": base64.RawStdEncoding, "URL without padding": base64.RawURLEncoding}
	for kind, secret := range secretSamples {
		if len(secret) < 9 {
			continue // too little is left of a shorter one between its neighbours
		}
		r := NewRedactor(map[string]string{"s": secret})
		for name, encoding := range encodings {
			// All three phases, with neighbours of every kind: user:password,
			// a JSON Web Token's claims, bytes with all bits set.
			for _, before := range []string{"", "u", "us", "usr", "user:", `{"secret":"`, "\xff", "\xff\xff", "\xff\xff\xff\xff", "\x00", "\x00\x00"} {
				for _, after := range []string{"", ":", "ab", "abc", `"}`, "\xff", "\xff\xff", "\x00\x00\x00"} {
					text := encoding.EncodeToString([]byte(before + secret + after))
					if !r.Leaks(text) {
						t.Errorf("%s, %s base64 between %q and %q: Leaks is false", kind, name, before, after)
					}
					got := r.Text("Basic " + text)
					if !strings.Contains(got, "‹s›") || r.Leaks(got) {
						t.Errorf("%s, %s base64 between %q and %q: %q", kind, name, before, after, got)
					}
					// Of the secret's own letters at most the first and the
					// last, which share a letter of the code with their neighbours, may be left.
					for i := 2; i+6 <= len(secret)-2; i++ {
						inner := base64.RawStdEncoding.EncodeToString([]byte(secret[i : i+6]))
						if i%3 == (3-len(before)%3)%3 && strings.Contains(got, inner) {
							t.Errorf("%s, %s base64 between %q and %q: %q still holds %q", kind, name, before, after, got, secret[i:i+6])
						}
					}
				}
			}
		}
	}
}

func TestOverlappingSecretsAreHiddenLongestFirst(t *testing.T) {
	r := NewRedactor(map[string]string{"short": "harness-secret", "long": "harness-secret-key", "inner": "secret"})
	for given, want := range map[string]string{
		"harness-secret-key":                  "‹long›",
		"harness-secret":                      "‹short›",
		"harness-secret-kez":                  "‹short›-kez",
		"my secret":                           "my ‹inner›",
		"harness-secret-key/harness-secret/s": "‹long›/‹short›/s",
		"harness-secretharness-secret-key":    "‹short›‹long›",
		"secretsecret":                        "‹inner›‹inner›",
	} {
		// Which name comes first out of the map must not matter.
		for range 20 {
			if got := r.Text(given); got != want {
				t.Fatalf("%q becomes %q, want %q", given, got, want)
			}
			r = NewRedactor(map[string]string{"long": "harness-secret-key", "inner": "secret", "short": "harness-secret"})
		}
	}
}

func TestShortValuesAreNoSecrets(t *testing.T) {
	r := NewRedactor(map[string]string{"none": "", "one": "a", "three": "abc", "four": "wxyz"})
	for given, want := range map[string]string{
		"a abc ABC 616263 YWJj": "a abc ABC 616263 YWJj",
		"wxyz":                  "‹four›",
		"7778797a":              "‹four›",
		"":                      "",
	} {
		if got := r.Text(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
		if leaks := r.Leaks(given); leaks != (given != want) {
			t.Errorf("Leaks(%q) is %v", given, leaks)
		}
	}
}

func TestWhatIsNoSecretIsLeftAlone(t *testing.T) {
	r := NewRedactor(map[string]string{"s": "harness-secret-key"})
	for _, text := range []string{"", "harness", "harness-secret-ke", "harness secret key", "‹s›", "00ff", "\xff\xfe", strings.Repeat("x", 1<<20)} {
		if got := r.Text(text); got != text {
			t.Errorf("%.60q becomes %.60q", text, got)
		}
		if r.Leaks(text) {
			t.Errorf("Leaks(%.60q) is true", text)
		}
	}
	var none *Redactor
	if got := none.Text("harness-secret-key"); got != "harness-secret-key" {
		t.Errorf("no redactor makes %q of it", got)
	}
	if empty := NewRedactor(nil); empty.Text("x") != "x" || empty.Leaks("x") {
		t.Error("a redactor without secrets changes text")
	}
}

// FuzzRedactor: whatever the secret and wherever it stands, it is gone.
func FuzzRedactor(f *testing.F) {
	for _, secret := range secretSamples {
		f.Add(secret, "before ", " after")
	}
	f.Add("aaaa", "aaa", "aaa")
	f.Add("61616161", "aaaa", "616161")
	const shown = "‹hidden›"
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < minSecret || len(secret) > 1<<10 || strings.Contains(secret, shown) || strings.Contains(shown, secret) || overlap(shown, secret) {
			return // what is shown instead would itself be the secret, or complete it
		}
		r := NewRedactor(map[string]string{"hidden": secret})
		text := before + secret + after
		if !r.Leaks(text) {
			t.Errorf("Leaks(%q) is false", text)
		}
		if got := r.Text(text); strings.Contains(got, secret) {
			t.Errorf("%q is still in %q", secret, got)
		}
	})
}

// overlap reports whether the end of the one is the beginning of the other.
func overlap(a, b string) bool {
	for n := 1; n < min(len(a), len(b)); n++ {
		if strings.HasSuffix(a, b[:n]) || strings.HasSuffix(b, a[:n]) {
			return true
		}
	}
	return false
}
