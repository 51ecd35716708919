package mutant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

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
					m.orderRules(check, swapped[i]), with(swapped))
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

// orderRules are the requirements that the order of two checks serves.
func (m *maker) orderRules(first, second string) []string {
	rules := m.rules("order-" + first)
	switch {
	case first == "body":
		rules = append(rules, m.rules("login-body", "call-body")...)
	case second == "expiry": // which there is none of before the token is known
		rules = append(rules, m.checkRules(second)...)
	}
	return rules
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
