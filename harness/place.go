package harness

import "strconv"

// Lookup finds a value in a JSON document by its place; see LoginPlace.
func Lookup(doc any, place []string) (value any, ok bool) {
	for _, key := range place {
		switch d := doc.(type) {
		case map[string]any:
			doc, ok = d[key]
		case []any:
			i, err := strconv.Atoi(key)
			if ok = err == nil && i >= 0 && i < len(d); ok {
				doc = d[i]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return doc, len(place) > 0
}

// Holder finds the object of a JSON document that a place is in, and the key it
// has there, so that the value can be set or deleted. The key may be missing.
func Holder(doc any, place []string) (object map[string]any, key string, ok bool) {
	if len(place) == 0 {
		return nil, "", false
	}
	parent, key := place[:len(place)-1], place[len(place)-1]
	if len(parent) > 0 {
		doc, _ = Lookup(doc, parent)
	}
	object, ok = doc.(map[string]any)
	return object, key, ok
}
