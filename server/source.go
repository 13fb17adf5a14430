package server

import (
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/push"
)

// source is the engine as the push feed sees it: the resources of the REST API
// without their links.
type source struct {
	engine *engine.Engine
	herald *herald // of what is the server's own
	now    func() time.Time
	jobs   *jobs
	stats  *stats
}

func (s source) SessionIDs() []uint64 {
	list := s.engine.Sessions()
	ids := make([]uint64, len(list))
	for i, session := range list {
		ids[i] = session.ID()
	}
	return ids
}

// Session finds sessions that are still logging in, too, which the engine's
// Session does not. So does SessionDetail.
func (s source) Session(id uint64) (api.Session, bool) {
	session := s.engine.AnySession(id)
	if session == nil {
		return api.Session{}, false
	}
	return sessionResource(session.LightInfo(), s.now(), light), true
}

// SessionDetail finds sessions that have ended, too.
func (s source) SessionDetail(id uint64) (api.Session, bool) {
	if session := s.engine.AnySession(id); session != nil {
		return sessionResource(session.Info(), s.now(), whole), true
	}
	if over, ok := s.engine.Ended(id); ok {
		return endedResource(over), true
	}
	return api.Session{}, false
}

func (source) Fingerprint(statement string) string { return engine.Fingerprint(statement) }

func (s source) Objects(topic string) []push.Object {
	switch topic {
	case api.TopicServices:
		listeners := s.engine.Listeners()
		return pushed(s.engine.Services(), func(i engine.ServiceInfo) api.Service { return serviceResource(i, listeners) })
	case api.TopicServers:
		return pushed(s.engine.Servers(), serverResource)
	case api.TopicListeners:
		return pushed(s.engine.Listeners(), listenerResource)
	case api.TopicFilters:
		return pushed(s.engine.Filters(), filterResource)
	case api.TopicMonitors:
		return pushed(s.engine.Monitors(), objects{s.engine}.seenBy())
	case api.TopicJobs:
		return s.jobs.objects()
	case api.TopicStats:
		return pushed(s.stats.list(), func(row api.Stats) api.Stats { return row })
	}
	return nil
}

func (s source) Job(id string) (push.Object, bool) { return s.jobs.object(id) }

func pushed[I, A any](infos []I, make func(I) api.Resource[A]) []push.Object {
	var all []push.Object
	for _, info := range infos {
		r := make(info)
		all = append(all, push.Object{ID: r.ID, Resource: r})
	}
	return all
}

// topics are the engine's kinds of objects as the push feed calls them.
var topics = map[engine.ObjectKind]string{
	engine.SessionObject:  api.TopicSessions,
	engine.ServiceObject:  api.TopicServices,
	engine.ServerObject:   api.TopicServers,
	engine.ListenerObject: api.TopicListeners,
	engine.FilterObject:   api.TopicFilters,
	engine.MonitorObject:  api.TopicMonitors,
}

func (s source) Watch(fn func(push.Change)) (stop func()) {
	unheard := s.herald.watch(fn)
	unwatched := s.engine.Watch(func(c engine.Change) {
		change := push.Change{Topic: topics[c.Kind], ID: c.Name, Notable: c.Notable}
		if c.Kind == engine.SessionObject {
			change.ID = strconv.FormatUint(c.ID, 10)
		}
		fn(change)
	})
	return func() {
		unheard()
		unwatched()
	}
}
