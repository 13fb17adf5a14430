package engine_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// set makes the monitor see other states, and waits until it has.
func (p *proxy) set(primary, replica engine.ServerStatus) {
	p.monitor.status[0].Store(uint32(primary))
	p.monitor.status[1].Store(uint32(replica))
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

const (
	master = engine.StatusRunning | engine.StatusMaster
	slave  = engine.StatusRunning | engine.StatusSlave
)

// Ensure a session without a primary does what master_failure_mode says.
func TestFailureMode(t *testing.T) {
	for _, tt := range []struct {
		mode     string
		code     uint16 // of a write
		survives bool
	}{
		{"fail_on_write", 1927, false},
		{"error_on_write", 1290, true},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connect(splitAddress)
				p.primary.Disconnect()
				p.set(0, slave)
				if r := p.query(c, "SELECT 1"); r.Value != "server2" {
					t.Errorf("a read was answered by %q", r.Value)
				}
				_, err := c.Query("INSERT INTO t VALUES (1)")
				e, ok := errors.AsType[*wire.Error](err)
				if !ok || e.Code != tt.code {
					t.Errorf("a write: got %v, want error %d", err, tt.code)
				}
				synctest.Wait()
				if _, err := p.Session(uint64(c.ID)); (err == nil) != tt.survives {
					t.Errorf("the session: %v", err)
				}
			}, "router=readwritesplit", "router=readwritesplit\nmaster_failure_mode="+tt.mode)
		})
	}
}

// Ensure a session follows the primary to another server, outside of
// transactions, and brings its state along.
func TestSwitchover(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "SET NAMES utf8mb4")
		p.query(c, "INSERT INTO t VALUES (1)")
		p.set(slave, master)
		p.query(c, "INSERT INTO t VALUES (2)")
		if got := last(p.replica); got != "app: INSERT INTO t VALUES (2)" {
			t.Errorf("server2 was last told %q", got)
		}
		if r := p.query(c, "SELECT 1"); r.Value != "server1" {
			t.Errorf("a read was answered by %q, want server1", r.Value)
		}
	})
}

// Ensure a primary that is lost in a transaction ends the session: what was done
// in it is gone.
func TestPrimaryLostInTransaction(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "BEGIN")
		p.query(c, "INSERT INTO t VALUES (1)")
		p.primary.Disconnect()
		_, err := c.Query("SELECT 1")
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != 1927 || !strings.Contains(e.Message, "server1") {
			t.Errorf("got %v, want error 1927 that names server1", err)
		}
	})
}

// Ensure a read goes to another server when its own is lost before it answers,
// and to none when part of the answer has gone out or retries are off.
func TestRetryFailedReads(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.replica.Disconnect()
		if r := p.query(c, "SELECT 1"); r.Value != "server2" && r.Value != "server1" {
			t.Errorf("answered by %q", r.Value)
		}
	})
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.replica.Disconnect()
		if _, err := c.Query("SELECT 1"); err == nil {
			t.Error("a failed read was retried")
		}
	}, split("retry_failed_reads=false")...)
}

// Ensure a replica that is max_replication_lag behind, or of which that is not
// known, gets no reads until it has caught up, of sessions that are there and of
// new ones.
func TestMaxReplicationLag(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		there := p.connect(splitAddress)
		for _, tt := range []struct {
			lag  time.Duration
			want string
		}{
			{0, "server2"},
			{9 * time.Second, "server2"},
			{10 * time.Second, "server1"},
			{time.Hour, "server1"},
			{-1, "server1"},
			{time.Second, "server2"},
		} {
			p.monitor.lag[1].Store(int64(tt.lag))
			p.set(master, slave)
			for name, c := range map[string]*enginetest.Client{"there": there, "new": p.connect(splitAddress)} {
				if r := p.query(c, "SELECT 1"); r.Value != tt.want {
					t.Errorf("%v behind: a session that is %s was answered by %s, want %s", tt.lag, name, r.Value, tt.want)
				}
			}
		}
	}, split("max_replication_lag=10s")...)
}

// Ensure what a session has on one server only stays there.
func TestStaysOnPrimary(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sql    string
		option string
		read   string
		want   string
	}{
		{"temporary-table", "CREATE TEMPORARY TABLE x (a INT)", "", "SELECT a FROM x", "server1"},
		{"user-variable-everywhere", "SET @a = 1", "", "SELECT @a", "server2"},
		{"user-variable-on-primary", "SET @a = 1", "use_sql_variables_in=master", "SELECT @a", "server1"},
		{"stored-procedure", "CALL p()", "strict_sp_calls=true", "SELECT 1", "server1"},
		{"stored-procedure-not-strict", "CALL p()", "", "SELECT 1", "server2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connect(splitAddress)
				p.query(c, tt.sql)
				if r := p.query(c, tt.read); r.Value != tt.want {
					t.Errorf("%s: answered by %q, want %s", tt.read, r.Value, tt.want)
				}
			}, split(tt.option)...)
		})
	}
}

// Ensure readconnroute spreads sessions by load, over the servers of the wanted
// role.
func TestReadConnRoute(t *testing.T) {
	for _, tt := range []struct {
		options string
		status  [2]engine.ServerStatus
		want    [2]int // connections to server1 and server2 of four sessions
	}{
		{"master", [2]engine.ServerStatus{master, slave}, [2]int{4, 0}},
		{"slave", [2]engine.ServerStatus{master, slave}, [2]int{0, 4}},
		{"slave", [2]engine.ServerStatus{master, 0}, [2]int{4, 0}},
		{"running", [2]engine.ServerStatus{master, slave}, [2]int{2, 2}},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			p.set(tt.status[0], tt.status[1])
			for range 4 {
				p.connect(connAddress)
			}
			got := [2]int{p.primary.Connections(), p.replica.Connections()}
			if got != tt.want {
				t.Errorf("%s with %v: got %v, want %v", tt.options, tt.status, got, tt.want)
			}
		}, "router_options=master", "router_options="+tt.options)
	}
}

// Ensure nobody gets in when no server will do, and is told why.
func TestNoServer(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.set(0, 0)
		for _, address := range []string{splitAddress, connAddress} {
			_, err := enginetest.Connect(t.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
			e, ok := errors.AsType[*wire.Error](err)
			if !ok || e.Code != 1927 || !strings.Contains(e.Message, "service") {
				t.Errorf("%s: got %v, want error 1927 that says why", address, err)
			}
		}
	})
}
