package engine_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// startWith starts a proxy whose options are changed.
func startWith(t testing.TB, change func(*engine.Options)) *proxy {
	t.Helper()
	p := newProxy(t, &enginetest.Network{})
	all := modules(p.monitor)
	objects, _, err := config.Parse("test.cnf", strings.NewReader(configuration), all.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	o := engine.Options{Objects: objects, Modules: all, Logger: slog.New(slog.DiscardHandler), Dial: p.net.Dial, Listen: p.net.Listen}
	change(&o)
	if p.Engine, err = engine.New(o); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// Ensure that clients that connect and say nothing, or stop in the middle of
// their login, make room for others long before their time is over.
func TestNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, func(o *engine.Options) { o.Newcomers = 100 })
		defer p.stop()
		bystander := p.connect(connAddress)
		var silent []*wire.Conn
		for i := range 100 {
			nc, err := p.net.Dial(t.Context(), "tcp", connAddress)
			if err != nil {
				t.Fatal(err)
			}
			c := wire.NewConn(nc)
			if i%2 == 0 { // half a login
				if err := c.Write([]byte{100, 0, 0, 1, 1, 2, 3}); err != nil {
					t.Fatal(err)
				}
			}
			silent = append(silent, c)
		}
		synctest.Wait()
		begun := time.Now()
		p.query(p.connect(connAddress), "SELECT 1")
		if took := time.Since(begun); took > 1100*time.Millisecond {
			t.Errorf("a client waited %v for its login", took)
		}
		if n := len(p.Sessions()); n != 101 {
			t.Errorf("%d sessions, want 99 that are silent and 2 others", n)
		}
		_ = silent[0].NetConn().SetReadDeadline(time.Now().Add(time.Second))
		if _, err := silent[0].ReadPacket(1 << 20); err != nil {
			t.Errorf("the greeting: %v", err)
		}
		if _, err := silent[0].ReadPacket(1 << 20); !errors.Is(err, io.EOF) {
			t.Errorf("the oldest one got %v, want the end of its connection", err)
		}
		p.query(bystander, "SELECT 1")
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if n := len(p.Sessions()); n != 2 {
			t.Errorf("%d sessions are left, want the 2 that are logged in", n)
		}
	})
}

// Ensure that many more clients than may log in at once, all of which say
// nothing, are no trouble to another.
func TestManyNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startWith(t, func(o *engine.Options) { o.Newcomers = 600 })
		defer p.stop()
		var wg sync.WaitGroup
		for range 3000 {
			wg.Go(func() {
				nc, err := p.net.Dial(t.Context(), "tcp", connAddress)
				if err == nil {
					_, _ = io.Copy(io.Discard, nc)
				}
			})
		}
		synctest.Wait()
		begun := time.Now()
		p.query(p.connect(connAddress), "SELECT 1")
		if took := time.Since(begun); took > 6*time.Second {
			t.Errorf("a client waited %v behind the others", took)
		}
		if n := len(p.Sessions()); n > 601 {
			t.Errorf("%d sessions", n)
		}
		wg.Wait()
	})
}

// exhausted is a listener that is out of file descriptors now and then.
type exhausted struct {
	net.Listener
	mu   sync.Mutex
	left int // calls of Accept that fail
}

func (l *exhausted) Accept() (net.Conn, error) {
	l.mu.Lock()
	fails := l.left > 0
	if fails {
		l.left--
	}
	l.mu.Unlock()
	if fails {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// Ensure that a listener that is out of file descriptors says so once, goes on as
// soon as it can, and that sessions do not notice.
func TestOutOfFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var log bytes.Buffer
		listeners := make(map[string]*exhausted)
		p := startWith(t, func(o *engine.Options) {
			o.Logger = slog.New(slog.NewTextHandler(&lockedWriter{mu: &mu, w: &log}, nil))
			listen := o.Listen
			o.Listen = func(network, address string) (net.Listener, error) {
				l, err := listen(network, address)
				listeners[address] = &exhausted{Listener: l}
				return listeners[address], err
			}
		})
		defer p.stop()
		c := p.connect(connAddress)
		l := listeners[connAddress]
		for range 2 {
			l.mu.Lock()
			l.left = 20
			l.mu.Unlock()
			p.query(p.connect(connAddress), "SELECT 1") // taken by the Accept that was under way
			begun := time.Now()
			p.query(c, "SELECT 1")
			if took := time.Since(begun); took > 0 {
				t.Errorf("a session waited %v", took)
			}
			p.query(p.connect(connAddress), "SELECT 1")
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("a client waited %v", took)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if text := log.String(); strings.Count(text, "cannot accept clients") != 2 || strings.Count(text, "accepts clients again") != 2 || !strings.Contains(text, "too many open files") {
			t.Errorf("want one line for each time:\n%s", text)
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
