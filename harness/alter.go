package harness

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// This file is what faults do to a draft.

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
	d.values[d.carried(value)] = "" // an answer has nothing to repeat
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
	d.values[d.carried(of)] = ""
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

// sendBody sends another body, in which none of the fields is found.
func (d *draft) sendBody(text string) {
	d.body, d.bodySet = text, true
	for _, n := range d.form.Fields {
		d.values[n.Value()] = ""
	}
}
