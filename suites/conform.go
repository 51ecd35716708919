package suites

import (
	"fmt"

	"github.com/onsi/gomega/types"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/reports"
)

// conform succeeds when a result neither failed nor went wrong, and explains
// itself when it did.
func conform(p *harness.Profile) types.GomegaMatcher { return &conformMatcher{p} }

type conformMatcher struct{ profile *harness.Profile }

func (m *conformMatcher) Match(actual any) (bool, error) {
	r, ok := actual.(harness.Result)
	if !ok {
		return false, fmt.Errorf("conform expects a harness.Result, not %T", actual)
	}
	return r.Verdict != harness.Fail && r.Verdict != harness.Error && r.Verdict != harness.Stale, nil
}

func (m *conformMatcher) FailureMessage(actual any) string {
	return reports.Explain(m.profile, actual.(harness.Result))
}

func (m *conformMatcher) NegatedFailureMessage(actual any) string {
	return reports.Headline(actual.(harness.Result)) + ", but was to fail"
}
