package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
)

// Vector is a signature, token or webhook signature with every value on the
// way to it, and where the values come from.
type Vector struct {
	ID       string            `json:"id"`
	Recipe   string            `json:"recipe"` // request, webhook or token
	Origin   string            `json:"origin"` // documented, vendor-sdk, independent, recorded or computed
	MadeWith string            `json:"made_with"`
	Valid    bool              `json:"valid"`
	Mistake  string            `json:"mistake,omitempty"` // what the maker of an invalid one did wrong
	Variant  map[string]string `json:"variant,omitempty"`
	Inputs   Values            `json:"inputs"`
	Stages   []Stage           `json:"stages"`
	Headers  map[string]string `json:"headers,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
}

type vectorFile struct {
	Schema  string    `json:"$schema"`
	Vendor  string    `json:"vendor"`
	About   string    `json:"about"`
	Vectors []*Vector `json:"vectors"`
}

// vectors loads signatures.json, when there is one, and holds every recipe
// against it: a recipe that agrees only with values it computed itself proves
// nothing and is refused.
func (l *loader) vectors(folder fs.FS, p *Profile) error {
	name := p.Vendor + "/signatures.json"
	text, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var file vectorFile
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return fmt.Errorf("%s:%d: %w", name, lineAt(text, dec.InputOffset()), err)
	}
	witnessed, seen := map[string]bool{}, map[string]bool{}
	under := map[string]*Profile{} // by choice of variants
	if rest := bytes.TrimSpace(text[dec.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("%s:%d: something follows the document; remove it", name, lineAt(text, dec.InputOffset()))
	}
	if file.Vendor != p.Vendor {
		return fmt.Errorf("%s:1: the vectors are of the vendor %q, but the folder is %q", name, file.Vendor, p.Vendor)
	}
	for _, v := range file.Vectors {
		if v == nil {
			return fmt.Errorf("%s:1: an empty vector; remove it", name)
		}
		line := lineOf(text, v.ID)
		if seen[v.ID] {
			return fmt.Errorf("%s:%d: vector %q stands here twice; ids are unique", name, line, v.ID)
		}
		seen[v.ID] = true
		choice := fmt.Sprint(v.Variant)
		if under[choice] == nil {
			if under[choice], err = p.With(v.Variant, false); err != nil {
				return fmt.Errorf("%s:%d: vector %s: %w", name, line, v.ID, err)
			}
		}
		if err := under[choice].checkVector(v); err != nil {
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
		if v.Valid && v.Origin != "computed" {
			witnessed[v.Recipe] = true
		}
	}
	for recipe, r := range map[string]Recipe{"request": p.Request, "webhook": p.Webhook, "token": p.tokenRecipe()} {
		if r != nil && !witnessed[recipe] {
			return fmt.Errorf("%s:1: recipe %s has no valid vector from outside this project; add one with origin documented, vendor-sdk, independent or recorded", name, recipe)
		}
	}
	p.Vectors = file.Vectors
	return nil
}

func (p *Profile) tokenRecipe() Recipe {
	if p.Token == nil {
		return nil
	}
	return p.Token.Recipe
}

// CheckVector runs the vector's recipe over its inputs. A valid vector must
// come out stage by stage; an invalid one must not give the recipe's result.
func (p *Profile) CheckVector(v *Vector) error {
	q, err := p.With(v.Variant, false)
	if err != nil {
		return fmt.Errorf("vector %s: %w", v.ID, err)
	}
	return q.checkVector(v)
}

func (p *Profile) checkVector(v *Vector) error {
	recipe := map[string]Recipe{"request": p.Request, "webhook": p.Webhook, "token": p.tokenRecipe()}[v.Recipe]
	if recipe == nil {
		return fmt.Errorf("vector %s: the profile has no recipe %q", v.ID, v.Recipe)
	}
	if !slices.Contains([]string{"documented", "vendor-sdk", "independent", "recorded", "computed"}, v.Origin) {
		return fmt.Errorf("vector %s: origin %q; write documented, vendor-sdk, independent, recorded or computed", v.ID, v.Origin)
	}
	if n := len(v.Stages); n > 0 && !v.Valid && v.Stages[n-1].Name != recipe.result() {
		return fmt.Errorf("vector %s: its last stage is %q, and the recipe's is %q", v.ID, v.Stages[n-1].Name, recipe.result())
	}
	if len(v.Stages) == 0 {
		return fmt.Errorf("vector %s has no stages", v.ID)
	}
	values := maps.Clone(v.Inputs)
	got := recipe.Run(values, nil)
	stage, at, differ := firstDifference(v.Stages, got)
	switch {
	case v.Valid && (differ || len(got) != len(v.Stages)):
		return fmt.Errorf("vector %s: stage %q differs from the recipe's at byte %d: the vector has %q, the recipe makes %q; correct whichever is wrong",
			v.ID, stage, at, shorten(stageValue(v.Stages, stage), 80), shorten(stageValue(got, stage), 80))
	case !v.Valid && got[len(got)-1] == v.Stages[len(v.Stages)-1]:
		return fmt.Errorf("vector %s: marked as a mistake (%s), but the recipe makes the same value", v.ID, v.Mistake)
	case v.Valid && v.Recipe != "webhook":
		return p.checkCarried(v, values)
	}
	return nil
}

func stageValue(stages []Stage, name string) string {
	for _, s := range stages {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// checkCarried holds the headers and fields of a vector against the forms: those
// of a call, or those of a login, must carry just that.
func (p *Profile) checkCarried(v *Vector, values Values) error {
	var problem error
	for _, f := range []*Form{p.Call, p.Login} {
		if f == nil {
			continue
		}
		if problem = f.carries(v, values); problem == nil {
			return nil
		}
	}
	return problem
}

func (f *Form) carries(v *Vector, values Values) error {
	for _, given := range []map[string]string{v.Headers, v.Fields} {
		for _, name := range sortedKeys(given) {
			found := false
			for _, list := range [][]Named{f.Headers, f.Query, f.Fields} {
				for _, n := range list {
					found = found || (n.Name == name || n.Name == http.CanonicalHeaderKey(name)) && n.Text.Render(values) == given[name]
				}
			}
			if !found {
				return fmt.Errorf("vector %s: %s: %s is not what the profile sends", v.ID, name, shorten(given[name], 80))
			}
		}
	}
	return nil
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
}

func lineOf(text []byte, id string) int {
	if i := bytes.Index(text, []byte(`"id": "`+id+`"`)); i >= 0 {
		return lineAt(text, int64(i))
	}
	return 1
}
