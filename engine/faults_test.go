package engine_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// conversationStep is one exchange of a client, and what is right for it.
type conversationStep struct {
	name string
	run  func(c *enginetest.Client) (got string, err error)
	want string
}

// fileCaps are what a client needs for all steps of the conversation.
const fileCaps = wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientMultiResults |
	wire.ClientTransactions | wire.ClientConnectAttrs | wire.ClientLocalFiles

func queryStep(sql, want string) conversationStep {
	return conversationStep{name: sql, want: want, run: func(c *enginetest.Client) (string, error) {
		r, err := c.Query(sql)
		return fmt.Sprintf("%d rows, %d bytes, %.3s, %d affected, %v", r.Rows, r.Bytes, r.Value, r.Affected, r.Status), err
	}}
}

// conversation has every kind of exchange; no two answers are alike.
func conversation() []conversationStep {
	var prepared uint32
	return []conversationStep{
		queryStep("SELECT ROWS 3 SIZE 10", "3 rows, 33 bytes, xxx, 0 affected, 2"),
		{name: "prepare", want: "1 and 0", run: func(c *enginetest.Client) (string, error) {
			r, err := c.Prepare("SELECT ROWS 2 SIZE 7")
			prepared = r.ID
			return fmt.Sprintf("%d and %d", r.ID, r.Rows), err
		}},
		{name: "execute", want: "2 rows, 16 bytes", run: func(c *enginetest.Client) (string, error) {
			r, err := c.Execute(prepared)
			return fmt.Sprintf("%d rows, %d bytes", r.Rows, r.Bytes), err
		}},
		queryStep("SELECT MULTI 3 SIZE 5", "3 rows, 18 bytes, xxx, 0 affected, 2"),
		{name: "load", run: func(c *enginetest.Client) (string, error) {
			return "", c.LoadFile("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", []string{"1\n2\n", strings.Repeat("3\n", 40)}, nil)
		}},
		queryStep("BEGIN", "0 rows, 0 bytes, , 1 affected, 3"),
		queryStep("INSERT INTO t VALUES (1)", "0 rows, 0 bytes, , 1 affected, 3"),
		queryStep("SELECT ROWS 1 SIZE 20", "1 rows, 21 bytes, xxx, 0 affected, 3"),
		queryStep("COMMIT", "0 rows, 0 bytes, , 1 affected, 2"),
		queryStep("SELECT ROWS 4 SIZE 4", "4 rows, 20 bytes, xxx, 0 affected, 2"),
		{name: "change-user", run: func(c *enginetest.Client) (string, error) {
			return "", c.ChangeUser(enginetest.ClientOptions{User: "other", Password: "other"})
		}},
		queryStep("SELECT ROWS 1 SIZE 9", "1 rows, 10 bytes, xxx, 0 affected, 2"),
	}
}

// cutShort reports whether err is how a client sees that its connection has
// ended.
func cutShort(err error) bool {
	return err == io.EOF || err == io.ErrUnexpectedEOF || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// converse has a client go through the conversation until something goes wrong.
// It returns how far it came and what ended it, nil when nothing did. All that
// is wrong in any case is an error of the test: an answer that is not the right
// one, an answer that never comes, and bytes after the end.
func (p *proxy) converse(address string) (done int, ended error) {
	p.t.Helper()
	nc, err := p.net.Dial(p.t.Context(), "tcp", address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
	c, err := enginetest.ConnectOver(nc, enginetest.ClientOptions{User: "app", Password: "app", Caps: fileCaps})
	if err != nil {
		p.checkEnd("login", nc, c, err)
		return 0, err
	}
	for i, step := range conversation() {
		_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
		got, err := step.run(c)
		if err != nil {
			p.checkEnd(step.name, nc, c, err)
			return i + 1, err
		}
		if step.want != "" && got != step.want {
			p.t.Errorf("%s: got %q, want %q", step.name, got, step.want)
		}
	}
	_ = c.Close()
	return len(conversation()) + 1, nil
}

// checkEnd checks that the connection ends after err, with nothing behind it.
func (p *proxy) checkEnd(step string, nc net.Conn, c *enginetest.Client, err error) {
	p.t.Helper()
	if _, told := errors.AsType[*wire.Error](err); !told && !cutShort(err) {
		p.t.Errorf("%s: got %v, want an answer, an error or the end", step, err)
		return
	} else if !told {
		return
	}
	rest := c.Conn.Unread()
	for err = nil; err == nil && len(rest) == 0; rest = c.Conn.Unread() {
		err = c.Conn.Fill()
	}
	if len(rest) > 0 || !cutShort(err) {
		p.t.Errorf("%s: got %q and %v after the error, want the end", step, rest, err)
	}
}

// checkNothingLeft checks that no session and no connection is left.
func (p *proxy) checkNothingLeft(what string) {
	p.t.Helper()
	synctest.Wait()
	if n := len(p.Sessions()); n != 0 {
		p.t.Errorf("%s: %d sessions are left", what, n)
	}
	if a, b := p.primary.Connections(), p.replica.Connections(); a+b != 0 {
		p.t.Errorf("%s: %d and %d connections to servers are left", what, a, b)
	}
	for _, s := range p.Servers() {
		if s.Connections != 0 || s.ActiveOperations != 0 {
			p.t.Errorf("%s: %s shows %d connections and %d operations", what, s.Object.Name, s.Connections, s.ActiveOperations)
		}
	}
	for _, s := range p.Services() {
		if s.Connections != 0 || s.ActiveOperations != 0 {
			p.t.Errorf("%s: %s shows %d connections and %d operations", what, s.Object.Name, s.Connections, s.ActiveOperations)
		}
	}
}

// breaker breaks one of the connections that are opened while it listens.
type breaker struct {
	mu      sync.Mutex
	address string // of those that count
	which   int    // of them; -1 for none
	faults  enginetest.Faults
	seen    []*enginetest.Faults
}

func (b *breaker) dialled(address string) *enginetest.Faults {
	b.mu.Lock()
	defer b.mu.Unlock()
	if address != b.address {
		return nil
	}
	f := &enginetest.Faults{}
	if len(b.seen) == b.which {
		*f = b.faults
	}
	b.seen = append(b.seen, f)
	return f
}

// set has the breaker break the next connections to address.
func (b *breaker) set(address string, which int, f enginetest.Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.address, b.which, b.faults, b.seen = address, which, f, nil
}

// Ensure a client gets the right answer, an error or the end of its connection,
// wherever a connection to a server or its own is cut, and that nothing is left
// of its session.
func TestCut(t *testing.T) {
	for _, service := range []struct{ name, address string }{{"readwritesplit", splitAddress}, {"readconnroute", connAddress}} {
		for _, cut := range []struct {
			name, address string
			up            bool
		}{
			{"primary", "127.0.0.1:3001", false},
			{"replica", "127.0.0.1:3002", false},
			{"to-primary", "127.0.0.1:3001", true},
			{"client", service.address, true},
			{"to-client", service.address, false},
		} {
			for _, how := range []enginetest.End{enginetest.Close, enginetest.Reset} {
				t.Run(fmt.Sprint(service.name, "/", cut.name, "/", how), func(t *testing.T) {
					bubble(t, func(t *testing.T, p *proxy) {
						p.cutEverywhere(service.address, cut.address, cut.up, how)
					})
				})
			}
		}
	}
}

// cutEverywhere cuts each connection to address that a conversation opens after
// each of its bytes.
func (p *proxy) cutEverywhere(service, address string, up bool, how enginetest.End) {
	b := &breaker{}
	p.breaks(b.dialled)
	b.set(address, -1, enginetest.Faults{})
	if done, err := p.converse(service); err != nil {
		p.t.Fatalf("without a fault: step %d: %v", done, err)
	}
	synctest.Wait()
	goroutines := runtime.NumGoroutine()
	connections := b.seen
	whole := statementsOf(p)
	outcomes := map[string]int{}
	for which, c := range connections {
		n, down := c.Carried()
		if !up {
			n = down
		}
		step := 1
		if raceEnabled { // it takes twenty times as long
			step = 7
		}
		for after := which; after <= n; after += step {
			f := enginetest.Faults{}
			if up {
				f.Up = enginetest.Fault{Ends: how, After: after}
			} else {
				f.Down = enginetest.Fault{Ends: how, After: after}
			}
			b.set(address, which, f)
			begun := time.Now()
			_, err := p.converse(service)
			if took := time.Since(begun); took > 20*time.Second {
				p.t.Errorf("connection %d, byte %d: it took %v", which, after, took)
			}
			p.checkNothingLeft(fmt.Sprintf("connection %d, byte %d", which, after))
			outcomes[outcome(err)]++
			if p.t.Failed() {
				p.t.Fatalf("connection %d of %d, cut after byte %d: the conversation ended with %v", which, len(connections), after, err)
			}
		}
	}
	for statement := range statementsOf(p) {
		if !whole[statement] {
			p.t.Errorf("a server was told %q, which is nothing whole", statement)
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines+5 { // the runtime's own come and go
		p.t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	p.t.Logf("%d connections: %v", len(connections), outcomes)
}

// statementsOf returns what the servers were told.
func statementsOf(p *proxy) map[string]bool {
	told := map[string]bool{}
	for _, s := range []*enginetest.Server{p.primary, p.replica} {
		for _, statement := range s.Statements() {
			told[statement] = true
		}
	}
	return told
}

// outcome is a class of ends.
func outcome(err error) string {
	switch e, told := errors.AsType[*wire.Error](err); {
	case err == nil:
		return "right"
	case told:
		return fmt.Sprint("error ", e.Code)
	}
	return "cut"
}

// Ensure no error is put between two pieces of one packet, where a client would
// take it for a part of its row.
func TestCutBetweenPieces(t *testing.T) {
	const (
		size  = 17_000_000
		piece = 1<<24 - 1
		rest  = 4 + 9 + size - piece // the second piece of the row, with its header; 9 bytes say how long the value is
	)
	bubble(t, func(t *testing.T, p *proxy) {
		b := &breaker{}
		p.breaks(b.dialled)
		row := func() (bytes int, err error) {
			c := p.connect(connAddress)
			defer c.Conn.Close()
			r, err := c.Query(fmt.Sprint("SELECT ROWS 1 SIZE ", size))
			synctest.Wait()
			return r.Bytes, err
		}
		b.set("127.0.0.1:3001", -1, enginetest.Faults{})
		if _, err := row(); err != nil {
			t.Fatal(err)
		}
		_, total := b.seen[0].Carried()
		end := 4 + len((&wire.OK{End: true, Status: wire.StatusAutocommit}).Append(nil, wire.ClientDeprecateEOF))
		for _, beside := range []int{-1, 0, 1} {
			b.set("127.0.0.1:3001", 0, enginetest.Faults{Down: enginetest.Fault{Ends: enginetest.Close, After: total - end - rest + beside}})
			if n, err := row(); !cutShort(err) || n > piece {
				t.Errorf("%+d bytes from the end of the first piece: got %d bytes of the row and %v, want %d at most and the end", beside, n, err, piece)
			}
		}
	})
}

// Ensure what a server says on its own account, when it is shut down or closes an
// idle connection, is not taken for the answer to the next statement.
func TestServerSpeaksFirst(t *testing.T) {
	farewell := (&wire.Error{Code: 1053, State: "08S01", Message: "Server shutdown in progress"}).Append(nil)
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.replica.Say(farewell)
		synctest.Wait()
		p.replica.Disconnect()
		if r := p.query(c, "SELECT 1"); r.Value != "server2" && r.Value != "server1" {
			t.Errorf("a read: got %+v", r)
		}
		p.primary.Say(farewell)
		synctest.Wait()
		p.primary.Disconnect()
		_, err := c.Query("INSERT INTO t VALUES (1)")
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != 1927 || !strings.Contains(e.Message, "Server shutdown in progress") {
			t.Errorf("a write: got %v, want error 1927 with what the server said", err)
		}
	})
}

// Ensure an answer that nobody has asked for is not taken for that to the next
// statement.
func TestServerAnswersTwice(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		p.primary.Say([]byte{0, 0, 0, 2, 0, 0, 0}) // an OK packet that nobody has asked for
		synctest.Wait()
		_, err := c.Query("SELECT 1")
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != 1927 || !strings.Contains(e.Message, "out of order") {
			t.Errorf("an answer too many: got %v, want error 1927", err)
		}
	})
}
