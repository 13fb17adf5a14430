package engine

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is a TCP connection to a server that nobody has waited for: the first read,
// for the server's greeting, waits for both, and fails when the connection does. What
// package net does beside, to wait until it could write and to ask who the two ends
// are, costs as much as the greeting.
type socket struct {
	*os.File
	raw    syscall.RawConn // of File
	remote *net.TCPAddr
	kept   bool // lasts has been called; guarded by the session's mu
}

// dialSocket begins to connect to address.
func dialSocket(_ context.Context, address netip.AddrPort) (net.Conn, error) {
	s := &socket{remote: net.TCPAddrFromAddrPort(address)}
	family, to := unix.AF_INET, unix.Sockaddr(nil)
	if ip := address.Addr(); ip.Is4() {
		to = &unix.SockaddrInet4{Port: int(address.Port()), Addr: ip.As4()}
	} else {
		family, to = unix.AF_INET6, &unix.SockaddrInet6{Port: int(address.Port()), Addr: ip.As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, s.failed("dial", os.NewSyscallError("socket", err))
	}
	if err := connectSocket(fd, to); err != nil {
		_ = unix.Close(fd)
		return nil, s.failed("dial", os.NewSyscallError("connect", err))
	}
	s.File = os.NewFile(uintptr(fd), "socket")
	s.raw, err = s.File.SyscallConn()
	return s, err
}

// connectSocket sets what concerns the sending, and begins.
func connectSocket(fd int, to unix.Sockaddr) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := unix.Connect(fd, to); err != unix.EINPROGRESS && err != unix.EINTR {
		return err
	}
	return nil
}

// connectError returns why nc could not be connected, when that is what err, of a
// connection from which nothing has been read, says; nil for any other error.
func connectError(nc net.Conn, err error) error {
	s, ok := nc.(*socket)
	if !ok {
		return nil
	}
	for _, reason := range []syscall.Errno{unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ETIMEDOUT} {
		if errors.Is(err, reason) {
			return s.failed("dial", os.NewSyscallError("connect", reason))
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && !s.connected() {
		return s.failed("dial", os.ErrDeadlineExceeded)
	}
	return nil
}

// lasts has nc kept alive when it is one that dialSocket has made: many connections are
// over before that can matter.
func lasts(nc net.Conn) {
	if s, ok := nc.(*socket); ok && !s.kept {
		s.kept = true
		_ = s.raw.Control(func(fd uintptr) { _ = setKeepAlive(int(fd)) }) // else it is as with a system that cannot
	}
}

// failed wraps err as package net does.
func (s *socket) failed(what string, err error) error {
	return &net.OpError{Op: what, Net: "tcp", Addr: s.remote, Err: err}
}

func (s *socket) connected() bool {
	var err error
	_ = s.raw.Control(func(fd uintptr) { _, err = unix.Getpeername(int(fd)) })
	return err == nil
}

// RemoteAddr returns the address that is connected to.
func (s *socket) RemoteAddr() net.Addr { return s.remote }

// LocalAddr returns the address that is connected from, as far as there is one.
func (s *socket) LocalAddr() net.Addr {
	local := &net.TCPAddr{}
	_ = s.raw.Control(func(fd uintptr) {
		switch a, _ := unix.Getsockname(int(fd)); a := a.(type) {
		case *unix.SockaddrInet4:
			local.IP, local.Port = a.Addr[:], a.Port
		case *unix.SockaddrInet6:
			local.IP, local.Port = a.Addr[:], a.Port
		}
	})
	return local
}

// SyscallConn returns what the connection is read and written through, with the errors
// of a file.
func (s *socket) SyscallConn() (syscall.RawConn, error) { return s.raw, nil }

// Socket is SyscallConn for who knows what its errors mean.
func (s *socket) Socket() syscall.RawConn { return s.raw }

// SocketError returns the error of a connection for that of a file.
func (s *socket) SocketError(call string, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return s.failed(call, err)
	}
	return s.failed(call, net.ErrClosed)
}
