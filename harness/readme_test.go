package harness

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
)

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
		} else {
			fragments = append(fragments, m[3])
		}
	}
	return text, files, fragments
}

// The complete example of README.md is a vendor that loads.
func TestReadmeExampleLoads(t *testing.T) {
	s := schemas(t)
	_, files, _ := readme(t)
	if got, want := sortedKeys(files), []string{"acme/cases.yaml", "acme/profile.yaml", "acme/requirements.yaml", "acme/signatures.json"}; !slices.Equal(got, want) {
		t.Fatalf("the example has the files %v, not %v", got, want)
	}
	for name, file := range files {
		if err := s.validate(t, name, file.Data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	profiles, err := Load([]string{"acme"}, WithFolder(files))
	if err != nil {
		t.Fatal(err)
	}
	p, cited, own, sides := profiles[0], map[string]bool{}, map[string]int{}, map[string]int{}
	for _, c := range p.Cases {
		for _, rule := range c.Rules {
			cited[rule] = true
		}
		if sides[c.Side]++; strings.HasPrefix(c.File, "acme/") {
			own[c.Side]++
		}
	}
	if own["server"] == 0 || own["client"] == 0 || sides["server"] <= 100 || sides["client"] < 50 || len(p.Vectors) == 0 {
		t.Errorf("cases %v, of its own %v, and %d vectors; README.md speaks of more than a hundred for servers and fifty for clients", sides, own, len(p.Vectors))
	}
	for _, r := range p.Requirements {
		if !cited[r.ID] {
			t.Errorf("no case of the example cites %s", r.ID)
		}
	}
}

// Every other block of README.md is a piece of a profile or a file of cases.
func TestReadmeFragmentsAreValid(t *testing.T) {
	s := schemas(t)
	_, _, fragments := readme(t)
	if len(fragments) < 6 {
		t.Errorf("only %d blocks are found", len(fragments))
	}
	for _, text := range fragments {
		v, err := schemaValue("fragment.yaml", []byte(text))
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
			continue
		}
		for key, value := range v.(map[string]any) {
			place := "profile#/properties/" + key
			if key == "cases" {
				place = "cases#/properties/cases"
			}
			if err := s.compiled(t, place).Validate(value); err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		}
	}
}

// README.md names, in code, everything that a profile or a case may name.
func TestReadmeIsComplete(t *testing.T) {
	s := schemas(t)
	text, _, _ := readme(t)
	code := strings.Join(regexp.MustCompile("(?s)```.*?```|`[^`\\n]+`").FindAllString(text, -1), " ")
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(code, func(r rune) bool {
		return !strings.ContainsRune("-_", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		words[word] = true
	}
	names := slices.Concat(sortedKeys(faultKinds), sortedKeys(timestampFormats), knownChecks, sortedKeys(builtinVariants()), sortedKeys(fallbacks), knownErrors, sortedKeys(builtinSteps), sortedKeys(Kinds), clientClaims)
	for name := range engineFeatures(t, s) {
		if !strings.HasPrefix(name, "login-") && !strings.HasPrefix(name, "signs-") && !strings.HasSuffix(name, "-signature") {
			names = append(names, name)
		}
	}
	for _, place := range []string{"profile#/properties/flow/enum", "cases#/$defs/case/properties/each/enum", "profile#/properties",
		"profile#/properties/rules/properties", "profile#/$defs/operation/properties", "profile#/$defs/credential/properties",
		"profile#/$defs/variant/properties", "profile#/$defs/error/properties", "cases#/$defs/case/properties", "cases#/$defs/case/properties/side/enum",
		"cases#/$defs/case/properties/base/enum", "cases#/$defs/moment/properties", "cases#/$defs/moment/properties/account/enum", "cases#/$defs/send/properties",
		"cases#/$defs/scripted/properties", "cases#/$defs/scripted/properties/drop/enum", "cases#/$defs/observation/properties",
		"cases#/$defs/observation/properties/outcome/enum", "cases#/$defs/observation/properties/stamps/enum",
		"requirements#/$defs/requirement/properties", "requirements#/$defs/source/properties", "profile#/properties/operations/propertyNames/not/enum",
		"signatures#/$defs/vector/properties", "signatures#/$defs/vector/properties/origin/enum"} {
		names = append(names, s.names(t, place)...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !words[name] {
			t.Errorf("README.md does not name %s", name)
		}
	}
}
