package mutant

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// misled shows a client other answers than came: what it would make of them if
// it read the ones that came wrongly.
type misled struct {
	next http.RoundTripper
	read func(*answer)
}

// answer is one that came, and is to be misread.
type answer struct {
	status int
	body   []byte
	doc    any // nil when the body is no JSON
}

func (t misled) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
		return resp, nil
	}
	a := answer{status: resp.StatusCode, body: body}
	_ = json.Unmarshal(body, &a.doc) // a page is none
	t.read(&a)
	resp.StatusCode, resp.Status, resp.ContentLength = a.status, http.StatusText(a.status), int64(len(a.body))
	resp.Header.Del("Content-Length")
	resp.Body = io.NopCloser(bytes.NewReader(a.body))
	return resp, nil
}

// failing is the end of a body that breaks off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// clientAnswers breaks the reading of answers.
func (m *maker) clientAnswers() {
	p := m.profile
	misread := func(id, says string, claims []string, read func(*answer)) *Mutant {
		return m.add(Mutant{ID: "reads-" + id, Says: says, Rules: m.clientRules(claims),
			Client: func(c harness.ClientConfig) (harness.Client, error) {
				c.Transport = misled{c.Transport, read}
				return reference.NewTamperedClient(p, c, reference.ClientTamper{})
			}})
	}
	m.flags(misread)
	if p.Login == nil {
		return
	}
	token := p.LoginPlace("token")
	granted := func(a *answer) bool { v, ok := harness.Lookup(a.doc, token); return ok && v != "" && v != nil }
	failed := []string{"client-login-error", "client-login-refused", "client-login-success-read"}
	if m.grantsAnyhow(token) {
		misread("a-token-whatever-the-status", "a token is taken whatever the status it comes with", failed, func(a *answer) {
			if granted(a) {
				a.status = http.StatusOK
			}
		})
	}
	misread("a-token-of-any-type", "a token that is a number is taken for its digits", failed, func(a *answer) {
		changed(a, token, func(v any) any {
			if n, ok := v.(float64); ok {
				return jsonText(n)
			}
			return v
		})
	})
	misread("no-token-as-a-word", "no token is taken for the word null", failed, func(a *answer) {
		changed(a, token, func(v any) any {
			if v == nil {
				return "null"
			}
			return v
		})
	})
	m.lives(misread)
}

// grantsAnyhow reports whether some case answers a login with a token and the
// status of an error. Where the body alone decides, none does.
func (m *maker) grantsAnyhow(token []string) bool {
	for _, c := range m.profile.Cases {
		for _, moment := range c.Timeline {
			for _, a := range moment.Login {
				if a.Status >= http.StatusBadRequest && valueAt([]byte(a.Body), token) != nil {
					return true
				}
			}
		}
	}
	return false
}

// lives breaks the reading of how long a token lives.
func (m *maker) lives(misread func(string, string, []string, func(*answer)) *Mutant) {
	p := m.profile
	place := p.LoginPlace("lifetime")
	if place == nil {
		return
	}
	short := []string{"client-short-life", "client-token-kept"}
	life := func(id, says string, of func(v any) any) {
		misread("a-life-"+id, says, short, func(a *answer) { changed(a, place, of) })
	}
	life("as-a-short-one", "a life of more than a day is taken for none", func(v any) any {
		if n, ok := v.(float64); ok && n > 24*3600 {
			return 0
		}
		return v
	})
}

// flags breaks the reading of what says whether a call succeeded.
func (m *maker) flags(misread func(string, string, []string, func(*answer)) *Mutant) {
	place := m.flag()
	if place == nil {
		return
	}
	read := []string{"client-success-read", "client-login-success-read", "client-error-told", "client-login-error"}
	flag := func(id, says string, of func(v any) any) {
		x := misread("success-"+id, says, read, func(a *answer) { changed(a, place, of) })
		x.Rules = unique(append(x.Rules, m.flagRules()...))
	}
	flag("wherever-it-is-told", "a success is one whenever it is told of, true or not", func(any) any { return true })
	if len(m.flagRules()) == 0 {
		return
	}
	flag("in-any-text", "every text is taken for true", func(v any) any {
		if _, ok := v.(string); ok {
			return true
		}
		return v
	})
	flag("only-when-boolean", "a success that is told as text is none", func(v any) any {
		if _, ok := v.(string); ok {
			return false
		}
		return v
	})
	flag("only-in-lower-case", "a success in title case is none", func(v any) any {
		if v == "True" {
			return false
		}
		return v
	})
	flag("only-in-title-case", "a success in lower case is none", func(v any) any {
		if v == "true" {
			return false
		}
		return v
	})
	flag("without-warnings", "a success with a warning is none", func(v any) any {
		if v == "Warning" {
			return false
		}
		return v
	})
}

// flag is where answers say whether they are a success: the place at which a
// success holds true, and an error false.
func (m *maker) flag() []string {
	p := m.profile
	v := harness.Values{"signature": "0", "server_time": "now"}
	_, _, good := p.Success(p.Operations[0], v)
	_, _, bad := p.Error("refusal", harness.Values{"server_time": "now"})
	for _, place := range places(good) {
		if valueAt(good, place) == true && valueAt(bad, place) == false {
			return place
		}
	}
	return nil
}

// flagRules are the requirements of the vendor's own cases that tell a success as
// text; none where it is never told so.
func (m *maker) flagRules() []string {
	var rules []string
	name := strings.Join(m.flag(), ".")
	for _, c := range m.profile.Cases {
		for _, moment := range c.Timeline {
			for _, a := range slices.Concat(moment.Answers, moment.Login) {
				for _, set := range a.Set {
					if _, text := set.Value.(string); text && set.Place == name {
						rules = append(rules, c.Rules...)
					}
				}
			}
		}
	}
	return rules
}

// changed writes another value at a place of the answer.
func changed(a *answer, place []string, of func(v any) any) {
	object, key, ok := harness.Holder(a.doc, place)
	if !ok {
		return
	}
	if v, has := object[key]; has {
		object[key] = of(v)
		a.body = []byte(jsonText(a.doc))
	}
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // it was read as JSON
	return string(text)
}
