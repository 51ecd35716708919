package mutant

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"

	"github.com/skewproof/skewproof/harness"
)

// malformed has the server break down over each kind of request that is not as
// it should be. None of them may: a refusal is documented for all.
func (m *maker) malformed() {
	if m.profile.Timestamp != nil {
		m.badStamps()
	}
	m.badAuthorization()
	if m.profile.Request != nil {
		m.badSignatures()
	}
	m.badBodies()
	if m.profile.Token != nil {
		m.badTokens()
	}
}

// texts adds mutants that break down over some texts for a value.
func (m *maker) texts(value, of string, catalogue string, rules []string) func(id, says string, over func(string) bool) *Mutant {
	return func(id, says string, over func(string) bool) *Mutant {
		return m.crashes(of+"-"+id, says, catalogue, rules, func(r *http.Request, body []byte) bool {
			for _, text := range m.sent(r, body)[value] {
				if over(text) {
					return true
				}
			}
			return false
		})
	}
}

func (m *maker) badStamps() {
	f := m.profile.Timestamp
	stamp := m.texts("timestamp", "stamp", "S07", m.rules("timestamp-garbage", "timestamp-not-an-instant", "timestamp-missing"))
	stamp("unreadable", "a timestamp that cannot be read", func(s string) bool { _, err := f.Parse(s); return err != nil })
	stamp("without-digits", "a timestamp without a digit", func(s string) bool { return !strings.ContainsFunc(s, unicode.IsDigit) })
	stamp("of-thirty-digits", "a timestamp that fits no machine word", func(s string) bool { return len(s) == 30 })
	stamp("nan", "a timestamp that is not a number", func(s string) bool { return strings.EqualFold(s, "nan") })
	stamp("null", "the word null for a timestamp", func(s string) bool { return s == "null" })
	stamp("zero", "a timestamp of zero", func(s string) bool { return s == "0" })
	if f.Numeric {
		stamp("negative", "a negative timestamp", func(s string) bool { return strings.HasPrefix(s, "-") })
		stamp("with-a-fraction", "a timestamp with a fraction", func(s string) bool { return strings.Contains(s, ".") })
		stamp("beyond-32-bits", "a timestamp beyond 32 bits", func(s string) bool { return s == "2147483648" })
		stamp("beyond-64-bits", "a timestamp beyond 64 bits", func(s string) bool { return s == "9223372036854775808" })
		stamp("infinite", "a timestamp that is infinite", func(s string) bool { return s == "1e999" })
	} else {
		stamp("date-alone", "a timestamp without a time", func(s string) bool { return len(s) == len("2006-01-02") && strings.Count(s, "-") == 2 })
	}
	missing := func(r *http.Request, body []byte) bool {
		return carries(m.formOf(r), "timestamp") && len(m.sent(r, body)["timestamp"]) == 0
	}
	if _, n := m.profile.Call.Carrier("timestamp"); !strings.EqualFold(n.Name, "Authorization") {
		m.crashes("stamp-missing", "a request without timestamp", "S08", m.rules("timestamp-missing"), missing)
	}
}

// carries reports whether the form has a place for the value.
func carries(form *harness.Form, value string) bool {
	place, _ := form.Carrier(value)
	return place != ""
}

func (m *maker) badAuthorization() {
	var header *harness.Named
	for i, h := range m.profile.Call.Headers {
		if strings.EqualFold(h.Name, "Authorization") {
			header = &m.profile.Call.Headers[i]
		}
	}
	if header == nil {
		return
	}
	rules := m.rules("bearer-missing", "bearer-required", "bearer-prefix", "bearer-malformed", "bearer-repeated", "authorization-missing", "authorization-malformed")
	over := func(id, says string, which func(values []string) bool) {
		m.crashes("authorization-"+id, says, "", rules, func(r *http.Request, _ []byte) bool {
			return m.formOf(r) == m.profile.Call && which(r.Header.Values("Authorization"))
		})
	}
	one := func(id, says string, which func(value string) bool) {
		over(id, says, func(v []string) bool { return len(v) == 1 && which(v[0]) })
	}
	scheme := strings.TrimSpace(header.Text.Literal())
	over("missing", "a request without the header Authorization", func(v []string) bool { return len(v) == 0 })
	over("twice", "two headers Authorization", func(v []string) bool { return len(v) > 1 })
	one("empty", "an empty header Authorization", func(v string) bool { return v == "" })
	if scheme == "" {
		return
	}
	one("of-one-word", "a header Authorization of one word", func(v string) bool { return v != "" && !strings.ContainsAny(v, " \t") })
	one("scheme-alone", "the scheme and nothing behind it", func(v string) bool { return strings.TrimSpace(v) == scheme })
	one("of-another-scheme", "another scheme", func(v string) bool {
		word, _, ok := strings.Cut(v, " ")
		return ok && !strings.EqualFold(word, scheme)
	})
	one("of-three-words", "a header Authorization of three words", func(v string) bool { return len(strings.Fields(v)) > 2 })
	if len(header.Text.Names()) > 1 {
		one("in-one-part", "credentials that do not come in parts", func(v string) bool {
			rest, ok := strings.CutPrefix(v, header.Text.Literal())
			return ok && rest != "" && !header.Text.Parse(v, harness.Values{})
		})
	}
}

func (m *maker) badSignatures() {
	last := m.profile.Request[len(m.profile.Request)-1].Name()
	signature := m.texts(last, "signature", "", m.rules("signature-refused", "signature-length", "signature-missing"))
	signature("empty", "an empty signature", func(s string) bool { return s == "" })
	signature("of-one-character", "a signature of one character", func(s string) bool { return len(s) == 1 })
	if len(m.profile.Call.Query) == 0 { // an address has no room for it
		signature("huge", "a signature of a thousand characters", func(s string) bool { return len(s) > 1000 })
	}
	if name := m.profile.Identity().Name; carries(m.profile.Call, name) {
		key := m.texts(name, "key", "", m.rules("key-unknown"))
		known := m.profile.Samples()[name]
		key("unknown", "a key that it does not know", func(s string) bool { return s != known })
		key("short", "a key that is too short", func(s string) bool { return len(s) < len(known) })
		key("empty", "an empty key", func(s string) bool { return s == "" })
	}
}

func (m *maker) badBodies() {
	p := m.profile
	for _, form := range m.forms() {
		if len(form.Fields) == 0 {
			continue
		}
		name, claims := "call", m.rules("call-body", "call-field-missing")
		if form == p.Login {
			name, claims = "login", m.rules("login-body", "login-field-missing")
		}
		over := func(id, says string, which func(body []byte) bool) {
			m.crashes(name+"-body-"+id, "the body of a "+name+" that "+says, "", claims, func(r *http.Request, body []byte) bool { return m.formOf(r) == form && which(body) })
		}
		over("empty", "is empty", func(b []byte) bool { return len(b) == 0 })
		over("of-one-word", "is one word", func(b []byte) bool { return string(b) == "hello" })
		over("without-a-field", "lacks a field", func(b []byte) bool {
			fields := fieldsOf(b)
			for _, n := range form.Fields {
				if _, ok := fields[n.Name]; !ok {
					return fields != nil
				}
			}
			return false
		})
		over("with-an-empty-field", "has an empty field", func(b []byte) bool {
			for _, text := range fieldsOf(b) {
				if text == "" {
					return true
				}
			}
			return false
		})
		if form == p.Login {
			over("a-list", "is a list", func(b []byte) bool { return string(b) == "[]" })
		}
		if form.Encoding == "json" && form == p.Login {
			doc := func(b []byte) any { var v any; _ = json.Unmarshal(b, &v); return v }
			over("broken", "breaks off", func(b []byte) bool { return len(b) > 0 && b[0] == '{' && !json.Valid(b) })
			over("null", "is null", func(b []byte) bool { return string(b) == "null" })
			over("with-a-number", "has a number for a text", func(b []byte) bool {
				object, _ := doc(b).(map[string]any)
				for _, v := range object {
					if _, ok := v.(float64); ok {
						return true
					}
				}
				return false
			})
			over("with-a-null", "has null for a text", func(b []byte) bool {
				object, _ := doc(b).(map[string]any)
				for _, v := range object {
					if v == nil {
						return true
					}
				}
				return false
			})
		}
	}
}

func (m *maker) badTokens() {
	p := m.profile
	token := m.texts("token", "token", "", m.rules("token-refused", "jwt-tampered", "jwt-algorithm", "jwt-claims"))
	if p.Token.Recipe == nil {
		if len(p.Call.Fields) == 0 {
			token("of-one-character", "a token of one character", func(s string) bool { return len(s) == 1 })
			token("huge", "a token of a thousand characters", func(s string) bool { return len(s) > 1000 })
		}
		token("of-another-length", "a token of another length", func(s string) bool { return len(s) != p.Token.Length })
		return
	}
	part := func(s string, n int) (doc any, whole bool) {
		parts := strings.Split(s, ".")
		if len(parts) != 3 {
			return nil, false
		}
		text, err := base64.RawURLEncoding.DecodeString(parts[n])
		return doc, err == nil && json.Unmarshal(text, &doc) == nil
	}
	token("of-one-part", "a token of one part", func(s string) bool { return !strings.Contains(s, ".") })
	token("of-two-parts", "a token of two parts", func(s string) bool { return strings.Count(s, ".") == 1 })
	token("of-four-parts", "a token of four parts", func(s string) bool { return strings.Count(s, ".") == 3 })
	token("with-an-empty-part", "a token with an empty part", func(s string) bool { return strings.Contains("."+s+".", "..") })
	token("with-a-header-that-is-no-json", "a token whose header is no JSON", func(s string) bool { _, ok := part(s, 0); return strings.Count(s, ".") == 2 && !ok })
	token("with-claims-that-are-no-json", "a token whose claims are no JSON", func(s string) bool { _, ok := part(s, 1); return strings.Count(s, ".") == 2 && !ok })
	token("with-a-header-that-is-no-object", "a token whose header is no object", func(s string) bool {
		doc, ok := part(s, 0)
		_, object := doc.(map[string]any)
		return ok && !object
	})
	token("with-claims-that-are-no-object", "a token whose claims are no object", func(s string) bool {
		doc, ok := part(s, 1)
		_, object := doc.(map[string]any)
		return ok && !object
	})
	token("without-an-algorithm", "a token without an algorithm", func(s string) bool {
		doc, _ := part(s, 0)
		header, ok := doc.(map[string]any)
		return ok && header["alg"] == nil
	})
	end := func(s string) (any, bool) {
		doc, _ := part(s, 1)
		claims, ok := doc.(map[string]any)
		return claims["exp"], ok
	}
	token("without-an-end", "a token without an end", func(s string) bool { exp, ok := end(s); return ok && exp == nil })
	token("with-an-end-that-is-no-number", "a token whose end is no number", func(s string) bool {
		exp, ok := end(s)
		_, number := exp.(float64)
		return ok && exp != nil && !number
	})
}
