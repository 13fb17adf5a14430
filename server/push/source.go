package push

import "github.com/signalbox/signalbox/api"

// Source is where the Hub gets what it sends. It gives the same resources as
// the REST API, links left out, so that the two cannot disagree. The Hub calls
// all methods from its own goroutine; what they return must not change
// afterwards.
//
// The light form of a session has no log and no events, and of its queries the
// newest only.
type Source interface {
	// Sessions returns every session in its light form, in any order.
	Sessions() []api.Session
	// Session returns one session in its light form, false when there is none.
	Session(id uint64) (api.Session, bool)
	// SessionDetail returns one session with everything, false when there is
	// none.
	SessionDetail(id uint64) (api.Session, bool)
	// Objects returns all objects of a topic other than the three of
	// sessions, in the order in which they are shown.
	Objects(topic string) []Object
	// Watch calls fn for every change until stop is called. fn may be called
	// from many goroutines at once and does not block.
	Watch(fn func(Change)) (stop func())
}

// Object is one configured object: a service, server, filter, listener or
// monitor.
type Object struct {
	ID       string
	Resource any // encodes to JSON as the REST API does
}

// Change says that an object is no longer what it was.
type Change struct {
	Topic   string // api.TopicSessions, api.TopicServices, ...
	ID      string
	Notable bool // send it at once: created, closed, pending or state changed; else with the next round
}
