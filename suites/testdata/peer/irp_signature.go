package main

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"sync"
	"time"
)

// irpInner is the first of the two hashes, made without the secret.
func irpInner(subject, stamp string) string { return sha1Hex(subject + "." + stamp) }

// irpSign is the signature of a call: lower-case hexadecimal all the way, the
// inner hash included.
func irpSign(subject, stamp, secret string) string {
	return sha1Hex(irpInner(subject, stamp) + "." + secret)
}

func sha1Hex(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// signed reports whether the signature of the call is right.
func (p *irp) signed(c call) bool {
	login := c.method == "Authenticate"
	if p.broken["irp/signature-unchecked"] || p.broken["irp/signature-unchecked-after-login"] && !login {
		return true
	}
	accepted := []string{irpSign(c.subject, c.stamp, p.secret)}
	if p.broken["irp/inner-hash-accepted"] {
		accepted = append(accepted, irpInner(c.subject, c.stamp))
	}
	if p.broken["irp/empty-secret-accepted"] {
		accepted = append(accepted, irpSign(c.subject, c.stamp, ""))
	}
	if p.broken["irp/key-signed-call-accepted"] && !login {
		accepted = append(accepted, irpSign(p.key, c.stamp, p.secret))
	}
	if p.broken["irp/timestamp-missing-accepted"] && !c.stampSent {
		accepted = append(accepted, p.signaturesAround(c, c.now)...)
	}
	if p.broken["irp/timestamp-unsigned"] {
		if sent, err := time.Parse(irpStampLayout, c.stamp); err == nil {
			accepted = append(accepted, p.signaturesAround(c, sent)...)
		}
	}
	for _, want := range accepted {
		if same(c.signature, want) {
			return true
		}
		if p.broken["irp/signature-prefix-compared"] && len(c.signature) >= 8 && c.signature[:8] == want[:8] {
			return true
		}
	}
	return false
}

// signaturesAround signs the call with every stamp within the window of one.
func (p *irp) signaturesAround(c call, middle time.Time) []string {
	var all []string
	for seconds := -irpWindow; seconds <= irpWindow; seconds++ {
		stamp := middle.Add(time.Duration(seconds) * time.Second).UTC().Format(irpStampLayout)
		all = append(all, irpSign(c.subject, stamp, p.secret))
	}
	return all
}

const (
	tokenLength = 32
	tokenLife   = 5 * time.Minute
	tokenMemory = time.Hour // expired tokens are told from unknown ones for this long
)

// tokens remembers when each token was made. Use does not change that: the life
// of a token is absolute.
type tokens struct {
	mu    sync.Mutex
	live  map[string]time.Time
	swept time.Time
}

// issue makes a token of the given length.
func (t *tokens) issue(now time.Time, length int) string {
	token := randomToken()[:length]
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.swept) > time.Minute {
		t.swept = now
		maps.DeleteFunc(t.live, func(_ string, created time.Time) bool { return now.Sub(created) > tokenMemory })
	}
	t.live[token] = now
	return token
}

// randomToken is 32 characters that carry 24 random bytes.
func randomToken() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)
}

func (t *tokens) created(token string) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	created, ok := t.live[token]
	return created, ok
}

func (t *tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, token)
}
