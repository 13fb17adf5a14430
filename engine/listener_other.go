//go:build !linux

package engine

import "net"

// listenConfig has the connections of a listener kept alive by tcpKeepAlive.
var listenConfig = net.ListenConfig{KeepAliveConfig: tcpKeepAlive}
