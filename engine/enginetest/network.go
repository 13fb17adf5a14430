// Package enginetest has what tests of the engine and of its modules stand on: a
// network in memory, on which time can be made to stand still (testing/synctest),
// a scripted database server and a client on it, a load of very many sessions,
// and real mariadbd processes. Only tests and benchmarks import it.
package enginetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Network is a network in memory. Its methods fit engine.Options.
type Network struct {
	mu        sync.Mutex
	faults    func(address string) *Faults
	listeners map[string]*listener
	nextPort  int
}

// Listen opens a listener on an address; port 0 is not supported.
func (n *Network) Listen(_, address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
	}
	if n.listeners[address] != nil {
		return nil, fmt.Errorf("listen %s: address already in use", address)
	}
	l := &listener{network: n, address: address, queue: make(chan net.Conn, 128), closed: make(chan struct{})}
	n.listeners[address] = l
	return l, nil
}

// Break has faults say what is wrong with each connection to an address from now
// on; what it returns is for that connection alone, nil for nothing.
func (n *Network) Break(faults func(address string) *Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = faults
}

// Dial connects to the listener on address.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l, breaks := n.listeners[address], n.faults
	n.nextPort++
	port := 40000 + n.nextPort%20000
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: connection refused", address)
	}
	client, server := Pipe(tcpAddr(fmt.Sprintf("127.0.0.1:%d", port)), tcpAddr(address))
	if breaks != nil {
		if f := breaks(address); f != nil {
			f.join(client.(*conn))
			switch {
			case f.NoAnswer:
				<-ctx.Done()
				return nil, ctx.Err()
			case f.Refused != nil:
				return nil, f.Refused
			}
		}
	}
	select {
	case l.queue <- server:
		return client, nil
	case <-l.closed:
		return nil, fmt.Errorf("dial %s: connection refused", address)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func tcpAddr(address string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	}
	return a
}

type listener struct {
	network *Network
	address string
	queue   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		delete(l.network.listeners, l.address)
		l.network.mu.Unlock()
	})
	return nil
}

func (l *listener) Addr() net.Addr { return tcpAddr(l.address) }

// Pipe returns the two ends of a connection with buffers and deadlines.
func Pipe(client, server net.Addr) (net.Conn, net.Conn) {
	up, down := newHalf(), newHalf()
	return &conn{in: down, out: up, local: client, remote: server}, &conn{in: up, out: down, local: server, remote: client}
}

// bufferLimit is how many bytes a direction holds before writes wait.
const bufferLimit = 256 << 10

// half is one direction of a connection.
type half struct {
	mu     sync.Mutex
	change *sync.Cond
	data   []byte
	closed bool // by the writer: the reader gets what is left and then EOF
	broken bool // by the reader: the writer gets an error

	fault    Fault
	ended    End       // by the fault of a direction
	carried  int       // bytes that were ever in data
	lost     int       // bytes that the fault has swallowed
	free     time.Time // when the line is free for more, with a Rate
	arrivals []arrival // of what is in data, when it is slow

	reads, writes deadline
}

type deadline struct {
	passed bool
	timer  *time.Timer
}

func newHalf() *half {
	h := &half{}
	h.change = sync.NewCond(&h.mu)
	return h
}

func (h *half) setDeadline(d *deadline, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		d.passed = true
	default:
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if d.timer == timer {
				d.passed = true
				h.change.Broadcast()
			}
		})
		d.timer = timer
	}
	h.change.Broadcast()
}

type conn struct {
	in, out       *half
	local, remote net.Addr
}

func (h *half) isBroken() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.broken
}

func (c *conn) Read(b []byte) (int, error) {
	h := c.in
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.broken:
			return 0, net.ErrClosed
		case h.reads.passed:
			return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
		}
		if n := h.arrived(); n > 0 {
			return h.read(b, n), nil
		}
		if err := h.readEnd(); err != nil && len(h.data) == 0 {
			return 0, err
		}
		h.change.Wait()
	}
}

func (c *conn) Write(b []byte) (int, error) {
	n, ends, err := c.out.write(b)
	if ends != NoEnd {
		c.end(ends)
	}
	return n, err
}

func (h *half) write(b []byte) (written int, ends End, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(b) > 0 {
		err := h.writeEnd()
		switch {
		case h.closed:
			return written, ends, net.ErrClosed
		case err != nil:
			return written, ends, err
		case h.writes.passed:
			return written, ends, &net.OpError{Op: "write", Net: "tcp", Err: os.ErrDeadlineExceeded}
		case len(h.data)+h.lost < bufferLimit:
			n := min(len(b), bufferLimit-len(h.data)-h.lost)
			if ends = h.take(b[:n]); ends != NoEnd && ends != Stall {
				return written + len(b), ends, nil // a socket's buffer would have taken them
			}
			b = b[n:]
			written += n
			continue
		}
		h.change.Wait()
	}
	return written, ends, nil
}

func (c *conn) Close() error {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		if h == c.out {
			h.closed = true
		} else {
			h.broken = true
		}
		for _, d := range []*deadline{&h.reads, &h.writes} {
			if d.timer != nil && (h == c.in) == (d == &h.reads) {
				d.timer.Stop()
				d.timer = nil
			}
		}
		h.change.Broadcast()
		h.mu.Unlock()
	}
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	if c.in.isBroken() {
		return &net.OpError{Op: "set", Net: "tcp", Err: net.ErrClosed}
	}
	c.in.setDeadline(&c.in.reads, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writes, t)
	return nil
}
