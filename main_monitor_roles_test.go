//go:build !js

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file has real MariaDB servers change their roles, and looks at what
// changes with them.

const healthyTrio = "Master, Running | Slave, Running | Slave, Running"

// must runs statements as root.
func must(t *testing.T, m *enginetest.MariaDB, statements ...string) {
	t.Helper()
	db := m.Open(t, "root", "")
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// table returns what a query answers as root.
func table(t *testing.T, m *enginetest.MariaDB, query string) (columns []string, values [][]string) {
	t.Helper()
	rows, err := m.Open(t, "root", "").Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			targets[i] = &row[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		words := make([]string, len(row))
		for i, v := range row {
			words[i] = v.String
		}
		values = append(values, words)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, values
}

// ask returns the rows of a query as root, their values with spaces between.
func ask(t *testing.T, m *enginetest.MariaDB, query string) []string {
	t.Helper()
	var list []string
	_, rows := table(t, m, query)
	for _, row := range rows {
		list = append(list, strings.Join(row, " "))
	}
	return list
}

// sources are the replication connections of a server: name, port and state.
func sources(t *testing.T, m *enginetest.MariaDB) []string {
	t.Helper()
	var list []string
	columns, rows := table(t, m, "SHOW ALL SLAVES STATUS")
	for _, row := range rows {
		has := map[string]string{}
		for i, c := range columns {
			has[c] = row[i]
		}
		list = append(list, fmt.Sprintf("%s:%s io=%s sql=%s tls=%s", has["Connection_name"], has["Master_Port"],
			has["Slave_IO_Running"], has["Slave_SQL_Running"], has["Master_SSL_Allowed"]))
	}
	return list
}

// orderDone calls a command of the monitor that succeeds.
func (p *program) orderDone(t *testing.T, l login, command string, args ...string) {
	t.Helper()
	if status, body := p.order(t, l, http.MethodPost, command, args...); status != http.StatusNoContent {
		t.Fatalf("%s %v: got %d, want 204: %s", command, args, status, body)
	}
}

// sqlFile writes a file of statements.
func sqlFile(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const eventStates = "SELECT event_name, status, definer, character_set_client, collation_connection FROM information_schema.EVENTS ORDER BY event_name"

// Ensure that what belongs to a role goes with it: scheduled events that were
// enabled, the statements of files, replication through TLS; and that users whom
// read_only does not stop are stopped, so that nothing they wrote is lost.
func TestRealRoles(t *testing.T) {
	authority := enginetest.NewAuthority(t)
	cert, key := authority.Issue(t, "server")
	var servers [3]*enginetest.MariaDB
	servers[0], servers[1], servers[2] = enginetest.StartTrio(t, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+authority.File(), "--event-scheduler=1")
	must(t, servers[0],
		"GRANT INSERT ON app.* TO 'monitor'@'%'",
		"ALTER USER 'replica'@'%' REQUIRE SSL",
		"CREATE USER 'owner of events'@'%' IDENTIFIED BY 'x'",
		"CREATE USER 'privileged'@'%' IDENTIFIED BY 'x'", "GRANT READ ONLY ADMIN, INSERT ON *.* TO 'privileged'@'%'",
		"CREATE TABLE app.marks (what VARCHAR(20), at INT)", "CREATE TABLE app.numbers (n INT)",
	)
	conn, err := servers[0].Open(t, "root", "app").Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"SET NAMES latin1 COLLATE latin1_german2_ci",
		"CREATE DEFINER='owner of events'@'%' EVENT `beat``s` ON SCHEDULE EVERY 1 DAY DO DO 1",
		"CREATE EVENT idle ON SCHEDULE EVERY 1 DAY DISABLE DO DO 1",
	} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	_ = conn.Close()
	promote := sqlFile(t, "promote.sql", "# who takes over", "", "INSERT INTO app.marks VALUES ('promoted', @@server_id)")
	demote := sqlFile(t, "demote.sql", "INSERT INTO app.marks VALUES ('demoted', @@server_id)")
	p := start(t, "-config", monitored(t, servers[:], "replication_master_ssl=true", "promotion_sql_file="+promote, "demotion_sql_file="+demote))
	admin := p.firstAdmin(t)
	p.waitStates(t, healthyTrio)

	w := startPrivileged(t, servers[0], false)
	p.orderDone(t, admin, "switchover", "Monitor", "server2")
	p.waitStates(t, "Slave, Running | Master, Running | Slave, Running")
	written := w.ended()
	servers[1].WaitReplicated(t, servers[0])
	servers[1].WaitReplicated(t, servers[2])
	const on = "beat`s ENABLED owner of events@% latin1 latin1_german2_ci"
	const off = "beat`s SLAVESIDE_DISABLED owner of events@% latin1 latin1_german2_ci"
	for i, m := range servers {
		want := off
		if i == 1 {
			want = on
		}
		events := ask(t, m, eventStates)
		if len(events) != 2 || events[0] != want {
			t.Errorf("events of server%d: got %q, want %q first", i+1, events, want)
		}
		if strings.Contains(events[1], " ENABLED ") {
			t.Errorf("an event that was not enabled is now: %q", events)
		}
		if diff := cmp.Diff([]string{"demoted 1", "promoted 2"}, ask(t, m, "SELECT * FROM app.marks")); diff != "" {
			t.Errorf("marks of server%d (-want +got):\n%s", i+1, diff)
		}
		if i != 1 {
			if diff := cmp.Diff([]string{fmt.Sprintf(":%d io=Yes sql=Yes tls=Yes", servers[1].Port)}, sources(t, m)); diff != "" {
				t.Errorf("server%d (-want +got):\n%s", i+1, diff)
			}
		}
		// More than were acknowledged: the last one may have been cut off from its answer.
		const count = "SELECT COUNT(*) FROM app.numbers"
		has := ask(t, m, count)[0]
		if n, err := strconv.Atoi(has); err != nil || n < written || has != ask(t, servers[1], count)[0] {
			t.Errorf("server%d has %s rows, want as many as server2 and at least %d", i+1, has, written)
		}
	}

	// And back, by a failover: the dead one had the events.
	servers[1].Stop(t)
	p.waitStates(t, "Slave, Running | Down | Slave, Running")
	p.orderDone(t, admin, "failover", "Monitor")
	p.waitStates(t, "Master, Running | Down | Slave, Running")
	if events := ask(t, servers[0], eventStates); events[0] != on || strings.Contains(events[1], " ENABLED ") {
		t.Errorf("events after a failover: %q", events)
	}
	servers[1].Start(t)
	p.waitStates(t, "Master, Running | Running | Slave, Running")
	p.orderDone(t, admin, "rejoin", "Monitor", "server2")
	p.waitStates(t, healthyTrio)
	if events := ask(t, servers[1], eventStates); events[0] != off {
		t.Errorf("events of one that has rejoined: %q", events)
	}

	// One who logs in again and again keeps the primary where it is.
	again := startPrivileged(t, servers[0], true)
	status, body := p.order(t, admin, http.MethodPost, "switchover", "Monitor", "server2")
	if status != http.StatusBadRequest || !strings.Contains(body, "keep logging in") || !strings.Contains(body, "undone: server1 is writable again") {
		t.Errorf("got %d %s", status, body)
	}
	again.stop()
	p.waitStates(t, healthyTrio)
}

// privileged writes as a user whom read_only does not stop.
type privileged struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
	n      int // rows that were acknowledged
}

// startPrivileged writes until its connection ends, or, if it returns, until it is
// stopped.
func startPrivileged(t *testing.T, m *enginetest.MariaDB, returns bool) *privileged {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &privileged{cancel: cancel}
	db, err := sql.Open("mysql", "privileged:x@tcp("+m.Addr()+")/app")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.stop()
		_ = db.Close()
	})
	first, err := db.Conn(ctx)
	if err == nil {
		_, err = first.ExecContext(ctx, "INSERT INTO numbers VALUES (1)")
	}
	if err != nil {
		t.Fatal(err)
	}
	w.n++
	w.wg.Go(func() {
		for conn, err := first, error(nil); ; conn, err = db.Conn(ctx) {
			for err == nil {
				if _, err = conn.ExecContext(ctx, "INSERT INTO numbers VALUES (2)"); err == nil {
					w.n++
				}
			}
			if conn != nil {
				_ = conn.Close()
			}
			if !returns || ctx.Err() != nil {
				return
			}
		}
	})
	return w
}

// ended returns how many rows it has written, once its connection has ended.
func (w *privileged) ended() int {
	w.wg.Wait()
	return w.n
}

func (w *privileged) stop() {
	w.cancel()
	w.wg.Wait()
}

// Ensure that a server whose promotion fails is a replica again, and that all
// is as it was, after a switchover and after a failover.
func TestRealPromotionUndone(t *testing.T) {
	promote := sqlFile(t, "promote.sql", "DO 1", "SELECT nonsense FROM nowhere")
	p, servers := trio(t, "promotion_sql_file="+promote, "demotion_sql_file="+sqlFile(t, "demote.sql", "DO 2"), "servers_no_promotion=server3")
	admin := p.firstAdmin(t)
	p.waitStates(t, healthyTrio)
	must(t, servers[0], "CREATE TABLE app.held (a INT)", "CREATE EVENT app.beat ON SCHEDULE EVERY 1 DAY DO DO 1")
	servers[0].WaitReplicated(t, servers[1])
	asBefore := func(written int) {
		t.Helper()
		p.waitStates(t, healthyTrio)
		must(t, servers[0], fmt.Sprintf("INSERT INTO app.held VALUES (%d)", written))
		servers[0].WaitReplicated(t, servers[1])
		servers[0].WaitReplicated(t, servers[2])
		for i, want := range []string{"0 ENABLED", "1 SLAVESIDE_DISABLED", "1 SLAVESIDE_DISABLED"} {
			if got := ask(t, servers[i], "SELECT @@read_only, status FROM information_schema.EVENTS"); len(got) != 1 || got[0] != want {
				t.Errorf("server%d: got %q, want %q", i+1, got, want)
			}
		}
	}
	failed := func(command, want string) {
		t.Helper()
		status, body := p.order(t, admin, http.MethodPost, command, "Monitor")
		for _, part := range []string{want, "line 2 of " + promote, "undone: server2 is a replica again"} {
			if status != http.StatusBadRequest || !strings.Contains(body, part) {
				t.Errorf("%s: got %d %s, want %q", command, status, body, part)
			}
		}
	}
	failed("switchover", "undone: scheduled events of server1 are enabled again")
	failed("switchover", "undone: server1 is writable again")
	failed("switchover", "demotion_sql_file: they were run on server1, and only you know what takes them back")
	asBefore(1)
	servers[0].Stop(t)
	p.waitStates(t, "Down | Slave, Running | Slave, Running")
	failed("failover", "Failover 'server1' -> 'server2' failed.")
	servers[0].Start(t)
	asBefore(2)
}
