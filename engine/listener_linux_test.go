package engine

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Ensure that connections, accepted and dialled, are kept alive and do not wait
// for more to send.
func TestSocketOptions(t *testing.T) {
	l, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer dialled.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	for _, conn := range []net.Conn{dialled, accepted} {
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		options(t, raw)
	}
}

// options checks those of a TCP connection.
func options(t *testing.T, raw syscall.RawConn) {
	t.Helper()
	for name, option := range map[string][3]int{
		"SO_KEEPALIVE": {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1}, "TCP_KEEPINTVL": {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 10},
		"TCP_KEEPIDLE": {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60}, "TCP_KEEPCNT": {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3}, "TCP_NODELAY": {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	} {
		var got int
		var err error
		if cerr := raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), option[0], option[1]) }); cerr != nil || err != nil {
			t.Fatal(cerr, err)
		}
		if got != option[2] {
			t.Errorf("%s is %d, want %d", name, got, option[2])
		}
	}
}
