//go:build !js

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file has the monitor change a cluster of real MariaDB servers.

// trio starts the program in front of a primary and two replicas. more are
// parameters of the monitor.
func trio(t *testing.T, more ...string) (p *program, servers [3]*enginetest.MariaDB) {
	t.Helper()
	servers[0], servers[1], servers[2] = enginetest.StartTrio(t)
	return start(t, "-config", monitored(t, servers[:], more...)), servers
}

// monitored is the configuration of a program in front of servers. more are
// parameters of the monitor.
func monitored(t *testing.T, servers []*enginetest.MariaDB, more ...string) (file string) {
	t.Helper()
	file = configuration(t, servers...)
	edit(t, file, "module=mariadbmon", "module=mariadbmon\nreplication_user=replica\nreplication_password=replica-pw\n"+strings.Join(more, "\n"))
	return file
}

func (p *program) states(t *testing.T) string {
	t.Helper()
	var states []string
	for _, s := range p.engine.Servers() {
		states = append(states, s.State)
	}
	return strings.Join(states, " | ")
}

func (p *program) waitStates(t *testing.T, want string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("states: %s", p.states(t))
		}
	}()
	waitFor(t, "the states "+want, func() bool { return p.states(t) == want })
}

// writer inserts numbers through the program all the time, one connection and
// one statement each, and keeps those that were acknowledged.
type writer struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	acked []int
	fails int
}

func startWriter(t *testing.T, p *program) *writer {
	t.Helper()
	c := appUser("writer")
	c.Net, c.Addr = "tcp", listenerAddress(p.engine, "RW-Listener")
	c.AllowNativePasswords = true
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(&c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(3)
	ctx, cancel := context.WithCancel(t.Context())
	w := &writer{cancel: cancel}
	if _, err := db.ExecContext(ctx, "CREATE TABLE numbers (n INT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		w.wg.Go(func() {
			for n := i; ctx.Err() == nil; n += 3 {
				_, err := db.ExecContext(ctx, "INSERT INTO numbers VALUES (?)", n)
				w.mu.Lock()
				if err == nil {
					w.acked = append(w.acked, n)
				} else {
					w.fails++
				}
				w.mu.Unlock()
			}
		})
	}
	t.Cleanup(func() {
		w.stop()
		_ = db.Close()
	})
	return w
}

func (w *writer) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

func (w *writer) stop() {
	w.cancel()
	w.wg.Wait()
}

// more waits until that many more rows were acknowledged.
func (w *writer) more(t *testing.T, n int) {
	t.Helper()
	want := w.count() + n
	waitFor(t, "writes to go on", func() bool { return w.count() >= want })
}

// lost returns how many rows that were acknowledged a server does not have.
func (w *writer) lost(t *testing.T, m *enginetest.MariaDB) int {
	t.Helper()
	rows, err := m.Open(t, "root", "app").Query("SELECT n FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	has := map[int]bool{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		has[n] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, n := range w.acked {
		if !has[n] {
			lost++
		}
	}
	return lost
}

// order calls a command of the monitor's module, as MaxCtrl does.
func (p *program) order(t *testing.T, l login, method, command string, args ...string) (int, string) {
	t.Helper()
	for i := range args {
		args[i] = url.QueryEscape(args[i])
	}
	return p.call(t, l, method, "/v1/maxscale/modules/mariadbmon/"+command+"?"+strings.Join(args, "&"), "")
}

// Ensure that a switchover loses nothing that a client was told to be written,
// that clients go on, and that it works there and back.
func TestRealSwitchover(t *testing.T) {
	p, servers := trio(t)
	admin := p.firstAdmin(t)
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")
	w := startWriter(t, p)
	w.more(t, 20)
	for _, step := range []struct{ to, states string }{
		{"server2", "Slave, Running | Master, Running | Slave, Running"},
		{"server3", "Slave, Running | Slave, Running | Master, Running"},
		{"server1", "Master, Running | Slave, Running | Slave, Running"},
	} {
		if status, body := p.order(t, admin, http.MethodPost, "switchover", "Monitor", step.to); status != http.StatusNoContent {
			t.Fatalf("switchover to %s: got %d, want 204: %s", step.to, status, body)
		}
		p.waitStates(t, step.states)
		w.more(t, 20)
	}
	w.stop()
	for i, m := range servers {
		if i > 0 {
			servers[0].WaitReplicated(t, m)
		}
		if lost := w.lost(t, m); lost > 0 {
			t.Errorf("server%d lacks %d of %d acknowledged rows", i+1, lost, len(w.acked))
		}
	}
	t.Logf("%d rows acknowledged, %d statements failed", len(w.acked), w.fails)
}

// Ensure that switchovers without writes between them work, by command later too,
// and that replication can be reset and a server be brought back.
func TestRealCommands(t *testing.T) {
	p, servers := trio(t)
	admin := p.firstAdmin(t)
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")
	done := func(command string, args ...string) {
		t.Helper()
		began := time.Now()
		if status, body := p.order(t, admin, http.MethodPost, command, args...); status != http.StatusNoContent {
			t.Fatalf("%s %v: got %d, want 204: %s", command, args, status, body)
		}
		t.Logf("%s %v took %v", command, args, time.Since(began))
	}
	done("switchover", "Monitor", "server2")
	done("switchover", "Monitor", "server1")
	done("switchover-force", "Monitor", "server3")
	p.waitStates(t, "Slave, Running | Slave, Running | Master, Running")
	done("async-switchover", "Monitor", "server1")
	waitFor(t, "the switchover", func() bool {
		_, body := p.order(t, admin, http.MethodGet, "fetch-cmd-result", "Monitor")
		return strings.Contains(body, "switchover completed successfully.")
	})
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")

	db := servers[1].Open(t, "root", "")
	for _, statement := range []string{"STOP SLAVE", "RESET SLAVE ALL"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	p.waitStates(t, "Master, Running | Running | Slave, Running")
	done("rejoin", "Monitor", "server2")
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")
	if status, body := p.order(t, admin, http.MethodPost, "rejoin", "Monitor", "server2"); status != 400 || !strings.Contains(body, "already connected") {
		t.Errorf("rejoin again: got %d %s", status, body)
	}
	done("reset-replication", "Monitor", "server2")
	p.waitStates(t, "Slave, Running | Master, Running | Slave, Running")
	if _, err := servers[1].Open(t, enginetest.AppUser, "app").Exec("CREATE TABLE after_reset (a INT)"); err != nil {
		t.Fatal(err)
	}
	servers[1].WaitReplicated(t, servers[0])
	servers[1].WaitReplicated(t, servers[2])
}

// Ensure that a switchover that cannot be is refused in clear words, and that
// one that fails half-way is undone.
func TestRealSwitchoverUndone(t *testing.T) {
	p, servers := trio(t, "switchover_timeout=3s")
	admin := p.firstAdmin(t)
	const healthy = "Master, Running | Slave, Running | Slave, Running"
	p.waitStates(t, healthy)
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"Monitor", "server1"}, 400, "it is already the primary"},
		{[]string{"Monitor", "server2", "server3"}, 400, "it is not the primary"},
		{[]string{"Monitor", "nobody"}, 400, "Argument 2, nobody: server not found"},
		{[]string{"Nobody"}, 400, "Argument 1, Nobody: monitor of module mariadbmon not found"},
		{nil, 400, "Expected between 1 and 3 arguments, got 0."},
	} {
		if status, body := p.order(t, admin, http.MethodPost, "switchover", tt.args...); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%v: got %d %s, want %d %s", tt.args, status, body, tt.status, tt.want)
		}
	}
	if status, body := p.order(t, admin, http.MethodPost, "failover", "Monitor"); status != 400 || !strings.Contains(body, "it is a running master") {
		t.Errorf("failover: got %d %s", status, body)
	}

	// A replica that gets what the primary has, but cannot execute it.
	replica := servers[1].Open(t, "root", "app")
	lock, err := replica.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	primary := servers[0].Open(t, "root", "app")
	for _, statement := range []string{"CREATE TABLE held (a INT)"} {
		if _, err := primary.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	servers[0].WaitReplicated(t, servers[1])
	if _, err := lock.ExecContext(t.Context(), "LOCK TABLES held WRITE"); err != nil {
		t.Fatal(err)
	}
	if _, err := primary.Exec("INSERT INTO held VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	status, body := p.order(t, admin, http.MethodPost, "switchover", "Monitor", "server2")
	if status != 400 || !strings.Contains(body, "has not reached") || !strings.Contains(body, "undone: server1 is writable again") {
		t.Errorf("got %d %s", status, body)
	}
	if _, err := lock.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatal(err)
	}
	p.waitStates(t, healthy)
	if _, err := servers[0].Open(t, enginetest.AppUser, "app").Exec("INSERT INTO held VALUES (2)"); err != nil {
		t.Errorf("the primary takes no writes: %v", err)
	}
	var result struct {
		Meta struct{ Errors []struct{ Detail string } }
	}
	if status, body := p.order(t, admin, http.MethodGet, "fetch-cmd-result", "Monitor"); status != 200 || json.Unmarshal([]byte(body), &result) != nil || len(result.Meta.Errors) < 3 {
		t.Errorf("fetch-cmd-result: got %d %s", status, body)
	}
}

// Ensure that the death of the primary is followed by a failover, that clients
// go on, and that the old primary comes back as a replica.
func TestRealFailover(t *testing.T) {
	p, servers := trio(t, "auto_failover=true", "auto_rejoin=true", "failcount=2", "enforce_read_only_slaves=true", "servers_no_promotion=server2")
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")
	w := startWriter(t, p)
	w.more(t, 20)
	servers[0].Stop(t)
	p.waitStates(t, "Down | Slave, Running | Master, Running")
	w.more(t, 20)
	w.stop()
	// Rows that the dead primary alone has keep it from coming back, so as not
	// to lose them unseen: there may be a few. See to it that there are none.
	servers[2].WaitReplicated(t, servers[1])
	if a, b := w.lost(t, servers[1]), w.lost(t, servers[2]); a != b {
		t.Errorf("the replicas differ: one lacks %d rows, the other %d", a, b)
	}
	servers[0].Start(t)
	var known, own string // also of what was committed and never acknowledged
	if err := servers[2].Open(t, "root", "").QueryRow("SELECT @@gtid_binlog_state").Scan(&known); err != nil {
		t.Fatal(err)
	}
	if err := servers[0].Open(t, "root", "").QueryRow("SELECT @@gtid_binlog_pos").Scan(&own); err != nil {
		t.Fatal(err)
	}
	t.Logf("old primary at %s, new one has %s; %d of %d acknowledged rows are missing", own, known, w.lost(t, servers[2]), len(w.acked))
	if !slices.Contains(strings.Split(known, ","), own) {
		return
	}
	p.waitStates(t, "Slave, Running | Slave, Running | Master, Running")
	waitFor(t, "the old primary to be read-only", func() bool {
		var readOnly bool
		_ = servers[0].Open(t, "root", "").QueryRow("SELECT @@read_only").Scan(&readOnly)
		return readOnly
	})
}

// Ensure that read_only is set where it should be, whoever has changed it, and
// that a script hears of what happens.
func TestRealReadOnly(t *testing.T) {
	p, servers := trio(t, "enforce_read_only_slaves=true", "enforce_writable_master=true", "script=/bin/echo heard of $EVENT at $INITIATOR")
	const healthy = "Master, Running | Slave, Running | Slave, Running"
	p.waitStates(t, healthy)
	readOnly := func(i int) (is bool) {
		if err := servers[i].Open(t, "root", "").QueryRow("SELECT @@read_only").Scan(&is); err != nil {
			t.Fatal(err)
		}
		return is
	}
	set := func(i int, value string) {
		if _, err := servers[i].Open(t, "root", "").Exec("SET GLOBAL read_only=" + value); err != nil {
			t.Fatal(err)
		}
	}
	set(1, "0")
	waitFor(t, "a replica to be read-only", func() bool { return readOnly(1) })
	set(0, "1")
	waitFor(t, "the primary to be writable", func() bool { return !readOnly(0) })
	p.waitStates(t, healthy)
	servers[2].Stop(t)
	p.waitStates(t, "Master, Running | Slave, Running | Down")
	waitFor(t, "the script", func() bool {
		return strings.Contains(p.out.(*output).String(), "heard of slave_down at [127.0.0.1]:"+strconv.Itoa(servers[2].Port))
	})
}

// Ensure that sessions leave a server in maintenance with their client none the
// wiser, that force ends those at work, and that a drained server keeps what it
// has.
func TestRealMaintenance(t *testing.T) {
	p, _ := trio(t)
	admin := p.firstAdmin(t)
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")
	c := p.connect(t, "RW-Listener", appUser("app"))
	run(t, c, "SET @a = 41")
	set := func(server, what, query string) {
		t.Helper()
		if status, body := p.call(t, admin, http.MethodPut, "/v1/servers/"+server+"/"+what+"?"+query, ""); status != http.StatusNoContent {
			t.Fatalf("%s %s: got %d: %s", what, query, status, body)
		}
	}
	connections := func(name string) int64 { s, _ := p.engine.Server(name); return s.Connections }

	set("server2", "set", "state=maintenance")
	p.waitStates(t, "Master, Running | Maintenance, Running | Slave, Running")
	waitFor(t, "sessions to leave", func() bool { return connections("server2") == 0 })
	if got := query[int](t, c, "SELECT @a + 1"); got != 42 {
		t.Errorf("a variable: got %d, want 42", got)
	}
	if got := query[int](t, c, "SELECT @@server_id"); got != 3 {
		t.Errorf("a read went to server %d, want 3", got)
	}
	set("server2", "clear", "state=maintenance")
	p.waitStates(t, "Master, Running | Slave, Running | Slave, Running")

	set("server1", "set", "state=drain")
	p.waitStates(t, "Draining, Master, Running | Slave, Running | Slave, Running")
	run(t, c, "CREATE TABLE drained (a INT)")
	set("server1", "clear", "state=drain")

	run(t, c, "BEGIN")
	run(t, c, "INSERT INTO drained VALUES (1)")
	set("server1", "set", "state=maintenance")
	run(t, c, "INSERT INTO drained VALUES (2)")
	run(t, c, "COMMIT")
	waitFor(t, "sessions to leave", func() bool { return connections("server1") == 0 })
	set("server1", "clear", "state=maintenance")

	busy := p.connect(t, "RW-Listener", appUser("busy"))
	done := make(chan error, 1)
	go func() {
		_, err := busy.ExecContext(t.Context(), "DO (SELECT SLEEP(120))")
		done <- err
	}()
	waitFor(t, "the statement", func() bool { s, _ := p.engine.Server("server1"); return s.ActiveOperations > 0 })
	set("server1", "set", "state=maintenance&force=yes")
	select {
	case err := <-done:
		if err == nil {
			t.Error("a session at work went on")
		}
	case <-time.After(20 * time.Second):
		t.Error("a session at work on a server in maintenance goes on, in spite of force")
	}
	if diff := cmp.Diff("Maintenance, Running | Slave, Running | Slave, Running", p.states(t)); diff != "" {
		t.Error(diff)
	}
}
