package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// Service is what clients connect to: a router over servers, with filters in
// front of it.
type Service struct {
	// Set by New, then constant.
	engine  *Engine
	object  module.Object
	servers []*Server
	cluster string
	router  Router
	single  bool // a session uses one server

	netWriteTimeout time.Duration // 0 for none

	throttle *logThrottle // of its sessions' lines

	filters   atomic.Pointer[[]string] // the default chain
	accounts  accounts
	variables variables
	places    places
	started   time.Time
	state     atomic.Pointer[string]

	tally
	past        past
	failedAuths atomic.Uint64
	errors      atomic.Uint64 // statements that failed
}

// Name returns the service's name in the configuration.
func (s *Service) Name() string { return s.object.Name }

// Servers returns the servers that the router chooses from, in order. The slice
// must not be changed.
func (s *Service) Servers() []*Server { return s.servers }

// Epoch returns a number that is another one once the state of a server has changed,
// or connections of sessions to one that is down have been cut.
func (s *Service) Epoch() uint64 { return s.engine.watchers.epoch.Load() }

// Values returns the parameters of the service and of its router.
func (s *Service) Values() module.Values { return s.object.Values }

// connectTimeout is how long connecting to servers may take, all together.
const connectTimeout = 10 * time.Second

func (s *Service) waitTimeout() time.Duration { return s.object.Values.Duration("wait_timeout") }

func (s *Service) historyLimits() historyLimits {
	v := s.object.Values
	return historyLimits{
		most: int(v.Int("max_sescmd_history")), disabled: v.Bool("disable_sescmd_history"), prune: v.Bool("prune_sescmd_history"),
	}
}

// retain returns how many statements of each session are kept.
func (s *Service) retain() int {
	if n := s.object.Values.Int("retain_last_statements"); n >= 0 {
		return int(n)
	}
	return int(s.engine.maxscale.Values.Int("retain_last_statements"))
}

// sessionTrace returns how many log lines of every level each session keeps.
func (s *Service) sessionTrace() int {
	lines := int(s.engine.maxscale.Values.Int("session_trace"))
	if lines == 0 && s.object.Values.Bool("session_trace") {
		return minLogLines
	}
	return lines
}

// unknownMaxPacket is how long a statement may be while no server has said, in
// bytes.
const unknownMaxPacket = 64 << 20

// maxPacket returns how long a command may be, in bytes: as long as the server
// takes that takes least.
func (s *Service) maxPacket() int {
	least := int64(0)
	for _, server := range s.servers {
		if n := server.maxPacket(); n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	if least == 0 {
		return unknownMaxPacket
	}
	return int(least) + 1 // the command byte
}

// capabilities returns what clients are offered: what every server can do that
// has been met. The client is greeted before its servers are chosen.
func (s *Service) capabilities() wire.Capability {
	caps := wire.Capability(supported)
	mariadb := true
	for _, server := range s.servers {
		_, _, known := server.greeting()
		if known == 0 {
			continue
		}
		caps = caps & (known | loginOnly | wire.ClientMySQL)
		mariadb = mariadb && !known.Has(wire.ClientMySQL)
	}
	if mariadb {
		return caps &^ (wire.ClientMySQL | wire.ClientSSL)
	}
	return caps & 0xffffffff &^ wire.ClientSSL
}

// greeting returns the server version and the default collation in the greeting:
// those of the first server that has been met, or the version that is
// configured. Clients that are told no character set take that of the collation.
func (s *Service) greeting() (version string, collation byte) {
	version, collation = "5.5.5-10.11.0-MariaDB-signalbox", defaultCharset
	for _, server := range s.byRank() {
		if v, c, _ := server.greeting(); v != "" {
			version, collation = v, c
			break
		}
	}
	if v := s.object.Values.String("version_string"); v != "" {
		version = v
	}
	return version, collation
}

// enter counts a new connection in. Each one leaves, whether it was let in or
// not.
func (s *Service) enter() {
	s.totalConnections.Add(1)
	raise(&s.maxConnections, s.connections.Add(1))
	s.engine.watchers.tell(Change{Kind: ServiceObject, Name: s.Name()})
}

func (s *Service) left() {
	s.connections.Add(-1)
	s.engine.watchers.tell(Change{Kind: ServiceObject, Name: s.Name()})
}

func (s *Service) began() {
	s.operations.Add(1)
	s.packets.Add(1)
}

// ended notes that a command is over, after a time that counts when it had a
// reply.
func (s *Service) ended(took time.Duration, replied, failed bool) {
	s.operations.Add(-1)
	if replied {
		s.latency.count(took)
	}
	if failed {
		s.errors.Add(1)
	}
}

func (s *Service) refused() { s.failedAuths.Add(1) }

func (s *Service) setState(state string) {
	s.state.Store(&state)
	s.engine.watchers.tell(Change{Kind: ServiceObject, Name: s.Name(), Notable: true})
}

// start reads what the service must know before its first client.
func (s *Service) start(ctx context.Context) {
	s.started = time.Now()
	if err := s.accounts.load(ctx); err != nil {
		s.engine.logger.Warn("cannot read accounts; clients cannot log in until a server gives them",
			"service", s.Name(), "reason", err.Error())
	}
	for _, server := range s.servers { // what it can do, for the greeting
		if _, _, known := server.greeting(); known == 0 && server.Usable() {
			if _, err := s.accounts.readFrom(ctx, server); err != nil {
				s.engine.logger.Warn("cannot log in", "service", s.Name(), "server", server.Name(), "reason", err.Error())
			}
		}
	}
	if s.variables.stale(time.Now()) {
		if err := readVariables(ctx, s); err != nil {
			s.engine.logger.Warn("clients are told fewer variables", "reason", err.Error())
		}
	}
	s.setState("Started")
}

func (s *Service) info() ServiceInfo {
	info := ServiceInfo{
		Object:           s.object,
		State:            *s.state.Load(),
		Started:          s.started,
		Filters:          s.Filters(),
		Monitor:          s.cluster,
		Connections:      s.connections.Load(),
		TotalConnections: s.totalConnections.Load(),
		MaxConnections:   s.maxConnections.Load(),
		ActiveOperations: s.operations.Load(),
		RoutedPackets:    s.packets.Load(),
		FailedAuths:      s.failedAuths.Load(),
		Past:             s.past.info(),
		Diagnostics:      s.router.Diagnostics(),
	}
	for _, server := range s.servers {
		info.Servers = append(info.Servers, server.Name())
	}
	for _, l := range s.engine.listeners.list {
		if l.service == s {
			info.Listeners = append(info.Listeners, l.object.Name)
		}
	}
	info.Users, info.UsersUpdated = s.accounts.info()
	return info
}
