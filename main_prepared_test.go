//go:build !js

package main

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that a client which prepares gets the id of its session too, and that
// KILL takes it, as text and as a parameter.
func TestRealPreparedKill(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	p := start(t, "-config", configuration(t, primary))
	c, other := p.connect(t, "RW-Listener", appUser("killer")), p.connect(t, "RW-Listener", appUser("victim"))
	id := func(c *sql.Conn) (id uint64) {
		statement, err := c.PrepareContext(t.Context(), "SELECT CONNECTION_ID() AS id")
		if err != nil {
			t.Fatal(err)
		}
		defer statement.Close()
		if err := statement.QueryRowContext(t.Context()).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	victim := id(other)
	if got := query[uint64](t, other, "SELECT CONNECTION_ID()"); got != victim {
		t.Errorf("prepared, the id is %d, want %d", victim, got)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := other.ExecContext(t.Context(), "DO SLEEP(60)")
		ended <- err
	}()
	waitFor(t, "the statement to run", func() bool {
		s, err := p.engine.Session(victim)
		return err == nil && s.Info().Activity.Doing == engine.Running
	})
	run(t, c, "KILL QUERY ?", victim)
	select {
	case <-ended: // SLEEP was interrupted, which is no error
	case <-time.After(10 * time.Second):
		t.Fatal("KILL QUERY has ended nothing")
	}
	run(t, c, "KILL ?", fmt.Sprint(victim))
	if err := other.PingContext(t.Context()); err == nil {
		t.Error("the session that was killed goes on")
	}
	if _, err := c.ExecContext(t.Context(), "KILL ?", 1<<40); errorNumber(err) != 1094 {
		t.Errorf("an id that is none: %v, want error 1094", err)
	}
	statement, err := c.PrepareContext(t.Context(), fmt.Sprint("KILL ", id(c)))
	if err != nil {
		t.Fatal(err)
	}
	defer statement.Close()
	if _, err := statement.ExecContext(t.Context()); err == nil || c.PingContext(t.Context()) == nil {
		t.Errorf("the session has not killed itself: %v", err)
	}
}
