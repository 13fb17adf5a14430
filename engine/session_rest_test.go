package engine_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that a session holds no buffer that has been idle since it began, and none
// after a statement.
func TestIdleBuffers(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for _, when := range []string{"login", "a read"} {
			synctest.Wait()
			info := p.session(c).Info()
			for _, b := range info.Backends {
				if b.Memory.ReadQ != 0 {
					t.Errorf("after %s the connection to %s holds %d bytes", when, b.Server, b.Memory.ReadQ)
				}
			}
			if held := info.Memory.Client.ReadQ; held != 0 {
				t.Errorf("after %s the client's connection holds %d bytes", when, held)
			}
			p.query(c, "SELECT 1")
		}
	})
}

// Ensure that a session that rests has no goroutine, and goes on as it was: with its
// next statement, with what is asked of it, and to its end.
func TestRest(t *testing.T) {
	p := startOn(t, &enginetest.Loopback{})
	defer p.close()
	connect := func() (*enginetest.Client, *engine.Session) {
		c, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "app"})
		if err != nil {
			t.Fatal(err)
		}
		return c, p.AnySession(uint64(c.ID))
	}
	until := func(what string, is func() bool) {
		t.Helper()
		for !is() {
			if t.Context().Err() != nil {
				t.Fatal(what)
			}
			runtime.Gosched()
		}
	}
	rest := func(s *engine.Session) {
		t.Helper()
		until("the session does not rest", func() bool {
			engine.Rest(s) // it may not be idle yet
			return engine.Resting(s)
		})
	}
	query := func(c *enginetest.Client, s *engine.Session) {
		t.Helper()
		if r, err := c.Query("SELECT 1"); err != nil || r.Value != "server2" {
			t.Errorf("got %q, %v", r.Value, err)
		}
		if engine.Resting(s) {
			t.Error("a session that has run a statement rests")
		}
	}
	c, s := connect()
	for range 3 {
		rest(s)
		query(c, s)
	}
	rest(s)
	names := []string{"Tag"}
	if err := s.Alter(engine.Alteration{Filters: &names}); err != nil {
		t.Fatal(err)
	}
	until("new filters do not come into effect", func() bool { return len(s.Info().Filters) == 1 })
	rest(s)
	query(c, s)
	rest(s)
	if err := s.Kill(engine.KillOptions{Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	c.Conn.SetSequence(0)
	if packet, err := c.Conn.ReadPacket(1 << 10); err != nil || !strings.Contains(string(packet), "was killed: test") {
		t.Errorf("got %q, %v", packet, err)
	}
	c, s = connect()
	rest(s)
	_ = c.Conn.Close()
	until("a session without a client is left", func() bool { return len(p.Sessions()) == 0 })
	_, s = connect()
	rest(s) // Close ends it
}
