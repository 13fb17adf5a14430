package regexfilter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// router notes the statements that it gets.
type router struct{ statements []string }

func (r *router) RouteQuery(_ context.Context, q *engine.Query, up engine.ReplyWriter) error {
	r.statements = append(r.statements, string(q.SQL()))
	return up.ClientReply(engine.OKReply(0))
}

// client notes the errors that it gets.
type client struct{ errors []string }

func (c *client) ClientReply(r *engine.Reply) error {
	if e := r.Response().Err; e != nil {
		c.errors = append(c.errors, e.Error())
	}
	return nil
}

func newTestFilter(t *testing.T, raw map[string]string) (*Filter, error) {
	t.Helper()
	values, _, err := module.Parse("f", Module.Parameters, raw)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Module.New(module.Object{Name: "f", Kind: module.Filter, Module: "regexfilter", Values: values})
	if err != nil {
		return nil, err
	}
	return f.(*Filter), nil
}

func (f *Filter) open(active bool) (*session, *router, *strings.Builder) {
	r, log := &router{}, &strings.Builder{}
	return &session{filter: f, next: r, active: active, logf: func(_ slog.Level, format string, args ...any) {
		fmt.Fprintf(log, format+"\n", args...)
	}}, r, log
}

// Ensure that matches are replaced as MaxScale would replace them.
func TestRewrite(t *testing.T) {
	tests := []struct{ match, replace, options, sql, want string }{
		{"/ENGINE *= *MYISAM/", "ENGINE=InnoDB", "", "create table t (a int) engine=MyISAM", "create table t (a int) ENGINE=InnoDB"},
		{"/foo/", "bar", "case", "select FOO", "select FOO"},
		{"/(a)(b)/", `\2\1`, "", "select ab", "select ba"},
		{"/(a)(b)/", "$2x$1", "", "select ab", "select bxa"},
		{"/(a)(b)/", "${2}1", "", "select ab", "select b1"},
		{"/(?P<first>a)b/", "$first-${first}", "", "select ab", "select a-a"},
		{"/a/", `$$ \\ $ \x`, "", "select a", `select $ \ $ \x`},
		{"/a/", `<\0>`, "", "select aa", "select <a><a>"},
		{"/^select/", "SELECT SQL_NO_CACHE", "", "select select", "SELECT SQL_NO_CACHE select"},
		{"/x*/", "-", "", "ab", "-a-b-"},
	}
	for _, tt := range tests {
		raw := map[string]string{"match": tt.match, "replace": tt.replace}
		if tt.options != "" {
			raw["options"] = tt.options
		}
		f, err := newTestFilter(t, raw)
		if err != nil {
			t.Errorf("%s → %s: %v", tt.match, tt.replace, err)
			continue
		}
		s, r, _ := f.open(true)
		if err := s.RouteQuery(t.Context(), engine.NewQuery(tt.sql), &client{}); err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		if got := r.statements[0]; got != tt.want {
			t.Errorf("%s → %s: got %q, want %q", tt.match, tt.replace, got, tt.want)
		}
		altered, unaltered := uint64(1), uint64(0)
		if tt.want == tt.sql {
			altered, unaltered = 0, 1
		}
		if d := f.Diagnostics(); d["altered"] != altered || d["unaltered"] != unaltered {
			t.Errorf("%s → %s: got diagnostics %v, want altered %d, unaltered %d", tt.match, tt.replace, d, altered, unaltered)
		}
	}
}

// Ensure that a configuration that cannot work is refused with the reason.
func TestNewErrors(t *testing.T) {
	tests := []struct{ match, replace, options, want string }{
		{"/a/", `\1`, "", "no such group"},
		{"/(a)/", "$2", "", "no such group"},
		{"/a/", "$name", "", "no such group"},
		{"/a/", "b", "extended", "RE2 has no extended syntax"},
	}
	for _, tt := range tests {
		raw := map[string]string{"match": tt.match, "replace": tt.replace}
		if tt.options != "" {
			raw["options"] = tt.options
		}
		if _, err := newTestFilter(t, raw); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s → %s: got error %v, want %q", tt.match, tt.replace, err, tt.want)
		}
	}
}

// Ensure that user and source say whose statements are rewritten.
func TestConcerns(t *testing.T) {
	f := &Filter{user: "bob", source: "10.0.0.1"}
	for _, tt := range []struct {
		user, host string
		want       bool
	}{
		{"bob", "10.0.0.1", true},
		{"bob", "10.0.0.2", false},
		{"eve", "10.0.0.1", false},
	} {
		if got := f.concerns(tt.user, tt.host); got != tt.want {
			t.Errorf("%s@%s: got %v, want %v", tt.user, tt.host, got, tt.want)
		}
	}
	if !(&Filter{}).concerns("eve", "::1") {
		t.Error("without user and source: got false, want true")
	}
	f, err := newTestFilter(t, map[string]string{"match": "/a/", "replace": "b"})
	if err != nil {
		t.Fatal(err)
	}
	s, r, _ := f.open(false)
	if err := s.RouteQuery(t.Context(), engine.NewQuery("a"), &client{}); err != nil || r.statements[0] != "a" {
		t.Errorf("other user: got %q, %v, want the statement as it was", r.statements, err)
	}
}

// Ensure that a statement cannot be blown up without limit.
func TestLimits(t *testing.T) {
	f, err := newTestFilter(t, map[string]string{"match": "/a/", "replace": strings.Repeat("x", 4096)})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{maxMatches + 1, maxMatches} {
		s, r, _ := f.open(true)
		c := &client{}
		if err := s.RouteQuery(t.Context(), engine.NewQuery(strings.Repeat("a", n)), c); err != nil {
			t.Fatal(err)
		}
		if len(r.statements) != 0 || len(c.errors) != 1 {
			t.Errorf("%d matches: got %d statements and errors %q, want one error", n, len(r.statements), c.errors)
		}
	}
}

// Ensure that matches are logged where they should be, safely.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "regex.log")
	f, err := newTestFilter(t, map[string]string{"match": "/a/", "replace": "b", "log_file": path, "log_trace": "true"})
	if err != nil {
		t.Fatal(err)
	}
	s, _, log := f.open(true)
	for _, sql := range []string{"a\nc\x1b[2J", "x"} {
		if err := s.RouteQuery(t.Context(), engine.NewQuery(sql), &client{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"file": string(file), "log": log.String()} {
		for _, want := range []string{"Match (?i)a: [a c [2J] -> [b c [2J]\n", "No match (?i)a: [x]\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want %q in it", name, got, want)
			}
		}
	}
}

type brokenFile struct{}

func (brokenFile) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
func (brokenFile) Close() error              { return nil }

// Ensure that a full disk is reported once and stops nothing.
func TestLogFails(t *testing.T) {
	f, err := newTestFilter(t, map[string]string{"match": "/a/", "replace": "b"})
	if err != nil {
		t.Fatal(err)
	}
	f.log = &logFile{file: brokenFile{}}
	s, r, log := f.open(true)
	for range 3 {
		if err := s.RouteQuery(t.Context(), engine.NewQuery("a"), &client{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.statements) != 3 {
		t.Errorf("got %d statements, want 3", len(r.statements))
	}
	if got := strings.Count(log.String(), "no space left"); got != 1 {
		t.Errorf("got %d reports, want 1:\n%s", got, log)
	}
}
