package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/signalbox/signalbox/engine/wire"
)

// socketTo returns both ends of a connection that dialSocket has begun.
func socketTo(t *testing.T) (dialled, accepted net.Conn) {
	t.Helper()
	l, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if dialled, err = dialSocket(t.Context(), netip.MustParseAddrPort(l.Addr().String())); err != nil {
		t.Fatal(err)
	}
	if accepted, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	return dialled, accepted
}

// Ensure that a socket knows its ends and is kept alive.
func TestSocket(t *testing.T) {
	dialled, accepted := socketTo(t)
	if got, want := dialled.RemoteAddr().String(), accepted.LocalAddr().String(); got != want {
		t.Errorf("its remote address is %s, want %s", got, want)
	}
	if got, want := dialled.LocalAddr().String(), accepted.RemoteAddr().String(); got != want {
		t.Errorf("its local address is %s, want %s", got, want)
	}
	lasts(dialled)
	raw, _ := dialled.(syscall.Conn).SyscallConn()
	options(t, raw)
	c := wire.NewConn(dialled)
	go accepted.Write([]byte{1, 0, 0, 0, 'x'})
	if packet, err := c.ReadPacket(10); err != nil || string(packet) != "x" {
		t.Errorf("got %q, %v", packet, err)
	}
	if err := wire.Leave(c, wire.ComQuit); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(accepted); err != nil || string(got) != "\x01\x00\x00\x00\x01" {
		t.Errorf("the peer got %q, %v", got, err)
	}
}

// Ensure that what ends a wait is told as package net tells it.
func TestSocketErrors(t *testing.T) {
	dialled, _ := socketTo(t)
	c := wire.NewConn(dialled)
	_ = dialled.SetReadDeadline(time.Unix(1, 0))
	if _, err := c.ReadPacket(10); !errors.Is(err, os.ErrDeadlineExceeded) || !isNetwork(err) || connectError(dialled, err) != nil {
		t.Errorf("after its deadline: %v", err)
	}
	_ = dialled.SetReadDeadline(time.Time{})
	time.AfterFunc(10*time.Millisecond, func() { _ = dialled.Close() })
	if _, err := c.ReadPacket(10); !errors.Is(err, net.ErrClosed) || !isNetwork(err) {
		t.Errorf("closed meanwhile: %v", err)
	}
	if err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed before: %v", err)
	}
}

// Ensure that a connection that nobody takes fails by that name.
func TestSocketRefused(t *testing.T) {
	l, err := Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := netip.MustParseAddrPort(l.Addr().String())
	_ = l.Close()
	nc, err := dialSocket(t.Context(), address)
	if err == nil {
		defer nc.Close()
		_, err = wire.NewConn(nc).ReadPacket(10)
		err = connectError(nc, err)
	}
	if want := "dial tcp " + address.String() + ": connect: connection refused"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Ensure that a login to a server that does not answer says whether it has been
// reached.
func TestSocketSilence(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, _ := unix.Getsockname(fd)
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(name.(*unix.SockaddrInet4).Port))
	s := &Server{network: "tcp", address: address.String(), engine: new(Engine)}
	said := map[string]int{}
	for range 4 { // the queue has one place, or two
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, _, err := s.login(ctx, credentials{user: "app"})
		cancel()
		switch {
		case err == nil:
			t.Fatal("logged in")
		case strings.Contains(err.Error(), "dial tcp "+address.String()+": i/o timeout"):
			said["unreachable"]++
		case strings.Contains(err.Error(), "log in as 'app': context deadline exceeded"):
			said["silent"]++
		default:
			t.Error(err)
		}
	}
	if said["silent"] == 0 || said["unreachable"] == 0 {
		t.Errorf("got %v", said)
	}
}
