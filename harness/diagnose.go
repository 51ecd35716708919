package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Mistake is what a client did to arrive at a signature that is not the right
// one.
type Mistake struct {
	Claim  string  // of the rule it breaks
	Says   string  // a sentence
	Stages []Stage // the signature as it was made with the mistake
}

// Diagnose looks for the mistake by which a signer arrives at the signature that
// was sent, given what the request carried: another input signed, or a step of
// the recipe done another way. Stamps are those of the client's other requests,
// and bodies those that its callers gave it.
func (p *Profile) Diagnose(f *Form, v Values, sent string, stamps, bodies []string) (Mistake, bool) {
	result := p.Request.result()
	for _, g := range p.guesses(f, v, stamps, bodies) {
		values := copyValues(v)
		for name, value := range g.set {
			values[name] = value
		}
		recipe := p.Request
		if g.recipe != nil {
			recipe = g.recipe
		}
		if g.Stages = recipe.Run(values, nil); values[result] == sent {
			return g.Mistake, true
		}
	}
	return Mistake{}, false
}

// guess is one mistake to try.
type guess struct {
	Mistake
	set    Values
	recipe Recipe
}

func (p *Profile) guesses(f *Form, v Values, stamps, bodies []string) []guess {
	var all []guess
	add := func(claim, says string, set Values) {
		all = append(all, guess{Mistake{Claim: claim, Says: says}, set, nil})
	}
	for _, stamp := range p.nearStamps(v["timestamp"], stamps) {
		add("client-signs-stamp", "it signed another timestamp than it sent: "+stamp, Values{"timestamp": stamp})
	}
	add("client-signs-method", "it signed the method in lower case", Values{"method": strings.ToLower(v["method"])})
	for _, t := range []struct{ claim, says, target string }{
		{"client-signs-query", "it signed the path without its query", v["path"]},
		{"client-signs-query", "it signed a query that it had decoded, or put in another order", normalQuery(v["target"])},
		{"client-signs-target", "it signed the whole URL, not the path", v["base"] + v["target"]},
		{"client-signs-target", "it signed the path with its escapes undone", decodedPath(v["target"])},
		{"client-signs-target", "it signed the path without the slash before it", strings.TrimPrefix(v["target"], "/")},
		{"client-signs-target", "it signed the host with the path", v["host"] + v["target"]},
	} {
		path, query, _ := strings.Cut(t.target, "?")
		add(t.claim, t.says, Values{"target": t.target, "path": path, "query": query})
	}
	for _, body := range bodies {
		add("client-signs-body", "it signed the body that its caller gave, and sent it written otherwise", Values{"body": body})
	}
	for _, b := range otherBodies(v["body"]) {
		add(b.claim, b.says, Values{"body": b.body})
	}
	for _, n := range f.Values { // such as the subject, which is the key at one time and the token at another
		for _, c := range append([]string{"token"}, p.publicNames()...) {
			if v[c] != "" && v[c] != v[n.Name] {
				add("client-signs-"+n.Name, "it signed the "+c+" in the place of the "+n.Name, Values{n.Name: v[c]})
			}
		}
	}
	for i := range p.Request {
		all = append(all, p.Request.missteps(i)...)
	}
	return all
}

func (p *Profile) publicNames() []string {
	var names []string
	for _, c := range p.Credentials {
		if !c.Secret {
			names = append(names, c.Name)
		}
	}
	return names
}

// nearStamps are the timestamps a client may have signed instead: of the seconds
// round about, and of its other requests.
func (p *Profile) nearStamps(stamp string, others []string) []string {
	if p.Timestamp == nil {
		return nil
	}
	var all []string
	if t, err := p.Timestamp.Parse(stamp); err == nil {
		for n := -3; n <= 3; n++ {
			all = append(all, p.Timestamp.Format(t.Add(p.Timestamp.Granule*time.Duration(n))))
		}
	}
	return append(append(all, others...), "", stamp+"000")
}

// missteps are the ways to do one stage wrongly.
func (r Recipe) missteps(i int) []guess {
	s := r[i]
	var all []guess
	add := func(claim, says string, done recipeStage) {
		all = append(all, guess{Mistake{Claim: claim, Says: says}, nil, r.with(map[string]recipeStage{s.name: done})})
	}
	if len(s.steps) > 0 {
		claim := "client-stage-case"
		if i == len(r)-1 {
			claim = "client-signature"
		}
		add(claim, "it wrote the "+s.name+" in capital letters", s.capital())
	}
	for n, step := range s.steps {
		for _, other := range otherEncodings(step.name) {
			add("client-signature", fmt.Sprintf("it wrote the %s in %s, not in %s", s.name, other, step.name), s.recoded(n, other))
		}
	}
	claim, text := "client-stage-"+s.name, s.text.String()
	if bare := s.bare(); bare != text {
		add(claim, "it left out what stands between the values of the "+s.name, s.worded(bare))
		add(claim, "it left out the line feed at the end of the "+s.name, s.worded(strings.TrimSuffix(text, "\n")))
		add(claim, "it wrote the line feeds of the "+s.name+" as CR LF", s.worded(strings.ReplaceAll(text, "\n", "\r\n")))
	}
	return all
}

// normalQuery is the target after a library has taken its query apart and put it
// together again.
func normalQuery(target string) string {
	path, query, ok := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if !ok || err != nil {
		return target
	}
	return path + "?" + values.Encode()
}

// decodedPath is the target with the escapes of its path undone, as many a
// library hands it on.
func decodedPath(target string) string {
	path, query, ok := strings.Cut(target, "?")
	text, err := url.PathUnescape(path)
	if err != nil {
		return target
	}
	if ok {
		text += "?" + query
	}
	return text
}

type otherBody struct{ claim, says, body string }

// otherBodies are what a client may have signed in the place of the body.
func otherBodies(body string) []otherBody {
	const claim = "client-signs-body"
	all := []otherBody{{claim, "it signed no body", ""}, {claim, "it signed {} for the body", "{}"}, {claim, "it signed a line feed after the body", body + "\n"}}
	question := strings.Map(func(r rune) rune {
		if r > 0x7f {
			return '?'
		}
		return r
	}, body)
	latin := make([]byte, 0, len(body))
	for _, r := range body {
		latin = append(latin, byte(r))
	}
	all = append(all, otherBody{"client-utf8", "it signed the body with ? for what is not ASCII", question},
		otherBody{"client-utf8", "it signed the body in Latin-1, not in UTF-8", string(latin)})
	var doc any
	if json.Unmarshal([]byte(body), &doc) != nil {
		return all
	}
	plain, _ := marshalPlain(doc)
	escaped := asciiJSON(string(plain))
	var compact, wide bytes.Buffer
	_ = json.Compact(&compact, []byte(body)) // it was read as JSON above
	_ = json.Indent(&wide, []byte(body), "", "  ")
	for _, text := range []string{compact.String(), string(plain), wideSpaced(compact.String()), wideSpaced(string(plain)), wide.String(),
		escaped, wideSpaced(escaped), asciiJSON(compact.String()), wideSpaced(asciiJSON(compact.String()))} {
		all = append(all, otherBody{claim, "it signed the body as it was before it wrote it again: the bytes sent are others", text})
	}
	return all
}

// wideSpaced writes compact JSON as Python does: a space behind each comma and colon.
func wideSpaced(compact string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for _, r := range compact {
		b.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ',' || r == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// asciiJSON escapes what is not ASCII.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
