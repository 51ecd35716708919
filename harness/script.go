package harness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// readAnswers reads one answer or a list of them.
func readAnswers(node ast.Node) ([]Answer, error) {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	var out []Answer
	for i, n := range nodes {
		if i > 0 && out[i-1].Always {
			return nil, placeAt(n, fmt.Errorf("the answer above is for every further request; no other can follow it"))
		}
		var a Answer
		if err := a.UnmarshalYAML(n); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// UnmarshalYAML reads honest, or a mapping.
func (a *Answer) UnmarshalYAML(node ast.Node) error {
	if _, isMap := pairs(node); !isMap {
		_, err := oneOf(node, "honest")
		return err
	}
	err := readFields(node, func(key string, value ast.Node) (known bool, err error) {
		switch key {
		case "refuse":
			a.Refuse, err = text(value)
		case "status":
			if a.Status, err = positive(value); err == nil && (a.Status < 200 || a.Status > 599) {
				err = placeAt(value, fmt.Errorf("status %d: write a status from 200 to 599", a.Status))
			}
		case "body":
			a.Body, err = text(value)
		case "headers":
			err = decodeNode(value, &a.Headers)
		case "set":
			err = a.readChanges(value)
		case "drop":
			a.Drop, err = oneOf(value, "before", "within")
		case "delay":
			err = a.Delay.UnmarshalYAML(value)
		case "redirect":
			if a.RedirectTo, err = text(value); err == nil && a.RedirectTo != "other" && !strings.HasPrefix(a.RedirectTo, "/") {
				err = placeAt(value, fmt.Errorf("redirect %q: write other, for another host, or a path of this one", a.RedirectTo))
			}
		case "date":
			err = a.DateShift.UnmarshalYAML(value)
		case "always":
			err = decodeNode(value, &a.Always)
		default:
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return err
	}
	switch {
	case a.RedirectTo != "" && (a.Status < 300 || a.Status > 399):
		err = fmt.Errorf("a redirect has a status from 300 to 399")
	case a.RedirectTo != "" && (a.Refuse != "" || a.Body != ""), a.Refuse != "" && a.Body != "":
		err = fmt.Errorf("an answer is one of refuse, a body, and redirect")
	case a.Body != "" && a.Status == 0:
		err = fmt.Errorf("an answer with a body of its own has a status")
	}
	return placeAt(node, err)
}

func (a *Answer) readChanges(node ast.Node) error {
	list, ok := pairs(node)
	if !ok {
		return placeAt(node, fmt.Errorf("set is a mapping: place to value"))
	}
	for _, pair := range list {
		var c Change
		var err error
		if c.Place, err = keyText(pair); err != nil {
			return err
		}
		if word, _ := text(pair.Value); word == "{absent}" {
			c.Gone = true
		} else if word != "" {
			c.Value = word
		} else if err = decodeNode(pair.Value, &c.Value); err != nil {
			return err
		}
		a.Set = append(a.Set, c)
	}
	return nil
}

func (p *Profile) checkAnswer(a Answer) error {
	if a.Refuse != "" {
		if err := p.checkExpect(Expect{Refuse: []string{a.Refuse}}); err != nil {
			return fmt.Errorf("answers with the error %q, which the profile does not document; it documents %s", a.Refuse, strings.Join(p.errors.keys(), ", "))
		}
	}
	for _, c := range a.Set {
		if name, ok := strings.CutPrefix(c.Place, "{"); ok {
			if p.LoginPlace(strings.TrimSuffix(name, "}")) == nil {
				return fmt.Errorf("set %s: the reply to a login holds no such value", c.Place)
			}
		}
	}
	d, err := a.Delay.Resolve(p.Window)
	if err == nil && d < 0 {
		err = fmt.Errorf("delay %s: an answer does not come before its request", a.Delay)
	}
	if err == nil {
		_, err = a.DateShift.Resolve(p.Window)
	}
	return err
}

// LoginPlace is where the reply to a login holds the value, as keys from the top;
// nil when it holds no such value.
func (p *Profile) LoginPlace(value string) []string {
	if p.Login == nil {
		return nil
	}
	return p.replyTo(p.Login.Operation).body.place(value)
}

// place finds the first leaf that stands for the value.
func (p *pattern) place(value string) []string {
	if p == nil {
		return nil
	}
	for _, k := range p.keys {
		if k.value.kind == 's' && slices.Contains(k.value.leaf[0].text.Names(), value) {
			return []string{k.name}
		}
		if rest := k.value.place(value); rest != nil {
			return append([]string{k.name}, rest...)
		}
	}
	if p.items != nil {
		if p.items.kind == 's' && slices.Contains(p.items.leaf[0].text.Names(), value) {
			return []string{strconv.Itoa(0)}
		}
		if rest := p.items.place(value); rest != nil {
			return append([]string{"0"}, rest...)
		}
	}
	return nil
}
