package engine_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// Ensure log levels with a limit go back to what they were, and only they.
func TestLogFor(t *testing.T) {
	type step struct {
		after  time.Duration
		levels map[string]bool // nil: only look
		limit  time.Duration
		until  time.Duration // from the beginning, 0 for none
		info   bool
		debug  bool
	}
	on := func(names ...string) map[string]bool {
		levels := map[string]bool{}
		for _, name := range names {
			levels[name] = true
		}
		return levels
	}
	off := map[string]bool{"log_debug": false}
	tests := []struct {
		name  string
		steps []step
	}{
		{"goes_off", []step{
			{0, on("log_debug"), time.Minute, time.Minute, false, true},
			{59 * time.Second, nil, 0, time.Minute, false, true},
			{2 * time.Second, nil, 0, 0, false, false},
		}},
		{"without_end", []step{
			{0, on("log_debug"), 0, 0, false, true},
			{time.Hour, nil, 0, 0, false, true},
		}},
		{"a_new_limit_replaces", []step{
			{0, on("log_debug"), time.Minute, time.Minute, false, true},
			{30 * time.Second, on("log_debug"), time.Minute, 90 * time.Second, false, true},
			{59 * time.Second, nil, 0, 90 * time.Second, false, true},
			{2 * time.Second, nil, 0, 0, false, false},
		}},
		{"one_limit_for_all", []step{
			{0, on("log_debug"), time.Minute, time.Minute, false, true},
			{30 * time.Second, on("log_info"), time.Minute, 90 * time.Second, true, true},
			{61 * time.Second, nil, 0, 0, false, false},
		}},
		{"what_is_set_without_end_stays", []step{
			{0, on("log_debug"), time.Minute, time.Minute, false, true},
			{time.Second, on("log_info"), 0, time.Minute, true, true},
			{time.Hour, nil, 0, 0, true, false},
		}},
		{"without_end_takes_the_limit_away", []step{
			{0, on("log_debug"), time.Minute, time.Minute, false, true},
			{time.Second, on("log_debug"), 0, 0, false, true},
			{time.Hour, nil, 0, 0, false, true},
		}},
		{"off_by_hand", []step{
			{0, on("log_debug"), time.Minute, time.Minute, false, true},
			{time.Second, off, time.Minute, 0, false, false},
		}},
		{"on_before", []step{
			{0, on("log_debug"), 0, 0, false, true},
			{0, off, time.Minute, time.Minute, false, false},
			{time.Hour, nil, 0, 0, false, true},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				s := p.session(p.connect(splitAddress))
				begun := time.Now()
				for i, step := range tt.steps {
					time.Sleep(step.after)
					synctest.Wait()
					if step.levels != nil {
						if err := s.Alter(engine.Alteration{LogLevels: step.levels, LogFor: step.limit}); err != nil {
							t.Fatal(err)
						}
					}
					info, until := s.Info(), time.Duration(0)
					if !info.LogUntil.IsZero() {
						until = info.LogUntil.Sub(begun)
					}
					if info.LogLevels.Info != step.info || info.LogLevels.Debug != step.debug || until != step.until {
						t.Errorf("step %d: got %+v until %v", i, info.LogLevels, until)
					}
				}
			})
		})
	}
}

// Ensure people hear of it when levels go off, and that nothing is left of a
// limit when its session ends first.
func TestLogForTells(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		before := s.Revision()
		if err := s.Alter(engine.Alteration{LogFor: time.Minute}); engine.KindOf(err) != engine.Invalid {
			t.Errorf("a limit of nothing: got %v", err)
		}
		_ = s.Alter(engine.Alteration{By: "ann", LogLevels: map[string]bool{"log_debug": true}, LogFor: time.Minute})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := s.Revision() - before; got != 2 {
			t.Errorf("got %d notable changes, want 2", got)
		}
		events := s.Info().Events
		if got := events[len(events)-2]; got.Detail != "debug on until 2000-01-01T00:01:00Z" || got.By != "ann" {
			t.Errorf("got %+v", got)
		}
		if got := events[len(events)-1]; got.Kind != "log_level" || got.Detail != "debug off, as before" || got.By != "" {
			t.Errorf("got %+v", got)
		}
		_ = s.Alter(engine.Alteration{LogLevels: map[string]bool{"log_debug": true}, LogFor: time.Minute})
		_ = c.Conn.Close()
		synctest.Wait()
		before = s.Revision()
		time.Sleep(time.Hour)
		synctest.Wait()
		if s.Revision() != before || !s.Info().LogLevels.Debug {
			t.Error("the levels of a session that has ended were changed")
		}
	})
}

// Ensure lines are counted that the log does not hold any more.
func TestLogLines(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		s := p.session(p.connect(splitAddress))
		before := s.Info().LogLines
		for range 250 {
			s.Logf(slog.LevelWarn, "line")
		}
		if info := s.Info(); info.LogLines != before+250 || len(info.Log) != 100 {
			t.Errorf("got %d lines after %d, of which %d are kept", info.LogLines, before, len(info.Log))
		}
	})
}
