package push

import (
	"time"

	"github.com/signalbox/signalbox/api"
)

// Source is where the Hub gets what it sends. It gives the same resources as
// the REST API, links left out, so that the two cannot disagree. The Hub calls
// all methods from its own goroutine, but for Session, which many may call at
// once; what they return must not change afterwards.
//
// The light form of a session has no queries, no log, no events and no count of
// I/O events. What many
// sessions have in common, as their relationships, they may share: nobody
// changes it.
type Source interface {
	// SessionIDs returns the ids of all sessions, in any order.
	SessionIDs() []uint64
	// Session makes s what the session is now, in its light form; false when there
	// is none. s is zero or what was known of the session before: what has not
	// changed of that may stay. Until steady, which is a whole second to come, the
	// rates stay what they are if nothing happens, for ever when it is zero.
	Session(id uint64, s *api.Session) (steady time.Time, ok bool)
	// Rates returns the bytes per second of one session, and until when they stay
	// that.
	Rates(id uint64) (in, out float64, steady time.Time)
	// SessionDetail returns one session with everything, nil when there is none.
	SessionDetail(id uint64) *api.Session
	// Fingerprint returns the text of a statement without its literals.
	Fingerprint(statement string) string
	// Objects returns all objects of a topic other than those of sessions, in
	// the order in which they are shown.
	Objects(topic string) []Object
	// Job returns one job with everything, false when there is none.
	Job(id string) (Object, bool)
	// Watch calls fn for every change until stop is called. fn may be called
	// from many goroutines at once and does not block.
	Watch(fn func(Change)) (stop func())
}

// Object is one object that is no session: a service, server, filter, listener
// or monitor, a job, or figures of one of them.
type Object struct {
	ID       string
	Resource any // encodes to JSON as the REST API does
}

// Change says that an object is no longer what it was.
type Change struct {
	Topic   string // api.TopicSessions, api.TopicServices, ...
	Session uint64 // the number of a session
	ID      string // of any other object
	Notable bool   // send it at once: created, closed, pending or state changed; else with the next round
}
