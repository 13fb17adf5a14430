package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
)

// Compression are the capabilities that ask for compressed packets. Where both
// are agreed, zlib is used.
const Compression = ClientCompress | ClientZstd

const (
	// compressedHeader is the length of the header of a compressed packet:
	// three bytes for the length of its body, a sequence id of its own, and
	// three bytes for what the body becomes, 0 when it is not compressed.
	compressedHeader = 7
	// leastCompressed is the shortest content that is worth compressing, in
	// bytes. MySQL and MariaDB have the same limit.
	leastCompressed = 50
)

// Compress makes c go on with compressed packets in both directions: a layer beneath
// the packets, whose borders are its own. It begins after the OK packet of a
// login for which both sides have agreed on how, one of Compression; level is
// ZstdLevel of the client's HandshakeResponse, 0 for any.
//
// Inside of compressed packets only the sequence ids of the compressed packets
// count: MariaDB and MySQL themselves give the packets in them numbers that
// leap.
func Compress(c *Conn, how Capability, level byte) error {
	if n := len(c.in.bytes()); n > 0 {
		return fmt.Errorf("begin compression: the peer sent %d bytes before it could", n)
	}
	if err := c.Flush(); err != nil {
		return err
	}
	z := &compressed{Conn: c.NetConn(), codec: codecFor(how, level)}
	c.leaps = true
	through(c, z)
	return nil
}

// compressed is a connection whose bytes travel in compressed packets. It holds
// no memory but this between two commands.
//
// What a packet promises to become is not believed: it is decompressed piece by
// piece into the memory of who reads, so that a packet can be no more of a
// burden than its content would be without compression.
type compressed struct {
	net.Conn
	codec codec

	header   [compressedHeader]byte
	got      int          // bytes of header that have been read
	sequence byte         // of the next packet, read or written
	rest     int          // bytes of the packet's content that are to come
	packed   buffer       // the body while it is not whole and while it is decompressed
	source   bytes.Reader // of packed, for plain
	plain    unpacker     // the content; nil for a packet that is not compressed
}

// command says that what is read next begins a command, with sequence ids from 0
// on. Commands may share a packet.
func (z *compressed) command() {
	z.sequence = 0
	if z.rest > 0 {
		z.sequence = 1
	}
}

// Read reads content. After a deadline it goes on where it was.
func (z *compressed) Read(b []byte) (int, error) {
	for z.rest == 0 {
		if err := z.next(); err != nil {
			return 0, err
		}
	}
	b = b[:min(len(b), z.rest)]
	if z.plain == nil {
		n, err := z.Conn.Read(b)
		z.rest -= n
		return n, inside(err)
	}
	n, err := io.ReadFull(z.plain, b)
	if err != nil {
		z.finish()
		return 0, &UncompressError{fmt.Errorf("%w, %d bytes before the promised end", inside(err), z.rest-n)}
	}
	if z.rest -= n; z.rest > 0 {
		return n, nil
	}
	more, err := io.ReadFull(z.plain, z.header[:1]) // it ends, and its checksum is right
	z.finish()
	switch {
	case more > 0:
		return 0, &UncompressError{errors.New("longer than promised")}
	case err != io.EOF:
		return 0, &UncompressError{err}
	}
	return n, nil
}

// UncompressError is a compressed packet that is not what its header promises.
type UncompressError struct{ Err error }

// Error says what is wrong with the packet.
func (e *UncompressError) Error() string { return "compressed packet: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UncompressError) Unwrap() error { return e.Err }

// inside is what the error of a read in the middle of a packet means.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next reads the header of a packet, and its body if that is compressed.
func (z *compressed) next() error {
	for z.got < compressedHeader {
		n, err := z.Conn.Read(z.header[z.got:])
		if z.got += n; z.got == compressedHeader {
			break
		}
		if err != nil && z.got > 0 {
			return inside(err)
		}
		if err != nil {
			return err
		}
	}
	size, content := pieceLength(z.header[:]), pieceLength(z.header[4:])
	if z.header[3] != z.sequence {
		return &SequenceError{Want: z.sequence, Got: z.header[3]}
	}
	if content == 0 {
		z.got, z.rest = 0, size
		z.sequence++
		return nil
	}
	for {
		missing := size - len(z.packed.bytes())
		if missing == 0 {
			break
		}
		n, err := z.Conn.Read(z.packed.room(missing))
		z.packed.w += n
		z.packed.trim()
		if err != nil {
			return inside(err)
		}
	}
	z.got, z.rest = 0, content
	z.sequence++
	z.source.Reset(z.packed.bytes())
	plain, err := z.codec.unpack(&z.source)
	if err != nil {
		z.finish()
		return &UncompressError{inside(err)}
	}
	z.plain = plain
	return nil
}

// finish gives back what a packet was decompressed with.
func (z *compressed) finish() {
	if z.plain != nil {
		z.plain.release()
	}
	z.plain = nil
	z.source.Reset(nil)
	z.packed.r = z.packed.w
	z.packed.trim()
}

// Write writes all of b, in packets that fit into one pooled buffer each.
func (z *compressed) Write(b []byte) (int, error) {
	memory := pool.Get().(*[bufferSize]byte)
	defer pool.Put(memory)
	for written := 0; written < len(b); {
		piece := b[written:min(len(b), written+bufferSize-compressedHeader)]
		if _, err := z.Conn.Write(z.packet(memory, piece)); err != nil {
			return written, err
		}
		written += len(piece)
	}
	return len(b), nil
}

// packet makes a packet of content, compressed if that makes it shorter.
func (z *compressed) packet(memory *[bufferSize]byte, content []byte) []byte {
	body, promise := memory[compressedHeader:compressedHeader], 0
	if n := len(content); n >= leastCompressed {
		body = z.codec.pack(memory[compressedHeader:compressedHeader:compressedHeader+n-1], content)
		promise = n
	}
	size := len(body)
	if size == 0 {
		size, promise = copy(memory[compressedHeader:], content), 0
	}
	header := append(AppendHeader(memory[:0], size, z.sequence), byte(promise), byte(promise>>8), byte(promise>>16))
	z.sequence++
	return memory[:len(header)+size]
}
