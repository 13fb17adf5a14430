package wire

import (
	"encoding/binary"
	"errors"
)

// errShort says that a payload ended before the field that was to be read.
var errShort = errors.New("packet ends too early")

// AppendLenencInt appends a length-encoded integer.
func AppendLenencInt(dst []byte, v uint64) []byte {
	switch {
	case v < 0xfb:
		return append(dst, byte(v))
	case v < 1<<16:
		return append(dst, 0xfc, byte(v), byte(v>>8))
	case v < 1<<24:
		return append(dst, 0xfd, byte(v), byte(v>>8), byte(v>>16))
	default:
		return binary.LittleEndian.AppendUint64(append(dst, 0xfe), v)
	}
}

// lenencSize is how long a string of n bytes is with its length in front.
func lenencSize(n int) int {
	var b [9]byte
	return len(AppendLenencInt(b[:0], uint64(n))) + n
}

// AppendLenencString appends s with its length in front.
func AppendLenencString[S ~string | ~[]byte](dst []byte, s S) []byte {
	return append(AppendLenencInt(dst, uint64(len(s))), s...)
}

// LenencInt reads a length-encoded integer and returns it with its own length
// in bytes, 0 when b is too short or its first byte is none (0xfb is NULL,
// 0xff an error).
func LenencInt(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	switch b[0] {
	case 0xfb, 0xff:
		return 0, 0
	case 0xfc:
		if len(b) < 3 {
			return 0, 0
		}
		return uint64(binary.LittleEndian.Uint16(b[1:])), 3
	case 0xfd:
		if len(b) < 4 {
			return 0, 0
		}
		return uint64(b[1]) | uint64(b[2])<<8 | uint64(b[3])<<16, 4
	case 0xfe:
		if len(b) < 9 {
			return 0, 0
		}
		return binary.LittleEndian.Uint64(b[1:]), 9
	}
	return uint64(b[0]), 1
}

// LenencBytes reads a length-encoded string and returns it, pointing into b,
// with the number of bytes that it takes together with its length; 0 when b
// does not hold all of it.
func LenencBytes(b []byte) (s []byte, n int) {
	v, n := LenencInt(b)
	if n == 0 || v > uint64(len(b)-n) {
		return nil, 0
	}
	end := n + int(v)
	return b[n:end:end], end
}

// reader takes fields off the front of a payload. The first field that does not
// fit sets err and makes all later ones zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) bytes(n int) []byte {
	if r.err != nil || n > len(r.b) {
		r.err, r.b = errShort, nil
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

func (r *reader) uint8() byte {
	if s := r.bytes(1); s != nil {
		return s[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if s := r.bytes(2); s != nil {
		return binary.LittleEndian.Uint16(s)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if s := r.bytes(4); s != nil {
		return binary.LittleEndian.Uint32(s)
	}
	return 0
}

func (r *reader) lenencInt() uint64 {
	v, n := LenencInt(r.b)
	if n == 0 {
		r.err, r.b = errShort, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) lenencBytes() []byte {
	s, n := LenencBytes(r.b)
	if n == 0 {
		r.err, r.b = errShort, nil
		return nil
	}
	r.b = r.b[n:]
	return s
}

// nulBytes reads up to a NUL byte, which it takes too.
func (r *reader) nulBytes() []byte {
	for i, c := range r.b {
		if c == 0 {
			s := r.b[:i:i]
			r.b = r.b[i+1:]
			return s
		}
	}
	r.err, r.b = errShort, nil
	return nil
}

// nulOrRest is nulBytes for a last field, whose NUL some peers leave out.
func (r *reader) nulOrRest() []byte {
	for i, c := range r.b {
		if c == 0 {
			s := r.b[:i:i]
			r.b = r.b[i+1:]
			return s
		}
	}
	s := r.b
	r.b = nil
	return s
}
