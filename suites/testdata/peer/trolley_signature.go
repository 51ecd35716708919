package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// message is what a Trolley signature covers.
type message struct{ stamp, method, target, body string }

// hash is the signature of the message: lower-case hexadecimal, over the four
// parts with a line feed after each, the last included.
func (m message) hash(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range []string{m.stamp, m.method, m.target, m.body} {
		mac.Write([]byte(part))
		mac.Write([]byte{'\n'})
	}
	return hex.EncodeToString(mac.Sum(nil))
}

func (t *trolley) checkSignature(a attempt) *refusal {
	if !a.named {
		return &refusal{message: "Authorization must be sent once, as prsign KEY:SIGNATURE"}
	}
	switch {
	case t.broken["trolley/signature-unchecked"]:
		return nil
	case t.broken["trolley/crash-on-long-signature"] && len(a.signature) > 64:
		return &refusal{crash: true}
	case t.broken["trolley/body-unsigned"] && len(a.body) > 0 && trolleyHash.MatchString(a.signature):
		return nil
	}
	m := t.message(a)
	for _, m := range append([]message{m}, t.alsoAccepted(m, a)...) {
		want := m.hash(t.secret)
		if same(a.signature, want) {
			return nil
		}
		if t.broken["trolley/signature-prefix-compared"] && len(a.signature) >= 8 && a.signature[:8] == want[:8] {
			return nil
		}
	}
	why := &refusal{message: trolleyBadHashMessage}
	if t.broken["trolley/wrong-message-signature"] {
		why.message = "Signature mismatch"
	}
	if t.broken["trolley/expected-hash-echo"] {
		why.extra = why.extra.with("expected", m.hash(t.secret))
	}
	if t.broken["trolley/secret-echo"] {
		why.extra = why.extra.with("debug", "hashed with "+t.secret)
	}
	return why
}

// message rebuilds what the client should have signed from the bytes it sent.
func (t *trolley) message(a attempt) message {
	target := a.RequestURI
	if !strings.HasPrefix(target, "/") { // absolute form: the host is not signed
		target = a.URL.RequestURI()
	}
	m := message{strings.Join(a.stamps, ""), a.Method, target, string(a.body)}
	if t.broken["trolley/query-normalised"] && a.URL.RawQuery != "" {
		m.target = a.URL.EscapedPath() + "?" + a.URL.Query().Encode()
	}
	if t.broken["trolley/body-reserialised"] {
		var compact bytes.Buffer
		if json.Compact(&compact, a.body) == nil {
			m.body = compact.String()
		}
	}
	if t.broken["trolley/body-ascii"] {
		m.body = strings.Map(func(r rune) rune {
			if r > 127 {
				return '?'
			}
			return r
		}, m.body)
	}
	return m
}

// alsoAccepted lists the other messages that a server which leaves a part out of
// its signature would take for this one. Such a server cannot be had with an
// HMAC over everything, so the part that was signed is guessed instead.
func (t *trolley) alsoAccepted(m message, a attempt) []message {
	var others []message
	if t.broken["trolley/timestamp-missing-accepted"] && len(a.stamps) == 0 {
		others = withStamps(m, a.now.Unix())
	}
	if t.broken["trolley/timestamp-unsigned"] {
		if sent, err := strconv.ParseInt(m.stamp, 10, 64); err == nil {
			others = withStamps(m, sent)
		}
	}
	if t.broken["trolley/method-unsigned"] {
		for _, method := range []string{
			http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead,
		} {
			others = append(others, message{m.stamp, method, m.target, m.body})
		}
	}
	if t.broken["trolley/query-unsigned"] {
		path, _, _ := strings.Cut(m.target, "?")
		others = append(others, message{m.stamp, m.method, path, m.body})
	}
	if t.broken["trolley/path-unsigned"] {
		for _, target := range t.guessTargets(m.target) {
			others = append(others, message{m.stamp, m.method, target, m.body})
		}
	}
	return others
}

// withStamps gives the message every stamp within a minute of the given one.
func withStamps(m message, around int64) []message {
	var all []message
	for stamp := around - 60; stamp <= around+60; stamp++ {
		all = append(all, message{strconv.FormatInt(stamp, 10), m.method, m.target, m.body})
	}
	return all
}

// guessTargets are the targets that may have been signed instead of the one that
// was sent: the known ones, those of earlier requests, and those that differ from
// the one sent in a single character or are a beginning of it.
func (t *trolley) guessTargets(sent string) []string {
	path, query, _ := strings.Cut(sent, "?")
	all := []string{path}
	for _, known := range []string{"/v1/recipients", "/v1/invoices/get", "/v1/batches/"} {
		all = append(all, known, known+"?"+query)
	}
	t.mu.Lock()
	all = append(all, t.seen...)
	if len(t.seen) < 200 && !slices.Contains(t.seen, sent) {
		t.seen = append(t.seen, sent)
	}
	t.mu.Unlock()
	for i := range min(len(sent), 200) {
		all = append(all, sent[:i], sent[:i]+sent[i+1:])
		for c := byte('!'); c <= '~'; c++ {
			all = append(all, sent[:i]+string(c)+sent[i+1:], sent[:i]+string(c)+sent[i:])
		}
	}
	return all
}
