package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// Load is a database server and many clients for a proxy that is to be
// measured. Both ends live in the memory of the process and have no goroutines:
// they answer on the one that writes to them, so that a session costs next to
// nothing beside what the proxy itself spends. Its Dial and Listen fit
// engine.Options; the proxy has one listener.
//
// Clients are ten applications with databases of their own. What they run is a
// mix of short statements, some in transactions; SELECT SLEEP(n) takes n
// seconds.
type Load struct {
	server   *Server
	listener *loadListener
	rand     *rand.Rand // of Run

	clients []*loadClient // those that Connect has made
	sent    atomic.Uint64

	mu       sync.Mutex // guards what follows
	sleeping map[uint32]*loadBackend
	lastID   uint32
}

// NewLoad makes a load without clients.
func NewLoad() *Load {
	server := NewServer("load")
	server.Forgets = true
	for i := range loadUsers {
		user := loadUser(i)
		server.Accounts = append(server.Accounts, auth.Account{
			User: user, Host: "%", Plugin: auth.NativePassword, Hash: auth.HashOf(user).String(),
		})
	}
	return &Load{
		server: server, sleeping: make(map[uint32]*loadBackend), rand: rand.New(rand.NewPCG(1, 2)),
		listener: &loadListener{queue: make(chan net.Conn), closed: make(chan struct{})},
	}
}

const loadUsers = 10

func loadUser(i int) string { return fmt.Sprint("app", i%loadUsers) }

// Listen returns the listener that Connect's clients come to.
func (l *Load) Listen(_, address string) (net.Listener, error) {
	l.listener.address = address
	return l.listener, nil
}

// Dial connects the proxy to the server, whatever the address.
func (l *Load) Dial(_ context.Context, _, address string) (net.Conn, error) {
	l.mu.Lock()
	l.lastID++
	b := &loadBackend{load: l, salt: auth.NewSalt()}
	b.id = l.lastID
	l.mu.Unlock()
	b.end = newLoadEnd(tcpAddr("127.0.0.1:40000"), tcpAddr(address), b.take)
	b.end.closed = b.wake
	b.server, b.conn = l.server, wire.NewConn(&loadSink{to: b.end.in})
	b.greet(b.salt)
	return b.end, nil
}

// Connect logs in n more clients and waits until they are.
func (l *Load) Connect(ctx context.Context, n int) error {
	for range n {
		i := len(l.clients)
		c := &loadClient{number: i, ready: make(chan error, 1)}
		address := &net.TCPAddr{IP: net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)), Port: 32768 + i%28000}
		c.end = newLoadEnd(tcpAddr(l.listener.address), address, c.take)
		c.end.closed = func() { c.settle(errors.New("load: the proxy has closed the connection")) }
		select {
		case l.listener.queue <- c.end:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case err := <-c.ready:
			if err != nil {
				return fmt.Errorf("load: client %d: %w", i, err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		l.clients = append(l.clients, c)
	}
	return nil
}

// Run has the clients send so many statements a second until ctx is done, one
// after another by chance.
func (l *Load) Run(ctx context.Context, perSecond int) {
	const step = 10 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	start, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(start).Seconds() * float64(perSecond)); sent < due; sent++ {
			l.clients[l.rand.IntN(len(l.clients))].next(l.rand)
			l.sent.Add(1)
		}
	}
}

// Sent returns how many statements Run has sent.
func (l *Load) Sent() uint64 { return l.sent.Load() }

// Query has client number i send a statement and does not wait for its end.
func (l *Load) Query(i int, sql string) {
	l.clients[i].send(append([]byte{byte(wire.ComQuery)}, sql...))
}

// Use has client number i choose another default database.
func (l *Load) Use(i int, database string) {
	l.clients[i].send(append([]byte{byte(wire.ComInitDB)}, database...))
}

// loadListener is what the proxy accepts clients from.
type loadListener struct {
	address string
	queue   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *loadListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *loadListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *loadListener) Addr() net.Addr { return tcpAddr(l.address) }

// loadEnd is the proxy's end of a connection. What the proxy writes goes to
// take, packet by packet; what take answers is there to be read at once.
type loadEnd struct {
	conn
	take   func(sequence byte, payload []byte)
	rest   []byte // of a packet that has not come in whole
	closed func()
}

func newLoadEnd(local, remote net.Addr, take func(byte, []byte)) *loadEnd {
	return &loadEnd{conn: conn{in: newHalf(), out: newHalf(), local: local, remote: remote}, take: take}
}

func (e *loadEnd) Write(b []byte) (int, error) {
	written := len(b)
	if len(e.rest) > 0 {
		b = append(e.rest, b...)
		e.rest = nil
	}
	for len(b) >= 4 {
		size := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		if len(b) < 4+size {
			break
		}
		e.take(b[3], b[4:4+size])
		b = b[4+size:]
	}
	if len(b) > 0 {
		e.rest = append([]byte(nil), b...)
	}
	return written, nil
}

func (e *loadEnd) Close() error {
	err := e.conn.Close()
	if e.closed != nil {
		e.closed()
	}
	return err
}

// loadSink is what the other side writes to: the proxy's end reads it.
type loadSink struct {
	net.Conn
	to *half
}

func (s *loadSink) Write(b []byte) (int, error) {
	s.to.put(b)
	return len(b), nil
}

func (s *loadSink) Close() error { return nil }

// put adds to what can be read, without a limit.
func (h *half) put(b []byte) {
	h.mu.Lock()
	h.data = append(h.data, b...)
	h.change.Broadcast()
	h.mu.Unlock()
}

// loadBackend is the server's side of a connection.
type loadBackend struct {
	serverConn
	load  *Load
	end   *loadEnd
	salt  [wire.SaltSize]byte
	admit bool
	alarm *time.Timer // while it sleeps; guarded by load.mu

	answering sync.Mutex // held while conn is written to: the end of a sleep comes on another goroutine
}

func (b *loadBackend) take(sequence byte, payload []byte) {
	if len(payload) == 0 {
		return
	}
	b.answering.Lock()
	defer b.answering.Unlock()
	b.conn.SetSequence(sequence + 1)
	if !b.admit {
		b.admit = b.enter(payload, b.salt)
		return
	}
	if wire.Command(payload[0]) == wire.ComQuery {
		sql := strings.ToUpper(string(payload[1:]))
		if m := sleepStatement.FindStringSubmatch(sql); strings.Contains(sql, "SLEEP") && m != nil {
			seconds, _ := strconv.ParseFloat(m[1], 64)
			b.rest(time.Duration(seconds * float64(time.Second)))
			return
		}
		if m := killStatement.FindStringSubmatch(sql); strings.HasPrefix(sql, "KILL") && m != nil {
			id, _ := strconv.ParseUint(m[1], 10, 32)
			b.load.interrupt(uint32(id))
			b.ok(0)
			return
		}
	}
	b.command(payload)
}

// rest answers after d.
func (b *loadBackend) rest(d time.Duration) {
	b.load.mu.Lock()
	defer b.load.mu.Unlock()
	b.load.sleeping[b.id] = b
	b.alarm = time.AfterFunc(d, func() {
		if b.awake() {
			b.answering.Lock()
			defer b.answering.Unlock()
			b.rows(1, 1)
		}
	})
}

// awake tells whether the backend slept until now.
func (b *loadBackend) awake() bool {
	b.load.mu.Lock()
	defer b.load.mu.Unlock()
	if b.load.sleeping[b.id] != b {
		return false
	}
	delete(b.load.sleeping, b.id)
	b.alarm.Stop()
	b.alarm = nil
	return true
}

// wake forgets that the backend sleeps: its connection is closed.
func (b *loadBackend) wake() { b.awake() }

// interrupt stops the statement of connection id.
func (l *Load) interrupt(id uint32) {
	l.mu.Lock()
	b := l.sleeping[id]
	l.mu.Unlock()
	if b != nil && b.awake() {
		b.answering.Lock()
		defer b.answering.Unlock()
		b.fail(1317, "70100", "Query execution was interrupted")
	}
}

// loadClient is the client's side of a connection.
type loadClient struct {
	number int
	end    *loadEnd
	ready  chan error // told once: logged in, or why not
	steps  int        // packets that have come, up to 2
	left   int        // statements of the open transaction
}

func (c *loadClient) take(sequence byte, payload []byte) {
	switch c.steps {
	case 0:
		c.steps++
		var greeting wire.Handshake
		if err := greeting.Decode(payload); err != nil {
			c.settle(err)
			return
		}
		user := loadUser(c.number)
		want := wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientConnectWithDB |
			wire.ClientDeprecateEOF | wire.ClientTransactions | wire.ClientConnectAttrs
		response := wire.HandshakeResponse{
			Capabilities: want.Agreed(greeting.Capabilities), MaxPacket: 1 << 24, Collation: 45, User: user,
			Database: fmt.Sprint("shop", c.number%7), Plugin: auth.NativePassword,
			Auth:       auth.NativeScramble(user, greeting.Salt[:]),
			Attributes: []wire.Attribute{{Name: "program_name", Value: "load"}, {Name: "_os", Value: "Linux"}},
		}
		c.write(sequence+1, response.Append(nil))
	case 1:
		c.steps++
		if len(payload) > 0 && payload[0] == 0 {
			c.settle(nil)
		} else {
			c.settle(packetError(payload))
		}
	}
}

// settle ends the wait for the login.
func (c *loadClient) settle(err error) {
	select {
	case c.ready <- err:
	default:
	}
}

func (c *loadClient) send(payload []byte) { c.write(0, payload) }

func (c *loadClient) write(sequence byte, payload []byte) {
	n := len(payload)
	c.end.in.put(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, payload...))
}

// next sends the next statement of the client.
func (c *loadClient) next(r *rand.Rand) {
	sql := ""
	n := r.IntN(1000)
	switch {
	case c.left > 1:
		c.left--
		sql = fmt.Sprintf("UPDATE stock SET left_over = left_over - %d WHERE item = %d", n%5, n)
	case c.left == 1:
		c.left, sql = 0, "COMMIT"
	case r.IntN(5000) == 0:
		sql = fmt.Sprintf("SELECT SLEEP(%d)", 20+n/10)
	case n < 40:
		c.left, sql = 3, "BEGIN"
	case n < 500:
		sql = fmt.Sprintf("SELECT name, price FROM item WHERE id = %d", n)
	case n < 800:
		sql = fmt.Sprintf("SELECT COUNT(*) FROM orders WHERE customer = %d AND placed > '2026-11-%02d'", n, n%28+1)
	default:
		sql = fmt.Sprintf("INSERT INTO visit (page, at) VALUES ('/item/%d', NOW())", n)
	}
	c.send(append([]byte{byte(wire.ComQuery)}, sql...))
}
