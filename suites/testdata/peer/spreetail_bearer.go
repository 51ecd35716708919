package main

import (
	"errors"
	"net/http"
	"strings"
)

// authorize finds the client that a request comes from, or the reply that sends
// it away. Only the header counts: a token in the address would end up in logs.
func (s *spreetail) authorize(r *request, route string) (string, *reply) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		if s.open(route) {
			return s.id, nil
		}
		return "", s.refuseMissing()
	}
	if len(values) > 1 {
		return "", s.refuseToken(errToken)
	}
	token, ok := s.bearer(values[0])
	if !ok {
		if s.broken["spreetail/crash-on-scheme-only"] && !strings.Contains(values[0], " ") {
			answer := crash()
			return "", &answer
		}
		return "", s.refuseToken(errToken)
	}
	if s.broken["spreetail/crash-on-garbage-token"] && strings.Count(token, ".") != 2 {
		answer := crash()
		return "", &answer
	}
	client, err := s.verify(token, r.now)
	if err != nil {
		return "", s.refuseToken(err)
	}
	return client, nil
}

// open reports whether a fault leaves the route without protection.
func (s *spreetail) open(route string) bool {
	return s.broken["spreetail/bearer-optional"] ||
		s.broken["spreetail/unprotected-inventory"] && route == "GET /inventory" ||
		s.broken["spreetail/unprotected-outbound"] && route == "POST /outbound" ||
		s.broken["spreetail/unprotected-order"] && strings.HasPrefix(route, "GET /order/")
}

// bearer takes the token out of an Authorization header: the scheme in any case,
// exactly one space, and the token.
func (s *spreetail) bearer(header string) (string, bool) {
	const scheme = "Bearer"
	name, token, found := strings.Cut(header, " ")
	switch {
	case s.broken["spreetail/bare-token-accepted"] && !found && strings.Contains(header, "."):
		return header, true
	case s.broken["spreetail/glued-scheme"] && !found && strings.HasPrefix(header, scheme):
		return header[len(scheme):], true
	case s.broken["spreetail/any-scheme"] && found:
		return token, true
	}
	return token, found && strings.EqualFold(name, scheme)
}

func (s *spreetail) refuseMissing() *reply {
	status, text := http.StatusUnauthorized, spreetailMissing
	switch {
	case s.broken["spreetail/missing-status-403"]:
		status = http.StatusForbidden
	case s.broken["spreetail/wrong-message-missing"]:
		text = "Unauthorized"
	}
	return s.challenge(status, text, `Bearer realm="channel"`)
}

// refuseToken has one text for every reason, so that a client cannot tell an
// expired token from a forged one.
func (s *spreetail) refuseToken(err error) *reply {
	status, text := http.StatusUnauthorized, spreetailInvalid
	switch expired := errors.Is(err, errExpired); {
	case s.broken["spreetail/status-403"] && !expired:
		status = http.StatusForbidden
	case s.broken["spreetail/403-for-expired"] && expired:
		status = http.StatusForbidden
	case s.broken["spreetail/wrong-message-invalid"]:
		text = "Bad token"
	}
	return s.challenge(status, text, `Bearer realm="channel", error="invalid_token"`)
}

func (s *spreetail) challenge(status int, text, challenge string) *reply {
	answer := s.fail(status, text)
	if status == http.StatusUnauthorized {
		answer.challenge = challenge
	}
	return &answer
}
