package push

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
)

// The size of the table in BenchmarkRound, and how much of it changes between
// two rounds: 5 % a second.
const (
	benchSessions = 100_000
	benchChanges  = benchSessions / 20 / 2
)

// filled returns a source of many sessions of ten users, most of them idle.
func filled(sessions int) *store {
	s := newStore()
	for id := range uint64(sessions) {
		one := idle(id+1, fmt.Sprint("app", id%10))
		one.Attributes.ConnectedAt = stamp(time.Now().Add(-time.Duration(id) * time.Millisecond))
		one.Attributes.SecondsAlive = float64(id) / 1000
		if id%100 == 0 {
			one = running(one, "SELECT SLEEP(30)")
		}
		s.sessions[id+1] = one
	}
	return s
}

// BenchmarkRound measures a round in which 2,500 of 100,000 sessions have
// changed, for the source alone and for one view beside it.
func BenchmarkRound(b *testing.B) {
	for _, bench := range []struct {
		name string
		ask  api.Subscribe
	}{
		{"none", api.Subscribe{Filter: "user:nobody"}},
		{"cheap-filter", api.Subscribe{Filter: "user:app1"}},
		{"clocked-filter", api.Subscribe{Filter: "age>50s"}},
		{"by-state", api.Subscribe{Sort: "-state"}},
		{"by-idle", api.Subscribe{Sort: "-idle,user"}},
		{"groups", api.Subscribe{Topic: api.TopicGroups, Group: "user,fingerprint"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := filled(benchSessions)
			h := New(Options{Source: s})
			s.Watch(h.changes.add)
			c := newClient(Principal{}, nil)
			if bench.ask.Topic == "" {
				bench.ask.Topic, bench.ask.Limit = api.TopicSessions, 60
			}
			q, err := parseQuery(bench.ask)
			if err != nil {
				b.Fatal(err)
			}
			h.subscribe(c, "table", q)
			for h.tables.sessions != nil && !h.tables.sessions.loaded() {
				h.load()
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for range benchChanges {
					n++
					id := uint64(n*7919%benchSessions) + 1
					one := s.sessions[id]
					one.Attributes.Activity.Statements++
					if one.Attributes.Activity.State == "idle" {
						one = running(one, fmt.Sprint("SELECT ", n%50))
					} else {
						one.Attributes.Activity = api.Activity{State: "idle", SinceAt: stamp(time.Now()), Statements: uint64(n)}
					}
					s.set(one, false)
				}
				b.StartTimer()
				h.round(true)
				for next := c.box.take(); next != (item{}); next = c.box.take() {
				}
			}
		})
	}
}

// BenchmarkOpen measures the opening of a view of 100,000 sessions that are
// known already.
func BenchmarkOpen(b *testing.B) {
	s := filled(benchSessions)
	h := New(Options{Source: s})
	keep, c := newClient(Principal{}, nil), newClient(Principal{}, nil)
	for _, sort := range []string{"", "-state"} {
		q, err := parseQuery(api.Subscribe{Topic: api.TopicSessions, Sort: sort})
		if err != nil {
			b.Fatal(err)
		}
		if sort == "" {
			h.subscribe(keep, "table", q)
			for !h.tables.sessions.loaded() {
				h.load()
			}
			continue
		}
		b.ReportAllocs()
		for b.Loop() {
			h.subscribe(c, "table", q)
			h.unsubscribe(c, "table")
		}
	}
}

// BenchmarkFiftyViewers measures how long it takes from a change to its
// arrival at the last of 50 viewers over loopback.
func BenchmarkFiftyViewers(b *testing.B) {
	s := filled(1000)
	_, url := serve(b, Options{Source: s})
	ask := table
	ask.Limit = 40
	var arrived sync.WaitGroup
	var ended sync.WaitGroup
	for range 50 {
		conn := dial(b, url)
		next(b, conn)
		if err := conn.WriteJSON(ask); err != nil {
			b.Fatal(err)
		}
		next(b, conn)
		conn.SetReadDeadline(time.Time{})
		ended.Go(func() {
			for {
				var f api.Frame
				if conn.ReadJSON(&f) != nil {
					return
				}
				if f.Type == api.FramePatch {
					arrived.Done()
				}
			}
		})
		b.Cleanup(func() { conn.Close(); ended.Wait() })
	}
	n := 0
	for b.Loop() {
		n++
		arrived.Add(50)
		s.set(running(idle(1, "app"), fmt.Sprint("SELECT ", n)), true)
		arrived.Wait()
	}
}
