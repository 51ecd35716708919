package reports

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// differences lists what one case showed then and now.
func (c *comparing) differences(b, n BaselineCase) []Difference {
	var out []Difference
	for i := range min(len(b.Answers), len(n.Answers)) {
		out = append(out, c.answers(i+1, b.Answers[i], n.Answers[i])...)
	}
	if was, is := len(b.Answers), len(n.Answers); was != is {
		// A case ends at the first step that goes wrong, which is told already.
		out = append(out, Difference{What: "steps", Before: strconv.Itoa(was), After: strconv.Itoa(is)})
	}
	for _, d := range variantDifferences(b.Shown, n.Shown) {
		if !c.varies.variant(b, d.Place) && !c.varies.variant(n, d.Place) {
			out = append(out, d)
		}
	}
	out = append(out, c.findings(b, n)...)
	if was, is := strings.Join(b.Told, ", "), strings.Join(n.Told, ", "); was != is {
		level := c.level(n.Name)
		out = append(out, Difference{What: "told", Before: was, After: is, Contract: binds(level)})
	}
	return out
}

func (c *comparing) level(name string) harness.Level {
	for _, r := range c.suite.Results {
		if r.Case.Name() == name {
			return r.Case.Level
		}
	}
	return harness.Open
}

// binds reports whether the vendor's pages state the requirement.
func binds(l harness.Level) bool { return l == harness.Must || l == harness.Should }

// variantDifferences compares the values shown of open variants: they differ when
// they have none in common. What was shown on one side only is no difference,
// because an answer that shows nothing is told by its other differences.
func variantDifferences(b, n map[string]string) []Difference {
	var out []Difference
	for _, name := range sorted(b) {
		now, there := n[name]
		if there && len(common(strings.Split(b[name], " or "), strings.Split(now, " or "))) == 0 {
			out = append(out, Difference{What: "variant", Place: name, Before: b[name], After: now, Contract: true})
		}
	}
	return out
}

// findings compares what was wrong. A breach that is gone is no breach of the
// contract.
func (c *comparing) findings(b, n BaselineCase) []Difference {
	var out []Difference
	for _, f := range n.Findings {
		if !slices.Contains(b.Findings, f) {
			rule, kind, _ := strings.Cut(f, " ")
			req := c.suite.Profile.Requirement(rule)
			out = append(out, Difference{What: "finding", Place: rule, After: kind, Contract: req == nil || binds(req.Level)})
		}
	}
	for _, f := range b.Findings {
		if !slices.Contains(n.Findings, f) {
			rule, kind, _ := strings.Cut(f, " ")
			out = append(out, Difference{What: "finding", Place: rule, Before: kind})
		}
	}
	return out
}

// answers compares two answers to the same step.
func (c *comparing) answers(step int, b, n harness.Shape) []Difference {
	var out []Difference
	contract := !(b.Either && n.Either)
	if b.Status != n.Status {
		out = append(out, Difference{What: "status", Step: step, Before: strconv.Itoa(b.Status), After: strconv.Itoa(n.Status), Contract: contract})
	}
	if b.Name != n.Name { // another answer altogether, which has other fields
		return append(out, Difference{What: "answer", Step: step, Before: b.Name, After: n.Name, Contract: contract})
	}
	was, is := factsOf(b), factsOf(n)
	for _, path := range sorted(allPaths(was, is)) {
		before, had := was[path]
		after, has := is[path]
		if c.passes(b, n, path) {
			continue
		}
		switch {
		case !has && !hasRoom(is, path), !had && !hasRoom(was, path):
			continue // what it is in differs, and is told
		case had && has && sameFact(before, after):
			continue
		}
		d := Difference{What: nameOf(path, before.Value, after.Value, had, has), Place: strings.TrimPrefix(path, "header "), Step: step, Before: before.Value, After: after.Value,
			Contract: contract && (before.Documented || after.Documented)}
		if d.What == "value" {
			d.What = cmp.Or(after.About, before.About, "value")
		}
		out = append(out, d)
	}
	return out
}

// passes reports whether the place, or what it is in, differs from one answer to
// the next anyway.
func (c *comparing) passes(b, n harness.Shape, path string) bool {
	for at := path; at != ""; at = parent(at) {
		if c.varies.place(b, at) || c.varies.place(n, at) {
			return true
		}
	}
	return false
}

func allPaths(a, b map[string]harness.Fact) map[string]bool {
	all := map[string]bool{}
	for path := range a {
		all[path] = true
	}
	for path := range b {
		all[path] = true
	}
	return all
}

// sameFact compares two facts of one place. Where the profile is silent, null and
// the lack of elements say nothing of a type.
func sameFact(a, b harness.Fact) bool {
	if a.Documented || b.Documented {
		return a.Value == b.Value
	}
	types := func(f harness.Fact) []string {
		all := strings.Split(strings.ReplaceAll(f.Value, "empty array", "array"), " or ")
		slices.Sort(all)
		return slices.Compact(slices.DeleteFunc(all, func(t string) bool { return t == "null" }))
	}
	x, y := types(a), types(b)
	return len(x) == 0 || len(y) == 0 || slices.Equal(x, y)
}

// nameOf names the difference.
func nameOf(path, before, after string, had, has bool) string {
	switch {
	case strings.HasPrefix(path, "header "):
		return "header"
	case path == "body":
		return "body"
	case !has || after == "absent":
		return "missing field"
	case !had || before == "absent":
		return "extra field"
	case typeIn(before) != typeIn(after):
		return "type"
	}
	return "value"
}

// typeIn is the JSON type of a fact's value; empty where it may be any.
func typeIn(value string) string {
	value = strings.TrimPrefix(value, "another ")
	switch _, err := strconv.ParseFloat(value, 64); {
	case strings.HasPrefix(value, `"`):
		return "string"
	case value == "true" || value == "false":
		return "boolean"
	case err == nil:
		return "number"
	case value == "any value":
		return ""
	}
	return strings.TrimPrefix(value, "empty ")
}
