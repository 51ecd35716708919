package harness

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// compiler turns the text of a profile into templates, recipes and patterns
// under one choice of variants.
type compiler struct {
	variants map[string]*Variant
	choice   map[string]string // every variant's value
	pinned   map[string]bool
	steps    map[string]StepFunc
	local    map[string]string // code, message and detail of the error being compiled
}

func (c *compiler) expand(text string) (string, error) {
	return expand(text, c.variants, c.choice)
}

func (c *compiler) template(text string) (Template, error) {
	expanded, err := c.expand(text)
	return parseTemplate(expanded), err
}

// free reports whether a target may show any value of the variant without
// failing for it.
func (c *compiler) free(name string) bool {
	v := c.variants[name]
	return v != nil && !v.Documented && !c.pinned[name]
}

// reading is one way to read a text: under one value of each variant in it.
type reading struct {
	text   string
	open   map[string]string // the values of the open variants it depends on
	pinned bool              // it depends on a pinned one
}

// readings lists the texts an answer may show: one for each value of each open
// variant the text depends on, those of the current choice first. Of settled
// variants only the choice counts.
func (c *compiler) readings(text string) ([]reading, error) {
	return c.read(reading{text: text}, 0)
}

func (c *compiler) read(r reading, depth int) ([]reading, error) {
	if depth > 20 {
		return nil, fmt.Errorf("variants in %q refer to each other in a circle", r.text)
	}
	for m, ok := nextMark(r.text, 0); ok; m, ok = nextMark(r.text, m.end) {
		name, key := m.name, m.modifier
		if local, ok := c.local[name]; ok && name != "code" {
			return c.read(reading{m.replace(r.text, modify(local, key)), r.open, r.pinned}, depth+1)
		}
		v, ok := c.variants[name]
		if !ok {
			continue
		}
		var all []reading
		for _, value := range c.values(name, v) {
			text, ok := v.text(value, key)
			if !ok {
				return nil, fmt.Errorf("variant %s has no text %q for the value %s", name, key, value)
			}
			next := reading{m.replace(r.text, text), r.open, r.pinned || c.pinned[name]}
			if c.free(name) {
				next.open = maps.Clone(r.open)
				if next.open == nil {
					next.open = map[string]string{}
				}
				next.open[name] = value
			}
			more, err := c.read(next, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
		return all, nil
	}
	return []reading{r}, nil
}

// replace puts other text in the place of the placeholder.
func (m mark) replace(text, by string) string { return text[:m.start] + by + text[m.end:] }

func (c *compiler) values(name string, v *Variant) []string {
	values := []string{c.choice[name]}
	if c.free(name) {
		for _, value := range v.Values {
			if value != c.choice[name] {
				values = append(values, value)
			}
		}
	}
	return values
}

// about says what a scalar of a pattern stands for: the first value in it, with
// variants replaced.
func (c *compiler) about(text string) string {
	expanded, err := c.expand(text)
	if err != nil {
		return ""
	}
	for _, n := range parseTemplate(expanded).Names() {
		switch n {
		case "true", "false", "null", "absent", "any", "anything", "rest":
		default:
			return n
		}
	}
	return ""
}

func (c *compiler) recipe(raw []rawStage) (Recipe, error) {
	var r Recipe
	for i, s := range raw {
		if s.Name == "" {
			return nil, fmt.Errorf("stage %d has no name", i+1)
		}
		stage, err := c.stage(s)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", s.Name, err)
		}
		r = append(r, stage)
	}
	return r, nil
}

func (c *compiler) stage(s rawStage) (recipeStage, error) {
	text, err := c.template(s.Text)
	if err != nil {
		return recipeStage{}, err
	}
	out := recipeStage{name: s.Name, text: text}
	for _, raw := range s.Steps {
		name, err := c.expand(raw)
		if err != nil {
			return recipeStage{}, err
		}
		for _, one := range strings.Split(name, ",") { // a variant may stand for several steps
			step, err := compileStep(one, c.steps)
			if err != nil {
				return recipeStage{}, err
			}
			out.steps = append(out.steps, step)
		}
	}
	return out, nil
}

func (c *compiler) named(raw ordered[string]) ([]Named, error) {
	var out []Named
	for _, e := range raw.entries {
		name, err := c.expand(e.key)
		if err != nil {
			return nil, err
		}
		text, err := c.template(e.value)
		if err != nil {
			return nil, err
		}
		out = append(out, Named{Name: name, Text: text})
	}
	return out, nil
}

func (c *compiler) form(raw *rawForm) (*Form, error) {
	f := &Form{Checks: raw.Checks, Operation: raw.Operation}
	var err error
	if f.Values, err = c.named(raw.Values); err != nil {
		return nil, err
	}
	if f.Headers, err = c.named(raw.Headers); err != nil {
		return nil, err
	}
	for i := range f.Headers {
		f.Headers[i].Name = http.CanonicalHeaderKey(f.Headers[i].Name)
	}
	if f.Query, err = c.named(raw.Query); err != nil {
		return nil, err
	}
	if f.Fields, err = c.named(raw.Fields); err != nil {
		return nil, err
	}
	if f.Encoding, err = c.expand(raw.Encoding); err != nil {
		return nil, err
	}
	if len(f.Fields) > 0 && f.Encoding != "json" && f.Encoding != "form" {
		return nil, fmt.Errorf("encoding %q: fields travel as json or form", f.Encoding)
	}
	return f, nil
}

// reply compiles an answer; unset parts come from the base.
func (c *compiler) reply(raw *rawReply) (*reply, error) {
	r := &reply{rule: raw.Rule, statusRule: raw.StatusRule, codeRule: raw.CodeRule}
	statuses, err := c.readings(raw.Status)
	if err != nil {
		return nil, err
	}
	for _, s := range statuses {
		status, err := parseStatus(s.text)
		if err != nil {
			return nil, err
		}
		status.shows, status.pinned = showings(s.open), s.pinned
		r.status = append(r.status, status)
	}
	for _, e := range raw.Headers.entries {
		p, err := compilePattern(e.value, c)
		if err != nil {
			return nil, err
		}
		r.headers = append(r.headers, patternKey{http.CanonicalHeaderKey(e.key), p})
	}
	if raw.Body != nil {
		if r.body, err = compilePattern(raw.Body, c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// statusRange is one documented HTTP status, or a class such as 4xx.
type statusRange struct {
	text     string
	min, max int
	shows    []Showing
	pinned   bool // by a variant
}

// showings turns one value a variant into what an answer shows.
func showings(open map[string]string) []Showing {
	var out []Showing
	for _, name := range sortedKeys(open) {
		out = append(out, Showing{name, []string{open[name]}})
	}
	return out
}

func parseStatus(text string) (statusRange, error) {
	s := statusRange{text: text}
	if len(text) == 3 && text[0] >= '1' && text[0] <= '5' {
		s.min = int(text[0]-'0') * 100
		if text[1:] == "xx" {
			s.max = s.min + 99
			return s, nil
		}
		if text[1] >= '0' && text[1] <= '9' && text[2] >= '0' && text[2] <= '9' {
			s.min += int(text[1]-'0')*10 + int(text[2]-'0')
			s.max = s.min
			return s, nil
		}
	}
	return s, fmt.Errorf("status %q: write a status such as 401, or a class such as 4xx", text)
}
