package push

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// screen is what a client makes of the frames of one view.
type screen struct {
	ids        []string
	rows       map[string]json.RawMessage
	total, all int
	summary    api.Summary
}

func (s *screen) apply(f api.Frame) {
	if f.Type == api.FrameSnapshot {
		*s = screen{rows: make(map[string]json.RawMessage)}
	}
	for _, id := range f.Removed {
		delete(s.rows, id)
		s.ids = slices.DeleteFunc(s.ids, func(x string) bool { return x == id })
	}
	for _, row := range f.Upserts {
		var r struct{ ID string }
		if json.Unmarshal(row, &r) == nil {
			s.rows[r.ID] = row
		}
	}
	if f.IDs != nil {
		s.ids = f.IDs
	}
	s.total, s.all = f.Total, f.All
	if f.Summary != nil {
		s.summary = *f.Summary
	}
}

// chance returns a session in a state by chance, as the source has it now.
func chance(r *rand.Rand, id uint64) api.Session {
	s := idle(id, fmt.Sprint("app", r.IntN(4)))
	a := &s.Attributes
	ago := time.Duration(r.IntN(90_000)) * time.Millisecond
	a.Activity.InState, a.Activity.SinceAt = ago.Seconds(), stamp(time.Now().Add(-ago))
	a.SecondsAlive, a.ConnectedAt = ago.Seconds()+100, stamp(time.Now().Add(-ago-100*time.Second))
	a.Activity.State = []string{"idle", "running", "trx", "connecting"}[r.IntN(4)]
	a.Activity.Statement = fmt.Sprint("SELECT ", r.IntN(30))
	a.Activity.Statements = uint64(r.IntN(1000))
	if a.Activity.State == "trx" {
		a.Activity.Trx, a.Activity.TrxSeconds, a.Activity.TrxSinceAt = true, ago.Seconds()+1, stamp(time.Now().Add(-ago-time.Second))
	}
	if a.Activity.State == "running" || a.Activity.State == "trx" {
		a.Activity.LongAfter = float64(r.IntN(3) * 30)
	}
	for i := range r.IntN(3) {
		a.Connections = append(a.Connections, api.SessionConnection{Server: fmt.Sprint("server", (i+r.IntN(2))%3)})
	}
	if r.IntN(10) == 0 {
		a.Pending.Kill = &api.PendingKill{By: "ops-1"}
	}
	return s
}

// traffic returns what a session reads by chance in the next time.
func traffic(r *rand.Rand) []step {
	var steps []step
	wait := time.Duration(0)
	for range r.IntN(4) {
		steps = append(steps, after(wait, float64(r.IntN(3)*500)))
		wait += time.Duration(r.IntN(10_000)) * time.Millisecond
	}
	return steps
}

// Ensure that what views are kept up to is what they would be if they were
// worked out anew, after any changes and as time passes.
func TestUpkeep(t *testing.T) {
	asks := []api.Subscribe{
		{Filter: "", Sort: "-state"},
		{Filter: "", Sort: "-state", Offset: 5},
		{Filter: "state:long | user:app1", Sort: "-in-state"},
		{Filter: "in-state>40 age<4m", Sort: "user,-age"},
		{Filter: "!(trx-age>1m) | state:trx-long", Sort: "-trx-age,server"},
		{Filter: "state:!running", Sort: "state,-queries"},
		{Filter: "", Sort: "-io,user"},
		{Filter: "io<800 in-state>20", Sort: "io"},
		{Topic: api.TopicGroups, Filter: "state:running,trx", Group: "fingerprint"},
		{Topic: api.TopicGroups, Filter: "", Group: "user,server"},
		{Topic: api.TopicGroups, Filter: "in-state<1m", Group: "state"},
		{Topic: api.TopicGroups, Filter: "io>500", Group: "schema,user"},
	}
	bubble(t, 0, func(t *testing.T, h *Hub, s *store) {
		r := rand.New(rand.NewPCG(7, 7))
		for id := range uint64(60) {
			s.put(chance(r, id+1))
		}
		s.clocks = true
		start := time.Now()
		c := newClient(Principal{}, nil)
		screens := make([]screen, len(asks))
		for i := range asks {
			ask := &asks[i]
			ask.Type, ask.View = api.SubscribeType, fmt.Sprint(i)
			if ask.Topic == "" {
				ask.Topic, ask.Limit = api.TopicSessions, 25
			}
			say(t, h, c, *ask)
		}
		for step := range 300 {
			for range r.IntN(4) {
				id := uint64(r.IntN(70)) + 1
				if _, known := s.sessions[id]; known && r.IntN(4) == 0 {
					s.end(id)
					continue
				}
				s.trickle(chance(r, id), traffic(r)...)
				s.tell(Change{Topic: api.TopicSessions, Session: id, Notable: r.IntN(2) == 0})
			}
			if step%40 == 39 { // look away, and come back to the table or to none
				for i := range asks {
					say(t, h, c, api.Subscribe{Type: api.UnsubscribeType, View: fmt.Sprint(i)})
				}
				time.Sleep(time.Duration(r.IntN(2)) * 50 * time.Second)
				s.set(chance(r, 3), false)
				s.end(4)
				time.Sleep(30 * time.Second)
				for i := range asks {
					say(t, h, c, asks[i])
				}
			}
			time.Sleep([]time.Duration{time.Millisecond, roundEvery, 5 * time.Second}[r.IntN(3)])
			time.Sleep(roundEvery - time.Since(start)%roundEvery) // the round is now
			synctest.Wait()
			for _, f := range frames(t, h, c) {
				var i int
				fmt.Sscan(f.View, &i)
				screens[i].apply(f)
			}
			for i, ask := range asks {
				want := anew(t, s, ask)
				if diff := cmp.Diff(want, screens[i].short(t)); diff != "" {
					t.Fatalf("step %d, %+v (-want +got):\n%s", step, ask, diff)
				}
			}
		}
	})
}

// short writes a screen down.
func (s *screen) short(t *testing.T) []string {
	lines := []string{fmt.Sprintf("%d/%d %+v", s.total, s.all, s.summary)}
	for _, id := range s.ids {
		var r struct {
			ID, Type   string
			Attributes json.RawMessage
		}
		if err := json.Unmarshal(s.rows[id], &r); err != nil {
			t.Fatalf("row %s: %v", id, err)
		}
		if r.Type == "groups" {
			var g api.GroupAttributes
			if err := json.Unmarshal(r.Attributes, &g); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%+v", g))
			continue
		}
		var a api.SessionAttributes
		if err := json.Unmarshal(r.Attributes, &a); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, id+" "+a.Activity.Statement)
	}
	return lines
}

// anew works out what a view shows, the long way.
func anew(t *testing.T, s *store, ask api.Subscribe) []string {
	q, err := parseQuery(ask)
	if err != nil {
		t.Fatal(err)
	}
	var matching []*api.Session
	var sum api.Summary
	for _, id := range s.SessionIDs() {
		one := new(api.Session)
		if s.Session(id, one); q.match.Match(one) {
			matching = append(matching, one)
			lang.Count(&sum, one, 0)
		}
	}
	if ask.Topic == api.TopicGroups {
		return anewGroups(q, matching)
	}
	slices.SortFunc(matching, func(a, b *api.Session) int {
		x, y := q.order.Rank(a, time.Now(), 0), q.order.Rank(b, time.Now(), 0)
		return q.order.Compare(&x, &y)
	})
	lines := []string{fmt.Sprintf("%d/%d %+v", len(matching), len(s.sessions), sum)}
	from := min(q.offset, len(matching))
	for _, one := range matching[from:min(from+q.limit, len(matching))] {
		lines = append(lines, one.ID+" "+one.Attributes.Activity.Statement)
	}
	return lines
}

func anewGroups(q query, matching []*api.Session) []string {
	groups := make(map[string]*api.GroupAttributes)
	for _, one := range matching {
		q.grouping.Each(one, 0, (*store)(nil).Fingerprint, func(values []string) {
			key := strings.Join(values, "\x00")
			g := groups[key]
			if g == nil {
				g = &api.GroupAttributes{Values: slices.Clone(values)}
				groups[key] = g
			}
			g.Sessions++
			for _, is := range []struct {
				n     *int
				words []string
			}{
				{&g.Running, []string{lang.StateRunning}},
				{&g.Trx, []string{lang.StateTrx}},
				{&g.Long, []string{lang.StateLong, lang.StateTrxLong}},
				{&g.Pending, []string{lang.StatePending}},
			} {
				if slices.ContainsFunc(is.words, func(word string) bool { return lang.Is(one, word, 0) }) {
					*is.n++
				}
			}
			since := one.Attributes.Activity.SinceAt
			if g.Oldest == "" || since < g.Oldest || since == g.Oldest && number(one.ID) < number(g.Example) {
				g.Oldest, g.Example = since, one.ID
			}
		})
	}
	var list []*api.GroupAttributes
	for _, g := range groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *api.GroupAttributes) int {
		if a.Sessions != b.Sessions {
			return b.Sessions - a.Sessions
		}
		if a.Oldest != b.Oldest {
			return strings.Compare(string(a.Oldest), string(b.Oldest))
		}
		if a.Example != b.Example {
			return int(number(a.Example)) - int(number(b.Example))
		}
		return slices.Compare(a.Values, b.Values)
	})
	lines := []string{fmt.Sprintf("%d/%d %+v", len(list), len(matching), api.Summary{})}
	for _, g := range list {
		lines = append(lines, fmt.Sprintf("%+v", *g))
	}
	return lines
}

// Ensure that a light session says all that a session says but for what is left
// out on purpose: a new field has to be put in light.go, or here.
func TestLight(t *testing.T) {
	left := []string{
		"Connected", "IOActivity", "Thread", "DefaultDatabase", "Queries", "Log", "Chain", "LogLines", "Events", "IOHistory", "Pins",
		"Client.SescmdHistoryLen", "Client.SescmdHistoryStoredReplies", "Client.SescmdHistoryStoredMetadata",
		"Memory.ConnectionBuffers", "Memory.ExecMetadata", "Memory.LastQueries", "Memory.SescmdHistory", "Memory.Variables",
	}
	var full api.Session
	fill(reflect.ValueOf(&full).Elem())
	full.Links, full.Relationships = nil, api.Relationships{"services": {Data: []api.Reference{{ID: "s", Type: "services"}}}}
	var got api.Session
	if err := json.Unmarshal(encode((*light)(&full).resource()), &got); err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		v := reflect.ValueOf(&full.Attributes).Elem()
		for name := range strings.SplitSeq(path, ".") {
			v = v.FieldByName(name)
		}
		v.SetZero()
	}
	if diff := cmp.Diff(full, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var zero api.Session
	if text := string(encode((*light)(&zero).resource())); len(text) > 200 {
		t.Errorf("a session of which there is nothing to say takes %d bytes: %s", len(text), text)
	}
}

// Ensure that what is kept of a session is all of its light form.
func TestKept(t *testing.T) {
	var full api.Session
	fill(reflect.ValueOf(&full).Elem())
	full.Links = nil
	for _, is := range []api.Session{full, {ID: "3"}} {
		s := newSession(3, &is, time.Time{}, time.Now())
		want := (*light)(&is).resource()
		want.Type = api.TopicSessions
		if diff := cmp.Diff(string(encode(want)), string(s.resource())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// Ensure that every difference between two states of a session in its light form is
// seen, but for clocks.
func TestKeptSame(t *testing.T) {
	clocks := []string{"Attributes.SecondsAlive", "Attributes.Idle", "Attributes.Activity.InState", "Attributes.Activity.TrxSeconds"}
	a, b := api.Session{ID: "3"}, api.Session{ID: "3"}
	said := func(s api.Session) string {
		for _, clock := range clocks {
			at(&s, clock).SetZero()
		}
		return string(encode((*light)(&s).resource()))
	}
	walk(reflect.ValueOf(&b).Elem(), "", func(path string, v reflect.Value) {
		if path == "ID" || path == "Type" {
			return
		}
		fill(v)
		x, y := keep(&a), keep(&b)
		if got, want := x.same(&y), said(a) == said(b); got != want {
			t.Errorf("%s: got same %v, want %v", path, got, want)
		}
		v.SetZero()
	})
}

// at returns a field of a session.
func at(s *api.Session, path string) reflect.Value {
	v := reflect.ValueOf(s).Elem()
	for name := range strings.SplitSeq(path, ".") {
		v = v.FieldByName(name)
	}
	return v
}

// walk calls check with every field of a structure, whatever its depth.
func walk(v reflect.Value, path string, check func(path string, v reflect.Value)) {
	if v.Kind() != reflect.Struct {
		check(path, v)
		return
	}
	for i := range v.NumField() {
		walk(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), check)
	}
}

// fill sets every field to something.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint64:
		v.SetUint(4)
	case reflect.Float64:
		v.SetFloat(5)
	}
}

// Ensure that every difference between two states of a session is seen, but for
// clocks.
func TestSame(t *testing.T) {
	clocks := []string{"Attributes.SecondsAlive", "Attributes.Idle", "Attributes.Activity.InState", "Attributes.Activity.TrxSeconds"}
	var a, b api.Session
	walk(reflect.ValueOf(&b).Elem(), "", func(path string, v reflect.Value) {
		fill(v)
		if got, want := same(&a, &b), slices.Contains(clocks, path); got != want {
			t.Errorf("%s: got same %v, want %v", path, got, want)
		}
		v.SetZero()
	})
}

// Ensure that the first reading of all sessions leaves the hub its other work,
// and that nothing is shown before its end.
func TestLoadInPieces(t *testing.T) {
	s := newStore()
	n := 8 * loadPart * runtime.GOMAXPROCS(0)
	for id := range uint64(n) {
		s.sessions[id+1] = idle(id+1, "app")
	}
	s.slow = loadFor / 10
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{Source: s})
		s.Watch(h.changes.add)
		first, second, third := newClient(Principal{}, nil), newClient(Principal{}, nil), newClient(Principal{}, nil)
		subscribe := func(c *Client, ask api.Subscribe) {
			q, err := parseQuery(ask)
			if err != nil {
				t.Fatal(err)
			}
			h.subscribe(c, "v", q)
		}
		s.trickle(idle(9, "app"), after(time.Hour, 5))
		subscribe(first, api.Subscribe{Topic: api.TopicSessions, Limit: 1})
		subscribe(second, api.Subscribe{Topic: api.TopicGroups, Group: "user"})
		subscribe(third, api.Subscribe{Topic: api.TopicSessions, Sort: "-io", Limit: 1})
		pieces := 0
		for h.tables.loading() != nil {
			if len(first.box.ready)+len(second.box.ready)+len(third.box.ready) > 0 {
				t.Fatal("something is shown before all is known")
			}
			switch pieces++; pieces {
			case 1:
				s.end(uint64(n))
				s.end(1)
				s.set(idle(uint64(n+1), "new"), true) // came meanwhile
				s.set(idle(2, "another"), true)       // changed
				h.round(true)
			case 2:
				h.unsubscribe(second, "v")
				subscribe(second, api.Subscribe{Topic: api.TopicGroups, Group: "user,schema"})
			}
			h.load()
		}
		if pieces < 5 {
			t.Errorf("got %d pieces, want several", pieces)
		}
		wantFrame(t, decode(t, first.box.take().frame), fmt.Sprintf("snapshot v 1: %d/%d ids 2 +2 idle", n-1, n-1))
		f := decode(t, second.box.take().frame)
		if f.Total != 3 || f.All != n-1 || len(f.Upserts) != 3 || !strings.Contains(string(f.Upserts[0]), fmt.Sprintf(`"values":["app","shop"],"sessions":%d`, n-3)) {
			t.Errorf("got %+v", f)
		}
		wantFrame(t, decode(t, third.box.take().frame), fmt.Sprintf("snapshot v 1: %d/%d ids 2 +2 idle", n-1, n-1))
		time.Sleep(time.Hour)
		h.round(true)
		wantFrame(t, decode(t, third.box.take().frame), fmt.Sprintf("patch v 2: %d/%d ids 9 +9 idle -2", n-1, n-1))
	})
}

func TestJobs(t *testing.T) {
	job := func(id string, done int) Object {
		return Object{ID: id, Resource: api.Job{ID: id, Type: "jobs", Attributes: api.JobAttributes{Counts: api.JobCount{Done: done}}}}
	}
	bubble(t, 0, func(t *testing.T, h *Hub, s *store) {
		s.setObjects(api.TopicJob, job("7", 1), job("6", 0))
		s.setObjects(api.TopicJobs, job("7", 1), job("6", 0))
		c := newClient(Principal{}, nil)
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "all", Topic: api.TopicJobs})
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "one", Topic: api.TopicJob, ID: "7"})
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "none", Topic: api.TopicJob, ID: "99"})
		if got := frames(t, h, c); len(got) != 3 || got[1].IDs[0] != "7" || got[2].Total != 0 {
			t.Fatalf("got %+v", got)
		}
		s.setObjects(api.TopicJob, job("8", 0), job("7", 2), job("6", 0))
		s.setObjects(api.TopicJobs, job("8", 0), job("7", 2), job("6", 0))
		s.tell(Change{Topic: api.TopicJobs, ID: "7"})
		time.Sleep(roundEvery)
		got := frames(t, h, c)
		if len(got) != 2 {
			t.Fatalf("got %d frames, want one of each view: %+v", len(got), got)
		}
		for _, f := range got {
			if want := map[string]int{"all": 2, "one": 1}[f.View]; len(f.Upserts) != want {
				t.Errorf("%s: got %d jobs, want %d: those that have not changed stay", f.View, len(f.Upserts), want)
			}
			if f.View == "all" {
				if diff := cmp.Diff([]string{"8", "7", "6"}, f.IDs); diff != "" {
					t.Error(diff)
				}
			}
		}
	})
}
