package engine

import (
	"log/slog"
	"testing"
	"time"
)

// Ensure values of log_throttling are understood as MaxScale does.
func TestNewLogThrottle(t *testing.T) {
	for _, tt := range []struct {
		value string
		most  int // -1 for an error
	}{
		{"10, 1000ms, 10000ms", 10},
		{"3,1s,5s", 3},
		{"0", 0},
		{"0, 0s, 0s", 0},
		{"", -1},
		{"10", -1},
		{"10, 1s", -1},
		{"-1, 1s, 1s", -1},
		{"10, -1s, 1s", -1},
		{"10, x, 1s", -1},
	} {
		got, err := newLogThrottle(tt.value)
		if (err != nil) != (tt.most < 0) || err == nil && got.most != tt.most {
			t.Errorf("%q: got %+v and %v, want %d", tt.value, got, err, tt.most)
		}
	}
}

// Ensure what comes often is left out for a while, and how much is said.
func TestLogThrottle(t *testing.T) {
	throttle, err := newLogThrottle("3, 1s, 10s")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for i, step := range []struct {
		at   time.Duration
		pass bool
		note string
	}{
		{0, true, ""},
		{0, true, ""},
		{2 * time.Second, true, ""}, // another window
		{2 * time.Second, true, ""},
		{2500 * time.Millisecond, true, " (more lines like this are left out for 10s)"},
		{3 * time.Second, false, ""},
		{12 * time.Second, false, ""},
		{13 * time.Second, true, " (2 lines like this were left out)"},
	} {
		if note, pass := throttle.pass(slog.LevelWarn, "client %s", begun.Add(step.at)); pass != step.pass || note != step.note {
			t.Errorf("step %d: got %v and %q, want %v and %q", i, pass, note, step.pass, step.note)
		}
	}
	if _, pass := throttle.pass(slog.LevelInfo, "client %s", begun); !pass {
		t.Error("a line that is no warning was left out")
	}
	if _, pass := throttle.pass(slog.LevelWarn, "server %s", begun); !pass {
		t.Error("another line was left out")
	}
}
