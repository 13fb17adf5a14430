package engine

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// chain is a session's filter sessions in order and its router session behind
// them.
type chain struct {
	head    *link   // where a query enters
	links   []*link // of the filters, in order
	last    link    // the router's
	altered bool    // set for this session, not taken from its service
}

// routerEnd is the last handler of all chains of a session. The filters hold on to it
// while the router session behind it is replaced by a restart.
type routerEnd struct{ RouterSession }

// heir is a RouterSession that takes something over from the one whose place it
// takes, before that one is closed.
type heir interface {
	Inherit(from RouterSession)
}

// filterNames returns the names of the chain's filters in order.
func (c *chain) filterNames() []string {
	names := make([]string, len(c.links))
	for i, l := range c.links {
		names[i] = l.filter.object.Name
	}
	return names
}

// closeFilters closes the filter sessions, first to last. They stay in the chain:
// somebody may be looking at it.
func (c *chain) closeFilters() {
	for _, l := range c.links {
		_ = l.closer()
	}
}

// openFilters opens filter sessions for names in front of the session's router: all
// or none.
func openFilters(s *Session, names []string) (*chain, error) {
	c := &chain{links: make([]*link, len(names))}
	c.last.handler = &s.talk.router
	c.head = &c.last
	for i := len(names) - 1; i >= 0; i-- {
		object, err := s.engine.filters.get(names[i])
		if err != nil {
			c.links = c.links[i+1:]
			c.closeFilters()
			return nil, Errorf(Invalid, "'%s' is not a filter; configured filters: %s", names[i], strings.Join(s.engine.filters.names(), ", "))
		}
		l := &link{figures: &figures{filter: object}, next: c.head}
		c.head.prev = l
		var session FilterSession
		err = guarded(s, func() error {
			session, err = object.filter.NewSession(s, c.head)
			return err
		})
		if err != nil {
			c.links = c.links[i+1:]
			c.closeFilters()
			return nil, Errorf(Invalid, "filter '%s' refuses session %d: %w", names[i], s.id, err)
		}
		l.handler, l.closer = session, session.Close
		c.head, c.links[i] = l, l
	}
	return c, nil
}

// wishes is what others want of a session. Guarded by Session.mu.
type wishes struct {
	idle      bool // serve waits for a command; it may be woken by a deadline
	woken     bool // a deadline has been set to wake it
	rest      bool // the session is to rest
	rested    bool // it was asked to since its last statement
	resting   bool // it has no goroutine
	restart   bool
	share     bool  // connections are to be given to others
	keeps     bool  // they could not be since its last statement
	ping      bool  // backends that are idle for long are to be pinged
	finishing bool  // serve has begun to close everything: no more replies are written
	ended     error // why the session ends; nil while it lives
	chain     *chain
	kill      *pendingKill
	filters   []string // of chain
	by        string   // who asked for the chain
	from      string   // who asked for the restart
	since     time.Time
	failed    string        // why the last restart failed
	pinged    time.Duration // since the session's begin, until when no backend had to be pinged
	finished  chan struct{} // closed when serve has begun to close everything; nil unless somebody waits for it
}

// Alteration is a change of a session that is made as a whole or not at all.
type Alteration struct {
	By        string
	Filters   *[]string       // the whole new chain in order
	LogLevels map[string]bool // log_error, log_warning, log_notice, log_info, log_debug
	LogFor    time.Duration   // after which LogLevels go back to what they were; 0 for no end
}

// Alter changes the session. Log levels are in effect at once; those that are
// set without an end stay when others go back. A new chain is
// opened at once and put into effect at the first idle point outside a
// transaction, until when it is visible as pending. Alter replaces a chain that
// is still waiting. An error means that nothing was changed.
func (s *Session) Alter(a Alteration) error {
	if err := s.log.check(a.LogLevels); err != nil {
		return err
	}
	if a.LogFor < 0 || a.LogFor > 0 && len(a.LogLevels) == 0 {
		return Errorf(Invalid, "a time for log levels needs log levels, and must not be negative")
	}
	var next *chain
	if a.Filters != nil {
		s.mu.Lock()
		started := s.run != nil
		s.mu.Unlock()
		if !started {
			return Errorf(NotFound, "session %d has not started", s.id)
		}
		var err error
		if next, err = openFilters(s, *a.Filters); err != nil {
			return err
		}
	}
	s.mu.Lock()
	if s.work.ended != nil || s.seen.state != SessionStarted {
		s.mu.Unlock()
		if next != nil {
			next.closeFilters()
		}
		return Errorf(NotFound, "session %d has ended", s.id)
	}
	if len(a.LogLevels) > 0 {
		s.log.apply(a.LogLevels, a.LogFor, func(limit *logLimit) { expireLevels(s, limit) })
		what := s.log.describe(a.LogLevels)
		if a.LogFor > 0 {
			what += " for " + a.LogFor.String()
		}
		s.seen.timeline.note("log_level", what, a.By)
	}
	var replaced *chain
	if next != nil {
		replaced, s.work.chain = s.work.chain, next
		s.work.filters, s.work.by = slices.Clone(*a.Filters), a.By
		s.work.since = time.Now()
		s.seen.timeline.note("filters_requested", chainText(*a.Filters), a.By)
		s.wakeLocked()
	}
	s.mu.Unlock()
	if replaced != nil {
		replaced.closeFilters()
	}
	s.notable()
	return nil
}

// SetFilters replaces the session's chain; see Alter.
func (s *Session) SetFilters(names ...string) error {
	return s.Alter(Alteration{Filters: &names})
}

// Restart opens the session's router and the service's present filters anew, at
// the first idle point outside a transaction; until then it is pending. The
// client keeps its connection, its id and its session state, which is replayed
// on the new backends. When the new ones cannot be opened the old
// ones stay. A session that shares its connections is refused.
func (s *Session) Restart(by string) error {
	s.mu.Lock()
	if s.work.ended != nil || s.seen.state != SessionStarted {
		s.mu.Unlock()
		return Errorf(NotFound, "session %d has ended", s.id)
	}
	if s.talk.sharing.on() {
		s.mu.Unlock()
		return Errorf(Invalid, "session %d shares its connections and cannot be restarted: idle_session_pool_time of service %s is %v; end it instead, its client may connect again",
			s.id, s.service.Name(), s.talk.sharing.after)
	}
	s.work.restart, s.work.from, s.work.since = true, by, time.Now()
	s.seen.timeline.note("restart_requested", "", by)
	s.wakeLocked()
	s.mu.Unlock()
	s.notable()
	return nil
}

// CancelFilters takes back a chain that still waits; the error is NotFound when
// none does.
func (s *Session) CancelFilters(by string) error {
	s.mu.Lock()
	waiting := s.work.chain
	if waiting == nil {
		s.mu.Unlock()
		return Errorf(NotFound, "session %d has no pending filters", s.id)
	}
	s.work.chain, s.work.filters = nil, nil
	s.seen.timeline.note("filters_cancelled", "", by)
	s.mu.Unlock()
	waiting.closeFilters()
	s.notable()
	return nil
}

// CancelRestart takes back a restart that still waits; the error is NotFound
// when none does.
func (s *Session) CancelRestart(by string) error {
	s.mu.Lock()
	if !s.work.restart {
		s.mu.Unlock()
		return Errorf(NotFound, "session %d has no pending restart", s.id)
	}
	s.work.restart = false
	s.seen.timeline.note("restart_cancelled", "", by)
	s.mu.Unlock()
	s.notable()
	return nil
}

// wakeLocked makes serve look at the wishes if it waits for a command.
func (s *Session) wakeLocked() {
	switch {
	case s.work.resting:
		rise(s)
	case s.work.idle && !s.work.woken:
		s.work.woken = true
		_ = s.client.NetConn().SetReadDeadline(time.Unix(1, 0))
	}
}

// idlePoint is where serve stands between two commands: nothing is in flight.
// It grants the wishes that may be granted now, and declares the session idle.
func (c *conversation) idlePoint() error {
	for {
		c.mu.Lock()
		if c.work.woken {
			c.work.woken = false
			_ = c.client.NetConn().SetReadDeadline(time.Time{})
		}
		if c.work.ended != nil {
			defer c.mu.Unlock()
			return c.work.ended
		}
		outside := !c.seen.activity.trx
		switch {
		case outside && c.work.kill != nil && c.work.kill.info.Idle:
			c.mu.Unlock()
			return c.killNow()
		case outside && c.work.chain != nil:
			c.installLocked()
		case outside && c.work.restart && len(c.client.Unread()) == 0:
			c.work.restart = false
			by := c.work.from
			c.mu.Unlock()
			c.restart(by)
		case c.work.ping:
			c.mu.Unlock()
			keepAlive(c)
			if err := bereft(c); err != nil {
				return err
			}
		case c.sharesNow(outside):
			c.mu.Unlock()
			share(c)
		case c.work.rest && len(c.client.Unread()) == 0 && layDown(c):
			c.mu.Unlock()
			return errRest
		default:
			c.work.idle = true
			c.mu.Unlock()
			return nil
		}
	}
}

// installLocked puts the waiting chain into effect, and unlocks mu.
func (c *conversation) installLocked() {
	next, names, by := c.work.chain, c.work.filters, c.work.by
	c.work.chain, c.work.filters = nil, nil
	old := c.run
	next.altered = true
	take(c, next)
	c.seen.timeline.note("filters", chainText(names), by)
	c.mu.Unlock()
	old.closeFilters()
	c.Logf(LevelNotice, "filters are now: %s", chainText(names))
	c.notable()
}

// take makes next the chain in effect. The caller holds mu.
func take(c *conversation, next *chain) {
	c.run = next
	c.near.Put(nearChain, next)
}

// restart replaces the router session with its backends and the filter
// sessions by new ones. A chain that was set for this session is kept, any
// other is the service's present one. The old ones stay when that fails.
func (c *conversation) restart(by string) {
	ctx, cancel := context.WithTimeout(c.ctx, connectTimeout)
	defer cancel()
	names := c.service.Filters()
	if c.run.altered {
		names = c.run.filterNames()
	}
	next, err := c.openChain(ctx, names)
	c.mu.Lock()
	if err != nil {
		c.work.failed = err.Error()
		c.seen.timeline.note("restart_failed", err.Error(), by)
		forbidden := c.seen.forbidden()
		c.mu.Unlock()
		if forbidden != nil {
			c.end(errMaintenance(forbidden, by))
			return
		}
		c.Logf(slog.LevelError, "restart: %v; the session goes on as it was", err)
		c.notable()
		return
	}
	next.altered = c.run.altered
	old := c.run
	c.work.failed = ""
	take(c, next)
	c.seen.timeline.note("restart", chainText(names), by)
	c.mu.Unlock()
	old.closeFilters()
	c.Logf(LevelNotice, "restarted")
	c.notable()
}

// openChain opens a router session, which takes the place of the present one behind
// the routerEnd to which a waiting chain may hold on, and the filters names in front
// of it. When it fails all is as it was.
func (c *conversation) openChain(ctx context.Context, names []string) (*chain, error) {
	router, err := c.service.router.NewSession(ctx, c.Session)
	if err != nil {
		return nil, err
	}
	next, err := openFilters(c.Session, names)
	if err != nil {
		_ = router.Close()
		return nil, err
	}
	old := c.router.RouterSession
	c.router.RouterSession = router
	c.near.Put(nearRouter, router)
	if old != nil {
		if h, ok := router.(heir); ok {
			h.Inherit(old)
		}
		_ = old.Close()
	}
	return next, nil
}

// closeChain closes the filter sessions of a chain and the router session.
func closeChain(c *conversation, chain *chain) {
	chain.closeFilters()
	_ = c.router.Close()
}

func chainText(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " → ")
}
