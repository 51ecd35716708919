package reports

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// maxAnnotations is how many annotations of one kind GitHub shows for a step.
const maxAnnotations = 10

// Annotations are the failures as workflow commands of GitHub Actions, one a
// line: at most ten, one of each requirement before the second of any, and then
// a plain line that says how many more there are. The file of a case is as
// locate gives it, relative to the repository; empty leaves it out.
func (r *Run) Annotations(locate func(file string) string) []string {
	type annotation struct {
		nth  int // of its requirement
		line string
	}
	var all []annotation
	if r.Problem != "" {
		all = append(all, annotation{-1, command("error", "skewproof", "", 0, cut(r.clean(r.Problem), maxAnnotated))})
	}
	if r.Regressed && r.Comparison != nil {
		for i, g := range r.Comparison.Groups() {
			title := g.Vendor + "." + g.Side + " since the baseline"
			all = append(all, annotation{i, command("error", title, "", 0, cut(r.clean(g.Line()), maxAnnotated))})
		}
	}
	met := map[string]int{}
	for _, s := range r.Suites {
		for _, res := range sortedResults(s.Results) {
			if !isBad(res.Verdict) {
				continue
			}
			rule := string(res.Verdict)
			if len(res.Findings) > 0 {
				rule = res.Findings[0].Rule
			}
			title := fmt.Sprintf("%s (%s)", res.Case.Name(), s.Side)
			text := cut(r.clean(Explain(s.Profile, res)), maxAnnotated)
			all = append(all, annotation{met[s.Name()+rule], command("error", title, locate(res.Case.File), res.Case.Line, text)})
			met[s.Name()+rule]++
		}
	}
	slices.SortStableFunc(all, func(a, b annotation) int { return cmp.Compare(a.nth, b.nth) })
	var lines []string
	for _, a := range all[:min(len(all), maxAnnotations)] {
		lines = append(lines, a.line)
	}
	if more := len(all) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("%d more did not conform or could not be run; the summary of the step and junit.xml have them all", more))
	}
	return lines
}

// maxAnnotated bounds the text of one annotation, in bytes.
const maxAnnotated = 4 << 10

func isBad(v harness.Verdict) bool {
	return v == harness.Fail || v == harness.Error || v == harness.Stale
}

// command is a workflow command, with everything escaped that could end it or
// one of its properties.
func command(name, title, file string, line int, text string) string {
	var properties []string
	if file != "" {
		properties = append(properties, "file="+escapedProperty.Replace(file), fmt.Sprintf("line=%d", line))
	}
	properties = append(properties, "title="+escapedProperty.Replace(title))
	return "::" + name + " " + strings.Join(properties, ",") + "::" + escapedData.Replace(strings.TrimSpace(text))
}

var (
	escapedData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapedProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// StepSummary is the run as GitHub shows it on the page of a job, in Markdown of
// at most so many bytes: what does not fit is counted instead. What a target
// sent stands in code, where nothing of it is Markdown or HTML.
func (r *Run) StepSummary(most int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Skewproof: %s\n\n%s\n", r.outcome().message, codeSpan(cut(r.clean(r.Target), maxHeadline)))
	if r.Problem != "" {
		fmt.Fprintf(&b, "\n**Problem:** %s\n", codeSpan(cut(r.clean(r.Problem), maxHeadline)))
	}
	if r.Interrupted {
		b.WriteString("\n**Interrupted:** the cases that are not listed never ran.\n")
	}
	r.verdictTable(&b)
	r.aspectTable(&b)
	if b.Len() > most {
		text := fmt.Sprintf("## Skewproof: %s\n", r.outcome().message)
		return text[:min(len(text), max(most, 0))]
	}
	left := func() int { return most - b.Len() - roomForRest }
	list(&b, left, "Changes since the baseline", r.changeEntries())
	list(&b, left, "Failures", r.failureEntries())
	list(&b, left, "Unproven requirements", r.unprovenEntries())
	return b.String()
}

// roomForRest is kept free for the headings and for the lines that say how much
// did not fit.
const roomForRest = 500

// list writes the entries under a heading, as long as there is room.
func list(b *strings.Builder, left func() int, heading string, entries []string) {
	if len(entries) == 0 || left() < 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", heading)
	for i, e := range entries {
		if len(e) > left() {
			fmt.Fprintf(b, "\n%d more did not fit here.\n", len(entries)-i)
			return
		}
		b.WriteString(e)
	}
}

func (r *Run) verdictTable(b *strings.Builder) {
	if len(r.Suites) == 0 {
		return
	}
	b.WriteString("\n| |")
	for _, v := range shownVerdicts {
		fmt.Fprintf(b, " %s |", v)
	}
	b.WriteString(" |\n|---|" + strings.Repeat("--:|", len(shownVerdicts)) + "---|\n")
	for _, s := range r.Suites {
		fmt.Fprintf(b, "| %s |", verbatim(s.Name()))
		for _, v := range shownVerdicts {
			fmt.Fprintf(b, " %d |", s.Count(v))
		}
		fmt.Fprintf(b, " %s |\n", r.outcomeOf(s).message)
	}
}

func (r *Run) aspectTable(b *strings.Builder) {
	cells := r.aspects()
	if len(cells) == 0 {
		return
	}
	b.WriteString("\n| aspect |")
	for _, s := range r.Suites {
		fmt.Fprintf(b, " %s |", verbatim(s.Name()))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(r.Suites)) + "\n")
	for _, a := range sorted(cells) {
		fmt.Fprintf(b, "| %s |", verbatim(a))
		for _, s := range r.Suites {
			fmt.Fprintf(b, " %s |", cell(cells[a][s]))
		}
		b.WriteString("\n")
	}
}

func (r *Run) changeEntries() []string {
	if r.Comparison == nil {
		return nil
	}
	var out []string
	for _, g := range r.Comparison.Groups() {
		label := "notice"
		if g.Contract {
			label = "**contract**"
		}
		out = append(out, fmt.Sprintf("* %s %s %s\n", label, verbatim(g.Vendor+"."+g.Side), codeSpan(cut(r.clean(g.Line()), maxHeadline))))
	}
	return out
}

func (r *Run) failureEntries() []string {
	var out []string
	for _, s := range r.Suites {
		for _, res := range sortedResults(s.Results) {
			if isBad(res.Verdict) {
				// A pre element ends where it is closed, and nothing within it is Markdown.
				out = append(out, fmt.Sprintf("<details><summary><code>%s</code></summary>\n\n<pre>\n%s</pre>\n\n</details>\n\n",
					html.EscapeString(r.headline(res)), html.EscapeString(cut(r.clean(Explain(s.Profile, res)), maxShown))))
			}
		}
	}
	return out
}

// maxShown bounds one failure in the summary, in bytes before escaping.
const maxShown = 16 << 10

func (r *Run) unprovenEntries() []string {
	var out []string
	for _, s := range r.Suites {
		for _, c := range s.Coverage() {
			if q := c.Requirement; c.State == Unproven && c.Selected > 0 {
				out = append(out, fmt.Sprintf("* %s %s %s: %s (%s; none of its cases, %d, came to a verdict)\n",
					verbatim(s.Name()), verbatim(q.ID), q.Level, verbatim(q.Sentence), verbatim(q.Source), c.Selected))
			}
		}
	}
	return out
}

// verbatim escapes the text of a vendor's files, so that it reads as it is written.
func verbatim(s string) string {
	var b strings.Builder
	for _, c := range strings.Join(strings.Fields(printable(s)), " ") {
		if c < 0x80 && strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// codeSpan puts a text of anybody's into code, between more backticks than it
// holds in a row.
func codeSpan(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	longest, row := 0, 0
	for _, c := range s {
		if row++; c != '`' {
			row = 0
		}
		longest = max(longest, row)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + " " + s + " " + fence
}
