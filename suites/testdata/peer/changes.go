package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// change is one way in which a vendor may become another than it was yesterday,
// switched on by name. A fault breaks a clause; a change need not: whether
// somebody notices it is what it is for.
type change struct {
	name     string // vendor/kebab-name
	sentence string
	apply    func(r *request, o object, a *reply) object // nil where the change is made elsewhere
}

var changes = []change{
	{"trolley/status-403", "Refusals have the status 403, not 401.", func(_ *request, o object, a *reply) object {
		if a.status == http.StatusUnauthorized {
			a.status = http.StatusForbidden
		}
		return o
	}},
	{"irp/message-table", "The message of a TimeStamp outside of the window is worded as in the table of the pages, not with a capital to each word.", func(_ *request, o object, _ *reply) object {
		return o.each("Messages", func(m object) object {
			if m.get("Message") == irpMessages[2001] {
				return m.with("Message", "TimeStamp is not within permitted timespan.")
			}
			return m
		})
	}},
	{"trolley/extra-field", "Every reply has a field apiVersion.", func(_ *request, o object, _ *reply) object {
		return append(o, field{"apiVersion", "2"})
	}},
	{"trolley/meta-missing", "A list has no meta, which no page speaks of.", func(_ *request, o object, _ *reply) object {
		return o.without("meta")
	}},
	{"trolley/ok-missing", "A success has no ok.", func(_ *request, o object, a *reply) object {
		if a.status < 300 {
			return o.without("ok")
		}
		return o
	}},
	{"trolley/meta-array", "The meta of a list is an array, which no page speaks of.", func(_ *request, o object, _ *reply) object {
		if meta := o.get("meta"); meta != nil {
			return o.with("meta", []any{meta})
		}
		return o
	}},
	{"irp/success-text", "Success is a text and not a boolean.", func(_ *request, o object, _ *reply) object {
		if b, ok := o.get("Success").(bool); ok {
			return o.with("Success", map[bool]string{true: "True", false: "False"}[b])
		}
		return o
	}},
	{"trolley/window-26s", "Timestamps more than 26 seconds off are refused.", nil},
	{"irp/signature-before-timestamp", "Authenticate checks the signature before the timestamp.", nil},
	{"spreetail/challenge-missing", "A 401 has no WWW-Authenticate.", func(_ *request, o object, a *reply) object {
		a.challenge = ""
		return o
	}},
	{"trolley/rate-limit-missing", "Replies do not tell the rate limit.", func(_ *request, o object, a *reply) object {
		for name := range a.header {
			if strings.HasPrefix(name, "X-Rate-Limit-") {
				delete(a.header, name)
			}
		}
		return o
	}},
	{"spreetail/token-life-12h", "A token lives for 12 hours, and expires_in says so.", func(_ *request, o object, _ *reply) object {
		data, ok := o.get("data").(object)
		if ok && data.get("expires_in") != nil {
			return o.with("data", data.with("expires_in", 12*3600))
		}
		return o
	}},
	{"trolley/list-500", "A list of recipients is answered with a bare 500.", func(r *request, o object, a *reply) object {
		if a.status < 300 && r.URL.Path == "/v1/recipients" {
			*a = crash()
			return nil
		}
		return o
	}},
}

// changed are the changes that are switched on.
type changed []change

// parseChanges reads a comma-separated list.
func parseChanges(list string) (changed, error) {
	var on changed
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		i := slices.IndexFunc(changes, func(c change) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown change %q; -list-changes prints them", name)
		}
		on = append(on, changes[i])
	}
	return on, nil
}

func (c changed) has(name string) bool {
	return slices.ContainsFunc(c, func(one change) bool { return one.name == name })
}

// rewrite makes the vendor's answer what it has become.
func (c changed) rewrite(vendor string, r *request, a reply) reply {
	var o object
	for _, one := range c {
		if one.apply == nil || !strings.HasPrefix(one.name, vendor+"/") {
			continue
		}
		if o == nil {
			if err := json.Unmarshal(a.body, &o); err != nil {
				return a // it is no JSON object
			}
		}
		if o = one.apply(r, o, &a); o == nil {
			return a
		}
	}
	if o != nil {
		if body, err := json.Marshal(o); err == nil {
			a.body = body
		}
	}
	return a
}

// listChanges prints them, one tab-separated line each.
func listChanges(w io.Writer) {
	for _, c := range changes {
		fmt.Fprintf(w, "%s\t%s\n", c.name, c.sentence)
	}
}

// get is the value of the field; nil for none.
func (o object) get(name string) any {
	for _, f := range o {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// each applies the function to the objects of an array.
func (o object) each(name string, f func(object) object) object {
	list, _ := o.get(name).([]any)
	out := make([]any, len(list))
	for i, item := range list {
		if out[i] = item; item != nil {
			if one, ok := item.(object); ok {
				out[i] = f(one)
			}
		}
	}
	if len(list) == 0 {
		return o
	}
	return o.with(name, out)
}

// UnmarshalJSON reads an object, and those in it, in the order of their fields.
func (o *object) UnmarshalJSON(text []byte) error {
	v, err := readOrdered(json.NewDecoder(strings.NewReader(string(text))))
	if err != nil {
		return err
	}
	read, ok := v.(object)
	if !ok {
		return fmt.Errorf("no object")
	}
	*o = read
	return nil
}

// readOrdered reads one value, numbers as they are spelt.
func readOrdered(dec *json.Decoder) (any, error) {
	dec.UseNumber()
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := readOrdered(dec)
			if err != nil {
				return nil, err
			}
			o = append(o, field{name.(string), value})
		}
		_, err = dec.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			value, err := readOrdered(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = dec.Token()
		return list, err
	}
	return token, nil
}
