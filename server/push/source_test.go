package push

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
)

// store is a Source in memory.
type store struct {
	mu       sync.Mutex // protects following
	sessions map[uint64]api.Session
	objects  map[string][]Object
	watchers map[int]func(Change)
	reads    int           // of single sessions
	lists    int           // of all sessions
	slow     time.Duration // that reading a session takes
	clocks   bool          // figures of clocks are as of the reading, from the instants
}

func newStore(sessions ...api.Session) *store {
	s := &store{sessions: make(map[uint64]api.Session), objects: make(map[string][]Object), watchers: make(map[int]func(Change))}
	for _, one := range sessions {
		s.sessions[number(one.ID)] = one
	}
	return s
}

func number(id string) uint64 {
	var n uint64
	fmt.Sscan(id, &n)
	return n
}

// idle returns a session of user that has been idle since the start of the
// test.
func idle(id uint64, user string) api.Session {
	return api.Session{ID: fmt.Sprint(id), Type: "sessions", Attributes: api.SessionAttributes{
		State: api.SessionStarted, User: user, Remote: "10.0.0.1", Port: 4711, Database: "shop",
		Activity: api.Activity{State: "idle", SinceAt: stamp(time.Now())},
	}}
}

// running makes s run a statement from now on.
func running(s api.Session, statement string) api.Session {
	s.Attributes.Activity.State, s.Attributes.Activity.LongAfter = "running", 60
	s.Attributes.Activity.SinceAt = stamp(time.Now())
	s.Attributes.Activity.Statement = statement
	s.Attributes.Activity.Statements++
	return s
}

func (s *store) SessionIDs() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	var all []uint64
	for id := range s.sessions {
		all = append(all, id)
	}
	return all
}

func (s *store) Fingerprint(statement string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '?'
		}
		return r
	}, statement)
}

func (s *store) Job(id string) (Object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.objects[api.TopicJob] {
		if o.ID == id {
			return o, true
		}
	}
	return Object{}, false
}

func (s *store) Session(id uint64) *api.Session {
	if s.slow > 0 {
		time.Sleep(s.slow)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	one, ok := s.sessions[id]
	if !ok {
		return nil
	}
	if s.clocks {
		a := &one.Attributes
		a.Activity.InState, a.SecondsAlive = since(a.Activity.SinceAt), since(a.ConnectedAt)
		if a.Activity.Trx {
			a.Activity.TrxSeconds = since(a.Activity.TrxSinceAt)
		}
	}
	return &one
}

func since(at api.Time) float64 {
	t, _ := time.Parse(time.RFC3339, string(at))
	return time.Since(t).Seconds()
}

func (s *store) SessionDetail(id uint64) *api.Session {
	one := s.Session(id)
	if one != nil {
		one.Attributes.Log = []string{"log of " + one.ID}
	}
	return one
}

func (s *store) Objects(topic string) []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.objects[topic])
}

func (s *store) Watch(fn func(Change)) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.watchers)
	s.watchers[n] = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, n)
	}
}

func (s *store) tell(c Change) {
	s.mu.Lock()
	watchers := make([]func(Change), 0, len(s.watchers))
	for _, fn := range s.watchers {
		watchers = append(watchers, fn)
	}
	s.mu.Unlock()
	for _, fn := range watchers {
		fn(c)
	}
}

// count returns how often sessions were read, and how often all of them were
// listed, since the last count.
func (s *store) count() (reads, lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reads, lists = s.reads, s.lists
	s.reads, s.lists = 0, 0
	return reads, lists
}

// put stores a session and tells nobody.
func (s *store) put(one api.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[number(one.ID)] = one
}

// set stores a session and tells of it.
func (s *store) set(one api.Session, notable bool) {
	s.put(one)
	s.tell(Change{api.TopicSessions, one.ID, notable})
}

// end removes a session and tells of it.
func (s *store) end(id uint64) {
	s.mu.Lock()
	delete(s.sessions, id)
	s.mu.Unlock()
	s.tell(Change{api.TopicSessions, fmt.Sprint(id), true})
}

// setObjects replaces the objects of a topic and tells of it.
func (s *store) setObjects(topic string, objects ...Object) {
	s.mu.Lock()
	s.objects[topic] = objects
	s.mu.Unlock()
	s.tell(Change{topic, objects[0].ID, false})
}
