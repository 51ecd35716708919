package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What comes out of a pipe is there once, and all who need the secret have it.
func TestSecretFromAPipe(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), suiteBinary, "-reports", "", "-vendor", "trolley", "-target", peer(t), "-case", "trolley/window/same-second")
	cmd.Dir = t.TempDir()
	cmd.Env = append(append(os.Environ(), credentials...), "SKEWPROOF_TROLLEY_SECRET_KEY=@/dev/stdin")
	cmd.Stdin = strings.NewReader("harness-secret-key\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, tail(string(out)))
	}
}

// The environment's files are meant from where the command was given, also while
// the flags are read. In the folder of the suite the program takes itself for a
// test that go test has put there.
func TestSecretFromARelativeFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "sesame-open-4711\n")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if file, err = filepath.Rel(root, file); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), suiteBinary, "-rate", "sesame-open-4711")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "SKEWPROOF_TROLLEY_SECRET_KEY=@"+file)
	out, err := cmd.CombinedOutput()
	if err == nil || strings.Contains(string(out), "sesame") || !strings.Contains(string(out), `invalid value "‹SKEWPROOF_TROLLEY_SECRET_KEY›" for flag -rate`) {
		t.Errorf("%v:\n%.300s", err, out)
	}
}

// Whatever of a run names a secret of the environment, be it of another vendor,
// names the variable in its place. The name of an account is no secret.
func TestSecretsAreNamedByVariable(t *testing.T) {
	t.Parallel()
	const secret, account, shown = "sesame-open-4711", "ALC7SKEWPROOFEXAMPLE0000", "‹SKEWPROOF_IRP_SHARED_SECRET›"
	dir := filepath.Join(t.TempDir(), secret, account)
	stale := filepath.Join(dir, "stale.txt")
	write(t, stale, "trolley/window/same-second\n")
	nowhere := filepath.Join(dir, "nowhere") // cannot be read, and no folder can be made of it
	if err := os.Symlink("nothing", nowhere); err != nil {
		t.Fatal(err)
	}
	skips := filepath.Join(dir, "skips.sh")
	write(t, skips, `echo '{"skewproof": 1, "client": "none"}'
while read -r line; do
	id=${line#*'"id":'} id=${id%%[,\}]*}
	case $line in
	*'"start":'*) echo "{\"id\": $id}" ;;
	*) echo "{\"id\": $id, \"skip\": \"it is `+secret+`\"}" ;;
	esac
done
`)
	var all group
	defer all.wait()
	for _, c := range []struct {
		name string
		args []string
		exit int
		says string
	}{
		{"a case", []string{"-known-failing", stale}, 4, shown + "/" + account + "/stale.txt:1"}, // printed by Ginkgo, and in the reports
		{"a folder that is a file", []string{"-reports", filepath.Join(stale, "reports")}, 2, shown + "/" + account},
		{"a baseline that is not there", []string{"-baseline", filepath.Join(dir, "baseline")}, 2, shown + "/" + account},
		{"a baseline that cannot be written", []string{"-baseline", nowhere, "-update"}, 2, shown + "/" + account + "/nowhere: file exists"},
		{"a baseline that is written", []string{"-baseline", filepath.Join(dir, "new"), "-update"}, 0, shown + "/" + account},
		{"a case that is skipped", []string{"-client", "sh " + skips, "-ginkgo.v"}, 4, "it is " + shown},
		{"no vendor", []string{"-vendor", secret}, 2, shown},
		{"dry run", []string{"-client", "./client " + secret, "-dry-run"}, 0, "to client ./client " + shown},
	} {
		all.run(t, c.name, func(t *testing.T) {
			env := []string{"SKEWPROOF_IRP_SHARED_SECRET=" + secret, "SKEWPROOF_TROLLEY_ACCESS_KEY=" + account}
			r := suite(t, env, append([]string{"-vendor", "trolley", "-case", "trolley/window/same-second", "-case", "trolley/sends/create-*"}, c.args...)...)
			if r.exit != c.exit || !strings.Contains(r.output, c.says) || strings.Contains(r.output, secret) {
				t.Errorf("exit %d, want %d and %q in:\n%s", r.exit, c.exit, c.says, tail(r.output))
			}
			files, err := filepath.Glob(filepath.Join(r.reports, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), secret) {
					t.Errorf("%s holds the secret; %v", filepath.Base(file), err)
				}
			}
		})
	}
}

// A secret that begins with @ looks like a file's name, and is not printed as one,
// nor where else it turns up.
func TestSecretThatLooksLikeAFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-vendor", "trolley", "-target", closedPort(t)}, "SKEWPROOF_TROLLEY_SECRET_KEY names a file that cannot be read: no such file or directory; a value that itself begins with @ is to be put into a file"},
		{[]string{"-vendor", "sesame-open-4711"}, "‹SKEWPROOF_TROLLEY_SECRET_KEY›"},
	} {
		r := suite(t, replaced("SKEWPROOF_TROLLEY_SECRET_KEY", "@sesame-open-4711"), c.args...)
		if r.exit != 2 || strings.Contains(r.output, "sesame") || !strings.Contains(r.output, c.says) {
			t.Errorf("exit %d, want 2 and %q in:\n%s", r.exit, c.says, tail(r.output))
		}
	}
}

// Go's own debug output comes through, without the values of what is sent and
// got: no one knows a token in them before its case is done.
func TestDebugOutputOfGo(t *testing.T) {
	t.Parallel()
	cert := filepath.Join(t.TempDir(), "cert.pem")
	server := peer(t, "-tls", "-cert-out", cert)
	env := append([]string{"SSL_CERT_FILE=" + cert, "GODEBUG=http2debug=2"}, credentials...)
	r := suite(t, env, "-vendor", "irp,spreetail", "-target", server, "-case", "*/window/same-second", "-case", "spreetail/lifetime/*", "-case", "spreetail/bearer/*")
	if r.exit != 0 || r.count("pass") < 3 {
		t.Fatalf("exit %d:\n%s", r.exit, tail(r.output))
	}
	for _, want := range []string{`Transport encoding header "authorization" =‹hidden›`, `decoded hpack field header field "content-type" =‹hidden›`, "read DATA flags=", "data=‹hidden›"} {
		if !strings.Contains(r.output, want) {
			t.Errorf("%q is not in the output", want)
		}
	}
	for _, secret := range []string{"eyJ", "Bearer", "AuthenticationToken", "access_token"} {
		if strings.Contains(r.output, secret) {
			t.Errorf("%q is in the output", secret)
		}
	}
}

// Ginkgo's own verbosity is the user's.
func TestVerbose(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	for flag, said := range map[string]bool{"-ginkgo.v": true, "-ginkgo.vv": true, "-ginkgo.show-node-events": false} {
		all.run(t, flag, func(t *testing.T) {
			r := suite(t, nil, "-vendor", "trolley", "-case", "trolley/window/same-second", flag)
			if r.exit != 0 || strings.Contains(r.output, "trolley/window/same-second") != said {
				t.Errorf("exit %d, and the case is to be named: %v:\n%s", r.exit, said, tail(r.output))
			}
			wholeReports(t, r.reports)
		})
	}
}
