package reports_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

func TestVariants(t *testing.T) {
	p := profile(t, "trolley")
	if v := p.Variants["window-edge"]; v == nil || v.Default != "accept" {
		t.Fatalf("window-edge is %+v", v)
	}
	type showing = []string // the variant, then its values
	for _, tt := range []struct {
		claim   string
		setup   map[string]string
		answers []showing
		want    map[string]string
	}{
		{"nothing was shown", nil, nil, map[string]string{}},
		{"one answer", nil, []showing{{"window-edge", "reject"}}, map[string]string{"window-edge": "reject"}},
		{"answers that agree", nil, []showing{{"window-edge", "reject"}, {"window-edge", "reject"}}, map[string]string{"window-edge": "reject"}},
		{"an answer that fits several, the default among them", nil, []showing{{"window-edge", "reject", "accept"}}, map[string]string{"window-edge": "accept"}},
		{"an answer that fits several, but not the default", nil, []showing{{"window-resolution", "exact", "round"}}, map[string]string{"window-resolution": "exact or round"}},
		{"an answer that settles what another leaves open", nil, []showing{{"window-edge", "accept", "reject"}, {"window-edge", "reject"}}, map[string]string{"window-edge": "reject"}},
		{"three answers that leave one value", nil, []showing{{"window-resolution", "exact", "round"}, {"window-resolution", "whole", "round"}, {"window-resolution", "whole", "exact", "round"}}, map[string]string{"window-resolution": "round"}},
		{"answers that contradict each other", nil, []showing{{"window-edge", "reject"}, {"window-edge", "accept"}}, map[string]string{"window-edge": "accept and reject"}},
		{"a contradiction among three", nil, []showing{{"window-resolution", "whole", "exact"}, {"window-resolution", "exact", "round"}, {"window-resolution", "round", "whole"}}, map[string]string{"window-resolution": "exact and round and whole"}},
		{"a contradiction stays one", nil, []showing{{"window-edge", "reject"}, {"window-edge", "accept"}, {"window-edge", "accept"}}, map[string]string{"window-edge": "accept and reject"}},
		{"an answer that fits nothing", nil, []showing{{"window-edge", "something else"}}, map[string]string{"window-edge": "something else"}},
		{"an answer that fits nothing, beside one that does", nil, []showing{{"window-edge", "something else"}, {"window-edge", "accept"}}, map[string]string{"window-edge": "accept and something else"}},
		{"what setting up found", map[string]string{"window-edge": "reject"}, nil, map[string]string{"window-edge": "reject"}},
		{"what setting up found, confirmed", map[string]string{"window-edge": "reject"}, []showing{{"window-edge", "accept", "reject"}}, map[string]string{"window-edge": "reject"}},
		{"what setting up found, contradicted", map[string]string{"window-edge": "reject"}, []showing{{"window-edge", "accept"}}, map[string]string{"window-edge": "accept and reject"}},
		{"a variant that the profile does not have", nil, []showing{{"unheard-of", "b", "a"}}, map[string]string{"unheard-of": "a or b"}},
		{"several variants", map[string]string{"replay": "refuse"}, []showing{{"window-edge", "accept"}, {"window-side", "past-only"}}, map[string]string{"replay": "refuse", "window-edge": "accept", "window-side": "past-only"}},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			s := &reports.Suite{Profile: p, Side: "server", Shown: tt.setup}
			for i, a := range tt.answers {
				r := result("trolley", fmt.Sprintf("window/%d", i), harness.Observed)
				r.Shown = []harness.Showing{{Variant: a[0], Values: a[1:]}}
				s.Results = append(s.Results, r)
			}
			random := rand.New(rand.NewPCG(7, 8))
			for range 5 {
				if got := s.Variants(); fmt.Sprint(got) != fmt.Sprint(tt.want) {
					t.Errorf("%v, want %v", got, tt.want)
				}
				random.Shuffle(len(s.Results), func(i, j int) { s.Results[i], s.Results[j] = s.Results[j], s.Results[i] })
			}
		})
	}
}

func TestVariantsOfOneResultAreJoinedLikeThoseOfSeveral(t *testing.T) {
	r := result("trolley", "window/x", harness.Observed)
	r.Shown = []harness.Showing{{Variant: "window-edge", Values: []string{"accept"}}, {Variant: "window-edge", Values: []string{"reject"}}}
	s := &reports.Suite{Profile: profile(t, "trolley"), Results: []harness.Result{r}}
	if got := s.Variants()["window-edge"]; got != "accept and reject" {
		t.Errorf("%q", got)
	}
}

func TestVariantsLeaveTheResultsAsTheyAre(t *testing.T) {
	values := [][]string{{"whole", "exact", "round"}, {"round", "exact"}, {"whole"}}
	s := &reports.Suite{Profile: profile(t, "trolley")}
	for i, v := range values {
		r := result("trolley", fmt.Sprintf("window/%d", i), harness.Observed)
		r.Shown = []harness.Showing{{Variant: "window-resolution", Values: v}}
		s.Results = append(s.Results, r)
	}
	before := fmt.Sprint(values)
	s.Variants()
	if fmt.Sprint(values) != before {
		t.Errorf("%v, were %s", values, before)
	}
}
