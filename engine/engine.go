// Package engine is the proxy: it accepts clients of the MariaDB/MySQL
// protocol, makes each of them a session, and sends what they ask through a
// chain of filters and a router to database servers. It knows nothing of HTTP
// or browsers.
//
// # Objects
//
// An Engine holds the objects of a configuration by MaxScale's names: servers,
// monitors, filters, services and listeners. New makes them, Start brings them
// to life, Close ends everything. Info methods return plain values that are
// safe to keep; Watch tells when one of them is no longer true.
//
// # Concurrency
//
// One goroutine runs a session from its first byte to its last. It alone reads
// the client, calls filters and routers, and uses the backends: within a
// session all these calls are serialised. Everything else that wants something
// of a session leaves a wish under the session's mutex; the goroutine takes it
// at the idle point between two commands. A kill does not wait: it stops the
// running statement on its server and cuts the connections.
//
// Beside the sessions there is one goroutine for each listener and monitor and
// one, the patrol, that looks once a second for clients that are idle too long or
// gone, for connections to servers that have been idle for long, which the
// session's goroutine then pings, and for those that were kept long enough.
// Close waits for all of them.
//
// A session's mutex may be held when a server's is taken, never the other way
// round; no other two are held together. Options.Keep is called with the one that
// orders changes of default chains held, and must not change one.
package engine

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/module"
)

// Options are what an Engine is made of.
type Options struct {
	Objects []module.Object // checked configuration
	Modules Modules
	Logger  *slog.Logger // slog.Default when nil; a change of its level counts within a second
	Version string       // of the program, that clients are told in connection_metadata

	// Dial opens connections to servers; with nil they are opened over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Listen opens the sockets of listeners; Listen when nil.
	Listen func(network, address string) (net.Listener, error)
	// Newcomers is how many clients may be logging in at one time; with 0, by how
	// many files the program may open.
	Newcomers int
	// Keep is called with the new default chain of a service before it is in effect,
	// one call at a time; its error refuses the change. With nil a change lasts until
	// the program ends.
	Keep func(service string, filters []string) error
}

// Modules are the modules that a configuration may name.
type Modules struct {
	Routers  []RouterModule
	Filters  []FilterModule
	Monitors []MonitorModule
}

// Declarations returns the declarations of all modules, and of the objects that
// have no modules.
func (m Modules) Declarations() []*module.Module {
	list := []*module.Module{&module.MaxScaleModule, &module.ServerModule, &module.ServiceModule, &module.ListenerModule}
	for i := range m.Routers {
		list = append(list, &m.Routers[i].Module)
	}
	for i := range m.Filters {
		list = append(list, &m.Filters[i].Module)
	}
	for i := range m.Monitors {
		list = append(list, &m.Monitors[i].Module)
	}
	return list
}

// network is how connections are made and taken.
type network struct {
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	listen func(network, address string) (net.Listener, error)
}

// Engine is a running proxy.
type Engine struct {
	// Set by New, then constant.
	modules Modules
	logger  logger
	version string
	network
	maxscale  module.Object
	servers   registry[*Server]
	monitors  registry[*monitorObject]
	filters   registry[*filterObject]
	services  registry[*Service]
	listeners registry[*Listener]
	startedAt time.Time

	sessions sessions
	ended    ended

	keeper     keeper
	thresholds thresholds
	watchers   watchers
	draining   atomic.Bool

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // of every goroutine but those of sessions
}

// New makes the objects of a configuration. It opens no connection and starts
// no goroutine.
func New(o Options) (*Engine, error) {
	e := &Engine{
		modules: o.Modules, version: o.Version, network: network{o.Dial, o.Listen}, startedAt: time.Now(),
		servers:   registry[*Server]{kind: "server"},
		monitors:  registry[*monitorObject]{kind: "monitor"},
		filters:   registry[*filterObject]{kind: "filter"},
		services:  registry[*Service]{kind: "service"},
		listeners: registry[*Listener]{kind: "listener"},
	}
	e.keeper.keep, e.sessions.salts, e.sessions.attributes = o.Keep, auth.NewSalts(), newAttributePool()
	e.ctx, e.cancel = context.WithCancel(context.Background())
	if e.sessions.newcomers.limit = o.Newcomers; o.Newcomers <= 0 {
		e.sessions.newcomers.limit = defaultNewcomers()
	}
	e.logger.Logger = cmp.Or(o.Logger, slog.Default())
	e.logger.readLevels()
	if e.listen == nil {
		e.listen = Listen
	}
	return e, (&builder{e}).build(o.Objects)
}

// Start looks at the servers once, opens every listener or none, and then takes
// clients.
func (e *Engine) Start(ctx context.Context) error {
	first, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var ticks sync.WaitGroup
	for _, m := range e.monitors.list {
		ticks.Go(func() { m.tick(first) })
	}
	ticks.Wait()
	assumeRunning(e)
	var services sync.WaitGroup
	for _, s := range e.services.list {
		services.Go(func() { s.start(first) })
	}
	services.Wait()
	for i, l := range e.listeners.list {
		if err := l.start(); err != nil {
			for _, opened := range e.listeners.list[:i] {
				opened.close()
			}
			return err
		}
	}
	for _, m := range e.monitors.list {
		e.wg.Go(func() { m.run(e.ctx) })
		if m.scripts != nil {
			e.wg.Go(func() { m.scripts.serve(e.ctx) })
		}
	}
	for _, s := range e.services.list {
		e.wg.Go(func() { s.accounts.keep(e.ctx) })
	}
	for _, l := range e.listeners.list {
		e.wg.Go(l.serve)
	}
	e.wg.Go(func() { patrol(e) })
	return nil
}

// assumeRunning takes servers for running that no monitor looks at.
func assumeRunning(e *Engine) {
	for _, s := range e.servers.list {
		if e.monitorOf(s) == nil {
			s.status.Store(uint32(StatusRunning))
		}
	}
}

// Close ends all sessions and waits for every goroutine. It may be called
// without Start, and more than once.
func (e *Engine) Close() error {
	if e.draining.Swap(true) {
		e.wg.Wait()
		e.sessions.wait()
		return nil
	}
	for _, l := range e.listeners.list {
		l.close()
	}
	e.cancel()
	for _, s := range e.sessions.all() {
		s.end(errServiceStopped)
	}
	e.sessions.wait()
	e.sessions.resting.close()
	e.wg.Wait()
	for _, s := range e.servers.list {
		s.pool.expire(time.Now(), false)
	}
	for _, m := range e.monitors.list {
		_ = m.monitor.Close()
	}
	for _, f := range e.filters.list {
		if c, ok := f.filter.(interface{ Close() error }); ok {
			_ = c.Close()
		}
	}
	return nil
}

// Draining reports whether Close has begun.
func (e *Engine) Draining() bool { return e.draining.Load() }

// StartedAt returns when the engine was made.
func (e *Engine) StartedAt() time.Time { return e.startedAt }

// MaxScale returns the section of the program itself.
func (e *Engine) MaxScale() module.Object { return e.maxscale }

// Modules returns the modules that a configuration may name.
func (e *Engine) Modules() Modules { return e.modules }

// Services returns all services in the order of the configuration.
func (e *Engine) Services() []ServiceInfo { return infos(e.services.list, (*Service).info) }

// Service returns the service name; the error is NotFound when there is none.
func (e *Engine) Service(name string) (ServiceInfo, error) {
	return infoOf(&e.services, name, (*Service).info)
}

// Servers returns all servers in the order of the configuration.
func (e *Engine) Servers() []ServerInfo { return infos(e.servers.list, (*Server).info) }

// Server returns the server name; the error is NotFound when there is none.
func (e *Engine) Server(name string) (ServerInfo, error) {
	return infoOf(&e.servers, name, (*Server).info)
}

// Listeners returns all listeners in the order of the configuration.
func (e *Engine) Listeners() []ListenerInfo { return infos(e.listeners.list, (*Listener).info) }

// Listener returns the listener name; the error is NotFound when there is none.
func (e *Engine) Listener(name string) (ListenerInfo, error) {
	return infoOf(&e.listeners, name, (*Listener).info)
}

// Filters returns all filters in the order of the configuration.
func (e *Engine) Filters() []FilterInfo { return infos(e.filters.list, (*filterObject).info) }

// Filter returns the filter name; the error is NotFound when there is none.
func (e *Engine) Filter(name string) (FilterInfo, error) {
	return infoOf(&e.filters, name, (*filterObject).info)
}

// Monitors returns all monitors in the order of the configuration.
func (e *Engine) Monitors() []MonitorInfo { return infos(e.monitors.list, (*monitorObject).info) }

// Monitor returns the monitor name; the error is NotFound when there is none.
func (e *Engine) Monitor(name string) (MonitorInfo, error) {
	return infoOf(&e.monitors, name, (*monitorObject).info)
}

func infos[T, I any](list []T, info func(T) I) []I {
	all := make([]I, len(list))
	for i, object := range list {
		all[i] = info(object)
	}
	return all
}

func infoOf[T, I any](r *registry[T], name string, info func(T) I) (I, error) {
	object, err := r.get(name)
	if err != nil {
		var none I
		return none, err
	}
	return info(object), nil
}

func (e *Engine) monitorOf(s *Server) *monitorObject {
	for _, m := range e.monitors.list {
		for _, server := range m.servers {
			if server == s {
				return m
			}
		}
	}
	return nil
}

// background runs fn in a goroutine that Close waits for.
func background(e *Engine, fn func(ctx context.Context)) {
	if !e.draining.Load() {
		e.wg.Go(func() { fn(e.ctx) })
	}
}

// pause waits for d; false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
