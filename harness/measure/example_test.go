package measure_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness/measure"
)

// One answer leaves a second of doubt; a second one, asked for when the server's
// second was about to turn, leaves half of it.
func ExampleSample_Interval() {
	at := func(d time.Duration) time.Time { return time.Date(2024, time.March, 4, 12, 0, 0, 0, time.UTC).Add(d) }
	first, _ := measure.Sample{Sent: at(200 * time.Millisecond), Received: at(210 * time.Millisecond), Date: "Mon, 04 Mar 2024 12:00:17 GMT"}.Interval()
	second, _ := measure.Sample{Sent: at(700 * time.Millisecond), Received: at(710 * time.Millisecond), Date: "Mon, 04 Mar 2024 12:00:18 GMT"}.Interval()
	both, ok := first.Intersect(second)
	fmt.Println(first)
	fmt.Println(both, ok)
	// Output:
	// +17.295 s ±0.505 s
	// +17.545 s ±0.255 s true
}

func ExampleOffset() {
	local := clock.NewMock()
	local.Set(time.Date(2024, time.March, 4, 12, 0, 0, 250_000_000, time.UTC))
	// In place of http.DefaultTransport: a server that is 17.3 s ahead.
	rt := roundTripFunc(func(*http.Request) (*http.Response, error) {
		date := local.Now().Add(17300 * time.Millisecond).UTC().Format(http.TimeFormat)
		return &http.Response{Header: http.Header{"Date": {date}}, Body: http.NoBody}, nil
	})

	offset, err := measure.Offset(context.Background(), local, 8, time.Second, func(ctx context.Context) (measure.Sample, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://api.example.test/", nil)
		if err != nil {
			return measure.Sample{}, err
		}
		return measure.RoundTrip(local, rt, req)
	})
	fmt.Println(offset, err)
	// Output: +17.250 s ±0.500 s <nil>
}
