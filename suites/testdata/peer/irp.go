package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	irpBase        = "/api/v1"
	irpKeyLength   = 32
	irpWindow      = 120 // seconds, on either side
	irpStampLayout = "2006-01-02 15:04:05"
	irpReplyLayout = "2006-01-02 15:04:05.0000000Z"
)

var irpMethods = map[string][]string{
	"Authentication": {"Authenticate", "CheckTokenTime"},
	"Baskets":        {"AddItem", "AddItemTrade"},
}

// irpMessages are the texts of the error codes as they are on the wire, where
// every word has a capital.
var irpMessages = map[int]string{
	300:  "Requested API Could Not Be Found.",
	301:  "Requested Method Could Not Be Found In The API.",
	1000: "Authentication Token Has Just Expired.",
	2001: "TimeStamp Is Not Within Permitted Timespan.",
	2002: "No API Key Was Found To Be Associated With The Provided Authentication Token.",
	2003: "Could Not Authenticate Signature.",
	2004: "Required Value Not Present.",
	2005: "Value Is Shorter Than The Minimum Length.",
	2006: "Value Is Longer Than The Maximum Length.",
	2007: "Value Could Not Be Converted To Required Type.",
	2010: "Error Reading The Values. Ensure Object Is The Correct Format.",
	2011: "API Key Is Not Active.",
	2013: "IP Address Is Not Permitted To Use API Key.",
	2014: "The Provided API Key Does Not Exist.",
}

// irp exchanges a signed API key for a short-lived token, with which every other
// call is then signed.
type irp struct {
	broken      faults
	changed     changed
	clock       *clock
	key, secret string
	started     time.Time
	vary        variety
	tokens      tokens
}

func newIRP(clock *clock, broken faults, names credentials) *irp {
	return &irp{
		broken: broken, clock: clock, key: names.irpKey, secret: names.irpSecret,
		started: clock.now(), tokens: tokens{live: map[string]time.Time{}},
	}
}

// irpError is a code and the field it is about, if there is one.
type irpError struct {
	code      int
	parameter string
}

func (p *irp) serve(r *request) reply {
	api, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, irpBase+"/"), "/")
	methods, ok := irpMethods[api]
	if !ok {
		return p.fail(irpError{code: 300})
	}
	known := slices.Contains(methods, method)
	if !known && p.broken["irp/unknown-method-500"] {
		return crash()
	}
	if !known || r.Method != http.MethodPost {
		return p.fail(irpError{code: 301})
	}
	fields, err := readFields(r)
	if err != nil {
		if p.broken["irp/broken-body-500"] {
			return crash()
		}
		return p.fail(irpError{code: 2010})
	}
	subject := "AuthenticationToken"
	if method == "Authenticate" {
		subject = "APIKey"
	}
	c := call{api: api, method: method, now: r.now, subjectName: subject}
	if problems := p.fill(&c, fields); len(problems) > 0 {
		return p.fail(problems...)
	}
	if method == "Authenticate" {
		return p.authenticate(c)
	}
	return p.useToken(c)
}

func (p *irp) authenticate(c call) reply {
	switch length := utf8.RuneCountInString(c.subject); {
	case length < irpKeyLength && !p.broken["irp/short-key-code"]:
		return p.fail(irpError{2005, "APIKey"})
	case length > irpKeyLength && !p.broken["irp/long-key-code"]:
		return p.fail(irpError{2006, "APIKey"})
	}
	if p.changed.has("irp/signature-before-timestamp") && p.keyState(c) == 0 && !p.signed(c) {
		return p.fail(irpError{code: 2003})
	}
	if problem := p.checkStamp(c); problem != nil {
		return p.fail(*problem)
	}
	if code := p.keyState(c); code != 0 {
		return p.fail(irpError{code: code})
	}
	if !p.signed(c) {
		return p.fail(irpError{code: 2003})
	}
	length := tokenLength
	if p.broken["irp/token-short"] {
		length--
	}
	return p.succeed(c, p.tokens.issue(c.now, length), nil)
}

// keyState is the error code that the key earns, or 0 for one that may sign in.
func (p *irp) keyState(c call) int {
	_, isToken := p.tokens.created(c.subject)
	switch {
	case same(c.subject, p.key):
		return 0
	case p.broken["irp/unknown-key-accepted"]:
		return 0
	case p.broken["irp/key-any-case"] && strings.EqualFold(c.subject, p.key):
		return 0
	case p.broken["irp/token-as-apikey"] && isToken:
		return 0
	case c.subject == irpInactiveKey:
		return 2011
	case c.subject == irpElsewhereKey:
		return 2013
	}
	return 2014
}

func (p *irp) useToken(c call) reply {
	if problem := p.checkStamp(c); problem != nil {
		return p.fail(*problem)
	}
	created, known := p.tokens.created(c.subject)
	if !known && p.broken["irp/unknown-token-accepted"] {
		created, known = c.now, true
	}
	if c.api == "Baskets" && p.broken["irp/token-only-for-check"] {
		known = false
	}
	if !known {
		return p.fail(irpError{code: 2002})
	}
	life := tokenLife
	if p.broken["irp/token-short-lived"] {
		life = 2 * time.Second
	}
	age := max(0, c.now.Sub(created))
	if age >= life {
		return p.fail(irpError{code: 1000})
	}
	if !p.signed(c) {
		return p.fail(irpError{code: 2003})
	}
	if p.broken["irp/token-single-use"] {
		p.tokens.drop(c.subject)
	}
	if c.method == "CheckTokenTime" {
		return p.succeed(c, c.subject, p.remaining(tokenLife-age))
	}
	return p.succeed(c, c.subject, object{{"BasketReference", "BASKET-1"}})
}

// remaining is the extra field of CheckTokenTime: minutes and seconds, with the
// part of a second dropped so that it never promises more than there is.
func (p *irp) remaining(left time.Duration) object {
	const name = "MinutesRemaining"
	seconds := int(left / time.Second)
	switch {
	case p.broken["irp/remaining-missing"]:
		return nil
	case p.broken["irp/remaining-seconds"]:
		return object{{name, seconds}}
	case p.broken["irp/remaining-unpadded"]:
		return object{{name, fmt.Sprintf("%d:%02d", seconds/60, seconds%60)}}
	case p.broken["irp/remaining-over"]:
		seconds += 60
	}
	return object{{name, fmt.Sprintf("%02d:%02d", seconds/60, seconds%60)}}
}
