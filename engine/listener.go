package engine

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// Listener accepts clients for one service.
type Listener struct {
	// Set by New, then constant.
	engine  *Engine
	object  module.Object
	service *Service
	tls     *tls.Config

	state atomic.Pointer[string]
	mu    sync.Mutex // guards what follows
	open  net.Listener
}

func newListener(e *Engine, o module.Object) (*Listener, error) {
	service, err := e.services.get(o.Values.String("service"))
	if err != nil {
		return nil, err
	}
	l := &Listener{engine: e, object: o, service: service}
	if l.tls, err = listenerTLS(o); err != nil {
		return nil, err
	}
	l.setState("Created")
	return l, nil
}

func (l *Listener) setState(state string) {
	l.state.Store(&state)
	l.engine.watchers.tell(Change{Kind: ListenerObject, Name: l.object.Name, Notable: true})
}

// address is what the listener listens on.
func (l *Listener) address() (network, address string) {
	v := l.object.Values
	if socket := v.String("socket"); socket != "" {
		return "unix", socket
	}
	return "tcp", net.JoinHostPort(v.String("address"), strconv.FormatInt(v.Int("port"), 10))
}

// start opens the listener's socket.
func (l *Listener) start() error {
	network, address := l.address()
	open, err := l.engine.listen(network, address)
	if err != nil {
		l.setState("Failed")
		return Errorf(Unavailable, "listener %s: %w; is another program using it?", l.object.Name, err)
	}
	l.mu.Lock()
	l.open = open
	l.mu.Unlock()
	l.setState("Running")
	return nil
}

// serve accepts clients until the listener is closed.
func (l *Listener) serve() {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	if open == nil {
		return // closed already
	}
	wait := time.Duration(0)
	for {
		conn, err := open.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Out of file descriptors or memory: later there may be some again.
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			l.engine.logger.Error("cannot accept a client", "listener", l.object.Name, "reason", err.Error(), "retry_in", wait)
			if !l.engine.pause(wait) {
				return
			}
			continue
		}
		wait = 0
		l.engine.admit(l, conn)
	}
}

func (l *Listener) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != nil {
		_ = l.open.Close()
		l.open = nil
	}
	l.setState("Stopped")
}

func (l *Listener) info() ListenerInfo {
	info := ListenerInfo{Object: l.object, State: *l.state.Load(), Service: l.service.Name()}
	_, info.Addr = l.address()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != nil {
		info.Addr = fmt.Sprint(l.open.Addr())
	}
	return info
}
