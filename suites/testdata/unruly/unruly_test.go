// Package unruly tests handlers that do what no handler should: they panic, end
// their goroutine or never answer, where the run cannot go on from it.
package unruly

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/suites"
)

// TestUnruly misbehaves in the way of UNRULY when the handler is made for the
// time of UNRULY_AT, and writes its reports to UNRULY_REPORTS.
func TestUnruly(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv("UNRULY_AT"))
	if err != nil {
		t.Skip("this is run by the tests in suites/endtoend")
	}
	profiles, err := harness.Load([]string{"trolley"})
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	suites.Run(t, suites.Options{Vendors: []string{"trolley"}, Cases: []string{"trolley/signature/*"}, Reports: os.Getenv("UNRULY_REPORTS"),
		Handler: func(clk clock.Clock) http.Handler {
			if made++; made == at {
				misbehave(os.Getenv("UNRULY"))
			}
			return reference.New(profiles[0], clk)
		}})
}

func misbehave(how string) {
	switch how {
	case "panic":
		panic("out of tea\n::error::forged")
	case "goexit":
		runtime.Goexit()
	case "hang":
		fmt.Println("hanging")
		select {}
	}
}
