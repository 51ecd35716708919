package mutant

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// places lists where the scalars of a JSON document stand.
func places(text []byte) [][]string {
	var doc any
	if json.Unmarshal(text, &doc) != nil {
		return nil
	}
	var all [][]string
	var walk func(v any, at []string)
	walk = func(v any, at []string) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], append(slices.Clone(at), key))
			}
		case []any:
			if len(v) == 0 {
				all = append(all, at)
			} else {
				walk(v[0], append(slices.Clone(at), "0"))
			}
		default:
			all = append(all, at)
		}
	}
	walk(doc, nil)
	return all
}

// listIn is the place of the first list of a JSON document that holds something;
// nil where none does.
func listIn(text []byte) []string {
	for _, place := range places(text) {
		for i, key := range place {
			if key == "0" {
				return place[:i]
			}
		}
	}
	return nil
}

// twice writes a key of the sample before the others, with another value, so that
// it is there twice.
func twice(sample []byte) func(*reference.Told) {
	return func(t *reference.Told) {
		object, _ := valueAt(t.Body, nil).(map[string]any)
		for _, place := range places(sample) {
			if v, has := object[place[0]]; has {
				other, _ := otherValue(v)
				text, _ := json.Marshal(map[string]any{place[0]: other}) // of what was read as JSON
				t.Body = append(append(text[:len(text)-1], ','), bytes.TrimLeft(t.Body, "{ \n")...)
				return
			}
		}
	}
}

// valueAt is what stands at a place of a JSON document.
func valueAt(text []byte, place []string) any {
	var doc any
	_ = json.Unmarshal(text, &doc) // what cannot be read holds nothing
	if len(place) == 0 {
		return doc
	}
	v, _ := harness.Lookup(doc, place)
	return v
}

// changing changes the value at a place of the body.
func changing(place []string, change func(any) (value any, gone bool)) func(*reference.Told) {
	return func(t *reference.Told) {
		var doc any
		if json.Unmarshal(t.Body, &doc) != nil {
			return
		}
		object, key, ok := harness.Holder(doc, place)
		was, has := object[key]
		if !ok || !has {
			return
		}
		value, drop := change(was)
		if drop {
			delete(object, key)
		} else {
			object[key] = value
		}
		if text, err := json.Marshal(doc); err == nil {
			t.Body = text
		}
	}
}

func gone(any) (any, bool) { return nil, true }

// otherType is a value that says the same in another type.
func otherType(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return []any{v}, false
	case bool, float64:
		return map[string]any{"value": v}, false
	case []any:
		return "none", false
	}
	return 0, false
}

// otherValue is another value of the same type.
func otherValue(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return "Something else", false
	case bool:
		return !v, false
	case float64:
		return v + 1, false
	case []any:
		return []any{map[string]any{"Code": 1, "Message": "Something else"}}, false
	}
	return "something", false
}
