package suites

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/driver"
	"github.com/skewproof/skewproof/harness/reference"
	"github.com/skewproof/skewproof/harness/scripted"
	"github.com/skewproof/skewproof/reports"
)

// addClient sets one vendor up to check a client.
func (r *runner) addClient(t *testing.T, p *harness.Profile) error {
	o := &r.options
	s := &suite{report: &reports.Suite{Profile: p, Side: "client"}}
	client := scripted.Attached{New: o.Client, OwnTime: o.OwnTime, Bubble: bubble(t)}
	var program *driver.Program
	switch {
	case o.ClientCommand != "" && o.Client != nil:
		return errors.New("one client at a time: Client or ClientCommand")
	case o.ClientCommand != "":
		var err error
		if program, err = driver.New(p.Vendor, o.ClientCommand, r.clock); err != nil {
			return err
		}
		client = scripted.Attached{New: program.Client, Program: true}
	case o.Client == nil:
		client.New = func(c harness.ClientConfig) (harness.Client, error) { return reference.NewClient(p, c) }
	}
	checker := scripted.NewChecker(p, client, scripted.Options{Strict: o.Strict, Local: r.clock, Shapes: o.Baseline != ""})
	s.run = checker.Run
	s.end = func() {
		if program != nil {
			program.Close()
		}
		checker.Close()
	}
	r.add(s)
	return nil
}

// refusing stands for the default transport while clients in this process are
// tested.
type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s %s: the client uses http.DefaultTransport; it is to use the Transport it was given", r.Method, r.URL.Path)
}

// bubble runs what it is given inside a synctest bubble, and says if that could
// not end.
func bubble(t *testing.T) func(func()) error {
	return func(play func()) (err error) {
		var failed any
		defer func() {
			if p := recover(); p != nil {
				text := fmt.Sprint(p)
				if !strings.HasPrefix(text, "deadlock:") {
					panic(p)
				}
				err = errors.New(text)
			}
		}()
		synctest.Test(t, func(*testing.T) {
			defer func() { failed = recover() }()
			play()
		})
		if failed != nil {
			panic(failed)
		}
		return nil
	}
}
