package harness

import (
	"strings"
	"testing"
)

func TestShownURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://sandbox.example.com":              "https://sandbox.example.com",
		"http://127.0.0.1:8080/base/":              "http://127.0.0.1:8080/base/",
		"sandbox.example.com":                      "sandbox.example.com",
		"":                                         "",
		"https://me:sesame@host":                   "https://…@host",
		"http://me:sesame@host:8080":               "http://…@host:8080",
		"https://sesame@host/base":                 "https://…@host/base",
		"https://host/base?access_token=sesame":    "https://host/base…",
		"https://host#sesame":                      "https://host…",
		"https://me:sesame@host/?token=sesame":     "https://…@host/…",
		"https://me:sesame@host:x":                 "https://…@host:x",
		"https://me:sesame%zz@host":                "https://…@host",
		"https://me:sesame@host\n":                 "https://…@host\n",
		"https://me:ses/ame@host":                  "https://…@host",
		"https://me:ses@ame@host":                  "https://…@host",
		"https://me:12/sesame@host":                "https://…@host", // which parses, as host me:12
		"https://me:ses?ame@host":                  "https://…",
		"https://me:ses#ame@host":                  "https://…",
		"https://host/?mail=me@there&token=sesame": "https://…",
		"https://me:sesame://x@host":               "https://…@host",
		"me:sesame@host":                           "…@host",
		"me:sesame://x@host":                       "…@host",
		"//me:sesame@host":                         "…@host",
		"ftp://me:sesame@host":                     "…@host",
		"host?token=sesame":                        "host…",
	} {
		if got := ShownURL(raw); got != want {
			t.Errorf("%q is shown as %q, want %q", raw, got, want)
		}
	}
}

// A target that is refused is named without what may be secret in it.
func TestRefusedTargets(t *testing.T) {
	for raw, want := range map[string]string{
		"sandbox.example.com":             "absolute URL",
		"me:sesame@host":                  "absolute URL",
		"ftp://me:sesame@host":            "absolute URL",
		"https://me:sesame@host:x":        "absolute URL",
		"https://me:sesame%zz@host":       "absolute URL",
		"https://me:ses/ame@host":         "absolute URL",
		"https:///?sesame":                "absolute URL",
		"https://me:sesame@host":          "leave out user",
		"https://sesame@host":             "leave out user",
		"https://host?sesame":             "leave out user",
		"https://host?":                   "leave out user",
		"https://host/base#sesame":        "leave out user",
		"https://host/base#":              "leave out user",
		"http://me:sesame@192.0.2.1":      "leave out user",
		"http://192.0.2.1/me:sesame@here": "plain HTTP",
	} {
		_, err := checkURL(raw, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ses") {
			t.Errorf("%q: got %v, want %q in it, and no secret", raw, err, want)
		}
	}
	if u, err := checkURL("https://host/@base//", false); err != nil || u.String() != "https://host/@base" {
		t.Errorf("a path with an @ gave %v, %v", u, err)
	}
}
