package engine

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// Monitor finds out what a group of servers is doing.
type Monitor interface {
	// Tick looks at the servers once and returns one Probe for each, in the
	// same order. It ends when ctx does, with what it has by then.
	Tick(ctx context.Context, servers []MonitorTarget) []Probe
	// Close gives up what the monitor holds. It may be followed by a Tick.
	Close() error
}

// MonitorTarget is a server to look at.
type MonitorTarget struct {
	Name     string
	Status   ServerStatus // before the look; of interest are the bits that operators set
	Network  string       // tcp or unix
	Address  string
	Extra    string      // address to try first, "" for none
	TLS      *tls.Config // nil for a plain connection
	User     string      // instead of the monitor's own, when not empty
	Password string

	// Address that other servers replicate from, host:port.
	ReplicationAddress string

	DiskLimits string // what ParseDiskLimits reads
}

// Probe is what one look at a server has shown.
type Probe struct {
	Status ServerStatus
	Seen   MonitoredServer
	Waits  []LockWait // who waits for whose locks, in no order
	Notice string     // what could not be seen and why, which is no trouble of the server's; "" for nothing
	Err    error      // why the server is not running, or not known to

	// Maintain is why the server is to be in maintenance from now on, "" when it
	// need not be.
	Maintain string

	// Answers says that a server that is not running has answered all the same,
	// as one does that has too many connections: those that it has may work.
	Answers bool
}

// LockWait says that one connection of a server waits for a lock that another
// one holds.
type LockWait struct{ Waiting, Blocking uint64 } // thread ids

// MonitorModule makes monitors of one kind.
type MonitorModule struct {
	module.Module
	New func(o module.Object) (Monitor, error)
}

// monitorObject is a monitor of the configuration with its servers.
type monitorObject struct {
	engine  *Engine
	object  module.Object
	monitor Monitor
	servers []*Server
	targets []MonitorTarget
	locks   locks
	desk    desk
	scripts *scripts // nil without a script
	ticks   atomic.Int64
	state   atomic.Pointer[string]
	owns    atomic.Pointer[bool] // whether it is the one of several that may change the servers; nil when there is one
}

func newMonitor(e *Engine, o module.Object, m MonitorModule) (*monitorObject, error) {
	monitor, err := m.New(o)
	if err != nil {
		return nil, Errorf(Invalid, "monitor %s: %w", o.Name, err)
	}
	object := &monitorObject{engine: e, object: o, monitor: monitor}
	object.desk.open(object)
	object.setState("Stopped")
	for _, name := range o.Values.List("servers") {
		server, err := e.servers.get(name)
		if err != nil {
			return nil, err
		}
		v := server.object.Values
		limits := cmp.Or(v.String("disk_space_threshold"), o.Values.String("disk_space_threshold"))
		if _, err := ParseDiskLimits(limits); err != nil {
			return nil, Errorf(Invalid, "server %s: %w", name, err)
		}
		object.servers = append(object.servers, server)
		object.targets = append(object.targets, MonitorTarget{
			Name: name, Network: server.network, Address: server.address, Extra: extraAddress(server), TLS: server.tls.Load(),
			User: v.String("monitoruser"), Password: v.String("monitorpw"),
			ReplicationAddress: replicationAddress(server), DiskLimits: limits,
		})
	}
	object.scripts, err = newScripts(object)
	if err != nil {
		return nil, Errorf(Invalid, "monitor %s: %w", o.Name, err)
	}
	return object, nil
}

// replicationAddress is where other servers find the server, which need not be
// where we do.
func replicationAddress(s *Server) string {
	v := s.object.Values
	return net.JoinHostPort(cmp.Or(v.String("private_address"), v.String("address")), strconv.FormatInt(v.Int("port"), 10))
}

func (m *monitorObject) setState(state string) { m.state.Store(&state) }

// run looks at the servers every interval until ctx ends.
func (m *monitorObject) run(ctx context.Context) {
	interval := max(m.object.Values.Duration("monitor_interval"), 100*time.Millisecond)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for closed := false; ; {
		select {
		case <-ctx.Done():
			m.setState("Stopped")
			m.desk.close()
			return
		case <-ticker.C:
			if m.desk.isPaused() {
				if !closed {
					_ = m.monitor.Close()
					m.owns.Store(ownership(m.monitor))
				}
				closed = true
				continue
			}
			closed = false
			m.tick(ctx)
			m.tend(ctx)
		case order := <-m.desk.orders:
			m.tick(ctx) // what it is about to change is as it is now
			m.desk.serve(ctx, order)
			m.tick(ctx)
			close(order.done)
		}
	}
}

// tick looks at the servers once, and draws the consequences.
func (m *monitorObject) tick(ctx context.Context) {
	m.setState("Running")
	begun := time.Now()
	for i, server := range m.servers {
		m.targets[i].TLS = server.tls.Load() // it may have been reloaded
		m.targets[i].Status = server.Status()
	}
	probes := m.monitor.Tick(ctx, m.targets)
	changes := make([]serverChange, 0, len(probes))
	for i, probe := range probes {
		if ctx.Err() != nil {
			return // it was interrupted, and knows nothing
		}
		changes = append(changes, probed(m.servers[i], probe))
		if !m.servers[i].Running() && !probe.Answers {
			cutOff(m.servers[i])
		}
		if probe.Maintain != "" {
			m.maintain(m.servers[i], probe.Maintain)
		}
	}
	m.owns.Store(ownership(m.monitor))
	m.scripts.run(changes)
	m.locks.update(m.engine, m.servers, probes, begun)
	m.ticks.Add(1)
	m.engine.watchers.tell(Change{Kind: MonitorObject, Name: m.object.Name})
}

// maintain puts a server into maintenance, which operators end.
func (m *monitorObject) maintain(s *Server, why string) {
	m.log(slog.LevelWarn, s.Name()+" goes into maintenance: "+why+"; clear it when there is room again")
	_ = ChangeServerState(m.engine, s.Name(), ServerStateChange{State: "maintenance", By: "monitor " + m.object.Name}) // it exists
}

// ownership reports whether a monitor is the one of several that may change the
// servers, nil when it does not look for others.
func ownership(m Monitor) *bool {
	if cooperative, ok := m.(interface {
		Owner() (owns, cooperates bool)
	}); ok {
		if owns, cooperates := cooperative.Owner(); cooperates {
			return &owns
		}
	}
	return nil
}

func (m *monitorObject) info() MonitorInfo {
	info := MonitorInfo{Object: m.object, State: *m.state.Load(), Ticks: m.ticks.Load(), Owns: m.owns.Load()}
	if m.desk.isPaused() {
		info.State = "Stopped"
	}
	for _, s := range m.servers {
		info.Servers = append(info.Servers, s.Name())
	}
	return info
}

// monitored are the bits of a ServerStatus that monitors set. The others are
// the operators'.
const monitored = StatusRunning | StatusMaster | StatusSlave | StatusRelay | StatusAuthErr | StatusExtern

// probed takes what a monitor has seen of the server.
func probed(s *Server, p Probe) serverChange {
	before, after := s.setStatus(monitored, p.Status&monitored)
	s.lag.Store(int64(p.Seen.Lag))
	if p.Err != nil && p.Seen.Details == "" {
		p.Seen.Details = p.Err.Error()
	}
	s.mu.Lock()
	known, noticed := s.seen, s.notice
	s.seen = p.Seen
	if p.Notice != "" {
		s.notice = p.Notice
	}
	if p.Seen.MaxPacket > 0 {
		s.longest.Store(p.Seen.MaxPacket)
	}
	if p.Seen.Version == "" {
		s.seen.Version = known.Version
	}
	event := serverEvent(before, after)
	if event != "" {
		s.event, s.eventAt = event, time.Now()
	}
	s.mu.Unlock()
	if event != "" {
		about := []any{"server", s.Name(), "event", event, "state", s.state()}
		if p.Seen.Details != "" {
			about = append(about, "details", p.Seen.Details)
		}
		s.engine.logger.Log(context.Background(), LevelNotice, "server changed state", about...)
	}
	if p.Notice != "" && p.Notice != noticed {
		s.engine.logger.Log(context.Background(), LevelNotice, p.Notice, "server", s.Name())
	}
	s.engine.watchers.tell(Change{Kind: ServerObject, Name: s.Name(), Notable: event != ""})
	return serverChange{server: s, event: event, lagBefore: known.Lag, lag: p.Seen.Lag, source: known.Replication}
}

// serverChange is what a look at a server has changed.
type serverChange struct {
	server         *Server
	event          string        // "" for none
	lagBefore, lag time.Duration // negative: unknown
	source         []ReplicaInfo // its replication before
}

// serverEvent names the change from one state to another in MaxScale's words;
// "" when nothing has changed.
func serverEvent(before, after ServerStatus) string {
	const roles = StatusMaster | StatusSlave
	role := func(s ServerStatus) string {
		switch {
		case s&StatusMaster != 0:
			return "master"
		case s&StatusSlave != 0:
			return "slave"
		}
		return "server"
	}
	wasUp, isUp := before&StatusRunning != 0, after&StatusRunning != 0
	switch {
	case wasUp && !isUp:
		return role(before) + "_down"
	case !wasUp && isUp:
		return role(after) + "_up"
	case !isUp || before&roles == after&roles:
		return ""
	case after&roles != 0:
		return "new_" + role(after)
	}
	return "lost_" + role(before)
}
