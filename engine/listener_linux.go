package engine

import (
	"cmp"
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// listenConfig has the connections of a listener kept alive by tcpKeepAlive. They
// have from the listener's socket what is set there, so that nothing has to be set for
// each of them.
var listenConfig = net.ListenConfig{KeepAlive: -1, Control: keepAccepted}

func keepAccepted(network, _ string, socket syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := socket.Control(func(fd uintptr) {
		set := func(level, option, value int) error { return unix.SetsockoptInt(int(fd), level, option, value) }
		failed = cmp.Or(
			set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
			set(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(tcpKeepAlive.Idle/time.Second)),
			set(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(tcpKeepAlive.Interval/time.Second)),
			set(unix.IPPROTO_TCP, unix.TCP_KEEPCNT, tcpKeepAlive.Count),
		)
	})
	return cmp.Or(err, failed)
}
