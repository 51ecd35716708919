package reports_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// kinds reads from the engine's source which kinds of findings it makes: the
// words that are handed to whatever makes a finding.
func kinds(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, dir := range []string{"../harness", "../harness/scripted"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range file.Decls {
				kindsOf(decl, found)
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func kindsOf(decl ast.Decl, found map[string]bool) {
	named := false // by a variable of the name kind, whose values are looked for then
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if typeName(n.Type) == "Finding" {
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "Kind" {
						addWord(kv.Value, found)
					}
				}
			}
		case *ast.CallExpr:
			if name := typeName(n.Fun); (name == "Finding" || name == "find" || name == "breach") && len(n.Args) > 3 {
				// A claim or a rule may stand before the kind, and a sentence after it.
				_ = addWord(n.Args[1], found) || addWord(n.Args[0], found)
				named = named || typeName(n.Args[0]) == "kind" || typeName(n.Args[1]) == "kind"
			}
		}
		return true
	})
	if !named {
		return
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == len(a.Rhs) {
			for i := range a.Lhs {
				if typeName(a.Lhs[i]) == "kind" {
					addWord(a.Rhs[i], found)
				}
			}
		}
		return true
	})
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

var oneWord = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

func addWord(e ast.Expr, found map[string]bool) bool {
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		return false
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil || !oneWord.MatchString(text) {
		return false
	}
	found[text] = true
	return true
}
