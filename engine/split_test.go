package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// where returns which servers have a statement as the last that they have
// executed.
func (p *proxy) where(sql string) string {
	var names []string
	if last(p.primary) == "app: "+sql {
		names = append(names, "server1")
	}
	if last(p.replica) == "app: "+sql {
		names = append(names, "server2")
	}
	return strings.Join(names, "+")
}

const both = "server1+server2"

// Ensure that statements go where what came before them has left them to go.
func TestRouting(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before []string
		sql    string
		want   string
	}{
		{"read", nil, "SELECT 1", "server2"},
		{"write", nil, "DELETE FROM t", "server1"},
		{"not-understood", nil, "FROBNICATE 1", "server1"},
		{"function", nil, "SELECT f(1)", "server1"},
		{"lock", nil, "SELECT GET_LOCK('a', 1)", "server1"},
		{"insert-id", nil, "SELECT LAST_INSERT_ID()", "server1"},
		{"last-after-read", []string{"SELECT 1"}, "SELECT FOUND_ROWS()", "server2"},
		{"last-after-write", []string{"SELECT 1", "DELETE FROM t"}, "SELECT ROW_COUNT()", "server1"},
		{"last-after-session-command", []string{"SELECT 1", "SET @a = 1"}, "SHOW WARNINGS", "server2"},
		{"several", nil, "SELECT 1; SELECT 2", "server1"},
		{"session-command", nil, "SET NAMES utf8mb4", both},
		{"into-variable", nil, "SELECT a FROM t INTO @a", both},

		{"transaction", []string{"BEGIN"}, "SELECT 1", "server1"},
		{"transaction-over", []string{"BEGIN", "COMMIT"}, "SELECT 1", "server2"},
		{"no-autocommit", []string{"SET autocommit=0"}, "SELECT 1", "server1"},
		{"autocommit-again", []string{"SET autocommit=0", "SET autocommit=1"}, "SELECT 1", "server2"},
		{"into-variable-in-transaction", []string{"BEGIN"}, "SELECT a FROM t INTO @a", "server1"},
		{"variable-from-table-in-it", []string{"BEGIN"}, "SET @a = (SELECT MAX(a) FROM t)", "server1"},
		{"variable-of-transaction", []string{"BEGIN", "SELECT a FROM t INTO @a", "COMMIT"}, "SELECT @a", "server1"},
		{"variable-of-program", []string{"BEGIN NOT ATOMIC SET @a = 1; END"}, "SELECT @a", "server1"},
		{"variable-of-expression", []string{"SELECT @a := 1"}, "SELECT @a", "server1"},
		{"read-only-transaction", []string{"START TRANSACTION READ ONLY"}, "SELECT f(1)", "server2"},
		{"session-command-in-it", []string{"START TRANSACTION READ ONLY", "SET @a = 1"}, "SELECT f(1)", "server2"},
		{"transaction-after-it", []string{"START TRANSACTION READ ONLY", "BEGIN"}, "DELETE FROM t", "server1"},
		{"transaction-in-one-after-it", []string{"START TRANSACTION READ ONLY"}, "BEGIN; DELETE FROM t; COMMIT", "server1"},
		{"its-end-and-a-write-in-one", []string{"START TRANSACTION READ ONLY"}, "COMMIT; DELETE FROM t", "server1"},
		{"write-after-it", []string{"START TRANSACTION READ ONLY", "SELECT a FROM t INTO @a", "COMMIT"}, "DELETE FROM t WHERE a = @a", "server1"},
		{"read-after-it", []string{"START TRANSACTION READ ONLY", "SELECT a FROM t INTO @a", "COMMIT"}, "SELECT @a", "server2"},
		{"definition-in-it", []string{"START TRANSACTION READ ONLY"}, "CREATE TABLE x (a INT)", "server1"},
		{"lock-in-it", []string{"START TRANSACTION READ ONLY"}, "LOCK TABLES t WRITE", "server1"},
		{"unlock-after-it", []string{"START TRANSACTION READ ONLY", "LOCK TABLES t WRITE"}, "UNLOCK TABLES", "server1"},
		{"temporary-table-in-it", []string{"START TRANSACTION READ ONLY"}, "CREATE TEMPORARY TABLE x (a INT)", "server2"},
		{"xa-in-it", []string{"START TRANSACTION READ ONLY"}, "XA START 'x'", "server2"},
		{"after-it", []string{"START TRANSACTION READ ONLY", "COMMIT"}, "DELETE FROM t", "server1"},
		{"chain-of-it", []string{"START TRANSACTION READ ONLY"}, "COMMIT AND CHAIN", "server2"},
		{"it-after-variable", []string{"BEGIN", "SELECT a FROM t INTO @a", "COMMIT"}, "START TRANSACTION READ ONLY", "server1"},
		{"it-after-temporary-table", []string{"CREATE TEMPORARY TABLE x (a INT)"}, "START TRANSACTION READ ONLY", "server1"},
		{"next-transaction", nil, "SET TRANSACTION READ ONLY", "server1"},
		{"its-read", []string{"SET TRANSACTION READ ONLY"}, "SELECT 1", "server1"},
		{"another-read", []string{"SET TRANSACTION READ ONLY", "SELECT 1"}, "SELECT 2", "server1"},
		{"read-after-it", []string{"SET TRANSACTION READ ONLY", "BEGIN", "COMMIT"}, "SELECT 2", "server2"},
		{"read-after-write", []string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "DELETE FROM t"}, "SELECT 2", "server2"},
		{"serializable", []string{"SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"}, "SELECT 1", "server1"},
		{"serializable-no-more", []string{"SET tx_isolation='SERIALIZABLE'", "SET tx_isolation='READ-COMMITTED'"}, "SELECT 1", "server2"},

		{"temporary-table", []string{"CREATE TEMPORARY TABLE x (a INT)"}, "SELECT 1 FROM y JOIN `X` ON 1", "server1"},
		{"temporary-table-of-text", []string{"EXECUTE IMMEDIATE 'CREATE TEMPORARY TABLE x (a INT)'"}, "SELECT 1 FROM x", "server1"},
		{"another-table", []string{"CREATE TEMPORARY TABLE x (a INT)"}, "SELECT 1 FROM y", "server2"},
		{"dropped", []string{"CREATE TEMPORARY TABLE x (a INT)", "DROP TABLE x"}, "SELECT 1 FROM x", "server2"},
		{"another-dropped", []string{"CREATE TEMPORARY TABLE x (a INT)", "DROP TABLE d.x"}, "SELECT 1 FROM x", "server1"},
		{"renamed", []string{"CREATE TEMPORARY TABLE x (a INT)", "ALTER TABLE x RENAME z"}, "SELECT 1 FROM y", "server1"},
		{"one-of-several", []string{"SELECT 1; CREATE TEMPORARY TABLE x (a INT)"}, "SELECT 1 FROM y", "server1"},
		{"temporary-table-prepared", []string{"CREATE TEMPORARY TABLE x (a INT)", "PREPARE s FROM 'SELECT 1 FROM x'"}, "EXECUTE s", "server1"},

		{"prepare", nil, "PREPARE s FROM 'SELECT 1'", both},
		{"execute-read", []string{"PREPARE s FROM 'SELECT 1'"}, "EXECUTE s", "server2"},
		{"execute-write", []string{"PREPARE s FROM 'DELETE FROM t'"}, "EXECUTE S", "server1"},
		{"execute-session-command", []string{"PREPARE s FROM 'SET @a = 1'"}, "EXECUTE s", both},
		{"execute-unknown", []string{"PREPARE s FROM @text"}, "EXECUTE s", "server1"},
		{"execute-no-more", []string{"PREPARE s FROM 'SELECT 1'", "DEALLOCATE PREPARE s"}, "EXECUTE s", "server1"},
		{"execute-begin", []string{"PREPARE s FROM 'BEGIN'", "EXECUTE s"}, "SELECT 1", "server2"}, // the script knows no EXECUTE: its status counts

		{"locked-tables", []string{"LOCK TABLES t READ"}, "SELECT 1 FROM t", "server1"},
		{"unlocked-tables", []string{"LOCK TABLES t READ", "UNLOCK TABLES"}, "SELECT 1 FROM t", "server2"},

		{"hint-master", nil, "SELECT 1 -- maxscale route to master", "server1"},
		{"hint-slave", nil, "DELETE FROM t -- maxscale route to slave", "server2"},
		{"hint-server", nil, "SELECT 1 -- maxscale route to server server1", "server1"},
		{"hint-unknown-server", nil, "SELECT 1 -- maxscale route to server nobody", "server2"},
		{"hint-last", []string{"DELETE FROM t"}, "SELECT 1 -- maxscale route to last", "server1"},
		{"hinted-variable", []string{"SELECT @a := 1 -- maxscale route to slave"}, "SELECT @a, f(1)", "server1"},
		{"hinted-temporary-table", []string{"CREATE TEMPORARY TABLE x (a INT) -- maxscale route to slave"}, "INSERT INTO x VALUES (1)", "server2"},
		{"hint-in-transaction", []string{"BEGIN", "SELECT 1 -- maxscale route to slave"}, "SELECT 2", "server1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connect(splitAddress)
				for _, sql := range tt.before {
					p.query(c, sql)
				}
				p.query(c, tt.sql)
				if got := p.where(tt.sql); got != tt.want {
					t.Errorf("%s went to %q, want %s", tt.sql, got, tt.want)
				}
			}, split("filters=Hint")...)
		})
	}
}

// Ensure user variables that were set where only a replica has executed it are
// brought to the other servers, also those that are connected to later, so that
// writes can use them.
func TestVariablesOfReplica(t *testing.T) {
	for _, sql := range []string{"SELECT a FROM t INTO @a", "SELECT @A := 1, @`a` := 2", "CALL p(@a)"} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			p.query(c, "START TRANSACTION READ ONLY")
			n, m := len(p.primary.Statements()), len(p.replica.Statements())
			p.query(c, sql)
			p.query(c, "SELECT FOUND_ROWS()")
			if got := since(p.replica, m); !slices.Equal(got, []string{sql, "SELECT FOUND_ROWS()"}) {
				t.Errorf("%s: the replica was told %q", sql, got)
			}
			p.query(c, "COMMIT")
			synctest.Wait()
			told := since(p.primary, n)
			if len(told) == 0 || !strings.HasPrefix(strings.ToLower(told[0]), "set @a = ") {
				t.Errorf("%s: the primary was told %q, want SET @a", sql, told)
			}
			if pins := p.session(c).Info().Pins; len(pins) != 0 {
				t.Errorf("%s: left are pins %+v", sql, pins)
			}
			for range 2 {
				const write = "INSERT INTO t VALUES (@a)"
				p.query(c, write)
				if got := p.where(write); got != "server1" {
					t.Errorf("%s: %s went to %s", sql, write, got)
				}
				n = len(p.primary.Statements())
				p.primary.Disconnect()
				time.Sleep(time.Second)
			}
			p.query(c, "DELETE FROM t")
			if again := since(p.primary, n); !slices.Equal(again[:len(again)-1], told) {
				t.Errorf("%s: when it came back the primary was told %q, want %q", sql, again, told)
			}
		}, split("delayed_retry=true")...)
	}
}

// Ensure variables that only the primary has are looked for there, whatever a
// replica was told.
func TestVariablesOfBoth(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "SELECT @a := 1")
		p.query(c, "SELECT @b := 1 -- maxscale route to slave")
		p.query(c, "SELECT @a, @b")
		if got := p.where("SELECT @a, @b"); got != "server1" {
			t.Errorf("they were read from %s", got)
		}
	}, split("filters=Hint")...)
}

// Ensure a hint that takes a statement out of an open transaction does not make
// the session believe that the transaction is over.
func TestHintLeavesTransaction(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "BEGIN")
		p.query(c, "SELECT 1 -- maxscale route to slave")
		info := p.session(c).Info()
		if !info.Activity.Trx || len(info.Pins) != 1 || info.Pins[0].Kind != engine.PinTransaction || info.Pins[0].Server != "server1" {
			t.Errorf("got transaction %v, pins %+v", info.Activity.Trx, info.Pins)
		}
	}, split("filters=Hint")...)
}

// Ensure a reset of the connection takes along what kept the session on the
// primary.
func TestResetUnpins(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for _, sql := range []string{"CREATE TEMPORARY TABLE x (a INT)", "SELECT @a := 1", "SELECT GET_LOCK('l', 1)", "CALL p()"} {
			p.query(c, sql)
		}
		kinds := func() (kinds []engine.PinKind) {
			for _, pin := range p.session(c).Info().Pins {
				kinds = append(kinds, pin.Kind)
			}
			return kinds
		}
		want := []engine.PinKind{engine.PinTempTable, engine.PinVariable, engine.PinUserLock, engine.PinStrict}
		if diff := cmp.Diff(want, kinds()); diff != "" {
			t.Errorf("pins (-want +got):\n%s", diff)
		}
		if _, err := c.Command([]byte{byte(wire.ComResetConnection)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if left := kinds(); left != nil {
			t.Errorf("left are %v", left)
		}
		if r := p.query(c, "SELECT @a FROM x"); r.Value != "server2" {
			t.Errorf("a read went to %s", r.Value)
		}
	}, split("strict_sp_calls=true")...)
}

// Ensure a lock of GET_LOCK pins until it is released, and what is in a pin is
// said.
func TestPins(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		for _, tt := range []struct {
			sql  string
			want []engine.PinInfo
		}{
			{"SELECT 1", nil},
			{"SELECT GET_LOCK('a', 1)", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}},
			{"SELECT GET_LOCK('b', 1)", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}},
			{"SELECT RELEASE_LOCK('b')", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}},
			{"SELECT RELEASE_LOCK('taken')", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}},
			{"SELECT RELEASE_LOCK('none');", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}},
			{"DO RELEASE_LOCK('a')", nil},
			{"SELECT GET_LOCK('taken', 0)", nil},
			{"SELECT GET_LOCK('none', 0) AS got", nil},
			{"SELECT GET_LOCK('a', 0) AS got", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}},
			{"SELECT RELEASE_ALL_LOCKS()", nil},
			{"SELECT GET_LOCK('taken', 0) IS NULL", []engine.PinInfo{{Kind: engine.PinUserLock, Server: "server1"}}}, // whatever that says
			{"SELECT RELEASE_ALL_LOCKS()", nil},
			{"CREATE TEMPORARY TABLE a (a INT)", []engine.PinInfo{{Kind: engine.PinTempTable, Server: "server1", Detail: "a"}}},
			{"CREATE TEMPORARY TABLE d.b (a INT)", []engine.PinInfo{{Kind: engine.PinTempTable, Server: "server1", Detail: "a, b"}}},
			{"DROP TEMPORARY TABLE a, d.b", nil},
			{"LOCK TABLES t WRITE", []engine.PinInfo{{Kind: engine.PinTableLock, Server: "server1"}}},
			{"BEGIN", []engine.PinInfo{{Kind: engine.PinTransaction, Server: "server1"}}},
		} {
			p.query(c, tt.sql)
			got := p.session(c).Info().Pins
			for i := range got {
				if got[i].Since.IsZero() {
					t.Errorf("%s: a pin since when? %+v", tt.sql, got[i])
				}
				got[i].Since = time.Time{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.sql, diff)
			}
		}
	})
}

// Ensure it is known of a prepared statement too whether it got its lock.
func TestPreparedLock(t *testing.T) {
	for name, want := range map[string]int{"free": 1, "taken": 0, "none": 0} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			r, err := c.Prepare("SELECT GET_LOCK('" + name + "', ?)")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Execute(r.ID); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if pins := p.session(c).Info().Pins; len(pins) != want {
				t.Errorf("%s: got pins %+v, want %d", name, pins, want)
			}
		})
	}
}

// Ensure a parameter that is sent ahead goes to the one server that executes the
// statement, so that no other one keeps it for a later execution.
func TestLongData(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		r, err := c.Prepare("SELECT ?")
		if err != nil {
			t.Fatal(err)
		}
		payload := append([]byte{byte(wire.ComStmtSendLongData), 0, 0, 0, 0, 0, 0}, "text"...)
		wire.SetStatementID(payload, r.ID)
		if err := c.Send(payload); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if slices.Contains(p.replica.Statements(), "app: LONG DATA") {
			t.Error("the replica has a parameter that is not for it")
		}
		if pins := p.session(c).Info().Pins; len(pins) != 1 || pins[0].Kind != engine.PinLongData {
			t.Errorf("got pins %+v", pins)
		}
		if r, err := c.Execute(r.ID); err != nil || r.Value != "server1" {
			t.Errorf("got %+v, %v, want the primary's answer", r, err)
		}
		synctest.Wait()
		if pins := p.session(c).Info().Pins; pins != nil {
			t.Errorf("left are pins %+v", pins)
		}
		if r, err := c.Execute(r.ID); err != nil || r.Value != "server2" {
			t.Errorf("got %+v, %v, want the replica's answer", r, err)
		}
		p.primary.Answer = func(string) []byte { // in vain, and what was sent is gone all the same
			return refusal(wire.Error{Code: 1366, State: "22007", Message: "no"})
		}
		if r, err = c.Prepare("FROB ?"); err != nil {
			t.Fatal(err)
		}
		wire.SetStatementID(payload, r.ID)
		if err := c.Send(payload); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Execute(r.ID); err == nil {
			t.Error("got no error")
		}
		if pins := p.session(c).Info().Pins; pins != nil {
			t.Errorf("left after an error are pins %+v", pins)
		}
	})
}

// Ensure a replica that is too far behind gets no reads, a hint may say how far
// that is, and connections to one that is hopelessly behind are closed.
func TestLag(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for _, tt := range []struct {
			lag   time.Duration
			sql   string
			want  string
			conns int
		}{
			{9 * time.Second, "SELECT 1", "server2", 2},
			{10 * time.Second, "SELECT 1", "server1", 2},
			{10 * time.Second, "SELECT 1 -- maxscale max_slave_replication_lag=20", "server2", 2},
			{9 * time.Second, "SELECT 1 -- maxscale max_replication_lag=5s", "server1", 2},
			{301 * time.Second, "SELECT 1", "server1", 1},
			{0, "SELECT 1", "server2", 2},
			{-1, "SELECT 1", "server1", 2},
		} {
			p.monitor.lag[1].Store(int64(tt.lag))
			p.set(master, slave)
			if r := p.query(c, tt.sql); r.Value != tt.want {
				t.Errorf("%v behind: %s went to %s, want %s", tt.lag, tt.sql, r.Value, tt.want)
			}
			if n := len(p.session(c).Info().Backends); n != tt.conns {
				t.Errorf("%v behind: %d connections, want %d", tt.lag, n, tt.conns)
			}
		}
	}, split("max_replication_lag=10s\nfilters=Hint")...)
}

// Ensure as many connections are opened as are wanted, when they are wanted.
func TestSplitConnections(t *testing.T) {
	for _, tt := range []struct {
		options string
		begin   int
		read    string
		then    int
	}{
		{"", 2, "server2", 2},
		{"slave_connections=0", 1, "server2", 2},
		{"max_slave_connections=0", 1, "server1", 1},
		{"lazy_connect=true", 0, "server2", 1},
		{"lazy_connect=true\nmax_slave_connections=0", 0, "server1", 1},
		{"master_accept_reads=true\nmax_slave_connections=0", 1, "server1", 1},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			if n := len(p.session(c).Info().Backends); n != tt.begin {
				t.Errorf("%q: begins with %d connections, want %d", tt.options, n, tt.begin)
			}
			if r := p.query(c, "SELECT 1"); r.Value != tt.read {
				t.Errorf("%q: a read went to %s, want %s", tt.options, r.Value, tt.read)
			}
			if n := len(p.session(c).Info().Backends); n != tt.then {
				t.Errorf("%q: goes on with %d connections, want %d", tt.options, n, tt.then)
			}
		}, split(tt.options)...)
	}
}

// Ensure that with lazy_connect a session command that comes first opens no
// connection to the primary, which may never be needed.
func TestLazySessionCommand(t *testing.T) {
	for options, want := range map[string]string{
		"lazy_connect=true":                           "server2",
		"lazy_connect=true\nmaster_accept_reads=true": "server1",
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			p.query(c, "SET @a = 1")
			if got := p.where("SET @a = 1"); got != want {
				t.Errorf("%q: it went to %s, want %s", options, got, want)
			}
			n := len(p.primary.Statements())
			p.query(c, "DELETE FROM t")
			if told := since(p.primary, n); want == "server2" && !slices.Equal(told, []string{"SET @a = 1", "DELETE FROM t"}) {
				t.Errorf("%q: the primary was told %q", options, told)
			}
		}, split(options)...)
	}
}

// Ensure that with adaptive_routing the faster server gets nearly all reads, and
// that it is found out when another one has become the faster one.
func TestAdaptiveRouting(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.primary.Forgets, p.replica.Forgets = true, true
		c := p.connect(splitAddress)
		reads := func(n int, fast, slow *enginetest.Server) (share float64) {
			fast.Delay.Store(int64(time.Millisecond))
			slow.Delay.Store(int64(10 * time.Millisecond))
			slower := 0
			for range n {
				r, err := c.Query("SELECT 1")
				if err != nil {
					t.Fatal(err)
				}
				if r.Value == slow.Name {
					slower++
				}
			}
			return float64(slower) / float64(n)
		}
		if share := reads(3000, p.primary, p.replica); share == 0 || share > 0.05 {
			t.Errorf("the slow server got %.4f of the reads, want about 0.01", share)
		}
		reads(8000, p.replica, p.primary) // finds out
		if share := reads(3000, p.replica, p.primary); share == 0 || share > 0.05 {
			t.Errorf("the server that has become slow got %.4f of the reads, want about 0.01", share)
		}
	}, split("slave_selection_criteria=adaptive_routing\nmaster_accept_reads=true")...)
}

// Ensure the figures of a router add up as MaxScale's do.
func TestSplitDiagnostics(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for _, sql := range []string{
			"SET NAMES utf8mb4", "SELECT 1", "SELECT 2", "SELECT 3", "DELETE FROM t",
			"BEGIN", "SELECT 4", "COMMIT", "START TRANSACTION READ ONLY", "SELECT 5", "COMMIT",
		} {
			p.query(c, sql)
		}
		time.Sleep(10 * time.Second)
		_ = c.Close()
		synctest.Wait()
		service, err := p.Service("Split")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"queries": uint64(11), "route_master": uint64(4), "route_slave": uint64(6), "route_all": uint64(1),
			"rw_transactions": uint64(1), "ro_transactions": uint64(1), "replayed_transactions": 0, "trx_max_size_exceeded": 0,
			"server_query_statistics": []map[string]any{
				{
					"id": "server1", "total": uint64(5), "read": uint64(2), "write": uint64(3),
					"avg_sess_duration": "10s", "avg_sess_active_pct": 0.0, "avg_selects_per_session": int64(0),
				},
				{
					"id": "server2", "total": uint64(7), "read": uint64(7), "write": uint64(0),
					"avg_sess_duration": "10s", "avg_sess_active_pct": 0.0, "avg_selects_per_session": int64(4),
				},
			},
		}
		if diff := cmp.Diff(want, service.Diagnostics); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Ensure a session of readconnroute ends when its server is no longer what it was
// chosen for, and not before.
func TestReadConnRouteRole(t *testing.T) {
	for _, tt := range []struct {
		options       string
		before, after [2]engine.ServerStatus
		survives      bool
	}{
		{"master", [2]engine.ServerStatus{master, slave}, [2]engine.ServerStatus{slave, master}, false},
		{"master", [2]engine.ServerStatus{master, slave}, [2]engine.ServerStatus{0, slave}, false},
		{"slave", [2]engine.ServerStatus{master, slave}, [2]engine.ServerStatus{slave, master}, false},
		{"slave", [2]engine.ServerStatus{master, 0}, [2]engine.ServerStatus{master, slave}, true},
		{"master,slave", [2]engine.ServerStatus{master, slave}, [2]engine.ServerStatus{slave, master}, true},
		{"running", [2]engine.ServerStatus{master, slave}, [2]engine.ServerStatus{slave, master}, true},
		{"running", [2]engine.ServerStatus{master, slave}, [2]engine.ServerStatus{0, master}, false},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			p.set(tt.before[0], tt.before[1])
			c := p.connect(connAddress)
			p.query(c, "SELECT 1")
			p.set(tt.after[0], tt.after[1])
			if _, err := c.Query("SELECT 1"); (err == nil) != tt.survives {
				t.Errorf("%s, %v to %v: got %v", tt.options, tt.before, tt.after, err)
			}
		}, "router_options=master", "router_options="+tt.options)
	}
}

// Ensure readconnroute keeps to the limit of the lag and to the ranks.
func TestReadConnRouteChoice(t *testing.T) {
	for _, tt := range []struct {
		options, server string
		lag             time.Duration
		want            string
	}{
		{"router_options=slave\nmax_replication_lag=10s", "", 9 * time.Second, "server2"},
		{"router_options=slave\nmax_replication_lag=10s", "", 10 * time.Second, "server1"},
		{"router_options=slave\nmax_replication_lag=10s", "", -1, "server1"},
		{"router_options=running\nmax_replication_lag=10s", "rank=secondary", 9 * time.Second, "server2"},
		{"router_options=running\nmax_replication_lag=10s", "rank=secondary", 10 * time.Second, "server1"},
		{"router_options=running\nmax_replication_lag=10s", "rank=secondary", -1, "server1"},
		{"router_options=running\nmaster_accept_reads=false", "", 0, "server2"},
		{"router_options=running", "", 0, "server1"},
		{"router_options=running", "rank=secondary", 0, "server2"},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			p.monitor.lag[1].Store(int64(tt.lag))
			p.set(master, slave)
			c := p.connect(connAddress)
			if r := p.query(c, "SELECT 1"); r.Value != tt.want {
				t.Errorf("%q, %v behind: connected to %s, want %s", tt.options, tt.lag, r.Value, tt.want)
			}
		}, "router_options=master", tt.options, "port=3001", "port=3001\n"+tt.server)
	}
}

// Ensure a server of which nobody knows whether it is behind, since it does not
// replicate any more, is not taken for a fresh one; and that the primary is there
// for those who find no other server.
func TestReadConnRouteLastResort(t *testing.T) {
	for _, tt := range []struct {
		options string
		status  [2]engine.ServerStatus
		want    string // "" for an error
	}{
		{"router_options=running\nmax_replication_lag=10s\nmaster_accept_reads=false", [2]engine.ServerStatus{master, engine.StatusRunning}, "server1"},
		{"router_options=running\nmaster_accept_reads=false", [2]engine.ServerStatus{master, engine.StatusRunning}, "server2"},
		{"router_options=running\nmaster_accept_reads=false", [2]engine.ServerStatus{master, 0}, "server1"},
		{"router_options=synced", [2]engine.ServerStatus{master, slave}, "server1"},
		{"router_options=slave", [2]engine.ServerStatus{master, engine.StatusRunning}, "server1"},
		{"router_options=slave", [2]engine.ServerStatus{engine.StatusRunning, engine.StatusRunning}, ""},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			p.monitor.lag[1].Store(-1)
			p.set(tt.status[0], tt.status[1])
			c, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app"})
			if tt.want == "" || err != nil {
				if tt.want != "" || err == nil {
					t.Errorf("%q, %v: got %v", tt.options, tt.status, err)
				}
				return
			}
			for range 2 { // it is good for more than the first statement
				if r, err := c.Query("SELECT 1"); err != nil || r.Value != tt.want {
					t.Errorf("%q, %v: connected to %s, %v, want %s", tt.options, tt.status, r.Value, err, tt.want)
				}
			}
		}, "router_options=master", tt.options)
	}
}

// Ensure that a variable is read where it was set when its value was sent ahead.
func TestLongDataOfVariable(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "SELECT 1")
		r, err := c.Prepare("SET @x = ?")
		if err != nil {
			t.Fatal(err)
		}
		payload := append([]byte{byte(wire.ComStmtSendLongData), 0, 0, 0, 0, 0, 0}, "text"...)
		wire.SetStatementID(payload, r.ID)
		if _, err := c.Command(payload); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Execute(r.ID); err != nil {
			t.Fatal(err)
		}
		if p.query(c, "SELECT @x"); p.where("SELECT @x") != "server1" {
			t.Error("the variable is read where it was not set")
		}
	})
}

// Ensure rows of a cursor are fetched where it is open, whatever is executed in
// between, and that the session is pinned as long.
func TestCursor(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		r, err := c.Prepare("CURSOR SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Execute(r.ID); err != nil {
			t.Fatal(err)
		}
		on := p.where("CURSOR SELECT 1")
		for _, sql := range []string{"SELECT 1", "DELETE FROM t", "SELECT 1"} {
			p.query(c, sql)
		}
		pins := p.session(c).Info().Pins
		if len(pins) != 1 || pins[0].Kind != engine.PinCursor || pins[0].Server != on {
			t.Errorf("got pins %+v, want a cursor on %s", pins, on)
		}
		payload := []byte{byte(wire.ComStmtFetch), 0, 0, 0, 0, 1, 0, 0, 0}
		wire.SetStatementID(payload, r.ID)
		if r, err := c.Command(payload); err != nil || r.Rows != 1 || p.where("FETCH") != on {
			t.Errorf("got %+v, %v from %s, want a row of %s", r, err, p.where("FETCH"), on)
		}
		synctest.Wait()
		if pins := p.session(c).Info().Pins; pins != nil {
			t.Errorf("left are pins %+v", pins)
		}
		_, err = c.Command(payload)
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1421 {
			t.Errorf("a fetch without a cursor: got %v, want error 1421", err)
		}
	})
}
