package wire

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	headerSize = 4
	// maxPiece is the length in a packet's header that says that the next
	// packet goes on with the same payload.
	maxPiece = 0xffffff
)

// Conn is a connection that speaks the protocol. It holds no buffer while it
// waits for the first bytes of a command or of a reply on TCP and unix sockets,
// and for those of a command on all others.
//
// # Concurrency
//
// One goroutine owns a Conn. Any goroutine may call BufferSize, BytesRead,
// BytesWritten, Events, SetReadDeadline, SetWriteDeadline, NetConn and Close.
//
// A read that fails with os.ErrDeadlineExceeded has lost nothing: after the
// deadline is set anew, the same call goes on where it was, even inside of a
// packet. After any other error the Conn is of no more use.
type Conn struct {
	stream atomic.Pointer[stream]

	// Owned by the goroutine that owns the Conn.
	in       []byte                // pooled or grown, nil when none is held
	r, w     int                   // in[r:w] is unread
	out      []byte                // what WritePacket keeps until Flush, pooled
	request  []byte                // what WriteAndFill has still to write
	most     int                   // the most that one read may take, 0 for no limit
	first    [headerSize]byte      // where a read without a buffer goes
	scratch  [headerSize]byte      // the header of a packet that is not copied to out
	sequence byte                  // of the next packet
	ready    func(fd uintptr) bool // c.readReady, made once
	result   error                 // of the last readReady

	// Read by any goroutine.
	held         atomic.Int64
	bytesRead    atomic.Uint64
	bytesWritten atomic.Uint64
	events       atomic.Uint64
}

// stream is what a Conn reads and writes.
type stream struct {
	net.Conn
	raw syscall.RawConn // nil when it must be read through Conn
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

// NewConn returns a Conn on nc. It owns nc from now on.
func NewConn(nc net.Conn) *Conn {
	c := &Conn{}
	c.ready = c.readReady
	c.setStream(nc)
	return c
}

func (c *Conn) setStream(nc net.Conn) {
	s := &stream{Conn: nc}
	// A type that embeds one of these may read in its own way, so only these
	// two are read around.
	switch t := nc.(type) {
	case *net.TCPConn:
		s.raw, _ = t.SyscallConn()
	case *net.UnixConn:
		s.raw, _ = t.SyscallConn()
	}
	c.stream.Store(s)
}

// NetConn returns the connection beneath.
func (c *Conn) NetConn() net.Conn { return c.stream.Load().Conn }

// Upgrade goes on over nc, a TLS connection on top of NetConn. It fails when
// bytes have been read that nobody asked for: they came unencrypted and would
// pass for encrypted ones.
func (c *Conn) Upgrade(nc net.Conn) error {
	if n := c.w - c.r; n > 0 {
		return fmt.Errorf("upgrade to TLS: the peer sent %d bytes in the clear after its request", n)
	}
	if err := c.Flush(); err != nil {
		return err
	}
	c.release()
	c.setStream(nc)
	return nil
}

// SetReadDeadline sets the deadline of reads, also of one that waits.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.NetConn().SetReadDeadline(t) }

// SetWriteDeadline sets the deadline of writes, also of one that waits. A Conn
// whose write was cut off by it is of no more use.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.NetConn().SetWriteDeadline(t) }

// Close closes the connection. A read or write that waits fails with
// net.ErrClosed.
func (c *Conn) Close() error { return c.NetConn().Close() }

// Sequence returns the sequence id of the next packet, read or written.
func (c *Conn) Sequence() byte { return c.sequence }

// SetSequence sets the sequence id of the next packet, read or written.
func (c *Conn) SetSequence(id byte) { c.sequence = id }

// BufferSize returns the capacity of the buffers held now, in bytes, 0 when
// idle.
func (c *Conn) BufferSize() int { return int(c.held.Load()) }

// BytesRead returns the number of bytes read.
func (c *Conn) BytesRead() uint64 { return c.bytesRead.Load() }

// BytesWritten returns the number of bytes written.
func (c *Conn) BytesWritten() uint64 { return c.bytesWritten.Load() }

// Events returns the number of reads and writes that moved bytes.
func (c *Conn) Events() uint64 { return c.events.Load() }

// TooLargeError is a packet that is longer than its reader allows.
type TooLargeError struct {
	Size  int // what the headers have announced so far, in bytes
	Limit int
}

// Error names both sizes.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("packet of %d bytes or more: the limit is %d", e.Size, e.Limit)
}

// SequenceError is a packet that is not the next one.
type SequenceError struct{ Want, Got byte }

// Error names both sequence ids.
func (e *SequenceError) Error() string {
	return fmt.Sprintf("packets out of order: sequence id %d where %d was due", e.Got, e.Want)
}

// Packet is a command as it was read.
type Packet struct {
	// Framed is the packet with its header, as it was on the wire; nil when
	// it came in several pieces.
	Framed  []byte
	Payload []byte
}

// ReadPacket reads one packet, joining the pieces of a long one, and returns
// its payload, which is valid until the next read. It takes no byte beyond the
// packet from the connection, so that TLS can begin right after it.
//
// It fails with a *TooLargeError when the payload is longer than limit, with a
// *SequenceError when the packet is not the next one, with io.EOF when the
// connection ended before the packet and with io.ErrUnexpectedEOF when it
// ended in it.
func (c *Conn) ReadPacket(limit int) ([]byte, error) {
	c.releaseIfEmpty()
	for {
		p, need, err := c.packet(limit)
		if err != nil {
			return nil, err
		}
		if need == 0 {
			return p.Payload, nil
		}
		c.most = need
		err = c.Fill()
		c.most = 0
		if err != nil {
			return nil, c.midPacket(err)
		}
	}
}

// ReadCommand waits for a command, whose first packet has sequence id 0. What
// it returns is valid until the next read. Commands that the client sent in one
// go come from the next calls; more of them may be in Unread. The errors are
// those of ReadPacket.
func (c *Conn) ReadCommand(limit int) (Packet, error) {
	c.releaseIfEmpty()
	c.sequence = 0
	for {
		p, need, err := c.packet(limit)
		if err != nil || need == 0 {
			return p, err
		}
		if c.r == c.w && c.stream.Load().raw == nil {
			err = c.fillFirst()
		} else {
			err = c.Fill()
		}
		if err != nil {
			return Packet{}, c.midPacket(err)
		}
	}
}

// packet takes the packet at the front of the unread bytes, or returns the
// least number of bytes that are missing.
func (c *Conn) packet(limit int) (p Packet, need int, err error) {
	b := c.in[c.r:c.w]
	size, pieces := 0, 0
	for at := 0; ; pieces++ {
		if len(b)-at < headerSize {
			return Packet{}, at + headerSize - len(b), nil
		}
		if want := c.sequence + byte(pieces); b[at+3] != want {
			return Packet{}, 0, &SequenceError{Want: want, Got: b[at+3]}
		}
		n := pieceLength(b[at:])
		if size += n; size > limit {
			return Packet{}, 0, &TooLargeError{Size: size, Limit: limit}
		}
		at += headerSize + n
		if n == maxPiece {
			continue
		}
		if at > len(b) {
			return Packet{}, at - len(b), nil
		}
		c.sequence += byte(pieces + 1)
		c.r += at
		if pieces == 0 {
			return Packet{Framed: b[:at:at], Payload: b[headerSize:at:at]}, 0, nil
		}
		return Packet{Payload: join(b[:at])}, 0, nil
	}
}

// join moves the pieces of a packet together in place.
func join(b []byte) []byte {
	size := 0
	for at := 0; at < len(b); {
		n := pieceLength(b[at:])
		at += headerSize
		size += copy(b[size:], b[at:at+n])
		at += n
	}
	return b[:size:size]
}

func pieceLength(header []byte) int {
	return int(header[0]) | int(header[1])<<8 | int(header[2])<<16
}

func (c *Conn) midPacket(err error) error {
	if err == io.EOF && c.w > c.r {
		return io.ErrUnexpectedEOF
	}
	return err
}

// WritePacket frames payload, in several pieces when it is long, with the next
// sequence ids. It is kept until Flush, unless it is very long.
func (c *Conn) WritePacket(payload []byte) error {
	for {
		piece := payload[:min(len(payload), maxPiece)]
		payload = payload[len(piece):]
		if err := c.writePiece(piece); err != nil {
			return err
		}
		if len(piece) < maxPiece {
			return nil
		}
	}
}

func (c *Conn) writePiece(piece []byte) error {
	header := AppendHeader(c.scratch[:0], len(piece), c.sequence)
	c.sequence++
	if len(piece) <= bufferSize-headerSize {
		if len(c.out)+headerSize+len(piece) > bufferSize {
			if err := c.Flush(); err != nil {
				return err
			}
		}
		if c.out == nil {
			c.out = takeBuffer()[:0]
			c.held.Add(bufferSize)
		}
		c.out = append(append(c.out, header...), piece...)
		return nil
	}
	if err := c.Write(header); err != nil {
		return err
	}
	return c.Write(piece)
}

// AppendHeader appends the header of a packet of n bytes, at most 0xffffff.
func AppendHeader(dst []byte, n int, sequence byte) []byte {
	return append(dst, byte(n), byte(n>>8), byte(n>>16), sequence)
}

// Flush writes what WritePacket has kept.
func (c *Conn) Flush() error {
	if c.out == nil {
		return nil
	}
	err := c.write(c.out)
	giveBuffer(c.out)
	c.out = nil
	c.held.Add(-bufferSize)
	return err
}

// Write writes framed bytes, all of them, after what WritePacket has kept.
func (c *Conn) Write(framed []byte) error {
	if err := c.Flush(); err != nil {
		return err
	}
	return c.write(framed)
}

func (c *Conn) write(b []byte) error {
	n, err := c.stream.Load().Write(b)
	c.wrote(n)
	return err
}

func (c *Conn) wrote(n int) {
	if n > 0 {
		c.bytesWritten.Add(uint64(n))
		c.events.Add(1)
	}
}

// Unread returns the bytes that have been read and not consumed. They are valid
// until the next read.
func (c *Conn) Unread() []byte { return c.in[c.r:c.w] }

// Discard consumes the first n unread bytes. When none are left, the buffer is
// given back, and all that was read is invalid.
func (c *Conn) Discard(n int) {
	if n < 0 || n > c.w-c.r {
		panic("wire: more bytes discarded than are unread")
	}
	c.r += n
	c.releaseIfEmpty()
}

// Fill waits for bytes and appends those of one read to Unread. It fails with
// io.EOF when the connection has ended.
func (c *Conn) Fill() error {
	s := c.stream.Load()
	if s.raw != nil {
		return c.rawFill(s)
	}
	n, err := s.readSome(c.room())
	c.read(n)
	c.releaseIfEmpty()
	return err
}

// fillFirst is Fill without a buffer: a connection that must be given memory to
// read into waits for the first bytes of a command with those that it has.
func (c *Conn) fillFirst() error {
	n, err := c.stream.Load().readSome(c.first[:])
	if err != nil {
		return err
	}
	copy(c.room(), c.first[:n])
	c.read(n)
	return nil
}

// WriteAndFill writes framed bytes, all of them, and waits for the first bytes
// of the answer, as Write and Fill do, with one system call less. It is for the
// side that speaks first: no byte of the peer may be under way before it has
// read the request. When it fails with os.ErrDeadlineExceeded the request has
// been written, and Fill goes on with waiting.
func (c *Conn) WriteAndFill(framed []byte) error {
	s := c.stream.Load()
	if s.raw == nil || c.w > c.r {
		if err := c.Write(framed); err != nil {
			return err
		}
		return c.Fill()
	}
	if err := c.Flush(); err != nil {
		return err
	}
	c.request = framed
	err := c.rawFill(s)
	rest := c.request
	c.request = nil
	if len(rest) == 0 {
		return err
	}
	if werr := c.write(rest); werr != nil {
		return werr
	}
	if err != nil {
		return err
	}
	return c.rawFill(s)
}

// rawFill reads inside of the runtime's wait for readability, so that a buffer
// is needed only once there is something to read.
func (c *Conn) rawFill(s *stream) error {
	c.result = nil
	if err := s.raw.Read(c.ready); err != nil {
		c.releaseIfEmpty()
		return err
	}
	return c.result
}

// readReady is called by RawConn.Read, first at once and then whenever the
// socket may be readable. It returns false to wait.
func (c *Conn) readReady(fd uintptr) bool {
	if len(c.request) > 0 {
		// The runtime has begun to watch for bytes, so that none of the answer
		// can be missed; and there are none yet, so that reading is in vain.
		n, err := writeFD(fd, c.request)
		c.wrote(n)
		c.request = c.request[n:]
		if len(c.request) > 0 || err != nil {
			return true // WriteAndFill writes the rest and meets the error
		}
		return false
	}
	n, err := readFD(fd, c.room())
	if err == syscall.EAGAIN {
		c.releaseIfEmpty()
		return false
	}
	switch {
	case err != nil:
		c.result = c.readError(err)
	case n == 0:
		c.result = io.EOF
	default:
		c.read(n)
		return true
	}
	c.releaseIfEmpty()
	return true
}

// readError wraps what a read system call returned as package net does.
func (c *Conn) readError(err error) error {
	nc := c.NetConn()
	return &net.OpError{
		Op: "read", Net: nc.LocalAddr().Network(), Source: nc.LocalAddr(), Addr: nc.RemoteAddr(),
		Err: os.NewSyscallError("read", err),
	}
}

func (c *Conn) read(n int) {
	if n > 0 {
		c.w += n
		c.bytesRead.Add(uint64(n))
		c.events.Add(1)
	}
}
