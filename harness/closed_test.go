package harness

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	yamlast "github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
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

// What a case, a moment, an answer and an observation may hold is a switch in
// the engine, and so is read from its source.
func TestSchemaKeysMatchTheEngine(t *testing.T) {
	s := schemas(t)
	for _, kind := range []struct {
		def     string
		readers []string
	}{
		{"case", []string{"rawCase.UnmarshalYAML", "rawStep.field"}},
		{"step", []string{"rawStep.field"}},
		{"moment", []string{"rawMoment.UnmarshalYAML"}},
		{"scripted", []string{"Answer.UnmarshalYAML"}},
		{"observation", []string{"Observe.UnmarshalYAML"}},
	} {
		engine := map[string][]string{}
		for _, reader := range kind.readers {
			maps.Copy(engine, fieldsRead(t, reader))
		}
		place := "cases#/$defs/" + kind.def + "/properties"
		if schema := s.names(t, place); len(engine) == 0 || !slices.Equal(schema, sortedKeys(engine)) {
			t.Errorf("%s has %v, the engine reads %v", place, schema, sortedKeys(engine))
			continue
		}
		for key, values := range engine {
			if len(values) == 0 {
				continue
			}
			if schema := s.names(t, place+"/"+key+"/enum"); !slices.Equal(schema, slices.Sorted(slices.Values(values))) {
				t.Errorf("%s/%s has %v, the engine %v", place, key, schema, values)
			}
		}
	}
	honest := s.written(t, "cases#/$defs/answer/oneOf").([]any)[0].(map[string]any)["enum"]
	for _, word := range schemaStrings(honest) {
		if err := new(Answer).UnmarshalYAML(yamlNode(t, word)); err != nil {
			t.Errorf("the answer %s: %v", word, err)
		}
	}
	if err := new(Answer).UnmarshalYAML(yamlNode(t, "dishonest")); err == nil || !strings.HasSuffix(err.Error(), ": write "+strings.Join(schemaStrings(honest), ", ")) {
		t.Errorf("the schema has the answers %v; the engine says %v", honest, err)
	}
}

// fieldsRead gives the keys that a method of the engine knows in a mapping, each
// with the words that oneOf lets it be.
func fieldsRead(t *testing.T, method string) map[string][]string {
	t.Helper()
	receiver, name, _ := strings.Cut(method, ".")
	found := map[string][]string{}
	texts := func(list []ast.Expr) (out []string) {
		for _, e := range list {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				out = append(out, text)
			}
		}
		return out
	}
	clause := func(n ast.Node) bool {
		c, ok := n.(*ast.CaseClause)
		if !ok {
			return true
		}
		for _, key := range texts(c.List) {
			found[key] = nil
			ast.Inspect(c, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "oneOf" {
						found[key] = texts(call.Args)
					}
				}
				return true
			})
		}
		return true
	}
	for _, f := range sources(t, "harness") {
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != name || f.syntax.Name.Name != "harness" {
				continue
			}
			if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok && fmt.Sprint(star.X) == receiver {
				ast.Inspect(fn, clause)
			}
		}
	}
	return found
}

// yamlNode parses one value.
func yamlNode(t *testing.T, text string) yamlast.Node {
	t.Helper()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return file.Docs[0].Body
}
