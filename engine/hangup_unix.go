//go:build unix

package engine

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hungUp reports whether the peer has closed its side of conn and everything
// that it sent has been read. It takes nothing from the connection.
func hungUp(conn net.Conn) bool {
	n, err := peek(conn)
	return n == 0 && err == nil || err != nil && err != unix.EAGAIN && err != unix.EINTR
}

// spokenUp reports whether a server, which owes nothing, has closed its side of
// conn or sent something: before it closes a connection it says why.
func spokenUp(conn net.Conn) bool {
	if secured, ok := conn.(*tls.Conn); ok { // which may hold what only TLS itself reads
		return hungUp(secured.NetConn())
	}
	_, err := peek(conn)
	return err != unix.EAGAIN && err != unix.EINTR
}

// peek looks at the next byte of conn and returns 1 when there is one and 0 at
// the end. The error is EAGAIN when nothing has come, or what cannot be looked
// at.
func peek(conn net.Conn) (int, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return 0, unix.EAGAIN
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	n, failed := 0, error(nil)
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, failed = unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	if err != nil {
		return 0, err
	}
	return max(n, 0), failed
}
