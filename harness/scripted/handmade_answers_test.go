package scripted_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// trouble is why a call ended badly.
type trouble struct {
	harness.Outcome
	renew, busy, clock, corrected bool
	wait                          time.Duration
}

// tell is what the caller is told.
func (c *handmade) tell(err *trouble, token string) harness.Outcome {
	o := err.Outcome
	switch {
	case c.is("hands-on") && o.Status >= 400 && o.Status < 500:
		return harness.Outcome{Status: o.Status, Body: o.Body}
	case c.is("swallows-errors"):
		return harness.Outcome{Status: 200, Body: "{}"}
	case c.is("panics-on-errors"):
		panic(o.Message)
	case c.is("all-auth"):
		o.Kind = "auth"
	case c.is("clock-is-auth") && o.Kind == "clock":
		o.Kind = "auth"
	case c.is("429-is-auth") && o.Kind == "rate-limited":
		o.Kind = "auth"
	case c.is("secret-in-errors"):
		o.Message += " with " + c.secret()
	case c.is("token-in-errors"):
		o.Message += " with " + token
	case c.is("token-in-errors-base64"):
		o.Message += " with " + base64.StdEncoding.EncodeToString([]byte("x:"+token))
	case c.is("token-in-errors-hex"):
		o.Message += " with " + hex.EncodeToString([]byte(token))
	case c.is("token-in-errors-json"):
		o.Message += " with " + strings.ReplaceAll(token, "/", `\/`)
	case c.is("token-in-errors-escaped"):
		o.Message += " with " + strings.ToLower(url.QueryEscape("+/=")) + strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d").Replace(url.QueryEscape(token))
	case c.is("secret-in-long-body"): // what is cut off may be cut within the secret
		return harness.Outcome{Status: 200, Body: strings.Repeat("x", 190) + c.secret() + strings.Repeat("y", 190)}
	case c.is("secret-as-kind"):
		o.Kind = c.secret()
	case c.is("endless-kind"):
		o.Kind = strings.Repeat("k\xff", 1<<17)
	case c.is("endless-message"):
		o.Message = strings.Repeat("m\xff", 1<<17)
	case c.is("made-up-kind"):
		o.Kind = "oops"
	}
	o.Status, o.Body = 0, ""
	return o
}

// learn corrects the clock by an answer's Date.
func (c *handmade) learn(h http.Header, refused bool, sent time.Time) bool {
	if !c.is("corrects") {
		return false
	}
	text := h.Get("Date")
	date, err := http.ParseTime(text)
	if c.is("no-date-crash") && err != nil {
		panic("no Date: " + text)
	}
	if c.is("no-date-zero") && err != nil {
		date, err = time.Unix(0, 0), nil
	}
	if err != nil || h.Get("Age") != "" && !c.is("cached-date") || !refused && !c.is("learns-always") {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.is("learns-once") && c.learned {
		return false
	}
	c.learned = true
	now := c.cfg.Clock.Now()
	off := date.Sub(now)
	if between := !date.Before(sent.Add(-time.Second)) && !date.After(now); between && !c.is("offset-at-arrival") && !c.is("to-the-second") {
		off = 0 // the answer was slow; the clock is not wrong
	}
	if off.Abs() < 5*time.Second && !c.is("to-the-second") { // a Date has no parts of a second, and is late
		off = 0
	}
	if c.is("wrong-sign") {
		off = -off
	}
	if c.is("double-offset") {
		off += c.offset + off
	}
	changed := off != c.offset
	if c.offset = off; c.is("skew-race") { // only the caller that changed the offset tries again
		return changed
	}
	return true
}

// read tells a success from a failure, as the vendor's pages do.
func (c *handmade) read(resp *http.Response, body []byte) *trouble {
	status := resp.StatusCode
	fail := func(kind, message string) *trouble {
		return &trouble{Outcome: harness.Outcome{Kind: kind, Message: message}}
	}
	var doc map[string]any
	isJSON := json.Unmarshal(body, &doc) == nil && doc != nil
	if c.is("crash-on-html") && !isJSON {
		panic("unexpected token <")
	}
	switch {
	case status == 429:
		return fail("rate-limited", "too many requests")
	case status >= 500:
		t := fail("server", "the API failed")
		t.busy = status == 503
		return t
	case status == 403:
		return fail("forbidden", "not allowed")
	case status >= 300 && status < 400:
		return fail("protocol", "a redirect")
	case !isJSON && status == 401:
		t := fail("auth", "refused")
		t.renew = true
		return t
	case !isJSON:
		return fail("protocol", "no JSON")
	}
	switch c.vendor {
	case "trolley":
		if ok, _ := doc["ok"].(bool); ok && status < 300 {
			return nil
		}
		if bytes.Contains(body, []byte("Timestamp is more than")) {
			t := fail("clock", "the clock is wrong")
			t.clock = true
			return t
		}
		if bytes.Contains(body, []byte("Invalid token")) || status == 401 {
			return fail("auth", "the key or the signature is wrong")
		}
	case "irp":
		word := strings.ToLower(fmt.Sprint(doc["Success"]))
		if status < 300 && (word == "true" || word == "warning" && !c.is("warning-fails")) {
			return nil
		}
		return c.readIRP(doc, fail)
	case "spreetail":
		if ok, _ := doc["success"].(bool); ok && status < 300 {
			return nil
		}
		if status == 401 {
			t := fail("auth", "the token is wrong")
			t.renew = true
			return t
		}
	}
	return fail("refused", fmt.Sprintf("refused with status %d", status))
}

func (c *handmade) readIRP(doc map[string]any, fail func(kind, message string) *trouble) *trouble {
	list, _ := doc["Messages"].([]any)
	code, text := 0.0, ""
	if len(list) > 0 {
		first, _ := list[0].(map[string]any)
		code, _ = first["Code"].(float64)
		text, _ = first["Message"].(string)
	}
	if c.is("by-message") {
		for message, n := range map[string]float64{"TimeStamp Is Not Within": 2001, "Token Has Just Expired": 1000, "No API Key Was Found": 2002, "The Provided API Key": 2014, "Could Not Authenticate": 2003} {
			if code = 0; strings.Contains(text, message) {
				code = n
				break
			}
		}
	}
	switch code {
	case 2001:
		t := fail("clock", "the clock is wrong")
		t.clock = true
		return t
	case 1000, 2002, 2012, 2015:
		t := fail("auth", "the token is wrong")
		t.renew = true
		return t
	case 2003, 2011, 2013, 2014:
		return fail("auth", "the key or the signature is wrong")
	}
	return fail("refused", fmt.Sprintf("refused with code %v", code))
}
