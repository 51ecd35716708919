package harness

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// patternCompiler knows variants: open ones, one with two texts, one settled.
func patternCompiler() *compiler {
	return &compiler{
		variants: map[string]*Variant{
			"echo":    {Values: []string{"sent", "none", "gone"}, Default: "sent", texts: map[string]map[string]string{"sent": {"": "{signature}"}, "none": {"": "{null}"}, "gone": {"": "{absent}"}}},
			"success": {Values: []string{"boolean", "text"}, Default: "boolean", texts: map[string]map[string]string{"boolean": {"yes": "{true}", "no": "{false}"}, "text": {"yes": "True", "no": "False"}}},
			"wording": {Values: []string{"plain", "loud"}, Default: "plain", texts: map[string]map[string]string{"plain": {"": "no"}, "loud": {"": "NO"}}},
			"settled": {Values: []string{"one", "two"}, Default: "one", Documented: true},
		},
		choice: map[string]string{"echo": "sent", "success": "boolean", "wording": "plain", "settled": "one"},
		pinned: map[string]bool{},
	}
}

func compiled(t testing.TB, text string, c *compiler) *pattern {
	t.Helper()
	var raw any
	if err := yaml.UnmarshalWithOptions([]byte(text), &raw, decodeOptions...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	p, err := compilePattern(raw, c)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// matchBody matches a JSON text, with some values known.
func matchBody(t testing.TB, p *pattern, body string, known Values) *matching {
	t.Helper()
	doc, err := decodeJSON([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return matchDoc(t, p, doc, known)
}

// matchDoc matches a decoded document, twice: to say what differs, and only to
// say whether anything does.
func matchDoc(t testing.TB, p *pattern, doc any, known Values) *matching {
	lookup := func(name string) (string, bool) { v, ok := known[name]; return v, ok }
	m, quick := &matching{known: lookup}, &matching{known: lookup, quiet: true}
	p.match(doc, true, m)
	p.match(doc, true, quick)
	if fits := len(m.wrong) == 0; m.failed == fits || quick.failed == fits {
		t.Errorf("%d mismatches, but failed is %v, and %v when nobody asks for them", len(m.wrong), m.failed, quick.failed)
	}
	return m
}

// shows gives the variants that a comparison has shown, with their values.
func shows(shown []Showing) map[string]string {
	values := map[string]string{}
	for _, s := range shown {
		values[s.Variant] = strings.Join(s.Values, " or ")
	}
	return values
}

func TestWhatAPatternRendersItAlsoMatches(t *testing.T) {
	values := Values{
		"any": "filler", "token": "tok-1", "lifetime": "86400", "signature": "00ff", "message": `say "no" to C:\temp`, "line": "a\nb\tc\x00d", "utf8": "Zoë 😀 \u2028",
		"html": "<a href=\"x\">&amp;</a>", "empty": "", "path": "/v1/x?y=1&z=%20",
	}
	for _, tt := range []struct{ claim, pattern, want string }{
		{"an object, in the order of the pattern", "{ok: true, errors: [], z: 1, a: 2}", `{"ok":true,"errors":[],"z":1,"a":2}`},
		{"an empty object", "{}", `{}`},
		{"true, false and null as YAML", "{a: true, b: false, c: null, d: ~}", `{"a":true,"b":false,"c":null,"d":null}`},
		{"true, false and null as placeholders", `{a: "{true}", b: "{false}", c: "{null}"}`, `{"a":true,"b":false,"c":null}`},
		{"the words true and null as text", `{a: "true", b: "null"}`, `{"a":"true","b":"null"}`},
		{"no such key", `{a: "{absent}", b: 1, c: "{absent}"}`, `{"b":1}`},
		{"only keys that are not there", `{a: "{absent}"}`, `{}`},
		{"numbers keep their size", "{a: 86400, b: -1, c: 0, d: 1.5}", `{"a":86400,"b":-1,"c":0,"d":1.5}`},
		{"a number as text", `{a: "86400"}`, `{"a":"86400"}`},
		{"a value as a number", `{expires_in: "{lifetime:number}"}`, `{"expires_in":86400}`},
		{"a value as text", `{expires_in: "{lifetime}"}`, `{"expires_in":"86400"}`},
		{"a non-empty string", `{a: "{any}"}`, `{"a":"filler"}`},
		{"any value", `{a: "{anything}"}`, `{"a":null}`},
		{"a wildcard within text", `{a: "Bearer {any}; {rest}"}`, `{"a":"Bearer filler; "}`},
		{"none or more", `{a: "Bearer{rest}"}`, `{"a":"Bearer"}`},
		{"an array of at least one", `{errors: [{code: x, message: "{message}"}]}`, `{"errors":[{"code":"x","message":"say \"no\" to C:\\temp"}]}`},
		{"an array of arrays", `[["{token}"]]`, `[["tok-1"]]`},
		{"a scalar alone", `"{token}"`, `"tok-1"`},
		{"control characters are escaped", `{a: "{line}"}`, `{"a":"a\nb\tc\u0000d"}`},
		{"text outside ASCII", `{a: "{utf8}", "Zoë": 1}`, "{\"a\":\"Zoë 😀 \\u2028\",\"Zoë\":1}"},
		{"HTML is not escaped", `{a: "{html}"}`, `{"a":"<a href=\"x\">&amp;</a>"}`},
		{"an empty value", `{a: "{empty}"}`, `{"a":""}`},
		{"modifiers", `{a: "{token:3}", b: "{lifetime:+60}", c: "{token:upper}"}`, `{"a":"tok","b":"86460","c":"TOK-1"}`},
		{"a variant's choice", `{a: "{echo}"}`, `{"a":"00ff"}`},
		{"a variant with several texts", `{a: "{success:yes}", b: "{success:no}"}`, `{"a":true,"b":false}`},
		{"a variant in a key", `{"{settled}": 1}`, `{"one":1}`},
		{"braces of JSON within text", `{a: '{"b":{c}}'}`, `{"a":"{\"b\":}"}`},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			p := compiled(t, tt.pattern, patternCompiler())
			body := string(p.AppendJSON(nil, values))
			if body != tt.want {
				t.Errorf("renders %s\nwant    %s", body, tt.want)
			}
			if !json.Valid([]byte(body)) {
				t.Fatalf("%s is no JSON", body)
			}
			// The judge knows the values, but not what wildcards stand for.
			known := maps.Clone(values)
			for _, wild := range []string{"any", "c"} {
				delete(known, wild)
			}
			if tt.claim == "braces of JSON within text" {
				known["c"] = ""
			}
			if m := matchBody(t, p, body, known); len(m.wrong) > 0 {
				t.Errorf("%s does not match the pattern that made it: %+v", body, m.wrong)
			}
			if got := string(p.AppendJSON([]byte("x"), values)); got != "x"+tt.want {
				t.Errorf("appends %s", got)
			}
		})
	}
}

func TestEveryDocumentedReplyMatchesItself(t *testing.T) {
	for _, vendor := range []string{"trolley", "irp", "spreetail"} {
		base := shipped(t, vendor)
		for _, choice := range choices(base, sortedKeys(base.Variants)) {
			if len(choice) > 1 {
				break // one variant at a time is enough
			}
			p, err := base.With(choice, false)
			if err != nil {
				t.Fatal(err)
			}
			known := Values{"signature": "00ff", "lifetime": "300", "token": "tok", "remaining": "04:59", "server_time": "2024-03-04 21:11:44.0000000Z", "parameter": "APIKey"}
			for name, value := range p.Samples() {
				known[name] = value
			}
			check := func(what string, body []byte, pattern *pattern) {
				doc, err := decodeJSON(body)
				if err != nil {
					t.Errorf("%s %v: %s renders %s: %v", vendor, choice, what, body, err)
					return
				}
				m := matchDoc(t, pattern, doc, known)
				if len(m.wrong) > 0 {
					t.Errorf("%s %v: %s renders %s, which does not match: %+v", vendor, choice, what, body, m.wrong)
				}
				for name, value := range choice {
					if shown, ok := shows(m.shown)[name]; ok && shown != value && p.Choice(name) == value {
						t.Errorf("%s %v: %s shows %s=%s", vendor, choice, what, name, shown)
					}
				}
			}
			for _, e := range p.errors.entries {
				if len(e.value.anyOf) == 0 {
					_, _, body := p.Error(e.key, maps.Clone(known))
					check("the error "+e.key, body, e.value.reply.body)
				}
			}
			for _, op := range p.Operations {
				v := maps.Clone(known)
				v["any"] = "filler"
				_, _, body := p.Success(op, v)
				pattern := p.success.body
				if op.reply != nil {
					pattern = op.reply.body
				}
				check("the answer to "+op.Name, body, pattern)
			}
		}
	}
}

func TestPatternAcceptsWhatVendorsMayAdd(t *testing.T) {
	for _, tt := range []struct{ claim, pattern, body string }{
		{"more keys than the pattern has", "{ok: true}", `{"ok":true,"trace":"x","at":[1]}`},
		{"keys in another order", "{a: 1, b: 2}", `{"b":2,"a":1}`},
		{"more elements than one", "[{code: x}]", `[{"code":"x"},{"code":"y"}]`},
		{"the fitting element anywhere", "[{code: x}]", `[{"code":"y"},null,7,{"code":"x"}]`},
		{"any text for {any}", `{a: "{any}"}`, `{"a":" "}`},
		{"null for {anything}", `{a: "{anything}"}`, `{"a":null}`},
		{"an object for {anything}", `{a: "{anything}"}`, `{"a":{"b":[]}}`},
		{"any whole number for a value that is not known", `{a: "{left:number}"}`, `{"a":-3}`},
		{"no key for {absent}", `{a: "{absent}"}`, `{"b":1}`},
		{"white space between tokens", "{a: [1]}", " {\n\t\"a\" : [ 1 ] }\r\n"},
		{"characters written as escapes", `{a: "Zoë/<"}`, `{"a":"Zo\u00eb\/\u003c"}`},
		{"a wildcard before text", `{a: "{any} already exists"}`, `{"a":"Order 7 already exists"}`},
		{"wildcards around text", `{a: "{rest}(Parameter=APIKey){rest}"}`, `{"a":"(Parameter=APIKey)"}`},
		{"wildcards may hold the text between them", `{a: "{any}-{any}-{rest}"}`, `{"a":"a--b-"}`},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			if m := matchBody(t, compiled(t, tt.pattern, patternCompiler()), tt.body, nil); len(m.wrong) > 0 {
				t.Errorf("%s against %s: %+v", tt.body, tt.pattern, m.wrong)
			}
		})
	}
}

func TestMismatchSaysWhereWhatWasWantedAndWhatCame(t *testing.T) {
	known := Values{"signature": "00ff", "lifetime": "86400", "key": "ALC7SKEWPROOF"}
	for _, tt := range []struct{ claim, pattern, body, path, want, got string }{
		{"another word", "{ok: true, errors: [{message: bad hash}]}", `{"ok":true,"errors":[{"message":"bad hush"}]}`, "$.errors[0].message", `"bad hash"`, `"bad hush"`},
		{"a missing key", "{data: {token: x}}", `{"data":{}}`, "$.data.token", `"x"`, "nothing"},
		{"a key too many", `{a: "{absent}"}`, `{"a":null}`, "$.a", "no such key", "null"},
		{"no object", "{data: {a: 1}}", `{"data":[]}`, "$.data", "an object", "[]"},
		{"no object at all", "{a: 1}", `null`, "$", "an object", "null"},
		{"no array", "{errors: [x]}", `{"errors":{}}`, "$.errors", "an array", "{}"},
		{"an array that is not there", "{errors: [x]}", `{}`, "$.errors", "an array", "nothing"},
		{"an empty array", "{errors: [x]}", `{"errors":[]}`, "$.errors", "an array of at least one element", "[]"},
		{"an array that should be empty", "{errors: []}", `{"errors":[1,2]}`, "$.errors", "an empty array", "[1,2]"},
		{"the first element, when none fits", "[{code: x}]", `[{"code":"y"},{"code":"z"}]`, "$[0].code", `"x"`, `"y"`},
		{"an array in an array", "[[{a: 1}]]", `[[{"a":2}]]`, "$[0][0].a", "the number 1", "2"},
		{"a number written otherwise", "{a: 1}", `{"a":1.0}`, "$.a", "the number 1", "1.0"},
		{"text for a number", "{a: 1}", `{"a":"1"}`, "$.a", "the number 1", `"1"`},
		{"a number for text", `{a: "1"}`, `{"a":1}`, "$.a", `"1"`, "1"},
		{"a known value as a number", `{a: "{lifetime:number}"}`, `{"a":86399}`, "$.a", "the number 86400", "86399"},
		{"a known value as text", `{a: "{lifetime:number}"}`, `{"a":"86400"}`, "$.a", "the number 86400", `"86400"`},
		{"a fraction for a whole number", `{a: "{left:number}"}`, `{"a":1.5}`, "$.a", "a whole number", "1.5"},
		{"an empty string for any", `{a: "{any}"}`, `{"a":""}`, "$.a", "a non-empty string", `""`},
		{"null for any", `{a: "{any}"}`, `{"a":null}`, "$.a", "a non-empty string", "null"},
		{"nothing for anything", `{a: "{anything}"}`, `{}`, "$.a", "any value", "nothing"},
		{"false for true", "{ok: true}", `{"ok":false}`, "$.ok", "true", "false"},
		{"text for true", "{ok: true}", `{"ok":"true"}`, "$.ok", "true", `"true"`},
		{"nothing for null", "{a: null}", `{}`, "$.a", "null", "nothing"},
		{"a known value", `{a: "keyPrefix={key:11}"}`, `{"a":"keyPrefix=ALC7"}`, "$.a", `"keyPrefix=ALC7SKEWPRO"`, `"keyPrefix=ALC7"`},
		{"the name of what is not known", `{a: "x {any}"}`, `{"a":"x "}`, "$.a", `"x {any}"`, `"x "`},
		{"all values of an open variant", `{a: "{echo}"}`, `{"a":"ff00"}`, "$.a", `"00ff" or null or no such key`, `"ff00"`},
		{"only the choice of a settled variant", `{a: "{settled}"}`, `{"a":"two"}`, "$.a", `"one"`, `"two"`},
		{"a long value is shortened", "{a: x}", `{"a":"` + strings.Repeat("y", 500) + `"}`, "$.a", `"x"`, `"` + strings.Repeat("y", 199) + "… (502 bytes)"},
		{"a long value is not cut within a character", "{a: x}", `{"a":"` + strings.Repeat("ë", 300) + `"}`, "$.a", `"x"`, `"` + strings.Repeat("ë", 99) + "… (602 bytes)"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			m := matchBody(t, compiled(t, tt.pattern, patternCompiler()), tt.body, known)
			if len(m.wrong) != 1 {
				t.Fatalf("%s against %s: %d mismatches, want 1: %+v", tt.body, tt.pattern, len(m.wrong), m.wrong)
			}
			w := m.wrong[0]
			if w.path != tt.path || w.want != tt.want || w.got != tt.got {
				t.Errorf("at %s: want %s, got %s\nshould be\nat %s: want %s, got %s", w.path, w.want, w.got, tt.path, tt.want, tt.got)
			}
		})
	}
}

func TestEveryMismatchOfAnObjectIsReported(t *testing.T) {
	m := matchBody(t, compiled(t, "{a: 1, b: {c: x}, d: [], e: y}", patternCompiler()), `{"a":2,"b":{"c":"z"},"d":[1],"e":"y"}`, nil)
	var paths []string
	for _, w := range m.wrong {
		paths = append(paths, w.path)
	}
	if want := []string{"$.a", "$.b.c", "$.d"}; !slices.Equal(paths, want) {
		t.Errorf("mismatches at %q, want %q", paths, want)
	}
}

func TestPatternCapturesWhatOnlyTheAnswerCanTell(t *testing.T) {
	p := compiled(t, `{data: {access_token: "{token}", expires_in: "{lifetime:number}", note: "left {remaining} of {total}", id: "{key}", any: "{any}"}}`, patternCompiler())
	m := matchBody(t, p, `{"data":{"access_token":"abc","expires_in":86400,"note":"left 04:59 of 05:00","id":"k","any":"x"}}`, Values{"key": "k"})
	if len(m.wrong) > 0 {
		t.Fatalf("%+v", m.wrong)
	}
	if want := (Values{"token": "abc", "lifetime": "86400", "remaining": "04:59", "total": "05:00"}); !maps.Equal(m.captured, want) {
		t.Errorf("captured %q, want %q: neither known values nor wildcards", m.captured, want)
	}
}

func TestOpenVariantsAreShownAndSettledOnesAreNot(t *testing.T) {
	for _, tt := range []struct {
		claim, pattern, body string
		change               func(*compiler)
		shown                map[string]string // nil: the body does not match
	}{
		{"the choice", `{a: "{echo}"}`, `{"a":"00ff"}`, nil, map[string]string{"echo": "sent"}},
		{"another value", `{a: "{echo}"}`, `{"a":null}`, nil, map[string]string{"echo": "none"}},
		{"an absent key", `{a: "{echo}"}`, `{}`, nil, map[string]string{"echo": "gone"}},
		{"the value of a key's text", `{a: "{success:yes}"}`, `{"a":"True"}`, nil, map[string]string{"success": "text"}},
		{"two variants in one text", `{a: "{wording} {settled}"}`, `{"a":"NO one"}`, nil, map[string]string{"wording": "loud"}},
		{"nothing, where the variant is settled", `{a: "{settled}"}`, `{"a":"one"}`, nil, map[string]string{}},
		{"the other value of a settled variant does not match", `{a: "{settled}"}`, `{"a":"two"}`, nil, nil},
		{"a pinned variant is settled", `{a: "{echo}"}`, `{"a":null}`, func(c *compiler) { c.pinned["echo"] = true }, nil},
		{"a pinned value is not shown", `{a: "{echo}"}`, `{"a":"00ff"}`, func(c *compiler) { c.pinned["echo"] = true }, map[string]string{}},
		{"another choice comes first", `{a: "{echo}"}`, `{"a":null}`, func(c *compiler) { c.choice["echo"] = "none" }, map[string]string{"echo": "none"}},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			c := patternCompiler()
			if tt.change != nil {
				tt.change(c)
			}
			m := matchBody(t, compiled(t, tt.pattern, c), tt.body, Values{"signature": "00ff"})
			if (len(m.wrong) == 0) != (tt.shown != nil) {
				t.Fatalf("%s: mismatches %+v", tt.body, m.wrong)
			}
			if got := shows(m.shown); tt.shown != nil && !maps.Equal(got, tt.shown) {
				t.Errorf("%s shows %v, want %v", tt.body, got, tt.shown)
			}
		})
	}
}

func TestMismatchSaysWhatTheValueIsAbout(t *testing.T) {
	c := patternCompiler()
	c.local = map[string]string{"message": "bad hash", "detail": "", "code": "2003"}
	p := compiled(t, `{code: "{code:number}", text: "{message}", sig: "{echo}", plain: x}`, c)
	m := matchBody(t, p, `{"code":1,"text":"y","sig":7,"plain":"z"}`, Values{"signature": "00ff"})
	about := map[string]string{}
	for _, w := range m.wrong {
		about[w.path] = w.about
	}
	if want := map[string]string{"$.code": "code", "$.text": "message", "$.sig": "signature", "$.plain": ""}; !maps.Equal(about, want) {
		t.Errorf("about %v, want %v", about, want)
	}
	if want := `{"code":2003,"text":"bad hash","sig":"00ff","plain":"x"}`; string(p.AppendJSON(nil, Values{"signature": "00ff"})) != want {
		t.Errorf("renders %s, want %s", p.AppendJSON(nil, Values{"signature": "00ff"}), want)
	}
}

func TestPatternsThatCannotBe(t *testing.T) {
	for text, names := range map[string]string{
		"[1, 2]":                 "one element",
		"{a: {b: [x, y]}}":       "one element",
		`{a: "{success:maybe}"}`: `variant success has no text "maybe"`,
		`{"{echo:no}": 1}`:       `variant echo has no text "no"`,
	} {
		var raw any
		if err := yaml.UnmarshalWithOptions([]byte(text), &raw, decodeOptions...); err != nil {
			t.Fatal(err)
		}
		if _, err := compilePattern(raw, patternCompiler()); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: %v, want an error that says %s", text, err, names)
		}
	}
	circle := &compiler{variants: map[string]*Variant{
		"hen": {Values: []string{"x"}, texts: map[string]map[string]string{"x": {"": "{egg}"}}},
		"egg": {Values: []string{"x"}, texts: map[string]map[string]string{"x": {"": "{hen}"}}},
	}, choice: map[string]string{"hen": "x", "egg": "x"}}
	if _, err := compilePattern("{hen}", circle); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("variants in a circle: %v", err)
	}
}

// The wildcards of the vendors' patterns, against the longest body that is read.
func TestWildcardsTakeBoundedTime(t *testing.T) {
	for _, tt := range []struct{ claim, pattern, unit string }{
		{"text after a wildcard, that almost comes", "{any} already exists", " already exist"},
		{"text after a wildcard, that never comes", "{any} already exists", "x"},
		{"text between wildcards, that almost comes", "{rest}(Parameter=APIKey){rest}", "(Parameter=APIKe"},
		{"text between wildcards, at every place", "{rest}x{rest}", "x"},
		{"text before a wildcard", "Bearer{rest}", "Bearer"},
		{"a wildcard alone", "{any}", "x"},
		{"an unknown value", "{message}{rest}", "x"},
		{"three wildcards that fit", "{any}x{any}y{rest}", "xy"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			p := compiled(t, `"`+tt.pattern+`"`, patternCompiler())
			body := strings.Repeat(tt.unit, MaxBody/len(tt.unit))
			within(t, 20*time.Second, tt.pattern, func() { matchDoc(t, p, body, nil) })
		})
	}
}

func TestLongListsAreMatchedInBoundedTime(t *testing.T) {
	p := compiled(t, `{errors: [{code: x, message: "{any} already exists"}]}`, patternCompiler())
	body := `{"errors":[` + strings.TrimSuffix(strings.Repeat(`{"code":"y","message":"z"},`, MaxBody/27), ",") + `]}`
	within(t, 20*time.Second, "an array of 1 MiB", func() {
		if m := matchBody(t, p, body, nil); len(m.wrong) != 2 || m.wrong[0].path != "$.errors[0].code" {
			t.Errorf("%d mismatches, want the two of the first element", len(m.wrong))
		}
	})
}

func TestOneJSONDocumentIsRead(t *testing.T) {
	for body, good := range map[string]bool{
		`{}`: true, ` [1] `: true, `"x"`: true, `null`: true, "{\"a\":1}\n\n": true, `1e400`: true,
		``: false, ` `: false, `{`: false, `{}{}`: false, `{} x`: false, `{}]`: false, `{"a":}`: false, `{'a':1}`: false, `{"a":1,}`: false,
		`<html>`: false, `undefined`: false, `NaN`: false, "\xef\xbb\xbf{}": false, `01`: false, "{\"a\":\"\x01\"}": false,
		strings.Repeat("[", MaxBody): false, strings.Repeat("[", 9000) + strings.Repeat("]", 9000): true, strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000): false,
	} {
		_, err := decodeJSON([]byte(body))
		if (err == nil) != good {
			t.Errorf("%.40q: error %v, want one: %v", body, err, !good)
		}
	}
	doc, err := decodeJSON([]byte(`{"big":12345678901234567890.10}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.(map[string]any)["big"].(json.Number).String(); got != "12345678901234567890.10" {
		t.Errorf("a number is read as %s; want its own spelling", got)
	}
}

// FuzzPattern: no body makes matching panic, and a body without mismatches
// still has none when the values it captured are known.
func FuzzPattern(f *testing.F) {
	patterns := []string{
		`{ok: false, errors: [{code: "{kind}", message: "not found keyPrefix={key:11}"}]}`,
		`{Messages: [{Code: 2003, Message: "{rest}(Parameter={field}){rest}"}], Success: "{success:no}", Signature: "{echo}", Left: "{left:number}"}`,
		`{data: {token: "{token}", note: "{any} of {total}"}, gone: "{absent}", what: "{anything}"}`,
	}
	for i, body := range []string{
		`{"ok":false,"errors":[{"code":"x","message":"not found keyPrefix=ALC7"}]}`,
		`{"Messages":[{"Code":2003,"Message":"(Parameter=APIKey)"}],"Success":"False","Signature":null,"Left":1}`,
		`{"data":{"token":"t","note":"1 of 2"},"what":[{}]}`,
	} {
		f.Add(byte(i), body)
	}
	f.Add(byte(0), `{"errors":[[],{},null,1,"x"]}`)
	f.Fuzz(func(t *testing.T, n byte, body string) {
		p := compiled(t, patterns[int(n)%len(patterns)], patternCompiler())
		doc, err := decodeJSON([]byte(body))
		if err != nil {
			return
		}
		m := matchDoc(t, p, doc, Values{"key": "ALC7"})
		for _, w := range m.wrong {
			if !strings.HasPrefix(w.path, "$") || w.want == "" || w.got == "" {
				t.Errorf("%q: a mismatch without place, want or got: %+v", body, w)
			}
		}
		if len(m.wrong) == 0 {
			known := maps.Clone(m.captured)
			if known == nil {
				known = Values{}
			}
			known["key"] = "ALC7"
			if again := matchDoc(t, p, doc, known); len(again.wrong) > 0 {
				t.Errorf("%q matches, but not with what it captured, %q: %+v", body, m.captured, again.wrong)
			}
		}
	})
}
