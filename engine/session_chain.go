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
	head   *link   // where a query enters
	links  []*link // of the filters, in order
	router *routerEnd

	altered bool // set for this session, not taken from its service
}

// routerEnd is the last handler of a chain. The filters hold on to it while the
// router session behind it is replaced by a restart.
type routerEnd struct{ RouterSession }

// filterNames returns the names of the chain's filters in order.
func (c *chain) filterNames() []string {
	names := make([]string, len(c.links))
	for i, l := range c.links {
		names[i] = l.object.Name
	}
	return names
}

// closeFilters closes the filter sessions, first to last.
func (c *chain) closeFilters() {
	for _, l := range c.links {
		_ = l.closer()
	}
	c.links = nil
}

func (c *chain) close() {
	c.closeFilters()
	if c.router.RouterSession != nil {
		_ = c.router.Close()
	}
}

// openFilters opens filter sessions for names in front of end: all or none.
func (s *Session) openFilters(names []string, end *routerEnd) (*chain, error) {
	c := &chain{router: end, links: make([]*link, len(names))}
	last := &link{handler: end}
	c.head = last
	for i := len(names) - 1; i >= 0; i-- {
		object, err := s.engine.filters.get(names[i])
		if err != nil {
			c.links = c.links[i+1:]
			c.closeFilters()
			return nil, Errorf(Invalid, "'%s' is not a filter; configured filters: %s", names[i], strings.Join(s.engine.filters.names(), ", "))
		}
		l := &link{object: object.object, next: c.head}
		c.head.prev = l
		var session FilterSession
		err = s.guarded(func() error {
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
	chain     *chain
	filters   []string // of chain
	by        string   // who asked for the chain
	restart   bool
	from      string // who asked for the restart
	since     time.Time
	failed    string // why the last restart failed
	kill      *pendingKill
	ended     error // why the session ends; nil while it lives
	finishing bool  // serve has begun to close everything
	helpers   int   // goroutines that stop statements
	quiet     chan struct{}
}

// waits reports whether something is left for the idle point.
func (w *wishes) waits() bool {
	return w.chain != nil || w.restart || (w.kill != nil && w.kill.info.Idle) || w.ended != nil
}

// Alteration is a change of a session that is made as a whole or not at all.
type Alteration struct {
	By        string
	Filters   *[]string       // the whole new chain in order
	LogLevels map[string]bool // log_error, log_warning, log_notice, log_info, log_debug
}

// Alter changes the session. Log levels are in effect at once; a new chain is
// opened at once and put into effect at the first idle point outside a
// transaction, until when it is visible as pending. Alter replaces a chain that
// is still waiting. An error means that nothing was changed.
func (s *Session) Alter(a Alteration) error {
	if err := s.log.check(a.LogLevels); err != nil {
		return err
	}
	var next *chain
	if a.Filters != nil {
		var err error
		if next, err = s.openFilters(*a.Filters, s.routerEnd()); err != nil {
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
		s.log.apply(a.LogLevels)
		s.eventLocked("log_level", s.log.describe(a.LogLevels), a.By)
	}
	var replaced *chain
	if next != nil {
		replaced, s.work.chain = s.work.chain, next
		s.work.filters, s.work.by = slices.Clone(*a.Filters), a.By
		s.work.since = time.Now()
		s.eventLocked("filters_requested", chainText(*a.Filters), a.By)
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
// on the new backends. When the new ones cannot be opened the old ones stay.
func (s *Session) Restart(by string) error {
	s.mu.Lock()
	if s.work.ended != nil || s.seen.state != SessionStarted {
		s.mu.Unlock()
		return Errorf(NotFound, "session %d has ended", s.id)
	}
	s.work.restart, s.work.from, s.work.since = true, by, time.Now()
	s.eventLocked("restart_requested", "", by)
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
	s.eventLocked("filters_cancelled", "", by)
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
	s.eventLocked("restart_cancelled", "", by)
	s.mu.Unlock()
	s.notable()
	return nil
}

// wakeLocked makes serve look at the wishes if it waits for a command.
func (s *Session) wakeLocked() {
	if s.work.idle && !s.work.woken {
		s.work.woken = true
		_ = s.client.NetConn().SetReadDeadline(time.Unix(1, 0))
	}
}

// routerEnd returns the last handler of the chain, nil before there is one.
func (s *Session) routerEnd() *routerEnd {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	return s.run.router
}

// idlePoint is where serve stands between two commands: nothing is in flight.
// It grants the wishes that may be granted now, and declares the session idle.
func (s *Session) idlePoint() error {
	for {
		s.mu.Lock()
		if s.work.woken {
			s.work.woken = false
			_ = s.client.NetConn().SetReadDeadline(time.Time{})
		}
		if s.work.ended != nil {
			defer s.mu.Unlock()
			return s.work.ended
		}
		outside := !s.seen.activity.trx
		switch {
		case outside && s.work.kill != nil && s.work.kill.info.Idle:
			s.mu.Unlock()
			return s.killNow()
		case outside && s.work.chain != nil:
			s.installLocked()
		case outside && s.work.restart && len(s.client.Unread()) == 0:
			s.work.restart = false
			by := s.work.from
			s.mu.Unlock()
			s.restart(by)
		default:
			s.work.idle = true
			s.mu.Unlock()
			return nil
		}
	}
}

// installLocked puts the waiting chain into effect, and unlocks mu.
func (s *Session) installLocked() {
	next, names, by := s.work.chain, s.work.filters, s.work.by
	s.work.chain, s.work.filters = nil, nil
	old := s.run
	next.altered = true
	s.run = next
	s.eventLocked("filters", chainText(names), by)
	s.mu.Unlock()
	old.closeFilters()
	s.Logf(LevelNotice, "filters are now: %s", chainText(names))
	s.notable()
}

// restart replaces the router session with its backends and the filter
// sessions by new ones. A chain that was set for this session is kept, any
// other is the service's present one. The old ones stay when that fails.
func (s *Session) restart(by string) {
	ctx, cancel := context.WithTimeout(s.ctx, s.service.connectTimeout())
	defer cancel()
	names := s.service.filters
	if s.run.altered {
		names = s.run.filterNames()
	}
	next, err := s.reopenChain(ctx, names)
	s.mu.Lock()
	if err != nil {
		s.work.failed = err.Error()
		s.eventLocked("restart_failed", err.Error(), by)
		s.mu.Unlock()
		s.Logf(slog.LevelError, "restart: %v; the session goes on as it was", err)
		s.notable()
		return
	}
	next.altered = s.run.altered
	old := s.run
	s.work.failed = ""
	s.run = next
	s.eventLocked("restart", chainText(names), by)
	s.mu.Unlock()
	old.closeFilters()
	s.Logf(LevelNotice, "restarted")
	s.notable()
}

// reopenChain opens a new router session behind the present routerEnd, to which
// a waiting chain may hold on, and filter sessions in front of it.
func (s *Session) reopenChain(ctx context.Context, names []string) (*chain, error) {
	router, err := s.service.router.NewSession(ctx, s)
	if err != nil {
		return nil, err
	}
	end := s.run.router
	next, err := s.openFilters(names, end)
	if err != nil {
		_ = router.Close()
		return nil, err
	}
	old := end.RouterSession
	end.RouterSession = router
	_ = old.Close()
	return next, nil
}

// openChain opens a router session and the filters names in front of it.
func (s *Session) openChain(ctx context.Context, names []string) (*chain, error) {
	router, err := s.service.router.NewSession(ctx, s)
	if err != nil {
		return nil, err
	}
	c, err := s.openFilters(names, &routerEnd{router})
	if err != nil {
		_ = router.Close()
		return nil, err
	}
	return c, nil
}

func chainText(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " → ")
}
