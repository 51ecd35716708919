package harness

import (
	"fmt"
	"sync/atomic"

	"github.com/goccy/go-yaml"
)

// oddStages are stages of a recipe made another way on purpose: {stage: text},
// which keeps the stage's steps, or {stage: {text, steps}}.
type oddStages struct {
	written yaml.MapSlice
	last    atomic.Pointer[oddCompiled]
}

// oddCompiled is what the stages are under one choice of variants.
type oddCompiled struct {
	profile *Profile
	stages  map[string]recipeStage
}

// compiled gives the stages under the profile's choice of variants. Stages that
// cannot be read were refused on loading.
func (o *oddStages) compiled(p *Profile) map[string]recipeStage {
	if last := o.last.Load(); last != nil && last.profile == p {
		return last.stages
	}
	stages, _ := o.compile(p)
	o.last.Store(&oddCompiled{p, stages})
	return stages
}

func (o *oddStages) compile(p *Profile) (map[string]recipeStage, error) {
	c := &compiler{variants: p.Variants, choice: p.choice, steps: p.steps}
	stages := map[string]recipeStage{}
	for _, item := range o.written {
		raw := rawStage{Name: fmt.Sprint(item.Key), Steps: p.stepsOf(fmt.Sprint(item.Key))}
		if m, ok := item.Value.(yaml.MapSlice); ok {
			for _, part := range m {
				switch part.Key {
				case "text":
					raw.Text = fmt.Sprint(part.Value)
				case "steps":
					raw.Steps = nil
					list, _ := part.Value.([]any)
					for _, s := range list {
						raw.Steps = append(raw.Steps, fmt.Sprint(s))
					}
				default:
					return nil, fmt.Errorf("stage %s: %v is neither text nor steps", raw.Name, part.Key)
				}
			}
		} else {
			raw.Text = fmt.Sprint(item.Value)
		}
		if !p.hasStage(raw.Name) {
			return nil, fmt.Errorf("no recipe has a stage %q", raw.Name)
		}
		stage, err := c.stage(raw)
		if err != nil {
			return nil, fmt.Errorf("stage %s: %w", raw.Name, err)
		}
		stages[raw.Name] = stage
	}
	return stages, nil
}

func (p *Profile) hasStage(name string) bool {
	for _, list := range [][]rawStage{p.raw.Recipes.Request, p.raw.Recipes.Token} {
		for _, s := range list {
			if s.Name == name {
				return true
			}
		}
	}
	return false
}

// stepsOf gives the steps a stage has in the profile, as text.
func (p *Profile) stepsOf(name string) []string {
	for _, list := range [][]rawStage{p.raw.Recipes.Request, p.raw.Recipes.Token} {
		for _, s := range list {
			if s.Name == name {
				return s.Steps
			}
		}
	}
	return nil
}
