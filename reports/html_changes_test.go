package reports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// told is the text of a group of changes or of what changed in a case: each row
// as "what place [contract]: before -> now".
func told(e *element) []string {
	var out []string
	for _, li := range e.with("rows")[0].direct("li") {
		what := li.direct("p")[0]
		line := strings.TrimSpace(what.text)
		for _, c := range what.children {
			line += " " + c.text
		}
		dd := li.all("dd")
		out = append(out, fmt.Sprintf("%s: %s -> %s", line, dd[0].whole(), dd[1].whole()))
	}
	return out
}

// changedRun is a run with a change of each kind since its baseline.
func changedRun(t *testing.T) *reports.Run {
	then := with(t, fresh, func(r *harness.Result) {
		breaching(harness.Must)(r)
		r.Findings[0].Rule = "TRO-015"
		r.Shapes = []harness.Shape{{Status: 403, Name: "timestamp", Facts: refused().Facts}}
	})
	b, _ := kept(t, then, nil)
	s := b.Suites[0]
	i := slices.IndexFunc(s.Cases, func(c reports.BaselineCase) bool { return strings.HasPrefix(c.Name, "trolley/signature/") })
	s.Cases = slices.Delete(s.Cases, i, i+1)
	s.Cases = append(s.Cases, reports.BaselineCase{Name: "trolley/window/zzz-gone", Verdict: harness.Pass}, reports.BaselineCase{Name: "trolley/window/zzz-gone-too", Verdict: harness.Fail})
	run := whole(t, func(name string, r *harness.Result) bool {
		switch {
		case name == stale:
			breaching(harness.Must)(r)
			r.Shapes = []harness.Shape{{Status: 200, Name: "list-recipients"}}
		case strings.HasPrefix(name, "trolley/key/"):
			r.Shapes = []harness.Shape{{Status: 403, Name: "timestamp", Facts: refused(fact("$.more", "string")).Facts}}
			r.Shown = []harness.Showing{{Variant: "status", Values: []string{"403"}}}
		case strings.HasPrefix(name, "trolley/authorization/"):
			r.Shapes = []harness.Shape{refused(fact("$.more", "string"))}
		}
		return true
	})
	run.Comparison = run.Compare(map[string]*reports.Baseline{"trolley": b})
	for _, kind := range []reports.ChangeKind{reports.NewFailure, reports.Changed, reports.NotProven, reports.Fixed, reports.Vanished, reports.NewCase} {
		if run.Comparison.Count(kind) == 0 {
			t.Fatalf("no %s: %.2000v", kind, run.Comparison)
		}
	}
	return run
}

func TestThePageTellsWhatChanged(t *testing.T) {
	run := changedRun(t)
	c := run.Comparison
	page := parseHTML(t, pageOf(t, run))
	checkHarmless(t, page)
	since := page.with("since")[0].whole() + " " + page.with("kinds")[0].whole()
	for _, want := range []string{fmt.Sprintf("%d changes, %d of the contract", len(c.Changes), c.Contract()), fmt.Sprintf("%d cases compared", c.Compared),
		"new failure 1", "fixed 1", "vanished cases 2", "new case 1", fmt.Sprintf("changed %d", c.Count(reports.Changed))} {
		if !strings.Contains(since, want) {
			t.Errorf("the head does not say %q: %s", want, since)
		}
	}
	cases := map[string]*element{}
	for _, li := range page.with("case") {
		cases[li.attrs["data-key"]] = li
	}
	groups, order := page.with("change"), []string{}
	if len(groups) != len(c.Groups()) {
		t.Errorf("%d groups, not %d", len(groups), len(c.Groups()))
	}
	linked := map[string]bool{}
	for i, g := range c.Groups() {
		label := map[bool]string{true: "contract", false: "notice"}[g.Contract]
		kind := groups[i].with("kind")[0]
		if got := kind.with("tag")[0].text + " " + kind.direct("b")[0].text; got != label+" "+string(g.Kind) {
			t.Errorf("group %d is %s, not %s %s", i, got, label, g.Kind)
		}
		order = append(order, label)
		names := groups[i].with("links")
		var shown []string
		for _, list := range names {
			for _, li := range list.direct("li") {
				name := li.with("name")[0]
				shown = append(shown, name.text)
				if (name.name == "a") == (g.Kind == reports.Vanished) {
					t.Errorf("%s is a link: %v", name.text, name.name == "a")
				}
				if name.name == "a" {
					key := strings.ReplaceAll(strings.TrimPrefix(name.attrs["href"], "#case="), "%2f", "/")
					key = strings.ReplaceAll(key, "%2b", "+")
					linked[key] = true
					if li := cases[key]; li == nil || li.with("name")[0].text != name.text || li.attrs["data-change"] != label {
						t.Errorf("%s leads to %s", name.text, key)
					}
				}
			}
		}
		if !slices.Equal(shown, g.Cases) {
			t.Errorf("group %d has the cases %v, not %v", i, shown, g.Cases)
		}
	}
	if !slices.IsSorted(order) {
		t.Errorf("the changes of the contract are not first: %v", order)
	}
	for key, li := range cases {
		if label := li.attrs["data-change"]; (label != "") != linked[key] {
			t.Errorf("%s: a change of the kind %q, listed: %v", key, label, linked[key])
		}
	}
	changed, contract := 0, 0
	for _, li := range cases {
		if label := li.attrs["data-change"]; label != "" {
			changed++
			if label == "contract" {
				contract++
			}
		}
	}
	var options []string
	for _, s := range page.all("select") {
		if s.attrs["name"] == "change" {
			for _, o := range s.direct("option") {
				options = append(options, o.text)
			}
		}
	}
	if want := []string{"any", fmt.Sprintf("changed (%d)", changed), fmt.Sprintf("contract (%d)", contract), fmt.Sprintf("notice (%d)", changed-contract)}; !slices.Equal(options, want) {
		t.Errorf("the filter offers %v, not %v", options, want)
	}
}

func TestAChangeIsToldBeforeAndAfter(t *testing.T) {
	run := changedRun(t)
	page := parseHTML(t, pageOf(t, run))
	group := func(kind string) *element {
		for _, g := range page.with("change") {
			if g.with("kind")[0].direct("b")[0].text == kind {
				return g
			}
		}
		t.Fatalf("no group %s", kind)
		return nil
	}
	for kind, want := range map[string]string{
		"new failure":            "verdict: pass -> fail; status: 401 -> 200; answer: timestamp -> list-recipients; finding TRO-011: not there -> outcome",
		"changed":                "status contract: 401 -> 403; extra field $.more: not there -> string; variant status contract: 401 -> 403",
		"requirement not proven": "state: proven -> failed",
		"fixed":                  "verdict: fail -> pass; status: 403 -> 401; finding TRO-015: outcome -> gone",
		"new case":               "verdict: not there -> pass",
	} {
		if got := strings.Join(told(group(kind)), "; "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", kind, got, want)
		}
	}
	if text := group("vanished case").whole(); !strings.Contains(text, "was pass") || !strings.Contains(text, "was fail") {
		t.Errorf("the vanished cases: %s", text)
	}
	if text := group("requirement not proven").whole(); !strings.Contains(text, run.Suites[0].Profile.Requirement("TRO-011").Sentence) {
		t.Errorf("the requirement: %s", text)
	}
	for _, li := range page.with("case") {
		name := li.with("name")[0].text
		ch := run.Comparison.Of("server", name)
		if ch == nil {
			if strings.Contains(li.whole(), "Since the baseline") || len(li.with("tag")) > 0 {
				t.Errorf("%s is not changed, and the page says %s", name, li.whole())
			}
			continue
		}
		if tag := li.with("meta")[0].with("tag"); len(tag) != 1 || !strings.HasPrefix(tag[0].text, string(ch.Kind)) || strings.HasSuffix(tag[0].text, " (contract)") != ch.Contract {
			t.Errorf("the line of %s: %s", name, li.with("meta")[0].whole())
		}
		rows := told(li.with("detail")[0])
		for _, d := range ch.Differences {
			want := fmt.Sprintf("%s -> %s", d.Before, d.After)
			if d.Before != "" && d.After != "" && !slices.ContainsFunc(rows, func(row string) bool { return strings.HasPrefix(row, d.What) && strings.HasSuffix(row, want) }) {
				t.Errorf("%s does not tell %s: %v", name, d, rows)
			}
		}
	}
}

// Of a case with several answers it is told which of them differ, and what is
// the same in two of them once.
func TestTheStepsOfAChange(t *testing.T) {
	several := ""
	for _, c := range profile(t, "trolley").Cases {
		if c.Side == "server" && len(c.Steps) > 1 {
			several = c.Name()
			break
		}
	}
	two := func(r *harness.Result) { r.Shapes = []harness.Shape{alone(), alone()} }
	now := func(r *harness.Result) {
		more := alone(fact("$.more", "string"))
		r.Shapes = []harness.Shape{more, more}
	}
	run := with(t, several, now)
	run.Comparison = compare(t, with(t, several, two), run)
	page := parseHTML(t, pageOf(t, run))
	rows := map[string]string{}
	for _, li := range page.with("case") {
		if len(li.with("rows")) > 0 {
			rows[li.with("name")[0].text] = strings.Join(told(li), "; ")
		}
	}
	if len(rows) != 1 || rows[several] != "extra field $.more step 1, 2: not there -> string" {
		t.Errorf("%s: %v", several, rows)
	}
	if got := strings.Join(told(page.with("change")[0]), "; "); got != "extra field $.more: not there -> string" {
		t.Errorf("the group: %s", got)
	}
}

func TestAQuietNightOnThePage(t *testing.T) {
	quiet := whole(t, nil)
	quiet.Comparison = compare(t, whole(t, nil), whole(t, nil))
	quiet.Comparison.NotCompared, quiet.Comparison.Notes = 3, []string{"the baseline has no trolley.client; -update adds it"}
	page := parseHTML(t, pageOf(t, quiet))
	want := fmt.Sprintf("no change; %d cases compared, 3 not", quiet.Comparison.Compared)
	section := page.with("lead")[0].text
	if head := page.with("since")[0].whole(); !strings.Contains(head, "no change") || !strings.HasPrefix(section, want) {
		t.Errorf("%s and %s, not %s", head, section, want)
	}
	if len(page.with("changes"))+len(page.with("kinds"))+len(page.with("tag")) != 0 || !strings.Contains(page.whole(), "Note: the baseline has no trolley.client") {
		t.Error("more than that is told")
	}
	if text := pageOf(t, whole(t, nil)); strings.Contains(text, "Since the baseline") || strings.Contains(text, `id="baseline"`) {
		t.Error("a run without a baseline speaks of one")
	}
}

func TestManyChangesAreFoldedAway(t *testing.T) {
	n := 0
	more := func(_ string, r *harness.Result) bool {
		n++
		facts := []harness.Fact{fact(fmt.Sprintf("$.more%d", n%60), "string")}
		if n%60 == 7 {
			for i := range 9 {
				facts = append(facts, fact(fmt.Sprintf("$.also%d", i), "string"))
			}
		}
		r.Shapes = []harness.Shape{refused(facts...)}
		return true
	}
	run := whole(t, more)
	run.Comparison = compare(t, whole(t, nil), run)
	page := parseHTML(t, pageOf(t, run))
	part := page.with("changes")[0]
	if shown, folded := len(part.direct("ul")[0].children), len(part.direct("details")[0].direct("ul")[0].children); shown != 25 || folded != 35 {
		t.Errorf("%d groups are shown and %d folded", shown, folded)
	}
	for _, g := range part.with("change") {
		if rows := told(g); strings.Contains(g.whole(), "also0") && (len(rows) != 4 || !strings.Contains(g.whole(), "And 6 more, which each case tells.")) {
			t.Errorf("%d rows: %s", len(rows), g.whole())
		}
	}
	for _, li := range page.with("case") {
		if n := len(told(li)); n != 1 && n != 10 {
			t.Errorf("%s tells %d things", li.with("name")[0].text, n)
		}
	}
	all := with(t, stale, func(*harness.Result) {})
	all.Comparison = compare(t, whole(t, nil), whole(t, func(name string, r *harness.Result) bool {
		r.Shapes = []harness.Shape{replaced(refused(), documented("$.ok", "true"))}
		return true
	}))
	groups := parseHTML(t, pageOf(t, all)).with("change")
	if lists := groups[0].with("links"); len(groups) != 1 || len(lists) != 2 || len(lists[0].children) != 4 || len(lists[0].children)+len(lists[1].children) != len(all.Suites[0].Results) {
		t.Errorf("the cases of a change are not folded: %s", groups[0].whole())
	}
}

// comparing is a run whose comparison holds the text wherever there is room.
func comparing(t *testing.T, text string) *reports.Run {
	run := runOf(t, result("trolley", "window/x", harness.Pass), withVerdict("trolley", "window/y", harness.Fail))
	d := reports.Difference{What: "value " + text, Place: text, Step: 2, Before: text, After: "not " + text, Contract: true}
	run.Comparison = &reports.Comparison{Compared: 2, Notes: []string{text}, Changes: []reports.Change{
		{Vendor: "trolley", Side: "server", Case: "trolley/window/x", Kind: reports.Changed, Contract: true, Before: harness.Pass, After: harness.Pass, Differences: []reports.Difference{d, d}},
		{Vendor: "trolley", Side: "server", Case: "trolley/window/y", Kind: reports.NewFailure, Before: harness.Verdict(text), After: harness.Fail, Differences: []reports.Difference{d}},
		{Vendor: "trolley", Side: "server", Case: text, Kind: reports.Vanished, Before: harness.Verdict(text)},
		{Vendor: "trolley", Side: "server", Case: text + "2", Kind: reports.Vanished, Before: harness.Verdict(text)},
		{Vendor: "trolley", Side: "server", Requirement: "A" + text, Kind: reports.NotProven, Contract: true, Differences: []reports.Difference{d}},
	}}
	return run
}

func TestHostileChangesLeaveThePageWhole(t *testing.T) {
	for name, text := range hostileTexts {
		if isLarge(text) && !strings.Contains("1 MB of ampersands, 1 MB of lines", name) {
			continue // one of each kind is enough
		}
		page := pageOf(t, comparing(t, text))
		top := parseHTML(t, page)
		checkHarmless(t, top)
		if n, groups := len(top.with("case")), len(top.with("change")); n != 2 || groups != 4 {
			t.Errorf("%s: %d cases, %d groups of changes", name, n, groups)
		}
		if len(page) > 1<<20 || strings.ContainsAny(page, "\x00\x1b\x07\x7f") {
			t.Errorf("%s: %d bytes, or a control character", name, len(page))
		}
	}
}

func TestNoSecretIsInAChange(t *testing.T) {
	run := comparing(t, "a "+sampleSecret+" b")
	run.Redactor = harness.NewRedactor(map[string]string{"secret_key": sampleSecret})
	if page := pageOf(t, run); strings.Contains(page, "Sk3w") || strings.Contains(page, "Key") || !strings.Contains(page, "a ‹") {
		t.Error("the page shows a secret of a change")
	}
}

func TestTheSameComparisonIsTheSamePage(t *testing.T) {
	if a, b := pageOf(t, changedRun(t)), pageOf(t, changedRun(t)); a != b {
		t.Error("two pages of one run differ")
	}
}
