package reference

import (
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// checks are the steps of authentication a profile puts in order.
var checks = map[string]func(*Server, *call) *refusal{
	"authorization": (*Server).checkAuthorization,
	"body":          (*Server).checkBody,
	"fields":        (*Server).checkFields,
	"timestamp":     (*Server).checkTimestamp,
	"key":           (*Server).checkKey,
	"credentials":   (*Server).checkCredentials,
	"token":         (*Server).checkToken,
	"expiry":        (*Server).checkExpiry,
	"signature":     (*Server).checkSignature,
	"replay":        (*Server).checkReplay,
	"operation":     (*Server).checkOperation,
}

func (s *Server) checkAuthorization(c *call) *refusal {
	for _, n := range c.form.Headers {
		if !strings.EqualFold(n.Name, "Authorization") {
			continue
		}
		switch c.problems[n.Text.Names()[0]] {
		case "missing", "empty":
			return &refusal{name: "authorization-missing"}
		case "malformed":
			return &refusal{name: "authorization-malformed"}
		}
	}
	return nil
}

func (s *Server) checkBody(c *call) *refusal {
	if c.badBody {
		return &refusal{name: "body"}
	}
	return nil
}

// checkFields checks presence and length. The timestamp's own check tells
// whether it can be read.
func (s *Server) checkFields(c *call) *refusal {
	carriers := append(append([]harness.Named{}, c.form.Fields...), c.form.Query...)
	for _, n := range c.form.Headers {
		if !strings.EqualFold(n.Name, "Authorization") {
			carriers = append(carriers, n)
		}
	}
	for _, n := range carriers {
		name := n.Value()
		about := func(name string) *refusal { return &refusal{name, harness.Values{"parameter": n.Name}} }
		switch c.problems[name] {
		case "missing":
			return about("field-missing")
		case "empty":
			return about("field-empty")
		case "malformed":
			if name != "timestamp" {
				return about("field-missing")
			}
		}
		for _, cred := range s.profile.Credentials {
			if cred.Name != name || cred.Length == 0 {
				continue
			}
			if n := len(c.values[name]); n < cred.Length {
				return about("field-short")
			} else if n > cred.Length {
				return about("field-long")
			}
		}
	}
	return nil
}

func (s *Server) checkTimestamp(c *call) *refusal {
	f, w := s.profile.Timestamp, s.profile.Window
	about := func(name string) *refusal {
		_, carrier := c.form.Carrier("timestamp")
		return &refusal{name, harness.Values{"parameter": carrier.Name}}
	}
	text, problem := c.values["timestamp"], c.problems["timestamp"]
	if s.tamper.Stamp != nil {
		if read := s.tamper.Stamp(text, c.now); read != text {
			text, problem = read, ""
		}
	}
	switch problem {
	case "missing", "empty":
		return about("timestamp-missing")
	case "malformed":
		return about("timestamp-malformed")
	}
	stamp, err := f.Parse(text)
	if err != nil {
		return about("timestamp-malformed")
	}
	c.stamp = stamp
	now := c.now
	switch s.profile.Choice("window-resolution") {
	case "whole":
		now = now.Truncate(f.Granule)
	case "round":
		now = now.Round(f.Granule)
	}
	oldest, newest := now.Add(-w.Past), now.Add(w.Future)
	past, future := stamp.Before(oldest), stamp.After(newest)
	if s.profile.Choice("window-edge") == "reject" {
		past, future = !stamp.After(oldest), !stamp.Before(newest)
	}
	if s.profile.Choice("window-side") == "past-only" {
		future = false
	}
	if w.Past > 0 && past || w.Future > 0 && future {
		return &refusal{name: "timestamp"}
	}
	return nil
}

func (s *Server) checkKey(c *call) *refusal {
	identity := s.profile.Identity()
	switch {
	case c.problems[identity.Name] != "" || c.values[identity.Name] != s.credentials[identity.Name] || s.state["key-deleted"]:
		return &refusal{name: "key"}
	case s.state["key-inactive"]:
		return &refusal{name: "key-inactive"}
	case s.state["ip-denied"]:
		return &refusal{name: "ip-denied"}
	}
	return nil
}

func (s *Server) checkCredentials(c *call) *refusal {
	for _, cred := range []harness.Credential{s.profile.Identity(), s.profile.Secret()} {
		if c.problems[cred.Name] != "" || c.values[cred.Name] != s.credentials[cred.Name] {
			return &refusal{name: "credentials"}
		}
	}
	if s.state["account-suspended"] {
		if s.profile.Choice("inactive") == "403" {
			return &refusal{name: "suspended"}
		}
		return &refusal{name: "credentials"}
	}
	return nil
}

func (s *Server) checkSignature(c *call) *refusal {
	result := s.profile.Request[len(s.profile.Request)-1]
	name := result.Name()
	if c.problems[name] == "missing" || c.problems[name] == "malformed" {
		return &refusal{name: "signature"}
	}
	v := borrow()
	defer giveBack(v)
	for name, value := range c.values {
		v[name] = value
	}
	// The secrets, and the identity a call is signed for, are the server's own.
	for name, value := range s.credentials {
		v[name] = value
	}
	for _, n := range c.form.Values {
		v[n.Name] = n.Text.Render(v)
	}
	sent := c.values[name]
	s.profile.Request.Run(v, nil)
	want := v[name]
	c.right = want
	if s.profile.Choice("hex-case") == "ignore" {
		sent, want = strings.ToLower(sent), strings.ToLower(want)
	}
	ok := hmac.Equal([]byte(sent), []byte(want))
	if s.tamper.Match != nil {
		ok = s.tamper.Match(Signed{sent, want, v})
	}
	if !ok {
		return &refusal{name: "signature"}
	}
	return nil
}

func (s *Server) checkReplay(c *call) *refusal {
	if s.profile.Choice("replay") != "refuse" {
		return nil
	}
	key := c.values[s.profile.Request[len(s.profile.Request)-1].Name()]
	if s.seen[key] {
		return &refusal{name: "replay"}
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[key] = true
	return nil
}

// checkToken finds out whether the token was granted, and to whom.
func (s *Server) checkToken(c *call) *refusal {
	if c.problems["token"] != "" {
		return &refusal{name: "token"}
	}
	token := c.values["token"]
	if s.tamper.Find != nil {
		token = s.tamper.Find(token, slices.Sorted(maps.Keys(s.tokens)))
	}
	if s.profile.Token.Recipe != nil {
		claims, ok := s.verify(token, c.now)
		if !ok {
			return &refusal{name: "token"}
		}
		c.token = claims
	} else {
		c.token = s.tokens[token]
	}
	switch {
	case c.token == nil || c.token.revoked || s.tokens[token] != nil && s.tokens[token].revoked:
		return &refusal{name: "token"}
	case s.state["key-deleted"]:
		return &refusal{name: "token-key-deleted"}
	case s.state["key-inactive"]:
		return &refusal{name: "token-key-inactive"}
	case s.state["ip-denied"]:
		return &refusal{name: "ip-denied"}
	}
	return nil
}

func (s *Server) checkExpiry(c *call) *refusal {
	if c.token == nil { // of a server that lets unknown ones pass
		return nil
	}
	since := c.token.at
	if s.profile.Choice("expiry-kind") == "sliding" {
		since = c.token.used
	}
	age := c.now.Sub(since)
	if s.profile.Choice("expiry-resolution") == "whole" {
		age = age.Truncate(time.Second)
	}
	expired := age >= s.profile.Token.Lifetime
	if s.profile.Choice("expiry-edge") == "accept" {
		expired = age > s.profile.Token.Lifetime
	}
	if expired {
		return &refusal{name: "token-expired"}
	}
	c.token.used = c.now
	return nil
}

// checkOperation validates what the operation itself asks of its body.
func (s *Server) checkOperation(c *call) *refusal {
	if len(c.op.Requires) == 0 {
		return nil
	}
	var fields map[string]any
	if json.Unmarshal(c.body, &fields) != nil {
		return &refusal{name: "validation"}
	}
	for _, name := range c.op.Requires {
		if fields[name] == nil || fields[name] == "" {
			return &refusal{"validation", harness.Values{"any": name + " is required"}}
		}
	}
	if c.op.Unique == "" {
		return nil
	}
	value := fmt.Sprint(fields[c.op.Unique])
	if s.unique[value] {
		return &refusal{"duplicate", harness.Values{"any": fmt.Sprintf("Order with %s '%s'", c.op.Unique, value)}}
	}
	if s.unique == nil {
		s.unique = map[string]bool{}
	}
	s.unique[value] = true
	return nil
}
