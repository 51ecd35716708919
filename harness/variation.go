package harness

import (
	"slices"
	"strings"
)

// Variation is a recipe with one thing done otherwise.
type Variation struct {
	Name   string // what is otherwise, in kebab-case
	Recipe Recipe
}

// Variations lists the recipes that differ from this one in one thing: a step
// left out, swapped with the next or done in another encoding, a value left out of
// a text, or what stands between the values.
func (r Recipe) Variations() []Variation {
	var all []Variation
	for _, s := range r {
		add := func(name string, varied recipeStage) {
			all = append(all, Variation{s.name + "-" + name, r.with(map[string]recipeStage{s.name: varied})})
		}
		for n, step := range s.steps {
			add("without-"+step.name, s.stepped(slices.Delete(slices.Clone(s.steps), n, n+1)))
			if n+1 < len(s.steps) {
				swapped := slices.Clone(s.steps)
				swapped[n], swapped[n+1] = swapped[n+1], swapped[n]
				add("with-"+step.name+"-last", s.stepped(swapped))
			}
			for _, other := range otherEncodings(step.name) {
				add("in-"+other, s.recoded(n, other))
			}
			if len(otherEncodings(step.name)) > 0 {
				add("in-capitals", s.capital())
			}
		}
		names := s.text.Names()
		if len(names) < 2 {
			continue
		}
		for _, name := range names {
			add("without-"+name, s.worded(strings.ReplaceAll(s.text.String(), "{"+name+"}", "")))
		}
		add("without-separators", s.worded(s.bare()))
	}
	return all
}

// encodings are the steps that write bytes as text.
var encodings = []string{"base64", "hex", "base64url", "decimal-bytes"}

// otherEncodings are those that a step may be mistaken for; none for a step that
// is no encoding.
func otherEncodings(step string) []string {
	if !slices.Contains(encodings, step) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(encodings), func(e string) bool { return e == step })
}

// stepped is the stage with other steps.
func (s recipeStage) stepped(steps []recipeStep) recipeStage {
	s.steps = steps
	return s
}

// recoded is the stage with its n-th step another built-in one.
func (s recipeStage) recoded(n int, step string) recipeStage {
	steps := slices.Clone(s.steps)
	steps[n] = recipeStep{name: step, do: builtinSteps[step]}
	return s.stepped(steps)
}

// capital is the stage written in capital letters at its end.
func (s recipeStage) capital() recipeStage {
	return s.stepped(append(slices.Clone(s.steps), recipeStep{name: "upper", do: builtinSteps["upper"]}))
}

// worded is the stage with another text.
func (s recipeStage) worded(text string) recipeStage {
	s.text = parseTemplate(text)
	return s
}

// bare is the text of the stage without what stands between its values.
func (s recipeStage) bare() string {
	bare := ""
	for _, part := range s.text.parts {
		if part.name != "" {
			bare += "{" + part.name + "}"
		}
	}
	return bare
}
