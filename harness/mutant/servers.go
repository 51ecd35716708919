package mutant

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// Servers are the broken servers that the profile allows for: the more features
// it has, the more there are.
func Servers(p *harness.Profile) []Mutant {
	m := &maker{profile: p}
	m.window()
	m.stamps()
	m.signature()
	m.checks()
	m.tokens()
	m.scheme()
	m.errors()
	m.replies()
	m.leaks()
	return m.all
}

// window breaks the limits of timestamps.
func (m *maker) window() {
	w := m.profile.Window
	if w.Past == 0 {
		return
	}
	past, future := m.rules("window-past", "window-every-call"), m.rules("window-future")
	both := append(slices.Clone(past), future...)
	for _, v := range []struct {
		id, says, catalogue string
		past, future        time.Duration
	}{
		{"doubled", "the window is twice as wide", "S03", 2 * w.Past, 2 * w.Future},
		{"halved", "the window is half as wide", "S03", w.Past / 2, w.Future / 2},
		{"of-minutes", "the window's seconds are taken for minutes", "S03", w.Past * 60, w.Future * 60},
		{"a-second-wider", "the window is a second wider", "S03", w.Past + time.Second, w.Future + time.Second},
		{"a-second-narrower", "the window is a second narrower", "S03", w.Past - time.Second, w.Future - time.Second},
		{"past-a-second-wider", "a stamp may be a second older", "S04", w.Past + time.Second, w.Future},
		{"past-a-second-narrower", "a stamp must be a second younger", "S04", w.Past - time.Second, w.Future},
		{"future-a-second-wider", "a stamp may be a second further ahead", "S04", w.Past, w.Future + time.Second},
		{"future-a-second-narrower", "a stamp must be a second less ahead", "S04", w.Past, w.Future - time.Second},
		{"past-only", "a stamp may be as far ahead as it likes", "S02", w.Past, 100 * 365 * 24 * time.Hour},
		{"future-only", "a stamp may be as old as it likes", "S01", 100 * 365 * 24 * time.Hour, w.Future},
		{"none", "the timestamp is not compared with the clock", "S01", 100 * 365 * 24 * time.Hour, 100 * 365 * 24 * time.Hour},
	} {
		rules := both
		if v.future == w.Future {
			rules = past
		} else if v.past == w.Past {
			rules = future
		}
		m.profileServer("window-"+v.id, v.says, v.catalogue, rules, func(p *harness.Profile) { p.Window.Past, p.Window.Future = v.past, v.future })
	}
	m.variant("window-edge-flipped", "the very limit is judged the other way", "S05", "window-edge", both)
	m.variant("window-resolution-other", "the fraction of a second counts otherwise", "S05", "window-resolution", m.rules("window-resolution"))
	for id, off := range map[string]time.Duration{"an-hour-ahead": time.Hour, "an-hour-behind": -time.Hour, "three-hours-behind": -3 * time.Hour} {
		m.shifted("window-"+id, "stamps are compared with a clock in another time zone", off, both)
	}
}

// variant adds a server that shows another value of the variant than is assumed.
func (m *maker) variant(id, says, catalogue, variant string, rules []string) {
	v := m.profile.Variants[variant]
	for i, value := range v.Values {
		if value == m.profile.Choice(variant) {
			continue
		}
		other, err := m.profile.With(map[string]string{variant: value}, false)
		if err != nil {
			continue // the profile cannot be so
		}
		name := id
		if i > 1 || i == 1 && m.profile.Choice(variant) != v.Values[0] {
			name += "-" + value
		}
		m.add(Mutant{ID: name, Says: says, Catalogue: catalogue, Rules: rules,
			Server: func(clk clock.Clock) http.Handler { return reference.New(other, clk) }})
	}
}

// shifted adds a server that reads stamps as if they were of another zone.
func (m *maker) shifted(id, says string, off time.Duration, rules []string) {
	f := m.profile.Timestamp
	m.server(id, says, "S22", rules, reference.Tamper{Stamp: func(text string, _ time.Time) string {
		t, err := f.Parse(text)
		if err != nil {
			return text
		}
		return f.Format(t.Add(off))
	}})
}

// stamps breaks the reading of timestamps.
func (m *maker) stamps() {
	f := m.profile.Timestamp
	if f == nil {
		return
	}
	garbage := m.rules("timestamp-garbage", "timestamp-not-an-instant", "timestamp-missing")
	read := func(id, says string, accepts func(text string) (string, bool)) {
		m.server("stamp-"+id, says, "S07", garbage, reference.Tamper{Stamp: func(text string, now time.Time) string {
			if _, err := f.Parse(text); err == nil {
				return text
			}
			if plain, ok := accepts(text); ok {
				if plain == "" {
					return f.Format(now)
				}
				if _, err := f.Parse(plain); err == nil {
					return plain
				}
			}
			return text
		}})
	}
	read("unreadable-accepted", "a timestamp that cannot be read counts as now", func(text string) (string, bool) { return "", text != "" })
	read("spaces-trimmed", "white space round a timestamp is overlooked", func(text string) (string, bool) { return strings.TrimSpace(text), true })
	if f.Numeric {
		read("sign-accepted", "a timestamp with a plus before it is read", func(text string) (string, bool) { return strings.TrimPrefix(text, "+"), true })
		read("fraction-cut-off", "a fraction behind the timestamp is cut off", func(text string) (string, bool) {
			whole, _, ok := strings.Cut(text, ".")
			return whole, ok
		})
		read("leading-zeros-accepted", "zeros before the timestamp are overlooked", func(text string) (string, bool) { return strings.TrimLeft(text, "0"), true })
		read("digits-before-text", "a timestamp is read up to its first character that is no digit", func(text string) (string, bool) {
			n := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
			if n <= 0 {
				return text, false
			}
			return text[:n], true
		})
		read("exponent-accepted", "a timestamp such as 1.7e9 is read", func(text string) (string, bool) {
			v, err := strconv.ParseFloat(text, 64)
			return strconv.FormatInt(int64(v), 10), err == nil
		})
		m.server("stamp-milliseconds-accepted", "a timestamp in milliseconds is read too", "S07", garbage, reference.Tamper{Stamp: func(text string, _ time.Time) string {
			if len(text) == 13 {
				return text[:10]
			}
			return text
		}})
	} else {
		read("iso-accepted", "a timestamp with T and Z is read", func(text string) (string, bool) {
			return strings.TrimSuffix(strings.Replace(text, "T", " ", 1), "Z"), true
		})
		read("unpadded-accepted", "a timestamp without leading zeros is read", func(text string) (string, bool) {
			t, err := time.Parse("2006-1-2 15:4:5", text)
			return f.Format(t), err == nil
		})
		read("fraction-accepted", "a fraction behind the timestamp is overlooked", func(text string) (string, bool) {
			whole, _, ok := strings.Cut(text, ".")
			return whole, ok
		})
	}
	x := m.server("stamp-missing-accepted", "a request without timestamp counts as made now", "S08", m.rules("timestamp-missing"), reference.Tamper{Stamp: func(text string, now time.Time) string {
		if text == "" {
			return f.Format(now)
		}
		return text
	}})
	if m.fieldsFirst("timestamp") {
		x.Equivalent = "what is missing is found missing by the check of the fields, before the timestamp is looked at"
	}
}

// fieldsFirst reports whether wherever the check is made, that of the fields comes
// before it.
func (m *maker) fieldsFirst(check string) bool {
	for _, form := range []*harness.Form{m.profile.Call, m.profile.Login} {
		if form == nil {
			continue
		}
		fields, at := slices.Index(form.Checks, "fields"), slices.Index(form.Checks, check)
		if at >= 0 && (fields < 0 || fields > at) {
			return false
		}
	}
	return true
}

// signature breaks the comparison of signatures and the recipe.
func (m *maker) signature() {
	if m.profile.Request == nil {
		return
	}
	refused := m.rules("signature-refused", "signature-covers", "signature-length", "signature-missing")
	match := func(id, says string, ok func(sent, right string) bool) *Mutant {
		return m.server("signature-"+id, says, "", refused, reference.Tamper{Match: ok})
	}
	match("not-compared", "any signature will do", func(string, string) bool { return true })
	match("of-any-length-of-right", "a signature of the right length will do", func(sent, right string) bool { return len(sent) == len(right) })
	match("first-8-compared", "only the first eight characters are compared", func(sent, right string) bool { return len(sent) >= 8 && sent[:8] == right[:8] })
	match("first-half-compared", "only the first half is compared", func(sent, right string) bool {
		n := len(right) / 2
		return len(sent) >= n && sent[:n] == right[:n]
	})
	match("last-8-compared", "only the last eight characters are compared", func(sent, right string) bool {
		return len(sent) >= 8 && strings.HasSuffix(sent, right[len(right)-8:])
	})
	match("prefix-will-do", "the beginning of the right signature will do", func(sent, right string) bool { return sent != "" && strings.HasPrefix(right, sent) })
	match("more-may-follow", "something may follow the right signature", func(sent, right string) bool { return strings.HasPrefix(sent, right) })
	match("last-character-overlooked", "the last character is not compared", func(sent, right string) bool {
		return len(sent) == len(right) && sent[:len(sent)-1] == right[:len(right)-1]
	})
	if x := match("empty-accepted", "an empty signature will do", func(sent, right string) bool { return sent == "" || sent == right }); m.fieldsFirst("signature") {
		x.Equivalent = "an empty field is refused by the check of the fields, before the signature is looked at"
	}
	match("never-right", "no signature is right", func(string, string) bool { return false }).Rules = m.rules("call-accepted")
	m.variant("signature-case-folded", "a signature in capitals will do", "", "hex-case", refused)
	accepted := append(m.rules("call-accepted", "login-accepted"), refused...)
	for _, v := range m.profile.Request.Variations() {
		m.profileServer("recipe-"+v.Name, "the server makes the signature otherwise: "+strings.ReplaceAll(v.Name, "-", " "), "", accepted,
			func(p *harness.Profile) { p.Request = v.Recipe })
	}
}

// checks leaves checks out and swaps them.
func (m *maker) checks() {
	p := m.profile
	forms := map[string]*harness.Form{"call": p.Call}
	if p.Login != nil {
		forms["login"] = p.Login
	}
	for _, name := range []string{"login", "call"} {
		form := forms[name]
		if form == nil {
			continue
		}
		with := func(checks []string) func(*harness.Profile) {
			return func(p *harness.Profile) {
				other := *form
				other.Checks = checks
				if name == "login" {
					p.Login = &other
				} else {
					p.Call = &other
				}
			}
		}
		for i, check := range form.Checks {
			x := m.profileServer(name+"-without-"+check, "at a "+name+" the check "+check+" is left out", "", m.checkRules(check), with(slices.Delete(slices.Clone(form.Checks), i, i+1)))
			x.Equivalent = m.idle(form, check)
			if i+1 < len(form.Checks) {
				swapped := slices.Clone(form.Checks)
				swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
				x := m.profileServer(fmt.Sprintf("%s-%s-after-%s", name, check, swapped[i]), fmt.Sprintf("at a %s the check %s comes after %s", name, check, swapped[i]), "S12",
					append(m.rules("order-"+check, "order-"+swapped[i]), m.bodyRules(check)...), with(swapped))
				if x.Equivalent = m.idle(form, check); name == "call" && check == "body" {
					x.Equivalent = "a body that cannot be read lacks its fields as well, and either error is allowed"
				}
				if x.Equivalent == "" {
					x.Equivalent = m.idle(form, swapped[i])
				}
			}
		}
	}
}

// idle says why a check can make no difference that the pages speak of; empty
// when it can.
func (m *maker) idle(form *harness.Form, check string) string {
	p := m.profile
	bearer := false
	for _, h := range p.Call.Headers {
		bearer = bearer || strings.HasPrefix(h.Text.Literal(), "Bearer")
	}
	switch {
	case check == "replay" && p.Choice("replay") == "accept":
		return "the same request is accepted again, so the check lets everything pass"
	case check == "authorization" && !bearer:
		return "a header that is missing or malformed holds no known key either, and which error tells it is left open"
	case form == p.Login && p.Request == nil && (check == "body" || check == "fields"):
		return "a body without the credentials holds no right ones either, and the pages tell both with one error"
	}
	return ""
}

// bodyRules are those of an unreadable body, which the order of that check decides.
func (m *maker) bodyRules(check string) []string {
	if check != "body" {
		return nil
	}
	return m.rules("login-body", "call-body")
}

// checkRules are the requirements that a check serves.
func (m *maker) checkRules(check string) []string {
	claims := map[string][]string{
		"authorization": {"bearer-missing", "bearer-required", "bearer-prefix", "bearer-malformed", "authorization-missing", "authorization-malformed", "bearer-query", "bearer-repeated"},
		"body":          {"login-body", "call-body"},
		"fields":        {"login-field-missing", "call-field-missing", "timestamp-missing", "signature-missing", "key-short", "key-long"},
		"timestamp":     {"window-past", "window-future", "timestamp-garbage", "timestamp-missing", "timestamp-not-an-instant"},
		"key":           {"key-unknown", "key-short", "key-long"},
		"credentials":   {"login-credentials"},
		"token":         {"token-refused", "jwt-tampered", "jwt-algorithm"},
		"expiry":        {"token-lifetime", "jwt-expired"},
		"signature":     {"signature-refused", "signature-covers"},
		"replay":        {"replay"},
		"operation":     {"order-operation"},
	}[check]
	rules := append(m.rules(claims...), m.profile.ErrorRules(map[string]string{"expiry": "token-expired", "operation": "validation", "fields": "field-missing"}[check])...)
	if check == "authorization" || check == "key" || check == "body" {
		rules = append(rules, m.profile.ErrorRules(check)...)
	}
	return rules
}
