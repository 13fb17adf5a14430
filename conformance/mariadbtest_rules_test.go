package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rule rules out tests of the main suite.
type rule struct {
	what       string // what the expression is about: name, slow, source, beside or prepared
	expression *regexp.Regexp
}

type rules []rule

// picked are the tests that MARIADB_TEST asks for, a regular expression; nil for
// those that are quick.
var picked = func() *regexp.Regexp {
	if text := os.Getenv("MARIADB_TEST"); text != "" {
		return regexp.MustCompile(text)
	}
	return nil
}()

// readRules reads mariadb-test.txt: a line has a kind and a regular expression;
// the comment above it says why.
func readRules(t *testing.T) rules {
	t.Helper()
	text, err := os.ReadFile("mariadb-test.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list rules
	explained := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			explained = line != ""
			continue
		}
		what, expression, _ := strings.Cut(line, " ")
		if !explained || !slices.Contains([]string{"name", "source", "beside", "slow", "prepared"}, what) {
			t.Fatalf("mariadb-test.txt: %q: want a comment above it, and name, source, beside, slow or prepared", line)
		}
		list = append(list, rule{what: what, expression: regexp.MustCompile(expression)})
	}
	return list
}

// prepared reports whether a test is run with prepared statements too.
func (list rules) prepared(name string) bool {
	return slices.ContainsFunc(list, func(r rule) bool { return r.what == "prepared" && r.expression.MatchString(name) })
}

// exclude reports whether a rule is against a test.
func (list rules) exclude(t *testing.T, name string) bool {
	t.Helper()
	if picked != nil && !picked.MatchString(name) {
		return true
	}
	source, err := os.ReadFile(filepath.Join(mariadbTests, "main", name+".test"))
	if err != nil {
		t.Fatal(err)
	}
	beside, err := filepath.Glob(filepath.Join(mariadbTests, "main", name+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		switch {
		case r.what == "name" && r.expression.MatchString(name),
			r.what == "slow" && picked == nil && r.expression.MatchString(name),
			r.what == "source" && r.expression.Match(source):
			return true
		case r.what == "beside":
			if slices.ContainsFunc(beside, func(file string) bool { return r.expression.MatchString(strings.TrimPrefix(filepath.Base(file), name)) }) {
				return true
			}
		}
	}
	return false
}
