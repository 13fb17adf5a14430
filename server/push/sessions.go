package push

import (
	"reflect"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// The times of the table of sessions.
const (
	coolAfter = time.Second          // a session is left alone before its rates, which rise late and sink by themselves, are read again
	riseAfter = 2 * time.Second      // by when the rates of a session show what it has just done
	coldAfter = 7 * time.Second      // by when they show nothing of it any more
	loadFor   = 5 * time.Millisecond // of one piece of the first reading of all sessions
)

// sessions are all sessions in their light form, with everything that is kept
// up from them. They exist while there is a view of them and are owned by
// Hub.Run.
type sessions struct {
	source   Source
	rows     map[string]*session
	vacant   []int32  // slots that are not in use
	slots    int32    // in use or vacant
	unread   []uint64 // of the first reading
	came     uint64   // grows when a session comes or goes
	canon    canon
	orders   map[orderKey]*order
	groups   map[orderKey]*groups
	rates    agenda // sessions whose rates will be others by then; empty unless rated
	rated    int    // followers that look at rates
	followed []follower
}

// session is one session as it was when it last changed.
type session struct {
	row
	is      *api.Session
	read    time.Time // when is was read: then its figures were true
	checked time.Time // when it was last compared with the source
	slot    int32     // its place in what is kept for each session
}

// follower is kept up with the sessions.
type follower interface {
	// judge takes in s as it is now.
	judge(s *session, now time.Time)
	// forget takes out s, which has ended.
	forget(s *session)
	// build takes in all sessions at once, when there is nothing yet.
	build(now time.Time)
	// pass does what the passing of time has made due.
	pass(now time.Time)
}

func newSessions(source Source) *sessions {
	return &sessions{
		source: source, rows: make(map[string]*session), unread: source.SessionIDs(),
		orders: make(map[orderKey]*order), groups: make(map[orderKey]*groups),
	}
}

// loaded tells whether all sessions have been read: before, nothing is shown.
func (t *sessions) loaded() bool { return t.unread == nil }

// load reads sessions for a short while, and tells whether that were the last.
func (t *sessions) load() bool {
	for start := time.Now(); len(t.unread) > 0; {
		now := time.Now()
		if now.Sub(start) > loadFor {
			return false
		}
		for range min(64, len(t.unread)) {
			t.refresh(strconv.FormatUint(t.unread[0], 10), now)
			t.unread = t.unread[1:]
		}
	}
	t.unread = nil
	now := time.Now()
	if t.rated > 0 {
		t.awaitAllRates(now)
	}
	for _, f := range t.followed {
		f.build(now)
	}
	return true
}

// follow keeps f up from now on.
func (t *sessions) follow(f follower, rated bool, now time.Time) {
	t.followed = append(t.followed, f)
	if rated {
		if t.rated++; t.rated == 1 && t.loaded() {
			t.awaitAllRates(now)
		}
	}
	if t.loaded() {
		f.build(now)
	}
}

// unfollow forgets f.
func (t *sessions) unfollow(f follower, rated bool) {
	for i, other := range t.followed {
		if other == f {
			t.followed = append(t.followed[:i], t.followed[i+1:]...)
			break
		}
	}
	if rated {
		t.rated--
	}
	if t.rated == 0 {
		t.rates = agenda{}
	}
}

// listing returns the sessions or the groups that a query chooses from, and what
// gives them back.
func (t *sessions) listing(q query) (listing, func()) {
	key, now := q.orderKey(), time.Now()
	if q.topic == api.TopicGroups {
		g := t.groups[key]
		if g == nil {
			g = newGroups(q, t)
			t.groups[key] = g
			t.follow(g, g.match.Rated(), now)
		}
		g.users++
		return g, func() {
			if g.users--; g.users == 0 {
				delete(t.groups, key)
				t.unfollow(g, g.match.Rated())
			}
		}
	}
	o := t.orders[key]
	if o == nil {
		o = newOrder(q, t)
		t.orders[key] = o
		t.follow(o, o.rated(), now)
	}
	o.users++
	return o, func() {
		if o.users--; o.users == 0 {
			delete(t.orders, key)
			t.unfollow(o, o.rated())
		}
	}
}

// unused tells whether nobody looks at sessions any more.
func (t *sessions) unused() bool { return len(t.followed) == 0 }

// refresh reads a session again.
func (t *sessions) refresh(id string, now time.Time) {
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return
	}
	is := t.source.Session(number)
	s := t.rows[id]
	switch {
	case is == nil && s == nil:
		return
	case is == nil:
		t.forget(s)
		return
	case s == nil:
		s = &session{row: row{id: is.ID}, slot: t.slot()}
		t.rows[s.id] = s
		t.came++
	}
	s.checked = now
	if t.rated > 0 && t.loaded() {
		t.awaitRates(s, is, now)
	}
	if s.is != nil && same(s.is, is) {
		return
	}
	s.set((*light)(is))
	s.is, s.read = is, now
	if !t.loaded() {
		return
	}
	for _, f := range t.followed {
		f.judge(s, now)
	}
}

func (t *sessions) forget(s *session) {
	if t.loaded() {
		for _, f := range t.followed {
			f.forget(s)
		}
	}
	t.rates.drop(s)
	delete(t.rows, s.id)
	t.vacant = append(t.vacant, s.slot)
	t.came++
}

// slot returns a slot that nobody uses.
func (t *sessions) slot() int32 {
	if n := len(t.vacant); n > 0 {
		slot := t.vacant[n-1]
		t.vacant = t.vacant[:n-1]
		return slot
	}
	t.slots++
	return t.slots - 1
}

// pass does what the passing of time has made due.
func (t *sessions) pass(now time.Time) {
	if !t.loaded() {
		return
	}
	for _, f := range t.followed {
		f.pass(now)
	}
	for s := t.rates.next(now); s != nil; s = t.rates.next(now) {
		t.refresh(s.id, now)
	}
}

// awaitRates has s, of which is has just been read, read again when its rates
// will show what it has done, and when they will not any more.
func (t *sessions) awaitRates(s *session, is *api.Session, now time.Time) {
	switch {
	case lang.InState(is, 0) < riseAfter:
		t.rates.set(s, now.Add(riseAfter))
	case rates(is):
		t.rates.set(s, now.Add(coldAfter-riseAfter))
	}
}

// awaitAllRates does the same for all sessions, some at a time.
func (t *sessions) awaitAllRates(now time.Time) {
	const parts = 100
	for _, s := range t.rows {
		if s.restless(now) {
			t.rates.set(s, now.Add(riseAfter+(coldAfter-riseAfter)*time.Duration(s.slot%parts)/parts))
		}
	}
}

// cool reads a session on a screen again whose rates change though nothing
// happens to it any more.
func (t *sessions) cool(id string, now time.Time) {
	if s := t.rows[id]; s != nil && now.Sub(s.checked) >= coolAfter && s.restless(now) {
		t.refresh(id, now)
	}
}

// restless tells whether the rates of s change by themselves.
func (s *session) restless(now time.Time) bool {
	return rates(s.is) || lang.InState(s.is, s.lag(now)) < coldAfter
}

// rates tells whether s shows any.
func rates(s *api.Session) bool {
	return s.Attributes.Activity.BytesInPerSec > 0 || s.Attributes.Activity.BytesOutPerSec > 0
}

// lag returns how long before now the figures of s were true.
func (s *session) lag(now time.Time) time.Duration { return max(0, now.Sub(s.read)) }

// same tells whether two states of a session differ in their clocks at most.
// The browser lets the clocks run by itself. Most that differ do so in their
// activity, where it is cheap to see.
func same(a, b *api.Session) bool {
	x, y := &a.Attributes.Activity, &b.Attributes.Activity
	if x.Statements != y.Statements || x.State != y.State || x.SinceAt != y.SinceAt {
		return false
	}
	still, other := still(*a), still(*b)
	return reflect.DeepEqual(&still, &other)
}

// still returns s with its clocks at zero.
func still(s api.Session) api.Session {
	a := &s.Attributes
	a.SecondsAlive, a.Idle, a.Activity.InState, a.Activity.TrxSeconds = 0, 0, 0, 0
	if len(a.Queries) > 0 && a.Queries[0].Completed == "" {
		a.Queries = append([]api.SessionQuery(nil), a.Queries...)
		a.Queries[0].Duration = 0
	}
	return s
}

// maxCanon is how many statements canon remembers.
const maxCanon = 4096

// canon remembers the fingerprints of statements. The zero value is empty.
type canon map[string]string

func (t *sessions) fingerprint(statement string) string {
	f, ok := t.canon[statement]
	if !ok {
		f = t.source.Fingerprint(statement)
		if t.canon == nil || len(t.canon) >= maxCanon {
			t.canon = make(canon)
		}
		t.canon[statement] = f
	}
	return f
}
