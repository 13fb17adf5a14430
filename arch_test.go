//go:build !js

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/signalbox/signalbox"

// allowed says which of our own packages a package may import; a pattern that
// ends with /* stands for all packages below. What is not listed is forbidden.
// docs/ARCHITECTURE.md shows the same table.
var allowed = []struct {
	pkg     string
	imports []string
}{
	{"api", nil},
	{"api/view", []string{"api"}},
	{"app", []string{"api", "api/view", "app/model", "app/client", "app/lang", "app/ui"}},
	{"app/lang", nil},
	{"app/model", []string{"api", "api/view"}},
	{"app/client", []string{"api", "app/lang"}},
	{"app/ui", []string{"app/lang"}},
	{"server", []string{"api", "api/view", "engine", "engine/module", "web", "server/jsonapi", "server/push"}},
	{"server/jsonapi", []string{"api"}},
	{"server/push", []string{"api", "api/view"}},
	{"web", nil},
	{"web/compress", nil},
	{"engine", []string{"engine/wire", "engine/auth", "engine/classify", "engine/module", "engine/prefetch"}},
	{"engine/wire", []string{"engine/prefetch"}},
	{"engine/prefetch", nil},
	{"engine/classify", nil},
	{"engine/module", nil},
	{"engine/auth", []string{"engine/wire"}},
	{"engine/config", []string{"engine/module"}},
	{"engine/router/*", []string{"engine", "engine/wire", "engine/classify", "engine/module"}},
	{"engine/filter/*", []string{"engine", "engine/wire", "engine/classify", "engine/module"}},
	{"engine/monitor/*", []string{"engine", "engine/wire", "engine/classify", "engine/module"}},
	{"engine/modules", []string{"engine", "engine/module", "engine/router/*", "engine/filter/*", "engine/monitor/*"}},
	{"engine/demo", []string{"engine/wire"}},
	{"engine/enginetest", []string{"engine", "engine/wire", "engine/auth", "engine/module"}},
	{"assets/examples/mount", []string{"server", "engine", "engine/config", "engine/demo", "engine/modules"}},
	{"assets/examples/iframe", nil},
}

// allowedMain is what main may import, by GOOS.
var allowedMain = map[string][]string{
	"host": {"server", "engine", "engine/config", "engine/module", "engine/modules", "engine/demo"},
	"js":   {"app"},
}

// fences keep packages of others to few places.
var fences = []struct {
	pattern string   // a package or, with /..., all below it
	users   []string // of ours
	reason  string
}{
	{"github.com/gorilla/websocket", []string{"server/push", "app/client"}, "one place on each side knows how frames travel"},
	{"github.com/maxence-charriere/go-app/...", []string{"app", "app/ui", "server"}, "the model and the client of the console are tested without a browser"},
	{"github.com/dolthub/...", []string{"engine/demo"}, "60 MB and 27 modules must not reach a production build"},
	{"github.com/go-sql-driver/mysql", []string{"engine/monitor/mariadbmon", "engine/demo", "engine/enginetest"}, "sessions speak the protocol through engine/wire; this is a client for monitors, the demo and tests"},
}

// notInBrowser are packages that must not reach the console, with the reason.
var notInBrowser = map[string]string{
	"github.com/gorilla/websocket":         "the browser has its own WebSocket; gorilla cannot dial there",
	"github.com/klauspost/compress":        "the browser decompresses by itself",
	"net/http":                             "350 KB in brotli; the browser has fetch, and .ci/goapp.sh takes go-app's server out",
	"regexp":                               "90 KB in brotli; api/view uses the browser's own, and .ci/goapp.sh takes it out of go-app",
	"crypto/tls":                           "the browser has its own",
	"crypto/aes":                           "the key would lie beside what it protects",
	"net/http/pprof":                       "profiles are the server's",
	"testing":                              "flags and 200 KB for nothing",
	"database/sql":                         "the console talks to the REST API only",
	modulePath + "/engine":                 "the console knows the wire of package api, not the engine",
	modulePath + "/server":                 "the console knows the wire of package api, not the server",
	modulePath + "/web":                    "the console would contain itself",
	"github.com/golang-jwt/jwt/v5":         "tokens are the server's",
	"golang.org/x/crypto/argon2":           "passwords are the server's",
	"github.com/go-sql-driver/mysql":       "the console talks to the REST API only",
	"github.com/dolthub/go-mysql-server":   "60 MB",
	"github.com/dolthub/vitess/go/mysql":   "60 MB",
	modulePath + "/engine/module":          "parameters reach the console over the REST API",
	modulePath + "/server/jsonapi":         "rendering is the server's",
	modulePath + "/server/push":            "the other side of the socket",
	"github.com/andybalholm/brotli":        "a tool of the build",
	"github.com/maxence-charriere/go-app/": "an older version beside v10",
}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Doc        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// packages lists our packages for a target, "host" or "js". Those for the
// browser are listed as .ci/wasm.sh builds them.
func packages(t *testing.T, target string) []listed {
	t.Helper()
	patterns := []string{"./..."}
	command := exec.Command("go")
	if target == "js" {
		if out, err := exec.Command(".ci/goapp.sh").CombinedOutput(); err != nil {
			t.Fatalf(".ci/goapp.sh: %v: %s", err, out)
		}
		patterns = []string{"-modfile=bin/browser.mod", "."}
		command.Env = append(command.Environ(), "GOOS=js", "GOARCH=wasm")
	}
	command.Args = append([]string{"go", "list", "-deps", "-json=ImportPath,Doc,GoFiles,Imports,Deps"}, patterns...)
	out, err := command.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %v: %s", err, e.Stderr)
		}
		t.Fatal(err)
	}
	var list []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		if _, ok := ours(p.ImportPath); ok && len(p.GoFiles) > 0 {
			list = append(list, p)
		}
	}
}

// ours returns the name of a package of this module, "main" for the root.
func ours(importPath string) (string, bool) {
	if importPath == modulePath {
		return "main", true
	}
	return strings.CutPrefix(importPath, modulePath+"/")
}

// matches says whether a package is meant by a pattern of the table.
func matches(pattern, pkg string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		return path.Dir(pkg) == dir
	}
	return pattern == pkg
}

func mayImport(target, pkg string) ([]string, bool) {
	if pkg == "main" {
		return allowedMain[target], true
	}
	for _, a := range allowed {
		if matches(a.pkg, pkg) {
			return a.imports, true
		}
	}
	return nil, false
}

// Ensure that packages import only what the table allows, on the host and in
// the browser.
func TestArchImports(t *testing.T) {
	for _, target := range []string{"host", "js"} {
		for _, p := range packages(t, target) {
			name, _ := ours(p.ImportPath)
			may, ok := mayImport(target, name)
			if !ok {
				t.Errorf("%s: %q is not in the table of imports: add it there and to docs/ARCHITECTURE.md", target, name)
			}
			for _, i := range p.Imports {
				if other, ok := ours(i); ok && !slices.ContainsFunc(may, func(m string) bool { return matches(m, other) }) {
					t.Errorf("%s: %q may not import %q", target, name, other)
				}
			}
		}
	}
}

// Ensure that packages of others stay where they belong.
func TestArchFences(t *testing.T) {
	for _, target := range []string{"host", "js"} {
		for _, p := range packages(t, target) {
			name, _ := ours(p.ImportPath)
			for _, f := range fences {
				for _, i := range p.Imports {
					all, below := strings.CutSuffix(f.pattern, "/...")
					if hit := i == f.pattern || below && strings.HasPrefix(i, all+"/"); hit && !slices.Contains(f.users, name) {
						t.Errorf("%s: %q imports %s, which only %s may: %s", target, name, i, strings.Join(f.users, ", "), f.reason)
					}
				}
			}
		}
	}
}

// Ensure that the console does not contain what it has no use for.
func TestArchBrowser(t *testing.T) {
	for _, p := range packages(t, "js") {
		if p.ImportPath != modulePath {
			continue
		}
		for _, d := range p.Deps {
			if reason, bad := notInBrowser[d]; bad {
				t.Errorf("the console contains %s: %s", d, reason)
			}
		}
	}
}

// Ensure that every package says what it is.
func TestArchPackageDocumentation(t *testing.T) {
	for _, p := range packages(t, "host") {
		if p.Doc == "" {
			t.Errorf("%s has no package documentation", p.ImportPath)
		}
	}
}

// Ensure that no package is a drawer.
func TestArchNames(t *testing.T) {
	bad := []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "types", "manager", "shared", "internal", "pkg", "lib"}
	for _, p := range packages(t, "host") {
		name, _ := ours(p.ImportPath)
		for part := range strings.SplitSeq(name, "/") {
			if slices.Contains(bad, part) {
				t.Errorf("%s: %q says nothing; name it after what it is", p.ImportPath, part)
			}
		}
	}
}

// Budgets of size. What is above is two things.
const (
	maxMethods   = 25
	maxFields    = 20
	maxFileLines = 600
	maxMainLines = 150
)

// wide are structs of plain values that follow a wire format or a snapshot and
// so have as many fields as that has.
var wide = []string{"api.", "engine.SessionInfo", "engine.ServerInfo", "engine.ServiceInfo", "engine/classify.Statement", "engine/wire."}

// grammars have a method for each rule of a language.
var grammars = []string{"engine/classify.parser"}

// Ensure that there are no init functions, and that types and files stay small.
func TestArchSizes(t *testing.T) {
	methods := map[string]int{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || file == "bin"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".go":
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		test := strings.HasSuffix(file, "_test.go")
		budget := maxFileLines
		if file == "main.go" {
			budget = maxMainLines
		}
		if lines := set.File(parsed.Pos()).LineCount(); lines > budget && !test {
			t.Errorf("%s has %d lines of %d", file, lines, budget)
		}
		for _, decl := range parsed.Decls {
			checkDeclaration(t, filepath.ToSlash(filepath.Dir(file)), file, decl, test, methods)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range methods {
		if n > maxMethods && !slices.Contains(grammars, name) {
			t.Errorf("%s has %d methods of %d", name, n, maxMethods)
		}
	}
}

func checkDeclaration(t *testing.T, pkg, file string, decl ast.Decl, test bool, methods map[string]int) {
	t.Helper()
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.Name == "init" {
			t.Errorf("%s has a func init; write out what it registers", file)
		}
		if d.Recv != nil && !test {
			methods[pkg+"."+receiver(d.Recv.List[0].Type)]++
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			fields, ok := s.Type.(*ast.StructType)
			name := fmt.Sprintf("%s.%s", pkg, s.Name.Name)
			if !ok || slices.ContainsFunc(wide, func(w string) bool { return strings.HasPrefix(name, w) }) {
				continue
			}
			if n := fields.Fields.NumFields(); n > maxFields {
				t.Errorf("%s: %s has %d fields of %d", file, name, n, maxFields)
			}
		}
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
