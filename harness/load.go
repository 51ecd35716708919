package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

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
	p.byID = map[string]*Requirement{}
	for i, r := range raw.Requirements {
		where := fmt.Sprintf("requirements[%d]", i)
		switch {
		case r.ID == "":
			return doc.errorAt(where, errors.New("a requirement has an id"))
		case p.byID[r.ID] != nil:
			return doc.errorAt(where, fmt.Errorf("requirement %s stands here twice; ids are unique", r.ID))
		case !contains([]string{string(Must), string(Should), string(May), string(Open)}, string(r.Level)):
			return doc.errorAt(where+".level", fmt.Errorf("%s: level %q; write MUST, SHOULD, MAY or OPEN", r.ID, r.Level))
		case !contains([]string{"server", "client", "both", "receiver"}, r.Side):
			return doc.errorAt(where+".side", fmt.Errorf("%s: side %q; write server, client, both or receiver", r.ID, r.Side))
		case r.Variant != "" && p.Variants[r.Variant] == nil:
			return doc.errorAt(where+".variant", fmt.Errorf("%s hangs on the variant %q, which the profile does not have", r.ID, r.Variant))
		}
		p.byID[r.ID] = r
		p.Requirements = append(p.Requirements, r)
	}
	for claim, ids := range p.Rules {
		for _, id := range ids {
			if p.byID[id] == nil {
				return profile.errorAt("rules."+claim, fmt.Errorf("rule %s names %s, which requirements.yaml does not have", claim, id))
			}
		}
	}
	return nil
}

// decodeOptions make decoding strict: unknown fields and duplicate keys are
// errors, and mappings keep their order.
var decodeOptions = []yaml.DecodeOption{yaml.DisallowUnknownField(), yaml.UseOrderedMap()}

// document is a YAML file, kept to turn a place in the data into a line.
type document struct {
	name string
	file *ast.File
}

func readYAML(folder fs.FS, name string, into any) (*document, error) {
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, yamlError(name, err)
	}
	doc := &document{name: name, file: file}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s:1: one YAML document is expected, not %d", name, len(file.Docs))
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, into, decodeOptions...); err != nil {
		return nil, yamlError(name, err)
	}
	return doc, nil
}

// yamlError renders the library's error on one line: file:line:column: message.
func yamlError(file string, err error) error {
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		pos := ye.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", file, pos.Line, pos.Column, oneLine(ye.GetMessage()))
	}
	return fmt.Errorf("%s: %s", file, oneLine(err.Error()))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// placed is an error with the place in the document it is about.
type placed struct {
	path string
	err  error
}

func (p *placed) Error() string { return p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

func at(path string, err error) error {
	var inner *placed
	if errors.As(err, &inner) {
		return err
	}
	return &placed{path, err}
}

func (d *document) place(err error) error {
	var p *placed
	if errors.As(err, &p) {
		return d.errorAt(p.path, p.err)
	}
	return fmt.Errorf("%s: %w", d.name, err)
}

// errorAt puts file and line before an error about a place in the document. A
// place that is not written, such as a missing key, counts as its parent.
func (d *document) errorAt(place string, err error) error {
	for where := place; where != ""; {
		if line := d.line(where); line > 0 {
			return fmt.Errorf("%s:%d: %w", d.name, line, err)
		}
		cut := strings.LastIndexAny(where, ".[")
		where = where[:max(cut, 0)]
	}
	return fmt.Errorf("%s:1: %w", d.name, err)
}

func (d *document) line(place string) int {
	p, err := yaml.PathString("$." + place)
	if err != nil {
		return 0
	}
	node, err := p.FilterFile(d.file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}
