package main

import (
	"net/http"
	"strings"
)

// expiresIn is the life of a token in seconds.
const expiresIn = 86400

// login needs no token, and whatever Authorization header comes with it is not
// looked at: a client with an expired one must get in.
func (s *spreetail) login(r *request) reply {
	bearer := r.Header.Get("Authorization")
	if bearer == "" && s.broken["spreetail/login-needs-auth"] {
		return s.fail(http.StatusUnauthorized, spreetailMissing)
	}
	if bearer != "" && s.broken["spreetail/login-refuses-stale-token"] {
		if _, err := s.verify(strings.TrimPrefix(bearer, "Bearer "), r.now); err != nil {
			return s.fail(http.StatusUnauthorized, spreetailInvalid)
		}
	}
	fields, err := readJSON(r)
	if err != nil {
		return s.fail(http.StatusBadRequest, "Validation failed",
			field{"field", "body"}, field{"message", "must be a JSON object"})
	}
	id, _ := fields["client_id"].(string)
	secret, _ := fields["client_secret"].(string)
	client, ok := s.client(id, secret)
	if !ok {
		return s.refuseLogin()
	}
	token := s.issue(client, r.now)
	data := object{{"access_token", token}, {"expires_in", expiresIn}}
	if s.vary.count.Load()%3 != 0 { // this field is documented in one place and not in another
		data = data.with("client_id", id)
	}
	o := object{{"success", true}, {"data", data}}
	switch {
	case s.broken["spreetail/expires-in-string"]:
		o = o.with("data", data.with("expires_in", "86400"))
	case s.broken["spreetail/expires-in-wrong"]:
		o = o.with("data", data.with("expires_in", 3600))
	case s.broken["spreetail/expires-in-missing"]:
		o = o.with("data", data.without("expires_in"))
	case s.broken["spreetail/token-empty"]:
		o = o.with("data", data.with("access_token", ""))
	case s.broken["spreetail/token-outside-data"]:
		o = o.with("data", data.without("access_token")).with("access_token", token)
	case s.broken["spreetail/login-success-missing"]:
		o = o.without("success")
	}
	return s.vary.reply(http.StatusOK, o)
}

// client finds the account that an id and a secret belong to.
func (s *spreetail) client(id, secret string) (string, bool) {
	if id == "" || secret == "" {
		return "", false
	}
	if s.broken["spreetail/login-trims"] {
		id, secret = strings.TrimSpace(id), strings.TrimSpace(secret)
	}
	for known, right := range s.clients {
		sameID, sameSecret := same(id, known), same(secret, right)
		switch {
		case s.broken["spreetail/login-any-case"]:
			sameID, sameSecret = strings.EqualFold(id, known), strings.EqualFold(secret, right)
		case s.broken["spreetail/login-id-only"]:
			sameSecret = true
		case s.broken["spreetail/login-secret-only"]:
			sameID = true
		}
		if sameID && sameSecret {
			return known, true
		}
	}
	return "", false
}

// refuseLogin does not tell which of the two was wrong.
func (s *spreetail) refuseLogin() reply {
	switch {
	case s.broken["spreetail/login-status-403"]:
		return s.fail(http.StatusForbidden, spreetailLogin)
	case s.broken["spreetail/wrong-message-login"]:
		return s.fail(http.StatusUnauthorized, "Login failed")
	case s.broken["spreetail/secret-echo"]:
		return s.fail(http.StatusUnauthorized, spreetailLogin,
			field{"field", "client_secret"}, field{"message", "expected " + s.clients[s.id]})
	}
	return s.fail(http.StatusUnauthorized, spreetailLogin)
}
