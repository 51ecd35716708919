package suites

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// onGitHub reports whether the run is a step of GitHub Actions.
func onGitHub() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// mute tells GitHub Actions to take nothing for a command of what is printed
// until the function it returns is called: a target, a client or Ginkgo may
// print anything. Only this process knows the word that ends it.
func mute(out io.Writer) func() {
	if !onGitHub() {
		return func() {}
	}
	word := "skewproof-" + rand.Text()
	fmt.Fprintf(out, "\n::stop-commands::%s\n", word)
	return func() { fmt.Fprintf(out, "\n::%s::\n", word) }
}

// harmless is a text that is printed when nothing is mute any more, within a
// line: there too an older form of commands is heeded.
func harmless(text string) string {
	if onGitHub() {
		return strings.ReplaceAll(text, "[", "(")
	}
	return text
}

// tellGitHub prints the annotations and adds the run to the summary of the step.
func (r *runner) tellGitHub() {
	if !onGitHub() {
		return
	}
	for _, line := range r.report.Annotations(r.locate) {
		fmt.Fprintln(r.out, line)
	}
	if file := os.Getenv("GITHUB_STEP_SUMMARY"); file != "" {
		if err := r.addSummary(file); err != nil {
			// The reports have it all, so the run is not worse for it.
			fmt.Fprintf(r.out, "::warning title=skewproof::%s\n", oneLine.Replace("the summary of the step: "+err.Error()))
		}
	}
}

var oneLine = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")

// maxSummary is the most that GitHub takes as the summary of one step, in bytes,
// from all commands of the step together.
const maxSummary = 1<<20 - 1

// addSummary appends to what other commands of the step have written, in one
// write, so that nothing comes between.
func (r *runner) addSummary(file string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if text := r.report.StepSummary(maxSummary - 2 - int(info.Size())); text != "" {
		_, err = f.WriteString("\n\n" + text)
	}
	return err
}

// locate finds the file of a case and names it from the root of its repository;
// empty when it is in none, as in a program that carries its cases along.
func (r *runner) locate(file string) string {
	workspace := os.Getenv("GITHUB_WORKSPACE")
	var places []string
	if !strings.HasPrefix(file, "common/") && r.options.Profiles != "" {
		places = append(places, filepath.Join(r.options.Profiles, file))
	}
	if here, err := os.Getwd(); err == nil {
		for dir := here; ; dir = filepath.Dir(dir) {
			places = append(places, filepath.Join(dir, "vectors", file))
			if exists(filepath.Join(dir, ".git")) || dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if workspace != "" {
		places = append(places, filepath.Join(workspace, "vectors", file))
	}
	for _, place := range places {
		if full, err := filepath.Abs(place); err == nil && exists(full) {
			return fromRoot(full, workspace)
		}
	}
	return ""
}

// fromRoot names a file from the root of its repository: the nearest directory
// above with .git, or else the workspace.
func fromRoot(file, workspace string) string {
	root := workspace
	for dir := filepath.Dir(file); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, ".git")) {
			root = dir
			break
		}
	}
	path, err := filepath.Rel(root, file)
	if root == "" || err != nil || !filepath.IsLocal(path) {
		return ""
	}
	return filepath.ToSlash(path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
