package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file has what happens when nobody says that something is broken: servers
// and networks that are silent or slow.

// silent are faults of a network in which nothing arrives.
var silent = enginetest.Fault{Ends: enginetest.Stall}

// silence breaks every connection to address from now on.
func (p *proxy) silence(address string, f func() *enginetest.Faults) {
	p.breaks(func(to string) *enginetest.Faults {
		if to != address {
			return nil
		}
		return f()
	})
}

// Ensure a server that does not answer a login, or not even the network's, does
// not keep clients from one that does, and that they are told when there is
// none.
func TestSilentLogin(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults func() *enginetest.Faults
	}{
		{"no-answer", func() *enginetest.Faults { return &enginetest.Faults{NoAnswer: true} }},
		{"no-greeting", func() *enginetest.Faults { return &enginetest.Faults{Up: silent, Down: silent} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				p.silence("127.0.0.1:3001", tt.faults)
				begun := time.Now()
				c := p.connect(splitAddress)
				if took := time.Since(begun); took > 6*time.Second {
					t.Errorf("it took %v", took)
				}
				if r := p.query(c, "SELECT 1"); r.Value != "server2" {
					t.Errorf("got %+v", r)
				}
				p.monitor.status[1].Store(0)
				time.Sleep(2 * time.Second)
				for _, address := range []string{splitAddress, connAddress} {
					_, err := enginetest.Connect(t.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
					if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1927 || !strings.Contains(e.Message, "server1") {
						t.Errorf("%s: got %v, want error 1927 that names server1", address, err)
					}
				}
			})
		})
	}
}

// Ensure a session does not wait for ever for a server that it needs later.
func TestSilentLater(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.silence("127.0.0.1:3002", func() *enginetest.Faults { return &enginetest.Faults{Up: silent, Down: silent} })
		begun := time.Now()
		if r := p.query(c, "SELECT 1"); r.Value != "server1" {
			t.Errorf("got %+v, want the primary's answer", r)
		}
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("it took %v", took)
		}
	}, split("lazy_connect=true")...)
}

// Ensure a session does not wait for a server that has gone without a word once
// the monitor knows: reads are answered by another one, writes fail and say why.
func TestSilentRunning(t *testing.T) {
	for _, tt := range []struct {
		name, address, sql string
		down               [2]engine.ServerStatus
		breaks             string
		code               uint16 // of the error, 0 for the other server's answer
	}{
		{"read", splitAddress, "SELECT ROWS 1 SIZE 5", [2]engine.ServerStatus{master, 0}, "127.0.0.1:3002", 0},
		{"write", splitAddress, "INSERT INTO t VALUES (1)", [2]engine.ServerStatus{0, slave}, "127.0.0.1:3001", 1927},
		{"readconnroute", connAddress, "SELECT ROWS 1 SIZE 5", [2]engine.ServerStatus{0, slave}, "127.0.0.1:3001", 1927},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				b := &breaker{}
				p.breaks(b.dialled)
				b.set(tt.breaks, -1, enginetest.Faults{})
				_ = p.connect(tt.address)
				_, login := b.seen[0].Carried()
				b.set(tt.breaks, 0, enginetest.Faults{Down: enginetest.Fault{Ends: enginetest.Stall, After: login}})
				c := p.connect(tt.address)
				_ = c.Send([]byte("\x03" + tt.sql))
				time.Sleep(time.Minute)
				if n := len(p.Sessions()); n != 2 {
					t.Fatalf("%d sessions are left while the server is slow, want 2", n)
				}
				begun := time.Now()
				p.set(tt.down[0], tt.down[1])
				_, err := c.Receive(wire.ComQuery)
				e, told := errors.AsType[*wire.Error](err)
				if told != (tt.code != 0) || told && (e.Code != tt.code || !strings.Contains(e.Message, "down")) {
					t.Errorf("got %v, want error %d", err, tt.code)
				}
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// Ensure an idle session whose primary went down and came back uses it again.
func TestGoneAndBack(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "INSERT INTO t VALUES (1)")
		p.set(0, slave)
		p.set(master, slave)
		p.query(c, "INSERT INTO t VALUES (2)")
		if r := p.query(c, "SELECT 1"); r.Value != "server2" {
			t.Errorf("got %+v", r)
		}
		p.query(c, "BEGIN")
		p.set(0, slave)
		p.set(master, slave)
		_, err := c.Query("INSERT INTO t VALUES (3)")
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1927 || !strings.Contains(e.Message, "server1") {
			t.Errorf("in a transaction: got %v, want error 1927 that names server1", err)
		}
		synctest.Wait()
		if last(p.primary) != "app: BEGIN" {
			t.Errorf("server1 was last told %q", last(p.primary))
		}
	})
}

// Ensure slow networks change nothing but the time that things take.
func TestSlow(t *testing.T) {
	for _, f := range []enginetest.Fault{
		{Latency: 50 * time.Millisecond},
		{Rate: 1000},
		{Latency: 50 * time.Millisecond, Rate: 300},
	} {
		t.Run(fmt.Sprint(f.Latency, "-", f.Rate), func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				p.breaks(func(string) *enginetest.Faults { return &enginetest.Faults{Up: f, Down: f} })
				for _, address := range []string{splitAddress, connAddress} {
					if done, err := p.converse(address); err != nil {
						t.Errorf("%s: step %d: %v", address, done, err)
					}
					time.Sleep(2 * time.Second) // until the end has got through
					p.checkNothingLeft(address)
				}
			})
		})
	}
}
