package endtoend

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const canaryFolder = "../testdata/canary"

// canaryProgram builds one of the programs that tell secrets, once.
func canaryProgram(t *testing.T, name string, args ...string) string {
	t.Helper()
	out := filepath.Join(filepath.Dir(suiteBinary), "canary-"+name)
	build, _ := builds.LoadOrStore("canary-"+name, sync.OnceValue(func() error {
		cmd := exec.Command("go", append(args, "-o", out, "./"+name)...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = canaryFolder, os.Stderr, os.Stderr
		return cmd.Run()
	}))
	if err := build.(func() error)(); err != nil {
		t.Fatalf("build %s: %v", name, err)
	}
	return out
}

var sample = regexp.MustCompile(`(secret: true,.*sample: )("[^"]*"|[^,}]+)`)

// profiles copies the vendors into a folder with canaries for the samples, which
// are what clients are given for credentials.
func (c *canaries) profiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, vendor := range strings.Split(everyVendor, ",") {
		if err := os.CopyFS(filepath.Join(dir, vendor), os.DirFS(filepath.Join("../../vectors", vendor))); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, vendor, "profile.yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		changed := sample.ReplaceAllStringFunc(string(text), func(found string) string {
			n++
			secret := canary()
			c.secrets["sample "+vendor+" "+string(rune('0'+n))] = secret
			return sample.FindStringSubmatch(found)[1] + jsonText(secret)
		})
		if n == 0 {
			t.Fatalf("%s has no samples of secrets", file)
		}
		write(t, file, changed)
	}
	return dir
}

// learn adds what the driver knew.
func (c *canaries) learn(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("the driver knew no secret: %v", err)
		return
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var secret string
		if err := json.Unmarshal(lines.Bytes(), &secret); err != nil {
			t.Fatal(err)
		}
		if m := jwts.FindStringSubmatch(secret); m != nil {
			secret = m[1]
		}
		c.token(secret)
	}
}

// Whatever a client's driver tells, and however it ends, no secret and no token
// of the client is in anything that is printed or written. Nor is one that was in
// the environment of the run: the driver is not given it.
func TestCanariesOfDrivers(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	program, driver := canaryProgram(t, "driver", "build"), built(t, "go")
	run := func(t *testing.T, how string, env []string, right bool, args ...string) {
		t.Helper()
		c := newCanaries()
		known := filepath.Join(t.TempDir(), "known")
		command := quoted(program) + " -known " + quoted(known) + " -real " + quoted(driver) + " " + how
		r := c.start(t, suiteBinary, env, nil, append([]string{"-profiles", c.profiles(t), "-vendor", everyVendor, "-client", command, "-test.v"}, args...)...)
		before := len(c.secrets)
		c.learn(t, known)
		if right != (r.exit == 0) {
			t.Errorf("exit %d; %s", r.exit, r.output())
		}
		if tokens := len(c.secrets) - before; tokens < 2 && !strings.HasPrefix(how, "junk-first") && how != "dies-at-once" {
			t.Errorf("the driver was granted %d tokens", tokens)
		}
		c.check(t, r)
		r.wrote(t)
	}
	for _, how := range []string{"", "greets-with-it", "junk-first", "junk-first-cut", "dies-at-once", "message", "traceback", "kind", "body", "skip", "stderr", "environment", "exit",
		"panic", "panic-of-error", "last-words-cut", "junk", "junk-cut", "junk-token", "huge", "id", "neither", "cut-message"} {
		all.run(t, "driver "+how, func(t *testing.T) {
			run(t, how, nil, how == "" || how == "greets-with-it", append(ginkgos, "-case", "*/sends/*")...)
		})
	}
	for _, fault := range []string{"secret-in-url", "secret-sent", "secret-in-error", "token-in-url", "login-as-form", "login-extra-field", "double-bearer", "key-not-token"} {
		all.run(t, "client "+fault, func(t *testing.T) {
			run(t, "", []string{"SKEWPROOF_FAULT=" + fault}, false, "-case", "*/sends/*", "-case", "*/told/*", "-case", "*/redirects/*", "-case", "*/login/*")
		})
	}
}
