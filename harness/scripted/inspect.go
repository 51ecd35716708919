package scripted

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
func (j *judge) inspect(x *seen, account harness.Values) {
	in := &inspection{j: j, x: x, account: account, wanted: j.wanted, form: j.profile.Call, v: harness.Values{}}
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
	if slices.ContainsFunc(in.wanted, func(call harness.Call) bool { return x.method == call.Method && target == call.Path }) {
		return true
	}
	if x.unasked(in.wanted) { // looking after its token is the client's own affair
		in.wanted = []harness.Call{x.op.Call(1)}
		return true
	}
	want := in.wanted[len(in.wanted)-1]
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
	in.breach("client-target", "target", "a request went somewhere that nobody asked for", want.Method+" "+want.Path, x.method+" "+x.target)
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
	maps.Copy(in.v, into)
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
		body = in.besideSecret()
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
