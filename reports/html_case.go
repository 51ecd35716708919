package reports

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// pageCase is one result.
type pageCase struct {
	mark
	Key, Name, ID, Suite, Aspect, Side string
	Level, Skew                        string
	Requirements                       []string
	Says                               string // in one line
	Change                             *caseChange
	Detail                             *detail
}

// detail is what a result has to tell beyond its line.
type detail struct {
	Rules     []rule
	Findings  []harness.Finding
	Change    *caseChange
	Context   []fact
	Signature *signature
	Against   *against
	Exchanges []exchange
	Told      []string
	Stages    []harness.Stage
	Repeat    string
}

type rule struct {
	*harness.Requirement
	Sources []pageSource
}

// exchange is a request and what came back, as lines of text.
type exchange struct {
	Title            string
	Request, Answer  string
	RequestBody      string
	AnswerBody       string
	Problem          string
	Answered, Target bool
}

func (r *Run) pageCase(s *Suite, res harness.Result, ch *Change) pageCase {
	c := pageCase{mark: markOf(res.Verdict), Key: s.Name() + "/" + res.Case.ID, Name: res.Case.Name(), ID: res.Case.ID, Suite: s.Name(), Aspect: res.Case.Aspect(), Side: s.Side,
		Level: string(res.Case.Level), Skew: res.Case.Skew(), Requirements: slices.Clone(res.Case.Rules)}
	for _, f := range res.Findings {
		if !slices.Contains(c.Requirements, f.Rule) {
			c.Requirements = append(c.Requirements, f.Rule)
		}
	}
	c.Says = r.says(s.Profile, res)
	c.Change = r.caseChange(ch, res)
	if c.Change != nil || len(res.Findings) > 0 || len(res.Sent) > 0 || res.Verdict == harness.Error || res.Verdict == harness.Stale {
		c.Detail = r.detail(s, res)
		c.Detail.Change = c.Change
	}
	return c
}

// says is the result in one line, of what came with it; of a case that passed it
// is the sentence it holds the target to.
func (r *Run) says(p *harness.Profile, res harness.Result) string {
	text := ""
	switch {
	case res.Reason != "":
		text = res.Reason
	case len(res.Findings) > 0:
		text = res.Findings[0].Problem
	case len(res.Shown) > 0 && res.Verdict == harness.Observed:
		var all []string
		shown := shownBy(res)
		for _, name := range sorted(shown) {
			all = append(all, name+": "+strings.Join(shown[name], " or "))
		}
		text = strings.Join(all, "; ")
	default:
		for _, id := range res.Case.Rules {
			if q := p.Requirement(id); q != nil {
				text = q.Sentence
				break
			}
		}
	}
	return cut(strings.Join(strings.Fields(r.clean(text)), " "), maxHeadline)
}

func (r *Run) detail(s *Suite, res harness.Result) *detail {
	d := &detail{}
	cited := []string{}
	for _, f := range res.Findings {
		cited = append(cited, f.Rule)
		d.Findings = append(d.Findings, harness.Finding{Rule: f.Rule, Level: f.Level, Kind: f.Kind, Problem: r.clean(f.Problem), Want: r.clean(f.Want), Got: r.clean(f.Got)})
	}
	if len(cited) == 0 {
		cited = res.Case.Rules
	}
	for i, id := range cited {
		if q := s.Profile.Requirement(id); q != nil && !slices.Contains(cited[:i], id) {
			d.Rules = append(d.Rules, rule{q, r.sourcesOf(s.Profile, q)})
		}
	}
	d.Context = append(d.Context, fact{"Case", fmt.Sprintf("%s:%d", res.Case.File, res.Case.Line)})
	if skew := res.Case.Skew(); skew != "" {
		d.Context = append(d.Context, fact{"Skew", skew + ", client minus server"})
	}
	if res.Age != nil {
		d.Context = append(d.Context, fact{"Age of the stamp when judged", res.Age.String()})
	}
	d.Signature = r.signature(res)
	if n := len(res.Sent); n > 0 && res.Expected != nil {
		d.Against = r.against(res.Expected, res.Sent[n-1])
	}
	for i, x := range res.Sent {
		d.Exchanges = append(d.Exchanges, r.exchange(s.Side, i, len(res.Sent), x))
	}
	for _, told := range res.Told {
		d.Told = append(d.Told, r.clean(told))
	}
	for _, stage := range res.Stages {
		d.Stages = append(d.Stages, harness.Stage{Name: stage.Name, Value: visible(r.hidden(stage.Value))})
	}
	if r.Repeat != nil {
		d.Repeat = r.clean(r.Repeat(res.Case.Name()))
	}
	return d
}

// exchange shows one request and its answer as they go over the wire.
func (r *Run) exchange(side string, i, of int, x harness.Exchange) exchange {
	lines := func(first string, headers []string) string {
		return r.clean(strings.Join(append([]string{first}, headers...), "\n"))
	}
	out := exchange{Request: lines(x.Method+" "+x.Target, x.RequestHeader), RequestBody: r.clean(x.RequestBody), Problem: r.clean(x.Problem)}
	if of > 1 {
		out.Title = fmt.Sprintf("%d of %d", i+1, of)
	}
	if out.Answered = x.Status != 0; out.Answered {
		out.Answer, out.AnswerBody = lines(statusLine(x.Status), x.ResponseHeader), r.clean(x.ResponseBody)
	}
	return out
}

func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// hidden takes secrets out, and leaves the rest as it is.
func (r *Run) hidden(s string) string {
	if r.Redactor != nil {
		s = r.Redactor.Text(s)
	}
	return s
}
