//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that with master_failure_mode=fail_instantly a session ends when its real
// primary closes the connection or is gone, though it is idle or reads from a replica,
// and not before.
func TestRealFailInstantly(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	p := start(t, "-config", splitting(t, map[string]string{
		"instant": "master_failure_mode=fail_instantly", "patient": "master_failure_mode=fail_on_write",
	}, primary, replica))
	connect := func(service string) (*enginetest.Client, uint64) {
		t.Helper()
		c := logIn(t, listenerAddress(p.engine, service+"-Listener"))
		if r, err := c.Query("SELECT CONCAT(@@server_id)"); err != nil || r.Value != "2" {
			t.Fatalf("a read is answered by %s: %v", r.Value, err)
		}
		s, err := p.engine.Session(uint64(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range s.Info().Backends {
			if b.Primary {
				return c, b.ConnectionID
			}
		}
		t.Fatal("no primary")
		return nil, 0
	}
	lives := func(c *enginetest.Client) bool { return p.engine.AnySession(uint64(c.ID)) != nil } // not even ending
	closed := map[string]func(thread uint64){
		"closed": func(thread uint64) { root(t, primary, fmt.Sprintf("KILL %d", thread)) },
		"gone":   func(uint64) { primary.Stop(t) },
	}
	for _, how := range []string{"closed", "gone"} {
		idle, thread := connect("instant")
		busy, other := connect("instant")
		patient, third := connect("patient")
		if err := busy.Send([]byte("\x03SELECT SLEEP(20)")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond) // the patrol has looked
		if !lives(idle) || !lives(busy) {
			t.Fatalf("%s: sessions end that have lost nothing", how)
		}
		began := time.Now()
		for _, thread := range []uint64{thread, other, third} {
			closed[how](thread)
		}
		waitFor(t, how+": the idle session ends", func() bool { return !lives(idle) })
		waitFor(t, how+": the busy session ends", func() bool { return !lives(busy) })
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%s: it took %v", how, took)
		}
		if info, _ := p.engine.Ended(uint64(idle.ID)); !strings.Contains(info.Reason, "fail_instantly") {
			t.Errorf("%s: ended for %q", how, info.Reason)
		}
		if _, err := busy.Receive(3); err == nil || !strings.Contains(err.Error(), "fail_instantly") {
			t.Errorf("%s: the read got %v", how, err)
		}
		if r, err := patient.Query("SELECT CONCAT(@@server_id)"); err != nil || r.Value != "2" {
			t.Errorf("%s: a session that may go on got %s, %v", how, r.Value, err)
		}
	}
}
