package harness

import (
	"regexp"
	"strconv"
	"strings"
)

// hide is the hider of what has been exchanged so far. It is for what a finding
// says, which passing cases have none of.
func (r *run) hide(s string) string { return r.hider()(s) }

// hider takes out of a text the secrets of the run, every token that was granted
// or sent in it, and the secrets that were sent altered on purpose.
func (r *run) hider() func(string) string {
	if n := len(r.exchanges) + len(r.tokens); r.hides == nil || r.hidesFor != n {
		r.hides, r.hidesFor = r.newHider(), n
	}
	return r.hides
}

func (r *run) newHider() func(string) string {
	var also []secret
	add := func(value, name string) {
		if value != "" && !strings.Contains(value, "‹") {
			also = append(also, secret{value: value, shown: "‹" + name + "›"})
		}
	}
	token := func(value string) {
		if len(value) >= minToken {
			add(value, "token of "+strconv.Itoa(len(value))+" characters")
		}
	}
	for _, x := range r.exchanges {
		token(x.d.values["token"])
		for _, c := range r.c.profile.Credentials {
			if v := x.d.values[c.Name]; c.Secret && alike(v, r.c.credentials[c.Name]) {
				add(v, c.Name+", altered")
			}
		}
		if x.a != nil {
			for _, granted := range r.granted(x.a) {
				token(granted)
			}
		}
	}
	for _, name := range sortedKeys(r.tokens) {
		token(r.tokens[name].token)
	}
	if len(also) == 0 {
		return r.c.hide
	}
	tokens := newRedactor(also)
	return func(s string) string { return tokens.Text(r.c.hide(s)) }
}

// alike reports whether a value is the secret with something changed.
func alike(value, secret string) bool {
	const common = 6 // characters in a row
	if value == secret {
		return false
	}
	v, s := folded(value), folded(secret)
	for i := 0; i+common <= len(s); i++ {
		if strings.Contains(v, s[i:i+common]) {
			return true
		}
	}
	return false
}

var jwtText = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// granted are the tokens in an answer, wherever they stand: a server that is
// broken may grant one where it should not, or beside its place.
func (r *run) granted(a *answer) []string {
	place := r.c.profile.LoginPlace("token")
	if len(place) == 0 {
		return nil
	}
	key := place[len(place)-1]
	found := jwtText.FindAllString(string(a.body), -1)
	for _, values := range a.header {
		for _, v := range values {
			found = append(found, jwtText.FindAllString(v, -1)...)
		}
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				if text, ok := inner.(string); ok && strings.EqualFold(name, key) {
					found = append(found, text)
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(a.doc)
	return found
}
