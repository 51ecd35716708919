package mutant

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness/reference"
)

// selfContained breaks the checking of JSON Web Tokens.
func (m *maker) selfContained() {
	verify := func(id, says string, rules []string, ok func(*reference.JWT) bool) *Mutant {
		return m.server("jwt-"+id, says, "", rules, reference.Tamper{Verify: ok})
	}
	good := func(t *reference.JWT) bool {
		_, critical := t.Header["crit"]
		return t.Right && t.Header["alg"] == "HS256" && !critical
	}
	algorithm, tampered := m.rules("jwt-algorithm"), m.rules("jwt-tampered")
	both := slices.Concat(algorithm, tampered)
	verify("none-accepted", "a token without signature is good when it says so", both, func(t *reference.JWT) bool { return good(t) || t.Header["alg"] == "none" })
	verify("none-accepted-in-any-case", "a token without signature is good when it says so in capitals", both, func(t *reference.JWT) bool {
		alg, _ := t.Header["alg"].(string)
		return good(t) || alg != "none" && strings.EqualFold(alg, "none")
	})
	verify("signature-not-checked", "the signature of a token is not checked", tampered, func(t *reference.JWT) bool { return t.Header["alg"] == "HS256" })
	verify("algorithm-not-checked", "whatever algorithm a token names, it is checked as HS256", algorithm, func(t *reference.JWT) bool {
		_, critical := t.Header["crit"]
		return t.Right && !critical
	})
	verify("critical-overlooked", "a header that must be understood is overlooked", algorithm, func(t *reference.JWT) bool { return t.Right && t.Header["alg"] == "HS256" })
	signedBy := func(t *reference.JWT, hash func() hash.Hash, key string) bool {
		mac := hmac.New(hash, []byte(key))
		mac.Write([]byte(t.Text))
		return hmac.Equal(mac.Sum(nil), t.Signature)
	}
	verify("hs384-accepted", "a token signed by HS384 is good", algorithm, func(t *reference.JWT) bool {
		return good(t) || t.Header["alg"] == "HS384" && signedBy(t, sha512.New384, t.Key)
	})
	verify("hs512-accepted", "a token signed by HS512 is good", algorithm, func(t *reference.JWT) bool {
		return good(t) || t.Header["alg"] == "HS512" && signedBy(t, sha512.New, t.Key)
	})
	verify("signed-by-the-customer", "a token signed under the secret of the customer is good", tampered, func(t *reference.JWT) bool {
		return good(t) || signedBy(t, sha256.New, m.profile.Samples()[m.profile.Secret().Name])
	})
	verify("signed-by-public-text", "a token signed under the name of the customer is good", tampered, func(t *reference.JWT) bool {
		return good(t) || signedBy(t, sha256.New, m.profile.Samples()[m.profile.Identity().Name])
	})
	verify("key-looked-up", "a token that names its key by a path is checked with what is there: nothing", tampered, func(t *reference.JWT) bool {
		_, named := t.Header["kid"]
		return good(t) || named && signedBy(t, sha256.New, "")
	})
	verify("first-half-compared", "the first half of a token's signature will do", tampered, func(t *reference.JWT) bool {
		mac := hmac.New(sha256.New, []byte(t.Key))
		mac.Write([]byte(t.Text))
		return good(t) || len(t.Signature) == sha256.Size && t.Header["alg"] == "HS256" && hmac.Equal(mac.Sum(nil)[:16], t.Signature[:16])
	})
	m.claims(verify, good)
	m.parts()
}

// claims breaks the reading of what a token says of itself.
func (m *maker) claims(verify func(string, string, []string, func(*reference.JWT) bool) *Mutant, good func(*reference.JWT) bool) {
	odd, ended, tampered := m.rules("jwt-claims"), m.rules("jwt-expired", "token-lifetime"), m.rules("jwt-tampered")
	life := float64(m.profile.Token.Lifetime / time.Second)
	claim := func(id, says string, rules []string, change func(claims map[string]any)) *Mutant {
		return verify(id, says, rules, func(t *reference.JWT) bool {
			if t.Claims != nil {
				change(t.Claims)
			}
			return good(t)
		})
	}
	number := func(c map[string]any, name string) float64 { n, _ := c[name].(float64); return n }
	claim("end-as-text", "an end that is a text is read", odd, func(c map[string]any) {
		if text, ok := c["exp"].(string); ok {
			if n, err := strconv.ParseFloat(text, 64); err == nil {
				c["exp"] = n
			}
		}
	})
	claim("end-in-milliseconds", "an end in milliseconds is read as one", odd, func(c map[string]any) {
		if n := number(c, "exp"); n > 1e11 {
			c["exp"] = n / 1000
		}
	})
	claim("end-taken-for-milliseconds", "the end is taken for milliseconds", slices.Concat(m.rules("token-accepted"), ended), func(c map[string]any) { c["exp"] = number(c, "exp") / 1000 })
	claim("without-end-for-ever", "a token without an end never ends", odd, func(c map[string]any) {
		if c["exp"] == nil {
			c["exp"] = float64(4e9)
		}
	})
	claim("zero-is-no-end", "a token that ended in 1970 never ends", ended, func(c map[string]any) {
		if c["exp"] == 0.0 {
			c["exp"] = float64(4e9)
		}
	})
	claim("leeway-of-a-minute", "a token is good for a minute after its end", ended, func(c map[string]any) { c["exp"] = number(c, "exp") + 60 })
	claim("life-counted-from-its-start", "a token's life is counted from when it says it was granted", slices.Concat(odd, ended), func(c map[string]any) { c["exp"] = number(c, "iat") + life })
	claim("start-overlooked", "a token is good before its time", odd, func(c map[string]any) { delete(c, "nbf") })
	claim("grant-overlooked", "a token is good before it was granted", odd, func(c map[string]any) { delete(c, "iat") }).Equivalent =
		"no page says what becomes of a token that was granted in the future, and the server grants none"
	verify("grant-required", "a token that does not say when it was granted is refused", odd, func(t *reference.JWT) bool { return good(t) && t.Claims["iat"] != nil }).Equivalent =
		"every token that the server grants says so, and no page allows for one that does not"
	identity := m.profile.Samples()[m.profile.Identity().Name]
	claim("subject-not-checked", "a token is good whoever it was granted to", tampered, func(c map[string]any) { c["sub"] = identity })
	verify("fraction-refused", "an end with a fraction is refused", odd, func(t *reference.JWT) bool { n := number(t.Claims, "exp"); return good(t) && n == math.Trunc(n) })
}

// parts breaks the taking apart of a token.
func (m *maker) parts() {
	tampered := m.rules("jwt-tampered")
	find := func(id, says string, of func(token string) string) {
		m.server("jwt-"+id, says, "", tampered, reference.Tamper{Find: func(token string, _ []string) string { return of(token) }})
	}
	find("padding-overlooked", "a part may end in the signs of padding", func(t string) string { return strings.ReplaceAll(t, "=", "") })
	find("fourth-part-overlooked", "a fourth part is overlooked", func(t string) string {
		parts := strings.Split(t, ".")
		return strings.Join(parts[:min(3, len(parts))], ".")
	})
	find("dots-trimmed", "dots round a token are overlooked", func(t string) string { return strings.Trim(t, ".") })
}
