package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// succeed answers a call that was authenticated. The signature is the one sent.
func (p *irp) succeed(c call, token string, extra object) reply {
	o := object{
		{"AuthenticationToken", token},
		{"Messages", []object{}},
		{"Success", true},
		{"Signature", c.signature},
		{"TimeStamp", p.stamp()},
	}
	if p.broken["irp/token-missing"] && c.method == "Authenticate" {
		o = o.without("AuthenticationToken")
	}
	if p.broken["irp/messages-null-on-success"] {
		o = o.with("Messages", nil)
	}
	if p.broken["irp/success-missing"] {
		o = o.without("Success")
	}
	return p.send(append(o, extra...))
}

// fail answers with one message for each problem, and with status 200: the code
// is all that tells an error from a success.
func (p *irp) fail(problems ...irpError) reply {
	var messages []object
	for _, problem := range problems {
		messages = append(messages, p.message(problem))
	}
	o := object{
		{"Messages", messages},
		{"Success", false},
		{"Signature", nil},
		{"TimeStamp", p.stamp()},
	}
	if p.broken["irp/messages-object"] {
		o = o.with("Messages", messages[0])
	}
	if p.broken["irp/messages-empty-on-error"] {
		o = o.with("Messages", []object{})
	}
	if p.broken["irp/success-missing-on-error"] {
		o = o.without("Success")
	}
	if p.broken["irp/success-true-on-error"] {
		o = o.with("Success", true)
	}
	if p.broken["irp/token-on-error"] {
		o = o.with("AuthenticationToken", randomToken())
	}
	return p.send(o)
}

func (p *irp) message(problem irpError) object {
	text := irpMessages[problem.code]
	if problem.parameter != "" && !(problem.code == 2004 && p.broken["irp/parameter-missing"]) {
		text += fmt.Sprintf("(Parameter=%s)", problem.parameter)
	}
	if problem.code == 2003 && p.broken["irp/secret-echo"] {
		text += " Secret was " + p.secret
	}
	if p.broken["irp/code-as-string"] {
		return object{{"Code", strconv.Itoa(problem.code)}, {"Message", text}}
	}
	return object{{"Code", problem.code}, {"Message", text}}
}

func (p *irp) send(o object) reply {
	r := p.vary.reply(http.StatusOK, o)
	r.contentType = "application/json; charset=utf-8"
	return r
}

// stamp is the time of the reply.
func (p *irp) stamp() string {
	now := p.clock.now().UTC()
	switch {
	case p.broken["irp/response-time-local"]:
		now = now.Add(time.Hour)
	case p.broken["irp/response-time-frozen"]:
		now = p.started.UTC()
	}
	text := now.Format(irpReplyLayout)
	switch {
	case p.broken["irp/response-time-format"]:
		return strings.Replace(text, " ", "T", 1)
	case p.broken["irp/response-time-whole"]:
		return now.Format(irpStampLayout) + "Z"
	}
	return text
}
