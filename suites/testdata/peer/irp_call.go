package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/url"
	"time"
	"unicode/utf8"
)

// call is a request to a known method. The subject is what it signs with: an API
// key for Authenticate and a token for everything else.
type call struct {
	api, method string
	now         time.Time
	subjectName string
	subject     string
	stamp       string
	stampSent   bool
	signature   string
}

var errUnreadable = errors.New("the body is not a form or a JSON object")

// readFields reads either spelling of the posted object. The media type decides;
// without a telling one the body does.
func readFields(r *request) (map[string]any, error) {
	if r.bodyErr != nil || !utf8.Valid(r.body) {
		return nil, errUnreadable
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType == "application/x-www-form-urlencoded" {
		return readForm(r.body)
	}
	if mediaType == "application/json" || bytes.HasPrefix(bytes.TrimSpace(r.body), []byte("{")) {
		return readObject(r.body)
	}
	return readForm(r.body)
}

// readObject reads one JSON object and nothing after it.
func readObject(body []byte) (map[string]any, error) {
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, errUnreadable
	}
	return fields, nil
}

// readForm reads a form in which each name has one value.
func readForm(body []byte) (map[string]any, error) {
	if !bytes.Contains(body, []byte("=")) {
		return nil, errUnreadable
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errUnreadable
	}
	fields := map[string]any{}
	for name, all := range values {
		if len(all) > 1 {
			return nil, errUnreadable
		}
		fields[name] = all[0]
	}
	return fields, nil
}

// fill takes the three values that every call needs. All that are missing are
// reported at once; an empty key is not missing but too short.
func (p *irp) fill(c *call, fields map[string]any) []irpError {
	if _, ok := fields["TimeStamp"]; !ok {
		if other, ok := fields["Timestamp"]; ok { // both spellings are documented
			fields["TimeStamp"] = other
		}
	}
	c.stampSent = fields["TimeStamp"] != nil
	var missing, mistyped []irpError
	for _, want := range []struct {
		name string
		into *string
	}{{c.subjectName, &c.subject}, {"TimeStamp", &c.stamp}, {"Signature", &c.signature}} {
		value := fields[want.name]
		text, isText := value.(string)
		*want.into = text
		switch {
		case want.name == "TimeStamp" && !c.stampSent && p.broken["irp/timestamp-missing-accepted"]:
		case value == nil, text == "" && isText && want.name != "APIKey":
			missing = append(missing, irpError{2004, want.name})
		case !isText:
			mistyped = append(mistyped, irpError{2007, want.name})
		}
	}
	if len(missing) > 0 {
		if p.broken["irp/missing-code"] {
			return []irpError{{code: 2003}}
		}
		return missing
	}
	return mistyped
}

// checkStamp compares whole seconds, so the window does not depend on where in a
// second the peer's clock stands.
func (p *irp) checkStamp(c call) *irpError {
	if !c.stampSent && p.broken["irp/timestamp-missing-accepted"] {
		return nil
	}
	// Formatting again refuses what the parser lets through, such as 9:05:00.
	stamp, err := time.Parse(irpStampLayout, c.stamp)
	if err != nil || stamp.Format(irpStampLayout) != c.stamp {
		if p.broken["irp/timestamp-garbage-accepted"] {
			return nil
		}
		return &irpError{2007, "TimeStamp"}
	}
	now, window := c.now.Unix(), int64(irpWindow)
	login := c.method == "Authenticate"
	switch {
	case p.broken["irp/no-window"],
		p.broken["irp/window-login-only"] && !login,
		p.broken["irp/window-not-on-login"] && login,
		p.broken["irp/window-not-on-baskets"] && c.api == "Baskets":
		return nil
	case p.broken["irp/window-double"]:
		window *= 2
	case p.broken["irp/window-half"]:
		window /= 2
	case p.broken["irp/one-hour-off"]:
		now += 3600
	}
	if age := now - stamp.Unix(); age <= window && age >= -window {
		return nil
	}
	if p.broken["irp/skew-code"] {
		return &irpError{code: 2003}
	}
	return &irpError{code: 2001}
}
