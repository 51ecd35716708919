package harness

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"
)

// The engine and the schemas keep the same closed lists.
func TestSchemaListsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	hold := func(place string, engine []string) {
		t.Helper()
		if schema, engine := s.names(t, place), slices.Sorted(slices.Values(engine)); !slices.Equal(schema, engine) {
			t.Errorf("%s has %v, the engine %v", place, schema, engine)
		}
	}
	hold("profile#/properties/flow/enum", []string{string(SignEachRequest), string(SignThenToken), string(LoginThenBearer)})
	hold("profile#/$defs/timestampFormat/enum", sortedKeys(timestampFormats))
	hold("profile#/$defs/checks/items/enum", knownChecks)
	hold("profile#/properties/variants/properties", sortedKeys(builtinVariants()))
	hold("requirements#/$defs/requirement/properties/level/enum", []string{string(Must), string(Should), string(May), string(Open)})
	hold("cases#/$defs/fault/properties", sortedKeys(faultKinds))
	for kind, k := range faultKinds {
		if k.values != nil {
			hold("cases#/$defs/fault/properties/"+kind+"/enum", k.values)
		}
	}
	// The engine has these lists only in what it says of a wrong value.
	_, err := (&Profile{}).subjects("nothing")
	_, each, _ := strings.Cut(fmt.Sprint(err), "known are ")
	hold("cases#/$defs/case/properties/each/enum", strings.Split(each, ", "))
	folder := fstest.MapFS{"x/requirements.yaml": {Data: []byte("requirements: [{id: X-1, level: MUST, side: nobody}]\n")}}
	_, sides, _ := strings.Cut(fmt.Sprint((&loader{}).requirements(folder, &Profile{Vendor: "x"}, nil)), "; write ")
	hold("requirements#/$defs/requirement/properties/side/enum", strings.Split(strings.ReplaceAll(sides, " or ", ", "), ", "))

	_, err = loadAcme(acmeWith(casesYAML, "side: client", "side: nobody"))
	_, sides, _ = strings.Cut(fmt.Sprint(err), "a case is of the side ")
	hold("cases#/$defs/case/properties/side/enum", strings.Split(sides, " or "))
	hold("cases#/$defs/kind/enum", sortedKeys(Kinds))

	for _, name := range s.names(t, "profile#/properties/operations/propertyNames/not/enum") {
		p := &Profile{Operations: []*Operation{{Name: name, AboutToken: true}}}
		if _, err := p.operationFor(Step{Call: name}); err == nil {
			t.Errorf("operations: %q is an ordinary name to the engine", name)
		}
	}
	for _, name := range callValues {
		if !slices.Contains(s.names(t, "profile#/properties/variants/propertyNames/not/enum"), name) {
			t.Errorf("the schema lets a variant be called %q", name)
		}
	}
	for name, v := range builtinVariants() {
		place := "profile#/properties/variants/properties/" + name
		if about := fmt.Sprint(s.written(t, place+"/description")); !strings.Contains(about, " Default: "+v.Default) {
			t.Errorf("variant %s: the schema says %q; the default is %s", name, about, v.Default)
		}
		own := s.written(t, place+"/allOf").([]any)[1]
		enum, _ := json.Marshal(map[string]any{"enum": v.Values})
		want := fmt.Sprintf(`{"properties":{"default":%s,"values":{"items":%s,"propertyNames":%s}}}`, enum, enum, enum)
		if got, _ := json.Marshal(own); string(got) != want {
			t.Errorf("variant %s: the schema has %s, the engine %s", name, got, want)
		}
	}
}

func TestSchemaStepsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	step := s.compiled(t, "profile#/$defs/step")
	plain := map[string]bool{}
	for name := range builtinSteps {
		right, wrong := name, name+" secret_key"
		if strings.HasPrefix(name, "hmac-") {
			right, wrong = wrong, right
		} else {
			plain[name] = true
		}
		for _, text := range []string{right, right + ",hex", "hex, " + right} {
			if err := step.Validate(text); err != nil {
				t.Errorf("the schema refuses the step %q", text)
			}
		}
		if step.Validate(wrong) == nil {
			t.Errorf("the schema accepts the step %q", wrong)
		}
	}
	alternatives := s.written(t, "profile#/$defs/step/anyOf").([]any)
	enum := schemaStrings(alternatives[0].(map[string]any)["enum"])
	if slices.Sort(enum); !slices.Equal(enum, sortedKeys(plain)) {
		t.Errorf("steps without key: the schema has %v, the engine %v", enum, sortedKeys(plain))
	}
	text, _ := json.Marshal(alternatives)
	lists := regexp.MustCompile(`\(([a-z0-9|-]+)\|hmac-\(([a-z0-9|]+)\) `).FindAllStringSubmatch(string(text), -1)
	if len(lists) == 0 {
		t.Error("the schema's pattern of steps is not found")
	}
	for _, m := range lists {
		names := strings.Split(m[1]+"|hmac-"+strings.ReplaceAll(m[2], "|", "|hmac-"), "|")
		if slices.Sort(names); !slices.Equal(names, sortedKeys(builtinSteps)) {
			t.Errorf("steps: the schema has %v, the engine %v", names, sortedKeys(builtinSteps))
		}
	}
	for _, bad := range []any{"", "hmac-sha256", "sha3", "HEX", "hmac-sha256  secret", "hmac-sha256 Secret", "hex;base64", 5} {
		if step.Validate(bad) == nil {
			t.Errorf("the schema accepts the step %v", bad)
		}
	}
}

// The claims that a profile maps to requirements are those of the common cases.
func TestSchemaClaimsMatchTheCommonCases(t *testing.T) {
	s, l := schemas(t), &loader{}
	if err := l.loadCommon(); err != nil {
		t.Fatal(err)
	}
	var prefixes []string
	claims := map[string]bool{"no-key-echo": true} // which the engine holds against every answer
	for _, claim := range clientClaims {           // and these against every request of a client
		claims[claim] = true
	}
	for _, c := range l.common {
		claim := c.raw.Rule[0]
		if claim != "order-{first}" {
			claims[claim] = true
		}
		if (c.raw.Side == "client") != strings.HasPrefix(claim, "client-") {
			t.Errorf("%s is of the side %q and checks %s: the claims about clients, and no others, begin with client-", c.raw.ID, c.raw.Side, claim)
		}
	}
	if got, want := s.names(t, "profile#/properties/rules/properties"), sortedKeys(claims); !slices.Equal(got, want) {
		t.Errorf("claims: the schema has %v, common/ %v", got, want)
	}
	for claim, covers := range nearerClaims {
		about := fmt.Sprint(s.written(t, "profile#/properties/rules/properties/"+claim+"/description"))
		if !claims[covers] || !strings.HasSuffix(about, " Default: "+covers+".") {
			t.Errorf("claim %s: the schema says %q; without it the engine takes %s", claim, about, covers)
		}
	}
	found := false
	for _, pattern := range s.names(t, "profile#/properties/rules/patternProperties") {
		if prefix, ok := strings.CutPrefix(pattern, "^client-"); ok {
			prefix, _, _ = strings.Cut(prefix, "[")
			prefixes = append(prefixes, "client-"+prefix)
		}
		if list, ok := strings.CutPrefix(pattern, "^order-("); ok {
			names := strings.Split(strings.TrimSuffix(list, ")$"), "|")
			if slices.Sort(names); !slices.Equal(names, sortedKeys(orderFaults)) {
				t.Errorf("order claims: the schema has %v, the engine %v", names, sortedKeys(orderFaults))
			}
			found = true
		}
	}
	if !found {
		t.Error("the schema's pattern of order claims is not found")
	}
	// The claims about what a client signs are those of the mistakes that the
	// engine knows.
	mistakes := map[string]bool{}
	for _, vendor := range []string{"trolley", "irp"} {
		p := shipped(t, vendor)
		for _, g := range p.guesses(p.Call, Values{"method": "POST", "body": `{"a":"ë"}`, "token": "t"}, []string{"1"}, nil) {
			mistakes[g.Claim] = true
			if !slices.Contains(clientClaims, g.Claim) && !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(g.Claim, prefix) }) {
				t.Errorf("%s: the schema does not know the claim %s", vendor, g.Claim)
			}
			if !l.knowsClaim(g.Claim) {
				t.Errorf("%s: a profile cannot map the claim %s", vendor, g.Claim)
			}
		}
	}
	for _, prefix := range prefixes {
		if !slices.ContainsFunc(sortedKeys(mistakes), func(claim string) bool { return strings.HasPrefix(claim, prefix) }) || !l.knowsClaim(prefix+"x") {
			t.Errorf("the schema has claims %sx, which the engine does not make", prefix)
		}
	}
	if len(prefixes) != 2 {
		t.Errorf("the schema has the patterns %v of claims about clients", prefixes)
	}
}

// engineFeatures lists what common cases may ask of a profile, from profiles
// that between them have everything.
func engineFeatures(t *testing.T, s *schemaSet) map[string]bool {
	features := map[string]bool{}
	stamp := []Named{{"T", parseTemplate("{timestamp}")}}
	bearer := []Named{{"Authorization", parseTemplate("Bearer {token}")}}
	reply, err := (&compiler{}).reply(&rawReply{Status: "200", Body: map[string]any{"ttl": "{lifetime:number}"}})
	if err != nil {
		t.Fatal(err)
	}
	login := &Operation{reply: reply}
	forms := []*Form{{Operation: login, Headers: slices.Concat(bearer, stamp)}, {Operation: login, Headers: bearer, Query: stamp}, {Operation: login, Headers: bearer, Fields: stamp}}
	for i, flow := range s.names(t, "profile#/properties/flow/enum") {
		form := forms[i]
		for step := range builtinSteps {
			p := &Profile{Flow: Flow(flow), Call: form, Login: form, Timestamp: &TimestampFormat{}, Token: &Token{}, Operations: []*Operation{{}},
				Request: Recipe{{name: "signature", text: parseTemplate("{timestamp}{method}{target}{body}"), steps: []recipeStep{{name: step}}}}}
			maps.Copy(features, p.features())
		}
	}
	delete(features, "stamped-in-")
	delete(features, "login-stamped-in-")
	return features
}

func TestSchemaFeaturesMatchTheEngine(t *testing.T) {
	s := schemas(t)
	feature := s.compiled(t, "cases#/$defs/feature")
	for name := range engineFeatures(t, s) {
		if feature.Validate(name) != nil || feature.Validate("!"+name) != nil {
			t.Errorf("the schema does not know the feature %s", name)
		}
	}
	for _, bad := range []string{"", "!", "sgned", "login-window", "!!signed", "signs-everything", "sha3-signature", "stamped-in-", "error-"} {
		if feature.Validate(bad) == nil {
			t.Errorf("the schema accepts the feature %q", bad)
		}
	}
}

// The schemas and the parser agree on numbers of requests.
func TestSchemaCountsMatchTheEngine(t *testing.T) {
	count := schemas(t).compiled(t, "cases#/$defs/count")
	for _, text := range []string{"0", "1", "0-2", "50-100", "7-7", "-1", "1-", "-", "1.5", "a", "1-b", "1 - 2", "1-2-3"} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		err := new(Count).UnmarshalYAML(yamlNode(t, text))
		if valid := count.Validate(v) == nil; valid != (err == nil) {
			t.Errorf("count %q: valid by the schema: %v; the parser says %v", text, valid, err)
		}
	}
}

// The schemas and the parser agree on offsets and durations.
func TestSchemaOffsetsMatchTheEngine(t *testing.T) {
	s := schemas(t)
	offset, duration := s.compiled(t, "cases#/$defs/offset"), s.compiled(t, "profile#/$defs/duration")
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
		err := yaml.UnmarshalWithOptions([]byte(strconv.Quote(text)), new(Duration), decodeOptions...)
		if valid := duration.Validate(text) == nil; valid != (err == nil) {
			t.Errorf("duration %q: valid by the schema: %v; the loader says %v", text, valid, err)
		}
	}
}
