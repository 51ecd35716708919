package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// maxChangeLines is how many lines of changes the summary shows.
const maxChangeLines = 25

// ChangeGroup is changes that are alike but for the case.
type ChangeGroup struct {
	Change // the first of them
	Cases  []string
}

// Groups puts together the changes that are alike, those of the contract first,
// then by kind.
func (c *Comparison) Groups() []ChangeGroup {
	var out []ChangeGroup
	for _, contract := range []bool{true, false} {
		for _, kind := range changeKinds {
			at := map[string]int{}
			for _, ch := range c.Changes {
				if ch.Kind != kind || ch.Contract != contract {
					continue
				}
				sign := ch.Vendor + "." + ch.Side + " " + ch.text()
				i, known := at[sign]
				if !known {
					i = len(out)
					at[sign] = i
					out = append(out, ChangeGroup{Change: ch})
				}
				if ch.Case != "" {
					out[i].Cases = append(out[i].Cases, ch.Case)
				}
			}
		}
	}
	return out
}

// maxDifferences is how many differences one line tells.
const maxDifferences = 4

// text says before and after, without the case and its steps.
func (c Change) text() string {
	var parts []string
	if c.Kind == NewFailure || c.Kind == Fixed {
		parts = append(parts, fmt.Sprintf("%s -> %s", c.Before, c.After))
	}
	if c.Kind == NewCase && c.After != harness.Pass {
		parts = append(parts, string(c.After))
	}
	var told []string
	for _, d := range c.Differences {
		if text := d.String(); !slices.Contains(told, text) && d.What != "steps" { // the same at every step is once enough
			told = append(told, text)
		}
	}
	if n := len(told); n > maxDifferences {
		told = append(told[:maxDifferences], fmt.Sprintf("and %d more", n-maxDifferences))
	}
	return strings.Join(append(parts, told...), "; ")
}

// String says what changed, from what to what.
func (d Difference) String() string {
	text := d.What
	if d.Place != "" {
		text += " " + d.Place
	}
	switch {
	case d.Before != "" && d.After != "":
		return fmt.Sprintf("%s: %s -> %s", text, d.Before, d.After)
	case d.After != "":
		return text + ": " + d.After + ", which was not there"
	case d.Before != "":
		return text + ": " + d.Before + ", which is gone"
	}
	return text
}

// Line is the group in one line.
func (g ChangeGroup) Line() string {
	text := string(g.Kind)
	if t := g.text(); t != "" {
		text += ": " + t
	}
	switch n := len(g.Cases); {
	case n == 1:
		text += " (" + g.Cases[0] + ")"
	case n > 1:
		text += fmt.Sprintf(" (%d cases: %s, ...)", n, strings.Join(g.Cases[:min(n, 2)], ", "))
	}
	if len(g.Cases) == 2 {
		text = strings.Replace(text, ", ...)", ")", 1)
	}
	return text
}

// changes writes what changed since the baseline.
func (r *Run) changes(b *strings.Builder) {
	c := r.Comparison
	if c == nil {
		return
	}
	fmt.Fprintf(b, "\nbaseline\n  %s\n", c.Total())
	for _, note := range c.Notes {
		fmt.Fprintf(b, "  note         %s\n", note)
	}
	for i, g := range c.Groups() {
		if i == maxChangeLines {
			fmt.Fprintf(b, "  and %d lines more of this kind; junit.xml has them all\n", len(c.Groups())-i)
			break
		}
		label := "notice"
		if g.Contract {
			label = "CONTRACT"
		}
		fmt.Fprintf(b, "  %-12s %s.%s: %s\n", label, g.Vendor, g.Side, g.Line())
	}
}

// Total sums the comparison up in one line.
func (c *Comparison) Total() string {
	text := "no change"
	if n := len(c.Changes); n > 0 {
		text = fmt.Sprintf("%s, %d of the contract", many(n, "change", "changes"), c.Contract())
	}
	text += "; " + many(c.Compared, "case compared", "cases compared")
	if c.NotCompared > 0 {
		text += fmt.Sprintf(", %d not compared: they were skipped, not run, inconclusive or in error, then or now", c.NotCompared)
	}
	return text
}

// String says what became of the case, and whether that is of the contract.
func (c Change) String() string {
	text := string(c.Kind)
	if c.Contract {
		text += " (contract)"
	}
	if t := c.text(); t != "" {
		text += ": " + t
	}
	return text
}

// changes gives the suite's properties: how many changes there are of each kind,
// and those that no case of the run stands for.
func (s *Suite) changes(c *Comparison, property func(name, value string)) {
	if c == nil {
		return
	}
	listed := map[string]bool{}
	for _, r := range s.Results {
		listed[r.Case.Name()] = true
	}
	counts := map[ChangeKind]int{}
	contract := 0
	for _, ch := range c.Changes {
		if ch.Vendor != s.Profile.Vendor || ch.Side != s.Side {
			continue
		}
		counts[ch.Kind]++
		if ch.Contract {
			contract++
		}
		if !listed[ch.Case] {
			property("baseline."+strings.TrimSpace(ch.Case+ch.Requirement), ch.String())
		}
	}
	property("baseline.contract", fmt.Sprint(contract))
	for _, kind := range changeKinds {
		property("baseline."+strings.ReplaceAll(string(kind), " ", "-"), fmt.Sprint(counts[kind]))
	}
}
