package endtoend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A secret that was put where none belongs is not repeated in what is said about
// that: not one that the environment has as well, nor a password in a URL, which
// is known by its place.
func TestCanariesInWrongCalls(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	c := newCanaries()
	secret := "canary-" + mixed(16) + mixed(16) // no flag takes it apart
	c.set("SKEWPROOF_TROLLEY_SECRET_KEY", secret)
	other := "canary-" + mixed(16) // only there
	c.secrets["password"] = other
	listed := filepath.Join(t.TempDir(), "known.txt")
	write(t, listed, secret+"\n"+secret+"\n")
	unknown := filepath.Join(t.TempDir(), "known.txt")
	write(t, unknown, "trolley/"+secret+"\n")
	profiles := t.TempDir()
	if err := os.CopyFS(filepath.Join(profiles, "trolley"), os.DirFS("../../vectors/trolley")); err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(profiles, "trolley", "profile.yaml")
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, profile, sample.ReplaceAllLiteralString(string(text), "secret: true, smaple: "+jsonText(secret)))
	nobody := strings.TrimPrefix(closedPort(t), "http://")
	for _, w := range []struct {
		name string
		env  []string
		args []string
	}{
		{"user in the target", nil, []string{"-vendor", "trolley", "-target", "https://me:" + other + "@" + nobody}},
		{"user alone in the target", nil, []string{"-vendor", "trolley", "-target", "https://" + other + "@" + nobody}},
		{"query of the target", nil, []string{"-vendor", "trolley", "-target", "https://" + nobody + "/?access_token=" + other}},
		{"fragment of the target", nil, []string{"-vendor", "trolley", "-target", "https://" + nobody + "/#" + other}},
		{"target that is no URL", nil, []string{"-vendor", "trolley", "-target", "https://me:" + other + "@" + nobody + "x"}},
		{"target with a broken escape", nil, []string{"-vendor", "trolley", "-target", "https://me:" + other + "%zz@" + nobody}},
		{"target without a scheme", nil, []string{"-vendor", "trolley", "-target", "me:" + other + "@" + nobody}},
		{"target of another scheme", nil, []string{"-vendor", "trolley", "-target", "ftp://me:" + other + "@" + nobody}},
		{"target in the clear", nil, []string{"-vendor", "trolley", "-target", "http://me:" + other + "@192.0.2.1/"}},
		{"target without vendor", nil, []string{"-target", "https://me:" + other + "@" + nobody}},
		{"target, dry run", nil, []string{"-vendor", "trolley", "-dry-run", "-target", "https://me:" + other + "@" + nobody}},
		{"proxy", []string{"HTTPS_PROXY=http://me:" + other + "@127.0.0.1:1:1"}, []string{"-vendor", "trolley", "-target", "https://192.0.2.1"}},
		{"proxy that nobody is", []string{"HTTPS_PROXY=http://me:" + other + "@" + nobody}, []string{"-vendor", "trolley", "-target", "https://192.0.2.1"}},
		{"secret that begins like a file's name", []string{"SKEWPROOF_TROLLEY_SECRET_KEY=@" + other}, []string{"-vendor", "trolley", "-target", "https://" + nobody}},
		{"vendor", nil, []string{"-vendor", secret}},
		{"variant", nil, []string{"-vendor", "trolley", "-variant", secret}},
		{"name of a variant", nil, []string{"-vendor", "trolley", "-variant", "trolley." + secret + "=1"}},
		{"value of a variant", nil, []string{"-vendor", "trolley", "-variant", "trolley.status=" + secret}},
		{"variant of another vendor", nil, []string{"-vendor", "trolley", "-variant", secret + ".status=1"}},
		{"case", nil, []string{"-vendor", "trolley", "-case", secret}},
		{"file of known failures", nil, []string{"-vendor", "trolley", "-known-failing", "/" + secret}},
		{"known failure, listed twice", nil, []string{"-vendor", "trolley", "-known-failing", listed}},
		{"known failure that is no case", nil, []string{"-vendor", "trolley", "-case", "trolley/window/same-second", "-known-failing", unknown}},
		{"folder of profiles", nil, []string{"-vendor", "trolley", "-profiles", "/" + secret}},
		{"profile with a mistake", nil, []string{"-vendor", "trolley", "-profiles", profiles}},
		{"number", nil, []string{"-vendor", "trolley", "-max-requests", secret}},
		{"rate", nil, []string{"-vendor", "trolley", "-rate", secret}},
		{"flag", nil, []string{"-" + secret}},
		{"argument", nil, []string{"-vendor", "trolley", "-case", "trolley/window/same-second", secret}},
		{"folder of reports", nil, []string{"-vendor", "trolley", "-case", "trolley/window/same-second", "-reports", "/dev/null/" + secret}},
		{"client", nil, []string{"-vendor", "trolley", "-case", "trolley/sends/create-*", "-client", "/nowhere/client --key " + quoted(secret)}},
		{"client that cannot be read", nil, []string{"-vendor", "trolley", "-client", "client --key '" + secret}},
		{"client without vendor", nil, []string{"-client", "/nowhere/client --key " + quoted(secret)}},
	} {
		all.run(t, w.name, func(t *testing.T) { c.run(t, w.env, w.args...) })
	}
}

// A handler or a client in the test's own process panics, fails and hangs with
// the secret on its lips.
func TestCanariesInProcess(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	program := canaryProgram(t, "inprocess", "test", "-c")
	for _, how := range []string{"handler-panics", "handler-panics-with-an-error", "handler-panics-with-itself", "handler-writes-then-panics", "handler-says-it",
		"client-maker-panics", "client-maker-fails", "client-panics", "client-panics-with-an-error", "client-panics-with-itself", "client-message", "client-body", "client-kind",
		"client-unsupported", "client-unreachable", "client-logs", "client-hangs", "client-sends", "client-close-panics"} {
		for _, vendor := range strings.Split(everyVendor, ",") {
			if vendor != "trolley" && (strings.HasPrefix(how, "handler") || how != "client-message" && how != "client-sends") {
				continue
			}
			all.run(t, how+" "+vendor, func(t *testing.T) {
				c := newCanaries()
				profiles := c.profiles(t)
				r := c.start(t, program, []string{"CANARY_HOW=" + how, "CANARY_VENDOR=" + vendor}, nil, "-profiles", profiles, "-test.v", "-case", "*/sends/*", "-case", "*/key/*", "-case", "*/told/*")
				c.check(t, r)
				if r.exit == 0 && how != "client-unsupported" {
					t.Errorf("it conforms; %s", r.output())
				}
				r.wrote(t)
			})
		}
	}
}
