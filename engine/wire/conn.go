package wire

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// Conn is a connection that speaks the protocol. It holds no buffer while it
// waits for the first bytes of a command or of a reply on TCP and unix sockets,
// and for those of a command on all others.
//
// # Concurrency
//
// One goroutine owns a Conn. Any goroutine may call BufferSize, BytesRead,
// BytesWritten, Events, NetConn and Close, and set the deadlines of NetConn. A Conn
// whose write was cut off by one is of no more use.
//
// A read that fails with os.ErrDeadlineExceeded has lost nothing: after the
// deadline is set anew, the same call goes on where it was, even inside of a
// packet. After any other error the Conn is of no more use.
type Conn struct {
	stream atomic.Pointer[stream]

	// Owned by the goroutine that owns the Conn.
	in       buffer                // what has been read and not consumed
	out      buffer                // what WritePacket keeps until Flush
	sequence byte                  // of the next packet
	most     int                   // the most that one read may take, 0 for no limit
	request  []byte                // what WriteAndFill has still to write
	first    [headerSize]byte      // where a read without a buffer goes
	scratch  [headerSize]byte      // a header that is about to be written
	ready    func(fd uintptr) bool // c.readReady, made once
	result   error                 // of the last readReady

	// Read by any goroutine.
	traffic traffic
}

// traffic counts what moves.
type traffic struct{ read, written, events atomic.Uint64 }

// count adds the n bytes of one read or write to total.
func (t *traffic) count(total *atomic.Uint64, n int) {
	if n > 0 {
		total.Add(uint64(n))
		t.events.Add(1)
	}
}

// stream is what a Conn reads and writes.
type stream struct {
	net.Conn
	raw     syscall.RawConn // nil when it must be read and written through Conn
	traffic *traffic

	// Owned by the goroutine that owns the Conn.
	pending []byte                // what write has still to write
	failed  error                 // of the last writeReady
	drain   func(fd uintptr) bool // writeReady, made once
}

func newStream(nc net.Conn, t *traffic) *stream {
	s := &stream{Conn: nc, traffic: t}
	s.drain = s.writeReady
	// A type that embeds one of these may read in its own way, so only these
	// two are read around.
	switch t := nc.(type) {
	case *net.TCPConn:
		s.raw, _ = t.SyscallConn()
	case *net.UnixConn:
		s.raw, _ = t.SyscallConn()
	}
	return s
}

// readSome reads one byte or more. An error that comes with bytes comes again
// with the next read.
func (s *stream) readSome(b []byte) (int, error) {
	for range 100 {
		n, err := s.Read(b)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// write writes all of b.
func (s *stream) write(b []byte) error {
	if s.raw == nil {
		n, err := s.Write(b)
		s.traffic.count(&s.traffic.written, n)
		return err
	}
	s.pending, s.failed = b, nil
	err := s.raw.Write(s.drain)
	s.pending = nil
	if err == nil && s.failed != nil {
		err = &net.OpError{
			Op: "write", Net: s.LocalAddr().Network(), Source: s.LocalAddr(), Addr: s.RemoteAddr(),
			Err: os.NewSyscallError("write", s.failed),
		}
	}
	return err
}

// writeReady is called by RawConn.Write, first at once and then whenever the
// socket may take more. It returns false to wait.
func (s *stream) writeReady(fd uintptr) bool {
	n, err := writeFD(fd, s.pending)
	s.traffic.count(&s.traffic.written, n)
	s.pending = s.pending[n:]
	if err == syscall.EAGAIN {
		return false
	}
	s.failed = err
	return true
}

// NewConn returns a Conn on nc. It owns nc from now on.
func NewConn(nc net.Conn) *Conn {
	c := &Conn{}
	c.ready = c.readReady
	c.stream.Store(newStream(nc, &c.traffic))
	return c
}

// NetConn returns the connection beneath.
func (c *Conn) NetConn() net.Conn { return c.stream.Load().Conn }

// Upgrade goes on over nc, a TLS connection on top of NetConn. It fails when
// bytes have been read that nobody asked for: they came unencrypted and would
// pass for encrypted ones.
func (c *Conn) Upgrade(nc net.Conn) error {
	if n := len(c.in.bytes()); n > 0 {
		return fmt.Errorf("upgrade to TLS: the peer sent %d bytes in the clear after its request", n)
	}
	if err := c.Flush(); err != nil {
		return err
	}
	c.in.trim()
	c.stream.Store(newStream(nc, &c.traffic))
	return nil
}

// Close closes the connection. A read or write that waits fails with
// net.ErrClosed.
func (c *Conn) Close() error { return c.NetConn().Close() }

// Release closes the connection and gives its buffers back: all that was read is
// invalid.
func (c *Conn) Release() error {
	err := c.Close()
	c.in.r, c.out.r = c.in.w, c.out.w
	c.in.trim()
	c.out.trim()
	return err
}

// Sequence returns the sequence id of the next packet, read or written.
func (c *Conn) Sequence() byte { return c.sequence }

// SetSequence sets the sequence id of the next packet, read or written.
func (c *Conn) SetSequence(id byte) { c.sequence = id }

// BufferSize returns the capacity of the buffers held now, in bytes, 0 when
// idle.
func (c *Conn) BufferSize() int { return int(c.in.held.Load() + c.out.held.Load()) }

// BytesRead returns the number of bytes read.
func (c *Conn) BytesRead() uint64 { return c.traffic.read.Load() }

// BytesWritten returns the number of bytes written.
func (c *Conn) BytesWritten() uint64 { return c.traffic.written.Load() }

// Events returns the number of reads and writes that moved bytes.
func (c *Conn) Events() uint64 { return c.traffic.events.Load() }
