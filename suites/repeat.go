package suites

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// repeat is the command that runs one case again as it was run, where the test
// has the given name. Credentials are no part of it: they come from the
// environment.
func (o *Options) repeat(test, name string, known *knownFailures) string {
	if o.Handler != nil || o.Client != nil { // set up by somebody's own test, which has no flags of ours
		return "go test -count=1 -v -run " + quoted("^"+regexp.QuoteMeta(test)+"$") + " -ginkgo.focus " + quoted(regexp.QuoteMeta(name)+"$")
	}
	vendor, _, _ := strings.Cut(name, "/")
	words := []string{"go", "test", "./suites", "-count=1", "-v"}
	if program := os.Args[0]; !strings.HasSuffix(filepath.Base(program), ".test") {
		words = []string{program}
	}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, value)
		}
	}
	add("-vendor", vendor)
	add("-target", o.Target)
	add("-client", o.ClientCommand)
	add("-replay", o.Replay)
	add("-profiles", o.Profiles)
	if !o.Update {
		add("-baseline", o.Baseline)
	}
	if known.allOf(vendor) {
		add("-known-failing", o.KnownFailing)
	}
	var pins []string
	for variant, value := range o.Variants {
		if strings.HasPrefix(variant, vendor+".") {
			pins = append(pins, variant+"="+value)
		}
	}
	slices.Sort(pins)
	for _, pin := range pins {
		add("-variant", pin)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{{"-strict", o.Strict}, {"-unsafe", o.Unsafe}, {"-allow-plain-http", o.AllowPlain}} {
		if f.set {
			words = append(words, f.name)
		}
	}
	if o.Rate != 0 {
		add("-rate", fmt.Sprint(o.Rate))
	}
	words = append(words, "-reports", "", "-case", name) // and leaves this run's reports as they are
	for i, w := range words {
		words[i] = quoted(w)
	}
	return strings.Join(words, " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted writes a word so that a POSIX shell takes it as it is.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
