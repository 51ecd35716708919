package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/skewproof/skewproof/vectors"
)

// schemaSet holds the schemas of vectors/schema, as written and compiled, by
// the name before .schema.json.
type schemaSet struct {
	raw      map[string]map[string]any
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const schemaBase = "https://skewproof.invalid/schema/"

var loadSchemas = sync.OnceValues(func() (*schemaSet, error) {
	files, err := fs.Glob(vectors.FS, "schema/*.schema.json")
	if err != nil {
		return nil, err
	}
	s := &schemaSet{raw: map[string]map[string]any{}, compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	for _, file := range files {
		text, err := fs.ReadFile(vectors.FS, file)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := s.compiler.AddResource(schemaBase+path.Base(file), doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		s.raw[strings.TrimSuffix(path.Base(file), ".schema.json")] = doc.(map[string]any)
	}
	for name := range s.raw {
		if s.compiled[name], err = s.compiler.Compile(schemaBase + name + ".schema.json"); err != nil {
			return nil, err
		}
	}
	return s, nil
})

func schemas(t *testing.T) *schemaSet {
	t.Helper()
	s, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// part compiles one place in a schema, such as profile#/$defs/step.
func (s *schemaSet) part(t *testing.T, place string) *jsonschema.Schema {
	t.Helper()
	name, pointer, _ := strings.Cut(place, "#")
	compiled, err := s.compiler.Compile(schemaBase + name + ".schema.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// at gives what is written at a place in a schema.
func (s *schemaSet) at(t *testing.T, place string) any {
	t.Helper()
	name, pointer, _ := strings.Cut(place, "#/")
	var v any = s.raw[name]
	for _, key := range strings.Split(pointer, "/") {
		m, ok := v.(map[string]any)
		if !ok || m[key] == nil {
			t.Fatalf("%s: nothing at %q", place, key)
		}
		v = m[key]
	}
	return v
}

// names gives the strings of a list, or the keys of a mapping, sorted.
func (s *schemaSet) names(t *testing.T, place string) []string {
	t.Helper()
	var out []string
	switch v := s.at(t, place).(type) {
	case map[string]any:
		return sortedKeys(v)
	case []any:
		for _, item := range v {
			out = append(out, fmt.Sprint(item))
		}
	default:
		t.Fatalf("%s: neither a list nor a mapping", place)
	}
	slices.Sort(out)
	return out
}

// schemaValue turns a document into what the schemas are about.
func schemaValue(name string, text []byte) (any, error) {
	if path.Ext(name) == ".json" {
		return jsonschema.UnmarshalJSON(bytes.NewReader(text))
	}
	var v any
	err := yaml.Unmarshal(text, &v)
	return v, err
}

// schemaFor names the schema of a data file; empty for a schema itself.
func schemaFor(t *testing.T, name string) string {
	t.Helper()
	base := path.Base(name)
	switch {
	case strings.HasPrefix(name, "schema/"):
		return ""
	case strings.HasPrefix(name, "common/"), base == "cases.yaml":
		return "cases"
	case base == "profile.yaml", base == "requirements.yaml", base == "signatures.json":
		return strings.TrimSuffix(base, path.Ext(base))
	}
	t.Fatalf("%s: no schema for files of this name", name)
	return ""
}

func (s *schemaSet) validate(t *testing.T, name string, text []byte) error {
	t.Helper()
	v, err := schemaValue(name, text)
	if err != nil {
		return err
	}
	return s.compiled[schemaFor(t, name)].Validate(v)
}

func TestSchemaOfEveryDataFile(t *testing.T) {
	s, seen := schemas(t), map[string]int{}
	err := fs.WalkDir(vectors.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || schemaFor(t, name) == "" {
			return err
		}
		seen[schemaFor(t, name)]++
		text, err := fs.ReadFile(vectors.FS, name)
		if err != nil {
			return err
		}
		if err := s.validate(t, name, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sortedKeys(seen), sortedKeys(s.raw); !slices.Equal(got, want) {
		t.Errorf("data files of the kinds %v were checked; there are schemas for %v", got, want)
	}
}

// The engine and the schemas keep the same closed lists.
func TestSchemaListsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	hold := func(what string, schema, engine []string) {
		t.Helper()
		slices.Sort(engine)
		if !slices.Equal(schema, engine) {
			t.Errorf("%s: the schema has %v, the engine %v", what, schema, engine)
		}
	}
	hold("flows", s.names(t, "profile#/properties/flow/enum"), []string{string(SignEachRequest), string(SignThenToken), string(LoginThenBearer)})
	hold("timestamp formats", s.names(t, "profile#/$defs/timestampFormat/enum"), sortedKeys(timestampFormats))
	hold("checks", s.names(t, "profile#/$defs/checks/items/enum"), slices.Clone(knownChecks))
	hold("levels", s.names(t, "requirements#/$defs/requirement/properties/level/enum"), []string{string(Must), string(Should), string(May), string(Open)})
	hold("sides", s.names(t, "requirements#/$defs/requirement/properties/side/enum"), enginesSides(t))
	hold("faults", s.names(t, "cases#/$defs/fault/properties"), sortedKeys(faultKinds))
	for kind, k := range faultKinds {
		if k.values != nil {
			hold("fault "+kind, s.names(t, "cases#/$defs/fault/properties/"+kind+"/enum"), slices.Clone(k.values))
		}
	}
	_, err := (&Profile{}).subjects("nothing")
	_, known, _ := strings.Cut(fmt.Sprint(err), "known are ")
	hold("each", s.names(t, "cases#/$defs/case/properties/each/enum"), strings.Split(known, ", "))
	for _, name := range s.names(t, "profile#/properties/operations/propertyNames/not/enum") {
		p := &Profile{Operations: []*Operation{{Name: name, AboutToken: true}}}
		if _, err := p.operationFor(Step{Call: name}); err == nil {
			t.Errorf("operations: %q is an ordinary name to the engine", name)
		}
	}
	for _, name := range callValues {
		if !slices.Contains(s.names(t, "profile#/properties/variants/propertyNames/not/enum"), name) {
			t.Errorf("variants: a variant may not be called %q", name)
		}
	}
}

// enginesSides reads the sides from the loader's complaint about another one.
func enginesSides(t *testing.T) []string {
	t.Helper()
	folder := fstest.MapFS{"x/requirements.yaml": {Data: []byte("requirements: [{id: X-1, level: MUST, side: nobody}]\n")}}
	err := (&loader{}).requirements(folder, &Profile{Vendor: "x"}, nil)
	_, known, ok := strings.Cut(fmt.Sprint(err), "; write ")
	if !ok {
		t.Fatal(err)
	}
	return strings.Split(strings.ReplaceAll(known, " or ", ", "), ", ")
}

func TestSchemaStepsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	step := s.part(t, "profile#/$defs/step")
	var plain []string
	for name := range builtinSteps {
		text, key := name, "secret_key"
		if !strings.HasPrefix(name, "hmac-") {
			plain = append(plain, name)
			text, key = name+" secret_key", ""
		}
		right := strings.TrimSpace(name + " " + key)
		for _, text := range []string{right, right + ",hex", "hex, " + right} {
			if err := step.Validate(text); err != nil {
				t.Errorf("the schema refuses the step %q", text)
			}
		}
		if step.Validate(text) == nil {
			t.Errorf("the schema accepts the step %q", text)
		}
		if err := s.part(t, "cases#/$defs/feature").Validate(name + "-signature"); err != nil {
			t.Errorf("the schema refuses the feature %s-signature", name)
		}
	}
	slices.Sort(plain)
	alternatives := s.at(t, "profile#/$defs/step/anyOf").([]any)
	var enum []string
	for _, name := range alternatives[0].(map[string]any)["enum"].([]any) {
		enum = append(enum, name.(string))
	}
	slices.Sort(enum)
	if !slices.Equal(enum, plain) {
		t.Errorf("steps without key: the schema has %v, the engine %v", enum, plain)
	}
	for _, a := range alternatives {
		pattern, _ := a.(map[string]any)["pattern"].(string)
		for _, m := range regexp.MustCompile(`\(([^()]*\|hmac)-\(([^()]*)\) `).FindAllStringSubmatch(pattern, -1) {
			names := strings.Split(strings.TrimSuffix(m[1], "|hmac"), "|")
			for _, hash := range strings.Split(m[2], "|") {
				names = append(names, "hmac-"+hash)
			}
			slices.Sort(names)
			if want := sortedKeys(builtinSteps); !slices.Equal(names, want) {
				t.Errorf("steps: the schema has %v, the engine %v", names, want)
			}
		}
	}
	for _, bad := range []any{"", "hmac-sha256", "hex secret_key", "sha3", "HEX", "hmac-sha256  secret", "hmac-sha256 Secret", 5} {
		if step.Validate(bad) == nil {
			t.Errorf("the schema accepts the step %v", bad)
		}
	}
}

func TestSchemaVariantsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	builtin := builtinVariants()
	if got, want := s.names(t, "profile#/properties/variants/properties"), sortedKeys(builtin); !slices.Equal(got, want) {
		t.Errorf("built-in variants: the schema has %v, the engine %v", got, want)
	}
	for name, v := range builtin {
		place := s.at(t, "profile#/properties/variants/properties/"+name).(map[string]any)
		if about := fmt.Sprint(place["description"]); !strings.Contains(about, " Default: "+v.Default) {
			t.Errorf("variant %s: the schema says %q; the default is %s", name, about, v.Default)
		}
		var listed []string
		own := place["allOf"].([]any)[1].(map[string]any)["properties"].(map[string]any)
		for _, value := range own["default"].(map[string]any)["enum"].([]any) {
			listed = append(listed, value.(string))
		}
		if !slices.Equal(listed, v.Values) {
			t.Errorf("variant %s: the schema has %v, the engine %v", name, listed, v.Values)
		}
		values, _ := json.Marshal(own["values"])
		enum, _ := json.Marshal(own["default"])
		if want := fmt.Sprintf(`{"items":%s,"propertyNames":%s}`, enum, enum); string(values) != want {
			t.Errorf("variant %s: the schema's values are %s, its defaults %s", name, values, enum)
		}
	}
}

// The claims that a profile maps to requirements are those of the common cases.
func TestSchemaClaimsMatchTheCommonCases(t *testing.T) {
	s, l := schemas(t), &loader{}
	if err := l.loadCommon(); err != nil {
		t.Fatal(err)
	}
	claims := map[string]bool{"no-key-echo": true} // which the engine checks in every answer
	for _, c := range l.common {
		for _, claim := range c.raw.Rule {
			if claim != "order-{first}" {
				claims[claim] = true
			}
		}
	}
	if got, want := s.names(t, "profile#/properties/rules/properties"), sortedKeys(claims); !slices.Equal(got, want) {
		t.Errorf("claims: the schema has %v, common/ %v", got, want)
	}
	for claim, covers := range nearerClaims {
		about := fmt.Sprint(s.at(t, "profile#/properties/rules/properties/"+claim).(map[string]any)["description"])
		if !claims[claim] || !claims[covers] || !strings.HasSuffix(about, " Default: "+covers+".") {
			t.Errorf("claim %s: the schema says %q; without it the engine takes %s", claim, about, covers)
		}
	}
	var orders []string
	for pattern := range s.at(t, "profile#/properties/rules/patternProperties").(map[string]any) {
		if list, ok := strings.CutPrefix(pattern, "^order-("); ok {
			orders = strings.Split(strings.TrimSuffix(list, ")$"), "|")
		}
	}
	slices.Sort(orders)
	if want := sortedKeys(orderFaults); !slices.Equal(orders, want) {
		t.Errorf("order claims: the schema has %v, the engine %v", orders, want)
	}
}

// What common cases may ask of a profile is what a profile can have.
func TestSchemaFeaturesMatchTheEngine(t *testing.T) {
	s := schemas(t)
	engine := map[string]bool{}
	for _, flow := range s.names(t, "profile#/properties/flow/enum") {
		for _, place := range []string{"header", "query", "field"} {
			form := &Form{Headers: []Named{{"Authorization", ParseTemplate("Bearer {token}")}}}
			carrier := []Named{{"T", ParseTemplate("{timestamp}")}}
			switch place {
			case "header":
				form.Headers = append(form.Headers, carrier...)
			case "query":
				form.Query = carrier
			case "field":
				form.Fields = carrier
			}
			p := &Profile{Flow: Flow(flow), Call: form, Login: form, Timestamp: &TimestampFormat{}, Token: &Token{},
				Request: Recipe{{name: "signature", text: ParseTemplate("{timestamp}{method}{target}{body}")}}, Operations: []*Operation{{}}}
			maps.Copy(engine, p.features())
		}
	}
	delete(engine, "stamped-in-")
	delete(engine, "login-stamped-in-")
	feature := s.part(t, "cases#/$defs/feature")
	for name := range engine {
		if feature.Validate(name) != nil || feature.Validate("!"+name) != nil {
			t.Errorf("the schema does not know the feature %s", name)
		}
	}
	for _, a := range s.at(t, "cases#/$defs/feature/anyOf").([]any) {
		for _, name := range alternatives(a.(map[string]any)["pattern"].(string)) {
			if !engine[name] && !strings.HasSuffix(name, "-signature") && !strings.HasPrefix(name, "error-") {
				if _, ok := engine[name]; !ok {
					t.Errorf("no profile can have the feature %s of the schema", name)
				}
			}
		}
	}
}

// alternatives expands a pattern such as ^!?(a-)?(b|c)$ into a-b, a-c, b and c.
func alternatives(pattern string) []string {
	out := []string{""}
	rest := strings.TrimSuffix(strings.TrimPrefix(pattern, "^!?"), "$")
	for rest != "" {
		var next []string
		before, group, found := strings.Cut(rest, "(")
		options, after, _ := strings.Cut(group, ")")
		words := strings.Split(options, "|")
		if optional, ok := strings.CutPrefix(after, "?"); ok {
			words, after = append(words, ""), optional
		}
		if !found {
			words, after = []string{""}, ""
		}
		for _, o := range out {
			for _, w := range words {
				next = append(next, o+before+w)
			}
		}
		out, rest = next, after
	}
	return out
}

// The schema and the parser agree on offsets and durations.
func TestSchemaOffsetsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	offset, duration := s.part(t, "cases#/$defs/offset"), s.part(t, "profile#/$defs/duration")
	for _, text := range []string{"0", "1s", "+1s", "-window", "-window-1s", "- window - 1s", "2*lifetime", "lifetime/2", "-2*window/3+1h30m", "+window+granule",
		"1.5s", "5h45m", "365d", "500ms", "-window -1us", "1µs",
		"windw", "window1s", "1", "5", "1x", "1 day", "--1s", "1s-", "+", "*2", "2*", "window/0", "window/x", "window*2", "1d12h", "Window", "1.5d", "lifetime//2"} {
		_, err := ParseOffset(text)
		if valid := offset.Validate(text) == nil; valid != (err == nil) {
			t.Errorf("offset %q: valid by the schema: %v; the parser says %v", text, valid, err)
		}
	}
	for _, text := range []string{"30s", "5m", "24h", "2d", "1h30m", "+5m", ".5s", "1.5h", "1us", "1µs", "100ns",
		"", "0s", "0d", "-5m", "5", "5 m", "1d12h", "soon", "5M", "1.5d", "h"} {
		err := new(Duration).UnmarshalYAML(func(into any) error { *into.(*string) = text; return nil })
		if valid := duration.Validate(text) == nil; valid != (err == nil) {
			t.Errorf("duration %q: valid by the schema: %v; the loader says %v", text, valid, err)
		}
	}
}

// Every object of every schema is closed, everything is of a stated kind, and
// every property says what it means.
func TestSchemaIsClosedAndDescribed(t *testing.T) {
	for name, raw := range schemas(t).raw {
		w := &schemaWalk{t: t, root: raw}
		w.schema(name+"#", raw, false)
		if raw["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $schema is %v", name, raw["$schema"])
		}
		if raw["$id"] != name+".schema.json" {
			t.Errorf("%s: $id is %v", name, raw["$id"])
		}
	}
}

type schemaWalk struct {
	t    *testing.T
	root map[string]any
}

// schema walks one schema. One that only adds to another, closed one, such as a
// then, states neither kind nor meaning again.
func (w *schemaWalk) schema(at string, v any, adds bool) {
	m, ok := v.(map[string]any)
	if !ok {
		if v != false {
			w.t.Errorf("%s: accepts anything", at)
		}
		return
	}
	if !adds {
		w.stated(at, m)
	}
	for key, value := range m {
		at := at + "/" + key
		switch key {
		case "$schema", "$id", "$ref", "title", "description", "type", "enum", "const", "required", "dependentRequired", "pattern",
			"minLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties":
		case "properties", "patternProperties", "$defs":
			for name, sub := range value.(map[string]any) {
				w.schema(at+"/"+name, sub, adds)
				if m, ok := sub.(map[string]any); !adds && key != "patternProperties" && (!ok || w.about(m) == "") {
					w.t.Errorf("%s/%s: no description", at, name)
				}
			}
		case "items":
			w.schema(at, value, adds)
		case "additionalProperties":
			if value != false {
				w.t.Errorf("%s is %v", at, value)
			}
		case "anyOf", "oneOf":
			for i, sub := range value.([]any) {
				// Where the schema states its type, alternatives only narrow it.
				w.schema(fmt.Sprintf("%s/%d", at, i), sub, adds || m["type"] != nil)
			}
		case "allOf":
			for i, sub := range value.([]any) {
				w.schema(fmt.Sprintf("%s/%d", at, i), sub, true)
			}
		case "if", "then", "else", "not", "propertyNames":
			w.schema(at, value, true)
		case "dependentSchemas":
			for name, sub := range value.(map[string]any) {
				w.schema(at+"/"+name, sub, true)
			}
		default:
			w.t.Errorf("%s: unknown keyword", at)
		}
	}
}

// stated checks that a schema says what kind of value it is about, and that an
// object is closed.
func (w *schemaWalk) stated(at string, m map[string]any) {
	known := false
	for _, key := range []string{"type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"} {
		known = known || m[key] != nil
	}
	if !known {
		w.t.Errorf("%s: accepts anything", at)
	}
	object := m["properties"] != nil || m["patternProperties"] != nil
	switch kind := m["type"].(type) {
	case string:
		object = object || kind == "object"
	case []any:
		object = object || slices.Contains(kind, any("object")) && m["$ref"] == nil
	}
	if object && m["additionalProperties"] != false {
		w.t.Errorf("%s: the object is open", at)
	}
}

// about is the description of a schema, or of the one it refers to.
func (w *schemaWalk) about(m map[string]any) string {
	if text, ok := m["description"].(string); ok {
		return text
	}
	ref, _ := m["$ref"].(string)
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
		if def, ok := w.root["$defs"].(map[string]any)[name].(map[string]any); ok {
			return w.about(def)
		}
	}
	return ""
}

// readme gives vectors/README.md with the files of its complete example, and
// its other YAML blocks.
func readme(t *testing.T) (text string, files fstest.MapFS, fragments []string) {
	t.Helper()
	b, err := os.ReadFile("../vectors/README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, files = string(b), fstest.MapFS{}
	for _, m := range regexp.MustCompile("(?ms)(?:^\\*\\*([a-z./-]+)\\*\\*\n\n)?^```(yaml|json)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			files[m[1]] = &fstest.MapFile{Data: []byte(m[3])}
		} else if m[2] == "yaml" {
			fragments = append(fragments, m[3])
		}
	}
	return text, files, fragments
}

// The complete example of README.md is a vendor that loads.
func TestReadmeExampleLoads(t *testing.T) {
	s := schemas(t)
	_, files, _ := readme(t)
	if got := sortedKeys(files); len(got) != 4 {
		t.Fatalf("README.md has the files %v; four are expected", got)
	}
	vendor := path.Dir(sortedKeys(files)[0])
	for name, file := range files {
		if err := s.validate(t, name, file.Data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	profiles, err := Load([]string{vendor}, WithFolder(files))
	if err != nil {
		t.Fatal(err)
	}
	p := profiles[0]
	cited := map[string]bool{}
	own := 0
	for _, c := range p.Cases {
		for _, rule := range c.Rules {
			cited[rule] = true
		}
		if strings.HasPrefix(c.File, vendor+"/") {
			own++
		}
	}
	if own == 0 || own == len(p.Cases) || len(p.Vectors) == 0 {
		t.Errorf("%d cases of its own of %d, %d vectors", own, len(p.Cases), len(p.Vectors))
	}
	for _, r := range p.Requirements {
		if cited[r.ID] == (r.Untested != "") {
			t.Errorf("%s: cited %v, untested %q", r.ID, cited[r.ID], r.Untested)
		}
	}
}

// Every other block of README.md is a piece of a profile, or a file of cases or
// requirements.
func TestReadmeFragmentsAreValid(t *testing.T) {
	s := schemas(t)
	_, _, fragments := readme(t)
	if len(fragments) < 6 {
		t.Errorf("only %d blocks found", len(fragments))
	}
	for _, text := range fragments {
		v, err := schemaValue("fragment.yaml", []byte(text))
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
			continue
		}
		for key, value := range v.(map[string]any) {
			place := "profile#/properties/" + key
			switch key {
			case "cases", "requirements", "sources":
				place = strings.Replace(key, "sources", "requirements", 1) + "#/properties/" + key
			}
			if err := s.part(t, place).Validate(value); err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		}
	}
}

// README.md names everything that a profile or a case may name.
func TestReadmeIsComplete(t *testing.T) {
	s := schemas(t)
	text, _, _ := readme(t)
	var names []string
	names = append(names, sortedKeys(faultKinds)...)
	names = append(names, sortedKeys(timestampFormats)...)
	names = append(names, knownChecks...)
	names = append(names, sortedKeys(builtinVariants())...)
	names = append(names, sortedKeys(fallbacks)...)
	names = append(names, knownErrors...)
	names = append(names, sortedKeys(builtinSteps)...)
	for _, place := range []string{"profile#/properties/flow/enum", "cases#/$defs/case/properties/each/enum", "profile#/properties",
		"profile#/properties/rules/properties", "profile#/$defs/operation/properties", "profile#/$defs/credential/properties",
		"profile#/$defs/variant/properties", "profile#/$defs/error/properties", "cases#/$defs/case/properties",
		"requirements#/$defs/requirement/properties", "requirements#/$defs/source/properties", "profile#/properties/operations/propertyNames/not/enum",
		"signatures#/$defs/vector/properties", "signatures#/$defs/vector/properties/origin/enum"} {
		names = append(names, s.names(t, place)...)
	}
	for _, a := range s.at(t, "cases#/$defs/feature/anyOf").([]any) {
		if p := a.(map[string]any)["pattern"].(string); !strings.Contains(p, "error-") && !strings.Contains(p, "-signature") && !strings.Contains(p, "signs-") {
			names = append(names, alternatives(strings.Replace(p, "(login-)?", "", 1))...)
		}
	}
	// What stands in code: between backticks, and in the blocks.
	code := " " + strings.Join(regexp.MustCompile("(?s)```.*?```|`[^`\n]+`").FindAllString(text, -1), " ") + " "
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(code, func(r rune) bool {
		return !strings.ContainsRune("-_", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		words[word] = true
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !words[name] {
			t.Errorf("README.md does not name %s", name)
		}
	}
}
