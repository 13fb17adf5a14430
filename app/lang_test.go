package app

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
)

// calls has fn called with all calls of functions in the files of the packages,
// which are not tests.
func calls(t *testing.T, patterns []string, fn func(set *token.FileSet, pkg string, call *ast.CallExpr)) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					fn(set, file.Name.Name, call)
				}
				return true
			})
		}
	}
}

// said are the words that the console looks up, with where that is.
func said(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	calls(t, []string{"*.go", "ui/*.go", "client/*.go", "lang/*.go"}, func(set *token.FileSet, pkg string, call *ast.CallExpr) {
		at, ok := map[string]int{"T": 0, "Mark": 0, "N": 1}[calledName(call.Fun, pkg)]
		if !ok || at >= len(call.Args) {
			return
		}
		if key, ok := literal(call.Args[at]); ok {
			keys[key] = set.Position(call.Args[at].Pos()).String()
		}
	})
	return keys
}

// calledName is the name of a function of package lang that is called.
func calledName(fn ast.Expr, in string) string {
	switch f := fn.(type) {
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "lang" {
			return f.Sel.Name
		}
	case *ast.Ident:
		if in == "lang" {
			return f.Name
		}
	}
	return ""
}

var named = regexp.MustCompile(`\{[A-Za-z][A-Za-z0-9]*\}`)

// names are the values that a text has places for. One of several forms may do
// without the number.
func names(text string) []string {
	list := named.FindAllString(text, -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// TestCatalogs checks that each language has exactly what is said, with places
// for the same values.
func TestCatalogs(t *testing.T) {
	keys := said(t)
	if len(keys) < 100 {
		t.Fatalf("only %d texts were found: this test does not see them", len(keys))
	}
	for _, l := range lang.All {
		if l.Tag == lang.English {
			continue
		}
		t.Run(l.Tag, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", "web", "static", "lang", l.Tag+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var catalog lang.Catalog
			if err := json.Unmarshal(text, &catalog); err != nil {
				t.Fatal(err)
			}
			for key, at := range keys {
				there, ok := catalog[key]
				switch {
				case !ok || there == "":
					t.Errorf("%s: %q has no translation", at, key)
				case !slices.Equal(names(there), names(key)):
					t.Errorf("%s: %q has other values than %q", at, there, key)
				case strings.Count(there, "|") != strings.Count(key, "|"):
					t.Errorf("%s: %q has other forms than %q", at, there, key)
				}
			}
			for key := range catalog {
				if keys[key] == "" {
					t.Errorf("nobody says %q any more", key)
				}
			}
		})
	}
}

// visibly are the methods whose words are on the screen, or read out.
var visibly = map[string]int{
	"Text": 0, "Title": 0, "Placeholder": 0, "say": 0,
	"Words": 1, "Para": 1, "Bold": 1, "Alert": 1, "Cell": 1, "Field": 1, "Labelled": 1,
}

// audibly are the attributes that are read out.
var audibly = []string{"label", "description", "valuetext", "roledescription"}

// untranslated is what is the same in every language.
var untranslated = []string{"Signalbox", "UTC", "TLS", "GTID", "ID", "p95", "Enter"}

// TestNothingIsSaidRaw finds words that would be English in every language.
func TestNothingIsSaidRaw(t *testing.T) {
	letters := regexp.MustCompile(`\pL{2}`)
	calls(t, []string{"*.go", "ui/*.go"}, func(set *token.FileSet, _ string, call *ast.CallExpr) {
		fn, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		at, ok := visibly[fn.Sel.Name]
		if fn.Sel.Name == "Aria" && len(call.Args) == 2 {
			attribute, _ := literal(call.Args[0])
			at, ok = 1, slices.Contains(audibly, attribute)
		}
		if !ok || at >= len(call.Args) {
			return
		}
		for _, part := range parts(call.Args[at]) {
			if text, ok := literal(part); ok && letters.MatchString(text) && !slices.Contains(untranslated, strings.Trim(text, " ·")) {
				t.Errorf("%s: %q is said without lang.T", set.Position(part.Pos()), text)
			}
		}
	})
}

// parts are the terms of a sum.
func parts(e ast.Expr) []ast.Expr {
	if sum, ok := e.(*ast.BinaryExpr); ok {
		return append(parts(sum.X), parts(sum.Y)...)
	}
	return []ast.Expr{e}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// TestKindTitles sees that the titles of tiles, which are not said here, are those
// that have translations.
func TestKindTitles(t *testing.T) {
	for i, kind := range api.BoardKinds {
		if i >= len(kindTitles) || kindTitles[i] != kind.Title {
			t.Errorf("%s: %q is not in its place in kindTitles", kind.Name, kind.Title)
		}
	}
}
