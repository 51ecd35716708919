package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
)

// object is a JSON object that keeps the order of its fields.
type object []field

type field struct {
	name  string
	value any
}

// MarshalJSON writes the fields in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// with returns the object with one field set anew, at its place or at the end.
func (o object) with(name string, value any) object {
	o = slices.Clone(o)
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	return append(o, field{name, value})
}

// without returns the object without one field.
func (o object) without(name string) object {
	return slices.DeleteFunc(slices.Clone(o), func(f field) bool { return f.name == name })
}

// variety changes, from one reply to the next, what no vendor promises: the
// order of the fields, fields beyond the documented ones and the spelling of the
// media type. A test that relies on any of them fails here and not in use.
type variety struct{ count atomic.Uint64 }

func (v *variety) reply(status int, o object) reply {
	n := v.count.Add(1)
	o = slices.Clone(o)
	if n%3 == 0 {
		o = append(o, field{"requestId", fmt.Sprintf("req-%06d", n)})
	}
	if n%2 == 0 {
		slices.Reverse(o)
	}
	body, err := json.Marshal(o)
	if err != nil {
		return crash()
	}
	mediaType := "application/json"
	if n%4 >= 2 {
		mediaType = "application/json; charset=utf-8"
	}
	return reply{status: status, contentType: mediaType, body: body}
}
