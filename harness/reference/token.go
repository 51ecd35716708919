package reference

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// grant makes a token for the customer of the call.
func (s *Server) grant(c *call) string {
	s.serial++
	t := &issued{identity: s.credentials[s.profile.Identity().Name], at: c.now, used: c.now}
	token := ""
	if r := s.profile.Token.Recipe; r != nil {
		v := s.profile.TokenValues(s.credentials, c.now)
		r.Run(v, nil)
		token = v[r[len(r)-1].Name()]
	} else {
		token = s.opaque()
	}
	if s.profile.Choice("old-token") == "revoked" {
		for _, old := range s.tokens {
			old.revoked = true
		}
	}
	if s.tokens == nil {
		s.tokens = map[string]*issued{}
	}
	s.tokens[token] = t
	return token
}

// opaque makes a token of the profile's length and alphabet. It is a counter,
// hashed with the customer's name: the same run gives the same tokens, and no
// two are equal.
func (s *Server) opaque() string {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], uint64(s.serial))
	length := s.profile.Token.Length
	if length == 0 {
		length = 40
	}
	var b []byte
	for n := byte(0); len(b) < length; n++ {
		sum := sha256.Sum256(append([]byte("skewproof token"+s.credentials[s.profile.Identity().Name]), append(seed[:], n)...))
		b = append(b, sum[:]...)
	}
	text := base64.StdEncoding.EncodeToString(b)
	switch s.profile.Token.Alphabet {
	case "hex":
		text = hex.EncodeToString(b)
	case "base64url":
		text = base64.RawURLEncoding.EncodeToString(b)
	}
	return text[:length]
}

// verify checks a JSON Web Token by RFC 7519 section 7.2, for the one algorithm
// HS256 and the one key of the profile (RFC 8725 section 3.1). It is written out
// by hand: the profile's recipe makes tokens, and must not also vouch for them.
func (s *Server) verify(token string, now time.Time) (*issued, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	var decoded [3][]byte
	for i, part := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || strings.ContainsAny(part, "\r\n") {
			return nil, false
		}
		decoded[i] = b
	}
	var header map[string]any
	if json.Unmarshal(decoded[0], &header) != nil {
		return nil, false
	}
	mac := hmac.New(sha256.New, []byte(s.credentials[s.tokenKey()]))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	_, critical := header["crit"]
	right := hmac.Equal(mac.Sum(nil), decoded[2])
	ok := right && header["alg"] == "HS256" && !critical
	var claims map[string]any
	unread := json.NewDecoder(bytes.NewReader(decoded[1])).Decode(&claims) != nil
	if s.tamper.Verify != nil {
		ok = s.tamper.Verify(&JWT{header, claims, parts[0] + "." + parts[1], decoded[2], s.credentials[s.tokenKey()], right})
	}
	if !ok || unread {
		return nil, false
	}
	return s.claims(claims, now)
}

// year9999 is the last second that most dates can express.
const year9999 = 253402300799

func (s *Server) claims(claims map[string]any, now time.Time) (*issued, bool) {
	exp, ok := claims["exp"].(float64)
	far := s.profile.Choice("jwt-far-exp") == "refuse" && exp > year9999
	if !ok || exp <= 0 || far {
		return nil, false
	}
	for _, name := range []string{"nbf", "iat"} {
		if v, has := claims[name]; has {
			at, ok := v.(float64)
			if !ok || at > float64(now.Unix())+float64(now.Nanosecond())/1e9 { // UnixNano ends in 2262
				return nil, false
			}
		}
	}
	identity := s.credentials[s.profile.Identity().Name]
	if fmt.Sprint(claims["sub"]) != identity {
		return nil, false
	}
	seconds, fraction := math.Modf(exp)
	expires := time.Unix(int64(seconds), int64(fraction*1e9))
	return &issued{identity: identity, at: expires.Add(-s.profile.Token.Lifetime), used: expires.Add(-s.profile.Token.Lifetime)}, true
}

// tokenKey names the credential that keys the token's signature.
func (s *Server) tokenKey() string { return s.profile.TokenKey() }
