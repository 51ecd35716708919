package driver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/driver"
)

// What a driver does wrong in its greeting is said when the case begins.
func TestWrongGreetings(t *testing.T) {
	for how, want := range map[string]string{
		"exit":                "the driver exited: exit status 7; its last words: no licence found",
		"exit-quietly":        "the driver exited: exit status 0",
		"version-2":           "the driver speaks version 2 of the protocol, and this is version 1",
		"junk-first":          `the driver's first line is no greeting: "Starting up..."; it is to be {"skewproof": 1, "client": "..."}`,
		"greet-in-many-bytes": "the driver printed a line of more than 1048576 bytes",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c, err := program(t, clock.New(), how).Client(harness.ClientConfig{Case: "any"})
			if c != nil || err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	}
}

// What it does wrong in a call is said where the call ends.
func TestWrongAnswers(t *testing.T) {
	for how, want := range map[string]string{
		"junk":             `the driver printed what is no answer: "debug: about to call"; what is meant for people goes to standard error`,
		"junk-bytes":       `the driver printed what is no answer: "` + "\uFFFD" + `\x00\x1b[31m` + strings.Repeat("x", 93) + `"; what is meant for people goes to standard error`,
		"wrong-id":         "the driver answered id 1002, which nobody asked or which it had answered already",
		"no-id":            `the driver printed what is no answer: "{\"status\": 200}"; what is meant for people goes to standard error`,
		"id-as-text":       `the driver printed what is no answer: "{\"id\": \"2\", \"status\": 200}"; what is meant for people goes to standard error`,
		"huge-line":        "the driver printed a line of more than 1048576 bytes",
		"exit-in-call":     "the driver exited: exit status 7; its last words: Traceback: no such host",
		"fork-and-exit":    "the driver exited: exit status 7",
		"close-output":     "the driver closed its output",
		"secret-and-exit":  "the driver exited: exit status 7",
		"exit-after-start": "the driver exited: exit status 7",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			o := begin(t, program(t, clock.New(), how)).Call(t.Context(), harness.Call{})
			if o.Kind != harness.Unreachable || o.Message != want {
				t.Errorf("%+v\nwant %s", o, want)
			}
		})
	}
}

// What waits for a driver gives up at the protocol's limits, and names what
// was waited for.
func TestTimeLimits(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		clk := movable()
		p := program(t, clk, "silent")
		forward(t, clk, func() {
			_, err := p.Client(harness.ClientConfig{Case: "any"})
			if want := `the driver has said nothing for 30s; its first line is to be {"skewproof": 1, "client": "..."}`; err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		})
	})
	t.Run("hang", func(t *testing.T) {
		t.Parallel()
		clk := movable()
		c := begin(t, program(t, clk, "hang"))
		forward(t, clk, func() {
			o := c.Call(t.Context(), harness.Call{})
			if want := "the driver has not answered for 10s"; o.Kind != harness.Unreachable || o.Message != want {
				t.Errorf("%+v\nwant %s", o, want)
			}
		})
	})
}

// A driver that does not read is given up although a message does not fit into
// its pipe, and so are the calls behind it.
func TestDriverThatDoesNotRead(t *testing.T) {
	t.Parallel()
	clk := movable()
	clk.Add(-9500 * time.Millisecond) // half a second remains of the time to write in, which is real
	c := begin(t, program(t, clk, "stop-reading"))
	forward(t, clk, func() {
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				o := c.Call(t.Context(), harness.Call{Body: strings.Repeat("x", 100_000)})
				if o.Kind != harness.Unreachable || !strings.HasPrefix(o.Message, "the driver does not read its input: write ") || !strings.HasSuffix(o.Message, ": i/o timeout") {
					t.Errorf("%+v", o)
				}
			})
		}
		wait.Wait()
	})
}

// One that went wrong after its answer makes an error of the next case, and
// another is started for the one after that.
func TestWrongAfterTheAnswer(t *testing.T) {
	for how, want := range map[string]string{
		"exit-after-answer": "the driver exited: exit status 7",
		"twice":             "the driver answered id 2, which nobody asked or which it had answered already",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p := program(t, clock.New(), how)
			c := begin(t, p)
			switch o := c.Call(t.Context(), harness.Call{}); {
			case o.Kind == harness.Unreachable && o.Message == want:
				return // it was noticed before the answer was taken
			case o.Kind != harness.Unsupported:
				t.Errorf("%+v", o)
			}
			time.Sleep(50 * time.Millisecond) // until it has been noticed; that it is sooner must not matter
			_, err := p.Client(harness.ClientConfig{Case: "the next"})
			if err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
			if _, err := p.Client(harness.ClientConfig{Case: "the one after that"}); err != nil {
				t.Errorf("no other was started: %v", err)
			}
		})
	}
}

// After five cases in a row no more drivers are started. Calls at once that go
// wrong together are one case.
func TestGivingUp(t *testing.T) {
	list := filepath.Join(t.TempDir(), "pids")
	p := program(t, clock.New(), "-pids '"+list+"' exit-in-call")
	for n := 1; n <= 8; n++ {
		c, err := p.Client(harness.ClientConfig{Case: fmt.Sprint("case ", n)})
		want := ""
		if n > 5 {
			want = "not run: the driver went wrong in 5 cases in a row; the last time: the driver exited: exit status 7; its last words: Traceback: no such host"
		}
		if err == nil != (want == "") || err != nil && err.Error() != want {
			t.Fatalf("case %d: %v\nwant %s", n, err, want)
		}
		if c != nil {
			var wait sync.WaitGroup
			for range 10 {
				wait.Go(func() {
					if o := c.Call(t.Context(), harness.Call{}); o.Kind != harness.Unreachable {
						t.Errorf("case %d: %+v", n, o)
					}
				})
			}
			wait.Wait()
		}
	}
	if pids, _ := os.ReadFile(list); len(strings.Fields(string(pids))) != 5 {
		t.Errorf("%d drivers were started, not 5", len(strings.Fields(string(pids))))
	}
}

// A run of cases that go well ends the count.
func TestNotGivingUp(t *testing.T) {
	p := program(t, clock.New(), "-in wrong exit-in-call")
	for n := range 12 {
		name := "wrong"
		if n%4 == 3 {
			name = "right"
		}
		c, err := p.Client(harness.ClientConfig{Case: name})
		if err != nil {
			t.Fatalf("case %d: %v", n, err)
		}
		want := map[string]string{"wrong": harness.Unreachable, "right": harness.Unsupported}[name]
		if o := c.Call(t.Context(), harness.Call{}); o.Kind != want {
			t.Errorf("case %d: %+v", n, o)
		}
	}
}

func TestNoSuchProgram(t *testing.T) {
	p, err := driver.New("trolley", "/nowhere/driver", clock.New())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = p.Client(harness.ClientConfig{Case: "any"})
	if want := "the driver does not start: fork/exec /nowhere/driver: no such file or directory; name a program, with its path unless it is on PATH"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// Drivers that ignore the end of their input are ended after two seconds, all of
// them together, and no call is made of them any more.
func TestClose(t *testing.T) {
	t.Parallel()
	p := program(t, clock.New(), "ignore-end")
	var clients []harness.Client
	for _, zone := range []string{"", "UTC", "Asia/Kathmandu"} {
		c, err := p.Client(harness.ClientConfig{Case: "any", Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	began := time.Now()
	p.Close()
	if took := time.Since(began); took < 2*time.Second || took > 5*time.Second {
		t.Errorf("they were ended after %v", took)
	}
	for _, c := range clients {
		if o := c.Call(t.Context(), harness.Call{}); o.Kind != harness.Unreachable {
			t.Errorf("%+v", o)
		}
	}
	p.Close() // once more does no harm
}
