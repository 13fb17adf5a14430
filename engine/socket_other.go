//go:build !linux

package engine

import (
	"context"
	"net"
	"net/netip"
)

func dialSocket(ctx context.Context, address netip.AddrPort) (net.Conn, error) {
	return dialer.DialContext(ctx, "tcp", address.String())
}

func connectError(net.Conn, error) error { return nil }

func lasts(net.Conn) {}
