package engine

import (
	"slices"

	"github.com/signalbox/signalbox/engine/module"
)

// registry holds the objects of one kind, in the order of the configuration.
type registry[T any] struct {
	kind   string
	list   []T
	byName map[string]T
	order  []string
}

func (r *registry[T]) add(name string, object T) {
	if r.byName == nil {
		r.byName = make(map[string]T)
	}
	r.list, r.order = append(r.list, object), append(r.order, name)
	r.byName[name] = object
}

func (r *registry[T]) get(name string) (T, error) {
	object, ok := r.byName[name]
	if !ok {
		return object, Errorf(NotFound, "%s is not a %s", name, r.kind)
	}
	return object, nil
}

func (r *registry[T]) names() []string { return r.order }

// builder makes the objects of a configuration.
type builder struct{ *Engine }

// build makes the objects, those first that others refer to.
func (b *builder) build(objects []module.Object) error {
	values, _, err := module.Parse("maxscale", module.MaxScaleModule.Parameters, nil)
	if err != nil {
		return err
	}
	b.maxscale = module.Object{Name: "maxscale", Kind: module.MaxScale, Module: "maxscale", Values: values}
	for _, kind := range []module.Kind{module.MaxScale, module.Server, module.Monitor, module.Filter, module.Service, module.Listener} {
		for _, o := range objects {
			if o.Kind != kind {
				continue
			}
			if err := b.buildObject(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) buildObject(o module.Object) error {
	switch o.Kind {
	case module.MaxScale:
		b.maxscale = o
	case module.Server:
		server, err := newServer(b.Engine, o)
		if err != nil {
			return err
		}
		b.servers.add(o.Name, server)
	case module.Monitor:
		return b.buildMonitor(o)
	case module.Filter:
		return b.buildFilter(o)
	case module.Service:
		return b.buildService(o)
	case module.Listener:
		listener, err := newListener(b.Engine, o)
		if err != nil {
			return err
		}
		b.listeners.add(o.Name, listener)
	}
	return nil
}

func (b *builder) buildMonitor(o module.Object) error {
	for _, m := range b.modules.Monitors {
		if m.Name == o.Module {
			monitor, err := newMonitor(b.Engine, o, m)
			if err != nil {
				return err
			}
			b.monitors.add(o.Name, monitor)
			return nil
		}
	}
	return Errorf(Invalid, "monitor %s: module '%s' does not exist", o.Name, o.Module)
}

func (b *builder) buildFilter(o module.Object) error {
	for _, m := range b.modules.Filters {
		if m.Name == o.Module {
			filter, err := m.New(o)
			if err != nil {
				return Errorf(Invalid, "filter %s: %w", o.Name, err)
			}
			b.filters.add(o.Name, &filterObject{engine: b.Engine, object: o, filter: filter})
			return nil
		}
	}
	return Errorf(Invalid, "filter %s: module '%s' does not exist", o.Name, o.Module)
}

func (b *builder) buildService(o module.Object) error {
	s := &Service{
		engine: b.Engine, object: o, cluster: o.Values.String("cluster"), netWriteTimeout: o.Values.Duration("net_write_timeout"),
	}
	s.accounts.service = s
	var err error
	if s.throttle, err = newLogThrottle(b.maxscale.Values.String("log_throttling")); err != nil {
		return err
	}
	filters := o.Values.List("filters")
	s.filters.Store(&filters)
	s.setState("Allocated")
	if err := checkAccountsFile(o); err != nil {
		return err
	}
	for _, name := range filters {
		if _, err := b.filters.get(name); err != nil {
			return err
		}
	}
	if s.cluster != "" {
		m, err := b.monitors.get(s.cluster)
		if err != nil {
			return err
		}
		s.servers = m.servers
	}
	for _, name := range append(o.Values.List("servers"), o.Values.List("targets")...) {
		server, err := b.servers.get(name)
		if err != nil {
			return err
		}
		s.servers = append(s.servers, server)
	}
	if sharingOf(s).on() && !slices.ContainsFunc(s.servers, shareable) {
		b.logger.Warn("idle_session_pool_time has no effect: no server of the service has max_routing_connections, or persistpoolmax with persistmaxtime", "service", o.Name)
	}
	for _, m := range b.modules.Routers {
		if m.Name == o.Module {
			router, err := m.New(s)
			if err != nil {
				return Errorf(Invalid, "service %s: %w", o.Name, err)
			}
			s.router, s.single = router, m.Single
			b.services.add(o.Name, s)
			return nil
		}
	}
	return Errorf(Invalid, "service %s: router '%s' does not exist", o.Name, o.Module)
}
