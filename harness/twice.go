package harness

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// twice lists the places of the keys that stand twice in one object, of which some
// readers take the first value and some the last. Elements of lists have the key "".
// There are as many keys in the text as there are colons outside of its strings, so
// a document with as many keys needs no closer look.
func twice(body []byte, doc any) [][]string {
	if colons(body) == keys(doc) {
		return nil
	}
	var all [][]string
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var read func(at []string) error
	read = func(at []string) error {
		open, err := dec.Token()
		if open != json.Delim('{') && open != json.Delim('[') {
			return err
		}
		seen := map[string]bool{}
		for dec.More() && len(at) < maxDepth && len(all) < maxFacts {
			name := ""
			if open == json.Delim('{') {
				key, err := dec.Token()
				if err != nil {
					return err
				}
				if name = key.(string); seen[name] {
					all = append(all, append(slices.Clone(at), name))
				}
				seen[name] = true
			}
			if err := read(append(at, name)); err != nil {
				return err
			}
		}
		if dec.More() {
			return io.ErrShortBuffer // deeper, or more, than anything documented
		}
		_, err = dec.Token()
		return err
	}
	_ = read(nil) // it was read before
	return all
}

// colons counts those outside of strings.
func colons(body []byte) int {
	n := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case ':':
			n++
		case '"':
			for i++; i < len(body) && body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
		}
	}
	return n
}

// keys counts those of all objects.
func keys(doc any) int {
	n := 0
	switch doc := doc.(type) {
	case map[string]any:
		n = len(doc)
		for _, v := range doc {
			n += keys(v)
		}
	case []any:
		for _, v := range doc {
			n += keys(v)
		}
	}
	return n
}

// doubled is the first key of the answer that stands twice where the pattern
// documents it; empty for none. What else an answer holds is the server's affair.
func (p *pattern) doubled(a *answer) string {
	for _, place := range a.twice {
		if p.documents(place) {
			return strings.ReplaceAll(strings.Join(place, "."), "..", "[].")
		}
	}
	return ""
}

// documents reports whether the pattern speaks of the place.
func (p *pattern) documents(place []string) bool {
	switch {
	case p == nil || len(place) == 0:
		return p != nil
	case p.kind == 'o':
		if k := p.at(place[:1]); k != nil {
			return k.documents(place[1:])
		}
	case p.kind == 'a' && place[0] == "":
		return p.items.documents(place[1:])
	}
	return false
}
