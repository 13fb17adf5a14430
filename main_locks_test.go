//go:build !js

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure it is seen who waits for whose row lock on a real server, while and only
// while it is so, also when the other one does not come through the proxy; and
// that a monitor user who may not see it is a notice in the log and nothing more.
func TestRealLocks(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	p := start(t, "-config", configuration(t, primary))
	holder, waiter := p.connect(t, "RW-Listener", appUser("holder")), p.connect(t, "RW-Listener", appUser("waiter"))
	run(t, holder, "CREATE TABLE t (a INT PRIMARY KEY, b INT)")
	run(t, holder, "INSERT INTO t VALUES (1, 0)")
	holderID, waiterID := p.sessionID(t, "holder"), p.sessionID(t, "waiter")
	blocked := func(by string, blocks int) func() bool {
		return func() bool {
			h, _ := p.engine.Session(holderID)
			w, _ := p.engine.Session(waiterID)
			return w.Info().Activity.BlockedBy == by && h.Info().Activity.Blocks == blocks
		}
	}
	update := func() chan error {
		done := make(chan error, 1)
		go func() {
			_, err := waiter.ExecContext(t.Context(), "UPDATE t SET b = b + 1 WHERE a = 1")
			done <- err
		}()
		return done
	}

	run(t, holder, "BEGIN")
	run(t, holder, "UPDATE t SET b = 1 WHERE a = 1")
	done := update()
	waitFor(t, "a session that waits for the other", blocked(fmt.Sprint(holderID), 1))
	admin := p.firstAdmin(t)
	_, body := p.call(t, admin, http.MethodGet, fmt.Sprintf("/v1/sessions/%d?pretty=0", waiterID), "")
	if want := fmt.Sprintf(`"blocked_by":"%d"`, holderID); !strings.Contains(body, want) {
		t.Errorf("%s is not in %s", want, body)
	}
	run(t, holder, "COMMIT")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a session that waits no more", blocked("", 0))

	root := primary.Open(t, "root", "app")
	tx, err := root.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var thread int
	if err := tx.QueryRow("SELECT CONNECTION_ID() FROM t WHERE a = 1 FOR UPDATE").Scan(&thread); err != nil {
		t.Fatal(err)
	}
	done = update()
	waitFor(t, "a session that waits for a stranger", blocked(fmt.Sprintf("thread %d of server1", thread), 0))

	if _, err := root.Exec("REVOKE PROCESS ON *.* FROM '" + enginetest.MonitorUser + "'@'%'"); err != nil {
		t.Fatal(err)
	}
	if _, err := root.Exec("KILL USER '" + enginetest.MonitorUser + "'"); err != nil { // a right counts from the login on
		t.Fatal(err)
	}
	notices := func() int {
		_, body := p.call(t, admin, http.MethodGet, "/v1/maxscale/logs/data?page[size]=1000", "")
		return strings.Count(body, "privilege PROCESS")
	}
	waitFor(t, "a notice in the log", func() bool { return notices() > 0 })
	waitFor(t, "nothing about locks", blocked("", 0))
	if got := p.engine.Servers()[0].State; !strings.Contains(got, "Running") {
		t.Errorf("the server is %s", got)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := notices(); n != 1 {
		t.Errorf("the notice stands in the log %d times", n)
	}
}
