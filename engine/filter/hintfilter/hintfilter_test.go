package hintfilter

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine"
)

// router notes the hints that it gets.
type router struct{ hints []string }

func (r *router) RouteQuery(_ context.Context, q *engine.Query, _ engine.ReplyWriter) error {
	r.hints = append(r.hints, q.Hint().String())
	return nil
}

func open() (*session, *router, *Filter, *strings.Builder) {
	f, r, log := &Filter{}, &router{}, &strings.Builder{}
	return &session{filter: f, next: r, logf: func(level slog.Level, format string, args ...any) {
		fmt.Fprintf(log, level.String()+" "+format+"\n", args...)
	}}, r, f, log
}

func (s *session) run(t *testing.T, sql string) {
	t.Helper()
	if err := s.RouteQuery(t.Context(), engine.NewQuery(sql), nil); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Ensure that each statement gets the hint that is meant for it.
func TestHints(t *testing.T) {
	steps := []struct{ sql, want string }{
		{"select 1", ""},
		{"select 1 -- maxscale route to master", "route to master"},
		{"select 1", ""},
		{"select 1 -- maxscale begin route to slave", "route to slave"},
		{"select 1", "route to slave"},
		{"select 1 -- maxscale route to last", "route to last"},
		{"select 1", "route to slave"},
		{"select 1 -- maxscale H prepare route to server db1", "route to slave"},
		{"select 1 -- maxscale h begin", "route to server db1"},
		{"select 1", "route to server db1"},
		{"select 1 -- maxscale none begin", "route to server db1"},
		{"select 1 -- maxscale end", "route to slave"},
		{"select 1 -- maxscale g begin max_slave_replication_lag=5", "max_slave_replication_lag=5"},
		{"select 1 -- maxscale end", "route to slave"},
		{"select 1 -- maxscale end", ""},
		{"select 1 -- maxscale end", ""},
		{"select 1 -- maxscale g begin", "max_slave_replication_lag=5"},
	}
	s, r, f, _ := open()
	for i, step := range steps {
		s.run(t, step.sql)
		if got := r.hints[i]; got != step.want {
			t.Errorf("step %d, %s: got hint %q, want %q", i, step.sql, got, step.want)
		}
	}
	if got, want := f.Diagnostics()["hints"], uint64(12); got != want {
		t.Errorf("got %v hints in the diagnostics, want %v", got, want)
	}
}

// Ensure that a client cannot fill the proxy with hints.
func TestLimits(t *testing.T) {
	s, _, _, log := open()
	for i := range 3 * maxHints {
		s.run(t, fmt.Sprintf("select 1 -- maxscale h%d begin route to master", i))
	}
	if len(s.stack) != maxHints || len(s.named) != maxHints {
		t.Errorf("got %d hints on the stack and %d named, want %d of each", len(s.stack), len(s.named), maxHints)
	}
	for _, want := range []string{"have begun and not ended", "is not prepared"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log does not say %q", want)
		}
	}
}
