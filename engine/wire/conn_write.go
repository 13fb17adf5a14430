package wire

import (
	"syscall"
	"time"
)

// WritePacket frames payload, in several pieces when it is long, with the next
// sequence ids. It is kept until Flush, unless there is much of it.
func (c *Conn) WritePacket(payload []byte) error {
	for {
		piece := payload[:min(len(payload), maxPiece)]
		payload = payload[len(piece):]
		if err := c.keep(AppendHeader(c.scratch[:0], len(piece), c.sequence)); err != nil {
			return err
		}
		c.sequence++
		if err := c.keep(piece); err != nil {
			return err
		}
		if len(piece) < maxPiece {
			return nil
		}
	}
}

// keep keeps b until Flush. What does not fit is written at once, behind what is
// kept already.
func (c *Conn) keep(b []byte) error {
	if c.out.w+len(b) > bufferSize {
		return c.Write(b)
	}
	if len(b) > 0 {
		c.out.w += copy(c.out.room(0), b)
		c.unsent = true
	}
	return nil
}

// Flush writes what WritePacket has kept.
func (c *Conn) Flush() error {
	if !c.unsent {
		return nil
	}
	c.unsent = false
	err := writeAll(c, c.out.bytes())
	c.out.r = c.out.w
	c.out.trim()
	return err
}

// Write writes framed bytes, all of them, after what WritePacket has kept.
func (c *Conn) Write(framed []byte) error {
	if err := c.Flush(); err != nil {
		return err
	}
	return writeAll(c, framed)
}

// WriteAndFill writes framed bytes, all of them, and waits for the first bytes
// of the answer, as Write and Fill do, with one system call less. It is for the
// side that speaks first: no byte of the peer may be under way before it has
// read the request. When it fails with os.ErrDeadlineExceeded the request has
// been written, and Fill goes on with waiting.
func (c *Conn) WriteAndFill(framed []byte) error {
	if c.raw == nil || !c.in.empty() {
		if err := c.Write(framed); err != nil {
			return err
		}
		return c.Fill()
	}
	if err := c.Flush(); err != nil {
		return err
	}
	c.pending = framed
	err := fillRaw(c)
	rest := c.pending
	c.pending = nil
	if len(rest) == 0 {
		return err
	}
	if werr := writeAll(c, rest); werr != nil {
		return werr
	}
	if err != nil {
		return err
	}
	return fillRaw(c)
}

// writeAll writes all of b.
func writeAll(c *Conn, b []byte) error {
	if c.raw == nil {
		n, err := (*c.layer.Load()).Write(b)
		c.traffic.count(&c.traffic.written, n)
		return err
	}
	c.pending, c.result = b, nil
	err := c.raw.Control(c.put) // nearly always the socket takes all at once
	if err == nil && c.result == syscall.EAGAIN {
		err = c.raw.Write(func(fd uintptr) bool {
			c.result = writeSome(c, fd)
			return c.result != syscall.EAGAIN
		})
	}
	c.pending = nil
	if err == nil && c.result != nil {
		return systemError(c.NetConn(), "write", c.result)
	}
	return rawError(c, "raw-write", err)
}

// writeSome writes as much of what is pending as the socket takes.
func writeSome(c *Conn, fd uintptr) error {
	n, err := writeFD(fd, c.pending)
	c.traffic.count(&c.traffic.written, n)
	c.pending = c.pending[n:]
	return err
}

// Leave says a last command, to which there is no answer, and releases c. The system
// sends it with the end of the connection, where it can; a peer that takes nothing
// any more is not waited for.
func Leave(c *Conn, last Command) error {
	framed := [...]byte{1, 0, 0, 0, byte(last)}
	if c.raw == nil {
		_ = c.NetConn().SetWriteDeadline(time.Now().Add(leaveTimeout))
		_ = writeAll(c, framed[:])
	} else {
		_ = c.raw.Control(func(fd uintptr) { sysWriteLast(fd, framed[:]) })
	}
	return c.Release()
}

// leaveTimeout is how long a layer, such as TLS, may take to write a last command.
const leaveTimeout = 100 * time.Millisecond
