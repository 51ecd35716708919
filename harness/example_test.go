package harness_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// A handler in the same process is checked in one call. This one is the
// reference server; yours reads the clock it is given wherever it would have
// called time.Now.
func ExampleCheckServer() {
	profiles, err := harness.Load([]string{"trolley"})
	if err != nil {
		fmt.Println(err)
		return
	}
	target := harness.HandlerTarget(func(clk clock.Clock) http.Handler {
		return reference.New(profiles[0], clk)
	})
	err = harness.CheckServer(context.Background(), profiles[0], target, harness.Options{})
	fmt.Println("conforms:", err == nil)
	// Output: conforms: true
}

// A server that never looks at the timestamp is told which requirement it
// breaks.
func ExampleChecker_Run() {
	profiles, err := harness.Load([]string{"trolley"})
	if err != nil {
		fmt.Println(err)
		return
	}
	target := harness.HandlerTarget(func(clock.Clock) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true}`) })
	})
	checker, err := harness.NewChecker(profiles[0], target, harness.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range profiles[0].Cases {
		if c.ID == "window/past-limit+1s" {
			r := checker.Run(context.Background(), c)
			fmt.Println(r.Verdict, r.Findings[0].Rule, r.Findings[0].Problem)
		}
	}
	// Output: fail TRO-011 accepted; expected refusal with timestamp
}

// The recipe of a profile signs, stage by stage.
func ExampleRecipe_Run() {
	profiles, err := harness.Load([]string{"irp"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range profiles[0].Request.Run(harness.Values{
		"subject":       "sbBgu2lEG06LQbP94clrHSDPPHCZPthY",
		"timestamp":     "2018-10-16 14:27:31",
		"shared_secret": "harness-shared-secret",
	}, nil) {
		fmt.Println(s.Name, s.Value)
	}
	// Output:
	// inner 3615606d0b21afbaa31a2bd048285301473cda9f
	// signature 686be8dee538198692a8e7d3e8d3b43369ff4a90
}
