package endtoend

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Colours are for terminals, unless the environment says otherwise.
func TestColors(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("there is no script to give a run a terminal")
	}
	start := func(t *testing.T, terminal bool, env []string, args ...string) (string, error) {
		t.Helper()
		args = append([]string{suiteBinary}, args...)
		if terminal {
			var quoted []string
			for _, a := range args {
				quoted = append(quoted, "'"+a+"'")
			}
			args = []string{script, "-qec", strings.Join(quoted, " "), os.DevNull}
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), append([]string{"NO_COLOR=", "FORCE_COLOR=", "TERM=xterm"}, env...)...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		return out.String(), err
	}
	run := func(t *testing.T, terminal bool, env ...string) string {
		t.Helper()
		out, err := start(t, terminal, env, "-reports", "", "-vendor", "trolley", "-case", "trolley/window/*")
		if err != nil {
			t.Fatalf("%v\n%s", err, tail(out))
		}
		if !strings.Contains(out, "0 fail") {
			t.Fatalf("no summary:\n%s", out)
		}
		return out
	}
	for _, c := range []struct {
		claim    string
		terminal bool
		env      []string
		colors   bool
	}{
		{"a terminal", true, nil, true},
		{"a terminal, NO_COLOR", true, []string{"NO_COLOR=1"}, false},
		{"a terminal, FORCE_COLOR=0", true, []string{"FORCE_COLOR=0"}, true},
		{"a terminal that is dumb", true, []string{"TERM=dumb"}, false},
		{"a pipe", false, nil, false},
		{"a pipe, FORCE_COLOR", false, []string{"FORCE_COLOR=1"}, true},
		{"a pipe, FORCE_COLOR=0", false, []string{"FORCE_COLOR=0"}, false},
		{"a pipe, both", false, []string{"FORCE_COLOR=1", "NO_COLOR=1"}, false},
	} {
		t.Run(c.claim, func(t *testing.T) {
			out := run(t, c.terminal, c.env...)
			if has := strings.Contains(out, "\x1b["); has != c.colors {
				t.Errorf("colours: %v, want %v in %.300q", has, c.colors, out)
			}
			if _, after, _ := strings.Cut(out, "skewproof: "); strings.Contains(after, "\x1b[3") {
				t.Error("the summary has colours, which it is to have nowhere")
			}
			usage, err := start(t, c.terminal, c.env, "-bogus")
			if err == nil || !strings.Contains(usage, "not defined: -bogus") || !strings.Contains(usage, "Controlling Test Order") {
				t.Errorf("no usage: %v\n%.300s", err, usage)
			}
			if has := strings.Contains(usage, "\x1b["); has != c.colors {
				t.Errorf("colours of the usage: %v, want %v in %.300q", has, c.colors, usage)
			}
		})
	}
}
