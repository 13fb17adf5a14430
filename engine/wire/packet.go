package wire

import (
	"fmt"
)

const (
	headerSize = 4
	// maxPiece is the length in a packet's header that says that the next
	// packet goes on with the same payload.
	maxPiece = 0xffffff
)

// Packet is a command as it was read.
type Packet struct {
	// Framed is the packet with its header, as it was on the wire; nil when
	// it came in several pieces.
	Framed  []byte
	Payload []byte
}

// AppendHeader appends the header of a packet of n bytes, at most 0xffffff.
func AppendHeader(dst []byte, n int, sequence byte) []byte {
	return append(dst, byte(n), byte(n>>8), byte(n>>16), sequence)
}

// packet takes the packet at the front, and moves the sequence id on behind it.
// When the packet is not whole it returns the least number of bytes that are
// missing. With leaps it takes the sequence ids as they come.
func (m *buffer) packet(sequence *byte, limit int, leaps bool) (p Packet, need int, err error) {
	b := m.bytes()
	size, pieces := 0, 0
	for at := 0; ; {
		if len(b)-at < headerSize {
			return Packet{}, at + headerSize - len(b), nil
		}
		if want := *sequence + byte(pieces); b[at+3] != want {
			if leaps {
				*sequence = b[at+3] - byte(pieces)
				continue
			}
			return Packet{}, 0, &SequenceError{Want: want, Got: b[at+3]}
		}
		n := pieceLength(b[at:])
		if size += n; size > limit {
			return Packet{}, 0, &TooLargeError{Size: size, Limit: limit}
		}
		at += headerSize + n
		if n == maxPiece {
			pieces++
			continue
		}
		if at > len(b) {
			return Packet{}, at - len(b), nil
		}
		*sequence += byte(pieces + 1)
		m.r += at
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
