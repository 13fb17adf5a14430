package server

import (
	"net/http"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// objects serves the configured objects, which can be read.
type objects struct{ engine *engine.Engine }

// notA is MaxScale's answer for a name that nothing has.
func notA(c *call, kind string) error {
	return refuse(http.StatusNotFound, "%s is not a %s", clip(c.PathValue("id")), kind)
}

// collection answers with the resources that make makes of infos.
func collection[I, A any](c *call, kind string, infos []I, make func(I) api.Resource[A]) answer {
	rows := []api.Resource[A]{}
	for _, info := range infos {
		r := make(info)
		if !c.sees(r) {
			continue
		}
		r = redact(c, r)
		link(c, &r, kind, r.ID)
		rows = append(rows, r)
	}
	return many(c, rows, c.link(kind))
}

// single answers with the resource that make makes of info, or with a 404.
func single[I, A any](c *call, kind, word string, info I, err error, make func(I) api.Resource[A]) (answer, error) {
	if err != nil {
		if engine.KindOf(err) == engine.NotFound {
			err = notA(c, word)
		}
		return answer{}, err
	}
	r := make(info)
	if !c.sees(r) {
		return answer{}, notA(c, word)
	}
	r = redact(c, r)
	link(c, &r, kind, r.ID)
	return one(c, r, c.link(kind, r.ID)), nil
}

// linkedService is serviceResource with the links of the listeners inside it.
func (o objects) linkedService(c *call) func(engine.ServiceInfo) api.Service {
	listeners := o.engine.Listeners()
	return func(info engine.ServiceInfo) api.Service {
		r := serviceResource(info, listeners)
		for i := range r.Attributes.Listeners {
			l := &r.Attributes.Listeners[i]
			linkRelations(c, l, c.link("listeners", l.ID))
		}
		return r
	}
}

func (o objects) services(c *call) (answer, error) {
	return collection(c, "services", o.engine.Services(), o.linkedService(c)), nil
}

func (o objects) service(c *call) (answer, error) {
	info, err := o.engine.Service(c.PathValue("id"))
	return single(c, "services", "service", info, err, o.linkedService(c))
}

func (o objects) serviceListeners(c *call) (answer, error) {
	info, err := o.engine.Service(c.PathValue("id"))
	if err != nil {
		return answer{}, notA(c, "service")
	}
	rows := o.linkedService(c)(info).Attributes.Listeners
	return many(c, rows, c.link("services", info.Object.Name, "listeners")), nil
}

func (o objects) serviceListener(c *call) (answer, error) {
	info, err := o.engine.Service(c.PathValue("id"))
	if err != nil {
		return answer{}, notA(c, "service")
	}
	name := c.PathValue("listener")
	for _, r := range o.linkedService(c)(info).Attributes.Listeners {
		if r.ID == name {
			return one(c, r, c.link("services", info.Object.Name, "listeners", name)), nil
		}
	}
	return answer{}, refuse(http.StatusNotFound, "%s is not a listener of %s", clip(name), info.Object.Name)
}

func (o objects) servers(c *call) (answer, error) {
	return collection(c, "servers", o.engine.Servers(), serverResource), nil
}

func (o objects) server(c *call) (answer, error) {
	info, err := o.engine.Server(c.PathValue("id"))
	return single(c, "servers", "server", info, err, serverResource)
}

func (o objects) listeners(c *call) (answer, error) {
	return collection(c, "listeners", o.engine.Listeners(), listenerResource), nil
}

func (o objects) listener(c *call) (answer, error) {
	info, err := o.engine.Listener(c.PathValue("id"))
	return single(c, "listeners", "listener", info, err, listenerResource)
}

func (o objects) filters(c *call) (answer, error) {
	return collection(c, "filters", o.engine.Filters(), filterResource), nil
}

func (o objects) filter(c *call) (answer, error) {
	info, err := o.engine.Filter(c.PathValue("id"))
	return single(c, "filters", "filter", info, err, filterResource)
}

// seenBy is monitorResource with what the servers are now.
func (o objects) seenBy() func(engine.MonitorInfo) api.Monitor {
	servers := o.engine.Servers()
	return func(info engine.MonitorInfo) api.Monitor { return monitorResource(info, servers) }
}

func (o objects) monitors(c *call) (answer, error) {
	return collection(c, "monitors", o.engine.Monitors(), o.seenBy()), nil
}

func (o objects) monitor(c *call) (answer, error) {
	info, err := o.engine.Monitor(c.PathValue("id"))
	return single(c, "monitors", "monitor", info, err, o.seenBy())
}
