package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
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
	given  Values                      // the values before building; kept only for a tape
	faults []Fault
	stages []Stage // the signature, stage by stage; nil when unsigned
	right  string  // the signature a client without faults sends; empty when unsigned
}

// result is the name of the value the recipe makes.
func (r Recipe) result() string { return r[len(r)-1].name }

// signs reports whether the form carries a signature.
func (p *Profile) signs(f *Form) bool {
	return p.Request != nil && f.uses(p.Request.result())
}

// build works the draft out, with the faults in their places.
func (d *draft) build(faults []Fault) {
	d.faults = faults
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
// cancelled, which spares an in-process server three goroutines a request.
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
