package harness

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/skewproof/skewproof/vectors"
)

// schemaSet holds the schemas of vectors/schema by the name before .schema.json.
type schemaSet struct {
	raw      map[string]map[string]any
	compiler *jsonschema.Compiler
}

const schemaBase = "https://skewproof.invalid/schema/"

var loadSchemas = sync.OnceValues(func() (*schemaSet, error) {
	files, err := fs.Glob(vectors.FS, "schema/*.schema.json")
	if err != nil {
		return nil, err
	}
	s := &schemaSet{raw: map[string]map[string]any{}, compiler: jsonschema.NewCompiler()}
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

// compiled gives a schema, or one place in it such as profile#/$defs/step.
func (s *schemaSet) compiled(t *testing.T, place string) *jsonschema.Schema {
	t.Helper()
	name, pointer, _ := strings.Cut(place, "#")
	schema, err := s.compiler.Compile(schemaBase + name + ".schema.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// written gives what stands at a place in a schema.
func (s *schemaSet) written(t *testing.T, place string) any {
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
	v := s.written(t, place)
	if m, ok := v.(map[string]any); ok {
		return sortedKeys(m)
	}
	return slices.Sorted(slices.Values(schemaStrings(v)))
}

func schemaStrings(list any) []string {
	var out []string
	for _, item := range list.([]any) {
		out = append(out, fmt.Sprint(item))
	}
	return out
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
	return s.compiled(t, schemaFor(t, name)).Validate(v)
}

// schemaValue turns a document into what the schemas are about.
func schemaValue(name string, text []byte) (v any, err error) {
	if path.Ext(name) == ".json" {
		return jsonschema.UnmarshalJSON(bytes.NewReader(text))
	}
	err = yaml.Unmarshal(text, &v)
	return v, err
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
	written := []string{"recorded-run", "recording"} // by the harness, and not embedded
	if got, want := slices.Sorted(slices.Values(append(sortedKeys(seen), written...))), sortedKeys(s.raw); !slices.Equal(got, want) {
		t.Errorf("data files of the kinds %v were checked; there are schemas for %v", got, want)
	}
}

// Documents that the schemas refuse: the example of README.md, or the profile
// of a login, with one text replaced.
func TestSchemaRefuses(t *testing.T) {
	s := schemas(t)
	_, files, _ := readme(t)
	login := `{vendor: x, flow: login-then-bearer, credentials: {id: {}}, operations: {list: {method: GET, path: /}}, token: {lifetime: 1h, alphabet: hex},
  login: {operation: {method: POST, path: /login}, fields: {id: "{id}"}, encoding: json}, call: {}, replies: {error: {body: {}}}}`
	client := func(fields string) string { return "cases: [{id: a/b, rule: A-1, side: client, " + fields + "}]" }
	cases := func(fields string) string { return "cases: [{id: a/b, rule: A-1, " + fields + "}]" }
	for _, tt := range []struct{ name, file, old, new string }{
		{"profile: mistyped section", "profile", "window:", "windw:"},
		{"profile: no vendor", "profile", "vendor: acme\n", ""},
		{"profile: vendor in capitals", "profile", "vendor: acme", "vendor: Acme"},
		{"profile: unknown flow", "profile", "sign-each-request", "sign-every-request"},
		{"profile: flow without its recipe", "profile", "  request:", "  webhook:"},
		{"profile: flow with a login", "profile", "timestamp: {", "login: {operation: {method: POST, path: /login}}\ntimestamp: {"},
		{"profile: mistyped key of a credential", "profile", "{secret: true,", "{secert: true,"},
		{"profile: secret in words", "profile", "{secret: true,", "{secret: yes please,"},
		{"profile: mistyped key of an operation", "profile", "safe: true", "save: true"},
		{"profile: operation without path", "profile", "path: /v1/payments, ", ""},
		{"profile: operation called login", "profile", "create-payment:", "login:"},
		{"profile: unknown timestamp format", "profile", "unix-seconds", "unix-minutes"},
		{"profile: duration without unit", "profile", "past: 5m", "past: 300"},
		{"profile: duration of nothing", "profile", "past: 5m", "past: 0s"},
		{"profile: unknown step", "profile", ", hex]", ", hexx]"},
		{"profile: hmac without key", "profile", "hmac-sha256 key_secret", "hmac-sha256"},
		{"profile: steps that are no list", "profile", "[hmac-sha256 key_secret, hex]", "hex"},
		{"profile: unknown check", "profile", "checks: [authorization", "checks: [authorisation"},
		{"profile: list of two patterns", "profile", `{error: "{message}"}`, "{errors: [a, b]}"},
		{"profile: errors without a shape", "profile", `body: {error: "{message}"}, `, ""},
		{"profile: status that is none", "profile", `"401"`, `"601"`},
		{"profile: message of an error that is any of several", "profile", "{message: unknown key}", "{message: unknown key, any_of: [signature]}"},
		{"profile: unknown claim", "profile", "window-past:", "window-psat:"},
		{"profile: variant without source", "profile", ", source: not stated", ""},
		{"profile: unknown value of a variant of the engine's", "profile", "values: [accept, refuse]", "values: [accept, reject]"},
		{"profile: variant called as a value", "profile", "  replay: {values: [accept, refuse]", "  token: {values: [accept, refuse]"},
		{"login: fields without encoding", "login", ", encoding: json", ""},
		{"login: unknown encoding", "login", "encoding: json", "encoding: xml"},
		{"login: operation without a method", "login", "{method: POST, path: /login}", "{path: /login}"},
		{"login: no token", "login", "token: {lifetime: 1h, alphabet: hex},", ""},
		{"login: unknown alphabet", "login", "alphabet: hex", "alphabet: greek"},
		{"requirements: unknown level", "requirements", "level: OPEN", "level: open"},
		{"requirements: unknown side", "requirements", "side: both", "side: all"},
		{"requirements: no sentence", "requirements", "sentence: A request may be sent twice., ", ""},
		{"requirements: mistyped key", "requirements", "source: not stated", "sorce: not stated"},
		{"cases: id without aspect", "cases", "id: signature/in-base64", "id: in-base64"},
		{"cases: no rule", "cases", "rule: ACM-002, ", ""},
		{"cases: mistyped key", "cases", "expect:", "expct:"},
		{"cases: stage of two texts", "cases", "{text: ", "{txet: a, text: "},
		{"cases: unknown expectation", "", cases("expect: accept"), cases("expect: acept")},
		{"cases: refused and accepted", "", cases("expect: {refuse: key}"), cases("expect: {refuse: key, accept: {}}")},
		{"cases: mistyped body", "", cases("expect: {refuse: key, body: {a: b}}"), cases("expect: {refuse: key, bdoy: {a: b}}")},
		{"cases: unknown expectation of a value", "", cases("expect: {by: replay, accept: accept, refuse: refuse}"), cases("expect: {by: replay, accept: accept, refuse: replay}")},
		{"cases: bad offset", "", cases("skew: -window-1s, expect: accept"), cases("skew: -windw-1s, expect: accept")},
		{"cases: offset without unit", "", cases("at: 5s, expect: accept"), cases("at: 5, expect: accept")},
		{"cases: unknown fault", "", cases("break: {key: unknown}, expect: refuse"), cases("break: {kye: unknown}, expect: refuse")},
		{"cases: unknown value of a fault", "", cases("break: {key: unknown}, expect: refuse"), cases("break: {key: unknwn}, expect: refuse")},
		{"cases: two things in one fault", "", cases("break: {key: unknown}, expect: refuse"), cases("break: {key: unknown, secret: wrong}, expect: refuse")},
		{"cases: two faults outside order/", "", strings.Replace(cases("break: [{key: unknown}, {secret: wrong}], expect: refuse"), "a/b", "order/b", 1), cases("break: [{key: unknown}, {secret: wrong}], expect: refuse")},
		{"cases: steps and a step inline", "", cases("steps: [{expect: accept}]"), cases("steps: [{expect: accept}], skew: 1s")},
		{"cases: step without expectation", "", cases("steps: [{expect: accept}]"), cases("steps: [{call: login}]")},
		{"cases: unknown feature", "", cases("when: [signed], expect: accept"), cases("when: [sgned], expect: accept")},
		{"cases: unknown each", "", cases("each: operation, expect: accept"), cases("each: operations, expect: accept")},
		{"cases: unknown need", "", cases("needs: [own-clock], expect: accept"), cases("needs: [own-clok], expect: accept")},
		{"cases: unknown side", "", cases("side: server, expect: accept"), cases("side: srever, expect: accept")},
		{"client: no timeline", "", client(`timeline: [{}]`), client(`needs: [own-clock]`)},
		{"client: empty timeline", "", client(`timeline: [{}]`), client(`timeline: []`)},
		{"client: an expectation", "", client(`timeline: [{}]`), client(`timeline: [{}], expect: accept`)},
		{"client: steps", "", client(`timeline: [{}]`), client(`timeline: [{}], steps: [{expect: accept}]`)},
		{"client: skew outside the timeline", "", client(`timeline: [{skew: +1h}]`), client(`skew: +1h, timeline: [{}]`)},
		{"client: a need of servers", "", client(`needs: [own-clock], timeline: [{}]`), client(`needs: [server-state], timeline: [{}]`)},
		{"client: each of what servers are sent", "", client(`each: operation, timeline: [{}]`), client(`each: call-faults, timeline: [{}]`)},
		{"client: mistyped key of a moment", "", client(`timeline: [{times: 2}]`), client(`timeline: [{timse: 2}]`)},
		{"client: bad offset", "", client(`timeline: [{at: +lifetime/2}]`), client(`timeline: [{at: +life/2}]`)},
		{"client: login called", "", client(`timeline: [{call: list}]`), client(`timeline: [{call: login}]`)},
		{"client: call and send", "", client(`timeline: [{send: {method: GET, path: /}}]`), client(`timeline: [{call: list, send: {method: GET, path: /}}]`)},
		{"client: send without a path", "", client(`timeline: [{send: {method: GET, path: /}}]`), client(`timeline: [{send: {method: GET}}]`)},
		{"client: mistyped key of send", "", client(`timeline: [{send: {method: GET, path: /, body: a}}]`), client(`timeline: [{send: {method: GET, path: /, bdoy: a}}]`)},
		{"client: times and concurrent", "", client(`timeline: [{concurrent: 2}]`), client(`timeline: [{times: 2, concurrent: 2}]`)},
		{"client: no calls", "", client(`timeline: [{times: 1}]`), client(`timeline: [{times: 0}]`)},
		{"client: time between calls of which there is one", "", client(`timeline: [{times: 2, every: 1s}]`), client(`timeline: [{every: 1s}]`)},
		{"client: unknown account", "", client(`timeline: [{account: other}]`), client(`timeline: [{account: second}]`)},
		{"client: unknown answer", "", client(`timeline: [{answers: honest}]`), client(`timeline: [{answers: none}]`)},
		{"client: no answers", "", client(`timeline: [{answers: [honest]}]`), client(`timeline: [{answers: []}]`)},
		{"client: mistyped key of an answer", "", client(`timeline: [{answers: {delay: 1s}}]`), client(`timeline: [{answers: {dealy: 1s}}]`)},
		{"client: status that is none", "", client(`timeline: [{answers: {status: 599}}]`), client(`timeline: [{answers: {status: 600}}]`)},
		{"client: body without status", "", client(`timeline: [{answers: {status: 502, body: x}}]`), client(`timeline: [{answers: {body: x}}]`)},
		{"client: error with a body", "", client(`timeline: [{answers: {refuse: key, status: 403}}]`), client(`timeline: [{answers: {refuse: key, status: 403, body: x}}]`)},
		{"client: redirect without status", "", client(`timeline: [{answers: {redirect: other, status: 307}}]`), client(`timeline: [{answers: {redirect: other}}]`)},
		{"client: redirect with the status of a success", "", client(`timeline: [{answers: {redirect: other, status: 307}}]`), client(`timeline: [{answers: {redirect: other, status: 200}}]`)},
		{"client: redirect with an error", "", client(`timeline: [{answers: {redirect: /, status: 307}}]`), client(`timeline: [{answers: {redirect: /, status: 307, refuse: key}}]`)},
		{"client: unknown drop", "", client(`timeline: [{login: [{drop: within}]}]`), client(`timeline: [{login: [{drop: after}]}]`)},
		{"client: change without a place", "", client(`timeline: [{login: {set: {"{token}": null}}}]`), client(`timeline: [{login: {set: {"{Token}": null}}}]`)},
		{"client: always in words", "", client(`timeline: [{login: {status: 500, always: true}}]`), client(`timeline: [{login: {status: 500, always: to the end}}]`)},
		{"client: mistyped key of an observation", "", client(`timeline: [{observe: {calls: 1}}]`), client(`timeline: [{observe: {clals: 1}}]`)},
		{"client: unknown outcome", "", client(`timeline: [{observe: {outcome: alike}}]`), client(`timeline: [{observe: {outcome: like}}]`)},
		{"client: unknown kind", "", client(`timeline: [{observe: {kind: [auth, clock]}}]`), client(`timeline: [{observe: {kind: [auth, clok]}}]`)},
		{"client: a kind of success", "", client(`timeline: [{observe: {kind: auth, outcome: error}}]`), client(`timeline: [{observe: {kind: auth, outcome: ok}}]`)},
		{"client: unknown stamps", "", client(`timeline: [{observe: {stamps: fresh}}]`), client(`timeline: [{observe: {stamps: stale}}]`)},
		{"client: count that is none", "", client(`timeline: [{observe: {logins: 0-2}}]`), client(`timeline: [{observe: {logins: 0..2}}]`)},
		{"client: observation by a variant and besides", "", client(`timeline: [{observe: {by: a, b: {calls: 1}}}]`), client(`timeline: [{observe: {by: a, b: {calls: 1}, calls: 1}}]`)},
		{"client: variant within a variant", "", client(`timeline: [{observe: {by: a, b: {calls: 1}}}]`), client(`timeline: [{observe: {by: a, b: {by: c, d: {calls: 1}}}}]`)},
		{"client: local time", "", client(`from: "2024-03-04T23:59:59Z", timeline: [{}]`), client(`from: "2024-03-04T23:59:59", timeline: [{}]`)},
		{"client: a fraction that is none", "", client(`fraction: 999ms, timeline: [{}]`), client(`fraction: 1000ms, timeline: [{}]`)},
		{"client: zone of this machine", "", client(`zone: Asia/Kathmandu, timeline: [{}]`), client(`zone: Local, timeline: [{}]`)},
		{"client: unknown base", "", client(`base: plain, timeline: [{}]`), client(`base: http, timeline: [{}]`)},
		{"cases: timeline of a server", "", client(`timeline: [{}]`), strings.Replace(client(`timeline: [{}]`), "side: client, ", "", 1)},
		{"cases: zone of a server", "", cases("expect: accept"), cases("zone: Asia/Tokyo, expect: accept")},
		{"signatures: unknown origin", "signatures", `"independent"`, `"somebody"`},
	} {
		name, text := "acme/cases.yaml", tt.old
		switch tt.file {
		case "":
		case "login":
			name, text = "login/profile.yaml", login
		default:
			for name = range files {
				if strings.HasPrefix(name, "acme/"+tt.file) {
					text = string(files[name].Data)
					break
				}
			}
		}
		if err := s.validate(t, name, []byte(text)); err != nil {
			t.Errorf("%s: refused before it was broken: %v", tt.name, err)
		}
		broken := strings.Replace(text, tt.old, tt.new, 1)
		if broken == text {
			t.Errorf("%s: %q is not there", tt.name, tt.old)
		} else if s.validate(t, name, []byte(broken)) == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
}
