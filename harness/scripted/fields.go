package scripted

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

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
			in.breach(claim, "body", fmt.Sprintf("the field %s of the documented form is not there once", n.Name), n.Name+": "+n.Text.String(), in.j.hide(strings.Join(slices.Sorted(maps.Keys(sent)), ", ")))
		}
	}
	want := in.wanted[len(in.wanted)-1]
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if _, own := want.Fields[name]; !known[name] && (in.x.login || !own) {
			in.breach(claim, "body", "the field "+name+" has no place in this request", strings.Join(slices.Sorted(maps.Keys(known)), ", "), strings.Join(slices.Sorted(maps.Keys(sent)), ", "))
		}
	}
	if in.x.login || len(want.Fields) == 0 || slices.ContainsFunc(in.wanted, func(call harness.Call) bool { return carries(sent, call) }) {
		return
	}
	in.breach("client-body", "body", "the fields of the operation are not those the caller gave", fmt.Sprint(want.Fields), in.j.hide(string(in.x.body)))
}

func carries(sent map[string][]string, call harness.Call) bool {
	for name, value := range call.Fields {
		if !slices.Equal(sent[name], []string{value}) {
			return false
		}
	}
	return true
}

// besideSecret is the body of a login without the field where the secret belongs,
// however that is spelt. It is empty for what is no login that the vendor knows,
// which is said elsewhere.
func (in *inspection) besideSecret() string {
	body := string(in.x.body)
	sent, ok := in.asSent()
	if !ok {
		return ""
	}
	for _, n := range in.form.Fields {
		if n.Text.Has(in.j.profile.Secret().Name) && len(sent[n.Name]) == 1 {
			body = strings.Replace(body, sent[n.Name][0], "", 1)
		}
	}
	return body
}

// asSent reads the fields of a body as sentFields does, and leaves the values as
// they are escaped.
func (in *inspection) asSent() (map[string][]string, bool) {
	out := map[string][]string{}
	if in.form.Encoding == "form" {
		for _, pair := range strings.Split(string(in.x.body), "&") {
			read, err := url.ParseQuery(pair)
			if err != nil {
				return nil, false
			}
			_, value, _ := strings.Cut(pair, "=")
			for name := range read {
				out[name] = append(out[name], value)
			}
		}
		return out, true
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(in.x.body, &object) != nil || object == nil {
		return nil, false
	}
	for name, value := range object {
		if value[0] == '"' {
			out[name] = []string{string(value)}
		}
	}
	return out, true
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
