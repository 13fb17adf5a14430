package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// rankBubble runs a test with three servers that have the given ranks.
func rankBubble(t *testing.T, ranks [3]string, test func(p *proxy, third *enginetest.Server), changes ...string) {
	t.Helper()
	changes = append(changes, "port=3001", "port=3001\nrank="+ranks[0], "port=3002", "port=3002\nrank="+ranks[1],
		"[Monitor]", "[server3]\ntype=server\naddress=127.0.0.1\nport=3003\nrank="+ranks[2]+"\n[Monitor]",
		"servers=server1,server2", "servers=server1,server2,server3")
	synctest.Test(t, func(t *testing.T) {
		third := enginetest.NewServer("server3")
		p := newProxy(t, &enginetest.Network{})
		if err := third.Serve(p.net, "127.0.0.1:3003"); err != nil {
			t.Fatal(err)
		}
		defer third.Close()
		p.begin(testLogger(p), changes...)
		defer p.stop()
		test(p, third)
	})
}

const first, second = "primary", "secondary"

// Ensure a server of rank secondary is used only while no other can be: for reads,
// for writes, and to be connected to at all.
func TestRank(t *testing.T) {
	for _, tt := range []struct {
		ranks       [3]string
		status      [3]engine.ServerStatus
		read, write string // the server, "" for an error
		open        int    // connections
	}{
		{[3]string{first, first, second}, [3]engine.ServerStatus{master, slave, slave}, "server2", "server1", 2},
		{[3]string{first, second, first}, [3]engine.ServerStatus{master, slave, slave}, "server3", "server1", 2},
		{[3]string{first, second, second}, [3]engine.ServerStatus{master, slave, slave}, "server1", "server1", 1},
		{[3]string{first, first, second}, [3]engine.ServerStatus{master, 0, slave}, "server1", "server1", 1},
		{[3]string{second, first, second}, [3]engine.ServerStatus{master, slave, slave}, "server2", "server1", 2},
		{[3]string{second, second, second}, [3]engine.ServerStatus{master, slave, slave}, "server2", "server1", 3},
		{[3]string{first, second, second}, [3]engine.ServerStatus{0, master, slave}, "server3", "server2", 2},
		{[3]string{second, first, second}, [3]engine.ServerStatus{master, master, slave}, "server2", "server2", 1},
		{[3]string{second, first, second}, [3]engine.ServerStatus{master, 0, slave}, "server3", "server1", 2},
		{[3]string{first, second, second}, [3]engine.ServerStatus{0, slave, 0}, "server2", "", 1},
		{[3]string{first, second, second}, [3]engine.ServerStatus{slave, slave, slave}, "server1", "", 1},
	} {
		for _, options := range []string{"", "lazy_connect=true"} {
			name := fmt.Sprintf("%v, %v, %q", tt.ranks, tt.status, options)
			rankBubble(t, tt.ranks, func(p *proxy, third *enginetest.Server) {
				p.monitor.status[2].Store(uint32(tt.status[2]))
				p.set(tt.status[0], tt.status[1])
				c := p.connect(splitAddress)
				if open := len(p.session(c).Info().Backends); options == "" && open != tt.open {
					t.Errorf("%s: %d connections, want %d", name, open, tt.open)
				}
				for range 2 {
					if r := p.query(c, "SELECT 1"); r.Value != tt.read {
						t.Errorf("%s: a read went to %s, want %s", name, r.Value, tt.read)
					}
				}
				_, err := c.Query("DELETE FROM t")
				on := ""
				for _, s := range []*enginetest.Server{p.primary, p.replica, third} {
					if err == nil && last(s) == "app: DELETE FROM t" {
						on += s.Name
					}
				}
				if on != tt.write {
					t.Errorf("%s: a write went to %q, want %q: %v", name, on, tt.write, err)
				}
			}, split(options)...)
		}
	}
}

// Ensure that a session takes to a server of rank secondary when it has to, and leaves
// it when it no longer has to.
func TestRankChanges(t *testing.T) {
	rankBubble(t, [3]string{first, first, second}, func(p *proxy, third *enginetest.Server) {
		p.monitor.status[2].Store(uint32(slave))
		p.set(master, slave)
		c := p.connect(splitAddress)
		expect := func(what, read string, backends ...string) {
			t.Helper()
			if r := p.query(c, "SELECT 1"); r.Value != read {
				t.Errorf("%s: a read went to %s, want %s", what, r.Value, read)
			}
			var got []string
			for _, b := range p.session(c).Info().Backends {
				got = append(got, b.Server)
			}
			if fmt.Sprint(got) != fmt.Sprint(backends) {
				t.Errorf("%s: connected to %v, want %v", what, got, backends)
			}
		}
		expect("at first", "server2", "server1", "server2")
		p.set(master, 0)
		expect("without the replica", "server1", "server1")
		p.set(0, 0)
		expect("without the primary", "server3", "server3")
		p.set(0, slave)
		expect("with the replica again", "server2", "server2")
		p.set(0, 0)
		expect("without it", "server3", "server3")
		p.set(master, 0)
		expect("with the primary again", "server1", "server1")
		p.set(master, slave)
		expect("with all", "server2", "server1", "server2")

		// Servers that the monitor believes to be there, and that are not.
		p.primary.Close()
		p.replica.Close()
		time.Sleep(time.Second)
		if r := p.query(c, "SELECT 1"); r.Value != "server3" {
			t.Errorf("a read went to %s, want server3", r.Value)
		}
	})
}
