package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
)

// This file does to the sessions and servers of TestSoak what operators and
// accidents do. Each deed says how many clients it may cost a statement; all
// others must not notice.

// disturb does something each second: to four sessions, and by turns to a service
// or a server.
func (s *soak) disturb(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	r := rand.New(rand.NewPCG(3, 4))
	for second := 1; ; second++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, deed := range []string{"kill", "filters", "restart", "backend"} {
			s.toSession(deed, r)
		}
		turns := [...]string{"chain", "maintenance", "pause", "drain", "statement"}
		deed := turns[second%len(turns)]
		switch second % 60 {
		case 15:
			deed = "hang"
		case 30:
			deed = "switchover"
		case 59:
			deed = "crash"
		}
		if deed == "statement" {
			s.toSession(deed, r)
		} else {
			s.toServers(ctx, deed, r)
		}
	}
}

// toSession does something to one of the sessions, for which it may come too
// late.
func (s *soak) toSession(deed string, r *rand.Rand) {
	sessions := s.Sessions()
	if len(sessions) == 0 {
		return
	}
	s.changes[deed]++
	victim := sessions[r.IntN(len(sessions))]
	switch deed {
	case "kill":
		s.blame.Add(1)
		_ = victim.Kill(engine.KillOptions{By: "soak", Reason: "soak"})
	case "filters":
		_ = victim.SetFilters(someChain(r)...)
	case "restart":
		_ = victim.Restart("soak")
	case "statement":
		s.blame.Add(1)
		_ = victim.CancelStatement("soak")
	case "backend": // as an administrator of the server does
		backends := victim.Info().Backends
		if len(backends) == 0 {
			return
		}
		b := backends[r.IntN(len(backends))]
		s.blame.Add(1)
		_, _ = s.root[b.Server].Exec(fmt.Sprint("KILL ", b.ConnectionID))
	}
}

func someChain(r *rand.Rand) []string {
	return [][]string{{"Hint"}, {"Rows"}, {"Rows", "Hint"}, {}}[r.IntN(4)]
}

// toServers does something to the service or to a server.
func (s *soak) toServers(ctx context.Context, deed string, r *rand.Rand) {
	s.changes[deed]++
	switch deed {
	case "chain": // with a restart of all sessions
		if err := s.SetServiceFilters("Split", someChain(r)); err != nil {
			s.t.Error(err)
		}
		for _, session := range s.Sessions() {
			_ = session.Restart("soak")
		}
	case "maintenance":
		s.rest(ctx, deed, func(server engine.ServerInfo) bool { return server.Connections == 0 })
	case "drain":
		s.rest(ctx, deed, func(engine.ServerInfo) bool { return true })
	case "pause":
		s.replica.Pause(s.t)
		<-time.After(300 * time.Millisecond)
		s.replica.Resume(s.t)
	case "hang": // longer than the monitor waits for an answer
		s.primary.Pause(s.t)
		<-time.After(3500 * time.Millisecond)
		s.primary.Resume(s.t)
	case "crash":
		s.blame.Add(clients) // results that are under way
		s.replica.Stop(s.t)
		s.replica.Start(s.t)
	case "switchover":
		s.switchover(ctx)
	}
}

// rest sets a state of the replica, waits until it has had its effect, and clears
// it.
func (s *soak) rest(ctx context.Context, state string, effect func(engine.ServerInfo) bool) {
	name := s.nameOf(s.replica)
	if err := engine.ChangeServerState(s.Engine, name, engine.ServerStateChange{State: state, By: "soak"}); err != nil {
		s.t.Error(err)
	}
	s.until(ctx, "server "+name+" to be left: "+state, func() bool {
		server, err := s.Server(name)
		return err == nil && effect(server)
	})
	if err := engine.ChangeServerState(s.Engine, name, engine.ServerStateChange{State: state, Clear: true, By: "soak"}); err != nil {
		s.t.Error(err)
	}
}

// switchover makes the replica the primary. Until every client has ended what it
// was at, writes may fail on a server that is not the primary any more.
func (s *soak) switchover(ctx context.Context) {
	demoted := func(err error) bool {
		e, ok := errors.AsType[*mysql.MySQLError](err)
		return ok && e.Number == 1290 // read-only
	}
	s.during.Store(&demoted)
	defer s.during.Store(nil)
	s.until(ctx, "a replica to switch over to", func() bool { return strings.Contains(s.states(), "Slave, Running") })
	_, err := engine.CallMonitor(ctx, s.Engine, engine.MonitorCall{Module: "mariadbmon", Command: "switchover", Args: []string{"Monitor", s.nameOf(s.replica)}})
	if err != nil {
		if ctx.Err() == nil {
			s.t.Error(err)
		}
		return
	}
	s.primary, s.replica = s.replica, s.primary
	s.until(ctx, "both servers to have their parts", func() bool {
		return strings.Contains(s.states(), "Master, Running") && strings.Contains(s.states(), "Slave, Running")
	})
	before := s.allSteps()
	s.until(ctx, "all clients to go on", func() bool {
		for i, n := range s.allSteps() {
			if n == before[i] {
				return false
			}
		}
		return true
	})
}

// until waits until a condition holds.
func (s *soak) until(ctx context.Context, what string, holds func() bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		case <-late.C:
			s.t.Errorf("waited too long for %s; the servers are %s", what, s.states())
			return
		}
	}
}

// states are those of the servers, in words.
func (s *soak) states() string {
	var states []string
	for _, server := range s.Servers() {
		states = append(states, server.State)
	}
	return strings.Join(states, " | ")
}
