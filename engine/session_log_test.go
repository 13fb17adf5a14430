package engine_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure log levels that were set for a time go off by themselves, and a later
// setting counts instead.
func TestLogFor(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		s := p.session(p.connect(splitAddress))
		set := func(on bool, d time.Duration) {
			t.Helper()
			if err := s.Alter(engine.Alteration{By: "ann", LogLevels: map[string]bool{"log_debug": on}, LogFor: d}); err != nil {
				t.Fatal(err)
			}
		}
		set(true, 15*time.Minute)
		if got := s.Info(); !got.LogLevels.Debug || time.Until(got.LogUntil) != 15*time.Minute {
			t.Errorf("got %+v until %v", got.LogLevels, got.LogUntil)
		}
		time.Sleep(10 * time.Minute)
		set(true, 15*time.Minute)
		time.Sleep(14 * time.Minute)
		if !s.Info().LogLevels.Debug {
			t.Error("the first time counts although a second was set")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		got := s.Info()
		if got.LogLevels.Debug || !got.LogUntil.IsZero() {
			t.Errorf("after its time: %+v until %v", got.LogLevels, got.LogUntil)
		}
		if last := got.Events[len(got.Events)-1]; last.Kind != "log_level" || !strings.Contains(last.Detail, "debug off, as before") {
			t.Errorf("got the event %+v", last)
		}
		set(true, time.Minute)
		set(true, 0)
		time.Sleep(time.Hour)
		if !s.Info().LogLevels.Debug {
			t.Error("levels without a time went off")
		}
		if err := s.Alter(engine.Alteration{LogFor: time.Minute}); engine.KindOf(err) != engine.Invalid {
			t.Errorf("got %v", err)
		}
	})
}

// Ensure a change of what the program's logger lets through counts within a second.
func TestLoggerLevel(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		s := p.session(p.connect(splitAddress))
		for level := slog.LevelDebug; level <= slog.LevelError; level++ {
			p.level.Set(level)
			time.Sleep(1001 * time.Millisecond)
			synctest.Wait()
			for _, line := range []slog.Level{slog.LevelDebug, slog.LevelInfo, engine.LevelNotice, slog.LevelWarn, slog.LevelError} {
				if want := line >= level || line == slog.LevelError; s.Logs(line) != want { // which the session itself lets through
					t.Errorf("with level %v of the program, %v: %v", level, line, !want)
				}
			}
		}
	})
}

// Ensure the number of lines tells how many of them are gone.
func TestLogLines(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		s := p.session(p.connect(splitAddress))
		before := s.Info().LogLines
		for i := range 250 {
			s.Logf(engine.LevelNotice, "line %d", i)
		}
		got := s.Info()
		if got.LogLines != before+250 || len(got.Log) != 100 || !strings.HasSuffix(got.Log[99], fmt.Sprint("line ", 249)) {
			t.Errorf("got %d lines, %d kept, the last is %q", got.LogLines, len(got.Log), got.Log[len(got.Log)-1])
		}
	})
}

// Ensure that reading a session into the memory of another one says the same as
// reading it anew.
func TestReadLight(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		first, second := p.connect(splitAddress), p.connect(splitAddress)
		for _, c := range []*enginetest.Client{first, first, second} {
			if _, err := c.Query(fmt.Sprint("SELECT ", c.ID)); err != nil {
				t.Fatal(err)
			}
		}
		var info engine.SessionInfo
		for _, c := range []*enginetest.Client{first, second, second} {
			s := p.session(c)
			engine.ReadLight(s, &info)
			if diff := cmp.Diff(s.LightInfo(), info, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
				t.Errorf("session %d (-want +got):\n%s", c.ID, diff)
			}
			in, out, until := engine.Rates(s)
			if a := info.Activity; in != a.InPerSec || out != a.OutPerSec || !until.Equal(a.RatesUntil) || until.IsZero() {
				t.Errorf("got rates %v, %v until %v, want those of %+v", in, out, until, a)
			}
		}
	})
}

// Ensure a kill can keep its reason from the client.
func TestKillUntold(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		if err := p.session(c).Kill(engine.KillOptions{TTL: time.Second, By: "ann", Reason: "suspected theft", Untold: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		c.Conn.SetSequence(0)
		packet, err := c.Conn.ReadPacket(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if want := "\xff\x87\x07#70100Connection was killed"; string(packet) != want {
			t.Errorf("got %q, want %q", packet, want)
		}
		if over, ok := p.Ended(uint64(c.ID)); !ok || over.Reason != "killed by ann: suspected theft" {
			t.Errorf("got %v %q", ok, over.Reason)
		}
	})
}

// Ensure log levels with a limit go back to what they were, and only they.
func TestLogForEach(t *testing.T) {
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
