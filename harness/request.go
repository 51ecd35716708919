package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// draft is one request on its way from values to bytes. Faults work on it in
// three places: before signing, on the signature, and on the finished request.
type draft struct {
	profile     *Profile
	form        *Form
	op          *Operation
	values      Values
	method      string
	target      string
	recipe      Recipe
	signed      Values    // values the signature uses in place of those sent
	tokenLogin  time.Time // when the token was issued, at the earliest
	tokenBy     time.Time // and at the latest
	now         time.Time // the server's time, as far as we know it
	fields      []bodyField
	headers     http.Header
	query       []string
	body        string
	bodySet     bool
	contentType string
	lacking     bool     // leave out what the operation requires
	encoding    string   // of the fields, where it is not the form's
	reused      bool     // its signature was sent before, by another case
	repeated    bool     // it shares its values with the request before
	stamps      []string // further timestamps, for requests that carry several

	known  func(string) (string, bool) // see answerValue
	stages []Stage                     // the signature, stage by stage; nil when unsigned
	right  string                      // the signature a client without faults sends; empty when unsigned
}

type bodyField struct {
	name  string
	value any
	gone  bool
}

// result is the name of the value the recipe makes.
func (r Recipe) result() string { return r[len(r)-1].name }

// signs reports whether the form carries a signature.
func (p *Profile) signs(f *Form) bool {
	return p.Request != nil && f.uses(p.Request.result())
}

// build works the draft out, with the faults in their places.
func (d *draft) build(faults []Fault) {
	d.method, d.target = d.op.Method, d.op.Path
	d.contentType = d.op.ContentType
	for _, f := range faults {
		if k := faultKinds[f.Kind]; k.prepare != nil {
			k.prepare(d, f.value)
		}
	}
	d.fillTarget()
	for _, n := range d.form.Values {
		d.values[n.Name] = n.Text.Render(d.values)
	}
	if !d.form.carriesSignature(d.profile) { // the signature may then cover the body
		d.fillFields()
	}
	d.sign()
	for _, f := range faults {
		if k := faultKinds[f.Kind]; k.sign != nil {
			k.sign(d, f.value)
		}
	}
	d.fillHeaders()
	d.fillQuery()
	d.fillFields()
	for _, f := range faults {
		if k := faultKinds[f.Kind]; k.finish != nil {
			k.finish(d, f.value)
		}
	}
	d.encodeBody()
}

func (d *draft) fillTarget() {
	d.values["method"], d.values["target"] = d.method, d.target
	path, query, _ := strings.Cut(d.target, "?")
	d.values["path"], d.values["query"] = path, query
}

func (d *draft) fillHeaders() {
	d.headers = make(http.Header, len(d.form.Headers)+3)
	for _, n := range d.form.Headers {
		key := n.Name
		d.headers[key] = append(d.headers[key], n.Text.Render(d.values))
		if len(d.stamps) > 0 && n.Text.Has("timestamp") {
			for _, stamp := range d.stamps {
				d.headers[key] = append(d.headers[key], renderWith(n.Text, d.values, "timestamp", stamp))
			}
		}
	}
}

func (d *draft) fillQuery() {
	for _, n := range d.form.Query {
		d.query = append(d.query, url.QueryEscape(n.Name)+"="+url.QueryEscape(n.Text.Render(d.values)))
		if n.Text.Has("timestamp") {
			for _, stamp := range d.stamps {
				d.query = append(d.query, url.QueryEscape(n.Name)+"="+url.QueryEscape(renderWith(n.Text, d.values, "timestamp", stamp)))
			}
		}
	}
}

func renderWith(t Template, v Values, name, value string) string {
	was := v[name]
	v[name] = value
	text := t.Render(v)
	v[name] = was
	return text
}

// fillFields renders the body's fields. It runs before signing, because a
// signature may cover the body, and again after, because the body may carry it.
func (d *draft) fillFields() {
	if len(d.form.Fields) == 0 && len(d.op.Fields.entries) == 0 {
		if d.body = d.op.Body; d.lacking {
			d.body = "{}"
		}
		if strings.Contains(d.body, "{serial}") {
			d.body = strings.ReplaceAll(d.body, "{serial}", d.values["serial"])
		}
		d.values["body"] = d.body
		return
	}
	d.fields = d.fields[:0]
	for _, n := range d.form.Fields {
		d.fields = append(d.fields, bodyField{name: n.Name, value: n.Text.Render(d.values)})
	}
	for _, e := range d.op.Fields.entries {
		d.fields = append(d.fields, bodyField{name: e.key, value: e.value})
	}
	if !d.form.carriesSignature(d.profile) {
		d.body = encodeFields(d.fields, d.form.Encoding)
		d.values["body"] = d.body
	}
}

func (f *Form) carriesSignature(p *Profile) bool {
	if p.Request == nil {
		return false
	}
	for _, n := range f.Fields {
		if n.Text.Has(p.Request.result()) {
			return true
		}
	}
	return false
}

func (d *draft) sign() {
	if !d.profile.signs(d.form) {
		return
	}
	result := d.profile.Request.result()
	if d.signed == nil && d.recipe == nil {
		d.stages = d.profile.Request.Run(d.values, make([]Stage, 0, len(d.profile.Request)))
		d.right = d.values[result]
		return
	}
	right := copyValues(d.values)
	d.profile.Request.Run(right, nil)
	d.right = right[result]
	used := copyValues(d.values)
	for name, value := range d.signed {
		used[name] = value
	}
	if _, ok := d.signed["target"]; !ok && (d.signed["path"] != "" || d.signed["query"] != "") {
		used["target"] = used["path"] + "?" + used["query"]
	}
	recipe := d.recipe
	if recipe == nil {
		recipe = d.profile.Request
	}
	d.stages = recipe.Run(used, nil)
	for _, s := range d.stages {
		d.values[s.Name] = s.Value
	}
}

func copyValues(v Values) Values {
	out := make(Values, len(v)+4)
	for name, value := range v {
		out[name] = value
	}
	return out
}

// encodeBody settles the bytes and the media type of the body.
func (d *draft) encodeBody() {
	encoding := firstOf(d.encoding, d.form.Encoding)
	if !d.bodySet && len(d.fields) > 0 {
		d.body = encodeFields(d.fields, encoding)
	}
	if d.contentType == "" && d.body != "" {
		d.contentType = "application/json"
		if len(d.fields) > 0 && encoding == "form" {
			d.contentType = "application/x-www-form-urlencoded; charset=UTF-8"
		}
	}
	if d.contentType != "" && d.body != "" {
		d.headers["Content-Type"] = []string{d.contentType}
	}
}

func encodeFields(fields []bodyField, encoding string) string {
	var b []byte
	if encoding == "form" {
		for _, f := range fields {
			values, many := f.value.([]any)
			if !many {
				values = []any{f.value}
			}
			for _, v := range values {
				if f.gone {
					continue
				}
				if len(b) > 0 {
					b = append(b, '&')
				}
				b = append(b, url.QueryEscape(f.name)...)
				b = append(b, '=')
				if v != nil {
					b = append(b, url.QueryEscape(fmt.Sprint(v))...)
				}
			}
		}
		return string(b)
	}
	b = append(b, '{')
	for _, f := range fields {
		if f.gone {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendJSONString(b, f.name)
		b = append(b, ':')
		if s, ok := f.value.(string); ok {
			b = appendJSONString(b, s)
			continue
		}
		text, _ := marshalPlain(jsonValue(f.value))
		b = append(b, text...)
	}
	return string(append(b, '}'))
}

// jsonValue turns an ordered YAML mapping into what encoding/json understands.
func jsonValue(v any) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		m := map[string]any{}
		for _, item := range v {
			m[fmt.Sprint(item.Key)] = jsonValue(item.Value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonValue(v[i])
		}
		return list
	}
	return v
}

// wholeTarget is the path and query as they are sent.
func (d *draft) wholeTarget() string {
	if len(d.query) == 0 {
		return d.target
	}
	join := "?"
	if strings.Contains(d.target, "?") {
		join = "&"
	}
	return d.target + join + strings.Join(d.query, "&")
}

// request makes the HTTP request for a base URL. Without a context it cannot be
// cancelled, which spares an in-process server two goroutines a request.
func (d *draft) request(ctx context.Context, base *url.URL) (*http.Request, error) {
	target := base.Path + d.wholeTarget()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("request target %q: %w", target, err)
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	d.headers["User-Agent"] = userAgent
	r := &http.Request{Method: d.method, URL: u, Host: base.Host, Header: d.headers,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(d.body)), Body: http.NoBody}
	if d.body != "" {
		r.Body = io.NopCloser(strings.NewReader(d.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(d.body)), nil }
	}
	if ctx == nil {
		return r, nil
	}
	return r.WithContext(ctx), nil
}

var userAgent = []string{"skewproof (API authentication conformance test)"}

// The rest of this file is what faults do to a draft.

func (d *draft) alterCredential(c Credential, how string) {
	v := d.values[c.Name]
	switch how {
	case "wrong", "unknown":
		v = reversed(flipAll(v))
	case "altered":
		v = flipAt(v, len(v)-1)
	case "empty":
		v = ""
	case "upper":
		v = otherCase(v, strings.ToUpper, strings.ToLower)
	case "lower":
		v = otherCase(v, strings.ToLower, strings.ToUpper)
	case "short":
		v = v[:len(v)-1]
	case "long":
		v += "0"
	case "one-character":
		v = v[:1]
	case "trailing-space":
		v += " "
	case "huge":
		v = strings.Repeat(v, 10_000/len(v)+1)
	case "secret":
		v = d.values[d.profile.Secret().Name]
	case "identity":
		v = d.values[d.profile.Identity().Name]
	case "other":
		v = d.values["other_"+c.Name]
	case "token":
		v = d.values["token"]
	}
	d.values[c.Name] = v
}

func (d *draft) signOther(name string, change func(string, *draft) string) {
	d.fillTarget()
	if d.signed == nil {
		d.signed = Values{}
	}
	switch name {
	case "path":
		d.signed["path"] = change(name, d)
		d.signed["target"] = d.signed["path"]
		if q := d.values["query"]; q != "" {
			d.signed["target"] += "?" + q
		}
	case "query":
		d.signed["query"] = change(name, d)
		d.signed["target"] = d.values["path"]
		if q := d.signed["query"]; q != "" {
			d.signed["target"] += "?" + q
		}
	default:
		d.signed[name] = change(name, d)
	}
}

// otherValue is a value of the same form that another request could have.
func otherValue(name string, d *draft) string {
	switch name {
	case "method":
		if d.method == http.MethodPut {
			return http.MethodPatch
		}
		return http.MethodPut
	case "path":
		return d.values["path"] + "/other"
	case "query":
		return d.values["query"] + "&other=1"
	case "target":
		return d.values["target"] + "/other"
	case "body":
		return d.body + " "
	case "timestamp":
		if f := d.profile.Timestamp; f != nil {
			if t, err := f.Parse(d.values["timestamp"]); err == nil {
				return f.Format(t.Add(-f.Granule))
			}
		}
	}
	return reversed(flipAll(d.values[name]))
}

func (d *draft) mint(odd *oddStages) {
	values := d.profile.TokenValues(d.values, d.tokenLogin)
	values["now"] = strconv.FormatInt(d.now.Unix(), 10)
	recipe := d.profile.Token.Recipe.with(odd.compiled(d.profile))
	recipe.Run(values, nil)
	d.values["token"] = values[recipe.result()]
}

// TokenValues are what a token recipe draws on.
func (p *Profile) TokenValues(v Values, issued time.Time) Values {
	out := copyValues(v)
	out["issued"] = strconv.FormatInt(issued.Unix(), 10)
	out["now"] = out["issued"]
	out["expires"] = strconv.FormatInt(issued.Add(p.Token.Lifetime).Unix(), 10)
	return out
}

// setTimestamp replaces the stamp by text, in which {timestamp}, {seconds},
// {milliseconds} and {iso} stand for the right instant. A list sends several.
func (d *draft) setTimestamp(list []Template) {
	right := d.values["timestamp"]
	values := Values{"timestamp": right}
	if t, err := d.profile.Timestamp.Parse(right); err == nil {
		values["seconds"] = strconv.FormatInt(t.Unix(), 10)
		values["milliseconds"] = strconv.FormatInt(t.UnixMilli(), 10)
		values["iso"] = t.Format(time.RFC3339)
		values["date"] = t.Format(time.DateOnly)
		values["time"] = t.Format(time.TimeOnly)
		values["hex"] = strconv.FormatInt(t.Unix(), 16)
		values["stale"] = d.profile.Timestamp.Format(t.Add(-2*d.profile.Window.Past - time.Hour))
		values["fullwidth"] = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, right)
	}
	for i, item := range list {
		text := item.Render(values)
		if i == 0 {
			d.values["timestamp"] = text
		} else {
			d.stamps = append(d.stamps, text)
		}
	}
}

// setHeader replaces a header, named in canonical form. In the templates
// {scheme} and {credentials} stand for the two halves of what it was.
func (d *draft) setHeader(key string, list []Template) {
	values := copyValues(d.values)
	values["identity"], values["secret"] = d.values[d.profile.Identity().Name], d.values[d.profile.Secret().Name]
	if right := d.headers[key]; len(right) > 0 {
		values["scheme"], values["credentials"], _ = strings.Cut(right[0], " ")
	}
	delete(d.headers, key)
	for _, item := range list {
		// A server never sees the white space around a field value (RFC 9110 §5.5).
		d.headers[key] = append(d.headers[key], strings.Trim(item.Render(values), " \t"))
	}
	d.noteSent(key)
}

// noteSent keeps the values in step with a header that was replaced, because an
// answer may repeat what was sent.
func (d *draft) noteSent(key string) {
	for _, n := range d.form.Headers {
		sent := Values{}
		if n.Name == key && len(d.headers[key]) == 1 && n.Text.Parse(d.headers[key][0], sent) {
			for name, value := range sent {
				d.values[name] = value
			}
		}
	}
}

func (d *draft) drop(value string) {
	place, n := d.form.Carrier(d.carried(value))
	switch place {
	case "header":
		delete(d.headers, n.Name)
	case "query":
		d.query = without(d.query, url.QueryEscape(n.Name)+"=")
	case "field":
		for i := range d.fields {
			if d.fields[i].name == n.Name {
				d.fields[i].gone = true
			}
		}
	}
}

// carried turns the words identity, secret and signature into the profile's
// own names for them.
func (d *draft) carried(value string) string {
	switch value {
	case "identity":
		return d.profile.Identity().Name
	case "secret":
		return d.profile.Secret().Name
	case "signature":
		if d.profile.Request != nil {
			return d.profile.Request.result()
		}
	}
	return value
}

func without(list []string, prefix string) []string {
	var out []string
	for _, s := range list {
		if !strings.HasPrefix(s, prefix) {
			out = append(out, s)
		}
	}
	return out
}

func (d *draft) replaceField(of string, as any) {
	place, n := d.form.Carrier(d.carried(of))
	switch place {
	case "header":
		d.setHeader(n.Name, templates(as))
	case "query":
		d.query = append(without(d.query, url.QueryEscape(n.Name)+"="), url.QueryEscape(n.Name)+"="+url.QueryEscape(fmt.Sprint(as)))
	case "field":
		for i := range d.fields {
			if d.fields[i].name == n.Name {
				d.fields[i].value = as
			}
		}
	}
}

func (d *draft) moveToken(parameter string) {
	delete(d.headers, "Authorization")
	d.appendQuery(parameter + "=" + url.QueryEscape(d.values["token"]))
}

func (d *draft) moveHeader(name string) {
	values := d.headers["Authorization"]
	delete(d.headers, "Authorization")
	if name == "Cookie" {
		values = []string{"Authorization=" + url.QueryEscape(strings.Join(values, " "))}
	}
	d.headers[name] = values
}

func (d *draft) appendQuery(text string) { d.query = append(d.query, text) }
