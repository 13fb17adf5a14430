package wire

import (
	"io"
	"net"
	"os"
	"syscall"
)

// ReadPacket reads one packet, joining the pieces of a long one, and returns
// its payload, which is valid until the next read. It takes no byte beyond the
// packet from the connection, so that TLS can begin right after it, unless
// ReadAhead has been called.
//
// It fails with a *TooLargeError when the payload is longer than limit, with a
// *SequenceError when the packet is not the next one, with io.EOF when the
// connection ended before the packet and with io.ErrUnexpectedEOF when it
// ended in it.
func (c *Conn) ReadPacket(limit int) ([]byte, error) {
	c.in.trim()
	for {
		p, need, err := c.in.packet(&c.sequence, limit, c.leaps)
		if err != nil || need == 0 {
			return p.Payload, err
		}
		if err := fillExactly(c, need); err != nil {
			return nil, err
		}
	}
}

// ReadAhead lets reads of packets take what has come behind them too, which is one
// system call less for each. It is for a connection that does not go over to TLS.
func ReadAhead(c *Conn) { c.ahead = true }

// fillExactly is Fill for need more bytes, and no more than those unless it may read
// ahead. Something was to come.
func fillExactly(c *Conn, need int) error {
	if !c.ahead {
		c.most = need
	}
	err := c.Fill()
	c.most = 0
	return cutShort(err, c.Unread())
}

// ReadCommand waits for a command, whose first packet has sequence id 0. What
// it returns is valid until the next read. Commands that the client sent in one
// go come from the next calls; more of them may be in Unread. The errors are
// those of ReadPacket.
func (c *Conn) ReadCommand(limit int) (Packet, error) {
	c.in.trim()
	c.sequence = 0
	for {
		p, need, err := c.in.packet(&c.sequence, limit, c.leaps)
		if err != nil || need == 0 {
			return p, err
		}
		if c.raw == nil && c.in.empty() {
			err = fillFirst(c)
		} else {
			err = c.Fill()
		}
		if err != nil {
			return Packet{}, cutShort(err, c.Unread())
		}
	}
}

// cutShort returns the error of a read that wanted more than is unread.
func cutShort(err error, unread []byte) error {
	if err == io.EOF && len(unread) > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Unread returns the bytes that have been read and not consumed. They are valid
// until the next read.
func (c *Conn) Unread() []byte { return c.in.bytes() }

// Keep lets all that c has read stay valid for as long as somebody holds it.
func Keep(c *Conn) { c.in.leave() }

// Discard consumes the first n unread bytes. When none are left, the buffer is
// given back, and all that was read is invalid.
func (c *Conn) Discard(n int) {
	if n < 0 || n > len(c.in.bytes()) {
		panic("wire: more bytes discarded than are unread")
	}
	c.in.r += n
	c.in.trim()
}

// Fill waits for bytes and appends those of one read to Unread. It fails with
// io.EOF when the connection has ended.
func (c *Conn) Fill() error {
	if c.raw != nil {
		return fillRaw(c)
	}
	n, err := readSome(*c.layer.Load(), c.in.room(c.most))
	c.filled(n)
	return err
}

// readSome reads one byte or more. An error that comes with bytes comes again
// with the next read.
func readSome(r io.Reader, b []byte) (int, error) {
	for range 100 {
		n, err := r.Read(b)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// fillFirst is Fill without a buffer: a connection that must be given memory to
// read into waits for the first bytes of a command with those that it has.
func fillFirst(c *Conn) error {
	if c.leaps {
		c.BeginCommand()
	}
	n, err := readSome(*c.layer.Load(), c.first[:])
	if err != nil {
		return err
	}
	copy(c.in.room(0), c.first[:n])
	c.filled(n)
	return nil
}

// fillRaw reads inside of the runtime's wait for readability, so that a buffer
// is needed only once there is something to read.
func fillRaw(c *Conn) error {
	c.result, c.waited = nil, false
	if err := c.raw.Read(c.ready); err != nil {
		c.in.trim()
		return rawError(c, "raw-read", err)
	}
	return c.result
}

// readReady is called by RawConn.Read, first at once and then whenever the
// socket may be readable. It returns false to wait.
func (c *Conn) readReady(fd uintptr) bool {
	if len(c.pending) > 0 {
		// The runtime has begun to watch for bytes, so that none of the answer
		// can be missed; and there are none yet, so that reading is in vain.
		err := writeSome(c, fd)
		c.waited = true
		return len(c.pending) > 0 || err != nil // WriteAndFill meets it
	}
	if c.waited && c.near != nil {
		c.near.Fetch(c.stack) // comes while the kernel copies the bytes
	}
	n, err := readFD(fd, c.in.room(c.most))
	c.filled(n)
	switch {
	case err == syscall.EAGAIN:
		c.waited = true
		return false
	case err != nil:
		c.result = systemError(c.NetConn(), "read", err)
	case n == 0:
		c.result = io.EOF
	}
	return true
}

// filled says that a read has put n bytes into the room.
func (c *Conn) filled(n int) {
	c.in.w += n
	c.traffic.count(&c.traffic.read, n)
	c.in.trim()
}

// systemError wraps what a system call returned as package net does.
func systemError(nc net.Conn, call string, err error) error {
	return &net.OpError{
		Op: call, Net: nc.LocalAddr().Network(), Source: nc.LocalAddr(), Addr: nc.RemoteAddr(),
		Err: os.NewSyscallError(call, err),
	}
}
