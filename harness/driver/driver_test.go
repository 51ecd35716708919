package driver_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/driver"
)

// brokenProgram is a driver that goes wrong in the way its argument names.
var brokenProgram string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "skewproof driver-") // the space is to be quoted
	if err == nil {
		defer os.RemoveAll(dir)
		brokenProgram = filepath.Join(dir, "broken")
		err = build(brokenProgram, "broken")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func build(out, folder string) error {
	cmd := exec.Command("go", "build", "-o", out, "./"+folder)
	cmd.Dir = filepath.Join("..", "..", "suites", "testdata", "drivers")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build the driver in %s: %w", folder, err)
	}
	return nil
}

// program prepares a driver that goes wrong in this way. It ends with the test.
func program(t testing.TB, clk clock.Clock, how string) *driver.Program {
	t.Helper()
	p, err := driver.New("trolley", "'"+brokenProgram+"' "+how, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// begin begins a case.
func begin(t testing.TB, p *driver.Program) harness.Client {
	t.Helper()
	c, err := p.Client(harness.ClientConfig{Case: "trolley/sends/find-invoice"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// text is the body of a call that must end well.
func text(t testing.TB, c harness.Client, call harness.Call) string {
	t.Helper()
	o := c.Call(t.Context(), call)
	if o.Status != 200 || o.Kind != "" {
		t.Errorf("%+v", o)
	}
	return o.Body
}

// movable is a clock that shows the real time, because the time limit of a
// write is set by it, and goes on only where the test lets it.
func movable() *clock.Mock {
	clk := clock.NewMock()
	clk.Set(time.Now())
	return clk
}

// forward lets time go by on the clock until the work is done.
func forward(t *testing.T, clk *clock.Mock, work func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	for range 1000 {
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
			clk.Add(time.Second)
		}
	}
	t.Error("it has not ended after 1000 s on its clock")
	<-done
}

func TestMessages(t *testing.T) {
	c := begin(t, program(t, clock.New(), "echo"))
	for want, call := range map[string]harness.Call{
		`{"id":N,"call":"list","method":"GET","path":"/v1/x?a=%C3%AB\u0026b=\u003c\u003e"}` + "\n": {Operation: "list", Method: "GET", Path: "/v1/x?a=%C3%AB&b=<>"},
		`{"id":N,"call":"call","method":"PUT","path":"/","body":"{\"a\": \"Zoë 😀\"}\n"}` + "\n":    {Method: "PUT", Path: "/", Body: "{\"a\": \"Zoë 😀\"}\n"},
		`{"id":N,"call":"add","method":"POST","path":"/","fields":{"a":"1","b":""}}` + "\n":        {Operation: "add", Method: "POST", Path: "/", Fields: map[string]string{"b": "", "a": "1"}},
	} {
		got := text(t, c, call)
		for id := range 10 {
			got = strings.Replace(got, fmt.Sprintf(`{"id":%d,`, id), `{"id":N,`, 1)
		}
		if got != want {
			t.Errorf("the driver was sent\n%s\nwant\n%s", got, want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	for how, want := range map[string]harness.Outcome{
		"skip":         {Kind: harness.Unsupported, Message: "it is broken"},
		"kind-missing": {Kind: "other", Message: "it went wrong"},
		"kind-unknown": {Kind: "oops", Message: "it went wrong"},
		"neither":      {Kind: harness.Unreachable, Message: "the driver answered a call with neither a status nor an error"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			if got := begin(t, program(t, clock.New(), how)).Call(t.Context(), harness.Call{}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// Calls at once are answered each with its own answer, in whatever order.
func TestCallsAtOnce(t *testing.T) {
	c := begin(t, program(t, clock.New(), "echo"))
	if many, ok := c.(interface{ Concurrent() bool }); !ok || !many.Concurrent() {
		t.Error("the driver says it takes several calls at once")
	}
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			path := fmt.Sprintf("/call/%d", i)
			if got := text(t, c, harness.Call{Path: path, Body: strings.Repeat("x", i*10)}); !strings.Contains(got, `"`+path+`"`) {
				t.Errorf("call %d got the answer of another: %.100s", i, got)
			}
		})
	}
	wait.Wait()
}

// One driver runs for each account and zone, from case to case.
func TestOneDriverForEachEnvironment(t *testing.T) {
	list := filepath.Join(t.TempDir(), "pids")
	p := program(t, clock.New(), "-pids '"+list+"' environment")
	for range 3 {
		for _, config := range []harness.ClientConfig{
			{Case: "any", BaseURL: "http://127.0.0.1:1"},
			{Case: "any", BaseURL: "http://127.0.0.1:1", Zone: "Asia/Kathmandu"},
			{Case: "any", BaseURL: "http://127.0.0.1:2", Credentials: harness.Values{"secret_key": "s\n3"}},
		} {
			c, err := p.Client(config)
			if err != nil {
				t.Fatal(err)
			}
			got := "\n" + text(t, c, harness.Call{}) + "\n"
			want := []string{"SKEWPROOF_VENDOR=trolley", "SKEWPROOF_BASE_URL=" + config.BaseURL}
			if config.Zone != "" {
				want = append(want, "TZ="+config.Zone)
			}
			if config.Credentials != nil {
				want = append(want, "SKEWPROOF_TROLLEY_SECRET_KEY=s\n3")
			}
			for _, pair := range want {
				if !strings.Contains(got, "\n"+pair+"\n") {
					t.Errorf("the driver is not told %q", pair)
				}
			}
		}
	}
	pids, err := os.ReadFile(list)
	if n := len(strings.Fields(string(pids))); err != nil || n != 3 {
		t.Errorf("%d drivers were started, not 3: %v", n, err)
	}
}

// A driver has no credentials of real vendors and no proxy, and the rest of the
// environment.
func TestEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"SKEWPROOF_TROLLEY_SECRET_KEY": "real-one", "SKEWPROOF_ACME_API_KEY": "real-two", "SKEWPROOF_BASE_URL": "http://real-three",
		"HTTP_PROXY": "http://real-four", "https_proxy": "http://real-five", "ALL_PROXY": "http://real-six", "no_proxy": "real-seven",
		"SKEWPROOF_FAULT": "kept-one", "ANYTHING_ELSE": "kept-two", "TZ": "kept-three", "SKEWPROOF_VENDOR": "irp",
	} {
		t.Setenv(name, value)
	}
	got := "\n" + text(t, begin(t, program(t, clock.New(), "environment")), harness.Call{}) + "\n"
	if strings.Contains(got, "real-") {
		t.Errorf("the driver is told what it must not know:\n%s", got)
	}
	for _, pair := range []string{"SKEWPROOF_FAULT=kept-one", "ANYTHING_ELSE=kept-two", "TZ=kept-three", "SKEWPROOF_VENDOR=trolley"} {
		if strings.Count(got, "\n"+pair+"\n") != 1 {
			t.Errorf("the driver is not told %s once", pair)
		}
	}
	if strings.Contains(got, "SKEWPROOF_VENDOR=irp") {
		t.Error("the driver is told two vendors")
	}
}

// A command is split as a shell does, and not run by one.
func TestCommands(t *testing.T) {
	t.Setenv("ANYTHING_ELSE", "expanded")
	for written, want := range map[string]string{
		`one two`:                        "one\ntwo",
		`  one   two  `:                  "one\ntwo",
		`'one two' "three four" five\ 6`: "one two\nthree four\nfive 6",
		`"it's" '"quoted"' "\"x\""`:      "it's\n\"quoted\"\n\"x\"",
		`Zoë 'a=b c' --x="y z"`:          "Zoë\na=b c\n--x=y z",
		`$ANYTHING_ELSE ~ *.go`:          "$ANYTHING_ELSE\n~\n*.go",
		`''`:                             "",
	} {
		c := begin(t, program(t, clock.New(), "arguments "+written))
		if got := text(t, c, harness.Call{}); got != want {
			t.Errorf("%s is %q, want %q", written, got, want)
		}
	}
	for _, wrong := range []string{"", "   ", "driver 'one", `driver "one`, "driver | tee log", "driver; rm x", "driver && x", "driver > log", "driver (x)"} {
		p, err := driver.New("trolley", wrong, clock.New())
		want := fmt.Sprintf("client %q: write a program and its arguments, with quotes around what holds spaces; pipes and the like need a script of their own", wrong)
		if p != nil || err == nil || err.Error() != want {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// What the driver prints on standard error goes to the log of the case, and its
// end is kept.
func TestStandardError(t *testing.T) {
	p := program(t, clock.New(), "chatter")
	var log bytes.Buffer
	c, err := p.Client(harness.ClientConfig{Case: "any", Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	c.Call(t.Context(), harness.Call{})
	p.Close() // it has ended, so all of it is there
	if n := log.Len(); n != 1<<15*(8*16+1) {
		t.Errorf("the case's log has %d bytes", n)
	}
	if words := p.Stderr(); len(words) > 4<<10 || !strings.HasSuffix(words, "chatter chatter") {
		t.Errorf("%d bytes are kept: %.100q", len(words), words)
	}
}
