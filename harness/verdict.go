package harness

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// Level is how strongly a requirement binds, after RFC 2119, with one level of
// our own for what the vendor's pages leave open.
type Level string

// The levels. A breach of MUST fails; a breach of SHOULD is reported, and fails
// only in a strict run; MAY and OPEN are only ever reported, unless the variant
// they hang on is pinned.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
	Open   Level = "OPEN"
)

// Verdict is the outcome of one case.
type Verdict string

// The verdicts. Error says that the harness or the link failed: it is never
// counted as conforming or not conforming. Stale is a case that was listed as
// a known failure and passed.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	KnownFailure Verdict = "known-failure"
	Stale        Verdict = "stale"
	Observed     Verdict = "observed"
	Inconclusive Verdict = "inconclusive"
	Skip         Verdict = "skip"
	Error        Verdict = "error"
)

// Finding is one breach of one requirement.
type Finding struct {
	Rule    string // requirement id
	Level   Level
	Kind    string // what was wrong, in a word: outcome, status, shape, code, message, leak, ...; results.schema.json lists them
	Problem string // one sentence
	Want    string
	Got     string
}

// Result is what one case showed.
type Result struct {
	Case       *Case
	Verdict    Verdict
	Reason     string        // for skip, inconclusive and error: a sentence
	Findings   []Finding     // breaches, most serious first
	Shown      []Showing     // open variants: the values that what came back agrees with
	Shapes     []Shape       // of the answers, one a step; only when asked for
	Kinds      []string      // of a client: the kinds of outcome its callers were told, one list a moment; only when asked for
	Sent       []Exchange    // what was sent and what came back, redacted
	Told       []string      // of a client: what its caller was told, redacted
	Stages     []Stage       // the signature of the last request, stage by stage, redacted; nil when unsigned
	Expected   *Expected     // where there are findings: the documented answer to the last request, redacted
	Difference *Difference   // where there are findings: how the last signature departs from the right one, redacted; nil when it does not
	Age        *AgeRange     // against a clock that is not ours: how old the stamp was when the server judged it
	Duration   time.Duration // wall-clock time the case took
}

// Showing is an open variant and the values of it that an answer agrees with.
type Showing struct {
	Variant string
	Values  []string
}

// AgeRange bounds the age of a timestamp at the instant the server judged it:
// positive in the past, negative in the future. It is as wide as the measured
// offset is uncertain, plus the time the exchange took.
type AgeRange struct{ Min, Max time.Duration }

// String renders the range in seconds, to the millisecond.
func (a AgeRange) String() string {
	return fmt.Sprintf("[%.3f s, %.3f s]", a.Min.Seconds(), a.Max.Seconds())
}

// Exchange is one request and its response as the report shows them. Secrets
// are already replaced.
type Exchange struct {
	Step           int
	Method, Target string
	RequestHeader  []string // "Name: value", sorted
	RequestBody    string
	Status         int // 0 when no response came
	ResponseHeader []string
	ResponseBody   string
	Problem        string // transport error or unusable answer; empty when all went well
}

// Settle sums the findings up into a verdict, unless there is one already: open
// says that some expectation hung on an open question.
func (p *Profile) Settle(res *Result, open, strict bool) {
	sort.SliceStable(res.Findings, func(i, j int) bool { return rank(res.Findings[i].Level) < rank(res.Findings[j].Level) })
	if res.Verdict != "" {
		return
	}
	res.Verdict = Pass
	if open || res.Case.Level == Open || res.Case.Level == May {
		res.Verdict = Observed
	}
	for _, f := range res.Findings {
		if f.Level == Must || strict {
			res.Verdict = Fail
			break
		}
		res.Verdict = Observed
	}
	for _, shown := range res.Shown {
		name, values := shown.Variant, shown.Values
		if strict && !slices.Contains(values, p.Variants[name].Default) && !p.pinned[name] {
			res.Verdict = Fail
			res.Findings = append(res.Findings, Finding{Rule: cmp.Or(p.Variants[name].Rule, res.Case.Rules[0]), Level: Open, Kind: "variant",
				Problem: "the target shows another value of the variant " + name + " than is assumed", Want: p.Variants[name].Default, Got: strings.Join(values, " or ")})
		}
	}
}

func rank(l Level) int {
	for i, known := range []Level{Must, Should, May, Open} {
		if l == known {
			return i
		}
	}
	return 0
}
