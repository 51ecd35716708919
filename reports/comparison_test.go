package reports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

func TestUnchangedIsEmpty(t *testing.T) {
	c := compare(t, whole(t, nil), whole(t, nil))
	if len(c.Changes) != 0 || c.NotCompared != 0 || c.Compared == 0 || len(c.Notes) != 0 || c.Contract() != 0 {
		t.Errorf("%+v", c)
	}
}

// replaced is the answer with other facts in the place of those of their path.
func replaced(a harness.Shape, more ...harness.Fact) harness.Shape {
	for _, f := range more {
		a.Facts = slices.DeleteFunc(slices.Clone(a.Facts), func(old harness.Fact) bool { return old.Path == f.Path })
		if f.Value != "" {
			a.Facts = append(a.Facts, f)
		}
	}
	return a
}

// alone is an answer of which there is no other like it.
func alone(more ...harness.Fact) harness.Shape {
	a := refused(more...)
	a.Name = "alone"
	return a
}

func breaching(level harness.Level) func(r *harness.Result) {
	return func(r *harness.Result) {
		r.Verdict = harness.Fail
		r.Findings = []harness.Finding{{Rule: "TRO-011", Level: level, Kind: "outcome"}}
	}
}

func answering(a harness.Shape) func(r *harness.Result) {
	return func(r *harness.Result) { r.Shapes = []harness.Shape{a} }
}

func TestChangesAreClassified(t *testing.T) {
	same := func(*harness.Result) {}
	fact3 := fact("$.meta", "object")
	for _, tt := range []struct {
		claim     string
		then, now func(r *harness.Result)
		kind      reports.ChangeKind // empty for no change
		contract  bool
		what      string // of the first difference
	}{
		{"a new failure", same, breaching(harness.Must), reports.NewFailure, true, "finding"},
		{"a new failure that somebody listed", same, func(r *harness.Result) { breaching(harness.Must)(r); r.Verdict = harness.KnownFailure }, reports.NewFailure, false, "finding"},
		{"the same failure", breaching(harness.Must), breaching(harness.Must), "", false, ""},
		{"the same failure, now listed", breaching(harness.Must), func(r *harness.Result) { breaching(harness.Must)(r); r.Verdict = harness.KnownFailure }, "", false, ""},
		{"the same failure, once listed", func(r *harness.Result) { breaching(harness.Must)(r); r.Verdict = harness.KnownFailure }, breaching(harness.Must), "", false, ""},
		{"another failure", breaching(harness.Must), func(r *harness.Result) { breaching(harness.Must)(r); r.Findings[0].Kind = "server-error" }, reports.Changed, true, "finding"},
		{"fixed", breaching(harness.Must), same, reports.Fixed, false, "finding"},
		{"fixed, with another answer", breaching(harness.Must), answering(harness.Shape{Status: 403, Name: "timestamp"}), reports.Fixed, false, "status"},
		{"fixed, but still listed", func(r *harness.Result) { breaching(harness.Must)(r); r.Verdict = harness.KnownFailure }, func(r *harness.Result) { r.Verdict = harness.Stale }, reports.Fixed, false, "finding"},
		{"a SHOULD that is met no more", same, func(r *harness.Result) {
			r.Verdict, r.Findings = harness.Observed, []harness.Finding{{Rule: "TRO-026", Level: harness.Should, Kind: "outcome"}}
		}, reports.Changed, true, "finding"},
		{"an OPEN question", same, func(r *harness.Result) {
			r.Verdict, r.Findings = harness.Observed, []harness.Finding{{Rule: "TRO-013", Level: harness.Open, Kind: "outcome"}}
		}, reports.Changed, false, "finding"},
		{"a SHOULD that is met", func(r *harness.Result) {
			r.Verdict, r.Findings = harness.Observed, []harness.Finding{{Rule: "TRO-026", Level: harness.Should, Kind: "outcome"}}
		}, same, reports.Changed, false, "finding"},
		{"status", same, answering(harness.Shape{Status: 403, Name: "timestamp", Facts: refused().Facts}), reports.Changed, true, "status"},
		{"error", same, answering(harness.Shape{Status: 401, Name: "key"}), reports.Changed, true, "answer"},
		{"either was allowed", answering(harness.Shape{Status: 200, Name: "list", Either: true}), answering(harness.Shape{Status: 404, Name: "not-found", Either: true}), reports.Changed, false, "status"},
		{"only one was", answering(harness.Shape{Status: 200, Name: "list", Either: true}), answering(harness.Shape{Status: 401, Name: "key"}), reports.Changed, true, "status"},
		{"message", same, answering(replaced(refused(), harness.Fact{Path: "$.errors[].message", Value: "another string", About: "message", Documented: true})), reports.Changed, true, "message"},
		{"documented constant", same, answering(replaced(refused(), documented("$.ok", "true"))), reports.Changed, true, "value"},
		{"documented type", same, answering(replaced(refused(), documented("$.ok", "another string"))), reports.Changed, true, "type"},
		{"documented field gone", same, answering(replaced(refused(), documented("$.ok", "absent"))), reports.Changed, true, "missing field"},
		{"documented array empty", same, answering(replaced(refused(), documented("$.errors", "empty array"), fact("$.errors[]", ""), fact("$.errors[].message", ""))), reports.Changed, true, "value"},
		{"extra field", same, answering(refused(fact("$.more", "string"))), reports.Changed, false, "extra field"},
		{"extra object", same, answering(refused(fact("$.more", "object"), fact("$.more.a", "string"))), reports.Changed, false, "extra field"},
		{"undocumented field gone", answering(alone(fact("$.more", "string"))), answering(alone()), reports.Changed, false, "missing field"},
		{"undocumented type", answering(alone(fact("$.more", "string"))), answering(alone(fact("$.more", "number"))), reports.Changed, false, "type"},
		{"undocumented null is no type", answering(alone(fact("$.more", "string"))), answering(alone(fact("$.more", "null"))), "", false, ""},
		{"nothing is known of the elements of an empty array", answering(alone(fact("$.list", "array"), fact("$.list[]", "object"), fact("$.list[].id", "string"))), answering(alone(fact("$.list", "empty array"))), "", false, ""},
		{"object to array, told once", answering(alone(fact3, fact("$.meta.page", "number"))), answering(alone(fact("$.meta", "array"), fact("$.meta[]", "object"), fact("$.meta[].page", "number"))), reports.Changed, false, "type"},
		{"header gone", same, answering(replaced(refused(), fact("header Content-Type", ""))), reports.Changed, false, "header"},
		{"media type", same, answering(replaced(refused(), fact("header Content-Type", "text/html"))), reports.Changed, false, "header"},
		{"documented header gone", answering(alone(documented("header Www-Authenticate", `"Bearer{rest}"`))), answering(alone(documented("header Www-Authenticate", "absent"))), reports.Changed, true, "header"},
		{"no JSON any more", same, answering(harness.Shape{Status: 401, Name: "timestamp", Facts: []harness.Fact{documented("body", "no JSON")}}), reports.Changed, true, "missing field"},
		{"variant", same, func(r *harness.Result) { r.Shown = []harness.Showing{{Variant: "status", Values: []string{"403"}}} }, reports.Changed, true, "variant"},
		{"variant, less surely", same, func(r *harness.Result) {
			r.Shown = []harness.Showing{{Variant: "status", Values: []string{"403", "401"}}}
		}, "", false, ""},
		{"fewer steps", func(r *harness.Result) { r.Shapes = append(r.Shapes, refused()) }, same, reports.Changed, false, "steps"},
		{"the second step", func(r *harness.Result) { r.Shapes = append(r.Shapes, refused()) }, func(r *harness.Result) {
			r.Shapes = append(r.Shapes, replaced(refused(), documented("$.ok", "true")))
		}, reports.Changed, true, "value"},
		{"what a caller is told", func(r *harness.Result) { r.Kinds = []string{"clock"} }, func(r *harness.Result) { r.Kinds = []string{"refused"} }, reports.Changed, true, "told"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			c := compare(t, with(t, stale, tt.then), with(t, stale, tt.now))
			ch := c.Of("server", stale)
			if tt.kind == "" {
				if ch != nil || len(c.Changes) > 0 {
					t.Fatalf("%+v", c.Changes)
				}
				return
			}
			if ch == nil || ch.Kind != tt.kind || ch.Contract != tt.contract {
				t.Fatalf("%+v", ch)
			}
			if ch.Differences[0].What != tt.what {
				t.Errorf("the first difference is %+v", ch.Differences[0])
			}
			if tt.claim == "object to array, told once" && len(ch.Differences) != 1 {
				t.Errorf("%+v", ch.Differences)
			}
			for _, other := range c.Changes {
				if other.Case != stale && other.Kind != reports.NotProven {
					t.Errorf("also %+v", other)
				}
			}
		})
	}
}

// What came to no verdict, then or now, is counted and is no change.
func TestSilenceIsNoChange(t *testing.T) {
	for _, v := range []harness.Verdict{harness.Inconclusive, harness.Skip, harness.Error} {
		silent := func(r *harness.Result) { *r = harness.Result{Case: r.Case, Verdict: v, Reason: "no"} }
		for claim, runs := range map[string][2]*reports.Run{
			"now":         {whole(t, nil), with(t, stale, silent)},
			"then":        {with(t, stale, silent), whole(t, nil)},
			"then, fails": {with(t, stale, silent), with(t, stale, breaching(harness.Must))},
			"both":        {with(t, stale, silent), with(t, stale, silent)},
		} {
			c := compare(t, runs[0], runs[1])
			if c.Of("server", stale) != nil || c.NotCompared != 1 {
				t.Errorf("%s %s: %+v", v, claim, c)
			}
		}
		// Not even when nothing at all came to a verdict.
		all := whole(t, func(_ string, r *harness.Result) bool { silent(r); return true })
		if c := compare(t, whole(t, nil), all); len(c.Changes) != 0 || c.Compared != 0 {
			t.Errorf("%s: %+v", v, c.Changes)
		}
	}
}

func TestHalfARunComparesWhatItHas(t *testing.T) {
	half := func() *reports.Run {
		return whole(t, func(name string, r *harness.Result) bool {
			if name == stale {
				breaching(harness.Must)(r)
			}
			return name < "trolley/t" || name == stale
		})
	}
	for claim, run := range map[string]*reports.Run{"fewer cases": half(), "interrupted": half()} {
		run.Interrupted = claim == "interrupted"
		c := compare(t, whole(t, nil), run)
		if c.Count(reports.Vanished) != 0 || c.Count(reports.NotProven) != 0 || c.Count(reports.NewFailure) != 1 || len(c.Changes) != 1 || c.NotCompared == 0 || len(c.Notes) != 1 {
			t.Errorf("%s: %+v", claim, c)
		}
	}
	limited := with(t, fresh, func(r *harness.Result) {
		*r = harness.Result{Case: r.Case, Verdict: harness.Skip, Reason: "not run: the budget is spent"}
	})
	if c := compare(t, whole(t, nil), limited); len(c.Changes) != 0 || len(c.Notes) != 1 {
		t.Errorf("%+v", c)
	}
	if c := compare(t, half(), whole(t, nil)); c.Count(reports.NewCase) != 0 || c.Count(reports.Fixed) != 1 || len(c.Changes) != 1 {
		t.Errorf("a baseline of fewer cases: %+v", c.Changes)
	}
}

func TestCasesComeAndGo(t *testing.T) {
	b, _ := kept(t, whole(t, nil), nil)
	b.Suites[0].Cases = slices.DeleteFunc(b.Suites[0].Cases, func(c reports.BaselineCase) bool { return c.Name == stale || c.Name == fresh })
	b.Suites[0].Cases = append(b.Suites[0].Cases, reports.BaselineCase{Name: "trolley/window/zzz-gone", Verdict: harness.Pass})
	run := with(t, stale, breaching(harness.Must))
	c := run.Compare(map[string]*reports.Baseline{"trolley": b})
	for name, kind := range map[string]reports.ChangeKind{stale: reports.NewCase, fresh: reports.NewCase, "trolley/window/zzz-gone": reports.Vanished} {
		if ch := c.Of("server", name); ch == nil || ch.Kind != kind || ch.Contract {
			t.Errorf("%s: %+v", name, ch)
		}
	}
	if c := run.Compare(map[string]*reports.Baseline{"trolley": {Vendor: "trolley"}}); len(c.Changes) != 0 || len(c.Notes) != 1 || c.NotCompared == 0 {
		t.Errorf("a baseline without this side: %+v", c)
	}
}

func TestRequirementNoLongerProven(t *testing.T) {
	c := compare(t, whole(t, nil), with(t, stale, breaching(harness.Must)))
	found := 0
	for _, ch := range c.Changes {
		if ch.Kind == reports.NotProven {
			found++
			if ch.Requirement != "TRO-011" || !ch.Contract {
				t.Errorf("%+v", ch)
			}
		}
	}
	if found != 1 {
		t.Errorf("%+v", c.Changes)
	}
}

// What a server does by turns is not told each night.
func TestTurnsAreNoChange(t *testing.T) {
	turns := func(by int) *reports.Run {
		n := by
		return whole(t, func(_ string, r *harness.Result) bool {
			n++
			a := refused()
			if n%3 == 0 {
				a = refused(fact("$.requestId", "string"))
			}
			a = replaced(a, documented("$.details", []string{"absent", "any value"}[n%2]))
			a.Shown = []harness.Showing{{Variant: "details", Values: []string{[]string{"absent", "present"}[n%2]}}}
			r.Shapes, r.Shown = []harness.Shape{a}, a.Shown
			return true
		})
	}
	for by := range 6 {
		if c := compare(t, turns(0), turns(by)); len(c.Changes) != 0 {
			t.Errorf("%d: %+v", by, c.Changes[:min(3, len(c.Changes))])
		}
	}
	// What else happens there is told all the same.
	run := turns(1)
	run.Suites[0].Results[5].Shapes[0] = replaced(run.Suites[0].Results[5].Shapes[0], documented("$.ok", "true"))
	if c := compare(t, turns(0), run); len(c.Changes) != 1 || !c.Changes[0].Contract {
		t.Errorf("%+v", c.Changes)
	}
	// What was steady and goes by turns now is a change.
	if c := compare(t, with(t, stale, func(*harness.Result) {}), turns(0)); c.Contract() == 0 {
		t.Error("a documented place that goes by turns now is not told")
	}
}

func TestChangesInWords(t *testing.T) {
	run := whole(t, func(name string, r *harness.Result) bool {
		switch {
		case name == stale:
			breaching(harness.Must)(r)
		case strings.HasPrefix(name, "trolley/key/"):
			r.Shapes = []harness.Shape{{Status: 403, Name: "timestamp", Facts: refused().Facts}}
		case strings.HasPrefix(name, "trolley/signature/"):
			r.Shapes = []harness.Shape{refused(fact("$.more", "string"))}
		}
		return true
	})
	run.Comparison = compare(t, whole(t, nil), run)
	text := summary(t, run)
	for _, want := range []string{"of the contract", "CONTRACT     trolley.server: new failure: pass -> fail; finding TRO-011: outcome, which was not there (" + stale + ")",
		"CONTRACT     trolley.server: changed: status: 401 -> 403 (", "notice       trolley.server: changed: extra field $.more: string, which was not there ("} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Index(text, "CONTRACT") > strings.Index(text, "notice       trolley") {
		t.Error("a notice stands first")
	}
	junit, _ := write(t, run)
	root := mustParseXML(t, junit)
	for _, c := range root.all("testcase") {
		got, ok := c.property("baseline")
		want := ""
		switch name := c.attrs["name"]; {
		case name == stale:
			want = "new failure (contract): pass -> fail; finding TRO-011: outcome, which was not there"
		case strings.HasPrefix(name, "trolley/key/"):
			want = "changed (contract): status: 401 -> 403"
		case strings.HasPrefix(name, "trolley/signature/"):
			want = "changed: extra field $.more: string, which was not there"
		}
		if ok != (want != "") || got != want {
			t.Errorf("%s: %q, want %q", c.attrs["name"], got, want)
		}
	}
	s := root.all("testsuite")[0]
	for name, want := range map[string]string{"baseline.new-failure": "1", "baseline.fixed": "0", "baseline.contract": fmt.Sprint(run.Comparison.Contract()),
		"baseline.TRO-011": "requirement not proven (contract): state TRO-011: proven -> failed"} {
		if got, _ := s.property(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestManyChangesAreCutShort(t *testing.T) {
	n := 0
	run := whole(t, func(_ string, r *harness.Result) bool {
		n++
		r.Shapes = []harness.Shape{refused(fact(fmt.Sprintf("$.more%d", n%60), "string"))}
		return true
	})
	b, _ := kept(t, whole(t, nil), nil)
	run.Comparison = run.Compare(map[string]*reports.Baseline{"trolley": b})
	text := summary(t, run)
	if got := strings.Count(text, "notice       trolley"); got != 25 || !strings.Contains(text, "and 35 lines more") {
		t.Errorf("%d lines:\n%s", got, text)
	}
}

// What only a strict run finds is no change of the target.
func TestAStrictRunIsComparedLikeAnyOther(t *testing.T) {
	lenient := with(t, stale, func(r *harness.Result) { r.Verdict = harness.Observed })
	strict := with(t, stale, func(r *harness.Result) {
		r.Verdict = harness.Fail
		r.Findings = []harness.Finding{{Rule: "TRO-011", Level: harness.Open, Kind: "variant"}}
	})
	for claim, c := range map[string]*reports.Comparison{
		"lenient, then strict": compare(t, lenient, strict),
		"strict, then lenient": compare(t, strict, lenient),
	} {
		if len(c.Changes) != 0 || c.Compared == 0 {
			t.Errorf("%s: %+v", claim, c.Changes)
		}
	}
	if c := compare(t, lenient, with(t, stale, breaching(harness.Must))); c.Count(reports.NotProven) == 0 {
		t.Error("a requirement that is broken is not told")
	}
}
