package reference_test

import (
	"net/http"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
)

// notPlayed are variants whose other values the reference servers do not act
// out: what is sent, or refused, by the assumed value only.
var notPlayed = map[string]string{
	"check-order":        "the order of checks is the profile's",
	"environment":        "there is one environment",
	"timestamp-mismatch": "the signature's error answers any mismatch",
	"signature-length":   "the signature's error answers any length",
	"window-unit":        "the window slides",
	"body-bytes":         "the raw body is verified",
	"missing":            "an error of the common shape answers",
	"timestamp-format":   "timestamps are read strictly",
	"expired-at-check":   "an expired token is refused everywhere",
	"remaining-rounding": "the time left is rounded down",
	"remaining-format":   "the time left is written as documented",
	"expiry-kind":        "a JWT cannot slide",
	"signature-on-error": "a request that cannot be read has no signature to repeat",
	"message-case":       "messages are worded as documented",
	"response-type":      "a body always has a media type",
}

// A reference server follows the value that a variant is pinned to, and the
// cases hold it to that value.
func TestReferenceFollowsPinnedVariants(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		for name, v := range p.Variants {
			if v.Client || notPlayed[name] != "" && (name != "expiry-kind" || p.Token == nil || p.Token.Recipe != nil) {
				continue
			}
			for _, value := range v.Values {
				t.Run(p.Vendor+"/"+name+"="+value, func(t *testing.T) {
					q, err := p.With(map[string]string{name: value}, true)
					if err != nil {
						t.Fatal(err)
					}
					target := harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(q, clk) })
					if err := harness.CheckServer(t.Context(), q, target, harness.Options{}); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// A server that follows another value than is assumed passes when nothing is
// pinned: the pages leave it open.
func TestOpenVariantsFailNobody(t *testing.T) {
	profiles, err := harness.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		for name, v := range p.Variants {
			if v.Client || v.Documented || notPlayed[name] != "" {
				continue
			}
			for _, value := range v.Values {
				t.Run(p.Vendor+"/"+name+"="+value, func(t *testing.T) {
					q, err := p.With(map[string]string{name: value}, false)
					if err != nil {
						t.Fatal(err)
					}
					target := harness.HandlerTarget(func(clk clock.Clock) http.Handler { return reference.New(q, clk) })
					if err := harness.CheckServer(t.Context(), p, target, harness.Options{}); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}
