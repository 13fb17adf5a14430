package engine_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file has clients that do not read and programs that have run out of
// something.

// Ensure a client that does not read its result has no more of it read from the
// server than fits under way, and gets all of it when it does read.
func TestSlowClientIsNotReadAhead(t *testing.T) {
	const rows, size = 20_000, 1000
	bubble(t, func(t *testing.T, p *proxy) {
		b := &breaker{}
		p.breaks(b.dialled)
		b.set("127.0.0.1:3001", -1, enginetest.Faults{})
		c := p.connect(connAddress)
		_ = c.Send([]byte("\x03SELECT ROWS 20000 SIZE 1000"))
		time.Sleep(time.Hour)
		synctest.Wait()
		_, carried := b.seen[0].Carried()
		if most := 1 << 20; carried > most {
			t.Errorf("the server has sent %d bytes to nobody, want %d at most", carried, most)
		}
		s := p.session(c)
		i := s.Info()
		held := i.Memory.Client.ReadQ + i.Memory.Client.WriteQ
		for _, b := range i.Backends {
			held += b.Memory.ReadQ + b.Memory.WriteQ
		}
		if most := int64(64 << 10); held == 0 || held > most {
			t.Errorf("the session holds %d bytes, want %d at most and some", held, most)
		}
		if r, err := c.Receive(wire.ComQuery); err != nil || r.Rows != rows || r.Bytes != rows*(size+3) {
			t.Errorf("got %+v and %v, want %d rows", r, err, rows)
		}
	})
}

// Ensure a client that does not read for net_write_timeout is closed, and one
// that reads slowly but steadily is not.
func TestNetWriteTimeoutSlow(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		stuck, slow := p.connect(connAddress), p.connect(connAddress)
		for _, c := range []*enginetest.Client{stuck, slow} {
			_ = c.Send([]byte("\x03SELECT ROWS 2000 SIZE 1000"))
		}
		for len(slow.Conn.Unread()) < 2000*1000 {
			time.Sleep(3 * time.Second)
			for want := min(len(slow.Conn.Unread())+200_000, 2000*1000); len(slow.Conn.Unread()) < want; {
				if err := slow.Conn.Fill(); err != nil {
					t.Fatalf("the slow client after %d bytes: %v", len(slow.Conn.Unread()), err)
				}
			}
		}
		if r, err := slow.Receive(wire.ComQuery); err != nil || r.Rows != 2000 {
			t.Errorf("the slow client: got %+v and %v", r, err)
		}
		if n := len(p.Sessions()); n != 1 {
			t.Errorf("%d sessions are left, want 1", n)
		}
	}, "router=readconnroute", "router=readconnroute\nnet_write_timeout=10s")
}

// Ensure that, with no file descriptors left, who needs a new connection is told
// what is wrong, and who does not lives on.
func TestTooManyOpenFiles(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		readers := [2]*enginetest.Client{p.connect(splitAddress), p.connect(connAddress)}
		exhausted := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", syscall.EMFILE)}
		p.breaks(func(address string) *enginetest.Faults {
			if strings.HasPrefix(address, "127.0.0.1:300") {
				return &enginetest.Faults{Refused: exhausted}
			}
			return nil
		})
		for _, address := range []string{splitAddress, connAddress} {
			_, err := enginetest.Connect(context.Background(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
			e, ok := errors.AsType[*wire.Error](err)
			if !ok || e.Code != 1927 || !strings.Contains(e.Message, "too many open files") {
				t.Errorf("%s: got %v, want error 1927 with the reason", address, err)
			}
		}
		for _, c := range readers {
			p.query(c, "INSERT INTO t VALUES (1)")
			p.query(c, "SELECT 1")
			s := p.session(c)
			if err := s.Restart("ann"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := s.Info().RestartErr; !strings.Contains(got, "too many open files") {
				t.Errorf("got last_restart_error %q", got)
			}
			p.query(c, "SELECT 1")
		}
		// A replica that is lost is not replaced; the primary answers.
		p.replica.Disconnect()
		if r := p.query(readers[0], "SELECT 1"); r.Value != "server1" {
			t.Errorf("got %+v", r)
		}
		// The statement of a kill cannot be told to the server. The session ends.
		_ = readers[0].Send([]byte("\x03SELECT SLEEP(1000)"))
		synctest.Wait()
		if err := p.session(readers[0]).Kill(engine.KillOptions{Reason: "no files"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := readers[0].Receive(wire.ComQuery); err == nil || !strings.Contains(err.Error(), "1927") {
			t.Errorf("got %v, want error 1927", err)
		}
		p.breaks(nil)
		p.query(p.connect(splitAddress), "SELECT 1")
	})
}

// Ensure that over real TCP, with the kernel's buffers full, a client that does not
// read is closed by net_write_timeout, one that reads slowly gets everything, and
// others do not notice either of them.
func TestSlowOverTCP(t *testing.T) {
	p := startQuiet(t,
		"router=readwritesplit", "router=readwritesplit\nnet_write_timeout=2s", "router=readconnroute", "router=readconnroute\nnet_write_timeout=2s")
	t.Cleanup(p.close)
	for _, address := range []string{splitAddress, connAddress} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			slowOverTCP(t, p, address)
		})
	}
}

func slowOverTCP(t *testing.T, p *proxy, address string) {
	const rows, size, total = 10_000, 1000, 10_000 * (1000 + 7)
	connect := func() *enginetest.Client {
		c, err := enginetest.Connect(t.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Conn.NetConn().(*net.TCPConn).SetReadBuffer(1 << 16); err != nil {
			t.Fatal(err)
		}
		return c
	}
	stuck, slow, other := connect(), connect(), connect()
	for _, c := range []*enginetest.Client{stuck, slow} {
		if err := c.Send([]byte("\x03SELECT ROWS 10000 SIZE 1000")); err != nil {
			t.Fatal(err)
		}
	}
	reading := time.NewTicker(30 * time.Millisecond)
	defer reading.Stop()
	worst := time.Duration(0)
	for len(slow.Conn.Unread()) < total {
		<-reading.C
		for want := min(len(slow.Conn.Unread())+100_000, total); len(slow.Conn.Unread()) < want; {
			if err := slow.Conn.Fill(); err != nil {
				t.Fatalf("the slow client after %d bytes: %v", len(slow.Conn.Unread()), err)
			}
		}
		asked := time.Now()
		if _, err := other.Query("SELECT 1"); err != nil {
			t.Fatalf("the other client: %v", err)
		}
		worst = max(worst, time.Since(asked))
	}
	if r, err := slow.Receive(wire.ComQuery); err != nil || r.Rows != rows || r.Bytes != rows*(size+3) {
		t.Errorf("the slow client got %+v and %v, want %d rows", r, err, rows)
	}
	if worst > 2*time.Second {
		t.Errorf("the other client has waited %v for a statement", worst)
	}
	for begun := time.Now(); p.AnySession(uint64(stuck.ID)) != nil; <-reading.C {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("the client that does not read is still there")
		}
	}
	if _, err := stuck.Receive(wire.ComQuery); err == nil {
		t.Error("the client that does not read got everything")
	}
	_, _ = slow.Close(), other.Close()
}
