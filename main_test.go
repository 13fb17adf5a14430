//go:build !js

package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// This file runs the whole program in front of its demo.

// start runs the program until the test ends and returns it once everything
// listens. Without -config in args it is the demo on free ports.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	if !strings.Contains(strings.Join(args, " "), "-config") {
		args = append(args, "-demo-free-ports", "-demo-clients", "0")
	}
	log := &output{}
	o, err := parseFlags(append(args, "-admin-port", "0"), log)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(o, log, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		began := time.Now()
		if err := errors.Join(<-done, p.Close()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the program ended after %v", took)
		}
		if t.Failed() {
			t.Logf("output of the program:\n%s", log)
		}
	})
	select {
	case <-p.ready:
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	return p
}

// output is what a program prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// login is a user of the REST API.
type login struct{ name, password string }

var (
	adminLogin  = login{"admin", "admin-demo"}
	viewerLogin = login{"viewer", "viewer-demo"}
)

// call makes a request and returns the status and the body.
func (p *program) call(t *testing.T, l login, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(l.name, l.password)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// sessionID returns the id of the session with a program_name.
func (p *program) sessionID(t *testing.T, name string) uint64 {
	t.Helper()
	for _, s := range p.engine.Sessions() {
		if i := s.Info(); i.Attributes["program_name"] == name {
			return i.ID
		}
	}
	t.Fatalf("no session %q", name)
	return 0
}

// connect opens one connection through a listener.
func (p *program) connect(t *testing.T, listener string, c mysql.Config) *sql.Conn {
	t.Helper()
	m := mysql.NewConfig()
	m.User, m.Passwd, m.DBName, m.MultiStatements, m.AllowAllFiles = c.User, c.Passwd, c.DBName, c.MultiStatements, c.AllowAllFiles
	m.ConnectionAttributes, m.Net, m.Addr = c.ConnectionAttributes, "tcp", listenerAddress(p.engine, listener)
	m.MaxAllowedPacket, m.Logger = 128<<20, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(m)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func demoUser(name string) mysql.Config {
	return mysql.Config{User: "demo", Passwd: "demo", DBName: "shop", ConnectionAttributes: "program_name:" + name}
}

func query[T any](t *testing.T, c *sql.Conn, statement string, args ...any) (v T) {
	t.Helper()
	if err := c.QueryRowContext(t.Context(), statement, args...).Scan(&v); err != nil {
		t.Fatalf("%.200s: %v", statement, err)
	}
	return v
}

func run(t *testing.T, c *sql.Conn, statement string, args ...any) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%.200s: %v", statement, err)
	}
}

func errorNumber(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// waitFor polls until ok, at most 10 seconds.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// Ensure that SQL goes through both listeners, by the driver and by the real
// client, and that the sessions are seen over REST.
func TestDemo(t *testing.T) {
	p := start(t)
	rw := p.connect(t, "RW-Split-Listener", demoUser("rw"))
	if got := query[int](t, rw, "SELECT COUNT(*) FROM orders"); got != 1000 {
		t.Errorf("orders: got %d, want 1000", got)
	}
	run(t, rw, "INSERT INTO orders (customer_id) VALUES (?)", 5)
	run(t, rw, "SHOW WARNINGS")
	ro := p.connect(t, "Read-Connection-Listener", demoUser("ro"))
	if got := query[int](t, ro, "SELECT COUNT(*) FROM orders"); got != 1001 {
		t.Errorf("orders through the other service: got %d, want 1001", got)
	}
	if _, err := ro.ExecContext(t.Context(), "DELETE FROM orders"); errorNumber(err) != 1290 {
		t.Errorf("write at the replica: got %v, want error 1290", err)
	}
	if got := query[int](t, rw, "SELCT 7"); got != 7 {
		t.Errorf("the filter Regex: got %d, want 7", got)
	}

	status, body := p.call(t, viewerLogin, http.MethodGet, "/v1/sessions/"+fmt.Sprint(p.sessionID(t, "rw")), "")
	if status != http.StatusOK || !strings.Contains(body, `"demo"`) || !strings.Contains(body, "RW-Split-Router") {
		t.Errorf("GET session: %d %s", status, body)
	}
	for _, s := range p.engine.Sessions() {
		if i := s.Info(); i.Activity.Trx {
			t.Errorf("session %d is in a transaction after %q", i.ID, i.Activity.Statement)
		}
	}

	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("the mariadb client is not installed")
	}
	host, port, _ := net.SplitHostPort(listenerAddress(p.engine, "RW-Split-Listener"))
	out, err := exec.CommandContext(t.Context(), client, "-h"+host, "-P"+port, "-udemo", "-pdemo", "shop", "-N", "-B", "-e",
		"SELECT 6*7; USE bank; SELECT MIN(id) FROM accounts; BEGIN; INSERT INTO transfers (debtor, creditor, amount) VALUES (1000, 1001, 5); SELECT COUNT(*) FROM transfers; ROLLBACK; SELECT COUNT(*) FROM transfers").CombinedOutput()
	if want := "42\n1000\n1\n0\n"; err != nil || string(out) != want {
		t.Errorf("mariadb: got %q and %v, want %q", out, err, want)
	}
}

// Ensure that a kill with a TTL is seen in the push feed, reaches the client as
// error 1927 and is refused to a read-only user.
func TestKill(t *testing.T) {
	p := start(t)
	feed := p.subscribe(t)
	began := time.Now()
	victim := p.connect(t, "RW-Split-Listener", demoUser("victim"))
	id := p.sessionID(t, "victim")
	path := fmt.Sprintf("/v1/sessions/%d", id)
	feed.until(t, "the session appears", func(f api.Frame) bool { return strings.Contains(rows(f), fmt.Sprintf(`"%d"`, id)) })
	if took := time.Since(began); took > time.Second {
		t.Errorf("the session appeared after %v", took)
	}

	if status, _ := p.call(t, viewerLogin, http.MethodDelete, path, ""); status != http.StatusForbidden {
		t.Errorf("kill by a read-only user: got %d, want 403", status)
	}
	if status, _ := p.call(t, adminLogin, http.MethodDelete, path+"?ttl=abc", ""); status != http.StatusBadRequest {
		t.Errorf("kill with ttl=abc: got %d, want 400", status)
	}
	if got := query[int](t, victim, "SELECT 1"); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	if status, body := p.call(t, adminLogin, http.MethodDelete, path+"?ttl=1", ""); status/100 != 2 {
		t.Fatalf("kill with ttl=1: %d %s", status, body)
	}
	began = time.Now()
	feed.until(t, "the kill is pending", func(f api.Frame) bool { return strings.Contains(rows(f), `"kill"`) })
	feed.until(t, "the session goes", func(f api.Frame) bool { return strings.Contains(strings.Join(f.Removed, " "), fmt.Sprint(id)) })
	if took := time.Since(began); took < 900*time.Millisecond || took > 2*time.Second {
		t.Errorf("a kill with a TTL of a second took %v", took)
	}
	if _, err := victim.ExecContext(t.Context(), "SELECT 1"); errorNumber(err) != 1927 && !errors.Is(err, mysql.ErrInvalidConn) {
		t.Errorf("the killed client got %v, want error 1927", err)
	}
}

// Ensure that a running statement is stopped by a kill.
func TestKillRunning(t *testing.T) {
	p := start(t)
	victim := p.connect(t, "RW-Split-Listener", demoUser("victim"))
	id := p.sessionID(t, "victim")
	done := make(chan error, 1)
	go func() {
		_, err := victim.ExecContext(t.Context(), "SELECT SLEEP(60)")
		done <- err
	}()
	waitFor(t, "the statement", func() bool {
		s, err := p.engine.Session(id)
		return err == nil && strings.Contains(s.Info().Activity.Statement, "SLEEP")
	})
	if status, body := p.call(t, adminLogin, http.MethodDelete, fmt.Sprintf("/v1/sessions/%d", id), ""); status/100 != 2 {
		t.Fatalf("kill: %d %s", status, body)
	}
	if err := <-done; errorNumber(err) != 1927 {
		t.Errorf("the killed statement got %v, want error 1927", err)
	}
}

// feed is a push connection that shows all sessions.
type feed struct{ *websocket.Conn }

func (p *program) subscribe(t *testing.T) feed {
	t.Helper()
	header := http.Header{}
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth(viewerLogin.name, viewerLogin.password)
	header.Set("Authorization", r.Header.Get("Authorization"))
	conn, answer, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(p.url(), "http", "ws", 1)+"/v1/ws", header)
	if err != nil {
		t.Fatalf("websocket: %v (%v)", err, answer)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.WriteJSON(api.Subscribe{Type: api.SubscribeType, View: "all", Topic: api.TopicSessions, Limit: 100}); err != nil {
		t.Fatal(err)
	}
	f := feed{conn}
	f.until(t, "the snapshot", func(f api.Frame) bool { return f.Type == api.FrameSnapshot })
	return f
}

// rows is the text of the rows that a frame brings.
func rows(f api.Frame) string {
	var b strings.Builder
	for _, u := range f.Upserts {
		b.Write(u)
	}
	return b.String()
}

// until reads frames until one is right.
func (f feed) until(t *testing.T, what string, right func(api.Frame) bool) {
	t.Helper()
	if err := f.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		var frame api.Frame
		if err := f.ReadJSON(&frame); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if right(frame) {
			return
		}
	}
}

// Ensure that an address in use is an error that says what to do.
func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	err = command(t.Context(), []string{"-admin-port", port, "-demo-clients", "0"}, strings.NewReader(""), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), port) || !strings.Contains(err.Error(), "admin_port") {
		t.Errorf("got %v, want the port and what to do", err)
	}
}

// Ensure that the accounts that everybody knows stay on loopback.
func TestDemoStaysOnLoopback(t *testing.T) {
	err := command(t.Context(), []string{"-admin-host", "0.0.0.0", "-admin-port", "0"}, strings.NewReader(""), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// Ensure that -check says what is wrong, where, and accepts what we ship.
func TestCheck(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.cnf")
	if err := os.WriteFile(bad, []byte("[s1]\ntype=server\naddress=127.0.0.1\nprot=3306\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := command(t.Context(), []string{"-check", "-config", bad}, strings.NewReader(""), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "bad.cnf:4") || !strings.Contains(err.Error(), "prot") {
		t.Errorf("got %v, want line 4 and the name", err)
	}
	for parameter, want := range map[string]string{
		"admin_trusted_proxies=10.0.0.0/8,proxy.example": "proxy.example", "admin_base_path=db": "db",
		"admin_origins=console.example": "console.example", "admin_frame_ancestors=*": "frame ancestor",
	} {
		if err := os.WriteFile(bad, []byte("[maxscale]\n"+parameter+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := command(t.Context(), []string{"-check", "-config", bad}, strings.NewReader(""), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", parameter, err, want)
		}
	}
	// Flags count without a section [maxscale], too.
	if err := os.WriteFile(bad, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err = command(t.Context(), []string{"-check", "-config", bad, "-admin-base-path", "console"}, strings.NewReader(""), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `"console" is not a path`) {
		t.Errorf("got %v, want what is wrong with the path", err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "```ini\n")
	text, _, found := strings.Cut(text, "```")
	shown := filepath.Join(t.TempDir(), "readme.cnf")
	if err := os.WriteFile(shown, []byte(text), 0o600); err != nil || !found {
		t.Fatalf("README.md has no configuration (%v)", err)
	}
	for _, args := range [][]string{{"-check"}, {"-check", "-config", "assets/signalbox.cnf"}, {"-check", "-config", shown}} {
		out := &output{}
		if err := command(t.Context(), args, strings.NewReader(""), out, out); err != nil || !strings.Contains(out.String(), "is good") {
			t.Errorf("%q: got %v and %s", args, err, out)
		}
	}
}

// Ensure that the command line refuses what makes no sense.
func TestFlags(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"-config x -demo-clients 3", "-demo-clients"},
		{"-check -admin-base-path console", `"console" is not a path`},
		{"-demo-clients -1", "0 to 1000"},
		{"-log-level loud", "loud"},
		{"-admin-port 70000", "70000"},
		{"-admin-environment pröd", "at most 16 letters"},
		{"start", `"start"`},
		{"-nonsense", "nonsense"},
		{"user", "usage"},
		{"user create bob -role admin", "-config"},
	} {
		err := command(t.Context(), strings.Fields(tt.args), strings.NewReader(""), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %q", tt.args, err, tt.want)
		}
	}
}

// Ensure that the browser gets the wasm_exec.js of the Go that builds the
// console: go-app delivers its own copy, which a new Go may leave behind.
func TestWasmExec(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t)
	if status, got := p.call(t, viewerLogin, http.MethodGet, "/wasm_exec.js", ""); status != http.StatusOK || got != string(want) {
		t.Errorf("got %d and %d bytes that differ from those of Go, which has %d", status, len(got), len(want))
	}
}
