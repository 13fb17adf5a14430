package engine_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// pings returns how often s has been pinged.
func pings(s *enginetest.Server) (n int) {
	for _, statement := range s.Statements() {
		if strings.Contains(statement, wire.ComPing.String()) {
			n++
		}
	}
	return n
}

// Ensure that max_connections counts those that are logged in, and that clients
// that say nothing take nobody's place.
func TestMaxConnections(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		for range 10 {
			if _, err := p.net.Dial(t.Context(), "tcp", splitAddress); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		a, b := p.connect(splitAddress), p.connect(splitAddress)
		for range 3 {
			_, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "app"})
			if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1040 || e.Message != "Too many connections" {
				t.Errorf("got %v, want error 1040", err)
			}
		}
		p.query(b, "SELECT 1")
		_ = a.Close()
		synctest.Wait()
		p.query(p.connect(splitAddress), "SELECT 1")
		_, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "wrong"})
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1040 {
			t.Errorf("got %v, want error 1040", err)
		}
	}, "router=readwritesplit", "router=readwritesplit\nmax_connections=2")
}

// Ensure that wait_timeout is for clients in a transaction too, and not for those
// whose statement runs.
func TestWaitTimeoutInTransaction(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		p.query(c, "SELECT SLEEP(100)")
		p.query(c, "BEGIN")
		time.Sleep(62 * time.Second)
		synctest.Wait()
		if _, err := c.Conn.ReadPacket(1 << 20); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the end of the connection", err)
		}
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	}, "router=readconnroute", "router=readconnroute\nwait_timeout=60s")
}

// Ensure that a client that does not read ends after net_write_timeout, and that
// the time does not count between two commands.
func TestNetWriteTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		p.query(c, "SELECT 1")
		time.Sleep(time.Minute)
		changeUser(t, c)
		p.query(c, "SELECT 1")
		begun := time.Now()
		if err := c.Send([]byte("\x03SELECT ROWS 10000 SIZE 1000")); err != nil {
			t.Fatal(err)
		}
		for len(p.Sessions()) > 0 && time.Since(begun) < time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(begun); took < 5*time.Second || took > 6*time.Second {
			t.Errorf("it ended after %v, want 5 s", took)
		}
		if info, _ := p.Ended(uint64(c.ID)); !strings.Contains(info.Reason, "net_write_timeout of 5s") {
			t.Errorf("got the reason %q", info.Reason)
		}
	}, "router=readconnroute", "router=readconnroute\nnet_write_timeout=5s")
}

// Ensure that a client that stops in the middle of COM_CHANGE_USER is not waited
// for.
func TestChangeUserTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		time.Sleep(time.Minute)
		m := wire.ChangeUser{User: "other", Collation: 45, Plugin: "mysql_native_password"}
		if err := c.Send(m.Append(nil, wire.ClientPluginAuth|wire.ClientSecureConnection)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// Ensure that idle backends are pinged while the client is not idle, and no
// longer when it is.
func TestKeepalive(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for range 9 { // for 45 s reads keep the replica busy
			time.Sleep(5 * time.Second)
			p.query(c, "SELECT 1")
		}
		synctest.Wait()
		if first, second := pings(p.primary), pings(p.replica); first != 4 || second != 0 {
			t.Errorf("got %d and %d pings, want 4 of the primary alone", first, second)
		}
		time.Sleep(time.Hour)
		if first, second := pings(p.primary), pings(p.replica); first > 5 || second > 1 {
			t.Errorf("got %d and %d pings of an idle client's backends", first, second)
		}
		p.query(c, "INSERT INTO t VALUES (1)")
		p.query(c, "BEGIN")
		time.Sleep(9 * time.Second)
		if got := p.query(c, "SELECT 1"); !got.Status.Has(wire.StatusInTrans) {
			t.Errorf("got status %v, want a transaction", got.Status)
		}
	}, "router=readwritesplit", "router=readwritesplit\nconnection_keepalive=10s")
}

// Ensure that force_connection_keepalive is for idle clients too, and that the
// connections can be used afterwards, whatever was half said.
func TestKeepaliveForced(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		framed := append([]byte{18, 0, 0, 0}, "\x03SELECT 'in two p'"...)
		if err := c.Conn.Write(framed[:9]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(101*time.Second + 500*time.Millisecond)
		if first, second := pings(p.primary), pings(p.replica); first != 10 || second != 10 {
			t.Errorf("got %d and %d pings, want 10 of each", first, second)
		}
		if err := c.Conn.Write(framed[9:]); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Receive(wire.ComQuery); err != nil || got.Value != "server2" {
			t.Errorf("got %+v, %v", got, err)
		}
		p.query(c, "INSERT INTO t VALUES (1)")
	}, "router=readwritesplit", "router=readwritesplit\nconnection_keepalive=10s\nforce_connection_keepalive=true")
}

// Ensure that a server that was lost is noticed by one ping, and that the statement
// for which it would have been needed is not said to have been executed.
func TestKeepaliveOfLost(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		p.query(c, "SELECT 1")
		p.primary.Disconnect()
		p.replica.Disconnect()
		time.Sleep(time.Minute)
		told := 0
		for _, line := range p.session(c).Info().Log {
			if strings.Contains(line, "ping: ") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the loss is told %d times", told)
		}
		_, err := c.Query("INSERT INTO t VALUES (1)")
		if err == nil || strings.Contains(err.Error(), "may have been executed") {
			t.Errorf("got %v", err)
		}
	}, "router=readconnroute", "router=readconnroute\nconnection_keepalive=10s\nforce_connection_keepalive=true")
}

// Ensure that backends are pinged while another one is busy for long.
func TestKeepaliveWhileBusy(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		if got := p.query(c, "INSERT INTO t SELECT SLEEP(65)"); got.Rows != 1 {
			t.Errorf("got %+v", got)
		}
		if first, second := pings(p.primary), pings(p.replica); first != 0 || second != 6 {
			t.Errorf("got %d and %d pings, want 6 of the replica", first, second)
		}
		p.query(c, "SELECT 1")
	}, "router=readwritesplit", "router=readwritesplit\nconnection_keepalive=10s")
}

// Ensure that a backend that does not answer a ping is lost, and that reads go on
// elsewhere.
func TestKeepaliveLost(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.replica.Disconnect()
		time.Sleep(8 * time.Second)
		p.query(c, "INSERT INTO t VALUES (1)")
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got := p.query(c, "SELECT 1"); got.Value != "server2" || p.replica.Connections() != 1 {
			t.Errorf("got %+v, %d connections", got, p.replica.Connections())
		}
	}, "router=readwritesplit", "router=readwritesplit\nconnection_keepalive=10s")
}

// Ensure that accounts are read and statements are stopped at the extra port,
// when it answers, and that sessions are not there.
func TestExtraPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "port=3001", "port=3001\nextra_port=3011", "port=3002", "port=3002\nextra_port=3012")
		defer p.stop()
		c := p.connect(connAddress)
		if got := last(p.primary); !strings.HasPrefix(got, "service:") {
			t.Errorf("got %q, want that the accounts were read at the usual port", got)
		}
		extra := enginetest.NewServer("extra")
		if err := extra.Serve(p.net, "127.0.0.1:3011"); err != nil {
			t.Fatal(err)
		}
		defer extra.Close()
		if err := c.Send([]byte("\x03SELECT SLEEP(100)")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := p.session(c).CancelStatement("ann"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := last(extra); !strings.HasPrefix(got, "app: KILL QUERY ") {
			t.Errorf("got %q at the extra port, want a KILL", got)
		}
		if n := extra.Connections(); n != 0 {
			t.Errorf("%d connections are left at the extra port", n)
		}
	})
}
