package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// Ensure the engine knows for a day how a session ended, and what it was then.
func TestEnded(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		id := uint64(c.ID)
		p.query(c, "SELECT 1")
		if _, ok := p.Ended(id); ok {
			t.Error("a session that lives counts as ended")
		}
		if err := p.session(c).Kill(engine.KillOptions{By: "ann", Reason: "runaway report"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		at := time.Now()
		got, ok := p.Ended(id)
		if !ok || got.By != "ann" || got.Reason != "killed by ann: runaway report" || at.Sub(got.At) > time.Second {
			t.Fatalf("got %v, ended at %v by %q: %q", ok, got.At, got.By, got.Reason)
		}
		info := got.Session
		if info.User == "" || info.Service == "" || len(info.Backends) != 2 || info.Activity.Statements != 1 || info.State != engine.SessionStopping {
			t.Errorf("got %+v", info)
		}
		if n := len(info.Events); n == 0 || info.Events[n-1].Kind != "closed" || info.Events[n-1].By != "ann" {
			t.Errorf("got the events %+v", info.Events)
		}
		if n := len(info.Log); n == 0 || !strings.Contains(info.Log[n-1], "session ended") {
			t.Errorf("got the log %q", info.Log)
		}
		if n := len(info.Flows); n != 1 || info.Flows[0].In == 0 || info.Flows[0].Out == 0 {
			t.Errorf("got the flows %+v", info.Flows)
		}
		time.Sleep(25 * time.Hour)
		if _, ok := p.Ended(id); ok {
			t.Error("it is still known a day later")
		}
	})
}

// Ensure that what is kept of ended sessions is bounded, and the newest stay.
func TestEndedBounded(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		const n = 2000
		var first, last uint64
		long := "SELECT '" + strings.Repeat("x", 15<<10) + "'"
		for i := range n {
			c := p.connect(splitAddress)
			p.query(c, long)
			if last = uint64(c.ID); i == 0 {
				first = last
			}
			_ = c.Conn.Close()
			synctest.Wait()
		}
		if _, ok := p.Ended(first); ok {
			t.Error("the oldest of 2000 sessions of 16 KiB is still kept in 8 MiB")
		}
		if _, ok := p.Ended(last); !ok {
			t.Error("the newest is not kept")
		}
	})
}
