package endtoend

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
)

// canary is a made-up secret that no other run has. In it is all that encodings
// treat differently, and before and behind that enough to be known by.
func canary() string { return "canary-" + mixed(13) + "é+/=&" + mixed(4) + "%<\">'\\" + mixed(16) }

// mixed is random, in both cases.
func mixed(n int) string {
	text := []byte(rand.Text()[:n])
	for i := 0; i < n; i += 2 {
		text[i] = byte(unicode.ToLower(rune(text[i])))
	}
	return string(text)
}

// canaries are the secrets of one test, as they are set in the environment, and
// the tokens that were granted for them.
type canaries struct {
	env []string

	mu      sync.Mutex
	secrets map[string]string
}

func newCanaries() *canaries {
	c := &canaries{secrets: map[string]string{}}
	for _, name := range []string{"TROLLEY_SECRET_KEY", "IRP_SHARED_SECRET", "SPREETAIL_CLIENT_SECRET", "SPREETAIL_TOKEN_KEY"} {
		c.set("SKEWPROOF_"+name, canary())
	}
	for _, pair := range credentials {
		if name, _, _ := strings.Cut(pair, "="); c.secrets[name] == "" {
			c.env = append(c.env, pair) // a name of an account, which is no secret
		}
	}
	return c
}

// set puts a secret into the environment.
func (c *canaries) set(name, value string) {
	c.secrets[name] = value
	c.env = append(c.env, name+"="+value)
}

// jwts and tokens are what the vendors grant. Of a JWT the signature is looked
// for: the rest is the same in tokens that are good for nothing.
var (
	jwts   = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.([\w-]+)`)
	tokens = regexp.MustCompile(`"AuthenticationToken":\s*"([^"]{12,})"`)
)

// granted notes the tokens in what a server answered.
func (c *canaries) granted(answers []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, pattern := range []*regexp.Regexp{jwts, tokens} {
		for _, found := range pattern.FindAllSubmatch(answers, -1) {
			if len(found[1]) >= part {
				c.token(string(found[1]))
			}
		}
	}
}

func (c *canaries) token(text string) {
	for _, known := range c.secrets {
		if known == text {
			return
		}
	}
	c.secrets[fmt.Sprintf("token %d", len(c.secrets))] = text
}

// tokens is how many were granted.
func (c *canaries) tokens() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.secrets {
		if strings.HasPrefix(name, "token ") {
			n++
		}
	}
	return n
}

// ran is what one run left behind.
type ran struct {
	exit           int
	stdout, stderr []byte
	folder         string // where it ran; the reports are in it, and Ginkgo's
}

// output is what a person sees, cut short: a failing test must not leak either.
func (r ran) output() string {
	return fmt.Sprintf("%d bytes on stdout, %d on stderr", len(r.stdout), len(r.stderr))
}

// run runs the compiled suite with the canaries in its environment, in a folder
// of its own, has every report written that there is, and scans it all.
func (c *canaries) run(t *testing.T, env []string, args ...string) ran {
	t.Helper()
	r := c.start(t, suiteBinary, env, nil, args...)
	c.check(t, r)
	return r
}

// start runs a program as run does, but leaves the scanning. Started is called
// with the process; nil for nothing.
func (c *canaries) start(t *testing.T, program string, env []string, started func(*os.Process), args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	r := ran{folder: t.TempDir()}
	args = append([]string{"-ginkgo.no-color", "-reports", filepath.Join(r.folder, "reports")}, args...)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = r.folder
	cmd.Env = append(append(os.Environ(), c.env...), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Start()
	if err == nil {
		if started != nil {
			started(cmd.Process)
		}
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v", filepath.Base(program), err)
	}
	r.exit, r.stdout, r.stderr = cmd.ProcessState.ExitCode(), out.Bytes(), errs.Bytes()
	return r
}

// artefacts are everything a run left: what it printed, and each file under its
// folder, by name, with its name.
func (r ran) artefacts(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"stdout": r.stdout, "stderr": r.stderr}
	err := filepath.WalkDir(r.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(r.folder, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		all[name] = append([]byte(name+"\n"), text...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// ginkgos are reports that Ginkgo writes by itself, and whatever else it can tell.
var ginkgos = []string{"-test.v", "-ginkgo.json-report", "ginkgo.json", "-ginkgo.junit-report", "ginkgo.xml", "-ginkgo.trace", "-ginkgo.show-node-events", "-ginkgo.github-output"}

// check fails the test for each secret that some artefact shows, and says in
// which form, and in which cases, but not what it is.
func (c *canaries) check(t *testing.T, r ran) {
	t.Helper()
	c.mu.Lock()
	scan := newScanner(maps.Clone(c.secrets))
	c.mu.Unlock()
	shown, text := map[string][]string{}, map[string][]byte{} // by secret: artefacts, and one of them
	all := r.artefacts(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for secret, form := range scan.find(all[name]) {
			shown[secret] = append(shown[secret], name+" ("+form+")")
			text[secret] = all[name]
		}
	}
	for i, secret := range slices.Sorted(maps.Keys(shown)) {
		if i == 5 {
			t.Errorf("LEAK: and %d secrets more", len(shown)-i)
			break
		}
		t.Errorf("LEAK: %s: in %s; %s", secret, strings.Join(shown[secret], ", "), where(scan, secret, text[secret], all[junitFile]))
	}
}

const junitFile = "reports/junit.xml"

// where says which cases in junit.xml show the secret, or if the text has marks,
// behind which of them it stands.
func where(scan *scanner, secret string, text, junit []byte) string {
	var names []string
	for _, part := range bytes.Split(text, []byte("[["))[1:] {
		if name, text, ok := bytes.Cut(part, []byte("]]")); ok && scan.find(text)[secret] != "" && !slices.Contains(names, string(name)) {
			names = append(names, string(name))
		}
	}
	for _, part := range bytes.Split(junit, []byte("<testcase "))[1:] {
		if name := caseName.FindSubmatch(part); name != nil && len(names) < 12 && scan.find(part)[secret] != "" {
			names = append(names, string(name[1]))
		}
	}
	return strings.Join(names, "; ")
}

var caseName = regexp.MustCompile(`^name="([^"]*)"`)

// mark names what follows, for where to find.
func mark(name string) string { return "[[" + name + "]]" }

// wrote checks that the reports were written: an empty folder leaks nothing.
func (r ran) wrote(t *testing.T) {
	t.Helper()
	wholeReports(t, filepath.Join(r.folder, "reports"))
}

func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
