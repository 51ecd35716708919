package endtoend

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// heeded is a command that the runner of GitHub Actions carries out.
type heeded struct {
	name, text string
	properties map[string]string
}

// runner reads what a step prints as the runner of GitHub Actions does: a
// command stands at the start of a line, or in an older form anywhere within
// it; between stop-commands and its word, nothing is one. It gives back the
// commands that are carried out, and the lines that are no commands and stand
// outside of what is stopped.
func runner(output string) (commands []heeded, plain []string) {
	word := ""
	for _, line := range strings.FieldsFunc(output, func(r rune) bool { return r == '\n' || r == '\r' }) {
		c, ok := parseCommand(line)
		switch {
		case word != "" && ok && c.name == word:
			word = ""
		case word != "":
		case ok && c.name == "stop-commands":
			word = c.text
		case ok:
			commands = append(commands, c)
		default:
			plain = append(plain, line)
		}
	}
	return commands, plain
}

var oldCommand = regexp.MustCompile(`##\[([^\] ]*)[^\]]*\](.*)`)

func parseCommand(line string) (heeded, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
	info, text, whole := strings.Cut(rest, "::")
	name, properties, _ := strings.Cut(info, " ")
	if !ok || !whole || name == "" {
		m := oldCommand.FindStringSubmatch(line)
		if m == nil {
			return heeded{}, false
		}
		return heeded{name: m[1], text: m[2]}, true
	}
	c := heeded{name, unescape(text, "\n", "%0A", "%", "%25"), map[string]string{}}
	for _, p := range strings.Split(properties, ",") {
		key, value, _ := strings.Cut(p, "=")
		c.properties[key] = unescape(value, ":", "%3A", ",", "%2C", "%", "%25")
	}
	return c, true
}

func unescape(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, pairs[i+1], pairs[i])
	}
	return s
}

// step runs the compiled suite as a step of GitHub Actions.
func step(t *testing.T, env []string, args ...string) (output, summary string, code int) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "summary.md")
	write(t, file, "### What another command of the step wrote")
	r := suite(t, append(append([]string{}, env...), "GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+file, "GITHUB_WORKSPACE="+root), args...)
	return r.output, read(t, file), r.exit
}

// forger is a server that takes everything, and answers with what the runner of
// GitHub Actions would carry out, and its pages show, if it came through.
func forger(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Note", "##[error]forged ::error::forged")
		_, _ = fmt.Fprint(w, "{\"ok\":true,\"note\":\"\n::error::forged\r::add-mask::e\n ##[error]forged\n::stop-commands::x\n</pre><script>forged</script>\"}")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestFailuresAreToldToGitHub(t *testing.T) {
	t.Parallel()
	output, summary, code := step(t, credentials, "-vendor", "trolley", "-target", forger(t), "-case", "trolley/signature/*", "-case", "trolley/key/*", "-case", "trolley/order/*")
	if code != 1 {
		t.Fatalf("exit %d\n%s", code, tail(output))
	}
	commands, plain := runner(output)
	if len(commands) != 10 {
		t.Errorf("%d commands are carried out, not 10: %+v", len(commands), commands)
	}
	rules := map[string]bool{}
	for _, c := range commands {
		if c.name != "error" || strings.HasPrefix(c.text, "forged") {
			t.Errorf("the runner would carry out %+v", c)
			continue
		}
		pointsAtItsCase(t, c)
		rules[regexp.MustCompile(`[A-Z]+-[0-9]+`).FindString(c.text)] = true
	}
	if len(rules) < 5 {
		t.Errorf("the annotations are of %d requirements only: %v", len(rules), rules)
	}
	if more := regexp.MustCompile(`(?m)^[0-9]+ more did not conform`).FindAllString(strings.Join(plain, "\n"), -1); len(more) != 1 {
		t.Errorf("how many more there are is said %d times:\n%s", len(more), strings.Join(plain, "\n"))
	}
	checkStepSummary(t, summary, "1 error")
	if !strings.Contains(summary, "TRO-") || strings.Contains(summary, "<script>") || strings.Count(summary, "<details>") < 11 {
		t.Errorf("the summary is not that of the run:\n%s", tail(summary))
	}
}

// pointsAtItsCase checks that an annotation names the file and the line where
// its case stands.
func pointsAtItsCase(t *testing.T, c heeded) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", c.properties["file"]))
	if err != nil {
		t.Errorf("%v: %v", c.properties, err)
		return
	}
	lines := strings.Split(string(text), "\n")
	n, err := strconv.Atoi(c.properties["line"])
	if err != nil || n < 1 || n > len(lines) || !strings.Contains(lines[n-1], "id:") {
		t.Errorf("%v: no case stands there", c.properties)
		return
	}
	name, _, _ := strings.Cut(c.properties["title"], " ")
	if !strings.HasPrefix(c.text, name+": ") {
		t.Errorf("the annotation of %s says %q", name, c.text)
	}
}

func checkStepSummary(t *testing.T, summary, says string) {
	t.Helper()
	before, ours, ok := strings.Cut(summary, "\n\n## Skewproof: ")
	if !ok || before != "### What another command of the step wrote" || len(summary) >= 1<<20 {
		t.Errorf("%d bytes, not appended to what was there:\n%.300s", len(summary), summary)
	}
	if headline, _, _ := strings.Cut(ours, "\n"); says != "1 error" && headline != says {
		t.Errorf("the summary is headed %q, not %q", headline, says)
	}
}

func TestARightRunIsToldToGitHub(t *testing.T) {
	t.Parallel()
	output, summary, code := step(t, nil, "-vendor", "trolley", "-case", "trolley/window/*")
	commands, plain := runner(output)
	if code != 0 || len(commands) > 0 || strings.Contains(strings.Join(plain, "\n"), "did not conform") {
		t.Errorf("exit %d, %+v", code, commands)
	}
	n := len(regexp.MustCompile(`(?m)^\| trolley`).FindAllString(summary, -1))
	if !strings.Contains(summary, "## Skewproof: conforms · ") || n != 2 || !strings.Contains(summary, "| window | ") {
		t.Errorf("the summary:\n%s", summary)
	}
}

// What keeps a run from being set up is told too.
func TestAProblemIsToldToGitHub(t *testing.T) {
	t.Parallel()
	output, summary, _ := step(t, nil, "-vendor", "acme\n::error::forged ##[error]forged")
	commands, _ := runner(output)
	if len(commands) != 1 || !strings.Contains(commands[0].text, "unknown vendor") || commands[0].properties["file"] != "" {
		t.Errorf("%+v", commands)
	}
	checkStepSummary(t, summary, "not run")
}

// The summary of a step is for what the step has to say, the reports are for
// the whole: a summary that is full, or cannot be written, fails nobody.
func TestAFullSummaryIsLeftAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "summary.md")
	write(t, file, strings.Repeat("x", 1<<20-10))
	for _, place := range []string{file, t.TempDir()} {
		r := suite(t, []string{"GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY=" + place}, "-vendor", "trolley", "-case", "trolley/window/*")
		commands, _ := runner(r.output)
		if warned := len(commands) == 1 && commands[0].name == "warning"; r.exit != 0 || warned != (place != file) {
			t.Errorf("exit %d, %+v", r.exit, commands)
		}
	}
	if text := read(t, file); len(text) >= 1<<20 || !strings.HasPrefix(text, "xxx") {
		t.Errorf("the summary has %d bytes", len(text))
	}
}

// Nothing of it without the variable, whatever else is set.
func TestNothingIsToldToNobody(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "summary.md")
	for _, value := range []string{"GITHUB_ACTIONS=", "GITHUB_ACTIONS=false"} {
		r := suite(t, append([]string{value, "GITHUB_STEP_SUMMARY=" + file}, credentials...), "-vendor", "trolley", "-target", forger(t), "-case", "trolley/key/*")
		if strings.Contains(r.output, "stop-commands::skewproof") || strings.Contains(r.output, "::error ") || exists(file) || r.exit != 1 {
			t.Errorf("exit %d\n%s", r.exit, tail(r.output))
		}
	}
}

// A vendor of one's own lies in a folder of one's own repository.
func TestAnnotationsOfOwnVendors(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	write(t, filepath.Join(repository, ".git"), "gitdir: elsewhere\n")
	folder := filepath.Join(repository, "auth", "vendors")
	if err := os.CopyFS(filepath.Join(folder, "trolley"), os.DirFS("../../vectors/trolley")); err != nil {
		t.Fatal(err)
	}
	r := suite(t, append([]string{"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + filepath.Dir(repository)}, credentials...),
		"-vendor", "trolley", "-target", forger(t), "-profiles", folder, "-case", "trolley/signature/message-*", "-case", "trolley/signature/body-changed")
	commands, _ := runner(r.output)
	files := map[string]int{}
	for _, c := range commands {
		files[c.properties["file"]]++
	}
	// Of a case that every vendor has, the file is in nobody's repository.
	if n := len(commands); files["auth/vendors/trolley/cases.yaml"] < 5 || files[""] != 1 || files["auth/vendors/trolley/cases.yaml"]+1 != n {
		t.Errorf("exit %d, annotations in %v\n%s", r.exit, files, tail(r.output))
	}
}
