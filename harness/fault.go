package harness

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
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
	"drop":         {about: "leave out the header, parameter or field that carries this value", finish: func(d *draft, v any) { d.drop(v.(string)) }},
	"blank":        {about: "empty the header, parameter or field that carries this value", finish: func(d *draft, v any) { d.replaceField(v.(string), "") }},
	"nullify":      {about: "send null in the field that carries this value", finish: func(d *draft, v any) { d.replaceField(v.(string), nil) }},
	"number":       {about: "send a number in the field that carries this value", finish: func(d *draft, v any) { d.replaceField(v.(string), 12345) }},
	"move-token":   {about: "send the token as this query parameter, and no Authorization", finish: func(d *draft, v any) { d.moveToken(v.(string)) }},
	"move-header":  {about: "send the Authorization header under this name", finish: func(d *draft, v any) { d.moveHeader(v.(string)) }},
	"query":        {about: "append this template to the query", finish: func(d *draft, v any) { d.appendQuery(v.([]Template)[0].Render(d.values)) }},
	"body":         {about: "send this text as the body", finish: func(d *draft, v any) { d.body, d.bodySet = v.(string), true }},
	"encoding":     {about: "send the fields in this encoding", values: []string{"form", "json"}, finish: func(d *draft, v any) { d.encoding = v.(string) }},
	"content-type": {about: "name another media type", finish: func(d *draft, v any) { d.contentType = v.(string) }},
	"omit-required": {about: "leave out what the operation requires", values: []string{"first"},
		prepare: func(d *draft, _ any) { d.lacking = true }},
	"state": {about: "put the server in a documented state first"},
}

func newFault(kind string, value any) (Fault, error) {
	k, ok := faultKinds[kind]
	if !ok {
		return Fault{}, fmt.Errorf("unknown fault %q; known are %s", kind, strings.Join(sortedKeys(faultKinds), ", "))
	}
	if k.values != nil && !contains(k.values, fmt.Sprint(value)) {
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
	case "mint", "sign-stage", "headers":
		m := value.(yaml.MapSlice)
		if f.value = &(oddStages{written: m}); kind == "headers" {
			f.value = headerFaults(m)
		}
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
			out[i] = ParseTemplate(fmt.Sprint(item))
		}
	}
	return out
}

// String is the fault as a person would write it.
func (f Fault) String() string {
	text, err := yaml.MarshalWithOptions(f.written, yaml.Flow(true))
	if err != nil {
		return f.Kind
	}
	return f.Kind + ": " + strings.TrimSpace(string(text))
}

// signatureChanges alter a finished signature.
var signatureChanges = map[string]func(string) string{
	"flip-first":    func(s string) string { return flipAt(s, 0) },
	"flip-middle":   func(s string) string { return flipAt(s, len(s)/2) },
	"flip-last":     func(s string) string { return flipAt(s, len(s)-1) },
	"truncated":     func(s string) string { s = strings.TrimRight(s, "="); return s[:len(s)-1] },
	"truncated-45":  func(s string) string { return s[:min(45, len(s)-1)] },
	"first-8":       func(s string) string { return s[:min(8, len(s)-1)] },
	"extended":      func(s string) string { return s + "0" },
	"doubled":       func(s string) string { return s + s },
	"upper":         strings.ToUpper,
	"empty":         func(string) string { return "" },
	"zeros":         func(s string) string { return strings.Repeat("0", len(s)) },
	"letters":       func(s string) string { return strings.Repeat("z", len(s)) },
	"reversed":      reversed,
	"tail-replaced": func(s string) string { return s[:min(8, len(s))] + reversed(flipAll(s[min(8, len(s)):])) },
	"one-character": func(s string) string { return s[:1] },
	"huge":          func(s string) string { return strings.Repeat(s+"0", 60) },
}

// otherCase changes the case of the letters, so that the text is sure to differ:
// where the first way changes nothing the second does, and where there are no
// letters a character is altered.
func otherCase(s string, first, second func(string) string) string {
	for _, change := range []func(string) string{first, second} {
		if other := change(s); other != s {
			return other
		}
	}
	return flipAt(s, len(s)-1)
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// flipAt changes one character into another of the same kind.
func flipAt(s string, at int) string {
	if s == "" {
		return "0"
	}
	b := []byte(s)
	b[at] = flip(b[at])
	return string(b)
}

func flipAll(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = flip(b[i])
	}
	return string(b)
}

// flip keeps digits digits and letters letters of the same case, within the
// hexadecimal ones, so that the form of the text stays right.
func flip(c byte) byte {
	switch {
	case c == '0':
		return '1'
	case c >= '1' && c <= '9':
		return c - 1
	case c == 'a', c == 'A':
		return c + 1
	case c >= 'b' && c <= 'z', c >= 'B' && c <= 'Z':
		return c - 1
	default:
		return 'x'
	}
}

// tokenChanges alter a token's text without its key. For a token of three parts
// (RFC 7519) some speak of the header, the payload and the signature.
var tokenChanges = map[string]func(string) string{
	"unknown": func(s string) string {
		return mapParts(s, func(_ int, p string) string { return reversed(flipAll(p)) })
	},
	"truncated":      func(s string) string { return s[:len(s)-1] },
	"extended":       func(s string) string { return s + "A" },
	"upper":          func(s string) string { return otherCase(s, strings.ToUpper, strings.ToLower) },
	"lower":          func(s string) string { return otherCase(s, strings.ToLower, strings.ToUpper) },
	"half":           func(s string) string { return s[:len(s)/2] },
	"empty":          func(string) string { return "" },
	"one-character":  func(string) string { return "x" },
	"word":           func(string) string { return "null" },
	"doubled":        func(s string) string { return s + s },
	"flip-first":     func(s string) string { return flipAt(s, 0) },
	"flip-middle":    func(s string) string { return flipAt(s, len(s)/2) },
	"huge":           func(s string) string { return strings.Repeat(s, 30) },
	"flip-header":    func(s string) string { return mapParts(s, flipPart(0)) },
	"flip-payload":   func(s string) string { return mapParts(s, flipPart(1)) },
	"flip-signature": func(s string) string { return mapParts(s, flipPart(2)) },
	"no-signature": func(s string) string {
		return mapParts(s, func(i int, p string) string { return p[:len(p)*min(1, 2-i)] })
	},
	"two-parts":     func(s string) string { return s[:max(0, strings.LastIndexByte(s, '.'))] },
	"one-part":      func(s string) string { part, _, _ := strings.Cut(s, "."); return part },
	"four-parts":    func(s string) string { return s + ".e30" },
	"leading-dot":   func(s string) string { return "." + s },
	"padded":        func(s string) string { return s + "=" },
	"empty-header":  func(s string) string { return mapParts(s, emptyPart(0)) },
	"empty-payload": func(s string) string { return mapParts(s, emptyPart(1)) },
	"swapped-parts": func(s string) string {
		p := strings.Split(s, ".")
		if len(p) == 3 {
			p[0], p[1] = p[1], p[0]
		}
		return strings.Join(p, ".")
	},
	"inner-space":        func(s string) string { return s[:len(s)/2] + " " + s[len(s)/2:] },
	"reversed":           reversed,
	"alg-none":           func(s string) string { return withoutSignature(s, "none") + "." },
	"alg-None":           func(s string) string { return withoutSignature(s, "None") + "." },
	"alg-NONE":           func(s string) string { return withoutSignature(s, "NONE") + "." },
	"alg-none-two-parts": func(s string) string { return withoutSignature(s, "none") },
	"claims-replaced":    replaceClaims,
	"claims-extended":    extendClaims,
}

// withoutSignature makes the unsigned twin of a JSON Web Token (RFC 7515
// appendix A.5).
func withoutSignature(s, alg string) string {
	parts := strings.Split(s, ".")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + alg + `","typ":"JWT"}`))
	return header + "." + parts[min(1, len(parts)-1)]
}

// replaceClaims puts another subject into the payload and keeps the signature.
func replaceClaims(s string) string {
	return mapParts(s, func(i int, part string) string {
		if i != 1 {
			return part
		}
		return base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"somebody-else","client_id":"somebody-else","iat":0,"exp":253402300799}`))
	})
}

// extendClaims prolongs the token's life and keeps the signature.
func extendClaims(s string) string {
	return mapParts(s, func(i int, part string) string {
		payload, err := base64.RawURLEncoding.DecodeString(part)
		if i != 1 || err != nil {
			return part
		}
		longer := expClaim.ReplaceAll(payload, []byte("${0}0"))
		return base64.RawURLEncoding.EncodeToString(longer)
	})
}

var expClaim = regexp.MustCompile(`"exp": *[0-9]+`)

func mapParts(s string, change func(i int, part string) string) string {
	parts := strings.Split(s, ".")
	for i := range parts {
		parts[i] = change(i, parts[i])
	}
	return strings.Join(parts, ".")
}

// flipPart changes a character in the middle of one part, where it is sure to
// change the decoded bytes.
func flipPart(n int) func(int, string) string {
	return func(i int, part string) string {
		if i == n {
			return flipAt(part, len(part)/2)
		}
		return part
	}
}

func emptyPart(n int) func(int, string) string {
	return func(i int, part string) string {
		if i == n {
			return ""
		}
		return part
	}
}
