package suites_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/jarcoal/httpmock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// BenchmarkEngine runs every case of a vendor against its reference server
// through httpmock, without Ginkgo. One operation is one case.
func BenchmarkEngine(b *testing.B) {
	for _, vendor := range []string{"trolley", "irp", "spreetail"} {
		b.Run(vendor, func(b *testing.B) {
			c, cases := inProcess(b, vendor)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if r := c.Run(b.Context(), cases[i%len(cases)]); r.Verdict != harness.Pass && r.Verdict != harness.Observed {
					b.Fatal(r.Err())
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cases/s")
		})
	}
}

func inProcess(b *testing.B, vendor string) (*harness.Checker, []*harness.Case) {
	b.Helper()
	profiles, err := harness.Load([]string{vendor})
	if err != nil {
		b.Fatal(err)
	}
	target := harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(profiles[0], clk) })
	mock := httpmock.NewMockTransport()
	for _, op := range profiles[0].Operations {
		mock.RegisterResponder(op.Method, target.URL+op.Path, target.Transport.RoundTrip)
	}
	if login := profiles[0].Login; login != nil {
		mock.RegisterResponder(login.Operation.Method, target.URL+login.Operation.Path, target.Transport.RoundTrip)
	}
	mock.RegisterNoResponder(target.Transport.RoundTrip)
	target.Transport = mock
	c, err := harness.NewChecker(profiles[0], target, harness.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Calibrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	return c, slices.DeleteFunc(slices.Clone(profiles[0].Cases), func(cs *harness.Case) bool { return cs.Side != "server" })
}

// BenchmarkLoad reads and checks all embedded vectors.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := harness.Load(nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignature compares one signature, all stages kept, with the bare
// string building and HMAC of the same stages.
func BenchmarkSignature(b *testing.B) {
	profiles, err := harness.Load([]string{"trolley"})
	if err != nil {
		b.Fatal(err)
	}
	values := harness.Values{"timestamp": "1709586704", "method": "POST", "target": "/v1/invoices/get", "path": "/v1/invoices/get",
		"body": `{"invoiceId":"I-MBS3YHDhkzKZo76c7fvscG"}`, "secret_key": "harness-secret-key"}
	b.Run("recipe", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			profiles[0].Request.Run(values, make([]harness.Stage, 0, 2))
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			message := values["timestamp"] + "\n" + values["method"] + "\n" + values["target"] + "\n" + values["body"] + "\n"
			mac := hmac.New(sha256.New, []byte(values["secret_key"]))
			mac.Write([]byte(message))
			_ = hex.EncodeToString(mac.Sum(nil))
		}
	})
}
