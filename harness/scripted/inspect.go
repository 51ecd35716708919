package scripted

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/skewproof/skewproof/harness"
)

// inspection takes one request apart and notes what is wrong with it. A breach
// that explains others ends it: what was not there cannot also be wrong.
type inspection struct {
	j       *judge
	x       *seen
	form    *harness.Form
	account harness.Values
	v       harness.Values // what the request carries
	wanted  []harness.Call // what the caller asked for, any of these
}

// inspect holds a request against the vendor's rules for one.
func (j *judge) inspect(x *seen, account harness.Values, wanted []harness.Call) {
	in := &inspection{j: j, x: x, account: account, wanted: wanted, form: j.profile.Call, v: harness.Values{}}
	if x.login {
		in.form = j.profile.Login
	}
	in.secrets()
	if !in.target() {
		return
	}
	for _, n := range in.form.Headers {
		in.header(n)
	}
	in.query()
	in.body()
	in.identity()
	in.token()
	if in.stamp() {
		in.signature()
	}
}

func (in *inspection) breach(claim, kind, problem, want, got string) {
	in.j.find(claim, kind, problem, want, got)
}

// target checks where the request went.
func (in *inspection) target() bool {
	x := in.x
	target := in.ownTarget()
	if x.login {
		if op := in.j.profile.Login.Operation; target != op.Path {
			in.breach("client-login-target", "target", "the login went to another address", op.Method+" "+op.Path, x.method+" "+x.target)
		}
		return true
	}
	var want harness.Call
	for _, call := range in.wanted {
		want = call
		if x.method == call.Method && target == call.Path {
			return true
		}
	}
	if x.unasked(in.wanted) { // looking after its token is the client's own affair
		in.wanted = []harness.Call{x.op.Call(1)}
		return true
	}
	claim := "client-target"
	path, _, _ := strings.Cut(target, "?")
	wantPath, _, _ := strings.Cut(want.Path, "?")
	if x.op == nil && in.j.profile.Login != nil && strings.EqualFold(path, in.j.profile.Login.Operation.Path) {
		op := in.j.profile.Login.Operation
		in.breach("client-login-target", "target", "the login went to another address, or by another method", op.Method+" "+op.Path, x.method+" "+x.target)
		return false
	}
	if path == wantPath && x.method == want.Method {
		in.breach("client-query", "target", "the query was not sent as the caller gave it", want.Path, target)
		return x.op != nil
	}
	in.breach(claim, "target", "a request went somewhere that nobody asked for", want.Method+" "+want.Path, x.method+" "+x.target)
	return false
}

// unasked reports whether the request asks about the token, although no caller
// wanted that.
func (x *seen) unasked(wanted []harness.Call) bool {
	return x.op != nil && x.op.AboutToken && !slices.ContainsFunc(wanted, func(c harness.Call) bool { return c.Operation == x.op.Name })
}

// ownTarget is the target without the parameters that authenticate it.
func (in *inspection) ownTarget() string {
	if len(in.form.Query) == 0 {
		return in.x.target
	}
	path, query, _ := strings.Cut(in.x.target, "?")
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return pair == "" || slices.ContainsFunc(in.form.Query, func(n harness.Named) bool { return n.Name == name })
	})
	if len(pairs) == 0 {
		return path
	}
	return path + "?" + strings.Join(pairs, "&")
}

// header checks one header of the form and takes its values.
func (in *inspection) header(n harness.Named) {
	claim := "client-header"
	switch {
	case n.Text.Has("timestamp"):
		claim = "client-stamp-format"
	case strings.EqualFold(n.Name, "Authorization"):
		claim = "client-authorization"
	}
	values := in.x.header[http.CanonicalHeaderKey(n.Name)]
	shape := n.Text.String()
	if len(values) != 1 {
		in.breach(claim, "header", fmt.Sprintf("%d headers %s, not one", len(values), n.Name), shape, in.j.hide(strings.Join(values, ", ")))
		return
	}
	into := harness.Values{}
	value := values[0]
	ok := n.Text.Parse(value, into)
	for _, name := range n.Text.Names() {
		ok = ok && into[name] != "" && (claim != "client-authorization" || !strings.ContainsAny(into[name], " \t,"))
	}
	if prefix := n.Text.Literal(); claim == "client-authorization" && strings.HasPrefix(prefix, "Bearer") && (!strings.HasPrefix(value, prefix) || strings.HasPrefix(value[len(prefix):], prefix)) {
		in.breach("client-bearer", "header", "the token is not sent as Bearer, a space and the token", shape, in.j.hide(value))
		return
	}
	if !ok {
		in.breach(claim, "header", "the header "+n.Name+" is not of its documented form", shape, in.j.hide(value))
		return
	}
	for name, value := range into {
		in.v[name] = value
	}
}

func (in *inspection) query() {
	if len(in.form.Query) == 0 {
		return
	}
	u, err := url.ParseRequestURI(in.x.target)
	if err != nil {
		return // a server would not have taken it
	}
	values := u.Query()
	for _, n := range in.form.Query {
		if got := values[n.Name]; len(got) != 1 || !n.Text.Parse(got[0], in.v) {
			in.breach("client-fields", "query", fmt.Sprintf("%d parameters %s of the documented form, not one", len(got), n.Name), n.Text.String(), "")
		}
	}
}

// body checks the body and its media type, and takes the values of its fields.
func (in *inspection) body() {
	x := in.x
	media, _, _ := mime.ParseMediaType(x.header.Get("Content-Type"))
	if len(in.form.Fields) > 0 {
		want := map[string]string{"form": "application/x-www-form-urlencoded", "json": "application/json"}[in.form.Encoding]
		if media != want {
			in.breach("client-content-type", "header", "the body is of another media type", want, x.header.Get("Content-Type"))
		}
		in.fields()
		return
	}
	body := string(x.body)
	same := func(as func(a, b string) bool) bool {
		return slices.ContainsFunc(in.wanted, func(call harness.Call) bool { return as(call.Body, body) })
	}
	if !same(func(a, b string) bool { return a == b }) && !same(sameDocument) {
		in.breach("client-body", "body", "another body was sent than the caller gave", in.wanted[len(in.wanted)-1].Body, in.j.hide(body))
		return
	}
	if len(x.body) > 0 && media != "application/json" {
		in.breach("client-content-type", "header", "a body is sent without its media type", "application/json", x.header.Get("Content-Type"))
	}
}

// sameDocument reports whether two bodies are the same JSON document, however it
// is spaced.
func sameDocument(asked, sent string) bool {
	if asked == "" && sent == "{}" {
		return true // nothing, written as an object
	}
	var x, y any
	return json.Unmarshal([]byte(asked), &x) == nil && json.Unmarshal([]byte(sent), &y) == nil && reflect.DeepEqual(x, y)
}

func (in *inspection) fields() {
	claim := "client-fields"
	if in.x.login {
		claim = "client-login-fields"
	}
	sent, ok := in.sentFields()
	if !ok {
		in.breach(claim, "body", "the body is no "+in.form.Encoding, in.form.Encoding+" fields", in.j.hide(string(in.x.body)))
		return
	}
	known := map[string]bool{}
	for _, n := range in.form.Fields {
		known[n.Name] = true
		got := sent[n.Name]
		if len(got) != 1 || got[0] == "" || !n.Text.Parse(got[0], in.v) {
			in.breach(claim, "body", fmt.Sprintf("the field %s of the documented form is not there once", n.Name), n.Name+": "+n.Text.String(), in.j.hide(strings.Join(sortedNames(sent), ", ")))
		}
	}
	var want harness.Call
	for _, call := range in.wanted {
		want = call
	}
	for _, name := range sortedNames(sent) {
		if _, own := want.Fields[name]; !known[name] && (in.x.login || !own) {
			in.breach(claim, "body", "the field "+name+" has no place in this request", strings.Join(sortedNames(known), ", "), strings.Join(sortedNames(sent), ", "))
		}
	}
	if in.x.login || len(want.Fields) == 0 {
		return
	}
	for _, call := range in.wanted {
		if in.carries(sent, call) {
			return
		}
	}
	in.breach("client-body", "body", "the fields of the operation are not those the caller gave", fmt.Sprint(want.Fields), in.j.hide(string(in.x.body)))
}

func (in *inspection) carries(sent map[string][]string, call harness.Call) bool {
	for name, value := range call.Fields {
		if !slices.Equal(sent[name], []string{value}) {
			return false
		}
	}
	return true
}

// sentFields reads the fields of a body; a JSON value that is no text reads as
// no value.
func (in *inspection) sentFields() (map[string][]string, bool) {
	if in.form.Encoding == "form" {
		values, err := url.ParseQuery(string(in.x.body))
		return values, err == nil
	}
	var object map[string]any
	if json.Unmarshal(in.x.body, &object) != nil || object == nil {
		return nil, false
	}
	out := map[string][]string{}
	for name, value := range object {
		text, isText := value.(string)
		if out[name] = nil; isText {
			out[name] = []string{text}
		}
	}
	return out, true
}

// identity checks the credentials that the request carries openly.
func (in *inspection) identity() {
	for _, c := range in.j.profile.Credentials {
		got, carried := in.v[c.Name]
		if carried && got != in.account[c.Name] {
			claim := "client-authorization"
			if len(in.form.Fields) > 0 {
				claim = "client-login-fields"
			}
			in.breach(claim, "credentials", "the request carries another "+c.Name+" than the client was given", in.j.hide(in.account[c.Name]), in.j.hide(got))
		}
	}
}

// token checks that a call carries the token that was granted last.
func (in *inspection) token() {
	token, carried := in.v["token"]
	if !carried || in.x.login {
		return
	}
	granted := in.j.stage.granted
	for i := len(granted) - 1; i >= 0; i-- {
		if granted[i].token != token {
			continue
		}
		for _, later := range granted[i+1:] {
			if later.server == in.x.host && !later.at.After(in.x.after) && !in.j.atOnce {
				in.breach("client-new-token", "token", "the request carries an old token, although a login had given a new one", "the token granted last", "a token granted before it")
				break
			}
		}
		if granted[i].server != in.x.host {
			in.breach("client-token", "token", "the request carries the token of another account", "a token of this account", "a token that "+granted[i].server+" had granted")
		}
		return
	}
	in.breach("client-token", "token", "the request carries a token that no login had granted", "the token granted last", in.j.hide(token))
}

// stamp checks the timestamp; ok is false when there is none to sign with.
func (in *inspection) stamp() (ok bool) {
	f := in.j.profile.Timestamp
	text, carried := in.v["timestamp"]
	if f == nil || !in.uses("timestamp") {
		return true
	}
	if !carried {
		return false // its carrier was complained of
	}
	x, now := in.x, in.x.at
	t, err := f.Parse(text)
	if err != nil || f.Numeric && len(text) > len(f.Format(now))+1 {
		in.breach("client-stamp-format", "stamp", "the timestamp is not in the form "+f.Name, f.Format(now), text)
		return true
	}
	again := slices.Contains(in.j.stamps, text)
	in.j.stamps = append(in.j.stamps, text)
	oldest := x.at.Add(-in.j.stage.lag()).Truncate(f.Granule)
	if in.j.res.Case.Fraction > 0 && t.After(now) {
		in.breach("client-stamp-floor", "stamp", "the timestamp is ahead of the clock it was read from: it was rounded up", f.Format(now), text)
		in.j.show("rounding", "nearest")
		return true
	}
	off := t.Sub(now)
	switch {
	case !t.Before(oldest) && off < f.Granule:
		if in.j.res.Case.Fraction > 0 {
			in.j.show("rounding", "floor")
		}
	case in.j.stage.skew != 0 && t.Sub(x.served).Abs() <= f.Granule:
		// it goes by the server's clock
	case in.x.first && in.j.stage.learned(off, f.Granule):
		// it goes by what the clocks showed before, and cannot know better yet
	case zoneShift(off):
		in.breach("client-utc", "stamp", "the timestamp is local time, not UTC: it is off by "+off.Round(time.Minute).String(), f.Format(now), text)
	case off > 0:
		in.breach("client-stamp", "stamp", "the timestamp is ahead of the client's clock by "+off.Round(time.Millisecond).String(), f.Format(now), text)
	case in.j.profile.Variants["freshness"] != nil && oldest.Sub(t) <= in.j.profile.Window.Past:
		in.j.reused = true
	case !again && !t.Before(x.after.Truncate(f.Granule)):
		in.breach("client-sign-late", "stamp", "the request was stamped "+oldest.Sub(t).Round(time.Millisecond).String()+" before it was sent", f.Format(oldest)+" or later", text)
	default:
		in.breach("client-stale", "stamp", "the timestamp was not made for this request: it is "+oldest.Sub(t).Round(time.Millisecond).String()+" older than the request can be", f.Format(oldest)+" or later", text)
	}
	return true
}

// zoneShift reports whether the difference is that of a time zone: a whole
// number of quarters of an hour, of which no zone has more than 14 hours.
func zoneShift(d time.Duration) bool {
	quarter := 15 * time.Minute
	rest := d.Abs() % quarter
	return d.Abs() > quarter-3*time.Second && d.Abs() <= 14*time.Hour+3*time.Second && (rest < 3*time.Second || rest > quarter-3*time.Second)
}

func (in *inspection) uses(value string) bool {
	place, _ := in.form.Carrier(value)
	return place != ""
}

// signature works out what a right client would have signed, from what this one
// sent.
func (in *inspection) signature() {
	p := in.j.profile
	if p.Request == nil {
		return
	}
	result := p.Request[len(p.Request)-1].Name()
	sent, carried := in.v[result]
	if !in.uses(result) || !carried {
		return
	}
	v := harness.Values{}
	for name, value := range in.account {
		v[name] = value
	}
	for name, value := range in.v {
		v[name] = value
	}
	v["method"], v["target"], v["body"] = in.x.method, in.ownTarget(), string(in.x.body)
	v["path"], v["query"], _ = strings.Cut(v["target"], "?")
	v["host"], v["base"] = in.x.host, "https://"+in.x.host
	for _, n := range in.form.Values {
		v[n.Name] = n.Text.Render(v)
	}
	delete(v, result)
	stages := p.Request.Run(v, nil)
	if v[result] == sent {
		return
	}
	in.j.res.Stages = stages
	if m, ok := p.Diagnose(in.form, v, sent, in.j.stamps); ok {
		in.breach(m.Claim, "signature", "the signature is not that of the request: "+m.Says, v[result], sent)
		return
	}
	in.breach("client-signature", "signature", "the signature is not that of the request", v[result], sent)
}

// secrets looks for a secret wherever it does not belong.
func (in *inspection) secrets() {
	x, redactor := in.x, in.j.stage.checker.redactor
	leaks := redactor.Leaks(x.method) || redactor.Leaks(x.target)
	if plain, err := url.QueryUnescape(x.target); err == nil {
		leaks = leaks || redactor.Leaks(plain)
	}
	for name, values := range x.header {
		for _, v := range values {
			leaks = leaks || redactor.Leaks(v)
		}
		leaks = leaks || redactor.Leaks(name)
	}
	body := string(x.body)
	if x.login {
		sent, _ := in.sentFields()
		for _, n := range in.form.Fields {
			if c := in.j.profile.Secret(); n.Text.Has(c.Name) && len(sent[n.Name]) == 1 { // where it belongs
				body = strings.Replace(body, url.QueryEscape(sent[n.Name][0]), "", 1)
				body = strings.Replace(body, sent[n.Name][0], "", 1)
			}
		}
	}
	if leaks || redactor.Leaks(body) {
		in.breach("client-no-secret", "leak", "the request holds a secret where none belongs", "no secret", in.j.hide(x.method+" "+x.target))
	}
	for _, g := range in.j.stage.granted {
		if len(g.token) >= minToken && strings.Contains(x.target, url.QueryEscape(g.token)) {
			in.breach("client-no-secret", "leak", "the address holds the token: it ends up in logs", "the token in its header alone", in.j.hide(x.method+" "+x.target))
			return
		}
	}
}

// minToken is the shortest text that is hidden as a token, in characters.
const minToken = 16

func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
