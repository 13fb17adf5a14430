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

// since returns what a server has executed after the first n statements, without
// the user's name.
func since(s *enginetest.Server, n int) []string {
	list := slices.Clone(s.Statements()[n:])
	for i := range list {
		list[i] = strings.TrimPrefix(list[i], "app: ")
	}
	return list
}

// timesOf counts a statement.
func timesOf(sql string, executed []string) (n int) {
	for _, x := range executed {
		if x == sql {
			n++
		}
	}
	return n
}

// Ensure a server that is connected to later is told everything that made the
// session what it is, each command in the database that it was given in.
func TestReplay(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "app", Database: "a"})
		if err != nil {
			t.Fatal(err)
		}
		p.query(c, "SET @x = 1")
		kept, _ := c.Prepare("SELECT 'kept'")
		command, _ := c.Prepare("SET @y = 2")
		closed, _ := c.Prepare("SELECT 'closed'")
		if _, err := c.Execute(command.ID); err != nil {
			t.Fatal(err)
		}
		for _, id := range []uint32{command.ID, closed.ID} {
			payload := []byte{byte(wire.ComStmtClose), 0, 0, 0, 0}
			wire.SetStatementID(payload, id)
			_ = c.Send(payload)
		}
		p.query(c, "PREPARE gone FROM 'SELECT 1'")
		p.query(c, "DEALLOCATE PREPARE gone")
		p.query(c, "USE b")
		p.query(c, "PREPARE text FROM 'SELECT 2'")
		p.query(c, "USE c")
		p.query(c, "SET @x = 1") // again
		n := len(p.replica.Statements())
		p.replica.Disconnect()
		if r, err := c.Execute(kept.ID); err != nil || r.Value != "server2" {
			t.Errorf("got %+v, %v, want the replica's answer", r, err)
		}
		synctest.Wait()
		want := []string{
			"COM_INIT_DB a", "PREPARE SELECT 'kept'", "PREPARE SET @y = 2", "SET @y = 2",
			"COM_INIT_DB b", "PREPARE text FROM 'SELECT 2'", "COM_INIT_DB c", "SET @x = 1", "SELECT 'kept'",
		}
		if diff := cmp.Diff(want, since(p.replica, n)); diff != "" {
			t.Errorf("the replica was told (-want +got):\n%s", diff)
		}
	})
}

// Ensure a server that answers the history unlike the others did is not used.
func TestReplayDiffers(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "SET sql_mode='ANSI'")
		p.replica.Answer = func(sql string) []byte {
			if !strings.HasPrefix(sql, "SET sql_mode") {
				return nil
			}
			return refusal(wire.Error{Code: 1231, State: "42000", Message: "no"})
		}
		p.replica.Disconnect()
		for range 3 {
			if r := p.query(c, "SELECT 1"); r.Value != "server1" {
				t.Errorf("answered by %s, want server1", r.Value)
			}
		}
	})
}

// Ensure a server that is lost while it is told the history has nothing to do for
// the session afterwards.
func TestReplayLost(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "SET @a = 1")
		p.replica.Answer = func(string) []byte {
			p.replica.Disconnect()
			return nil
		}
		p.replica.Disconnect()
		if r := p.query(c, "SELECT 1"); r.Value != "server1" {
			t.Errorf("answered by %s, want server1", r.Value)
		}
		synctest.Wait()
		for _, s := range p.Servers() {
			if s.ActiveOperations != 0 {
				t.Errorf("%s shows %d operations", s.Object.Name, s.ActiveOperations)
			}
		}
	})
}

// Ensure the history is kept, pruned and given up as it is configured to be.
func TestHistoryLimits(t *testing.T) {
	for _, tt := range []struct {
		options string
		want    string // who answers after the replica was lost
		told    []string
	}{
		{"", "server2", []string{"SET @a = 1", "SET @b = 2", "SET @c = 3", "SELECT 1"}},
		{"max_sescmd_history=2", "server2", []string{"SET @b = 2", "SET @c = 3", "SELECT 1"}},
		{"max_sescmd_history=3\nprune_sescmd_history=false", "server2", []string{"SET @a = 1", "SET @b = 2", "SET @c = 3", "SELECT 1"}},
		{"max_sescmd_history=2\nprune_sescmd_history=false", "server1", []string{}},
		{"disable_sescmd_history=true", "server1", []string{}},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			for _, sql := range []string{"SET @a = 1", "SET @b = 2", "SET @c = 3"} {
				p.query(c, sql)
			}
			n := len(p.replica.Statements())
			p.replica.Disconnect()
			if r := p.query(c, "SELECT 1"); r.Value != tt.want {
				t.Errorf("%q: answered by %s, want %s", tt.options, r.Value, tt.want)
			}
			if diff := cmp.Diff(tt.told, since(p.replica, n)); diff != "" {
				t.Errorf("%q: the replica was told (-want +got):\n%s", tt.options, diff)
			}
			if tt.want == "server1" { // nothing was lost of a session that has no commands
				fresh := p.connect(splitAddress)
				p.replica.Disconnect()
				if r := p.query(fresh, "SELECT 1"); r.Value != "server2" {
					t.Errorf("%q: a new session's read was answered by %s", tt.options, r.Value)
				}
			}
		}, split(tt.options)...)
	}
}

// revive makes the primary go away for some time.
func (p *proxy) revive(after time.Duration) {
	p.primary.Close()
	p.monitor.status[0].Store(0)
	time.Sleep(after)
	if err := p.primary.Serve(p.net, "127.0.0.1:3001"); err != nil {
		p.t.Error(err)
	}
	p.monitor.status[0].Store(uint32(master))
}

// Ensure that with delayed_retry a statement waits for a primary, as long as it
// is to and if it may be sent again.
func TestDelayedRetry(t *testing.T) {
	for _, tt := range []struct {
		name    string
		before  []string
		sql     string
		options string
		away    time.Duration
		code    uint16 // 0 for success
	}{
		{"waits", nil, "INSERT INTO t VALUES (1)", "delayed_retry=true", 5 * time.Second, 0},
		{"state", []string{"SET @a = 1"}, "INSERT INTO t VALUES (1)", "delayed_retry=true", 5 * time.Second, 0},
		{"not-so-long", nil, "INSERT INTO t VALUES (1)", "delayed_retry=true\ndelayed_retry_timeout=3s", 5 * time.Second, 1927},
		{"error-on-write", nil, "INSERT INTO t VALUES (1)", "delayed_retry=true\ndelayed_retry_timeout=3s\nmaster_failure_mode=error_on_write", 5 * time.Second, 1290},
		{"off", nil, "INSERT INTO t VALUES (1)", "", 0, 1927},
		{"transaction", []string{"BEGIN"}, "INSERT INTO t VALUES (1)", "delayed_retry=true", 0, 1927},
		{"no-autocommit", []string{"SET autocommit=0"}, "INSERT INTO t VALUES (1)", "delayed_retry=true", 0, 1927},
		{"temporary-table", []string{"CREATE TEMPORARY TABLE x (a INT)"}, "INSERT INTO t VALUES (1)", "delayed_retry=true", 0, 1927},
		{"temporary-table-not-strict", []string{"CREATE TEMPORARY TABLE x (a INT)"}, "INSERT INTO t VALUES (1)", "delayed_retry=true\nstrict_tmp_tables=false", time.Second, 0},
		{"no-reconnection", nil, "INSERT INTO t VALUES (1)", "delayed_retry=true\nmaster_reconnection=false", 0, 1927},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connect(splitAddress)
				for _, sql := range tt.before {
					p.query(c, sql)
				}
				n := len(p.primary.Statements())
				time.Sleep(time.Second) // it is looked at before it is used again
				go p.revive(tt.away)
				time.Sleep(time.Millisecond)
				begun := time.Now()
				_, err := c.Query(tt.sql)
				e, _ := errors.AsType[*wire.Error](err)
				switch {
				case tt.code == 0 && err != nil:
					t.Errorf("got %v", err)
				case tt.code != 0 && (e == nil || e.Code != tt.code):
					t.Errorf("got %v, want error %d", err, tt.code)
				}
				time.Sleep(20 * time.Second)
				times := timesOf(tt.sql, since(p.primary, n))
				if want := 1 - min(int(tt.code), 1); times != want {
					t.Errorf("executed %d times, want %d", times, want)
				}
				if took := time.Since(begun) - 20*time.Second; tt.code == 0 && (took < tt.away-time.Second || took > tt.away+2*time.Second) {
					t.Errorf("took %v", took)
				}
			}, split(tt.options)...)
		})
	}
}

// Ensure that with delayed_retry a write that was sent is not sent again, since it
// may have been executed, and that a read is.
func TestDelayedRetryIsNotTwice(t *testing.T) {
	for sql, answered := range map[string]bool{"HANGUP": false, "SELECT 1 -- hangup": true} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			p.set(master, 0)
			_, err := c.Query(sql)
			e, _ := errors.AsType[*wire.Error](err)
			if e == nil || e.Code != 1927 || !answered && !strings.Contains(e.Message, "may have been executed") {
				t.Errorf("%s: got %v, want error 1927", sql, err)
			}
			time.Sleep(20 * time.Second)
			times := timesOf(sql, since(p.primary, 0))
			if (times > 1) != answered {
				t.Errorf("%s: executed %d times", sql, times)
			}
		}, split("delayed_retry=true")...)
	}
}

// Ensure that a statement which comes too early for another try to connect is told
// why the one before has failed, and to which server.
func TestBarredPrimarySaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.breaks(func(address string) *enginetest.Faults {
			if address == "127.0.0.1:3001" {
				return &enginetest.Faults{Refused: errors.New("no route to host")}
			}
			return nil
		})
		time.Sleep(time.Second)
		p.primary.Disconnect()
		_, _ = c.Query("DELETE FROM t") // finds the connection broken
		for range 2 {
			_, err := c.Query("DELETE FROM t")
			e, _ := errors.AsType[*wire.Error](err)
			if e == nil || e.Code != 1290 || !strings.Contains(e.Message, "server1") || !strings.Contains(e.Message, "no route to host") {
				t.Errorf("got %v, want error 1290 that names server1 and the reason", err)
			}
		}
	}, split("master_failure_mode=error_on_write")...)
}

// Ensure a session that waits for a primary can be killed.
func TestKillDelayedRetry(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.set(0, slave)
		p.primary.Disconnect()
		_ = c.Send([]byte("\x03DELETE FROM t"))
		time.Sleep(time.Second)
		begun := time.Now()
		if err := p.session(c).Kill(engine.KillOptions{By: "ann", Reason: "enough"}); err != nil {
			t.Fatal(err)
		}
		_, err := c.Receive(wire.ComQuery)
		if e, ok := errors.AsType[*wire.Error](err); !ok || !strings.Contains(e.Message, "enough") {
			t.Errorf("got %v, want the reason of the kill", err)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %v", took)
		}
	}, split("delayed_retry=true")...)
}

// Ensure a write that a hint sends to a replica is not sent to another server when
// that is lost: it may have been executed.
func TestHintedWriteIsNotRepeated(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		if _, err := c.Query("HANGUP -- maxscale route to slave"); err == nil {
			t.Error("it succeeded")
		}
		synctest.Wait()
		if last(p.primary) == "app: HANGUP -- maxscale route to slave" {
			t.Error("it was sent to the primary, too")
		}
	}, split("filters=Hint")...)
}

// Ensure a session does not follow the primary to another server when it would
// leave something behind, and says what.
func TestSwitchoverLeavesNothing(t *testing.T) {
	for _, tt := range []struct{ sql, options, want string }{
		{"CREATE TEMPORARY TABLE x (a INT)", "", "temporary table"},
		{"SELECT GET_LOCK('a', 1)", "", "user lock"},
		{"SELECT @a := 1", "", "user variable"},
		{"CREATE TEMPORARY TABLE x (a INT)", "strict_tmp_tables=false", ""},
		{"SET @a = 1", "", ""},
		{"SET @a = 1", "master_reconnection=false", "master_reconnection"},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(splitAddress)
			p.query(c, tt.sql)
			p.set(slave, master)
			_, err := c.Query("DELETE FROM t")
			e, _ := errors.AsType[*wire.Error](err)
			if (tt.want == "") != (err == nil) || e != nil && !strings.Contains(e.Message, tt.want) {
				t.Errorf("%s, %q: got %v, want %q", tt.sql, tt.options, err, tt.want)
			}
		}, split(tt.options)...)
	}
}

// Ensure a session command goes on to another server when the one whose answer
// counts is lost.
func TestSessionCommandOutlivesServer(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.primary.Disconnect()
		p.query(c, "SET @a = 1")
		p.query(c, "DELETE FROM t")
		if got := since(p.primary, 0); !slices.Contains(got, "SET @a = 1") || last(p.primary) != "app: DELETE FROM t" {
			t.Errorf("the primary was told %q", got)
		}
	})
}

// Ensure a read whose primary is lost goes to it again over another connection,
// when there is no replica.
func TestRetryReadOnPrimary(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.set(master, 0)
		c := p.connect(splitAddress)
		p.primary.Disconnect()
		if r := p.query(c, "SELECT 1"); r.Value != "server1" {
			t.Errorf("answered by %q", r.Value)
		}
		p.primary.Disconnect()
		if _, err := c.Query("SELECT 1 FOR UPDATE"); err == nil {
			t.Error("what may have been executed was sent again")
		}
	})
}

// Ensure a read that kills each server that gets it does not go on for ever.
func TestQueryOfDeath(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		before := len(p.primary.Statements()) + len(p.replica.Statements())
		if _, err := c.Query("VALUES (1) -- HANGUP"); err == nil {
			t.Error("it succeeded")
		}
		synctest.Wait()
		if n := len(p.primary.Statements()) + len(p.replica.Statements()) - before; n > 8 {
			t.Errorf("it was sent %d times", n)
		}
	})
}

// Ensure a read goes to another server when the one that a hint names is lost.
func TestRetryHintedRead(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.primary.Disconnect()
		if r := p.query(c, "SELECT 1 -- maxscale route to server server1"); r.Value != "server2" {
			t.Errorf("answered by %q", r.Value)
		}
	}, split("filters=Hint")...)
}

// Ensure a command without a reply is never answered, with no server either.
func TestNoServerNoReply(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		r, err := c.Prepare("SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		p.set(0, 0)
		p.primary.Disconnect()
		p.replica.Disconnect()
		synctest.Wait()
		payload := []byte{byte(wire.ComStmtClose), 0, 0, 0, 0}
		wire.SetStatementID(payload, r.ID)
		_ = c.Send(payload)
		if _, err := c.Query("SELECT 1"); err == nil {
			t.Error("a query succeeded without a server")
		} else if e, ok := errors.AsType[*wire.Error](err); ok && e.Code != 1927 && e.Code != 1290 {
			t.Errorf("got %v", err)
		}
	}, split("master_failure_mode=error_on_write")...)
}
