package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Variant is a question the vendor's pages leave open, or answer in two ways:
// its possible values, the one assumed, and where the question comes from.
//
// A variant may carry text, which stands wherever the profile writes the
// variant's name as a {placeholder}. The ones without text are known to the
// engine by name (see builtinVariants) or serve only to tell cases apart.
type Variant struct {
	Question   string
	Values     []string // in order of likelihood
	Default    string
	Documented bool   // the pages do state the default: another value fails unless the user pins it
	Source     string // where the pages are silent or at odds
	Rule       string // requirement id
	Client     bool   // a matter of the client under test only

	texts map[string]map[string]string // value -> key ("" for the plain text) -> text
}

// text is what the variant stands for under the value. A variant without text
// stands for the value itself.
func (v *Variant) text(value, key string) (string, bool) {
	if texts, ok := v.texts[value]; ok {
		t, ok := texts[key]
		return t, ok
	}
	return value, key == ""
}

// builtinVariants are the questions the engine itself understands. A profile
// may restate one to narrow it, settle it (documented: true) or cite a source.
func builtinVariants() map[string]*Variant {
	ask := func(question string, values ...string) *Variant {
		return &Variant{Question: question, Values: values, Default: values[0], Source: "not stated"}
	}
	return map[string]*Variant{
		"window-edge":       ask("is a stamp exactly at the limit accepted?", "accept", "reject"),
		"window-side":       ask("does the window also bound stamps in the future?", "both", "past-only"),
		"window-resolution": ask("at what resolution does the server compare?", "whole", "exact", "round"),
		"expiry-edge":       ask("is a token accepted at exactly its lifetime?", "reject", "accept"),
		"expiry-kind":       ask("does use extend a token's life?", "absolute", "sliding"),
		"replay":            ask("is the same signed request accepted twice?", "accept", "refuse"),
		"scheme-case":       ask("is the authorization scheme compared without regard to case?", "ignore", "exact"),
		"hex-case":          ask("is a signature in upper-case hexadecimal accepted?", "exact", "ignore"),
		"signature-length":  ask("which error answers a signature of the wrong length?", "signature-error", "other-refusal"),
		"check-order":       ask("which of several faults is reported?", "as-listed", "other"),
		"expiry-resolution": ask("does the fraction of a second count at the end of a token's life?", "exact", "whole"),
		"bearer-space":      ask("is white space other than one space accepted after Bearer?", "refuse", "accept"),
		"jwt-far-exp":       ask("is a token accepted that expires in thousands of years?", "refuse", "accept"),
		"clock-correction":  {Question: "what does a client do whose clock the server calls wrong?", Values: []string{"reported", "corrected"}, Default: "reported", Source: "not stated", Client: true},
		"old-token":         ask("does a new login leave the previous token valid?", "valid", "revoked"),
	}
}

// UnmarshalYAML reads a variant. Values are a list of names, or a mapping from
// name to text, or to several texts by key.
func (v *Variant) UnmarshalYAML(node ast.Node) error {
	var raw struct {
		Question   string       `yaml:"question"`
		Values     ordered[any] `yaml:"values"`
		Default    string       `yaml:"default"`
		Documented bool         `yaml:"documented"`
		Source     string       `yaml:"source"`
		Rule       string       `yaml:"rule"`
		Client     bool         `yaml:"client"`
	}
	if err := decodeNode(node, &raw); err != nil {
		return err
	}
	*v = Variant{Question: raw.Question, Default: raw.Default, Documented: raw.Documented, Source: raw.Source, Rule: raw.Rule, Client: raw.Client}
	for _, e := range raw.Values.entries {
		v.Values = append(v.Values, e.key)
		texts := map[string]string{}
		switch text := e.value.(type) {
		case nil:
			continue
		case string:
			texts[""] = text
		case yaml.MapSlice:
			for _, item := range text {
				texts[fmt.Sprint(item.Key)] = fmt.Sprint(item.Value)
			}
		default:
			texts[""] = fmt.Sprint(text)
		}
		if v.texts == nil {
			v.texts = map[string]map[string]string{}
		}
		v.texts[e.key] = texts
	}
	if len(v.Values) == 0 || !slices.Contains(v.Values, v.Default) {
		return placeAt(node, fmt.Errorf("default %q is not one of the values %s", v.Default, strings.Join(v.Values, ", ")))
	}
	if v.Source == "" {
		return placeAt(node, fmt.Errorf("a variant says where the question comes from: add source"))
	}
	return nil
}

// expand replaces every {variant} in text by what the choice makes of it.
func expand(text string, variants map[string]*Variant, choice map[string]string) (string, error) {
	replaced := 0
	for m, ok := nextMark(text, 0); ok; {
		v := variants[m.name]
		if v == nil {
			m, ok = nextMark(text, m.end)
			continue
		}
		by, known := v.text(choice[m.name], m.modifier)
		if !known {
			return "", fmt.Errorf("variant %s has no text %q for the value %s", m.name, m.modifier, choice[m.name])
		}
		if replaced++; replaced > 20 {
			return "", fmt.Errorf("variants in %q refer to each other in a circle", text)
		}
		text = m.replace(text, by)
		m, ok = nextMark(text, m.start)
	}
	return text, nil
}
