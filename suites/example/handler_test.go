// Package example is what a module that imports Skewproof writes to check a
// handler of its own.
package example

import (
	"net/http"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/suites"
)

func TestMyGateway(t *testing.T) {
	suites.Run(t, suites.Options{Vendors: []string{"trolley"}, Handler: func(clk clock.Clock) http.Handler {
		return newGateway(clk)
	}})
}
