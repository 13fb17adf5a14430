package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// Listener accepts clients for one service.
type Listener struct {
	// Set by New, then constant.
	engine  *Engine
	object  module.Object
	service *Service
	methods *auth.Methods
	mapping auth.Mapping // as whom clients log in to servers, if not as themselves
	proxies []netip.Prefix
	sockets bool    // clients of a unix socket may begin with a PROXY protocol header
	init    history // what backends begin with: connection_init_sql_file
	// metadata are the variables that clients are told.
	metadata []pair

	tls   atomic.Pointer[tls.Config] // nil without TLS; replaced by ReloadTLS
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
	config, err := listenerTLS(o)
	if err != nil {
		return nil, err
	}
	l.tls.Store(config)
	if err := l.configure(); err != nil {
		return nil, err
	}
	if l.metadata, err = metadataOf(l); err != nil {
		return nil, err
	}
	if err := l.readInit(o.Values.String("connection_init_sql_file")); err != nil {
		return nil, Errorf(Invalid, "listener %s: connection_init_sql_file: %w", o.Name, err)
	}
	l.setState("Created")
	return l, nil
}

// configure reads how clients log in and who may speak for them.
func (l *Listener) configure() error {
	if err := l.setLogins(); err != nil {
		return Errorf(Invalid, "listener %s: %w", l.object.Name, err)
	}
	if err := l.setProxies(); err != nil {
		return Errorf(Invalid, "listener %s: proxy_protocol_networks: %w", l.object.Name, err)
	}
	return nil
}

// setLogins reads how clients log in.
func (l *Listener) setLogins() (err error) {
	v := l.object.Values
	if l.methods, err = auth.ParseMethods(v.List("authenticator"), v.String("authenticator_options")); err != nil {
		return err
	}
	private := v.Bool("ssl") || v.String("socket") != ""
	switch kind := l.methods.Passthrough(l.service.single); {
	case kind == auth.PassClear && !private:
		return fmt.Errorf("authenticator: passthrough for router %s asks for the password in the clear: set ssl=true", l.service.object.Module)
	case kind != auth.NoPassthrough && v.String("user_mapping_file") != "":
		return errors.New("user_mapping_file: cannot be used with passthrough, where the servers prove the clients")
	case l.methods.Takes(auth.ClearPassword) && !private:
		return errors.New("authenticator: mysql_clear_password asks for the password in the clear: set ssl=true")
	}
	if file := v.String("user_mapping_file"); file != "" {
		if l.mapping, err = auth.ReadMapping(file); err != nil {
			return fmt.Errorf("user_mapping_file: %w", err)
		}
	}
	return nil
}

// maxInit is the longest connection_init_sql_file, in bytes.
const maxInit = 1 << 20

// readInit reads the statements that backends begin with, one on each line.
// Lines that are empty or begin with # or -- are left out.
func (l *Listener) readInit(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if len(text) > maxInit {
		return fmt.Errorf("%s has %d bytes: the limit is %d", file, len(text), maxInit)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "--") {
			continue
		}
		l.init.entries = append(l.init.entries, historyEntry{payload: append([]byte{byte(wire.ComQuery)}, line...)})
	}
	return nil
}

// setProxies reads proxy_protocol_networks: networks and addresses, localhost
// for unix sockets, and * for everybody.
func (l *Listener) setProxies() error {
	for _, text := range module.SplitList(l.object.Values.String("proxy_protocol_networks"), ",") {
		switch text {
		case "*":
			l.sockets = true
			l.proxies = append(l.proxies, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
			continue
		case "localhost":
			l.sockets = true
			continue
		}
		if addr, err := netip.ParseAddr(text); err == nil {
			l.proxies = append(l.proxies, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("'%s' is no network: want an address, a network such as 192.0.2.0/24, localhost or *", text)
		}
		l.proxies = append(l.proxies, network.Masked())
	}
	return nil
}

// believes tells whether a PROXY protocol header from addr counts. An address
// that is not valid is that of a unix socket.
func (l *Listener) believes(addr netip.Addr) bool {
	if !addr.IsValid() {
		return l.sockets
	}
	return slices.ContainsFunc(l.proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap().WithZone("")) })
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

// serve accepts clients until the listener is closed. What keeps it from that is
// said once, and when it is over.
func (l *Listener) serve() {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	if open == nil {
		return // closed already
	}
	var failing time.Time
	wait := time.Duration(0)
	for {
		conn, err := open.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Out of file descriptors or memory: later there may be some again.
			if failing.IsZero() {
				failing = time.Now()
				l.engine.logger.Error("cannot accept clients; they wait until it can", "listener", l.object.Name, "reason", err.Error())
			}
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			if !pause(l.engine.ctx, wait) {
				return
			}
			continue
		}
		if !failing.IsZero() {
			l.engine.logger.Log(l.engine.ctx, LevelNotice, "accepts clients again", "listener", l.object.Name, "after", time.Since(failing).Round(time.Millisecond))
			failing, wait = time.Time{}, 0
		}
		for !l.engine.sessions.newcomers.room(time.Now()) {
			if !pause(l.engine.ctx, 10*time.Millisecond) {
				_ = conn.Close()
				return
			}
		}
		admit(l, conn)
	}
}

// tcpKeepAlive has the system find out within two minutes that a peer's machine is
// gone, or that a firewall has forgotten it.
var tcpKeepAlive = net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 10 * time.Second, Count: 3}

// Listen opens a listener whose connections are kept alive.
func Listen(network, address string) (net.Listener, error) {
	return listenConfig.Listen(context.Background(), network, address)
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
