package reports

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/skewproof/skewproof/harness"
)

// Explain says, for a person, what a case found: the rule and its source, what
// was sent, what was expected and what came back.
func Explain(p *harness.Profile, r harness.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", Headline(r))
	fmt.Fprintf(&b, "  case    %s:%d\n", r.Case.File, r.Case.Line)
	cited := map[string]bool{}
	for _, f := range r.Findings {
		if req := p.Requirement(f.Rule); req != nil && !cited[f.Rule] {
			cited[f.Rule] = true
			fmt.Fprintf(&b, "  rule    %s (%s): %s\n          source %s\n", req.ID, req.Level, req.Sentence, sourceLine(p, req))
		}
		fmt.Fprintf(&b, "  found   [%s, %s] %s\n", f.Rule, f.Kind, f.Problem)
		if f.Want != "" {
			fmt.Fprintf(&b, "    want  %s\n", f.Want)
		}
		if f.Got != "" {
			fmt.Fprintf(&b, "    got   %s\n", f.Got)
		}
	}
	if skew := r.Case.Skew(); skew != "" {
		fmt.Fprintf(&b, "  skew    %s\n", skew)
	}
	if r.Age != nil {
		fmt.Fprintf(&b, "  age     of the stamp when it was judged: %s\n", r.Age)
	}
	for _, x := range r.Sent {
		writeExchange(&b, x)
	}
	for _, told := range r.Told {
		fmt.Fprintf(&b, "  told    %s\n", indent(told))
	}
	for _, s := range r.Stages {
		fmt.Fprintf(&b, "  stage   %-10s %q\n", s.Name, s.Value)
	}
	return printable(b.String())
}

// sourceLine says where a clause stands, and what the first page is that it names.
func sourceLine(p *harness.Profile, req *harness.Requirement) string {
	all := p.SourcesOf(req)
	if len(all) == 0 || all[0].Name == "" {
		return req.Source
	}
	about := []string{all[0].Title}
	for _, more := range []string{all[0].Publisher, all[0].Date} {
		if more != "" {
			about = append(about, more)
		}
	}
	if n := len(all) - 1; n > 0 {
		about = append(about, fmt.Sprintf("and %d more", n))
	}
	return fmt.Sprintf("%s (%s)", req.Source, strings.Join(about, ", "))
}

// Headline is the result in one line.
func Headline(r harness.Result) string { return cut(wholeHeadline(r), maxHeadline) }

// headline is the same without secrets: they go before the line is cut.
func (r *Run) headline(res harness.Result) string {
	return cut(r.clean(wholeHeadline(res)), maxHeadline)
}

func wholeHeadline(r harness.Result) string {
	text := fmt.Sprintf("%s: %s", r.Case.Name(), r.Verdict)
	switch {
	case r.Reason != "":
		text += ": " + r.Reason
	case len(r.Findings) > 0:
		f := r.Findings[0]
		text = fmt.Sprintf("%s: %s %s: %s", r.Case.Name(), f.Rule, f.Level, f.Problem)
	}
	return strings.Join(strings.Fields(printable(strings.ToValidUTF8(text, "\uFFFD"))), " ")
}

// maxHeadline bounds a headline, in bytes.
const maxHeadline = 1000

// cut shortens a text, between characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func writeExchange(b *strings.Builder, x harness.Exchange) {
	fmt.Fprintf(b, "  sent    %s %s\n", x.Method, x.Target)
	for _, h := range x.RequestHeader {
		fmt.Fprintf(b, "          %s\n", h)
	}
	if x.RequestBody != "" {
		fmt.Fprintf(b, "          %s\n", indent(x.RequestBody))
	}
	if x.Problem != "" {
		fmt.Fprintf(b, "  answer  %s\n", x.Problem)
	}
	if x.Status == 0 {
		return
	}
	fmt.Fprintf(b, "  answer  status %d\n", x.Status)
	for _, h := range x.ResponseHeader {
		fmt.Fprintf(b, "          %s\n", h)
	}
	if x.ResponseBody != "" {
		fmt.Fprintf(b, "          %s\n", indent(x.ResponseBody))
	}
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n          ") }

// printable keeps what a terminal and an XML document can show: no control
// characters but line feed and tab, no ANSI sequences, and nothing that turns
// the direction of writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}
