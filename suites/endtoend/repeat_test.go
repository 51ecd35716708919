package endtoend

import (
	"html"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var commands = regexp.MustCompile(`<pre>([^<]* -case trolley/[^<]*)</pre>`)

// The command that the page gives for a failing case, put into a shell, runs that
// case alone, and it fails again.
func TestThePagesCommandRepeatsTheCase(t *testing.T) {
	t.Parallel()
	url := peer(t, "-broken", "trolley/wrong-message-key")
	baseline := filepath.Join(t.TempDir(), "trolley.json")
	if r := suite(t, credentials, "-vendor", "trolley", "-target", peer(t), "-case", "trolley/key/*", "-baseline", baseline, "-update"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	listed, mixed := filepath.Join(t.TempDir(), "listed.txt"), filepath.Join(t.TempDir(), "mixed.txt")
	write(t, listed, "trolley/window/* # told the vendor\n")
	write(t, mixed, "trolley/window/*\nirp/window/*\n")
	driver := "env SKEWPROOF_FAULT=signature-upper-case '" + built(t, "go") + "'"
	for _, tt := range []struct {
		claim string
		exit  int
		args  []string
		holds []string
		never string
	}{
		{"a server", 1, []string{"-target", url, "-variant", "trolley.status=401", "-case", "trolley/key/*"}, []string{" -vendor trolley ", " -target " + url + " ", " -variant trolley.status=401 "}, " -known-failing "},
		{"a client", 1, []string{"-client", driver, "-strict", "-case", "trolley/sends/create-*"}, []string{" -vendor trolley ", " -strict ", `SKEWPROOF_FAULT=signature-upper-case '\''`}, " -baseline "},
		{"a server and a baseline", 5, []string{"-target", url, "-baseline", baseline, "-case", "trolley/key/*"}, []string{" -baseline " + baseline + " "}, " -known-failing "},
		{"a server and known failures", 1, []string{"-target", url, "-known-failing", listed, "-case", "trolley/key/*"}, []string{" -known-failing " + listed + " "}, " -baseline "},
		{"known failures of another vendor", 1, []string{"-vendor", "irp", "-target", url, "-known-failing", mixed, "-case", "trolley/key/*"}, []string{" -vendor trolley "}, " -known-failing "},
	} {
		r := suite(t, credentials, append(tt.args, "-vendor", "trolley")...)
		text := read(t, filepath.Join(r.reports, "report.html"))
		found := commands.FindAllStringSubmatch(text, -1)
		if r.exit != tt.exit || len(found) == 0 || len(found) != r.count("fail") {
			t.Fatalf("%s: exit %d, %d commands for %d failures\n%s", tt.claim, r.exit, len(found), r.count("fail"), tail(r.output))
		}
		command := html.UnescapeString(found[0][1])
		for _, part := range tt.holds {
			if !strings.Contains(command, part) {
				t.Errorf("%s: %q is not in %s", tt.claim, part, command)
			}
		}
		if strings.Contains(command, tt.never) {
			t.Errorf("%s: %q is in %s", tt.claim, tt.never, command)
		}
		for _, c := range credentials {
			if _, secret, _ := strings.Cut(c, "="); strings.Contains(command, secret) {
				t.Errorf("%s: %s holds a credential", tt.claim, command)
			}
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = t.TempDir()
		cmd.Env = append(cmd.Environ(), credentials...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !asExit(err, &exit) || exit.ExitCode() != tt.exit || !strings.Contains(string(out), "1 fail") {
			t.Errorf("%s: %s\n%v\n%s", tt.claim, command, err, tail(string(out)))
		}
		_, name, _ := strings.Cut(command, " -case ")
		if !strings.Contains(string(out), strings.Trim(name, "'")) {
			t.Errorf("%s: another case than %s was run\n%s", tt.claim, name, tail(string(out)))
		}
	}
}
