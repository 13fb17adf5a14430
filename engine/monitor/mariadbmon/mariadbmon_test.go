package mariadbmon

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// newMonitor makes a monitor of the servers a and b that is closed when the
// test ends.
func newMonitor(t *testing.T, parameters map[string]string) *Monitor {
	t.Helper()
	raw := map[string]string{
		"user": "monitor", "password": "secret", "servers": "a,b",
		"backend_connect_timeout": "10s", "backend_read_timeout": "10s",
	}
	for name, value := range parameters {
		raw[name] = value
	}
	o, _, err := module.NewObject("Monitor", &Module.Module, raw)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// variables answers SHOW GLOBAL VARIABLES.
func variables(pairs ...string) answer {
	rows := [][]string{{"Variable_name", "Value"}}
	for i := 0; i < len(pairs); i += 2 {
		rows = append(rows, pairs[i:i+2])
	}
	return answer{rows: rows}
}

func hostPort(t *testing.T, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func TestMariaDB(t *testing.T) {
	primary := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL VARIABLES": variables("version", "11.4.2-MariaDB-log", "server_id", "7", "read_only", "OFF",
			"max_allowed_packet", "16777216", "gtid_current_pos", "0-7-5", "gtid_binlog_pos", "0-7-5"),
		"SHOW GLOBAL STATUS":     variables("Uptime", "90"),
		"SHOW ALL SLAVES STATUS": {rows: [][]string{{"Connection_name"}}},
	}})
	host, port := hostPort(t, primary.Address)
	replica := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL VARIABLES": variables("version", "11.4.2-MariaDB", "server_id", "8", "read_only", "NO_LOCK"),
		"SHOW GLOBAL STATUS":    variables("Uptime", "no number"),
		"SHOW ALL SLAVES STATUS": {rows: [][]string{
			{
				"Connection_name", "Master_Host", "Master_Port", "Master_Server_Id", "Slave_IO_Running", "Slave_SQL_Running",
				"Seconds_Behind_Master", "Gtid_IO_Pos", "Using_Gtid", "Last_IO_Error", "Last_SQL_Error",
			},
			{"c1", host, port, "7", "Yes", "Yes", "2", "0-7-4", "Slave_Pos", "", ""},
		}},
	}})
	primary.Name, replica.Name = "a", "b"
	probes := newMonitor(t, nil).Tick(t.Context(), []engine.MonitorTarget{primary, replica})
	behind := int64(2)
	portNumber, _ := strconv.Atoi(port)
	want := []engine.Probe{
		{
			Status: engine.StatusRunning | engine.StatusMaster,
			Seen: engine.MonitoredServer{
				Version: "11.4.2-MariaDB-log", Uptime: 90 * time.Second, ServerID: 7, MasterID: -1,
				GtidCurrent: "0-7-5", GtidBinlog: "0-7-5", MaxPacket: 1 << 24,
			},
		},
		{
			Status: engine.StatusRunning | engine.StatusSlave,
			Seen: engine.MonitoredServer{
				Version: "11.4.2-MariaDB", ServerID: 8, MasterID: 7, ReadOnly: true, Lag: 2 * time.Second,
				Replication: []engine.ReplicaInfo{{
					Name: "c1", MasterHost: host, MasterPort: portNumber, MasterServerID: 7, IORunning: "Yes", SQLRunning: "Yes",
					SecondsBehind: &behind, GtidIOPos: "0-7-4", UsingGtid: "Slave_Pos",
				}},
			},
		},
	}
	if diff := cmp.Diff(want, probes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMySQL(t *testing.T) {
	primary := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL VARIABLES": variables("version", "8.4.0", "server_id", "1", "read_only", "OFF", "gtid_executed", "uuid:1-5"),
		"SHOW REPLICA STATUS":   {rows: [][]string{{"Channel_Name"}}},
	}})
	host, port := hostPort(t, primary.Address)
	newer := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL VARIABLES": variables("version", "8.4.0", "server_id", "2", "read_only", "ON"),
		"SHOW REPLICA STATUS": {rows: [][]string{
			{"Source_Host", "Source_Port", "Source_Server_Id", "Replica_IO_Running", "Replica_SQL_Running", "Seconds_Behind_Source"},
			{host, port, "1", "Yes", "Yes", "NULL"},
		}},
	}})
	older := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL VARIABLES": variables("version", "5.7.44", "server_id", "3", "read_only", "ON"),
		"SHOW SLAVE STATUS": {rows: [][]string{
			{"Master_Host", "Master_Port", "Master_Server_Id", "Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"},
			{host, port, "1", "Yes", "Yes", "3"},
		}},
	}})
	primary.Name, newer.Name, older.Name = "a", "b", "c"
	probes := newMonitor(t, nil).Tick(t.Context(), []engine.MonitorTarget{primary, newer, older})
	for i, want := range []struct {
		status engine.ServerStatus
		lag    time.Duration
	}{
		{engine.StatusRunning | engine.StatusMaster, 0},
		{engine.StatusRunning | engine.StatusSlave, -1},
		{engine.StatusRunning | engine.StatusSlave, 3 * time.Second},
	} {
		if got := probes[i]; got.Err != nil || got.Status != want.status || got.Seen.Lag != want.lag {
			t.Errorf("server %d: got %b, lag %v, %v; want %b, lag %v", i, got.Status, got.Seen.Lag, got.Err, want.status, want.lag)
		}
	}
	if got := probes[0].Seen.GtidCurrent; got != "uuid:1-5" {
		t.Errorf("got gtid %q", got)
	}
}

func TestServerThatKnowsNothing(t *testing.T) {
	target := startServer(t, &server{})
	target.Name = "a"
	probe := newMonitor(t, nil).Tick(t.Context(), []engine.MonitorTarget{target})[0]
	want := engine.Probe{Status: engine.StatusRunning | engine.StatusMaster, Seen: unseen}
	want.Seen.Lag = 0
	if diff := cmp.Diff(want, probe); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAssumePrimary(t *testing.T) {
	a, b := startServer(t, &server{}), startServer(t, &server{})
	a.Name, b.Name = "a", "b"
	probes := newMonitor(t, map[string]string{"assume_primary": "b"}).Tick(t.Context(), []engine.MonitorTarget{a, b})
	if probes[0].Status != engine.StatusRunning|engine.StatusSlave || probes[1].Status != engine.StatusRunning|engine.StatusMaster {
		t.Errorf("got %+v", probes)
	}

	o, _, err := module.NewObject("Monitor", &Module.Module, map[string]string{
		"user": "x", "password": "y", "servers": "a,b", "assume_primary": "c",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Module.New(o)
	if want := "assume_primary: 'c' is not one of its servers; name it in servers too"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReplicationHidden(t *testing.T) {
	hidden := map[string]answer{"SHOW REPLICA STATUS": {code: 1227}}
	a, b := startServer(t, &server{answers: hidden}), startServer(t, &server{answers: hidden})
	a.Name, b.Name = "a", "b"
	for _, probe := range newMonitor(t, nil).Tick(t.Context(), []engine.MonitorTarget{a, b}) {
		want := "the monitor user may not see replication: refused"
		if probe.Status != engine.StatusRunning || probe.Seen.Details != want || probe.Err != nil {
			t.Errorf("got %+v", probe)
		}
	}
}

func TestServerDown(t *testing.T) {
	hangUp := startListener(t, func(net.Conn) {})
	garbage := startListener(t, func(conn net.Conn) { _, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	silent := startListener(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
	refuses := startServer(t, &server{login: 1045})
	full := startServer(t, &server{login: 1040})
	tests := []struct {
		name   string
		target engine.MonitorTarget
		status engine.ServerStatus
		want   string // in the error
	}{
		{"no_listener", engine.MonitorTarget{Network: "unix", Address: t.TempDir() + "/none"}, 0, "no such file"},
		{"hang_up", hangUp, 0, "connect: "},
		{"garbage", garbage, 0, "connect: "},
		{"silent", silent, 0, "connect: "},
		{"refused", refuses, engine.StatusAuthErr, "connect: Error 1045"},
		{"too_many_connections", full, 0, "connect: Error 1040"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.target.Name = "a"
			parameters := map[string]string{}
			if test.name == "silent" { // the others answer, however busy the machine is
				parameters["backend_connect_timeout"] = "100ms"
			}
			probe := newMonitor(t, parameters).Tick(t.Context(), []engine.MonitorTarget{test.target})[0]
			if probe.Err == nil || !strings.Contains(probe.Err.Error(), test.want) {
				t.Errorf("got error %v, want %s", probe.Err, test.want)
			}
			if probe.Status != test.status || probe.Seen.Details != probe.Err.Error() || probe.Seen.Lag != -1 {
				t.Errorf("got %+v", probe)
			}
		})
	}
}

// Ensure that the extra port is tried first, and the other one when it does not
// let the monitor in.
func TestExtraPort(t *testing.T) {
	full := startServer(t, &server{login: 1040})
	normal, extra := &server{}, &server{}
	target := startServer(t, normal)
	target.Extra = startServer(t, extra).Address
	closed := target
	closed.Extra = "127.0.0.1:1"
	full.Extra = target.Extra
	refused := target
	refused.Extra = full.Address
	for _, test := range []struct {
		name   string
		target engine.MonitorTarget
		by     *server
	}{{"both", target, extra}, {"full", full, extra}, {"closed", closed, normal}, {"refused", refused, normal}} {
		normal.connections.Store(0)
		extra.connections.Store(0)
		test.target.Name = "a"
		probe := newMonitor(t, nil).Tick(t.Context(), []engine.MonitorTarget{test.target})[0]
		if probe.Err != nil || probe.Status&engine.StatusRunning == 0 {
			t.Errorf("%s: got %+v", test.name, probe)
		}
		if n := test.by.connections.Load(); n != 1 || normal.connections.Load()+extra.connections.Load() != 1 {
			t.Errorf("%s: %d connections to the one that lets in, %d and %d to both", test.name, n, normal.connections.Load(), extra.connections.Load())
		}
	}
}

// TestDownKeepsWhatWasSeen stops a server between two ticks.
func TestDownKeepsWhatWasSeen(t *testing.T) {
	conns := make(chan net.Conn, 1)
	s := &server{answers: map[string]answer{"SHOW GLOBAL VARIABLES": variables("version", "8.4.0", "server_id", "5")}}
	var refuse atomic.Bool
	target := startListener(t, func(conn net.Conn) {
		if refuse.Load() {
			return
		}
		conns <- conn
		s.serve(conn)
	})
	target.Name = "a"
	m := newMonitor(t, nil)
	if probe := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]; probe.Err != nil {
		t.Fatal(probe.Err)
	}
	refuse.Store(true)
	(<-conns).Close()
	probe := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]
	if probe.Err == nil || probe.Status != 0 || probe.Seen.ServerID != 5 || probe.Seen.Version != "8.4.0" {
		t.Errorf("got %+v", probe)
	}
}

// Ensure a look that takes too long does not make a server down that lets the
// monitor in: what was seen of it stays, and what was slow is said.
func TestSlowLook(t *testing.T) {
	healthy := &server{answers: map[string]answer{"SHOW GLOBAL VARIABLES": variables("version", "8.4.0", "server_id", "5", "read_only", "OFF")}}
	for _, test := range []struct {
		name    string
		anew    func(net.Conn) // serves the connections after the first one
		running bool
		details string
	}{
		{"once", healthy.serve, true, ""},
		{"again", func(conn net.Conn) { healthy.serve(&mutedConn{Conn: conn, left: 2}) }, true, "SHOW GLOBAL VARIABLES"},
		{"dies", func(conn net.Conn) { healthy.serve(&dyingConn{Conn: conn, left: 3}) }, true, "SHOW GLOBAL VARIABLES"},
		{"does-not-let-in", func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }, false, "connect: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := &mutedConn{left: 1 << 20}
			var connections atomic.Int64
			target := startListener(t, func(conn net.Conn) {
				if connections.Add(1) > 1 {
					test.anew(conn)
					return
				}
				first.Conn = conn
				healthy.serve(first)
			})
			target.Name = "a"
			m := newMonitor(t, nil)
			before := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]
			if before.Err != nil || before.Status&engine.StatusRunning == 0 {
				t.Fatalf("got %+v", before)
			}
			first.mute()
			p := m.probers["a"]
			p.timeouts.read, p.timeouts.connect = 500*time.Millisecond, 500*time.Millisecond
			if test.running {
				p.timeouts.connect = 10 * time.Second // however busy the machine is
			}
			probe := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]
			want := engine.ServerStatus(0)
			if test.running {
				want = before.Status
			}
			if probe.Status != want || (probe.Err == nil) != test.running || probe.Seen.ServerID != 5 || !strings.Contains(probe.Seen.Details, test.details) {
				t.Errorf("got %+v", probe)
			}
			if test.details == "" && probe.Seen.Details != before.Seen.Details {
				t.Errorf("got details %q, want %q", probe.Seen.Details, before.Seen.Details)
			}
		})
	}
}

// mutedConn swallows what is written after a number of writes.
type mutedConn struct {
	net.Conn
	mu   sync.Mutex
	left int // guarded by mu
}

func (c *mutedConn) mute() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = 0
}

func (c *mutedConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return len(p), nil
	}
	c.left--
	return c.Conn.Write(p)
}

// dyingConn closes itself with a write.
type dyingConn struct {
	net.Conn
	left int // writes until then
}

func (c *dyingConn) Write(p []byte) (int, error) {
	if c.left--; c.left == 0 {
		c.Close()
	}
	return c.Conn.Write(p)
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	target := startListener(t, func(conn net.Conn) {
		cancel()
		_, _ = conn.Read(make([]byte, 1))
	})
	target.Name = "a"
	m := newMonitor(t, map[string]string{"backend_connect_timeout": "1h", "backend_connect_attempts": "1000000000"})
	if probe := m.Tick(ctx, []engine.MonitorTarget{target})[0]; probe.Err == nil || probe.Status != 0 {
		t.Errorf("got %+v", probe)
	}
}

func TestOneConnection(t *testing.T) {
	s := &server{}
	target := startServer(t, s)
	target.Name = "a"
	m := newMonitor(t, nil)
	for range 3 {
		if probe := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]; probe.Err != nil {
			t.Fatal(probe.Err)
		}
	}
	if got := s.connections.Load(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
	target.User = "another"
	m.Tick(t.Context(), []engine.MonitorTarget{target})
	if got := s.connections.Load(); got != 2 {
		t.Errorf("got %d connections after a change of the user, want 2", got)
	}
}

func TestConnectAttempts(t *testing.T) {
	for name, test := range map[string]struct {
		login uint16
		want  int64
	}{
		"down":    {1040, 3},
		"refused": {1045, 1}, // once more would not help, and might block the user
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{login: test.login}
			target := startServer(t, s)
			target.Name = "a"
			newMonitor(t, map[string]string{"backend_connect_attempts": "3"}).Tick(t.Context(), []engine.MonitorTarget{target})
			if got := s.connections.Load(); got != test.want {
				t.Errorf("got %d connections, want %d", got, test.want)
			}
		})
	}
}
