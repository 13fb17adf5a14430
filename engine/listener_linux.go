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

func keepAccepted(network, _ string, listener syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := listener.Control(func(fd uintptr) { failed = setKeepAlive(int(fd)) })
	return cmp.Or(err, failed)
}

// setKeepAlive has a TCP connection kept alive by tcpKeepAlive.
func setKeepAlive(fd int) error {
	for _, o := range [...]struct{ level, option, value int }{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(tcpKeepAlive.Idle / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(tcpKeepAlive.Interval / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, tcpKeepAlive.Count},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.option, o.value); err != nil {
			return err
		}
	}
	return nil
}
