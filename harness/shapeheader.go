package harness

import (
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// headers describes the headers that the profile documents, and those by which
// servers tell their clients what to do.
func (w *shaper) headers(documented []patternKey, a *answer) {
	known := map[string]bool{}
	for i := range documented {
		k := &documented[i]
		name := http.CanonicalHeaderKey(k.name)
		known[name] = true
		values := a.header[k.name]
		var value any
		if len(values) > 0 {
			value = values[0]
		}
		w.add(Fact{Path: "header " + name, Value: w.scalar(k.value, value, len(values) > 0), Documented: true})
	}
	for _, name := range sortedKeys(a.header) {
		if canonical := http.CanonicalHeaderKey(name); !known[canonical] && len(a.header[name]) > 0 {
			first, _, _ := strings.Cut(a.header[name][0], " ")
			if value := headerForm(canonical, a.header[name][0]); value != "" && !w.private(canonical+" "+first) {
				w.add(Fact{Path: "header " + canonical, Value: value})
			}
		}
	}
}

// headerForm is what matters of an undocumented header; empty where nothing does.
func headerForm(name, value string) string {
	switch {
	case name == "Content-Type":
		media, _, err := mime.ParseMediaType(value)
		if err != nil || !plainWord.MatchString(media) {
			return "no media type"
		}
		return media
	case name == "Www-Authenticate":
		scheme, _, _ := strings.Cut(value, " ")
		if !plainWord.MatchString(scheme) {
			return "no scheme"
		}
		return strings.ToLower(scheme)
	case name == "Retry-After", limitHeader.MatchString(name):
		return "present"
	}
	return ""
}

var (
	plainWord   = regexp.MustCompile(`^[A-Za-z0-9!#$&^_.+/-]{1,80}$`)
	limitHeader = regexp.MustCompile(`(?i)^[a-z-]{0,20}rate-?limit[a-z-]{0,30}$`)
)
