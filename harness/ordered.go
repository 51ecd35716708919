package harness

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// ordered is a YAML mapping that remembers the order of its keys, which is the
// order of the vendor's page. A sequence of names reads as keys without values.
type ordered[T any] struct {
	entries []entry[T]
}

type entry[T any] struct {
	key   string
	value T
}

// UnmarshalYAML reads a mapping, or a sequence of names.
func (o *ordered[T]) UnmarshalYAML(unmarshal func(any) error) error {
	var names []any
	if unmarshal(&names) == nil {
		for _, n := range names {
			o.entries = append(o.entries, entry[T]{key: fmt.Sprint(n)})
		}
		return nil
	}
	var order yaml.MapSlice
	if err := unmarshal(&order); err != nil {
		return err
	}
	values := map[string]T{}
	if err := unmarshal(&values); err != nil {
		return err
	}
	for _, item := range order {
		key := fmt.Sprint(item.Key)
		o.entries = append(o.entries, entry[T]{key: key, value: values[key]})
	}
	return nil
}

func (o ordered[T]) get(key string) (T, bool) {
	for _, e := range o.entries {
		if e.key == key {
			return e.value, true
		}
	}
	var zero T
	return zero, false
}

func (o ordered[T]) keys() []string {
	keys := make([]string, len(o.entries))
	for i, e := range o.entries {
		keys[i] = e.key
	}
	return keys
}
