package main

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The texts that Trolley documents for its three refusals.
const (
	trolleyStaleMessage   = "Timestamp is more than 30 seconds off of server time"
	trolleyKeyMessage     = "Invalid token: not found keyPrefix="
	trolleyBadHashMessage = "Invalid token: bad hash"
)

const (
	trolleyWindow    = 30 // seconds, on either side
	trolleyKeyPrefix = 11 // characters of a key that an error may repeat
	trolleyRate      = 600
)

var (
	trolleyStamp         = regexp.MustCompile(`^[0-9]{1,12}$`)
	trolleyAuthorization = regexp.MustCompile(`^prsign ([^\s:]+):([^\s:]*)$`)
	trolleyHash          = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// trolley authenticates each request by itself, from its timestamp, access key
// and signature.
type trolley struct {
	broken      faults
	changed     changed
	key, secret string
	vary        variety

	mu     sync.Mutex
	minute int64 // the one that used counts in
	used   int
	seen   []string // request targets, only kept for trolley/path-unsigned
}

func newTrolley(broken faults, names credentials) *trolley {
	return &trolley{broken: broken, key: names.trolleyKey, secret: names.trolleySecret}
}

// refusal is why a request was not authenticated.
type refusal struct {
	message string
	extra   object // fields that do not belong in an error
	crash   bool
}

// attempt is a request with its credentials taken apart.
type attempt struct {
	*request
	stamps    []string
	key       string
	signature string
	named     bool // the Authorization header could be read
}

func (t *trolley) serve(r *request) reply {
	answer := t.answer(r)
	answer.header = t.rateHeaders(r.now)
	return answer
}

func (t *trolley) answer(r *request) reply {
	if r.bodyErr != nil {
		return t.fail(http.StatusRequestEntityTooLarge, object{
			{"code", "malformed"}, {"message", "The request body could not be read"},
		})
	}
	if why := t.authenticate(r); why != nil {
		if why.crash {
			return crash()
		}
		code := "invalid_api_key"
		if t.broken["trolley/wrong-code"] {
			code = "authentication_failed"
		}
		problem := object{{"code", code}, {"message", why.message}}
		return t.fail(http.StatusUnauthorized, append(problem, why.extra...))
	}
	return t.handle(r)
}

// authenticate makes the three checks in the documented order. The first that
// fails decides the message, which is how a client tells a wrong clock from a
// wrong key.
func (t *trolley) authenticate(r *request) *refusal {
	a := attempt{request: r, stamps: r.Header.Values("X-Pr-Timestamp")}
	names := r.Header.Values("Authorization")
	if len(names) == 1 {
		if parts := trolleyAuthorization.FindStringSubmatch(names[0]); parts != nil {
			a.key, a.signature, a.named = parts[1], parts[2], true
		}
	}
	type check = func(attempt) *refusal
	order := []check{t.checkTimestamp, t.checkKey, t.checkSignature}
	switch {
	case t.broken["trolley/key-before-timestamp"]:
		order = []check{t.checkKey, t.checkTimestamp, t.checkSignature}
	case t.broken["trolley/signature-before-key"]:
		order = []check{t.checkTimestamp, t.checkSignature, t.checkKey}
	case t.broken["trolley/signature-before-timestamp"]:
		order = []check{t.checkSignature, t.checkTimestamp, t.checkKey}
	case t.broken["trolley/missing-authorization-accepted"] && len(names) == 0:
		order = []check{t.checkTimestamp}
	}
	for _, check := range order {
		if why := check(a); why != nil {
			return why
		}
	}
	return nil
}

// checkTimestamp compares whole seconds, so the window does not depend on where
// in a second the peer's clock stands.
func (t *trolley) checkTimestamp(a attempt) *refusal {
	if len(a.stamps) == 0 && t.broken["trolley/timestamp-missing-accepted"] {
		return nil
	}
	if len(a.stamps) != 1 || !trolleyStamp.MatchString(a.stamps[0]) {
		if len(a.stamps) == 1 && t.broken["trolley/timestamp-garbage-accepted"] {
			return nil
		}
		return &refusal{message: "X-PR-Timestamp must be sent once, as whole seconds"}
	}
	seconds, err := strconv.ParseInt(a.stamps[0], 10, 64)
	if err != nil {
		return &refusal{message: "X-PR-Timestamp is out of range"}
	}
	now, window := a.now.Unix(), int64(trolleyWindow)
	switch {
	case t.broken["trolley/no-window"]:
		return nil
	case t.broken["trolley/window-only-on-get"] && a.Method != http.MethodGet:
		return nil
	case t.changed.has("trolley/window-26s"):
		window = 26
	case t.broken["trolley/window-double"]:
		window *= 2
	case t.broken["trolley/window-half"]:
		window /= 2
	case t.broken["trolley/one-hour-off"]:
		now += 3600
	}
	if age := now - seconds; age <= window && age >= -window {
		return nil
	}
	if t.broken["trolley/wrong-message-timestamp"] {
		return &refusal{message: "Request has expired"}
	}
	return &refusal{message: trolleyStaleMessage}
}

func (t *trolley) checkKey(a attempt) *refusal {
	if !a.named {
		return &refusal{message: "Authorization must be sent once, as prsign KEY:SIGNATURE"}
	}
	known := same(a.key, t.key)
	switch {
	case t.broken["trolley/key-unchecked"]:
		known = true
	case t.broken["trolley/key-any-case"]:
		known = strings.EqualFold(a.key, t.key)
	case t.broken["trolley/key-prefix-compared"]:
		known = first(a.key, trolleyKeyPrefix) == first(t.key, trolleyKeyPrefix)
	}
	if known {
		return nil
	}
	prefix := first(a.key, trolleyKeyPrefix)
	switch {
	case t.broken["trolley/wrong-message-key"]:
		return &refusal{message: "Unknown access key " + prefix}
	case t.broken["trolley/fixed-key-prefix"]:
		prefix = "ALC70000000"
	case t.broken["trolley/full-key-echo"]:
		prefix = a.key
	}
	return &refusal{message: trolleyKeyMessage + prefix}
}

// fail is any reply but a success.
func (t *trolley) fail(status int, problem object) reply {
	if t.broken["trolley/plain-text-error"] {
		text := fmt.Sprintf("%d %s\n", status, http.StatusText(status))
		return reply{status: status, contentType: "text/plain; charset=utf-8", body: []byte(text)}
	}
	o := object{{"ok", false}, {"errors", []object{problem}}}
	if t.broken["trolley/errors-as-object"] {
		o = o.with("errors", problem)
	}
	if t.broken["trolley/errors-empty"] {
		o = o.with("errors", []object{})
	}
	if t.broken["trolley/ok-as-string"] {
		o = o.with("ok", "false")
	}
	if t.broken["trolley/ok-true-on-error"] {
		o = o.with("ok", true)
	}
	return t.vary.reply(status, o)
}

// rateHeaders tells the request budget of the running minute. It is not enforced.
func (t *trolley) rateHeaders(now time.Time) http.Header {
	t.mu.Lock()
	defer t.mu.Unlock()
	if minute := now.Unix() / 60; minute != t.minute {
		t.minute, t.used = minute, 0
	}
	t.used++
	header := http.Header{}
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(trolleyRate))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(max(0, trolleyRate-t.used)))
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt((t.minute+1)*60, 10))
	header.Set("Cache-Control", "no-store, no-cache")
	return header
}

// first is the first n characters of s.
func first(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

// same compares secrets without telling by its duration how much of them agrees.
func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
