package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// pageBaseline is what became of the run since its baseline.
type pageBaseline struct {
	Changes, Contract int    // how many there are, and how many of the contract
	Sum               string // the same in words
	Compared          string
	Kinds             []kindCount
	Notes             []string
	Parts             []changePart
	Cases             changedCases // of the run's, that a filter can choose
}

type kindCount struct {
	Word string
	N    int
}

// severalOf names more than one change of a kind, where the word is another.
var severalOf = map[ChangeKind]string{NewFailure: "new failures", NotProven: "requirements not proven", Vanished: "vanished cases", NewCase: "new cases"}

type changedCases struct{ Contract, Notice int }

// Both is how many there are.
func (c changedCases) Both() int { return c.Contract + c.Notice }

// changePart is the changes of the contract, or the others.
type changePart struct {
	ID, Title, Says string
	Shown, Folded   []pageChange
	N               int // of changes, which are put together where they are alike
}

// pageChange is changes that are alike.
type pageChange struct {
	Contract     bool
	Kind, Suite  string
	Rows         []beforeAfter
	More         int // rows that only the cases tell
	Requirement  *pageRequirement
	Cases        int
	Shown, Folds []changedCase
}

type pageRequirement struct{ ID, Href, Sentence string }

// changedCase is one of them; without a key where the run does not have it.
type changedCase struct{ Name, Key, Was string }

// beforeAfter is one thing, then and now.
type beforeAfter struct {
	What, Place, Steps string
	Before, After      string // empty where it was not there, or is gone
	Contract           bool   // told where some rows of a change of the contract are, and others are not
	steps              []string
}

const (
	shownChanges = 25 // more are folded away
	shownCases   = 4
)

// changed finds the changes of cases, by side and name.
func (r *Run) changed() map[string]*Change {
	all := map[string]*Change{}
	if r.Comparison != nil {
		for i, ch := range r.Comparison.Changes {
			all[ch.Side+" "+ch.Case] = &r.Comparison.Changes[i]
		}
	}
	return all
}

// baselinePart gathers what changed; nil without a baseline.
func (r *Run) baselinePart(changed map[string]*Change) *pageBaseline {
	c := r.Comparison
	if c == nil {
		return nil
	}
	out := &pageBaseline{Changes: len(c.Changes), Contract: c.Contract(), Sum: "no change", Compared: many(c.Compared, "case compared", "cases compared")}
	if out.Changes > 0 {
		out.Sum = fmt.Sprintf("%s, %d of the contract", many(out.Changes, "change", "changes"), out.Contract)
	}
	if c.NotCompared > 0 {
		out.Compared += fmt.Sprintf(", %d not: skipped, not run, inconclusive or in error, then or now", c.NotCompared)
	}
	for _, kind := range changeKinds {
		if n := c.Count(kind); n > 0 {
			word := string(kind)
			if several := severalOf[kind]; n > 1 && several != "" {
				word = several
			}
			out.Kinds = append(out.Kinds, kindCount{word, n})
		}
	}
	for _, note := range c.Notes {
		out.Notes = append(out.Notes, cut(r.clean(note), maxHeadline))
	}
	parts := [2]changePart{
		{ID: "contract", Title: "Of the contract", Says: "What the vendor documents. A change of it makes the run fail.", N: out.Contract},
		{ID: "notice", Title: "Notices", Says: "What no page speaks of, what came right, and cases that come or go. They are told, and fail a strict run only.", N: out.Changes - out.Contract},
	}
	known := map[string]string{} // side and case, to the key
	for _, s := range r.Suites {
		for _, res := range s.Results {
			at := s.Side + " " + res.Case.Name()
			known[at] = s.Name() + "/" + res.Case.ID
			if ch := changed[at]; ch != nil && ch.Contract {
				out.Cases.Contract++
			} else if ch != nil {
				out.Cases.Notice++
			}
		}
	}
	for _, g := range c.Groups() {
		part := &parts[1]
		if g.Contract {
			part = &parts[0]
		}
		if ch := r.pageChange(g, known, changed); len(part.Shown) < shownChanges {
			part.Shown = append(part.Shown, ch)
		} else {
			part.Folded = append(part.Folded, ch)
		}
	}
	for _, p := range parts {
		if p.N > 0 {
			out.Parts = append(out.Parts, p)
		}
	}
	return out
}

func (r *Run) pageChange(g ChangeGroup, known map[string]string, changed map[string]*Change) pageChange {
	out := pageChange{Contract: g.Contract, Kind: string(g.Kind), Suite: r.clean(g.Vendor + "." + g.Side), Cases: len(g.Cases)}
	// Alike are those of one text, which says no more than this.
	alike := g.Change
	if len(g.Cases) != 1 && (g.Kind == Changed || g.Kind == Vanished) {
		alike.Before, alike.After = "", ""
	}
	all := r.rows(alike, false)
	if len(all) > 1 && len(g.Cases) > 1 {
		all = slices.DeleteFunc(all, func(b beforeAfter) bool { return b.What == "steps" })
		told := maxDifferences
		if alike.Before != alike.After {
			told++ // the verdict
		}
		if len(all) > told {
			all, out.More = all[:told], len(all)-told
		}
	}
	out.Rows = all
	if g.Requirement != "" {
		id := cut(r.clean(g.Requirement), maxHeadline)
		out.Requirement = &pageRequirement{ID: id, Href: address("suite", out.Suite, "req", id)}
		for _, s := range r.Suites {
			if q := s.Profile.Requirement(g.Requirement); q != nil && s.Profile.Vendor == g.Vendor {
				out.Requirement.Sentence = r.clean(q.Sentence)
			}
		}
	}
	for i, name := range g.Cases {
		c := changedCase{Name: cut(r.clean(name), maxHeadline), Key: known[g.Side+" "+name]}
		if g.Kind == Vanished && len(g.Cases) > 1 {
			c.Was = r.clean(string(changed[g.Side+" "+name].Before))
		}
		if i < shownCases || len(g.Cases) == shownCases+1 {
			out.Shown = append(out.Shown, c)
		} else {
			out.Folds = append(out.Folds, c)
		}
	}
	return out
}

// rows are the differences of a change, each once, with the steps that show it
// where there are several.
func (r *Run) rows(c Change, steps bool) []beforeAfter {
	short := func(s string) string { return cut(r.clean(s), maxHeadline) }
	var out []beforeAfter
	if c.Before != c.After {
		out = append(out, beforeAfter{What: "verdict", Before: short(string(c.Before)), After: short(string(c.After)), Contract: c.Contract && c.Kind == NewFailure})
	}
	at := map[string]int{}
	for _, d := range c.Differences {
		text := d.String()
		if d.What == "state" {
			d.Place = "" // the requirement, which stands above
		}
		i, known := at[text]
		if !known {
			i = len(out)
			at[text] = i
			out = append(out, beforeAfter{What: short(d.What), Place: short(d.Place), Before: short(d.Before), After: short(d.After)})
		}
		out[i].Contract = out[i].Contract || d.Contract
		if n := fmt.Sprint(d.Step); d.Step > 0 && steps && !slices.Contains(out[i].steps, n) {
			out[i].steps = append(out[i].steps, n)
		}
	}
	mixed := c.Contract && slices.ContainsFunc(out, func(b beforeAfter) bool { return !b.Contract })
	for i := range out {
		out[i].Contract = out[i].Contract && mixed
		if n := len(out[i].steps); n > 0 {
			out[i].Steps = "step " + strings.Join(out[i].steps, ", ")
		}
	}
	return out
}

// caseChange is what became of one case.
type caseChange struct {
	Class, Kind string // contract or notice
	Rows        []beforeAfter
}

func (r *Run) caseChange(ch *Change, res harness.Result) *caseChange {
	if ch == nil {
		return nil
	}
	out := &caseChange{Class: "notice", Kind: string(ch.Kind), Rows: r.rows(*ch, true)}
	if ch.Contract {
		out.Class = "contract"
	}
	if len(res.Case.Steps) < 2 { // then a step says nothing
		for i := range out.Rows {
			out.Rows[i].Steps = ""
		}
	}
	return out
}
