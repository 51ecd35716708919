package harness

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Every object of every schema is closed, every value is of a stated kind, and
// every property says what it means.
func TestSchemaIsClosedAndDescribed(t *testing.T) {
	for name, raw := range schemas(t).raw {
		if raw["$schema"] != "https://json-schema.org/draft/2020-12/schema" || raw["$id"] != name+".schema.json" {
			t.Errorf("%s: $schema is %v, $id is %v", name, raw["$schema"], raw["$id"])
		}
		(&schemaWalk{t, raw}).schema(name+"#", raw, false)
	}
}

type schemaWalk struct {
	t    *testing.T
	root map[string]any
}

// schema walks one schema. One that only narrows another one, such as a then,
// need not state kind and meaning again.
func (w *schemaWalk) schema(at string, v any, narrows bool) {
	m, ok := v.(map[string]any)
	if !ok && v != false {
		w.t.Errorf("%s: accepts anything", at)
	}
	if ok && !narrows {
		w.stated(at, m)
	}
	for key, value := range m {
		at := at + "/" + key
		switch key {
		case "$schema", "$id", "$ref", "title", "description", "type", "enum", "const", "required", "dependentRequired", "pattern",
			"minLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties":
		case "properties", "patternProperties", "$defs", "dependentSchemas":
			for name, sub := range value.(map[string]any) {
				w.schema(at+"/"+name, sub, narrows || key == "dependentSchemas")
				if m, ok := sub.(map[string]any); !narrows && (key == "properties" || key == "$defs") && (!ok || w.about(m) == "") {
					w.t.Errorf("%s/%s: no description", at, name)
				}
			}
		case "additionalProperties":
			if value != false {
				w.t.Errorf("%s is %v", at, value)
			}
		case "items":
			w.schema(at, value, narrows)
		case "anyOf", "oneOf", "allOf":
			for i, sub := range value.([]any) {
				w.schema(fmt.Sprintf("%s/%d", at, i), sub, narrows || key == "allOf" || m["type"] != nil)
			}
		case "if", "then", "else", "not", "propertyNames":
			w.schema(at, value, true)
		default:
			w.t.Errorf("%s: unknown keyword", at)
		}
	}
}

// stated checks that a schema says what kind of value it is about, and that an
// object is closed.
func (w *schemaWalk) stated(at string, m map[string]any) {
	kind := schemaKinds(m["type"])
	if kind == nil && m["$ref"] == nil && m["enum"] == nil && m["const"] == nil && m["anyOf"] == nil && m["oneOf"] == nil && m["allOf"] == nil {
		w.t.Errorf("%s: accepts anything", at)
	}
	object := m["properties"] != nil || m["patternProperties"] != nil || slices.Contains(kind, "object") && m["$ref"] == nil
	if object && m["additionalProperties"] != false {
		w.t.Errorf("%s: the object is open", at)
	}
}

func schemaKinds(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		return schemaStrings(v)
	}
	return nil
}

// about is the description of a schema, or of the one it refers to.
func (w *schemaWalk) about(m map[string]any) string {
	if text, ok := m["description"].(string); ok {
		return text
	}
	ref, _ := m["$ref"].(string)
	def, _ := w.root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	text, _ := def["description"].(string)
	return text
}
