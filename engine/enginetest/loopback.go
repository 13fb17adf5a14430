package enginetest

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// Transport is a network for servers, a proxy and clients of a test: a Network in
// memory, or Loopback.
type Transport interface {
	Listen(network, address string) (net.Listener, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Loopback is real TCP on this machine. Whatever address is listened on, the kernel
// chooses the port, and Dial finds it.
type Loopback struct {
	mu        sync.Mutex // guards what follows
	addresses map[string]string
}

// Listen listens on a free port in the place of address.
func (l *Loopback) Listen(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.addresses == nil {
		l.addresses = make(map[string]string)
	}
	l.addresses[address] = listener.Addr().String()
	return listener, nil
}

// Dial connects to what listens in the place of address.
func (l *Loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	to, ok := l.addresses[address]
	l.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("dial %s: nobody listens", address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}
