//go:build !js

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// splitting is a configuration like that of configuration, with further services
// of readwritesplit that have the given options, by name.
func splitting(t *testing.T, services map[string]string, servers ...*enginetest.MariaDB) string {
	t.Helper()
	file := configuration(t, servers...)
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, options := range services {
		fmt.Fprintf(f, "[%s]\ntype=service\nrouter=readwritesplit\nservers=server1,server2\nuser=%s\npassword=%s\n%s\n",
			name, enginetest.ServiceUser, enginetest.ServicePassword, options)
		fmt.Fprintf(f, "[%s-Listener]\ntype=listener\nservice=%s\naddress=127.0.0.1\nport=%s\n", name, name, free(t))
	}
	return file
}

// delay has a replica execute what it gets so many seconds later, and waits until
// it replicates again: the program would not take it for one before.
func delay(t *testing.T, replica *enginetest.MariaDB, seconds int) {
	t.Helper()
	root(t, replica, "STOP SLAVE", fmt.Sprint("CHANGE MASTER TO master_delay=", seconds), "START SLAVE")
	db := replica.Open(t, "root", "")
	waitFor(t, "the replication", func() bool {
		var variable, state string
		err := db.QueryRow("SHOW STATUS LIKE 'Slave_running'").Scan(&variable, &state)
		return err == nil && state == "ON" // both threads run
	})
}

// root has a server execute statements as its root user.
func root(t *testing.T, m *enginetest.MariaDB, statements ...string) {
	t.Helper()
	db := m.Open(t, "root", "app")
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Ensure that with causal_reads a read sees what was written before it, though
// the replica is behind: it waits for the replica or goes to the primary.
func TestRealCausalReads(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	const read = "SELECT CONCAT(COUNT(*), ' of ', @@server_id) FROM t WHERE a = ?"
	const never = 3600 // seconds
	delayed := 0
	for number, tt := range []struct {
		service  string
		options  string
		own      string // what a session reads that has just written two rows
		others   string // what another one does
		delay    int    // of the replica
		prepared bool
	}{
		// What does not wait for the replica must not find it in time by chance.
		{"none", "", "0 of 2", "0 of 2", never, false},
		{"fast", "causal_reads=fast", "2 of 1", "0 of 2", never, false},
		{"fast_global", "causal_reads=fast_global", "2 of 1", "2 of 1", never, false},
		{"fast_universal", "causal_reads=fast_universal", "2 of 1", "2 of 1", never, false},
		{"impatient", "causal_reads=local\ncausal_reads_timeout=100ms", "2 of 1", "0 of 2", never, false},
		{"local", "causal_reads=local", "2 of 2", "", 2, false},
		{"local", "causal_reads=local", "2 of 2", "", 2, true},
		{"global", "causal_reads=global", "2 of 2", "2 of 2", 2, false},
		{"universal", "causal_reads=universal", "2 of 2", "2 of 2", 2, false},
	} {
		t.Run(tt.service, func(t *testing.T) {
			if delayed != tt.delay {
				delay(t, replica, tt.delay)
				delayed = tt.delay
			}
			p := start(t, "-config", splitting(t, map[string]string{tt.service: tt.options}, primary, replica))
			c, other := p.connect(t, tt.service+"-Listener", appUser("writer")), p.connect(t, tt.service+"-Listener", appUser("reader"))
			get := func(c *sql.Conn) string {
				if tt.prepared {
					return query[string](t, c, read, number)
				}
				return query[string](t, c, strings.Replace(read, "?", fmt.Sprint(number), 1))
			}
			insert := fmt.Sprintf("INSERT INTO t VALUES (%d)", number)
			run(t, c, insert)
			run(t, c, "BEGIN")
			run(t, c, insert)
			run(t, c, "COMMIT")
			if got := get(other); tt.others != "" && got != tt.others {
				t.Errorf("another session reads %s, want %s", got, tt.others)
			}
			if got := get(c); got != tt.own {
				t.Errorf("the session reads %s, want %s", got, tt.own)
			}
			run(t, c, "START TRANSACTION READ ONLY")
			if got := get(c); got[:1] != tt.own[:1] && tt.service != "none" {
				t.Errorf("in a read-only transaction it reads %s, want %s", got, tt.own)
			}
			run(t, c, "COMMIT")
		})
	}
}

// Ensure that a session sees what it has written after COM_RESET_CONNECTION too, with
// which the primary forgets where that was.
func TestRealCausalReadsReset(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	delay(t, replica, 2)
	p := start(t, "-config", splitting(t, map[string]string{"local": "causal_reads=local"}, primary, replica))
	nc, err := net.Dial("tcp", listenerAddress(p.engine, "local-Listener"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c, err := enginetest.ConnectOver(nc, enginetest.ClientOptions{User: enginetest.AppUser, Password: enginetest.AppPassword, Database: "app"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query("INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	const resetConnection = 0x1f
	if _, err := c.Command([]byte{resetConnection}); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Query("SELECT CONCAT(COUNT(*), ' of ', @@server_id) FROM t"); err != nil || r.Value != "1 of 2" {
		t.Errorf("got %q, %v, want 1 of 2", r.Value, err)
	}
	for _, sql := range []string{"INSERT INTO t VALUES (2)", "SET @a = (SELECT COUNT(*) FROM t)"} {
		if _, err := c.Query(sql); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := c.Query("SELECT CONCAT(@a)"); err != nil || r.Value != "2" {
		t.Errorf("a variable is %q, %v, want 2", r.Value, err)
	}
}

// Ensure that a client that follows the session state learns nothing that it does
// not from a server, and that reads are causal with the positions in it.
func TestRealCausalReadsTracked(t *testing.T) {
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip(err)
	}
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)", "SET GLOBAL session_track_system_variables='autocommit,last_gtid'", "SET GLOBAL general_log=1", "SET GLOBAL log_output='TABLE'")
	primary.WaitReplicated(t, replica)
	delay(t, replica, 2)
	p := start(t, "-config", splitting(t, map[string]string{"local": "causal_reads=local"}, primary, replica))
	host, port, _ := net.SplitHostPort(listenerAddress(p.engine, "local-Listener"))
	out, err := exec.CommandContext(t.Context(), client, "-h"+host, "-P"+port, "-u"+enginetest.AppUser, "-p"+enginetest.AppPassword, "app", "-N", "-B", "-e",
		"INSERT INTO t VALUES (1); SELECT CONCAT(COUNT(*), ' of ', @@server_id) FROM t").CombinedOutput()
	if err != nil || string(out) != "1 of 2\n" {
		t.Errorf("got %q, %v, want 1 of 2", out, err)
	}
	var asked int
	if err := primary.Open(t, "root", "").QueryRow("SELECT COUNT(*) FROM mysql.general_log WHERE argument LIKE 'SELECT @@last_gtid%'").Scan(&asked); err != nil || asked > 0 {
		t.Errorf("the primary was asked %d times for what it had said, %v", asked, err)
	}
}

// Ensure that a session goes on over a restart of the primary: it connects anew
// with its state, a connection that the server has closed is not used, and with
// delayed_retry a write waits.
func TestRealPrimaryRestart(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	p := start(t, "-config", splitting(t, map[string]string{
		"waits": "delayed_retry=true\ndelayed_retry_timeout=30s",
	}, primary, replica))
	idle, waits := p.connect(t, "RW-Listener", appUser("idle")), p.connect(t, "waits-Listener", appUser("waits"))
	for _, c := range []*sql.Conn{idle, waits} {
		run(t, c, "SET @a = 42")
		run(t, c, "USE app")
	}
	state := func() string { s, _ := p.engine.Server("server1"); return s.State }
	primary.Stop(t)
	waitFor(t, "the monitor to notice", func() bool { return state() == "Down" })
	done := make(chan error, 1)
	go func() {
		_, err := waits.ExecContext(context.WithoutCancel(t.Context()), "INSERT INTO t VALUES (@a)")
		done <- err
	}()
	if got := query[int](t, idle, "SELECT @@server_id"); got != 2 {
		t.Errorf("a read without the primary: got %d, want 2", got)
	}
	primary.Start(t)
	waitFor(t, "the primary", func() bool { return strings.Contains(state(), "Master") })
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the write that waited: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the write still waits")
	}
	run(t, idle, "INSERT INTO t VALUES (@a)")
	if got := query[string](t, idle, "SELECT GROUP_CONCAT(a) FROM t FOR UPDATE"); got != "42,42" {
		t.Errorf("got %s, want 42,42", got)
	}
}

// Ensure that a transaction is told by the server's own status in all the ways it
// may begin and end, and that what the router takes for a matter of the next
// transaction is one to a server.
func TestRealTransactions(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	p := start(t, "-config", configuration(t, primary, replica))
	c := p.connect(t, "RW-Listener", appUser("app"))
	for _, tt := range []struct {
		statements string // with semicolons between them
		want       int    // the server of a read afterwards
	}{
		{"SET TRANSACTION READ ONLY", 1},
		{"DO 1", 1}, // that was none
		{"BEGIN; COMMIT", 2},
		{"SET @@tx_isolation='SERIALIZABLE'", 1},
		{"DELETE FROM t", 2},
		{"START TRANSACTION READ ONLY", 2},
		{"SET @b = 1", 2},
		{"BEGIN; INSERT INTO t VALUES (1)", 1},
		{"CREATE TABLE u (a INT)", 2}, // commits
		{"BEGIN; ALTER TABLE t ADD b INT", 2},
		{"SET autocommit=0; SELECT 1", 1},
		{"SET autocommit=1", 2},
		{"PREPARE s FROM 'COMMIT'; BEGIN; EXECUTE s", 2},
		{"LOCK TABLES t WRITE", 1},
		{"UNLOCK TABLES", 2},
		{"CREATE TEMPORARY TABLE tmp (a INT); DROP TABLE tmp", 2},
		{"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", 1},
		{"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", 2},
		{"BEGIN; SELECT COUNT(*) FROM t INTO @n; COMMIT", 2},
		{"DO (SELECT @n)", 2},
	} {
		for statement := range strings.SplitSeq(tt.statements, "; ") {
			run(t, c, statement)
		}
		if got := query[int](t, c, "SELECT @@server_id"); got != tt.want {
			t.Errorf("after %s a read went to server %d, want %d", tt.statements, got, tt.want)
		}
	}
	run(t, c, "SET @@tx_isolation='SERIALIZABLE'")
	if got := query[string](t, c, "SELECT @@tx_isolation"); got != "REPEATABLE-READ" {
		t.Errorf("SET @@tx_isolation is for the session, which has %s now", got)
	}
	if got := query[int](t, c, "SELECT @n"); got != 1 {
		t.Errorf("a variable that was set in a transaction is %d, want 1", got)
	}
}

// Ensure that a statement can be stopped while it waits for a replica.
func TestRealCausalWaitStopped(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	root(t, replica, "STOP SLAVE", "CHANGE MASTER TO master_delay=60", "START SLAVE")
	p := start(t, "-config", splitting(t, map[string]string{"local": "causal_reads=local\ncausal_reads_timeout=50s"}, primary, replica))
	c := p.connect(t, "local-Listener", appUser("waits"))
	run(t, c, "INSERT INTO t VALUES (1)")
	done := make(chan error, 1)
	go func() {
		_, err := c.ExecContext(context.WithoutCancel(t.Context()), "SELECT COUNT(*) FROM t")
		done <- err
	}()
	s, err := p.engine.Session(p.sessionID(t, "waits"))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the wait to be stopped", func() bool {
		_ = s.CancelStatement("ann") // an error says that it does not wait yet
		select {
		case err := <-done:
			if errorNumber(err) != 1317 {
				t.Errorf("the client got %v, want error 1317", err)
			}
			return true
		default:
			return false
		}
	})
	run(t, c, "INSERT INTO t VALUES (2)") // the session goes on
}
