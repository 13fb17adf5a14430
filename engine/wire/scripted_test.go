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
}

func (s *scripted) Read(b []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), s.chunk)], s.b)
	s.b = s.b[n:]
	return n, nil
}
