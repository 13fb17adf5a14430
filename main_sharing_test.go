//go:build !js

package main

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that many sessions share two connections to a MariaDB server and that each
// finds there what it has built up, by all that MariaDB knows of a session.
func TestRealSharing(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	file := configuration(t, primary)
	edit(t, file,
		"type=server\n", "type=server\nmax_routing_connections=2\npersistpoolmax=2\npersistmaxtime=60s\n",
		"type=service\n", "type=service\nidle_session_pool_time=0s\nmultiplex_timeout=30s\n",
	)
	root := primary.Open(t, "root", "")
	if _, err := root.Exec("CREATE TABLE app.t (a INT PRIMARY KEY AUTO_INCREMENT, who INT)"); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-config", file)
	const clients = 20
	var wg sync.WaitGroup
	for i := range clients {
		c := p.connect(t, "RW-Listener", appUser(fmt.Sprint("client", i)))
		wg.Go(func() { share(t, c, i) })
	}
	wg.Wait()
	var n int
	if err := root.QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE user = ?", enginetest.AppUser).Scan(&n); err != nil || n > 2 {
		t.Errorf("%d connections, %v, want 2 at most", n, err)
	}
	if n := len(p.engine.Sessions()); n != clients {
		t.Errorf("%d sessions, want %d", n, clients)
	}
}

// share uses c for a while, whose client is the i-th, and checks what is its own.
func share(t *testing.T, c *sql.Conn, i int) {
	run(t, c, fmt.Sprintf("SET @me = %d, time_zone = '+%02d:00'", i, i%12))
	prepared, err := c.PrepareContext(t.Context(), "INSERT INTO app.t (who) VALUES (?)")
	if err != nil {
		t.Error(err)
		return
	}
	for range 10 {
		if _, err := prepared.ExecContext(t.Context(), i); err != nil {
			t.Error(err)
			return
		}
		if got := query[int](t, c, "SELECT who FROM app.t WHERE a = LAST_INSERT_ID() FOR UPDATE"); got != i {
			t.Errorf("client %d: the last row is that of %d", i, got)
		}
		want := fmt.Sprintf("%d +%02d:00", i, i%12)
		if got := query[string](t, c, "SELECT CONCAT(@me, ' ', @@time_zone)"); got != want {
			t.Errorf("client %d: got %q, want %q", i, got, want)
		}
		tx, err := c.BeginTx(t.Context(), nil)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := tx.Exec("INSERT INTO app.t (who) VALUES (?)", i); err != nil {
			t.Error(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// Ensure that a statement which finds no connection fails with a sentence, and that
// its session goes on.
func TestRealSharingTimeout(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	file := configuration(t, primary)
	edit(t, file,
		"type=server\n", "type=server\nmax_routing_connections=1\n",
		"type=service\n", "type=service\nidle_session_pool_time=1s\nmultiplex_timeout=4s\n",
	)
	p := start(t, "-config", file)
	first, second := p.connect(t, "RW-Listener", appUser("first")), p.connect(t, "RW-Listener", appUser("second"))
	run(t, first, "BEGIN")
	_, err := second.ExecContext(t.Context(), "SET @a = 1")
	if errorNumber(err) != 1040 || !strings.Contains(err.Error(), "multiplex_timeout") {
		t.Errorf("got %v, want error 1040", err)
	}
	run(t, first, "COMMIT")
	if got := query[int](t, second, "SELECT 42"); got != 42 {
		t.Errorf("got %d", got)
	}
}
