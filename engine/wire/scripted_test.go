package wire

import (
	"io"
	"net"
)

// scripted is a connection that brings bytes in chunks and then ends.
type scripted struct {
	net.Conn
	b     []byte
	chunk int
	end   error // io.EOF when nil
}

func (s *scripted) Read(b []byte) (int, error) {
	if len(s.b) == 0 {
		if s.end != nil {
			return 0, s.end
		}
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), s.chunk)], s.b)
	s.b = s.b[n:]
	return n, nil
}
