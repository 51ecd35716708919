package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// decodeOptions make decoding strict: unknown fields and duplicate keys are
// errors, and mappings keep their order.
var decodeOptions = []yaml.DecodeOption{yaml.DisallowUnknownField(), yaml.UseOrderedMap()}

// decodeNode decodes a node strictly. An error that does not know its place gets
// that of the node.
func decodeNode(node ast.Node, into any) error {
	return placeAt(node, yaml.NodeToValue(node, into, decodeOptions...))
}

// nodeError is an error about a place in a YAML document.
type nodeError struct {
	line, column int
	err          error
}

func (e *nodeError) Error() string { return e.err.Error() }
func (e *nodeError) Unwrap() error { return e.err }

func placeAt(node ast.Node, err error) error {
	var placed *nodeError
	var known yaml.Error
	if err == nil || errors.As(err, &placed) || errors.As(err, &known) && known.GetToken() != nil || node == nil || node.GetToken() == nil {
		return err
	}
	pos := node.GetToken().Position
	return &nodeError{pos.Line, pos.Column, err}
}

// pairs lists the entries of a mapping; ok is false for any other node.
func pairs(node ast.Node) (list []*ast.MappingValueNode, ok bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func keyText(pair *ast.MappingValueNode) (string, error) {
	if key, ok := pair.Key.(*ast.StringNode); ok {
		return key.Value, nil
	}
	var key any
	if err := decodeNode(pair.Key, &key); err != nil {
		return "", err
	}
	return fmt.Sprint(key), nil
}

// text reads a text; a number or a truth value is none.
func text(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	}
	return "", placeAt(node, fmt.Errorf("a text is expected here, not %s; put it in quotes", strings.ToLower(node.Type().String())))
}

// scalar is the text of a scalar, whatever YAML takes it for.
func scalar(node ast.Node) string {
	if s, err := text(node); err == nil {
		return s
	}
	return node.GetToken().Value
}

// readFields hands every entry of a mapping to read, which reports whether it
// knows the key.
func readFields(node ast.Node, read func(key string, value ast.Node) (known bool, err error)) error {
	list, ok := pairs(node)
	if !ok {
		return placeAt(node, fmt.Errorf("a mapping is expected here, not %s", strings.ToLower(node.Type().String())))
	}
	for i, pair := range list {
		key, err := keyText(pair)
		if err != nil {
			return err
		}
		for _, earlier := range list[:i] {
			if other, _ := keyText(earlier); other == key {
				return placeAt(pair.Key, fmt.Errorf("the key %q stands here twice", key))
			}
		}
		known, err := read(key, pair.Value)
		if err != nil {
			return placeAt(pair.Value, err)
		}
		if !known {
			return placeAt(pair.Key, fmt.Errorf("unknown field %q; correct its name or remove it", key))
		}
	}
	return nil
}

// ordered is a YAML mapping that remembers the order of its keys, which is the
// order of the vendor's page. A sequence of names reads as keys without values.
type ordered[T any] struct {
	entries []entry[T]
}

type entry[T any] struct {
	key   string
	value T
}

// UnmarshalYAML reads a mapping, or a sequence of names.
func (o *ordered[T]) UnmarshalYAML(node ast.Node) error {
	if list, ok := node.(*ast.SequenceNode); ok {
		for _, item := range list.Values {
			var name any
			if err := decodeNode(item, &name); err != nil {
				return err
			}
			o.entries = append(o.entries, entry[T]{key: fmt.Sprint(name)})
		}
		return nil
	}
	list, ok := pairs(node)
	if !ok {
		return placeAt(node, fmt.Errorf("a mapping is expected here, not %s", node.Type()))
	}
	for _, pair := range list {
		var e entry[T]
		var err error
		if e.key, err = keyText(pair); err != nil {
			return err
		}
		if _, twice := o.get(e.key); twice {
			return placeAt(pair.Key, fmt.Errorf("the key %q stands here twice", e.key))
		}
		if err := decodeNode(pair.Value, &e.value); err != nil {
			return err
		}
		o.entries = append(o.entries, e)
	}
	return nil
}

func (o ordered[T]) get(key string) (T, bool) {
	for _, e := range o.entries {
		if e.key == key {
			return e.value, true
		}
	}
	var zero T
	return zero, false
}

func (o ordered[T]) keys() []string {
	keys := make([]string, len(o.entries))
	for i, e := range o.entries {
		keys[i] = e.key
	}
	return keys
}

// document is a YAML file, kept to turn a place in the data into a line.
type document struct {
	name string
	file *ast.File
}

func readYAML(folder fs.FS, name string, into any) (doc *document, err error) {
	// The library has been seen to panic on odd tags. A file must not be able to
	// end the process.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: cannot be read as YAML (%s); look for odd tags or control characters", name, oneLine(fmt.Sprint(p)))
		}
	}()
	text, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s:1: there is no such file; a vendor has a profile.yaml and a requirements.yaml", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, yamlError(name, err)
	}
	doc = &document{name: name, file: file}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s:1: the file holds %d YAML documents with content; it is to hold one", name, countBodies(file))
	}
	if err := decodeNode(file.Docs[0].Body, into); err != nil {
		return nil, yamlError(name, err)
	}
	return doc, nil
}

func countBodies(file *ast.File) int {
	n := 0
	for _, d := range file.Docs {
		if d.Body != nil {
			n++
		}
	}
	return n
}

// yamlError renders an error on one line: file:line:column: message.
func yamlError(file string, err error) error {
	var placed *nodeError
	if errors.As(err, &placed) {
		return fmt.Errorf("%s:%d:%d: %s", file, placed.line, placed.column, oneLine(placed.err.Error()))
	}
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil {
		pos := ye.GetToken().Position
		message := oneLine(ye.GetMessage())
		if strings.HasPrefix(message, "unknown field") {
			message += "; correct its name or remove it"
		}
		return fmt.Errorf("%s:%d:%d: %s", file, pos.Line, pos.Column, message)
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
	if err == nil || errors.As(err, &inner) {
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
