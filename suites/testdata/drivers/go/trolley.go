// Trolley: each request is signed on its own.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type trolley struct {
	api
	key, secret string
}

func newTrolley(base, key, secret string) *trolley {
	return &trolley{newAPI(base, key, secret), key, secret}
}

func (t *trolley) do(c call) (answer, error) {
	if fault("secret-in-url") {
		c.Path = withQuery(c.Path, "secret_key", t.secret)
	}
	var header http.Header
	attempt := func() (answer, error) {
		if header == nil || !fault("retry-stale-signature") {
			header = t.sign(c)
		}
		body := c.Body
		if fault("body-respaced") {
			body = respaced(body)
		}
		return t.send(c.Method, c.Path, body, header)
	}
	a, err := attempt()
	if a.busy() {
		a, err = attempt()
	}
	for n := 0; fault("endless-401") && a.Status == http.StatusUnauthorized && n < 20; n++ {
		a, err = attempt()
	}
	if err != nil {
		return a, err
	}
	return a, t.judge(a)
}

// sign makes the header of one request. The clock is read once, so that what is sent is what was signed.
func (t *trolley) sign(c call) http.Header {
	now := time.Now()
	if fault("stamp-local-time") {
		_, east := now.Zone()
		now = now.Add(time.Duration(east) * time.Second)
	}
	seconds := now.Unix()
	if fault("stamp-milliseconds") {
		seconds = now.UnixMilli()
	}
	stamp := strconv.FormatInt(seconds, 10)
	signed, method, target, body := stamp, c.Method, t.prefix+c.Path, c.Body
	if fault("stamp-not-signed") {
		signed = strconv.FormatInt(seconds-1, 10)
	}
	if fault("method-lower-case") {
		method = strings.ToLower(method)
	}
	if fault("query-not-signed") {
		target, _, _ = strings.Cut(target, "?")
	}
	if fault("ascii-body") {
		body = ascii(body)
	}
	mac := hmac.New(sha256.New, []byte(t.secret))
	mac.Write([]byte(signed + "\n" + method + "\n" + target + "\n" + body + "\n"))
	signature := hex.EncodeToString(mac.Sum(nil))
	if fault("signature-upper-case") {
		signature = strings.ToUpper(signature)
	}
	authorization := "prsign " + t.key + ":" + signature
	if fault("placeholder-signature") && t.secret == "" {
		authorization = "prsign 1:1"
	}
	header := jsonHeader(c.Body)
	header.Set("Authorization", authorization)
	header.Set("X-PR-Timestamp", stamp)
	return header
}

// judge tells a wrong clock from a wrong key by the message: the code is the same for both.
func (t *trolley) judge(a answer) error {
	if a.Status == http.StatusUnauthorized {
		errors, _ := a.object["errors"].([]any)
		for _, e := range errors {
			entry, _ := e.(map[string]any)
			if message, _ := entry["message"].(string); strings.Contains(message, "Timestamp is more than") {
				return fail("clock", "the API refused the timestamp: is the clock of this machine right?")
			}
		}
		return fail("auth", "the API refused the key or the signature")
	}
	if fault("rate-limit-as-auth") && a.Status == http.StatusTooManyRequests {
		return fail("auth", "the API refused the key or the signature")
	}
	if err := a.judge(); err != nil {
		return err
	}
	if a.object["ok"] != true {
		return fail("refused", "the API refused the call: ok is not true")
	}
	return nil
}

// respaced is the same JSON, written in another way.
func respaced(body string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(body), "", " ") != nil {
		return body
	}
	return out.String()
}

// ascii has a question mark for every character that ASCII lacks.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 127 {
			return '?'
		}
		return r
	}, text)
}
