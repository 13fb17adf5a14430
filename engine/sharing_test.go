package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// sharing is a configuration in which sessions that are idle for five seconds
// share two connections to each server, changed by pairs of old and new text.
func sharing(changes ...string) []string {
	const server, service = "\nmax_routing_connections=2\npersistpoolmax=2\npersistmaxtime=60s", "\nidle_session_pool_time=5s\nmultiplex_timeout=10s"
	change := strings.NewReplacer(changes...).Replace
	return []string{
		"port=3001", "port=3001" + change(server), "port=3002", "port=3002" + change(server),
		"router=readconnroute", "router=readconnroute" + change(service), "router=readwritesplit", "router=readwritesplit" + change(service),
	}
}

// parked returns how many backends of c are parked.
func (p *proxy) parked(c *enginetest.Client) (n int) {
	p.t.Helper()
	for _, b := range p.session(c).Info().Backends {
		if b.Parked {
			n++
		}
	}
	return n
}

// rest waits until sessions that are idle have been asked for their connections.
func (p *proxy) rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Ensure that a session that is idle for idle_session_pool_time gives its
// connections to others, and gets one again with its state replayed.
func TestSharing(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connectAs("app", enginetest.ClientOptions{Database: "shop"})
		p.query(c, "SET sql_mode = 'ANSI'")
		prepared, err := c.Prepare("INSERT INTO t VALUES (1)")
		if err != nil {
			t.Fatal(err)
		}
		p.rest(4 * time.Second)
		if p.parked(c) != 0 {
			t.Error("it is parked too early")
		}
		p.rest(3 * time.Second)
		if p.parked(c) != 1 || p.pool("server1").Kept != 1 {
			t.Fatalf("got %+v, want that the connection is kept for others", p.session(c).Info().Backends)
		}
		p.query(p.connectAs("other", enginetest.ClientOptions{}), "INSERT INTO o VALUES (1)")
		before := len(p.primary.Statements())
		if _, err := c.Execute(prepared.ID); err != nil {
			t.Fatal(err)
		}
		want := []string{"app: SET sql_mode = 'ANSI'", "app: PREPARE INSERT INTO t VALUES (1)", "app: INSERT INTO t VALUES (1)"}
		if got := p.primary.Statements()[before:]; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if p.parked(c) != 0 || p.primary.Connections() != 2 {
			t.Errorf("%d are parked, %d connections", p.parked(c), p.primary.Connections())
		}
	}, sharing()...)
}

// Ensure that a statement waits for a connection, is served in the order of
// arrival, and fails after multiplex_timeout without the end of its session.
func TestSharingWaits(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		a, b := p.connect(connAddress), p.connect(connAddress)
		p.query(a, "BEGIN")
		p.query(b, "BEGIN")
		c := p.connect(connAddress)
		begun := time.Now()
		_, err := c.Query("INSERT INTO t VALUES ('c')")
		e, ok := errors.AsType[*wire.Error](err)
		if took := time.Since(begun); !ok || e.Code != 1040 || !strings.Contains(e.Message, "multiplex_timeout of 10s") || took != 10*time.Second {
			t.Errorf("got %v after %v, want error 1040 after 10 s", err, took)
		}
		d := p.connect(connAddress)
		_ = c.Send([]byte("\x03INSERT INTO t VALUES ('c')"))
		synctest.Wait()
		_ = d.Send([]byte("\x03INSERT INTO t VALUES ('d')"))
		p.rest(time.Second)
		p.query(a, "COMMIT")
		p.rest(7 * time.Second) // until it is idle for long enough
		if _, err := c.Receive(wire.ComQuery); err != nil {
			t.Error(err)
		}
		if got := last(p.primary); got != "app: INSERT INTO t VALUES ('c')" {
			t.Errorf("got %q", got)
		}
		p.leave(c)
		if _, err := d.Receive(wire.ComQuery); err != nil {
			t.Error(err)
		}
		if p.parked(a) != 1 || p.parked(b) != 0 {
			t.Errorf("%d and %d are parked, want that only the one without a transaction is", p.parked(a), p.parked(b))
		}
	}, sharing()...)
}

// Ensure that a session keeps what cannot be replayed.
func TestSharingKeeps(t *testing.T) {
	for _, statement := range []string{
		"BEGIN", "CREATE TEMPORARY TABLE t (a INT)", "SELECT GET_LOCK('a', 1)", "SELECT @a := 1", "LOCK TABLES t WRITE",
		"HANDLER t OPEN", "FLUSH TABLES WITH READ LOCK", "SET TRANSACTION READ ONLY", "SELECT 1; SET NAMES latin1",
	} {
		t.Run(strings.ReplaceAll(statement, " ", "_"), func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connect(connAddress)
				p.query(c, statement)
				p.rest(20 * time.Second)
				if p.parked(c) != 0 {
					t.Error("it is parked")
				}
				if _, err := c.Command([]byte{byte(wire.ComResetConnection)}); err != nil {
					t.Fatal(err)
				}
				p.rest(20 * time.Second)
				if p.parked(c) != 1 {
					t.Error("it is not parked after it was reset")
				}
			}, sharing()...)
		})
	}
}

// Ensure that a history that has lost something keeps the connections.
func TestSharingHistory(t *testing.T) {
	for _, limit := range []string{"max_sescmd_history=1", "max_sescmd_history=1\nprune_sescmd_history=false", "disable_sescmd_history=true"} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(connAddress)
			p.query(c, "SET a = 1")
			p.query(c, "SET b = 1")
			p.rest(20 * time.Second)
			if p.parked(c) != 0 {
				t.Errorf("%s: it is parked", limit)
			}
		}, sharing("idle_session_pool_time=5s", "idle_session_pool_time=5s\n"+limit)...)
	}
}

// Ensure that with readwritesplit a session command reaches parked backends when
// they are used, and that two sessions that hold what the other one waits for do
// not wait for ever.
func TestSharingSplit(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		a, b := p.connect(splitAddress), p.connect(splitAddress)
		p.rest(7 * time.Second)
		if p.parked(a) != 2 {
			t.Fatalf("%d and %d are parked", p.parked(a), p.parked(b))
		}
		p.query(a, "SET NAMES latin1")
		if got := last(p.replica); strings.Contains(got, "latin1") {
			t.Errorf("the parked replica got %q", got)
		}
		p.query(a, "SELECT 1")
		if got := p.replica.Statements(); !slices.Equal(got[len(got)-2:], []string{"app: SET NAMES latin1", "app: SELECT 1"}) {
			t.Errorf("got %q", got)
		}
		p.rest(7 * time.Second)
		p.query(a, "INSERT INTO t VALUES (1)")
		p.query(b, "SELECT 1")
		begun := time.Now()
		var wg sync.WaitGroup
		for c, sql := range map[*enginetest.Client]string{a: "SELECT 2", b: "INSERT INTO t VALUES (2)"} {
			wg.Go(func() {
				if _, err := c.Query(sql); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(begun); took > 6*time.Second { // one of them may keep both while it is not idle for long enough
			t.Errorf("it took %v", took)
		}
	}, sharing("max_routing_connections=2\npersistpoolmax=2", "max_routing_connections=1\npersistpoolmax=1")...)
}

// Ensure that with idle_session_pool_time=0s many sessions share one connection
// without a pause, and that each has its own state on it.
func TestSharingAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		users := []string{"app", "other"}
		var clients []*enginetest.Client
		for i := range 20 {
			c := p.connectAs(users[i%2], enginetest.ClientOptions{Database: fmt.Sprint("db", i)})
			p.query(c, fmt.Sprint("SET n = ", i))
			clients = append(clients, c)
		}
		begun := time.Now()
		var wg sync.WaitGroup
		for i, c := range clients {
			wg.Go(func() {
				for range 10 {
					if _, err := c.Query(fmt.Sprintf("INSERT INTO %s VALUES (%d)", users[i%2], i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if took := time.Since(begun); took > 0 {
			t.Errorf("it took %v", took)
		}
		if n := p.primary.Connections(); n != 1 {
			t.Errorf("%d connections", n)
		}
		set := ""
		for _, statement := range p.primary.Statements() {
			user, text, _ := strings.Cut(statement, ": ")
			if n, found := strings.CutPrefix(text, "SET n = "); found {
				set = n
			}
			if into, found := strings.CutPrefix(text, "INSERT INTO "); found && into != fmt.Sprintf("%s VALUES (%s)", user, set) {
				t.Fatalf("%q was executed with n = %s", statement, set)
			}
		}
	}, sharing("=5s", "=0s", "max_routing_connections=2\npersistpoolmax=2", "max_routing_connections=1\npersistpoolmax=1")...)
}

// Ensure that sessions share a place that no pool keeps a connection in.
func TestSharingWithoutPool(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		a := p.connect(connAddress)
		p.rest(20 * time.Second)
		if p.parked(a) != 0 {
			t.Error("it is parked though nobody waits")
		}
		p.query(p.connect(connAddress), "INSERT INTO t VALUES (1)")
		if p.parked(a) != 1 || p.primary.Connections() != 1 {
			t.Errorf("%d are parked, %d connections", p.parked(a), p.primary.Connections())
		}
	}, sharing("max_routing_connections=2\npersistpoolmax=2\npersistmaxtime=60s", "max_routing_connections=1")...)
}

// Ensure that the loss of a server on which the session has nothing is got over
// where it can be, and that a session that shares is not restarted.
func TestSharingLost(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		split, conn := p.connect(splitAddress), p.connect(connAddress)
		p.rest(7 * time.Second)
		if err := p.session(split).Restart("ann"); engine.KindOf(err) != engine.Invalid || !strings.Contains(err.Error(), "idle_session_pool_time") {
			t.Errorf("restart: got %v", err)
		}
		p.replica.Close()
		if got := p.query(split, "SELECT 1"); got.Value != "server1" {
			t.Errorf("got %+v, want an answer of the primary", got)
		}
		p.primary.Close()
		if _, err := conn.Query("INSERT INTO t VALUES (1)"); err == nil || strings.Contains(err.Error(), "may have been executed") {
			t.Errorf("got %v, want an error that the statement was not sent", err)
		}
	}, sharing()...)
}

// Ensure that a session that is killed while it waits ends at once.
func TestSharingKilled(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.query(p.connect(connAddress), "BEGIN")
		p.query(p.connect(connAddress), "BEGIN")
		c := p.connect(connAddress)
		_ = c.Send([]byte("\x03INSERT INTO t VALUES ('c')"))
		synctest.Wait()
		begun := time.Now()
		if err := p.session(c).Kill(engine.KillOptions{Reason: "enough"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Receive(wire.ComQuery); err == nil || !strings.Contains(err.Error(), "enough") || time.Since(begun) > time.Second {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
		synctest.Wait()
		if n := len(p.Sessions()); n != 2 {
			t.Errorf("%d sessions", n)
		}
	}, sharing()...)
}
