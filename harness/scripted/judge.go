package scripted

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// judge holds what was seen against what must be.
type judge struct {
	stage   *stage
	res     *harness.Result
	profile *harness.Profile
	log     []seen            // of all moments
	stamps  []string          // that the client sent
	told    []string          // what the client's caller was told, for the report
	atOnce  bool              // the calls of this moment were made at once
	hidden  *harness.Redactor // see tokens
	hides   int
	reused  bool // a stamp was older than its request
	open    bool // some expectation hung on an open question
	missed  bool // the instant that the case is about had passed
}

// find notes a breach of the claim, or where the profile names no requirement
// for it, of the case's own rule.
func (j *judge) find(claim, kind, problem, want, got string) {
	rule := j.res.Case.Rules[0]
	if ids := j.profile.Rules[claim]; len(ids) > 0 {
		rule = ids[0]
	}
	j.add(j.profile.Finding(rule, kind, problem, want, got))
}

// breach notes what no client may do, whatever the level of the case's rule.
func (j *judge) breach(kind, problem, want, got string) {
	j.add(harness.Finding{Rule: j.res.Case.Rules[0], Level: harness.Must, Kind: kind, Problem: problem, Want: want, Got: got})
}

func (j *judge) add(f harness.Finding) {
	if f.Rule == j.res.Case.Rules[0] && j.res.Case.Level == harness.Open && f.Kind != "crash" && f.Kind != "loop" {
		f.Level = harness.Open // see Profile.asks
	}
	for _, known := range j.res.Findings {
		if known.Rule == f.Rule && known.Problem == f.Problem {
			return // once is enough
		}
	}
	j.res.Findings = append(j.res.Findings, f)
}

func (j *judge) show(variant, value string) {
	if j.profile.Variants[variant] != nil {
		j.res.Shown = append(j.res.Shown, harness.Showing{Variant: variant, Values: []string{value}})
	}
}

// moment judges one moment and reports whether to go on.
func (j *judge) moment(i int, m *harness.Moment, p *player, outcomes []harness.Outcome) bool {
	for _, o := range outcomes {
		switch o.Kind {
		case harness.Unreachable:
			j.res.Verdict, j.res.Reason = harness.Error, j.hide(o.Message)
			return false
		case harness.Unsupported:
			j.res.Verdict, j.res.Reason = harness.Skip, "the driver cannot make such a call: "+j.hide(o.Message)
			return false
		}
	}
	log := p.server.take()
	j.log = append(j.log, log...)
	wanted := calls(m)
	for _, a := range m.Answers { // following a redirect, newly signed, is the client's choice
		if to := a.RedirectTo; to != "" && to != "other" {
			for _, method := range []string{m.Operation.Method, http.MethodGet} {
				again := m.Operation.Call(1)
				again.Method, again.Path = method, to
				if method == http.MethodGet {
					again.Body = ""
				}
				wanted = append(wanted, again)
			}
		}
	}
	j.reused, j.atOnce = false, m.Concurrent > 0
	for i := range log {
		x := &log[i]
		x.first = i == 0
		if j.res.Case.Without == "" { // else nothing is right about it, and that it came at all is what counts
			j.inspect(x, p.server.account, wanted)
		}
		if x.granted != "" {
			j.stage.granted = append(j.stage.granted, grant{strings.TrimPrefix(x.granted, "Bearer "), x.done, x.host})
		}
		if f := j.res.Case.Fraction; f > 0 && j.stage.checker.client.Program {
			j.missed = j.missed || x.at.Truncate(time.Second).Add(f).After(x.at) || x.at.Sub(x.at.Truncate(time.Second)) < f
		}
	}
	for _, o := range outcomes {
		j.outcome(i, o)
	}
	asked := 0
	for _, x := range log {
		if !x.idle {
			asked++
		}
	}
	if asked > maxForCall*len(outcomes) {
		j.breach("loop", fmt.Sprintf("the client does not stop: %s for %s", many(asked, "request"), many(len(outcomes), "call")), "a few requests for a call", strconv.Itoa(asked))
	}
	j.elsewhere()
	before := len(j.res.Findings)
	j.observe(i, m.Observe, m, log, outcomes)
	return len(j.res.Findings) == before || i == 0
}

// maxForCall is how many requests one call may take, logins and repetitions
// included, before it is called a loop.
const maxForCall = 12

// calls are what the moment's callers ask for.
func calls(m *harness.Moment) []harness.Call {
	var all []harness.Call
	for n := range max(m.Times, m.Concurrent) {
		all = append(all, m.Operation.Call(n+1))
	}
	return all
}

// outcome checks what any outcome must not be, and keeps it for the report.
func (j *judge) outcome(i int, o harness.Outcome) {
	text := fmt.Sprintf("moment %d: status %d %s", i+1, o.Status, o.Body)
	if o.Kind != "" {
		text = fmt.Sprintf("moment %d: %s: %s", i+1, o.Kind, o.Message)
	}
	if j.told = append(j.told, text); len(j.told) > maxTold {
		j.told = j.told[:maxTold]
	}
	if o.Kind == crashed {
		j.breach("crash", "the client broke down", "an error that its caller can handle", j.hide(o.Message))
	}
	if o.Kind != "" && harness.Kinds[o.Kind] == "" {
		j.find("client-kind", "outcome", "the client reports a kind of failure that the protocol does not know", strings.Join(sortedNames(harness.Kinds), ", "), o.Kind)
	}
	j.quiet("an error message", o.Message)
}

// maxTold is how many outcomes the report shows.
const maxTold = 20

// quiet looks for secrets in what the client says.
func (j *judge) quiet(where, text string) {
	if text != "" && (j.stage.checker.redactor.Leaks(text) || j.tokens().Leaks(text)) {
		j.find("client-quiet", "leak", where+" of the client holds a secret or a token", "no secret", j.hide(text))
	}
}

// elsewhere checks the requests to hosts that are not the vendor's.
func (j *judge) elsewhere() {
	s := j.stage
	s.mu.Lock()
	strays := s.strays
	s.strays = nil
	s.mu.Unlock()
	for _, x := range strays {
		text := x.target + string(x.body)
		for _, values := range x.header {
			text += strings.Join(values, "\n")
		}
		if s.checker.redactor.Leaks(text) || j.tokens().Leaks(text) || x.header.Get("Authorization") != "" {
			j.find("client-redirect", "leak", "credentials were sent to another host: "+x.host, "no credentials there", j.hide(x.method+" "+x.target))
		}
	}
}

// observe holds the moment against the expectation.
func (j *judge) observe(i int, o harness.Observe, m *harness.Moment, log []seen, outcomes []harness.Outcome) {
	if o.By == "" {
		j.res.Findings = append(j.res.Findings, j.breaches(i, o, m, log, outcomes)...)
		return
	}
	chosen := j.profile.Choice(o.By)
	if j.profile.Binding(o.By) {
		for _, f := range j.breaches(i, o.Outcomes[chosen], m, log, outcomes) {
			f.Problem += fmt.Sprintf(" (variant %s is %s)", o.By, chosen)
			f.Level = harness.Must
			j.res.Findings = append(j.res.Findings, f)
		}
		return
	}
	var fits []string
	for _, value := range j.profile.Variants[o.By].Values {
		if len(j.breaches(i, o.Outcomes[value], m, log, outcomes)) == 0 {
			fits = append(fits, value)
		}
	}
	if j.open = true; len(fits) == 0 {
		fits = []string{"something else"}
		j.res.Findings = append(j.res.Findings, j.breaches(i, o.Outcomes[chosen], m, log, outcomes)...)
	}
	j.res.Shown = append(j.res.Shown, harness.Showing{Variant: o.By, Values: fits})
}

// breaches lists how the moment differs from the expectation.
func (j *judge) breaches(i int, o harness.Observe, m *harness.Moment, log []seen, outcomes []harness.Outcome) []harness.Finding {
	var found []harness.Finding
	find := func(kind, problem, want, got string) {
		f := j.profile.Finding(j.res.Case.Rules[0], kind, problem, want, got)
		if j.res.Case.Level == harness.Open {
			f.Level = harness.Open
		}
		found = append(found, f)
	}
	logins, others, idle := 0, 0, 0
	for _, x := range log {
		switch {
		case x.login && x.idle:
			idle++ // renewed in the background: it may stand for one that was asked for, and is none too many
		case x.login:
			logins++
		case !x.idle && !x.unasked(calls(m)):
			others++
		}
	}
	if o.Logins.Set && (logins > o.Logins.Most || logins+idle < o.Logins.Least) {
		find("logins", fmt.Sprintf("%s in %s; expected %s", many(logins, "login"), momentText(i, m), o.Logins), o.Logins.String(), strconv.Itoa(logins))
	}
	if !o.Calls.Holds(others) {
		find("calls", fmt.Sprintf("%s in %s; expected %s", many(others, "request"), momentText(i, m), o.Calls), o.Calls.String(), strconv.Itoa(others))
	}
	if good := succeeded(outcomes); !o.Calls.Set && others < good {
		find("calls", fmt.Sprintf("%s said to have succeeded, and %s sent", many(good, "call"), many(others, "request")), "a request for each call", strconv.Itoa(others))
	}
	want := o.Outcome
	if want == "" && len(o.Kinds) > 0 {
		want = "error"
	}
	failed := 0
	for _, out := range outcomes {
		kind := kindOf(out)
		if kind != "" {
			failed++
		}
		switch {
		case want == "any", want == "alike":
		case want == "error" && idle > 0: // the login that was to fail had been made in the background
		case want == "error" && kind == "":
			find("outcome", "the client reports success", "a failure", j.outcomeText(out))
		case want != "error" && kind != "":
			find("outcome", "the client reports a failure: "+kind, "success", j.outcomeText(out))
		case len(o.Kinds) > 0 && !slices.Contains(o.Kinds, kind):
			find("kind", "the client reports the failure as another kind than it is: "+kind, strings.Join(o.Kinds, " or "), j.outcomeText(out))
		}
		if len(found) > 0 {
			break
		}
	}
	if want == "alike" && failed != 0 && failed != len(outcomes) {
		find("outcome", fmt.Sprintf("%d of %d calls made at once failed, and the others did not", failed, len(outcomes)), "all alike", strconv.Itoa(failed))
	}
	if o.Stamps == "fresh" && j.reused {
		find("stamp", "a timestamp was not made for its request", "a stamp of the instant of sending", "")
	}
	return found
}

func succeeded(outcomes []harness.Outcome) int {
	n := 0
	for _, o := range outcomes {
		if kindOf(o) == "" {
			n++
		}
	}
	return n
}

// momentText names the moment: its number, and when it is unless at the start.
func momentText(i int, m *harness.Moment) string {
	text := "moment " + strconv.Itoa(i+1)
	if !m.At.IsZero() {
		text += " (" + m.At.String() + ")"
	}
	return text
}

// many counts things in words.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// kindOf is the kind of failure the caller was told of; empty for a success. A
// client that hands the answer on tells by its status.
func kindOf(o harness.Outcome) string {
	switch {
	case o.Kind != "":
		return o.Kind
	case o.Status == http.StatusUnauthorized:
		return "auth"
	case o.Status == http.StatusForbidden:
		return "forbidden"
	case o.Status == http.StatusTooManyRequests:
		return "rate-limited"
	case o.Status >= 500:
		return "server"
	case o.Status >= 300 || o.Status < 200:
		return "refused"
	}
	return ""
}

func (j *judge) outcomeText(o harness.Outcome) string {
	if o.Kind != "" {
		return o.Kind + ": " + o.Message
	}
	return fmt.Sprintf("status %d %s", o.Status, j.readied(o.Body, 200))
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// late notes requests of clients whose case had ended, and what was logged.
func (j *judge) late() {
	c := j.stage.checker
	n := int(c.late.Swap(0))
	for _, l := range c.listeners {
		n += l.takeLate()
	}
	if n > 0 {
		j.find("client-late", "late", many(n, "request")+" of an earlier case came during this one", "a client that ends with its case", strconv.Itoa(n))
	}
	j.quiet("the log", j.stage.logged.take())
}

// tokens hides those that were granted in the case, as secrets are hidden.
func (j *judge) tokens() *harness.Redactor {
	if j.hidden == nil || j.hides != len(j.stage.granted) {
		secrets := map[string]string{}
		for i, g := range j.stage.granted {
			if len(g.token) >= minToken {
				secrets[fmt.Sprintf("token %d of %d characters", i+1, len(g.token))] = g.token
			}
		}
		j.hidden, j.hides = harness.NewRedactor(secrets), len(j.stage.granted)
	}
	return j.hidden
}

// hide takes secrets and tokens out.
func (j *judge) hide(s string) string { return j.tokens().Text(j.stage.checker.hide(s)) }

// readied readies a text for the report: secrets out first, while they are whole.
func (j *judge) readied(s string, most int) string {
	return shorten(strings.ToValidUTF8(j.hide(s), "\uFFFD"), most)
}

// conclude sums up and, where there is something to tell, shows what was sent.
func (j *judge) conclude() {
	res := j.res
	if j.missed && res.Verdict == "" {
		res.Verdict, res.Reason = harness.Inconclusive, "the request did not come within the part of the second that the case is about"
	}
	j.missed = j.missed && res.Verdict == harness.Inconclusive
	j.profile.Settle(res, j.open, j.stage.checker.options.Strict)
	tells := res.Verdict != harness.Pass && (res.Verdict != harness.Observed || len(res.Findings) > 0)
	if !tells && !j.stage.checker.options.Keep {
		res.Stages = nil
		return
	}
	for i, x := range j.log {
		if i == maxShown {
			break
		}
		res.Sent = append(res.Sent, j.exchange(i, x))
	}
	res.Told = j.told
	for i := range res.Told {
		res.Told[i] = j.readied(res.Told[i], 300)
	}
	for i := range res.Findings {
		f := &res.Findings[i]
		f.Problem, f.Want, f.Got = j.readied(f.Problem, 500), j.readied(f.Want, 300), j.readied(f.Got, 300)
	}
	for i, s := range res.Stages {
		res.Stages[i].Value = j.readied(s.Value, maxText)
	}
}

// maxShown is how many exchanges a report shows.
const maxShown = 12

// maxText and maxHeaders bound what it shows of one, in bytes and in number.
const (
	maxText    = 4096
	maxHeaders = 40
)

func (j *judge) exchange(i int, x seen) harness.Exchange {
	text := func(s string) string { return j.readied(s, maxText) }
	headers := func(h http.Header) []string {
		var out []string
		for name, values := range h {
			for _, v := range values {
				if len(out) < 10*maxHeaders {
					out = append(out, text(name+": "+v))
				}
			}
		}
		sort.Strings(out)
		return out[:min(len(out), maxHeaders)]
	}
	return harness.Exchange{Step: i + 1, Method: text(x.method), Target: text(x.target), RequestHeader: headers(x.header), RequestBody: text(string(x.body)),
		Status: x.status, ResponseHeader: headers(x.sent), ResponseBody: text(string(x.answer))}
}
