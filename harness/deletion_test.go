package harness

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/skewproof/skewproof/vectors"
)

// No file of cases can go unnoticed: without it loading fails, or a requirement,
// a claim or a defect of the catalogue is left without its cases.
func TestNoFileCanBeDeletedUnnoticed(t *testing.T) {
	whole := fstest.MapFS{}
	err := fs.WalkDir(vectors.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Dir(name) == "schema" { // schemas are compared with the engine one by one
			return err
		}
		data, err := fs.ReadFile(vectors.FS, name)
		whole[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if problems := guards(t, whole); len(problems) > 0 {
		t.Fatalf("with all files there: %q", problems)
	}
	if len(whole) < 4*len(embeddedVendors)+10 {
		t.Errorf("only %d files were found", len(whole))
	}
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		without := maps.Clone(whole)
		delete(without, name)
		problems := guards(t, without)
		if len(problems) == 0 {
			t.Errorf("without %s every test that guards the cases passes", name)
			continue
		}
		t.Logf("%s: %d problems, such as %.150s", name, len(problems), problems[0])
	}
}

var embeddedVendors = []string{"irp", "spreetail", "trolley"}

// guards are what the tests of the embedded cases would say of the files.
func guards(t *testing.T, files fstest.MapFS) (problems []string) {
	t.Helper()
	all, err := commonCases()
	if err != nil {
		t.Fatal(err)
	}
	common := slices.DeleteFunc(slices.Clone(all), func(c *commonCase) bool { return files[c.file] == nil })
	var names []string
	for _, vendor := range embeddedVendors {
		if files[vendor+"/profile.yaml"] == nil {
			problems = append(problems, vendor+" is no vendor any more")
			continue
		}
		p, err := (&loader{steps: map[string]StepFunc{}, common: common}).vendor(files, vendor)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		for _, c := range clientCases(p) {
			names = append(names, c.Name())
		}
		problems = slices.Concat(problems, uncited(p), uncitedByClients(p, clientCases(p)), unusedByClients(p, clientCases(p)))
		if p.Request != nil && len(p.Vectors) == 0 || p.Token != nil && p.Token.Recipe != nil && len(p.Vectors) == 0 {
			problems = append(problems, vendor+" signs, and nothing bears witness how")
		}
	}
	return append(problems, unlookedFor(names)...)
}
