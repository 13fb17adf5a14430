package wire

import (
	"fmt"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/signalbox/signalbox/engine/prefetch"
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
	// Owned by the goroutine that owns the Conn. What each command needs stands
	// first, in few lines of the processor's cache.
	raw      syscall.RawConn       // of the socket; nil when it must be read and written through layer
	ready    func(fd uintptr) bool // c.readReady, made once
	put      func(fd uintptr)      // writes what is pending, made once
	in       buffer                // what has been read and not consumed
	pending  []byte                // what has still to be written
	result   error                 // of the last read or write of the socket
	most     int                   // the most that one read may take, 0 for no limit
	sequence byte                  // of the next packet
	leaps    bool                  // the packets are in compressed ones, and their sequence ids are not checked
	unsent   bool                  // something is in out
	waited   bool                  // the runtime has waited for the socket
	stack    prefetch.Stack        // that the owner will use once there are bytes
	ahead    bool                  // ReadPacket may read on behind its packet
	near     *prefetch.Set         // what else it will use; nil when that is not known
	socket   prefetch.Socket       // what raw is used through

	traffic traffic                  // read by any goroutine
	layer   atomic.Pointer[net.Conn] // what is read and written, for any goroutine

	out     buffer           // what WritePacket keeps until Flush
	first   [headerSize]byte // where a read without a buffer goes
	scratch [headerSize]byte // a header that is about to be written
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

// NewConn returns a Conn on nc. It owns nc from now on.
func NewConn(nc net.Conn) *Conn {
	c := new(Conn)
	c.Open(nc)
	return c
}

// Open makes c, which must be new and not be copied from now on, a Conn on nc, and
// the owner of nc.
func (c *Conn) Open(nc net.Conn) {
	c.ready, c.put = c.readReady, func(fd uintptr) { c.result = writeSome(c, fd) }
	through(c, nc)
}

// through has c go on through nc.
func through(c *Conn, nc net.Conn) {
	c.raw = nil
	// A type that embeds one of these may read in its own way, so only these
	// two are read around.
	switch t := nc.(type) {
	case *net.TCPConn:
		c.raw, _ = t.SyscallConn()
	case *net.UnixConn:
		c.raw, _ = t.SyscallConn()
	case Socket:
		c.raw = t.Socket()
	}
	c.socket = prefetch.SocketOf(c.raw)
	c.layer.Store(&nc)
}

// Socket is a connection that may be read and written around its Read and Write.
type Socket interface {
	net.Conn
	// Socket returns what to do so through.
	Socket() syscall.RawConn
	// SocketError returns what an error of that means, as package net would say it.
	SocketError(call string, err error) error
}

// rawError returns the error of a call of c.raw.
func rawError(c *Conn, call string, err error) error {
	if err == nil {
		return nil
	}
	if s, ok := (*c.layer.Load()).(Socket); ok {
		return s.SocketError(call, err)
	}
	return err
}

// NetConn returns the connection beneath, without the layer of compression.
func (c *Conn) NetConn() net.Conn {
	nc := *c.layer.Load()
	if z, ok := nc.(*compressed); ok {
		return z.Conn
	}
	return nc
}

// Near says what the owner will use as soon as bytes have come: set, and that part
// of its stack. What its socket is used through is put into the set, from place on.
// A nil set ends that.
func (c *Conn) Near(set *prefetch.Set, place int, stack prefetch.Stack) {
	c.near, c.stack = set, stack
	if set != nil {
		set.PutSocket(place, &c.socket)
	}
}

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
	through(c, nc)
	return nil
}

// Close closes the connection. A read or write that waits fails with
// net.ErrClosed.
func (c *Conn) Close() error { return c.NetConn().Close() }

// Release closes the connection and gives its buffers back: all that was read is
// invalid.
func (c *Conn) Release() error {
	err := c.Close()
	if z, ok := c.NetConn().(*compressed); ok {
		z.finish()
	}
	c.in.r, c.out.r = c.in.w, c.out.w
	c.in.trim()
	c.out.trim()
	return err
}

// Sequence returns the sequence id of the next packet, read or written.
func (c *Conn) Sequence() byte { return c.sequence }

// SetSequence sets the sequence id of the next packet, read or written.
func (c *Conn) SetSequence(id byte) { c.sequence = id }

// BeginCommand says that what is read or written next begins a command, with
// sequence ids from 0 on. ReadCommand does so by itself.
func (c *Conn) BeginCommand() {
	c.sequence = 0
	if c.leaps {
		(*c.layer.Load()).(*compressed).command()
	}
}

// BufferSize returns the capacity of the buffers held now, in bytes, 0 when
// idle.
func (c *Conn) BufferSize() int {
	size := c.in.held.Load() + c.out.held.Load()
	if z, ok := (*c.layer.Load()).(*compressed); ok {
		size += z.packed.held.Load()
	}
	return int(size)
}

// BytesRead returns the number of bytes read, after decompression.
func (c *Conn) BytesRead() uint64 { return c.traffic.read.Load() }

// BytesWritten returns the number of bytes written, before compression.
func (c *Conn) BytesWritten() uint64 { return c.traffic.written.Load() }

// Events returns the number of reads and writes that moved bytes.
func (c *Conn) Events() uint64 { return c.traffic.events.Load() }
