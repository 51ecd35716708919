package scripted_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// rounding is a client of Trolley that rounds the second up, and signs nothing.
type rounding struct{ harness.ClientConfig }

func (c rounding) Call(ctx context.Context, call harness.Call) harness.Outcome {
	r, err := http.NewRequestWithContext(ctx, call.Method, c.BaseURL+call.Path, nil)
	if err != nil {
		return harness.Outcome{Kind: "config", Message: err.Error()}
	}
	stamp := (c.Clock.Now().UnixMilli() + 500) / 1000
	r.Header.Set("X-PR-Timestamp", strconv.FormatInt(stamp, 10))
	r.Header.Set("Authorization", "prsign "+c.Credentials["access_key"]+":none")
	resp, err := c.Transport.RoundTrip(r)
	if err != nil {
		return harness.Outcome{Kind: "network", Message: err.Error()}
	}
	return harness.Outcome{Status: resp.StatusCode}
}

// One case is played to a client, without a bubble: it is on a clock that stands
// still at 0.6 of a second.
func ExampleChecker() {
	profiles, err := harness.Load([]string{"trolley"})
	if err != nil {
		fmt.Println(err)
		return
	}
	checker := scripted.NewChecker(profiles[0], scripted.Attached{New: func(c harness.ClientConfig) (harness.Client, error) {
		return rounding{c}, nil
	}}, scripted.Options{})
	defer checker.Close()
	for _, cs := range profiles[0].Cases {
		if cs.Name() != "trolley/stamps/beyond-half-a-second" {
			continue
		}
		result := checker.Run(context.Background(), cs)
		fmt.Println(result.Verdict)
		for _, f := range result.Findings {
			fmt.Println(f.Rule, f.Kind)
		}
	}
	// Output:
	// fail
	// TRO-009 signature
	// TRO-040 stamp
	// TRO-040 outcome
}
