package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	errToken   = errors.New("token is not valid")
	errExpired = errors.New("token has expired")
)

// clockLeeway is how far in the future a token may say that it was made.
const clockLeeway = 60

// strictURL refuses padding and stray bits, so that a token has one spelling.
var strictURL = base64.RawURLEncoding.Strict()

// issue makes a token for the client.
func (s *spreetail) issue(client string, now time.Time) string {
	made, life := now.Unix(), int64(expiresIn)
	if s.broken["spreetail/token-short-lived"] {
		life = 2
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	// Neither part can fail to marshal.
	head, _ := json.Marshal(object{{"alg", "HS256"}, {"typ", "JWT"}})
	body, _ := json.Marshal(object{
		{"sub", client}, {"client_id", client}, {"iat", made}, {"exp", made + life}, {"jti", hex.EncodeToString(id)},
	})
	input := strictURL.EncodeToString(head) + "." + strictURL.EncodeToString(body)
	signature := strictURL.EncodeToString(s.mac(sha256.New, input))
	s.believe(signature)
	return input + "." + signature
}

// verify returns the client that a token speaks for. Every step must succeed.
func (s *spreetail) verify(token string, now time.Time) (string, error) {
	parts := strings.Split(token, ".")
	if s.broken["spreetail/extra-segment-accepted"] && len(parts) > 3 {
		parts = parts[:3]
	}
	if len(parts) != 3 {
		return "", errToken
	}
	input := parts[0] + "." + parts[1]
	if s.broken["spreetail/padding-accepted"] {
		for i := range parts {
			parts[i] = strings.TrimRight(parts[i], "=")
		}
	}
	head, err := tokenObject(parts[0])
	if err != nil {
		return "", err
	}
	algorithm, _ := head["alg"].(string)
	if _, critical := head["crit"]; critical && !s.broken["spreetail/crit-ignored"] {
		return "", errToken
	}
	signed := s.signedBy(algorithm, input, parts[2]) ||
		s.broken["spreetail/padding-accepted"] && s.signedBy(algorithm, parts[0]+"."+parts[1], parts[2])
	if !signed {
		return "", errToken
	}
	claims, err := tokenObject(parts[1])
	if err != nil {
		return "", err
	}
	if err := s.checkTimes(claims, unixSeconds(now)); err != nil {
		return "", err
	}
	return s.subject(claims)
}

// signedBy reports whether the signature is right for the algorithm that the
// token names. There is one: a token does not get to choose.
func (s *spreetail) signedBy(algorithm, input, signature string) bool {
	named := map[string]func() hash.Hash{"HS256": sha256.New}
	switch {
	case s.broken["spreetail/alg-none"] && strings.EqualFold(algorithm, "none"):
		return signature == ""
	case s.broken["spreetail/alg-any"] && !strings.EqualFold(algorithm, "none"):
		named["HS384"], named["HS512"] = sha512.New384, sha512.New
		if named[algorithm] == nil {
			named[algorithm] = sha256.New
		}
	}
	function, ok := named[algorithm]
	if !ok {
		return false
	}
	switch {
	case s.broken["spreetail/signature-unchecked"]:
		return true
	case s.broken["spreetail/signature-empty-accepted"] && signature == "":
		return true
	case s.broken["spreetail/payload-unbound"] && s.believes(signature):
		return true
	}
	sent, err := strictURL.DecodeString(signature)
	if err != nil {
		return false
	}
	want := s.mac(function, input)
	if s.broken["spreetail/signature-prefix-compared"] && len(sent) >= 8 {
		sent, want = sent[:8], want[:8]
	}
	if !hmac.Equal(sent, want) {
		return false
	}
	s.believe(signature)
	return true
}

// checkTimes needs an expiry that is still ahead; the moment of expiry is too
// late. A token from the future is refused, but for a little clock error.
func (s *spreetail) checkTimes(claims map[string]any, now float64) error {
	for _, name := range []string{"nbf", "iat"} {
		value, present := claims[name]
		if !present {
			continue
		}
		if from, ok := value.(float64); !ok || from > now+clockLeeway {
			return errToken
		}
	}
	expiry, ok := claims["exp"].(float64)
	if !ok { // a number too large for a float did not get this far
		return errToken
	}
	if s.broken["spreetail/exp-leeway-hour"] {
		expiry += 3600
	}
	if now >= expiry && !s.broken["spreetail/exp-ignored"] {
		return errExpired
	}
	return nil
}

// subject is the known client that the claims agree on.
func (s *spreetail) subject(claims map[string]any) (string, error) {
	found := ""
	for _, name := range []string{"sub", "client_id"} {
		value, present := claims[name]
		if !present {
			continue
		}
		text, _ := value.(string)
		if _, known := s.clients[text]; !known || found != "" && found != text {
			return "", errToken
		}
		found = text
	}
	if found == "" {
		return "", errToken
	}
	return found, nil
}

// tokenObject decodes one of the two JSON parts of a token.
func tokenObject(part string) (map[string]any, error) {
	text, err := strictURL.DecodeString(part)
	if err != nil || !utf8.Valid(text) {
		return nil, errToken
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, errToken
	}
	return fields, nil
}

func (s *spreetail) mac(function func() hash.Hash, input string) []byte {
	mac := hmac.New(function, s.tokenKey)
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

// believe remembers a good signature for the fault that asks for nothing more.
func (s *spreetail) believe(signature string) {
	if !s.broken["spreetail/payload-unbound"] {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.believed[signature] = true
}

func (s *spreetail) believes(signature string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.believed[signature]
}
