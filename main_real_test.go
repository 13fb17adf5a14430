//go:build !js

package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file runs the whole program, from a configuration file, in front of real
// MariaDB servers.

// configuration writes a configuration file for servers.
func configuration(t *testing.T, servers ...*enginetest.MariaDB) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	fmt.Fprintf(&b, "[maxscale]\nadmin_host=127.0.0.1\nadmin_port=8989\ndatadir=%s\nlogdir=%s\nretain_last_statements=20\n", dir, dir)
	var names []string
	for i, s := range servers {
		name := fmt.Sprint("server", i+1)
		names = append(names, name)
		fmt.Fprintf(&b, "[%s]\ntype=server\naddress=%s\nport=%d\n", name, s.Host, s.Port)
	}
	list := strings.Join(names, ",")
	fmt.Fprintf(&b, "[Monitor]\ntype=monitor\nmodule=mariadbmon\nservers=%s\nuser=%s\npassword='%s'\nmonitor_interval=200ms\n", list, enginetest.MonitorUser, enginetest.MonitorPassword)
	for _, s := range []struct{ name, router, port string }{{"RW", "readwritesplit", free(t)}, {"Read", "readconnroute\nrouter_options=slave", free(t)}} {
		fmt.Fprintf(&b, "[%s]\ntype=service\nrouter=%s\nservers=%s\nuser=%s\npassword=%s\n", s.name, s.router, list, enginetest.ServiceUser, enginetest.ServicePassword)
		fmt.Fprintf(&b, "[%s-Listener]\ntype=listener\nservice=%s\naddress=127.0.0.1\nport=%s\n", s.name, s.name, s.port)
	}
	file := filepath.Join(dir, "signalbox.cnf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// edit replaces texts in a file, in the pairs of strings.NewReplacer.
func edit(t *testing.T, file string, oldnew ...string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(oldnew...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// free returns a TCP port that nobody uses now.
func free(t *testing.T) string {
	t.Helper()
	return strconv.Itoa(enginetest.FreePort(t))
}

func appUser(name string) mysql.Config {
	return mysql.Config{User: enginetest.AppUser, Passwd: enginetest.AppPassword, DBName: "app", ConnectionAttributes: "program_name:" + name, AllowAllFiles: true}
}

// Ensure that the program works in front of a primary and a replica: splitting,
// transactions, prepared statements, packets above 16 MB and files.
func TestReal(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	p := start(t, "-config", configuration(t, primary, replica))
	c := p.connect(t, "RW-Listener", appUser("app"))

	if got := query[int](t, c, "SELECT @@server_id"); got != 2 {
		t.Errorf("a read went to server %d, want 2", got)
	}
	run(t, c, "CREATE TABLE t (a INT PRIMARY KEY, b LONGBLOB)")
	run(t, c, "BEGIN")
	if got := query[int](t, c, "SELECT @@server_id"); got != 1 {
		t.Errorf("a read in a transaction went to server %d, want 1", got)
	}
	run(t, c, "INSERT INTO t VALUES (?, ?)", 1, "one")
	run(t, c, "COMMIT")
	primary.WaitReplicated(t, replica)
	if got := query[string](t, c, "SELECT b FROM t WHERE a = ?", 1); got != "one" {
		t.Errorf("prepared read: got %q, want one", got)
	}
	run(t, c, "SET @a = 41")
	if got := query[int](t, c, "SELECT @a + 1"); got != 42 {
		t.Errorf("a variable: got %d, want 42", got)
	}

	const packet = 1<<24 - 1
	for i, size := range []int{packet - 40, packet - 1, packet, packet + 1, 40 << 20} {
		want := bytes.Repeat([]byte{'x'}, size)
		run(t, c, "REPLACE INTO t VALUES (?, ?)", 10+i, want)
		if got := query[[]byte](t, c, "SELECT b FROM t WHERE a = ? FOR UPDATE", 10+i); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d", size, len(got))
		}
	}

	file := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(file, []byte("100\thundred\n101\tand one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mysql.RegisterLocalFile(file)
	run(t, c, "LOAD DATA LOCAL INFILE '"+file+"' INTO TABLE t")
	if got := query[int](t, c, "SELECT COUNT(*) FROM t WHERE a >= 100 FOR UPDATE"); got != 2 {
		t.Errorf("rows of a file: got %d, want 2", got)
	}

	read := p.connect(t, "Read-Listener", appUser("read"))
	if got := query[int](t, read, "SELECT @@server_id"); got != 2 {
		t.Errorf("readconnroute: got server %d, want 2", got)
	}
	realClient(t, p)
}

// realClient runs the mariadb client through the program.
func realClient(t *testing.T, p *program) {
	t.Helper()
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(listenerAddress(p.engine, "RW-Listener"))
	run := func(statements string) string {
		out, err := exec.CommandContext(t.Context(), client, "-h"+host, "-P"+port, "-u"+enginetest.AppUser, "-p"+enginetest.AppPassword, "app", "-N", "-B", "--show-warnings", "-e", statements).CombinedOutput()
		if err != nil {
			return string(out) + err.Error()
		}
		return string(out)
	}
	for _, tt := range []struct{ statements, want string }{
		{"SELECT 6*7", "42\n"},
		{"SELECT 1/0", "NULL\nWarning (Code 1365): Division by 0\n"},
		{"PREPARE s FROM 'SELECT ? + 1'; SET @a = 4; EXECUTE s USING @a; DEALLOCATE PREPARE s", "5\n"},
		{"DELIMITER //\nBEGIN NOT ATOMIC SELECT 1; SELECT 2; END//", "1\n2\n"},
		{"CREATE TEMPORARY TABLE tmp (a INT); INSERT INTO tmp VALUES (3); SELECT a FROM tmp", "3\n"},
		{"SET autocommit=0; INSERT INTO t (a) VALUES (200); ROLLBACK; SELECT COUNT(*) FROM t WHERE a = 200", "0\n"},
	} {
		if got := run(tt.statements); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.statements, got, tt.want)
		}
	}
	if got := run("SELECT nonsense"); !strings.Contains(got, "ERROR 1054") {
		t.Errorf("got %q, want error 1054", got)
	}
}

// Ensure that a kill stops the running statement on its server and nobody else
// notices.
func TestRealKill(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	p := start(t, "-config", configuration(t, primary, replica))
	bystander := p.connect(t, "RW-Listener", appUser("bystander"))
	run(t, bystander, "BEGIN")
	victim := p.connect(t, "RW-Listener", appUser("victim"))
	done := make(chan error, 1)
	go func() {
		_, err := victim.ExecContext(t.Context(), "SELECT SLEEP(120)")
		done <- err
	}()
	running := func() bool { return sleeping(t, primary)+sleeping(t, replica) == 1 }
	waitFor(t, "the statement on a server", running)
	s, err := p.engine.Session(p.sessionID(t, "victim"))
	if err != nil {
		t.Fatal(err)
	}
	admin := p.firstAdmin(t)
	if status, body := p.call(t, admin, http.MethodDelete, fmt.Sprintf("/v1/sessions/%d", s.ID()), ""); status/100 != 2 {
		t.Fatalf("kill: %d %s", status, body)
	}
	if err := <-done; errorNumber(err) != 1927 {
		t.Errorf("the client got %v, want error 1927", err)
	}
	waitFor(t, "the end of the statement on its server", func() bool { return !running() })
	run(t, bystander, "COMMIT")
}

func sleeping(t *testing.T, m *enginetest.MariaDB) int {
	t.Helper()
	var n int
	if err := m.Open(t, "root", "").QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(120)%'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Ensure that sessions outlive the crash of a replica, and that the monitor
// says so.
func TestRealReplicaCrash(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	p := start(t, "-config", configuration(t, primary, replica))
	c := p.connect(t, "RW-Listener", appUser("app"))
	if got := query[int](t, c, "SELECT @@server_id"); got != 2 {
		t.Fatalf("a read went to server %d, want 2", got)
	}
	replica.Stop(t)
	if got := query[int](t, c, "SELECT @@server_id"); got != 1 {
		t.Errorf("after the crash a read went to server %d, want 1", got)
	}
	state := func() string { s, _ := p.engine.Server("server2"); return s.State }
	waitFor(t, "the monitor to notice", func() bool { return state() == "Down" })
	replica.Start(t)
	waitFor(t, "the monitor to notice", func() bool { return strings.Contains(state(), "Slave") })
	waitFor(t, "reads at the replica", func() bool { return query[int](t, c, "SELECT @@server_id") == 2 })
}

var setupCode = regexp.MustCompile(`(?m)^  ([A-Z2-7]{20,})$`)

// firstAdmin makes the first user of the REST API, as a script does.
func (p *program) firstAdmin(t *testing.T) login {
	t.Helper()
	l := login{"ops", "ops-password"}
	err := command(t.Context(), []string{"user", "create", l.name, "-role", "admin", "-password-stdin", "-config", p.setup.options.config},
		strings.NewReader(l.password+"\n"), &output{}, &output{})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the user", func() bool {
		status, _ := p.call(t, l, http.MethodGet, "/v1/sessions", "")
		return status == http.StatusOK
	})
	return l
}

// Ensure that a first start prints a setup code and no password works, that
// users are made while the program runs, and that they may only do what their
// role allows.
func TestUsers(t *testing.T) {
	file := configuration(t, &enginetest.MariaDB{Host: "127.0.0.1", Port: 1}) // nobody there
	p := start(t, "-config", file)
	if text := p.out.(*output).String(); !setupCode.MatchString(text) {
		t.Errorf("no setup code in:\n%s", text)
	}
	if status, _ := p.call(t, login{"admin", "mariadb"}, http.MethodGet, "/v1/sessions", ""); status != http.StatusUnauthorized {
		t.Errorf("MaxScale's default password: got %d, want 401", status)
	}
	admin := p.firstAdmin(t)
	user := func(in string, args ...string) error {
		return command(t.Context(), append([]string{"user"}, append(args, "-config", file)...), strings.NewReader(in), &output{}, &output{})
	}
	if err := user("short\n", "create", "reader", "-password-stdin"); err == nil {
		t.Error("a short password was accepted")
	}
	if err := user("reader-password\n", "create", "reader", "-role", "basic", "-password-stdin"); err != nil {
		t.Error(err)
	}
	if err := user("other-password\n", "create", "reader", "-password-stdin"); err == nil {
		t.Error("a second user of the same name was accepted")
	}
	reader := login{"reader", "reader-password"}
	waitFor(t, "the user", func() bool {
		status, _ := p.call(t, reader, http.MethodGet, "/v1/services", "")
		return status == http.StatusOK
	})
	if status, _ := p.call(t, reader, http.MethodPost, "/v1/sessions/restart", ""); status != http.StatusForbidden {
		t.Errorf("a change by a basic user: got %d, want 403", status)
	}
	if err := user("", "delete", "reader"); err != nil {
		t.Error(err)
	}
	waitFor(t, "the user to go", func() bool {
		status, _ := p.call(t, reader, http.MethodGet, "/v1/services", "")
		return status == http.StatusUnauthorized
	})
	if status, _ := p.call(t, admin, http.MethodGet, "/v1/services", ""); status != http.StatusOK {
		t.Errorf("the other user: got %d, want 200", status)
	}
}

// Ensure that what comes in place of a handshake ends its own connection and
// nothing else.
func TestRealGarbage(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	p := start(t, "-config", configuration(t, primary))
	c := p.connect(t, "RW-Listener", appUser("bystander"))
	for _, garbage := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x00\x00\x00\x01", "\xff\xff\xff\x01" + strings.Repeat("a", 1<<16), "\x20\x00\x00\x01half", ""} {
		conn, err := net.Dial("tcp", listenerAddress(p.engine, "RW-Listener"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(garbage)); err != nil {
			t.Error(err)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := bytes.NewBuffer(nil).ReadFrom(conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%.20q: the connection was not closed", garbage)
		}
		_ = conn.Close()
	}
	if got := query[int](t, c, "SELECT 1"); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	waitFor(t, "the other sessions to end", func() bool { return len(p.engine.Sessions()) == 1 })

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	wrong := appUser("wrong")
	wrong.Passwd = "wrong"
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/app", wrong.User, wrong.Passwd, listenerAddress(p.engine, "RW-Listener")))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(ctx); errorNumber(err) != 1045 {
		t.Errorf("a wrong password: got %v, want error 1045", err)
	}
}
