package server

import (
	"sync"
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
	chains *chains
}

func (s source) SessionIDs() []uint64 { return engine.SessionIDs(s.engine) }

// Session finds sessions that are still logging in, too, which the engine's
// Session does not. So does SessionDetail.
func (s source) Session(id uint64, r *api.Session) (steady time.Time, ok bool) {
	session := s.engine.AnySession(id)
	if session == nil {
		return steady, false
	}
	info := lightInfos.Get().(*engine.SessionInfo)
	defer lightInfos.Put(info)
	info.Activity.Statement = r.Attributes.Activity.Statement
	engine.ReadLight(session, info)
	describe(r, info, s.now())
	r.Relationships = s.chains.of(info)
	return info.Activity.RatesUntil, true
}

// lightInfos are memory of Session.
var lightInfos = sync.Pool{New: func() any { return new(engine.SessionInfo) }}

func (s source) Rates(id uint64) (in, out float64, steady time.Time) {
	if session := s.engine.AnySession(id); session != nil {
		return engine.Rates(session)
	}
	return 0, 0, time.Time{}
}

// SessionDetail finds sessions that have ended, too.
func (s source) SessionDetail(id uint64) *api.Session {
	if session := s.engine.AnySession(id); session != nil {
		r := sessionResource(session.Info(), s.now(), whole)
		return &r
	}
	if over, ok := s.engine.Ended(id); ok {
		r := endedResource(over)
		return &r
	}
	return nil
}

// chains are the relationships of sessions by service and filters. Sessions that
// have them in common share them: there are few of them and very many sessions.
type chains struct {
	mu  sync.Mutex // protects following
	all map[string]api.Relationships
}

// maxChains is how many chains are remembered.
const maxChains = 1000

// of returns the relationships of a session.
func (c *chains) of(info *engine.SessionInfo) api.Relationships {
	buf := append(make([]byte, 0, 256), info.Service...)
	for i := range info.Filters {
		buf = append(append(buf, 0), info.Filters[i].Filter...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	relations, ok := c.all[string(buf)]
	if !ok {
		if c.all == nil || len(c.all) >= maxChains {
			c.all = make(map[string]api.Relationships)
		}
		relations = relationsOf(info)
		c.all[string(buf)] = relations
	}
	return relations
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
			change.Session = c.ID
		}
		fn(change)
	})
	return func() {
		unheard()
		unwatched()
	}
}
