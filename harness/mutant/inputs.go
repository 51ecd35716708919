package mutant

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// inputs breaks what signatures are made of: the server takes one that covers
// less, or holds it against other values than were sent.
func (m *maker) inputs() {
	p := m.profile
	if p.Request == nil {
		return
	}
	made := func(s reference.Signed, change func(harness.Values)) string {
		v := maps.Clone(s.Values)
		change(v)
		p.Request.Run(v, nil)
		return v[p.Request[len(p.Request)-1].Name()]
	}
	covers := m.rules("signature-covers", "signature-refused")
	also := func(id, says, catalogue string, changes ...func(harness.Values)) {
		m.server("signature-also-"+id, says, catalogue, covers, reference.Tamper{Match: func(s reference.Signed) bool {
			return s.Sent == s.Right || slices.ContainsFunc(changes, func(change func(harness.Values)) bool { return s.Sent == made(s, change) })
		}})
	}
	for _, input := range m.signed() {
		catalogue := ""
		if input == "timestamp" {
			catalogue = "S09"
		}
		also("without-"+input, "a signature that does not cover the "+input+" will do as well", catalogue, func(v harness.Values) { v[input] = ""; settle(v, input) })
		switch input {
		case "timestamp":
			var near []func(harness.Values)
			for _, granules := range []time.Duration{-2, -1, 1, 2} {
				near = append(near, func(v harness.Values) { v[input] = m.later(v[input], granules*p.Timestamp.Granule) })
			}
			also("of-a-stamp-nearby", "the stamp that is signed may differ a little from the one sent", "S09", near...)
		case "method":
			var methods []func(harness.Values)
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				methods = append(methods, func(v harness.Values) { v[input] = method })
			}
			also("of-another-method", "a signature for another method will do as well", "", methods...)
		}
	}
	m.otherSecrets(also)
	accepted := slices.Concat(m.rules("call-accepted", "login-accepted"), covers)
	for _, other := range readings {
		change := func(v harness.Values) { other.change(v); settle(v, other.input) }
		if !m.matters(change) {
			continue // no operation of this vendor has what is read otherwise
		}
		m.server("signs-"+other.id, other.says, "", accepted, reference.Tamper{Match: func(s reference.Signed) bool { return s.Sent == made(s, change) }})
	}
}

// otherSecrets takes signatures that were made under something else than the
// secret.
func (m *maker) otherSecrets(also func(id, says, catalogue string, changes ...func(harness.Values))) {
	secret, identity := m.profile.Secret().Name, m.profile.Identity().Name
	under := func(of func(v harness.Values) string) func(harness.Values) {
		return func(v harness.Values) { v[secret] = of(v) }
	}
	also("under-no-secret", "a signature under an empty secret will do as well", "", under(func(harness.Values) string { return "" }))
	also("under-the-key", "a signature under the key that names the customer will do as well", "", under(func(v harness.Values) string { return v[identity] }))
	also("under-the-secret-and-a-space", "a signature under the secret with a space behind it will do as well", "", under(func(v harness.Values) string { return v[secret] + " " }))
	var ends []func(harness.Values)
	for c := byte(' '); c <= '~'; c++ {
		ends = append(ends, under(func(v harness.Values) string { return v[secret][:len(v[secret])-1] + string(c) }))
	}
	also("under-most-of-the-secret", "a signature under a secret that ends otherwise will do as well", "", ends...)
	for _, empty := range []struct{ id, says, text string }{{"of-zeros", "of zeros", "0"}, {"of-one-letter", "of one letter", "a"}} {
		m.server("signature-also-"+empty.id, "a signature "+empty.says+" will do as well", "", m.rules("signature-covers", "signature-refused"), reference.Tamper{Match: func(s reference.Signed) bool {
			return s.Sent == s.Right || s.Sent != "" && strings.Trim(s.Sent, s.Sent[:1]) == "" && (s.Sent[:1] == "0") == (empty.text == "0")
		}})
	}
	m.server("signature-also-backwards", "a signature that is turned round will do as well", "", m.rules("signature-covers", "signature-refused"), reference.Tamper{Match: func(s reference.Signed) bool {
		turned := []byte(s.Sent)
		slices.Reverse(turned)
		return s.Sent == s.Right || string(turned) == s.Right
	}})
}

// signed are the parts of a request that the signature covers.
func (m *maker) signed() []string {
	uses := func(value string) bool {
		for _, stage := range m.profile.Request {
			if stage.Uses(value) {
				return true
			}
		}
		return false
	}
	var inputs []string
	for _, input := range []string{"timestamp", "method", "path", "query", "body"} {
		if uses(input) || uses("target") && (input == "path" || input == "query") {
			inputs = append(inputs, input)
		}
	}
	return inputs
}

// later is the stamp so much later; what is no stamp stays as it is.
func (m *maker) later(stamp string, by time.Duration) string {
	t, err := m.profile.Timestamp.Parse(stamp)
	if err != nil {
		return stamp
	}
	return m.profile.Timestamp.Format(t.Add(by))
}

// settle has the target agree with path and query, and these with the target,
// after the one that is named was changed.
func settle(v harness.Values, changed string) {
	switch changed {
	case "target":
		v["path"], v["query"], _ = strings.Cut(v["target"], "?")
	case "path", "query":
		if v["target"] = v["path"]; v["query"] != "" {
			v["target"] += "?" + v["query"]
		}
	}
}

// matters reports whether the change makes a difference to the signature of an
// operation.
func (m *maker) matters(change func(harness.Values)) bool {
	return slices.ContainsFunc(m.profile.Operations, func(op *harness.Operation) bool { return m.differs(op.Call(1), change) })
}

// differs reports whether the change makes a difference to the signature of the
// call.
func (m *maker) differs(call harness.Call, change func(harness.Values)) bool {
	p := m.profile
	sign := func(change func(harness.Values)) string {
		v := maps.Clone(p.Samples())
		v["method"], v["target"], v["body"] = call.Method, call.Path, call.Body
		settle(v, "target")
		change(v)
		p.Request.Run(v, nil)
		return v[p.Request[len(p.Request)-1].Name()]
	}
	return sign(change) != sign(func(harness.Values) {})
}
