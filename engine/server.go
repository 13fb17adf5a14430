package engine

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// ServerStatus is what a monitor has found a server to be.
type ServerStatus uint32

// The bits of a ServerStatus.
const (
	StatusRunning ServerStatus = 1 << 0
	StatusMaster  ServerStatus = 1 << 1
	StatusSlave   ServerStatus = 1 << 2
	StatusRelay   ServerStatus = 1 << 3 // a replica that other servers replicate from
	StatusMaint   ServerStatus = 1 << 4
	StatusDrain   ServerStatus = 1 << 5
	StatusAuthErr ServerStatus = 1 << 6
	StatusExtern  ServerStatus = 1 << 7 // it replicates from a server that is not monitored
)

// Server is a database server, never the program's own HTTP server.
type Server struct {
	// Set by New, then constant.
	object  module.Object
	network string
	address string
	engine  *Engine
	second  bool                       // of rank secondary
	tls     atomic.Pointer[tls.Config] // nil for plain connections; replaced by ReloadTLS

	status       atomic.Uint32
	lag          atomic.Int64  // a time.Duration, negative when unknown
	capabilities atomic.Uint64 // of its last greeting, 0 before the first
	longest      atomic.Int64  // max_allowed_packet in bytes, 0 when unknown
	pool         pool

	tally

	mu        sync.Mutex // guards what follows
	version   string     // of its last greeting
	collation byte       // of its last greeting
	seen      MonitoredServer
	notice    string // that was logged last
	event     string
	eventAt   time.Time
}

// tally counts what sessions do on a server or in a service.
type tally struct {
	// What each statement changes shares no line of the processors' caches with what
	// each statement reads.
	_ [64]byte

	connections      atomic.Int64
	totalConnections atomic.Int64
	maxConnections   atomic.Int64
	operations       atomic.Int64
	packets          atomic.Uint64
	latency          latencyCounter // of the replies that clients have seen; in a service, of all that have one
}

func newServer(e *Engine, o module.Object) (*Server, error) {
	s := &Server{object: o, engine: e, network: "tcp", seen: MonitoredServer{MasterID: -1, ServerID: -1, Lag: -1}}
	if socket := o.Values.String("socket"); socket != "" {
		s.network, s.address = "unix", socket
	} else {
		s.address = net.JoinHostPort(o.Values.String("address"), strconv.FormatInt(o.Values.Int("port"), 10))
	}
	s.second = o.Values.String("rank") == "secondary"
	s.lag.Store(-1)
	s.pool.configure(s)
	config, err := serverTLS(o)
	s.tls.Store(config)
	return s, err
}

// Name returns the server's name in the configuration.
func (s *Server) Name() string { return s.object.Name }

// Status returns what the monitor has found the server to be.
func (s *Server) Status() ServerStatus { return ServerStatus(s.status.Load()) }

// Running reports whether the server is up.
func (s *Server) Running() bool { return s.Status()&StatusRunning != 0 }

// Usable reports whether new connections may be opened to the server.
func (s *Server) Usable() bool {
	return s.Status()&(StatusRunning|StatusMaint|StatusDrain) == StatusRunning
}

// Primary reports whether the server is the usable primary.
func (s *Server) Primary() bool { return s.Usable() && s.Status()&StatusMaster != 0 }

// Replica reports whether the server is a usable replica.
func (s *Server) Replica() bool { return s.Usable() && s.Status()&StatusSlave != 0 }

// Secondary reports whether the server is of rank secondary: used only while no
// other can be.
func (s *Server) Secondary() bool { return s.second }

// Lives reports whether connections that are open to the server may go on: it
// runs and is not in maintenance.
func (s *Server) Lives() bool { return s.Status()&(StatusRunning|StatusMaint) == StatusRunning }

// Writes reports whether connections that are open to the server may go on to
// write: it lives and is the primary, even one that is being drained.
func (s *Server) Writes() bool { return s.Lives() && s.Status()&StatusMaster != 0 }

// Lag returns how far the server is behind its primary; negative when that is
// not known.
func (s *Server) Lag() time.Duration { return time.Duration(s.lag.Load()) }

// Position returns the GTIDs that the monitor has last seen the server to have.
func (s *Server) Position() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.GtidCurrent
}

// Connections returns how many sessions are connected to the server.
func (s *Server) Connections() int64 { return s.connections.Load() }

// Operations returns how many statements the server is working on for us.
func (s *Server) Operations() int64 { return s.operations.Load() }

func (s *Server) state() string {
	status := s.Status()
	var words []string
	if status&StatusMaint != 0 {
		words = append(words, "Maintenance")
	} else if status&StatusDrain != 0 {
		if s.connections.Load() == 0 {
			words = append(words, "Drained")
		} else {
			words = append(words, "Draining")
		}
	}
	if status&StatusRunning != 0 && status&StatusMaint == 0 {
		switch {
		case status&StatusMaster != 0:
			words = append(words, "Master")
		default:
			if status&StatusRelay != 0 {
				words = append(words, "Relay Master")
			}
			if status&StatusSlave != 0 {
				words = append(words, "Slave")
			}
		}
		if status&StatusExtern != 0 {
			words = append(words, "Slave of External Server")
		}
	}
	if status&StatusAuthErr != 0 {
		words = append(words, "Auth Error")
	}
	if status&StatusRunning != 0 {
		words = append(words, "Running")
	} else {
		words = append(words, "Down")
	}
	return strings.Join(words, ", ")
}

func (s *Server) info() ServerInfo {
	info := ServerInfo{
		Object:           s.object,
		State:            s.state(),
		Primary:          s.Primary(),
		Usable:           s.Usable(),
		Connections:      s.connections.Load(),
		TotalConnections: s.totalConnections.Load(),
		MaxConnections:   s.maxConnections.Load(),
		ActiveOperations: s.operations.Load(),
		RoutedPackets:    s.packets.Load(),
		Pool:             s.pool.info(),
	}
	for _, service := range s.engine.services.list {
		for _, server := range service.servers {
			if server == s {
				info.Services = append(info.Services, service.Name())
			}
		}
	}
	if m := s.engine.monitorOf(s); m != nil {
		info.Monitor = m.object.Name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	info.Monitored, info.Event, info.EventAt = s.seen, s.event, s.eventAt
	if info.Monitored.Version == "" {
		info.Monitored.Version = s.version
	}
	return info
}

// greeted keeps what the server says of itself when it greets.
func greeted(s *Server, h *wire.Handshake) {
	s.capabilities.Store(uint64(h.Capabilities))
	s.mu.Lock()
	s.version, s.collation = h.Version, h.Collation
	s.mu.Unlock()
}

// greeting returns what the server has said of itself last; "" and 0 before the
// first time.
func (s *Server) greeting() (version string, collation byte, caps wire.Capability) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.collation, wire.Capability(s.capabilities.Load())
}

// maxPacket returns the longest statement that the server takes, in bytes; 0
// when it is not known.
func (s *Server) maxPacket() int64 { return s.longest.Load() }

func (s *Server) dial(ctx context.Context, address string) (net.Conn, error) {
	if s.engine.dial != nil {
		return s.engine.dial(ctx, s.network, address)
	}
	if s.network == "tcp" && s.tls.Load() == nil && !s.object.Values.Bool("proxy_protocol") { // the server speaks first
		if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Zone() == "" {
			return dialSocket(ctx, to)
		}
	}
	return dialer.DialContext(ctx, s.network, address)
}

// dialer opens connections to servers.
var dialer = net.Dialer{KeepAliveConfig: tcpKeepAlive}

func (s *Server) opened() {
	s.totalConnections.Add(1)
	raise(&s.maxConnections, s.connections.Add(1))
	s.engine.watchers.tell(Change{Kind: ServerObject, Name: s.Name()})
}

func (s *Server) closed() {
	drained := s.connections.Add(-1) == 0 && s.Status()&StatusDrain != 0
	s.engine.watchers.tell(Change{Kind: ServerObject, Name: s.Name(), Notable: drained})
}

// raise makes peak at least n.
func raise(peak *atomic.Int64, n int64) {
	for {
		old := peak.Load()
		if n <= old || peak.CompareAndSwap(old, n) {
			return
		}
	}
}
