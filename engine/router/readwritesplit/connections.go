package readwritesplit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// connections are those of one session.
type connections struct {
	router   *router
	session  *engine.Session
	began    time.Time
	members  []member
	primary  *engine.Backend // one of the members, nil without a primary
	trx      *engine.Backend // that runs the open transaction
	last     *engine.Backend // that executed the last statement
	had      bool            // a primary has been connected to
	causal   *causal         // nil without causal_reads
	barred   map[*engine.Server]bar
	epoch    uint64    // of the servers' states, when tidy last looked
	tidied   time.Time // when that was
	now      time.Time // when the statement under way came
	unshared *unshared // nil without user variables that only a replica has
	first    [2]member // memory of members, where the router's other memory is
	bereft   error     // why the session is to end that has lost its primary, with master_failure_mode=fail_instantly
}

// unshared are user variables that one connection to a replica alone knows.
type unshared struct {
	on     *engine.Backend
	names  []string
	before *engine.Backend // that had variables of its own before, nil for none
}

// bar keeps a server from being connected to again for a while.
type bar struct {
	until time.Time
	cause error // of the last try
}

// member is an open connection.
type member struct {
	*engine.Backend
	server  *engine.Server // that it is connected to: to look for it touches no other memory
	selects uint32         // reads that it got
}

// How long a server is not tried again that could not be connected to, and one
// that is not like the others.
const (
	barUnreachable = time.Second
	barUnlike      = 24 * time.Hour
)

// Settle reports whether no connection knows anything that the router still needs:
// where the last write of the session is, it asks now.
func (c *connections) Settle() bool {
	return c.trx == nil && (c.causal == nil || c.causal.ask == nil || c.causal.askPosition())
}

// connect opens a connection to server. One that fails is not tried again for a
// while.
func (c *connections) connect(ctx context.Context, server *engine.Server) (*engine.Backend, error) {
	b, err := c.session.Connect(ctx, server)
	if err != nil {
		wait := barUnreachable
		if !engine.Unreachable(err) {
			wait = barUnlike
		}
		if c.barred == nil {
			c.barred = make(map[*engine.Server]bar)
		}
		c.barred[server] = bar{time.Now().Add(wait), err}
		return nil, err
	}
	if c.members == nil {
		c.members = c.first[:0]
	}
	c.members = append(c.members, member{Backend: b, server: server})
	c.router.figures.servers.Of(server).Opened()
	if server.Primary() {
		c.follow(b)
	}
	return b, nil
}

// follow makes b the connection to the primary. With master_failure_mode=fail_instantly
// the session ends as soon as it is lost, whatever goes on then.
func (c *connections) follow(b *engine.Backend) {
	c.primary, c.had = b, true
	if c.router.options.failure == "fail_instantly" {
		engine.EndWith(b, c.router.lostPrimary(b))
	}
}

// lose drops a connection that has failed.
func (c *connections) lose(b *engine.Backend) {
	if b == c.primary && c.router.options.failure == "fail_instantly" && !engine.Parked(b) {
		c.bereft = c.router.lostPrimary(b)
	}
	c.drop(b)
}

// isBarred reports whether a server is not to be connected to at the moment.
func (c *connections) isBarred(server *engine.Server) bool { return c.barredFor(server) > 0 }

// barredFor returns how long a server is not to be connected to.
func (c *connections) barredFor(server *engine.Server) time.Duration {
	if b, barred := c.barred[server]; barred {
		return time.Until(b.until)
	}
	return 0
}

// to returns the open connection to server, nil when there is none.
func (c *connections) to(server *engine.Server) *engine.Backend {
	for i := range c.members {
		if c.members[i].server == server {
			return c.members[i].Backend
		}
	}
	return nil
}

// memberOf returns what is known of an open connection.
func (c *connections) memberOf(b *engine.Backend) *member {
	for i := range c.members {
		if c.members[i].Backend == b {
			return &c.members[i]
		}
	}
	return nil
}

// drop closes a connection that is of no use any more.
func (c *connections) drop(b *engine.Backend) {
	if m := c.memberOf(b); m != nil {
		c.close(m)
	}
	if c.causal != nil {
		delete(c.causal.reached, b)
	}
	c.members = slices.DeleteFunc(c.members, func(m member) bool { return m.Backend == b })
	for _, p := range []**engine.Backend{&c.primary, &c.trx, &c.last} {
		if *p == b {
			*p = nil
		}
	}
}

func (c *connections) close(m *member) {
	_ = m.Close()
	c.router.figures.servers.Of(m.Server()).Closed(m.Backend, c.began, m.selects)
}

// noteUnshared notes that q has set user variables on b, a replica. before is the
// connection that alone knew some before.
func (c *connections) noteUnshared(q *engine.Query, b, before *engine.Backend) {
	if c.unshared == nil || c.unshared.on != b {
		c.unshared = &unshared{on: b, before: before}
	}
	c.unshared.names = append(c.unshared.names, engine.Variables(q)...)
}

// share brings the user variables that a replica alone knows to the other servers,
// so that writes can use them.
func (c *connections) share() {
	u := c.unshared
	c.unshared = nil
	if c.memberOf(u.on) == nil {
		return // it is lost, and they are with it
	}
	unlike, err := engine.ShareVariables(c.session, u.names, u.on)
	if err != nil {
		c.session.Logf(slog.LevelWarn, "%v", err)
	}
	for _, other := range unlike {
		c.drop(other)
	}
	if err != nil && len(unlike) == 0 {
		return // it alone has them
	}
	pins := c.session.Pins()
	pins.Remove(engine.PinVariable)
	if u.before != nil && u.before != u.on && c.memberOf(u.before) != nil {
		pins.Add(engine.PinVariable, u.before, "")
	}
}

// replicas counts the open connections to servers that are not the primary.
func (c *connections) replicas() int {
	n := len(c.members)
	if c.primary != nil {
		n--
	}
	return n
}

// How often a busy session looks at all of its connections while no server changes its
// state, and how long one has not been busy that looks before its next statement. Each
// look costs memory accesses, and system calls, that a statement has no other use for.
const (
	tidyEvery = time.Second
	idleAfter = 100 * time.Millisecond
)

// tidy closes connections that are of no use: those that their servers have
// closed, those to servers in maintenance, and those to replicas that are too far
// behind or of rank secondary while there is another server. What the session would
// lose with one is kept until it is needed.
func (c *connections) tidy(q *engine.Query) {
	before := c.now
	c.now = q.Received()
	epoch := c.router.service.Epoch()
	if epoch == c.epoch && c.now.Sub(c.tidied) < tidyEvery && c.now.Sub(before) < idleAfter {
		return
	}
	c.epoch, c.tidied = epoch, c.now
	stale := c.router.options.staleLag()
	for i := len(c.members) - 1; i >= 0; i-- {
		b := c.members[i].Backend
		why := ""
		switch {
		case b.Server().Status()&engine.StatusMaint != 0:
			why = "the server is in maintenance"
		case stale > 0 && b != c.primary && b.Server().Lag() > stale:
			why = "the replica is too far behind"
		case b != c.primary && b.Server().Secondary() && c.outranked():
			why = "it is of rank secondary, and another server can be used"
		default:
			c.leaveClosed(b)
			continue
		}
		if c.mayLeave(b) {
			c.session.Logf(slog.LevelInfo, "leaving %s: %s", b.Server().Name(), why)
			c.drop(b)
		}
	}
}

// mayLeave reports whether nothing is on b that the session would miss.
func (c *connections) mayLeave(b *engine.Backend) bool {
	return b != c.trx && len(c.irreplaceable(b)) == 0
}

// leaveClosed looks whether its server has closed a connection that was not used for a
// moment, and leaves it then. It reports whether it has.
func (c *connections) leaveClosed(b *engine.Backend) bool {
	if !b.Gone(c.now) || !c.mayLeave(b) {
		return false
	}
	c.session.Logf(slog.LevelInfo, "leaving %s: the server has closed the connection", b.Server().Name())
	c.lose(b)
	return true
}

// irreplaceable returns what of the session is on b alone and must not be lost
// without a word.
func (c *connections) irreplaceable(b *engine.Backend) []engine.PinKind {
	lasting := c.session.Pins().Lasting(b)
	if !c.router.options.strictTables {
		lasting = slices.DeleteFunc(lasting, func(k engine.PinKind) bool { return k == engine.PinTempTable })
	}
	return lasting
}

// named returns a connection to the server that a hint names, nil when there can
// be none.
func (c *connections) named(ctx context.Context, server *engine.Server) *engine.Backend {
	if b := c.to(server); b != nil {
		return b
	}
	if !server.Usable() || c.isBarred(server) {
		return nil
	}
	b, err := c.connect(ctx, server)
	if err != nil {
		c.session.Logf(slog.LevelWarn, "%v", err)
		return nil
	}
	return b
}

// forWrites returns the connection to the present primary. One to a server that
// is the primary no more is left, outside of transactions.
func (c *connections) forWrites(ctx context.Context) (*engine.Backend, error) {
	if c.primary != nil {
		c.leaveClosed(c.primary)
	}
	if c.primary != nil && (c.trx == c.primary || c.primary.Server().Writes()) {
		return c.primary, nil
	}
	if c.bereft != nil {
		return nil, &finalError{c.bereft}
	}
	server := c.router.primary()
	if server == nil {
		return nil, c.router.noPrimary(nil)
	}
	if c.had && !c.router.options.reconnect {
		return nil, &finalError{c.router.noPrimary(fmt.Errorf("the session has lost it, and master_reconnection is off"))}
	}
	if c.primary != nil {
		if lasting := c.irreplaceable(c.primary); len(lasting) > 0 {
			return nil, &finalError{engine.Errorf(engine.Unavailable, "service %s: the primary is %s now, and what the session has on %s cannot follow: %s",
				c.router.service.Name(), server.Name(), c.primary.Server().Name(), list(lasting))}
		}
	}
	b := c.to(server)
	if b == nil { // else a replica has become the primary
		var err error
		if left := c.barredFor(server); left > 0 {
			return nil, c.router.noPrimary(fmt.Errorf("%w (a moment ago; it is tried again after %v)", c.barred[server].cause, left.Round(time.Millisecond)))
		}
		if b, err = c.connect(ctx, server); err != nil {
			return nil, c.router.noPrimary(err)
		}
	}
	if old := c.primary; old != nil && old != b {
		c.primary = b
		if !c.router.reads(old.Server(), true, c.router.options.lag) || c.replicas() > c.router.options.maxReplicas {
			c.drop(old)
		}
	}
	c.follow(b)
	return b, nil
}
