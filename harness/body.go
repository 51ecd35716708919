package harness

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/goccy/go-yaml"
)

type bodyField struct {
	name  string
	value any
	gone  bool
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

// encodeBody settles the bytes and the media type of the body.
func (d *draft) encodeBody() {
	encoding := cmp.Or(d.encoding, d.form.Encoding)
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
