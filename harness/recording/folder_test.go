package recording_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/recording"
)

func TestReadSaysWhatIsWrong(t *testing.T) {
	p := profiles(t)[0]
	cases := serverCases(p)[:1]
	for claim, tt := range map[string]struct {
		spoil func(dir string) error
		want  string
	}{
		"no recording": {os.RemoveAll, "run.json: no such file; -record makes one"},
		"no JSON": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "run.json"), []byte("{\n\"version\": 1,\n!"), 0o644)
		}, "run.json:3: "},
		"another version": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"version":9}`), 0o644)
		},
			"is of version 9"},
		"a newer version with keys of its own": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.json"), []byte(`{"colour":1,"version":9}`), 0o644)
		}, "a.json: it is of version 9, which a newer skewproof has written"},
		"a file cut off": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.json"), []byte("{\n\"version\": 1,\n\"case\":"), 0o644)
		}, "a.json:3: the file breaks off; record it again, or take the file away"},
		"an empty file": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.json"), nil, 0o644)
		}, "a.json:1: the file breaks off; record it again, or take the file away"},
		"text after the end": {func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, "run.json"))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, "run.json"), append(text, '}'), 0o644))
		}, "there is text after its end; record it again"},
		"an unknown key": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.json"), []byte(`{"colour":1}`), 0o644)
		}, "a.json:1: "},
		"a file of another name": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.json"), []byte(`{"version":1,"case":"`+p.Vendor+`/b/c","fingerprint":"","exchanges":[]}`), 0o644)
		}, "which has another file"},
		"an exchange without an end": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "b.c.json"), []byte(`{"version":1,"case":"`+p.Vendor+`/b/c","fingerprint":"","exchanges":[{"request":{"method":"GET","target":"/","headers":[]}}]}`), 0o644)
		}, "neither a response nor a problem"},
	} {
		dir := t.TempDir()
		record(t, dir, p, handler(p), cases)
		if err := tt.spoil(filepath.Join(dir, p.Vendor, "recorded")); err != nil {
			t.Fatal(err)
		}
		if _, err := recording.Read(dir, p.Vendor); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", claim, err, tt.want)
		}
	}
	if _, err := recording.Vendors(t.TempDir()); err == nil || !strings.Contains(err.Error(), "-record makes one") {
		t.Errorf("an empty directory: %v", err)
	}
}

// What a path has in it is no pattern.
func TestFoldersOfAnyName(t *testing.T) {
	p := profiles(t)[0]
	cases := serverCases(p)[:3]
	for _, name := range []string{"rec[1]", "rec*", `rec\1`, "[", "a?b"} {
		dir := filepath.Join(t.TempDir(), name)
		record(t, dir, p, handler(p), cases)
		record(t, dir, p, handler(p), cases[1:])
		if vendors, err := recording.Vendors(dir); err != nil || !slices.Equal(vendors, []string{p.Vendor}) {
			t.Errorf("%s: the vendors are %v, %v", name, vendors, err)
		}
		rec, err := recording.Read(dir, p.Vendor)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if rec.Tape(cases[0].Name()) != nil || rec.Tape(cases[1].Name()) == nil || rec.Tape(cases[2].Name()) == nil {
			t.Errorf("%s: what was recorded is not what was recorded last", name)
		}
	}
}

// Nothing but files of a recording is cleared away, and where there is another
// none is.
func TestOnlyRecordingsAreCleared(t *testing.T) {
	p := profiles(t)[0]
	cases := serverCases(p)[:2]
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"package.json":   {`{"version": "1.0.0", "name": "x"}`, "package.json: is no file of a recording"},
		"list.json":      {`[1]`, "list.json: is no file of a recording"},
		"cut.json":       {`{"version": 1, "case": "a`, "cut.json: is no file of a recording"},
		"other.json":     {`{"version": 1}`, "other.json: is no file of a recording"},
		"b.c.json":       {`{"version": 2, "case": "x/b/c", "colour": 1}`, ""},
		".settings.json": {`{}`, ""}, // is left where it is
		"notes.txt":      {`x`, ""},
	} {
		dir := t.TempDir()
		record(t, dir, p, handler(p), cases[:1])
		file := filepath.Join(dir, p.Vendor, "recorded", name)
		if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		err := recording.Check(dir, p.Vendor)
		if err == nil {
			_, err = recording.Record(dir, recording.Run{Vendor: p.Vendor})
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", name, err, tt.want)
		}
		_, gone := os.Stat(file)
		_, before := os.Stat(filepath.Join(dir, p.Vendor, "recorded", "run.json"))
		if (gone != nil) != strings.HasPrefix(name, "b.") || before != nil {
			t.Errorf("%s: %v, and run.json: %v", name, gone, before)
		}
		if tt.want != "" {
			if rec, err := recording.Read(dir, p.Vendor); err == nil && rec.Tape(cases[0].Name()) == nil {
				t.Errorf("%s: the recording before is gone", name)
			}
			if files, _ := os.ReadDir(filepath.Dir(file)); len(files) != 3 {
				t.Errorf("%s: there are %v", name, files)
			}
		}
	}
}

// A recording of half a run says so, and so does one that files are gone from.
func TestHalfARecording(t *testing.T) {
	p := profiles(t)[0]
	cases := serverCases(p)[:3]
	for _, tt := range []struct {
		claim    string
		complete bool
		gone     int
		want     string
	}{
		{"whole", true, 0, ""},
		{"half a run", false, 0, "recorded is of half a run"},
		{"a file is gone", true, 1, "3 cases were recorded and 2 are there"},
	} {
		dir := t.TempDir()
		recorder, err := recording.Record(dir, recording.Run{Vendor: p.Vendor, Started: started})
		if err != nil {
			t.Fatal(err)
		}
		for _, cs := range cases {
			recorder.Add(harness.Tape{Case: cs.Name(), Fingerprint: cs.Fingerprint()})
		}
		if err := recorder.Close(tt.complete); err != nil {
			t.Fatal(err)
		}
		files, _ := os.ReadDir(filepath.Join(dir, p.Vendor, "recorded"))
		files = slices.DeleteFunc(files, func(f os.DirEntry) bool { return f.Name() == "run.json" })
		for _, f := range files[:tt.gone] {
			if err := os.Remove(filepath.Join(dir, p.Vendor, "recorded", f.Name())); err != nil {
				t.Fatal(err)
			}
		}
		rec, err := recording.Read(dir, p.Vendor)
		if err != nil || rec.Cases != 3 || (rec.Lack == "") != (tt.want == "") || !strings.Contains(rec.Lack, tt.want) {
			t.Errorf("%s: %+v, %v; want %q", tt.claim, rec, err, tt.want)
		}
	}
}
