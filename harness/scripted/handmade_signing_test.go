package scripted_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// unixText writes the timestamp of Trolley.
func (c *handmade) unixText(t time.Time) string {
	t = c.misread(t)
	switch {
	case c.is("milliseconds"):
		return strconv.FormatInt(t.UnixMilli(), 10)
	case c.is("fraction"):
		return fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/1e6)
	case c.is("exponent"):
		return strconv.FormatFloat(float64(t.Unix()), 'e', -1, 64)
	case c.is("32-bit"):
		return strconv.Itoa(int(int32(t.Unix())))
	case c.is("32-bit-unsigned"):
		return strconv.FormatUint(uint64(uint32(t.Unix())), 10)
	case c.is("leading-zero"):
		return "0" + strconv.FormatInt(t.Unix(), 10)
	case c.is("plus"):
		return "+" + strconv.FormatInt(t.Unix(), 10)
	case c.is("padded-to-11"):
		return fmt.Sprintf("%11d", t.Unix())
	case c.is("hexadecimal"):
		return strconv.FormatInt(t.Unix(), 16)
	case c.is("iso"):
		return t.UTC().Format(time.RFC3339)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// misread is what wrong clocks and wrong zones make of an instant.
func (c *handmade) misread(t time.Time) time.Time {
	switch {
	case c.is("rounds"):
		return t.Add(500 * time.Millisecond).Truncate(time.Second)
	case c.is("rounds-up"):
		return t.Add(time.Second - 1).Truncate(time.Second)
	case c.is("a-minute-ago"):
		return t.Add(-20 * time.Second)
	case c.is("a-bit-ahead"):
		return t.Add(3 * time.Second)
	case c.is("truncates-minutes"):
		return t.Truncate(10 * time.Second)
	case c.is("local-time"):
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	case c.is("dst-guess"): // local text, read back: the hour that comes twice is taken for the first
		back, _ := time.ParseInLocation(time.DateTime, t.Format(time.DateTime), t.Location())
		return back
	case c.is("dst-at-birth"):
		_, then := c.born.Zone()
		_, now := t.Zone()
		return t.Add(time.Duration(now-then) * time.Second)
	case c.is("julian-2100") && !t.Before(time.Date(2100, 3, 1, 0, 0, 0, 0, time.UTC)):
		return t.AddDate(0, 0, -1)
	}
	return t
}

func hexHMAC(h func() hash.Hash, key, text string) string {
	m := hmac.New(h, []byte(key))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// signTrolley stamps and signs a request.
func (c *handmade) signTrolley(r *http.Request, call harness.Call, body string, at time.Time) {
	stamp := c.unixText(at)
	target := strings.TrimPrefix(r.URL.String(), r.URL.Scheme+"://"+r.URL.Host)
	method, signed, signedStamp, ending := call.Method, body, stamp, "\n"
	h, media := sha256.New, "application/json"
	switch {
	case c.is("signs-another-stamp"):
		signedStamp = c.unixText(at.Add(-time.Second))
	case c.is("reads-clock-twice"):
		signedStamp = c.unixText(c.now())
	case c.is("signs-lower-method"):
		method = strings.ToLower(method)
	case c.is("signs-url"):
		target = r.URL.String()
	case c.is("signs-host"):
		target = r.URL.Host + target
	case c.is("signs-no-slash"):
		target = strings.TrimPrefix(target, "/")
	case c.is("signs-no-query"):
		target = r.URL.EscapedPath()
	case c.is("signs-decoded-query"):
		if q, err := url.QueryUnescape(r.URL.RawQuery); err == nil && q != "" {
			target = r.URL.Path + "?" + q
		}
	case c.is("signs-sorted-query"):
		if r.URL.RawQuery != "" {
			target = r.URL.Path + "?" + r.URL.Query().Encode()
		}
	case c.is("signs-before-rewrite"):
		signed = call.Body
		var doc any
		if json.Unmarshal([]byte(body), &doc) == nil {
			wide, _ := json.MarshalIndent(doc, "", "  ")
			body = string(wide)
		}
	case c.is("signs-empty-object") && body == "":
		signed = "{}"
	case c.is("signs-no-body"):
		signed = ""
	case c.is("signs-question-marks"):
		signed = strings.Map(func(r rune) rune {
			if r > 126 {
				return '?'
			}
			return r
		}, body)
	case c.is("signs-latin-1"):
		signed = latin1(body)
	case c.is("sends-latin-1"):
		signed, body = latin1(body), latin1(body)
	case c.is("no-last-newline"):
		ending = ""
	case c.is("crlf"):
		ending = "\r\n"
	case c.is("sha512"):
		h = sha512.New
	case c.is("sha1"):
		h = sha1.New
	case c.is("no-content-type"):
		media = ""
	}
	message := strings.Join([]string{signedStamp, method, target, signed}, "\n") + ending
	if c.is("another-order") {
		message = strings.Join([]string{method, target, signed, signedStamp}, "\n") + ending
	}
	if c.is("no-separators") {
		message = signedStamp + method + target + signed
	}
	secret := c.secret()
	if c.is("key-as-secret") {
		secret = c.key()
	}
	signature := hexHMAC(h, secret, message)
	switch {
	case c.is("upper-hex"):
		signature = strings.ToUpper(signature)
	case c.is("base64"):
		raw, _ := hex.DecodeString(signature)
		signature = base64.StdEncoding.EncodeToString(raw)
	case c.is("plain-hash"):
		sum := sha256.Sum256([]byte(secret + message))
		signature = hex.EncodeToString(sum[:])
	case c.is("cut-signature"):
		signature = signature[:45]
	}
	authorization := "prsign " + c.key() + ":" + signature
	switch {
	case c.is("placeholder") && secret == "":
		authorization = "prsign 1:1"
	case c.is("scheme-upper"):
		authorization = "PRSIGN " + c.key() + ":" + signature
	case c.is("scheme-spaces"):
		authorization = "prsign  " + c.key() + ":" + signature
	case c.is("space-behind-colon"):
		authorization = "prsign " + c.key() + ": " + signature
	case c.is("no-scheme"):
		authorization = c.key() + ":" + signature
	}
	c.reuse(&authorization, &stamp, at)
	c.set(r, "Authorization", authorization)
	if c.is("two-stamps") {
		r.Header.Add("X-PR-Timestamp", stamp)
	}
	if !c.is("no-stamp") {
		r.Header.Add("X-PR-Timestamp", stamp)
		if c.is("lower-case-headers") {
			r.Header.Del("X-PR-Timestamp")
			r.Header["x-pr-timestamp"] = []string{stamp}
		}
	}
	if c.is("secret-in-header") {
		r.Header.Set("X-PR-Secret", secret)
	}
	if c.is("secret-in-query") {
		r.URL.RawQuery += "&secret=" + url.QueryEscape(secret)
	}
	c.fill(r, body, media)
}

// reuse is the habit of signing once and sending that again.
func (c *handmade) reuse(authorization, stamp *string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.is("signs-once") && c.sign != "" || c.is("signs-for-20s") && c.sign != "" && at.Sub(c.stamp).Abs() < 20*time.Second
	if again {
		*authorization, *stamp, _ = strings.Cut(c.sign, "\n")
		return
	}
	c.sign, c.stamp = "", at
	c.sign = *authorization + "\n" + *stamp
	_, *stamp, _ = strings.Cut(c.sign, "\n")
}

// irpFields signs the fields of a request and puts them into its body.
func (c *handmade) irpFields(r *http.Request, fields url.Values, subject, name string, at time.Time) {
	layout := "2006-01-02 15:04:05"
	for habit, other := range map[string]string{"unpadded": "2006-1-2 15:4:5", "twelve-hours": "2006-01-02 03:04:05", "with-t": "2006-01-02T15:04:05", "with-z": "2006-01-02 15:04:05Z",
		"with-fraction": "2006-01-02 15:04:05.000", "day-first": "02-01-2006 15:04:05", "month-for-minutes": "2006-01-02 15:01:05", "two-digit-year": "06-01-02 15:04:05", "slashes": "2006/01/02 15:04:05"} {
		if c.is(habit) {
			layout = other
		}
	}
	t := c.misread(at)
	if !c.is("local-time") {
		t = t.UTC()
	}
	stamp := t.Format(layout)
	if year, _ := t.ISOWeek(); c.is("week-year") {
		stamp = strconv.Itoa(year) + stamp[4:]
	}
	if c.is("week-year-sunday") {
		stamp = strconv.Itoa(t.AddDate(0, 0, 6-int(t.Weekday())).Year()) + stamp[4:]
	}
	signedStamp, hashed := stamp, subject
	switch {
	case c.is("signs-another-stamp"):
		signedStamp = t.Add(-time.Second).Format(layout)
	case c.is("reads-clock-twice"):
		signedStamp = c.misread(c.now()).UTC().Format(layout)
	case c.is("signs-the-key") && name == "AuthenticationToken":
		hashed = c.key()
	case c.is("signs-escaped-token"):
		hashed = url.QueryEscape(subject)
	}
	inner := hexHash(hashed + "." + signedStamp)
	switch {
	case c.is("no-full-stop"):
		inner = hexHash(hashed + signedStamp)
	case c.is("inner-upper"):
		inner = strings.ToUpper(inner)
	case c.is("inner-raw"):
		raw, _ := hex.DecodeString(inner)
		inner = string(raw)
	case c.is("inner-sha256"):
		sum := sha256.Sum256([]byte(hashed + "." + signedStamp))
		inner = hex.EncodeToString(sum[:])
	case c.is("stamp-first"):
		inner = hexHash(signedStamp + "." + hashed)
	}
	signature := hexHash(inner + "." + c.secret())
	switch {
	case c.is("secret-first"):
		signature = hexHash(c.secret() + "." + inner)
	case c.is("outer-no-full-stop"):
		signature = hexHash(inner + c.secret())
	case c.is("outer-hmac"):
		signature = hexHMAC(sha1.New, c.secret(), inner)
	case c.is("upper-hex"):
		signature = strings.ToUpper(signature)
	case c.is("base64"):
		raw, _ := hex.DecodeString(signature)
		signature = base64.StdEncoding.EncodeToString(raw)
	case c.is("decimal"):
		raw, _ := hex.DecodeString(signature)
		signature = ""
		for _, b := range raw {
			signature += strconv.Itoa(int(b))
		}
	case c.is("one-hash"):
		signature = hexHash(hashed + "." + signedStamp + "." + c.secret())
	case c.is("placeholder") && c.secret() == "":
		signature = "1"
	}
	if name == "AuthenticationToken" {
		c.reuse(&signature, &stamp, at)
	}
	field := "TimeStamp"
	if c.is("other-spelling") {
		field = "Timestamp"
	}
	fields.Set(name, subject)
	fields.Set(field, stamp)
	fields.Set("Signature", signature)
	switch {
	case c.is("secret-in-fields"):
		fields.Set("SharedSecret", c.secret())
	case c.is("key-in-calls"):
		fields.Set("APIKey", c.key())
	case c.is("no-stamp"):
		fields.Del(field)
	}
	if c.is("secret-in-query") {
		r.URL.RawQuery = "s=" + url.QueryEscape(c.secret())
	}
	if c.is("secret-in-header") {
		r.Header.Set("X-Secret", c.secret())
	}
	if c.is("token-in-query") && name == "AuthenticationToken" {
		r.URL.RawQuery = "t=" + url.QueryEscape(subject)
	}
	if c.is("json-fields") {
		object := map[string]string{}
		for name := range fields {
			object[name] = fields.Get(name)
		}
		text, _ := json.Marshal(object)
		c.fill(r, string(text), "application/json")
		return
	}
	text := fields.Encode()
	if c.is("unescaped-token") {
		text = ""
		for name := range fields {
			text += "&" + name + "=" + fields.Get(name)
		}
		text = text[1:]
	}
	c.fill(r, text, "application/x-www-form-urlencoded")
}

func hexHash(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
