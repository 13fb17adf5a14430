package engine_test

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// footprint is what the process and the engine hold.
type footprint struct {
	heap, goroutines, files int
	maps                    map[string]int // entries, by what they are
}

func (p *proxy) footprint(t *testing.T) footprint {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); engine.Sizes(p.Engine)["attributes"] > 0 && time.Since(begun) < 10*time.Second; <-tick.C {
		runtime.GC() // what nobody has any more is forgotten a moment later
	}
	return footprint{heapInUse() - int(engine.EndedBytes(p.Engine)), runtime.NumGoroutine(), openFiles(t), engine.Sizes(p.Engine)}
}

func (f footprint) String() string {
	return fmt.Sprintf("%d KiB of heap, %d goroutines, %d files, %v", f.heap>>10, f.goroutines, f.files, f.maps)
}

// shortSession is one client that comes and goes: some in the middle of things,
// some with what leaves traces, some that are none.
func (p *proxy) shortSession(t *testing.T, i int) error {
	address := []string{connAddress, splitAddress}[i%2]
	o := enginetest.ClientOptions{User: "app", Password: "app"}
	switch i / 2 % 8 {
	case 0:
		nc, err := p.net.Dial(t.Context(), "tcp", address)
		if err != nil {
			return err
		}
		_, _ = nc.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		return nc.Close()
	case 1:
		o.Password = "wrong"
		if _, err := enginetest.Connect(t.Context(), p.net, address, o); err == nil {
			return fmt.Errorf("a wrong password let in")
		}
		return nil
	case 2:
		o.Attributes = []wire.Attribute{{Name: "n", Value: fmt.Sprint(i)}}
	}
	c, err := enginetest.Connect(t.Context(), p.net, address, o)
	if err != nil {
		return err
	}
	statements := []string{"SELECT 1"}
	if o.Attributes != nil {
		statements = []string{
			"SET @a = 1", "CREATE TEMPORARY TABLE x (a INT)", "SELECT GET_LOCK('a', 0)", "PREPARE s FROM 'SELECT 1'", "BEGIN",
			fmt.Sprintf("INSERT INTO t%d VALUES (1)", i),
		}
	}
	for _, sql := range statements {
		if _, err := c.Query(sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if i/2%8 == 3 {
		return c.Conn.NetConn().Close() // without a word
	}
	return c.Close()
}

// shortSessions has n clients come and go, some at a time, and waits for their
// ends.
func (p *proxy) shortSessions(t *testing.T, n int) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := p.shortSession(t, int(i)); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); len(p.Sessions()) > 0 || p.primary.Connections()+p.replica.Connections() > 0; <-tick.C {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%d sessions are left, %d and %d connections to servers", len(p.Sessions()), p.primary.Connections(), p.replica.Connections())
		}
	}
}

// Ensure nothing grows however many clients come and go. As part of a soak of 15
// minutes a million of them do over a network in memory, and a tenth of it over
// TCP.
func TestShortSessions(t *testing.T) {
	n := 1000
	if long, err := time.ParseDuration(os.Getenv(soakEnv)); err == nil {
		n = max(n, int(1_000_000*long/(15*time.Minute)))
	}
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { shortSessions(t, &enginetest.Network{}, n) })
	})
	t.Run("tcp", func(t *testing.T) { shortSessions(t, &enginetest.Loopback{}, n/10) })
}

func shortSessions(t *testing.T, network enginetest.Transport, n int) {
	p := newProxy(t, network)
	p.primary.Forgets, p.replica.Forgets = true, true
	p.begin(slog.New(slog.DiscardHandler), "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=0")
	defer p.close()
	p.shortSessions(t, max(n/10, 500))
	before := p.footprint(t)
	p.shortSessions(t, n)
	after := p.footprint(t)
	t.Logf("%d sessions: before %v; after %v", n, before, after)
	if after.heap > before.heap+2<<20 || after.goroutines > before.goroutines+8 || after.files > before.files+8 || !maps.Equal(after.maps, before.maps) {
		t.Errorf("after %d sessions it has grown: %v, before %v", n, after, before)
	}
}
