package reports_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

type object = map[string]any

// resultsSchema is the schema as it is written.
func resultsSchema(t *testing.T) object {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, "results.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(object)
}

// follows checks a results file against the published schema.
func follows(t *testing.T, results string) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	const name = "https://skewproof.invalid/results.schema.json"
	if err := c.AddResource(name, resultsSchema(t)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(results))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

func TestResultsFollowTheirSchema(t *testing.T) {
	if resultsSchema(t)["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Error("the schema is not of draft 2020-12")
	}
	shown := everything(t)
	shown.Suites[0].Results[2].Shown = []harness.Showing{{Variant: "status", Values: []string{"401", "403"}}}
	for claim, run := range map[string]*reports.Run{
		"every verdict":    everything(t),
		"shown variants":   shown,
		"nothing":          {},
		"no case":          runOf(t),
		"a problem":        {Problem: "set SKEWPROOF_TROLLEY_SECRET_KEY"},
		"half a run":       {Interrupted: true, Problem: "the run was interrupted", Suites: everything(t).Suites},
		"a hostile target": spoiled(t, hostileTexts["every control character"]),
		"invalid UTF-8":    spoiled(t, hostileTexts["invalid UTF-8"]),
	} {
		if _, results := write(t, run); follows(t, results) != nil {
			t.Errorf("%s: %v", claim, follows(t, results))
		}
	}
	random := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		if _, results := write(t, randomRun(t, random)); follows(t, results) != nil {
			t.Fatalf("a random run: %v", follows(t, results))
		}
	}
}

// A schema that takes anything says nothing: every kind of place is changed
// once, and each change refused.
func TestTheSchemaRefusesWhatResultsNeverAre(t *testing.T) {
	run := everything(t)
	run.Problem, run.Interrupted = "the run was interrupted", true
	run.Suites[0].Results[0].Shown = []harness.Showing{{Variant: "status", Values: []string{"401"}}}
	_, good := write(t, run)
	for _, tt := range []struct{ claim, old, new string }{
		{"another version", `"version": 1`, `"version": 2`},
		{"no version", `"version": 1,`, ``},
		{"an unknown key", `"version": 1`, `"version": 1, "verison": 1`},
		{"an empty problem", `"problem": "the run was interrupted"`, `"problem": ""`},
		{"interrupted in words", `"interrupted": true`, `"interrupted": "yes"`},
		{"not interrupted, which is left out", `"interrupted": true`, `"interrupted": false`},
		{"a third side", `"side": "server"`, `"side": "proxy"`},
		{"a vendor in capitals", `"vendor": "trolley"`, `"vendor": "Trolley"`},
		{"an unknown key of a suite", `"side": "server"`, `"side": "server", "offset": "1 s"`},
		{"a count of an unknown verdict", `"error": 1`, `"broken": 1`},
		{"a count of none", `"error": 1`, `"error": 0`},
		{"a count in words", `"error": 1`, `"error": "1"`},
		{"an unknown verdict", `"verdict": "pass"`, `"verdict": "passed"`},
		{"a case without a verdict", `"verdict": "pass",`, ``},
		{"a name without an aspect", `"name": "trolley/window/is-pass"`, `"name": "trolley/is-pass"`},
		{"a requirement of a case that is none", `"DEMO-001"`, `""`},
		{"a requirement that is none", `"requirement": "DEMO-001"`, `"requirement": "the first"`},
		{"an unknown level", `"level": "MUST"`, `"level": "must"`},
		{"an unknown state", `"state": "unproven"`, `"state": "open"`},
		{"a count below none", `"ran": 0`, `"ran": -1`},
		{"a kind that is none", `"kind": "status"`, `"kind": "Status code"`},
		{"an unknown key of a finding", `"kind": "status"`, `"kind": "status", "got": "200"`},
		{"a finding without a problem", `"kind": "status",`, ``},
		{"a shown value that is none", `"status": [`, `"status": [null,`},
		{"a duration", `"verdict": "pass"`, `"verdict": "pass", "time": 0.5`},
	} {
		bad := strings.Replace(good, tt.old, tt.new, 1)
		if bad == good {
			t.Errorf("%s: %s is not there", tt.claim, tt.old)
		} else if err := follows(t, bad); err == nil {
			t.Errorf("%s: accepted", tt.claim)
		} else if !json.Valid([]byte(bad)) {
			t.Errorf("%s: refused for being no JSON: %v", tt.claim, err)
		}
	}
	if err := follows(t, good); err != nil {
		t.Errorf("refused before it was broken: %v", err)
	}
}

// The schema has the keys of the Go types, no more and no fewer, and requires
// those that are always written.
func TestTheSchemaIsThatOfTheTypes(t *testing.T) {
	root := resultsSchema(t)
	described(t, "", root)
	walkType(t, "results", root, root, reports.ResultsFile)
}

func walkType(t *testing.T, at string, root, schema object, typ reflect.Type) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(object)[strings.TrimPrefix(ref, "#/$defs/")].(object)
	}
	switch typ.Kind() {
	case reflect.Slice:
		walkType(t, at+"[]", root, schema["items"].(object), typ.Elem())
	case reflect.Map:
		walkType(t, at+"{}", root, schema["additionalProperties"].(object), typ.Elem())
	case reflect.Struct:
		if schema["additionalProperties"] != false {
			t.Errorf("%s is not closed", at)
		}
		properties := schema["properties"].(object)
		var keys, always []string
		for i := range typ.NumField() {
			name, option, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			keys = append(keys, name)
			if option != "omitempty" {
				always = append(always, name)
			}
			if p, ok := properties[name].(object); ok {
				walkType(t, at+"."+name, root, p, typ.Field(i).Type)
			}
		}
		slices.Sort(keys)
		if has := slices.Sorted(maps.Keys(properties)); !slices.Equal(has, keys) {
			t.Errorf("%s: the schema has %v, the type %v", at, has, keys)
		}
		var required []string
		for _, r := range schema["required"].([]any) {
			required = append(required, r.(string))
		}
		slices.Sort(required)
		slices.Sort(always)
		if !slices.Equal(required, always) {
			t.Errorf("%s: the schema requires %v, and always written are %v", at, required, always)
		}
	}
}

// described checks that every object, property and definition is explained.
func described(t *testing.T, at string, schema object) {
	if _, ref := schema["$ref"]; !ref && schema["description"] == nil {
		t.Errorf("%s/ is not described", at)
	}
	for _, group := range []string{"properties", "$defs"} {
		members, _ := schema[group].(object)
		for name, member := range members {
			described(t, at+"/"+name, member.(object))
		}
	}
}

func enum(t *testing.T, place object) []string {
	t.Helper()
	var out []string
	for _, v := range place["enum"].([]any) {
		out = append(out, v.(string))
	}
	slices.Sort(out)
	return out
}

func TestTheSchemaNamesEveryValue(t *testing.T) {
	defs := resultsSchema(t)["$defs"].(object)
	var known []string
	for _, v := range verdicts {
		known = append(known, string(v.verdict))
	}
	levels := []string{string(harness.Must), string(harness.Should), string(harness.May), string(harness.Open)}
	states := []string{string(reports.Failed), string(reports.Unproven), string(reports.Noted), string(reports.Proven), string(reports.Untested)}
	for _, tt := range []struct {
		claim     string
		has, want []string
	}{
		{"verdicts", enum(t, defs["verdict"].(object)), known},
		{"levels", enum(t, defs["level"].(object)), levels},
		{"states", enum(t, defs["requirement"].(object)["properties"].(object)["state"].(object)), states},
		{"kinds", enum(t, defs["finding"].(object)["properties"].(object)["kind"].(object)), kinds(t)},
	} {
		slices.Sort(tt.want)
		if !slices.Equal(tt.has, tt.want) {
			t.Errorf("%s: the schema has\n%q\nand there are\n%q", tt.claim, tt.has, tt.want)
		}
	}
}

// The schema is kept in the form that an editor would give it.
func TestTheSchemaIsTidy(t *testing.T) {
	text, err := os.ReadFile("results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.ContainsAny(text, "\t\r") || !bytes.HasSuffix(text, []byte("}\n")) {
		t.Error("tabs, carriage returns, or no line feed at the end")
	}
}
