package mariadbmon

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// This file has several monitors of the same servers agree on the one that may
// change them: the one that holds the locks of most servers.

// The names of the locks are MaxScale's, so that its monitors take part.
const (
	serverLock  = "maxscale_mariadbmonitor"        // of the monitor that may change servers
	primaryLock = "maxscale_mariadbmonitor_master" // the same, on what it takes for the primary
)

// lock says whose a lock is. The zero value is not known.
type lock struct {
	known bool
	owner int64 // thread id, 0 for nobody's
	ours  bool
}

func (l lock) free() bool { return l.known && l.owner == 0 }

// locks are the locks of one server.
type locks struct{ server, primary lock }

// marked reports whether another monitor, the one that may change servers, takes
// the server for the primary.
func (l locks) marked() bool {
	return l.primary.known && l.primary.owner != 0 && !l.primary.ours && l.primary.owner == l.server.owner
}

// cooperation is what a monitor knows of the locks. Its zero value is for one that
// does without.
type cooperation struct {
	mode string // of cooperative_monitoring_locks; "none" and "" for none
	stay time.Duration

	owns bool      // it has the locks of most servers
	next time.Time // no attempt to get them before
}

func (c *cooperation) on() bool { return c.mode != "" && c.mode != "none" }

// lockWait is how long a server keeps the locks of a monitor of which it hears
// nothing, at least.
const lockWait = time.Minute

// releasePause is how long a monitor that was told to release the locks leaves
// them to others.
const releasePause = time.Minute

// readLocks asks whose the locks of the server are.
func (p *prober) readLocks(ctx context.Context, conn *sql.Conn) {
	p.locks = locks{}
	rows, err := p.query(ctx, conn, p.timeouts.read, fmt.Sprintf("SELECT CONNECTION_ID() AS self, IS_USED_LOCK('%s') AS one, IS_USED_LOCK('%s') AS two", serverLock, primaryLock))
	if err != nil || len(rows) != 1 {
		return
	}
	self := number(rows[0]["self"].String, -1)
	read := func(column string) lock {
		owner := number(rows[0][column].String, 0)
		return lock{known: true, owner: owner, ours: owner == self}
	}
	p.locks = locks{read("one"), read("two")}
}

// get takes a lock if it is free. The server ends the connection, and with it the
// lock, when it hears nothing for the time stay.
func (p *prober) get(ctx context.Context, name string, stay time.Duration) bool {
	return p.ask(ctx, fmt.Sprintf("SET STATEMENT max_statement_time=5 FOR SELECT GET_LOCK('%s', 0) AS done", name),
		fmt.Sprintf("SET SESSION wait_timeout=%d", int64(stay/time.Second)))
}

func (p *prober) release(ctx context.Context, name string) bool {
	return p.ask(ctx, fmt.Sprintf("SELECT RELEASE_LOCK('%s') AS done", name))
}

// ask runs statements and then a query of the value done, on the connection that
// the prober keeps.
func (p *prober) ask(ctx context.Context, query string, before ...string) bool {
	conn, err := p.connect(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	for _, statement := range before {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return false
		}
	}
	rows, err := p.query(ctx, conn, p.timeouts.read, query)
	return err == nil && len(rows) == 1 && rows[0]["done"].String == "1"
}

// cooperate finds out whether the monitor holds the locks of most servers, and
// tries to when it can. Those of too few are given back.
func (m *Monitor) cooperate(ctx context.Context, now time.Time, nodes []node, probers []*prober) {
	c := &m.cooperation
	if !c.on() {
		return
	}
	held, running := 0, 0
	var free []*prober
	for i, p := range probers {
		if !nodes[i].running {
			continue
		}
		running++
		switch {
		case p.locks.server.ours:
			held++
		case p.locks.server.free():
			free = append(free, p)
		}
	}
	needed := len(nodes)/2 + 1
	if c.mode == "majority_of_running" {
		needed = running/2 + 1
	}
	// One that has the majority takes what it lacks at once; others wait a while,
	// each for another time, so that they do not all try together.
	if len(free) > 0 && held+len(free) >= needed && (c.owns || !now.Before(c.next)) {
		c.next = now.Add(m.interval * time.Duration(5+rand.IntN(4)))
		held += takeLocks(ctx, free, c.stay)
	}
	owns := held >= needed && held > 0
	if owns != c.owns {
		c.owns = owns
		m.pause = m.settings.failcount // the others must notice too
		if owns {
			m.news = append(m.news, news{engine.LevelNotice, "acquired the locks of a majority of its servers: it may change them"})
		} else {
			m.news = append(m.news, news{slog.LevelWarn, "lost the locks of a majority of its servers: it may not change them"})
		}
	}
	if owns {
		return
	}
	for i, p := range probers {
		if p != nil {
			p.giveBack(ctx)
			nodes[i].unmarked = !p.locks.marked()
		}
	}
}

// news is a line for the log.
type news struct {
	level slog.Level
	text  string
}

// takeLocks takes the locks of servers, of all at the same time, and returns of
// how many.
func takeLocks(ctx context.Context, probers []*prober, stay time.Duration) (taken int) {
	var wg sync.WaitGroup
	for _, p := range probers {
		wg.Go(func() { p.locks.server.ours = p.get(ctx, serverLock, stay) })
	}
	wg.Wait()
	for _, p := range probers {
		if p.locks.server.ours {
			taken++
		}
	}
	return taken
}

// giveBack releases the locks of a server that are the monitor's.
func (p *prober) giveBack(ctx context.Context) {
	if p.locks.server.ours && p.release(ctx, serverLock) {
		p.locks.server = lock{known: true}
	}
	if p.locks.primary.ours && p.release(ctx, primaryLock) {
		p.locks.primary = lock{known: true}
	}
}

// mark has the primary, and no other server, hold the lock that tells other
// monitors which one it is.
func (m *Monitor) mark(ctx context.Context, primary int, probers []*prober) {
	if !m.cooperation.owns {
		return
	}
	for i, p := range probers {
		switch {
		case p == nil:
		case i != primary && p.locks.primary.ours:
			if p.release(ctx, primaryLock) {
				p.locks.primary = lock{known: true}
			}
		case i == primary && p.locks.primary.free():
			p.locks.primary.ours = p.get(ctx, primaryLock, m.cooperation.stay)
		}
	}
}

// Owner reports whether the monitor may change servers, of several that cooperate.
func (m *Monitor) Owner() (owns, cooperates bool) { return m.cooperation.owns, m.cooperation.on() }

// releaseLocks gives the locks back and leaves them to others for a while.
func releaseLocks(o *operation) error {
	if !o.cooperation.on() {
		return refusef("Server locks are not in use (cooperative_monitoring_locks), cannot release them.")
	}
	for _, p := range o.probers {
		p.giveBack(o.ctx)
	}
	o.cooperation.owns, o.cooperation.next = false, time.Now().Add(releasePause)
	o.logf("released all locks; they are left to other monitors for %v", releasePause)
	return nil
}
