package harness

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestTemplateRendersItsPlaceholders(t *testing.T) {
	values := Values{
		"key": "ALC7EXAMPLE0000", "timestamp": "1709586704", "method": "GET", "message": "value could NOT be converted",
		"name": "zoë müller", "token-2": "t2", "under_score": "u", "empty": "", "negative": "-5", "braces": "{key}",
	}
	for _, tt := range []struct{ claim, text, want string }{
		{"plain text stands for itself", "prsign", "prsign"},
		{"nothing stands for nothing", "", ""},
		{"a placeholder alone is its value", "{key}", "ALC7EXAMPLE0000"},
		{"text stands around placeholders", "prsign {key}:{timestamp}", "prsign ALC7EXAMPLE0000:1709586704"},
		{"placeholders may touch", "{timestamp}{method}", "1709586704GET"},
		{"a placeholder may repeat", "{method} {method}", "GET GET"},
		{"names may hold digits, hyphens and underscores", "{token-2}{under_score}", "t2u"},
		{"an empty value leaves nothing", "a{empty}b", "ab"},
		{"a name without a value renders as nothing", "a{missing}b", "ab"},
		{"a value is not read as a template again", "{braces}", "{key}"},
		{"line feeds are kept", "{timestamp}\n{method}\n", "1709586704\nGET\n"},

		{"a number cuts to that many characters", "{key:11}", "ALC7EXAMPLE"},
		{"a longer number leaves the value whole", "{key:64}", "ALC7EXAMPLE0000"},
		{"the very length leaves the value whole", "{key:15}", "ALC7EXAMPLE0000"},
		{"zero cuts to nothing", "{key:0}", ""},
		{"plus adds to a whole number", "{timestamp:+60}", "1709586764"},
		{"minus subtracts from a whole number", "{timestamp:-60}", "1709586644"},
		{"a negative number counts on", "{negative:+10}", "5"},
		{"adding to what is no number leaves it", "{key:+60}", "ALC7EXAMPLE0000"},
		{"title capitalises words and leaves the rest", "{message:title}", "Value Could NOT Be Converted"},
		{"title knows letters outside ASCII", "{name:title}", "Zoë Müller"},
		{"upper", "{name:upper}", "ZOË MÜLLER"},
		{"lower", "{key:lower}", "alc7example0000"},
		{"number is for patterns and changes no text", "{timestamp:number}", "1709586704"},
		{"a modifier works on the value alone", "{method:lower}-{method}", "get-GET"},

		{"an object's braces are literal", `{"ok":true}`, `{"ok":true}`},
		{"braces around a placeholder are literal", `{"sub":"{key}","exp":{timestamp}}`, `{"sub":"ALC7EXAMPLE0000","exp":1709586704}`},
		{"doubled braces are literal around a placeholder", "{{key}}", "{ALC7EXAMPLE0000}"},
		{"an empty pair is literal", "{}", "{}"},
		{"an upper-case name is literal", "{Key}", "{Key}"},
		{"a name that begins with a digit is literal", "{1key}", "{1key}"},
		{"a name with a space is literal", "{my key}", "{my key}"},
		{"an open brace is literal", "{key", "{key"},
		{"a placeholder without a modifier after its colon is literal", "{key:}", "{key:}"},
		{"a name outside ASCII is literal", "{kéy}", "{kéy}"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			tpl := parseTemplate(tt.text)
			if got := tpl.Render(values); got != tt.want {
				t.Errorf("%q renders as %q, want %q", tt.text, got, tt.want)
			}
			if got := string(tpl.Append([]byte("before "), values)); got != "before "+tt.want {
				t.Errorf("%q is appended as %q, want %q", tt.text, got, "before "+tt.want)
			}
			if tpl.String() != tt.text {
				t.Errorf("String() is %q, want it as written: %q", tpl, tt.text)
			}
		})
	}
}

func TestTemplateParseIsTheInverseOfRender(t *testing.T) {
	for _, tt := range []struct {
		text   string
		values Values
	}{
		{"prsign {key}:{signature}", Values{"key": "ALC7", "signature": "00ff"}},
		{"Bearer {token}", Values{"token": "a.b.c"}},
		{"Bearer {token}", Values{"token": ""}},
		{"Bearer {token}", Values{"token": " two  spaces "}},
		{"{timestamp}", Values{"timestamp": "2018-10-16 14:27:31"}},
		{"t={timestamp},v1={signature}", Values{"timestamp": "1", "signature": "ab=,"}},
		{"{header}.{payload}.{signature}", Values{"header": "e30", "payload": "e30", "signature": "x"}},
		{`{"sub":"{id}","iat":{issued}}`, Values{"id": "zoë", "issued": "1"}},
		{"{a}\n{b}\n", Values{"a": "", "b": ""}},
		{"plain", Values{}},
		{"", Values{}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			tpl := parseTemplate(tt.text)
			text := tpl.Render(tt.values)
			got := Values{}
			if !tpl.Parse(text, got) {
				t.Fatalf("%q does not fit the template that made it", text)
			}
			if !maps.Equal(got, tt.values) {
				t.Errorf("%q is read as %q, want %q", text, got, tt.values)
			}
		})
	}
}

func TestTemplateParseTakesTheFirstOfTwoReadings(t *testing.T) {
	got := Values{}
	// The access key ends at the first colon; the signature takes the rest.
	if !parseTemplate("prsign {key}:{signature}").Parse("prsign a:b:c", got) {
		t.Fatal("does not fit")
	}
	if want := (Values{"key": "a", "signature": "b:c"}); !maps.Equal(got, want) {
		t.Errorf("read as %q, want %q", got, want)
	}
}

func TestTemplateParseRefusesWhatDoesNotFit(t *testing.T) {
	for _, tt := range []struct{ claim, template, text string }{
		{"another scheme", "Bearer {token}", "Token abc"},
		{"a scheme in another case", "Bearer {token}", "bearer abc"},
		{"no space after the scheme", "Bearer {token}", "Bearerabc"},
		{"the scheme alone", "Bearer {token}", "Bearer"},
		{"a missing separator", "prsign {key}:{signature}", "prsign abc"},
		{"more than the text", "plain", "plainer"},
		{"less than the text", "plain", "plai"},
		{"text after the last literal", "({a})", "(x) "},
		{"something for the empty template", "", "x"},
		{"placeholders that touch, where nobody can tell them apart", "{a}{b}", "xy"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			got := Values{}
			if parseTemplate(tt.template).Parse(tt.text, got) {
				t.Errorf("%q fits %q as %q", tt.text, tt.template, got)
			}
		})
	}
}

func TestTemplateKnowsItsNames(t *testing.T) {
	tpl := parseTemplate(`{"a":"{token}"} {key:11}{token:title}{any} {Not}`)
	if got, want := tpl.Names(), []string{"token", "key", "any"}; !slices.Equal(got, want) {
		t.Errorf("Names() is %q, want %q: in order of first use, once each", got, want)
	}
	for name, want := range map[string]bool{"token": true, "key": true, "any": true, "Not": false, "a": false, "tok": false} {
		if tpl.Has(name) != want {
			t.Errorf("Has(%q) is %v, want %v", name, !want, want)
		}
	}
	if got := parseTemplate("prsign {key}").Literal(); got != "prsign " {
		t.Errorf("Literal() is %q, want the text before the first placeholder", got)
	}
	if got := parseTemplate("{key} x").Literal(); got != "" {
		t.Errorf("Literal() is %q where a placeholder comes first", got)
	}
}

func TestTemplateNamesAreCheckedAgainstWhatIsKnown(t *testing.T) {
	tpl := parseTemplate("{key}:{signatrue}")
	known := func(n string) bool { return n == "key" || n == "signature" }
	err := tpl.checkNames(known)
	if err == nil || !strings.Contains(err.Error(), "{signatrue}") || !strings.Contains(err.Error(), tpl.String()) {
		t.Errorf("got %v, want an error that names {signatrue} and the text it stands in", err)
	}
	if err := parseTemplate("{key}:{signature}").checkNames(known); err != nil {
		t.Error(err)
	}
}

// FuzzTemplate: reading a template and writing it never panics, a template
// without values keeps its literal text, and what a template with one
// placeholder renders it also reads.
func FuzzTemplate(f *testing.F) {
	for _, seed := range [][2]string{{"prsign {key}:{signature}", "a"}, {"{key:11}", "zoë"}, {"{key:+99999999999999999999}", "1"}, {"{key:--1}", "-9223372036854775808"},
		{"{{key}}", "}"}, {"{key:title}", "\xff a"}, {`{"a":{key}}`, ""}, {"{", "{"}, {"{key:-}", "0"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		tpl := parseTemplate(text)
		values := Values{}
		for _, n := range tpl.Names() {
			values[n] = value
		}
		rendered := tpl.Render(values)
		if got := string(tpl.Append(nil, values)); got != rendered {
			t.Errorf("%q is rendered as %q and appended as %q", text, rendered, got)
		}
		tpl.Parse(text, Values{})
		if names := tpl.Names(); len(names) == 1 && len(tpl.parts) <= 2 && modifierFree(tpl) {
			got := Values{}
			if tpl.parts[0].name != "" && len(tpl.parts) == 2 {
				end := tpl.parts[1].literal
				if end == "" || strings.Index(rendered, end) != len(value) {
					return // nothing says where the value ends, or another end comes first
				}
			}
			if !tpl.Parse(rendered, got) || got[names[0]] != value {
				t.Errorf("%q renders %q as %q and reads %q back", text, value, rendered, got)
			}
		}
	})
}

func modifierFree(t Template) bool {
	return !slices.ContainsFunc(t.parts, func(p part) bool { return p.modifier != "" })
}
