package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// pooling is a configuration in which server1 keeps two connections for a minute.
var pooling = []string{"port=3001", "port=3001\npersistpoolmax=2\npersistmaxtime=60s"}

func (p *proxy) pool(name string) engine.PoolInfo {
	p.t.Helper()
	info, err := p.Server(name)
	if err != nil {
		p.t.Fatal(err)
	}
	return info.Pool
}

func (p *proxy) connectAs(user string, o enginetest.ClientOptions) *enginetest.Client {
	p.t.Helper()
	o.User, o.Password = user, user
	c, err := enginetest.Connect(p.t.Context(), p.net, connAddress, o)
	if err != nil {
		p.t.Fatal(err)
	}
	synctest.Wait()
	return c
}

func (p *proxy) leave(c *enginetest.Client) {
	_ = c.Close()
	synctest.Wait()
}

// Ensure that a connection is kept, reset, and given to the next session, whoever
// that is, and that the figures say so.
func TestPool(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		logins := p.primary.Logins()
		a := p.connectAs("app", enginetest.ClientOptions{Database: "shop"})
		p.query(a, "BEGIN")
		p.leave(a)
		if got := last(p.primary); got != "app: COM_RESET_CONNECTION" {
			t.Errorf("last on the server: %q, want that the connection is reset", got)
		}
		if got, want := p.pool("server1"), (engine.PoolInfo{Kept: 1, Peak: 1, Empty: 1}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		b := p.connectAs("other", enginetest.ClientOptions{})
		if got := p.query(b, "INSERT INTO t VALUES (1)"); got.Status.Has(wire.StatusInTrans) {
			t.Errorf("the transaction of another session is open")
		}
		if got := p.primary.Logins() - logins; got != 1 {
			t.Errorf("got %d logins, want 1", got)
		}
		if !slices.Contains(p.primary.Statements(), "other: COM_CHANGE_USER database ''") || last(p.primary) != "other: INSERT INTO t VALUES (1)" {
			t.Errorf("got %q", p.primary.Statements())
		}
		info, _ := p.Server("server1")
		if got, want := info.Pool, (engine.PoolInfo{Peak: 1, Reused: 1, Empty: 1}); got != want || info.Connections != 1 {
			t.Errorf("got %+v, want %+v; %d connections", got, want, info.Connections)
		}
		c := p.connectAs("app", enginetest.ClientOptions{})
		d := p.connectAs("app", enginetest.ClientOptions{})
		for _, x := range []*enginetest.Client{b, c, d} {
			p.leave(x)
		}
		if got := p.pool("server1"); got.Kept != 2 || got.Peak != 2 {
			t.Errorf("got %+v, want 2 that are kept", got)
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if got := p.pool("server1"); got.Kept != 0 {
			t.Errorf("got %+v after persistmaxtime", got)
		}
		if n := p.primary.Connections(); n != 0 {
			t.Errorf("%d connections are open", n)
		}
	}, pooling...)
}

// Ensure that what another session could notice is not given to it.
func TestPoolNotKept(t *testing.T) {
	tests := []struct {
		name string
		use  func(*proxy, *enginetest.Client)
	}{
		{"owes a reply", func(p *proxy, c *enginetest.Client) {
			_ = c.Send([]byte("\x03SELECT SLEEP(1000)"))
			synctest.Wait()
			_ = p.session(c).Kill(engine.KillOptions{})
			time.Sleep(time.Second)
		}},
		{"a statement was stopped", func(p *proxy, c *enginetest.Client) {
			_ = c.Send([]byte("\x03SELECT SLEEP(1000)"))
			synctest.Wait()
			_ = p.session(c).CancelStatement("ann")
			_, _ = c.Receive(wire.ComQuery)
		}},
		{"option of the connection", func(p *proxy, c *enginetest.Client) {
			if _, err := c.Command([]byte{byte(wire.ComSetOption), 0, 0}); err != nil {
				p.t.Fatal(err)
			}
		}},
		{"lost", func(p *proxy, _ *enginetest.Client) { p.primary.Disconnect() }},
		{"down", func(p *proxy, _ *enginetest.Client) { p.set(0, slave) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connectAs("app", enginetest.ClientOptions{})
				tt.use(p, c)
				p.leave(c)
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if got := p.pool("server1").Kept; got != 0 {
					t.Errorf("%d connections are kept", got)
				}
				if n := len(p.Sessions()); n != 0 {
					t.Errorf("%d sessions are left", n)
				}
			}, pooling...)
		})
	}
}

// Ensure that a connection is kept apart for sessions that have agreed on other
// capabilities, that dead ones are passed over, and that the server proves the
// password anew.
func TestPoolPassedOver(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.leave(p.connectAs("app", enginetest.ClientOptions{}))
		c := p.connectAs("app", enginetest.ClientOptions{Caps: compressing})
		if got := p.pool("server1"); got.Reused != 0 || got.Kept != 1 {
			t.Errorf("a connection with other capabilities: got %+v", got)
		}
		p.leave(c)
		p.primary.Disconnect()
		synctest.Wait()
		p.query(p.connectAs("app", enginetest.ClientOptions{}), "SELECT 1")
		p.leave(p.connectAs("app", enginetest.ClientOptions{}))
		p.primary.Accounts = slices.DeleteFunc(slices.Clone(p.primary.Accounts), func(a auth.Account) bool { return a.User == "app" })
		_, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app"})
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1045 {
			t.Errorf("an account that is gone: got %v, want error 1045", err)
		}
		p.query(p.connectAs("other", enginetest.ClientOptions{}), "SELECT 1")
	}, pooling...)
}

// Ensure that no more connections than max_routing_connections are opened, kept
// ones among them, and that their place is given to who needs one.
func TestMaxRoutingConnections(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		a, b := p.connectAs("app", enginetest.ClientOptions{}), p.connectAs("app", enginetest.ClientOptions{})
		_, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app"})
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1040 || !strings.Contains(e.Message, "server1: max_routing_connections allows 2") {
			t.Errorf("got %v, want error 1040 that says why", err)
		}
		p.leave(a)
		c := p.connectAs("app", enginetest.ClientOptions{Caps: compressing}) // in the place of the one that is kept
		if got := p.pool("server1"); got.Kept != 0 || p.primary.Connections() != 2 {
			t.Errorf("got %+v, %d connections", got, p.primary.Connections())
		}
		p.query(b, "SELECT 1")
		p.query(c, "SELECT 1")
		split := p.connect(splitAddress) // the replica has no limit
		if got := p.query(split, "SELECT 1").Value; got != "server2" {
			t.Errorf("got %q", got)
		}
	}, "port=3001", "port=3001\nmax_routing_connections=2\npersistpoolmax=2\npersistmaxtime=60s")
}

// Ensure that very many sessions in turn leave neither places nor connections
// behind.
func TestPoolManySessions(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		for i := range 50 {
			user := []string{"app", "other"}[i%2]
			c := p.connectAs(user, enginetest.ClientOptions{Database: fmt.Sprint("db", i)})
			if p.query(c, "INSERT INTO t VALUES (1)"); last(p.primary) != user+": INSERT INTO t VALUES (1)" {
				t.Fatalf("the server got %q", last(p.primary))
			}
			p.leave(c)
		}
		if got := p.pool("server1"); got.Kept != 1 || got.Reused != 49 || got.Empty != 1 {
			t.Errorf("got %+v", got)
		}
	}, "port=3001", "port=3001\nmax_routing_connections=1\npersistpoolmax=2\npersistmaxtime=60s")
}

// Ensure that a router takes another server when one has no place left.
func TestMaxRoutingConnectionsElsewhere(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		for range 4 {
			p.query(p.connect(connAddress), "SELECT 1")
		}
		if first, second := p.primary.Connections(), p.replica.Connections(); first != 1 || second != 3 {
			t.Errorf("got %d and %d connections, want 1 and 3", first, second)
		}
		split := p.connect(splitAddress) // reads without a place at the primary
		if got := p.query(split, "SELECT 1").Value; got != "server2" {
			t.Errorf("got %q", got)
		}
		time.Sleep(time.Minute) // until the router tries the primary again
		if _, err := split.Query("INSERT INTO t VALUES (1)"); err == nil || !strings.Contains(err.Error(), "max_routing_connections allows 1") {
			t.Errorf("a write got %v, want an error that says why", err)
		}
	}, "port=3001", "port=3001\nmax_routing_connections=1", "router_options=master", "router_options=running")
}

// Ensure that sessions that come and go, are killed and have statements stopped,
// all at once, never get a connection that something of another one is still
// under way for.
func TestPoolStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "port=3001", "port=3001\nmax_routing_connections=12\npersistpoolmax=8\npersistmaxtime=60s")
		defer p.stop()
		var wg sync.WaitGroup
		for n := range 12 {
			wg.Go(func() {
				for i := range 40 {
					visit(t, p, rand.New(rand.NewPCG(uint64(n), uint64(i))), fmt.Sprintf("visit %d of %d", i, n))
				}
			})
		}
		wg.Wait()
		for _, statement := range p.primary.Statements() {
			user, text, _ := strings.Cut(statement, ": ")
			if owner, found := strings.CutPrefix(text, "INSERT INTO "); found && !strings.HasPrefix(owner, user) {
				t.Errorf("%q was executed as %s", text, user)
			}
		}
		if got := p.pool("server1"); got.Reused < 20 || got.Kept > 8 {
			t.Errorf("got %+v, want many that are used again", got)
		}
	})
}

// visit is a client that stays for a few statements, some of which it does not
// see the end of.
func visit(t *testing.T, p *proxy, r *rand.Rand, name string) {
	user := []string{"app", "other"}[r.IntN(2)]
	c, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: user, Password: user, Database: "shop"})
	if err != nil {
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1040 {
			t.Errorf("%s: %v", name, err)
		}
		time.Sleep(time.Millisecond)
		return
	}
	defer c.Conn.Close()
	for range r.IntN(4) {
		if _, err := c.Query("INSERT INTO " + user + " VALUES ('" + name + "')"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Query("SELECT SLEEP(0.001)"); err != nil { // nobody has stopped it
			t.Errorf("%s: %v", name, err)
		}
		time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
	}
	s := p.AnySession(uint64(c.ID))
	switch r.IntN(6) {
	case 0: // leaves in the middle of a statement
		_ = c.Send([]byte("\x03SELECT SLEEP(0.01)"))
	case 1:
		_ = c.Send([]byte("\x03SELECT SLEEP(0.01)"))
		time.Sleep(time.Duration(r.IntN(12)) * time.Millisecond)
		_ = s.CancelStatement("ann")
		if r.IntN(2) == 0 {
			_, _ = c.Receive(wire.ComQuery)
		}
	case 2:
		_ = c.Send([]byte("\x03SELECT SLEEP(0.01)"))
		time.Sleep(time.Duration(r.IntN(12)) * time.Millisecond)
		_ = s.Kill(engine.KillOptions{})
	default:
		_ = c.Close()
	}
}
