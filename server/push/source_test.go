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
	coming   map[uint64][]step
	reads    int           // of single sessions
	rated    int           // readings of rates
	lists    int           // of all sessions
	slow     time.Duration // that reading a session takes
	clocks   bool          // figures of clocks are as of the reading, from the instants
}

// step is what a session reads a second from an instant on.
type step struct {
	at time.Time
	in float64
}

func newStore(sessions ...api.Session) *store {
	s := &store{coming: make(map[uint64][]step), sessions: make(map[uint64]api.Session), objects: make(map[string][]Object), watchers: make(map[int]func(Change))}
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

func (s *store) Session(id uint64, into *api.Session) (steady time.Time, ok bool) {
	if s.slow > 0 {
		time.Sleep(s.slow)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	one, ok := s.sessions[id]
	if !ok {
		return steady, false
	}
	if s.clocks {
		a := &one.Attributes
		a.Activity.InState, a.SecondsAlive = since(a.Activity.SinceAt), since(a.ConnectedAt)
		if a.Activity.Trx {
			a.Activity.TrxSeconds = since(a.Activity.TrxSinceAt)
		}
	}
	steady = s.flow(id, &one)
	*into = one
	return steady, true
}

// flow brings the rate of a session up to now, and says until when it is right. The
// caller holds s.mu.
func (s *store) flow(id uint64, one *api.Session) (steady time.Time) {
	for _, step := range s.coming[id] {
		if step.at.After(time.Now()) {
			return step.at
		}
		one.Attributes.Activity.BytesInPerSec = step.in
	}
	return steady
}

func (s *store) Rates(id uint64) (in, out float64, steady time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rated++
	one := s.sessions[id]
	steady = s.flow(id, &one)
	return one.Attributes.Activity.BytesInPerSec, one.Attributes.Activity.BytesOutPerSec, steady
}

func since(at api.Time) float64 {
	t, _ := time.Parse(time.RFC3339, string(at))
	return time.Since(t).Seconds()
}

func (s *store) SessionDetail(id uint64) *api.Session {
	one := new(api.Session)
	if _, ok := s.Session(id, one); !ok {
		return nil
	}
	one.Attributes.Log = []string{"log of " + one.ID}
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

// trickle has a session read what steps say, and tells nobody.
func (s *store) trickle(one api.Session, steps ...step) {
	s.put(one)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.coming[number(one.ID)] = steps
}

// after is a step some time from now, at a whole second.
func after(wait time.Duration, in float64) step {
	return step{time.Now().Add(wait).Truncate(time.Second), in}
}

// countRates returns how often rates were read since the last count.
func (s *store) countRates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	rated := s.rated
	s.rated = 0
	return rated
}

// set stores a session and tells of it.
func (s *store) set(one api.Session, notable bool) {
	s.put(one)
	s.tell(Change{Topic: api.TopicSessions, Session: number(one.ID), Notable: notable})
}

// end removes a session and tells of it.
func (s *store) end(id uint64) {
	s.mu.Lock()
	delete(s.sessions, id)
	s.mu.Unlock()
	s.tell(Change{Topic: api.TopicSessions, Session: id, Notable: true})
}

// setObjects replaces the objects of a topic and tells of it.
func (s *store) setObjects(topic string, objects ...Object) {
	s.mu.Lock()
	s.objects[topic] = objects
	s.mu.Unlock()
	s.tell(Change{Topic: topic, ID: objects[0].ID})
}
