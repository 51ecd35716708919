package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/skewproof/skewproof/vectors"
)

// Option changes how profiles are loaded.
type Option func(*loader)

// WithFolder adds a folder of further vendors, in the format of the embedded
// ones. A vendor of the same name takes the embedded one's place.
func WithFolder(fsys fs.FS) Option {
	return func(l *loader) { l.folders = append(l.folders, fsys) }
}

// WithStep adds a step that recipes may name, for a scheme the built-in steps
// cannot express.
func WithStep(name string, do StepFunc) Option {
	return func(l *loader) { l.steps[name] = do }
}

// Load reads the profiles of the named vendors, or of all when none is named,
// with their requirements, cases and signature vectors, and checks that they
// agree. Errors name the file, the line and what to do.
func Load(names []string, options ...Option) ([]*Profile, error) {
	l := &loader{folders: []fs.FS{vectors.FS}, steps: map[string]StepFunc{}}
	for _, o := range options {
		o(l)
	}
	at := map[string]fs.FS{}
	for _, folder := range l.folders {
		found, err := fs.Glob(folder, "*/profile.yaml")
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			at[path.Dir(f)] = folder
		}
	}
	if len(names) == 0 {
		names = sortedKeys(at)
	}
	for _, name := range names {
		if at[name] == nil {
			return nil, fmt.Errorf("unknown vendor %q: no folder of that name has a profile.yaml; known are %s", name, strings.Join(sortedKeys(at), ", "))
		}
	}
	if err := l.loadCommon(); err != nil {
		return nil, err
	}
	profiles, errs := make([]*Profile, len(names)), make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { profiles[i], errs[i] = l.vendor(at[name], name) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return profiles, nil
}

type loader struct {
	folders []fs.FS
	steps   map[string]StepFunc
	common  []*commonCase
}

// vendor loads one folder.
func (l *loader) vendor(folder fs.FS, name string) (*Profile, error) {
	file := name + "/profile.yaml"
	var raw rawProfile
	doc, err := readYAML(folder, file, &raw)
	if err != nil {
		return nil, err
	}
	if raw.Vendor != name {
		return nil, doc.errorAt("vendor", fmt.Errorf("vendor is %q, but the folder is %q; they are the same name", raw.Vendor, name))
	}
	p, err := fromRaw(&raw, l.steps)
	if err != nil {
		return nil, doc.place(err)
	}
	if err := l.requirements(folder, p, doc); err != nil {
		return nil, err
	}
	if err := l.cases(folder, p, doc); err != nil {
		return nil, err
	}
	if err := l.vectors(folder, p); err != nil {
		return nil, err
	}
	return p, nil
}

func (l *loader) requirements(folder fs.FS, p *Profile, profile *document) error {
	file := p.Vendor + "/requirements.yaml"
	var raw requirementsFile
	doc, err := readYAML(folder, file, &raw)
	if err != nil {
		return err
	}
	for _, e := range raw.Sources.entries {
		e.value.Name = e.key
		p.Sources = append(p.Sources, e.value)
	}
	p.byID = map[string]*Requirement{}
	for i, r := range raw.Requirements {
		where := fmt.Sprintf("requirements[%d]", i)
		switch {
		case r == nil:
			return doc.errorAt(where, errors.New("an empty entry; write id, level, side, sentence and source"))
		case r.ID == "":
			return doc.errorAt(where, errors.New("a requirement has an id"))
		case p.byID[r.ID] != nil:
			return doc.errorAt(where, fmt.Errorf("requirement %s stands here twice; ids are unique", r.ID))
		case !slices.Contains([]string{string(Must), string(Should), string(May), string(Open)}, string(r.Level)):
			return doc.errorAt(where+".level", fmt.Errorf("%s: level %q; write MUST, SHOULD, MAY or OPEN", r.ID, r.Level))
		case !slices.Contains([]string{"server", "client", "both", "receiver"}, r.Side):
			return doc.errorAt(where+".side", fmt.Errorf("%s: side %q; write server, client, both or receiver", r.ID, r.Side))
		case r.Variant != "" && p.Variants[r.Variant] == nil:
			return doc.errorAt(where+".variant", fmt.Errorf("%s hangs on the variant %q, which the profile does not have", r.ID, r.Variant))
		}
		p.byID[r.ID] = r
		p.Requirements = append(p.Requirements, r)
	}
	for _, claim := range sortedKeys(p.Rules) {
		if len(p.Rules[claim]) == 0 {
			return profile.errorAt("rules."+claim, fmt.Errorf("rule %s names no requirement", claim))
		}
		for _, id := range p.Rules[claim] {
			if p.byID[id] == nil {
				return profile.errorAt("rules."+claim, fmt.Errorf("rule %s names %s, which requirements.yaml does not have", claim, id))
			}
		}
	}
	for place, id := range p.citations() {
		if id != "" && p.byID[id] == nil {
			return profile.errorAt(place, fmt.Errorf("%s cites %s, which requirements.yaml does not have", place, id))
		}
	}
	return nil
}

// citations are the requirements that variants, errors and replies name, by
// their place in the profile.
func (p *Profile) citations() map[string]string {
	cited := map[string]string{}
	for _, e := range p.raw.Variants.entries {
		cited["variants."+e.key+".rule"] = e.value.Rule
	}
	for _, e := range p.raw.Errors.entries {
		cited["errors."+e.key+".rule"] = e.value.Rule
	}
	reply := func(place string, r *rawReply) {
		cited[place+".rule"], cited[place+".status_rule"], cited[place+".code_rule"] = r.Rule, r.StatusRule, r.CodeRule
	}
	reply("replies.success", &p.raw.Replies.Success)
	reply("replies.error", &p.raw.Replies.Error)
	for _, e := range p.raw.Operations.entries {
		if e.value.Reply != nil {
			reply("operations."+e.key+".reply", e.value.Reply)
		}
	}
	return cited
}
