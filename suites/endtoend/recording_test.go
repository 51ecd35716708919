package endtoend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was recorded of a server gives the same results.json when the server is
// gone, byte for byte: of a right one, of one that is slow, far off or drifting,
// and of broken ones.
func TestReplayGivesTheSameResults(t *testing.T) {
	t.Parallel()
	var all group
	defer all.wait()
	for _, tt := range []struct {
		name string
		peer []string
		args []string
		exit int
	}{
		{"right", nil, nil, 0},
		{"slow and off", []string{"-delay", "20ms", "-clock-offset", "-3h"}, nil, 0},
		{"drifting", []string{"-drift", "30s"}, nil, 0},
		{"everything sent", nil, []string{"-unsafe", "-strict"}, -1},
		{"tells its secret", []string{"-broken", "trolley/secret-echo,irp/secret-echo,spreetail/secret-echo"}, nil, 1},
		{"tells the signature", []string{"-broken", "trolley/expected-hash-echo,irp/token-short-lived,spreetail/alg-none"}, nil, 1},
		{"breaks in many ways", []string{"-broken", "trolley/window-half,trolley/key-before-timestamp,irp/one-hour-off,irp/messages-object,spreetail/plain-text-error"}, nil, 1},
	} {
		all.run(t, tt.name, func(t *testing.T) {
			dir := t.TempDir()
			const vendors = "trolley,irp,spreetail"
			recorded := suite(t, credentials, append([]string{"-vendor", vendors, "-target", peer(t, tt.peer...), "-record", dir}, tt.args...)...)
			har := filepath.Join(t.TempDir(), "run.har")
			replayed := suite(t, nil, append([]string{"-vendor", vendors, "-replay", dir, "-har", har}, tt.args...)...)
			if recorded.exit != replayed.exit || tt.exit >= 0 && recorded.exit != tt.exit {
				t.Errorf("exit %d, and %d from the recording; want %d\n%s", recorded.exit, replayed.exit, tt.exit, tail(replayed.output))
			}
			sameFile(t, filepath.Join(recorded.reports, "results.json"), filepath.Join(replayed.reports, "results.json"))
			noSecrets(t, dir)
			noSecrets(t, filepath.Dir(har))
		})
	}
}

func sameFile(t *testing.T, one, other string) {
	t.Helper()
	a, err1 := os.ReadFile(one)
	b, err2 := os.ReadFile(other)
	if err1 != nil || err2 != nil || len(a) == 0 {
		t.Fatal(err1, err2)
	}
	was, is := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range was {
		if i >= len(is) || was[i] != is[i] {
			t.Fatalf("%s:%d: %q; and from the recording %q", filepath.Base(one), i+1, was[i], is[min(i, len(is)-1)])
		}
	}
}

// noSecrets looks for the credentials that are secret in every file below dir.
func noSecrets(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(name)
		for _, c := range credentials {
			key, value, _ := strings.Cut(c, "=")
			if strings.Contains(key, "SECRET") || strings.Contains(key, "TOKEN_KEY") {
				if form := leaks(value, text); form != "" && !strings.HasSuffix(form, "a part of it") && form != "in another case" { // these have words in common with the public ones
					t.Errorf("%s shows %s, %s", filepath.Base(name), key, form)
				}
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files in %s: %v", files, dir, err)
	}
}

// A part of a recording can be played alone: each case logs in for itself.
func TestReplayOfAPart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded := suite(t, credentials, "-vendor", "spreetail", "-target", peer(t), "-record", dir, "-case", "spreetail/bearer/*", "-case", "spreetail/login/*")
	part := suite(t, nil, "-replay", dir, "-case", "spreetail/bearer/*")
	if recorded.exit != 0 || part.exit != 0 || part.count("pass") == 0 || part.count("error") > 0 {
		t.Errorf("exit %d and %d\n%s", recorded.exit, part.exit, tail(part.output))
	}
	rest := suite(t, nil, "-replay", dir, "-case", "spreetail/jwt/*")
	if rest.exit != 4 || rest.count("pass") > 0 || !strings.Contains(rest.output, "is not recorded") {
		t.Errorf("exit %d\n%s", rest.exit, tail(rest.output))
	}
}

// What is missing from a recording makes half a run of its replay; what is there
// can be played alone.
func TestReplayOfHalfARun(t *testing.T) {
	t.Parallel()
	cut, whole, server := t.TempDir(), t.TempDir(), peer(t)
	if r := suite(t, credentials, "-vendor", "trolley", "-target", server, "-record", cut, "-max-requests", "30"); r.exit != 2 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	if r := suite(t, credentials, "-vendor", "trolley", "-target", server, "-record", whole, "-case", "trolley/key/*"); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	kept := func(dir string) (file, name string) {
		files, err := filepath.Glob(filepath.Join(dir, "trolley", "recorded", "key.*.json"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		_, rest, _ := strings.Cut(read(t, files[0]), `"case": "`)
		name, _, _ = strings.Cut(rest, `"`)
		return files[0], name
	}
	gone, missing := kept(whole)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	_, there := kept(whole)
	for _, tt := range []struct {
		name string
		args []string
		exit int
		want string
	}{
		{"half a run", []string{"-replay", cut}, 2, "is of half a run"},
		{"a file is gone", []string{"-replay", whole}, 2, " cases were recorded and "},
		{"the one that is gone", []string{"-replay", whole, "-case", missing}, 2, " cases were recorded and "},
		{"one that is there", []string{"-replay", whole, "-case", there}, 0, ""},
	} {
		made := filepath.Join(t.TempDir(), "made")
		r := suite(t, nil, append(tt.args, "-baseline", made, "-update")...)
		if r.exit != tt.exit || !strings.Contains(r.output, tt.want) {
			t.Errorf("%s: exit %d; want %d and %q\n%s", tt.name, r.exit, tt.exit, tt.want, tail(r.output))
		}
		if badge := read(t, filepath.Join(r.reports, "badge.json")); (tt.exit == 0) != strings.Contains(badge, "green") {
			t.Errorf("%s: the badge says %s", tt.name, badge)
		}
		if exists(filepath.Join(made, "trolley.json")) != (tt.exit == 0) {
			t.Errorf("%s: whether there is a baseline is wrong", tt.name)
		}
	}
}

// A run that cannot be set up leaves the recording before, of every vendor.
func TestRecordingOutlivesARunThatNeverBegan(t *testing.T) {
	t.Parallel()
	dir, server := t.TempDir(), peer(t)
	args := []string{"-vendor", "trolley,irp", "-target", server, "-record", dir, "-case", "trolley/key/*", "-case", "irp/login/*"}
	if r := suite(t, credentials, args...); r.exit != 0 {
		t.Fatalf("exit %d\n%s", r.exit, tail(r.output))
	}
	for _, variable := range []string{"SKEWPROOF_TROLLEY_SECRET_KEY", "SKEWPROOF_IRP_SHARED_SECRET"} {
		if r := suite(t, replaced(variable, "wrong-secret-of-a-length"), args...); r.exit != 2 && r.exit != 3 {
			t.Errorf("%s is wrong: exit %d\n%s", variable, r.exit, tail(r.output))
		}
		for _, vendor := range []string{"trolley", "irp"} {
			if files, err := os.ReadDir(filepath.Join(dir, vendor, "recorded")); err != nil || len(files) < 3 {
				t.Errorf("%s is wrong: of %s there are %v, %v", variable, vendor, files, err)
			}
		}
	}
}

// A HAR is of what this run recorded or replayed, and not of what another left.
func TestHAROfThisRunOnly(t *testing.T) {
	t.Parallel()
	dir, server := t.TempDir(), peer(t)
	record := []string{"-vendor", "trolley", "-case", "trolley/key/*", "-record", dir}
	for _, tt := range []struct {
		name  string
		env   []string
		args  []string
		wrote bool
	}{
		{"recorded", credentials, append(record, "-target", server), true},
		{"replayed", nil, []string{"-replay", dir}, true},
		{"nobody there", credentials, append(record, "-target", closedPort(t)), false},
		{"no case", credentials, append(record[:2:2], "-record", dir, "-target", server, "-case", "trolley/no/*"), false},
		{"no credentials", nil, append(record, "-target", server), false},
		{"nothing recorded or replayed", credentials, []string{"-vendor", "trolley", "-target", server}, false},
		{"a recording that cannot be read", nil, []string{"-replay", dir, "-vendor", "trolley,irp"}, false},
	} {
		har := filepath.Join(t.TempDir(), "x.har")
		if r := suite(t, tt.env, append(tt.args, "-har", har)...); exists(har) != tt.wrote || (r.exit == 0) != tt.wrote {
			t.Errorf("%s: exit %d; whether there is a HAR is %v\n%s", tt.name, r.exit, exists(har), tail(r.output))
		}
	}
}

func TestRecordingUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-replay", t.TempDir()}, "no recording there"},
		{[]string{"-replay", t.TempDir(), "-vendor", "irp"}, "run.json: no such file; -record makes one"},
		{[]string{"-replay", "x", "-target", "https://sandbox.example.com", "-vendor", "irp"}, "-replay stands in the place of a server"},
		{[]string{"-replay", "x", "-record", "y"}, "one at a time"},
		{[]string{"-har", "x"}, "add one of them"},
		{[]string{"-record", "x", "-client", "true", "-vendor", "irp"}, "a client alone"},
	} {
		if r := suite(t, nil, tt.args...); r.exit != 2 || !strings.Contains(r.output, tt.want) {
			t.Errorf("%v: exit %d, want 2 and %q\n%s", tt.args, r.exit, tt.want, tail(r.output))
		}
	}
}
