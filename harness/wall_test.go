package harness

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/skewproof/skewproof"

// sourceFile is one Go file of the module.
type sourceFile struct {
	path   string // from the module's root, with slashes
	syntax *ast.File
	set    *token.FileSet
}

// sources parses every Go file under the folders, tests and build tags or not.
// What lies in a testdata folder is no part of the module: it stands for other
// people's programs.
func sources(t *testing.T, folders ...string) []sourceFile {
	t.Helper()
	var files []sourceFile
	for _, folder := range folders {
		files = append(files, filesUnder(t, folder)...)
	}
	return files
}

// filesUnder parses every Go file under one folder, which itself may lie in a
// testdata folder.
func filesUnder(t *testing.T, folder string) []sourceFile {
	t.Helper()
	const root = ".."
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatalf("the module's root: %v", err)
	}
	var files []sourceFile
	err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		from, err := filepath.Rel(root, path)
		files = append(files, sourceFile{filepath.ToSlash(from), syntax, set})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func imports(f sourceFile) []string {
	var paths []string
	for _, s := range f.syntax.Imports {
		path, _ := strconv.Unquote(s.Path.Value)
		paths = append(paths, path)
	}
	return paths
}

func (f sourceFile) folder() string {
	folder, _, _ := strings.Cut(f.path, "/")
	return folder
}

func TestEngineAndDataKnowNoTestFramework(t *testing.T) {
	files := sources(t, "vectors", "harness")
	if len(files) < 30 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, f := range files {
		for _, path := range imports(f) {
			if strings.HasPrefix(path, "github.com/onsi/") {
				t.Errorf("%s imports %s; only suites/ may", f.path, path)
			}
		}
	}
}

// Each folder may import those before it and itself, also in its tests.
func TestImportsRunOneWay(t *testing.T) {
	order := []string{"vectors", "harness", "reports", "suites"}
	for _, f := range sources(t, order...) {
		for _, path := range imports(f) {
			inside, ok := strings.CutPrefix(path, module+"/")
			if !ok {
				continue
			}
			to, _, _ := strings.Cut(inside, "/")
			if slices.Index(order, to) > slices.Index(order, f.folder()) {
				t.Errorf("%s imports %s; imports run vectors <- harness <- reports <- suites", f.path, path)
			}
		}
	}
}

// Inside the engine, what plays a peer stands on the format alone: the reference
// peers know neither the scripted server nor the drivers, and nothing knows what
// tests it. The drivers of other people's clients know nothing of the module.
func TestThePeersStandOnTheFormatAlone(t *testing.T) {
	may := map[string][]string{
		"harness":           {"vectors", "harness/measure"},
		"harness/measure":   {},
		"harness/reference": {"harness"},
		"harness/driver":    {"harness"},
		"harness/scripted":  {"harness", "harness/reference"},
		"harness/recording": {"harness", "harness/measure"},
	}
	seen := map[string]bool{}
	for _, f := range sources(t, "harness") {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		folder := path.Dir(f.path)
		allowed, known := may[folder]
		if seen[folder] = true; !known {
			continue // it stands on all of these
		}
		for _, imported := range imports(f) {
			if inside, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(allowed, inside) {
				t.Errorf("%s imports %s; it may import %v", f.path, imported, allowed)
			}
		}
	}
	for folder := range may {
		if !seen[folder] {
			t.Errorf("there is no folder %s", folder)
		}
	}
	drivers := filesUnder(t, "suites/testdata/drivers")
	if len(drivers) == 0 {
		t.Error("no driver in Go is found")
	}
	for _, f := range drivers {
		for _, imported := range imports(f) {
			if strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s; a driver knows the protocol alone", f.path, imported)
			}
		}
	}
}

// The engine takes its time from a clock it is given, so that every case can
// move it. The exceptions are listed here with their reasons.
var mayReadTheRealClock = map[string]string{
	"suites/example/owntime/spreetail.go": "a client as people write them, which calls time.Now itself: the example for Options.OwnTime",
}

func TestTimeIsReadFromAClock(t *testing.T) {
	read := map[string]bool{"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true, "NewTimer": true, "NewTicker": true, "Tick": true}
	used := map[string]bool{}
	for _, f := range sources(t, "harness", "reports", "suites") {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		name := "time"
		for _, s := range f.syntax.Imports {
			if s.Path.Value == `"time"` && s.Name != nil {
				name = s.Name.Name
			}
		}
		if name == "." {
			t.Errorf("%s imports time with a dot", f.path)
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok || !read[selector.Sel.Name] {
				return true
			}
			if x, ok := selector.X.(*ast.Ident); !ok || x.Name != name {
				return true
			}
			if mayReadTheRealClock[f.path] != "" {
				used[f.path] = true
				return true
			}
			t.Errorf("%s: time.%s; take a clock.Clock and use its own", f.set.Position(selector.Pos()), selector.Sel.Name)
			return true
		})
	}
	for path := range mayReadTheRealClock {
		if !used[path] {
			t.Errorf("%s is listed as an exception and needs none", path)
		}
	}
}

// Only TestMain and main end the process, and nothing registers itself.
func TestNothingHappensBehindTheCallersBack(t *testing.T) {
	for _, f := range sources(t, "vectors", "harness", "reports") {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init registers behind the caller's back", f.set.Position(fn.Pos()))
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && (x.Name == "os" && s.Sel.Name == "Exit" || x.Name == "http" && (s.Sel.Name == "DefaultClient" || s.Sel.Name == "DefaultTransport" || s.Sel.Name == "DefaultServeMux")) {
					t.Errorf("%s: %s.%s", f.set.Position(s.Pos()), x.Name, s.Sel.Name)
				}
			}
			return true
		})
	}
}
