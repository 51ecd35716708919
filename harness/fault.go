package harness

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Fault is one thing broken on purpose in a request that is otherwise right.
type Fault struct {
	Kind    string
	written any // as the case has it
	value   any // ready for use: texts that are templates are parsed
}

// faultKind says when a fault applies: to the values before they are signed, to
// the signature, or to the finished request.
type faultKind struct {
	about   string
	values  []string // the values it takes; nil for free text or a structure
	carrier bool     // its value names one that the request carries
	prepare func(*draft, any)
	sign    func(*draft, any)
	finish  func(*draft, any)
}

// The closed list of faults. Each leaves everything else of the request right:
// a wrong key, for one, still signs with the right secret.
var faultKinds = map[string]faultKind{
	"secret": {about: "sign, or log in, with another secret", values: []string{"wrong", "empty", "altered", "identity", "upper", "trailing-space"},
		prepare: func(d *draft, v any) { d.alterCredential(d.profile.Secret(), v.(string)) }},
	"key": {about: "name another customer", values: []string{"unknown", "altered", "upper", "lower", "empty", "short", "long", "one-character", "secret", "trailing-space", "token", "huge", "other"},
		prepare: func(d *draft, v any) { d.alterCredential(d.profile.Identity(), v.(string)) }},
	"signature": {about: "alter the finished signature", values: sortedKeys(signatureChanges),
		sign: func(d *draft, v any) {
			name := d.profile.Request.result()
			d.values[name] = signatureChanges[v.(string)](d.values[name])
		}},
	"sign-other": {about: "sign another value than is sent",
		prepare: func(d *draft, v any) { d.signOther(v.(string), otherValue) }},
	"leave-out": {about: "sign without this input",
		prepare: func(d *draft, v any) { d.signOther(v.(string), func(string, *draft) string { return "" }) }},
	"sign-stage": {about: "make a stage of the signature another way", prepare: func(d *draft, v any) { d.recipe = d.profile.Request.with(v.(*oddStages).compiled(d.profile)) }},
	"timestamp":  {about: "send, and sign, this text as the timestamp", prepare: func(d *draft, v any) { d.setTimestamp(v.([]Template)) }},
	"token":      {about: "alter the token", values: sortedKeys(tokenChanges), prepare: func(d *draft, v any) { d.values["token"] = tokenChanges[v.(string)](d.values["token"]) }},
	"mint":       {about: "make the token another way", prepare: func(d *draft, v any) { d.mint(v.(*oddStages)) }},
	"method":     {about: "use another method", prepare: func(d *draft, v any) { d.method = v.(string) }},
	"path":       {about: "call another path", prepare: func(d *draft, v any) { d.target = v.(string) }},
	"authorization": {about: "replace the Authorization header: a template, several, or [] for none",
		finish: func(d *draft, v any) { d.setHeader("Authorization", v.([]Template)) }},
	"headers": {about: "replace headers: name to template, list of templates, or null for none",
		finish: func(d *draft, v any) {
			for _, h := range v.([]headerFault) {
				d.setHeader(h.name, h.values)
			}
		}},
	"drop":         {about: "leave out the header, parameter or field that carries this value", carrier: true, finish: func(d *draft, v any) { d.drop(v.(string)) }},
	"blank":        carrying("empty the header, parameter or field that carries this value", ""),
	"nullify":      carrying("send null in the field that carries this value", nil),
	"number":       carrying("send a number in the field that carries this value", 12345),
	"zero":         carrying("send 0 in the field that carries this value", 0),
	"boolean":      carrying("send true in the field that carries this value", true),
	"list":         carrying("send an empty list in the field that carries this value", []any{}),
	"object":       carrying("send an object in the field that carries this value, as it passes for a query in some databases", map[string]any{"$ne": ""}),
	"move-token":   {about: "send the token as this query parameter, and no Authorization", finish: func(d *draft, v any) { d.moveToken(v.(string)) }},
	"move-header":  {about: "send the Authorization header under this name", finish: func(d *draft, v any) { d.moveHeader(v.(string)) }},
	"query":        {about: "append this template to the query", finish: func(d *draft, v any) { d.appendQuery(v.([]Template)[0].Render(d.values)) }},
	"body":         {about: "send this text as the body", finish: func(d *draft, v any) { d.sendBody(v.(string)) }},
	"encoding":     {about: "send the fields in this encoding", values: []string{"form", "json"}, finish: func(d *draft, v any) { d.encoding = v.(string) }},
	"content-type": {about: "name another media type", finish: func(d *draft, v any) { d.contentType = v.(string) }},
	"omit-required": {about: "leave out what the operation requires", values: []string{"first"},
		prepare: func(d *draft, _ any) { d.lacking = true }},
	"state": {about: "put the server in a documented state first"},
}

// carrying is a fault that sends something else where the request carries a value.
func carrying(about string, as any) faultKind {
	return faultKind{about: about, carrier: true, finish: func(d *draft, v any) { d.replaceField(v.(string), as) }}
}

func newFault(kind string, value any) (Fault, error) {
	k, ok := faultKinds[kind]
	if !ok {
		return Fault{}, fmt.Errorf("unknown fault %q; known are %s", kind, strings.Join(sortedKeys(faultKinds), ", "))
	}
	if k.values != nil && !slices.Contains(k.values, fmt.Sprint(value)) {
		return Fault{}, fmt.Errorf("fault %s takes %s, not %v", kind, strings.Join(k.values, ", "), value)
	}
	f := Fault{Kind: kind, written: value, value: value}
	if _, list := value.([]any); list && kind != "authorization" && kind != "timestamp" {
		return Fault{}, fmt.Errorf("fault %s takes a text, not a list", kind)
	}
	if _, mapping := value.(yaml.MapSlice); mapping != (kind == "mint" || kind == "sign-stage" || kind == "headers") {
		return Fault{}, fmt.Errorf("fault %s takes %s", kind, map[bool]string{true: "a text, not a mapping", false: "a mapping"}[mapping])
	}
	if value == nil && kind != "body" {
		return Fault{}, fmt.Errorf("fault %s has no value", kind)
	}
	switch kind {
	case "mint", "sign-stage":
		f.value = &oddStages{written: value.(yaml.MapSlice)}
	case "headers":
		f.value = headerFaults(value.(yaml.MapSlice))
	case "authorization", "timestamp", "query":
		f.value = templates(value)
	default:
		if value == nil {
			value = ""
		}
		f.value = fmt.Sprint(value)
	}
	return f, nil
}

// headerFault is a header to replace; without values it is left out.
type headerFault struct {
	name   string
	values []Template
}

func headerFaults(m yaml.MapSlice) []headerFault {
	var out []headerFault
	for _, item := range m {
		h := headerFault{name: http.CanonicalHeaderKey(fmt.Sprint(item.Key))}
		if item.Value != nil {
			h.values = templates(item.Value)
		}
		out = append(out, h)
	}
	return out
}

// templates reads one text, or a list of texts.
func templates(v any) []Template {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	out := make([]Template, len(list))
	for i, item := range list {
		if item != nil {
			out[i] = parseTemplate(fmt.Sprint(item))
		}
	}
	return out
}

// signedInput is what the signature must cover for the server to notice the
// fault; empty when it does not hang on one input.
func (f Fault) signedInput() string {
	switch f.Kind {
	case "sign-other", "leave-out":
		return f.value.(string)
	case "query":
		return "query"
	}
	return ""
}

// String is the fault as a person would write it.
func (f Fault) String() string {
	text, err := yaml.MarshalWithOptions(f.written, yaml.Flow(true))
	if err != nil {
		return f.Kind
	}
	return f.Kind + ": " + strings.TrimSpace(string(text))
}
