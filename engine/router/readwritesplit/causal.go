package readwritesplit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// causal is what a session knows of its own writes, for causal_reads.
type causal struct {
	*connections
	at      position        // of the last write that is known
	ask     *engine.Backend // the primary that has written since and was not asked for the position; nil for none
	aimed   position        // what the read under way is to see, with the fast kinds
	reached map[*engine.Backend]position
}

// Inherit takes over what the session has written before: the former router session
// is about to leave the primary that may have to be asked for it.
func (c *connections) Inherit(from engine.RouterSession) {
	old, ok := from.(*session)
	if !ok || c.causal == nil || old.causal == nil {
		return
	}
	old.causal.forget()
	c.causal.at, c.causal.ask = old.causal.at, old.causal.ask
}

// announce tells the other sessions that b is about to execute q, which may be a
// write, and returns what tells them that its position is known.
func (c *causal) announce(q *engine.Query, b *engine.Backend) (known func()) {
	if c == nil || c.router.options.causal.source != causalGlobal || b != c.primary || q.SQL() == nil ||
		q.Statement().Target() == classify.TargetReplica {
		return func() {}
	}
	underWay := &c.router.latest.underWay
	underWay.Add(1)
	return func() { underWay.Add(-1) }
}

// wrote notes what the primary has executed. Its OK packet says the position when
// session_track_system_variables has last_gtid and the client follows it; else
// the primary is asked before it is needed.
func (c *causal) wrote(q *engine.Query, b *engine.Backend) {
	if text, ok := b.Response().Variable("last_gtid"); ok {
		if p, good := parsePosition(text); good {
			c.learned(p)
			return
		}
	}
	if q.SQL() == nil {
		return
	}
	statement := q.Statement()
	reads := statement.Target() == classify.TargetReplica
	if c.trx == nil && (reads || statement.Target() == classify.TargetAll && !statement.Is(classify.AutocommitOn)) {
		return
	}
	c.ask = b
	if c.trx == nil && c.router.options.causal.source == causalGlobal { // others cannot ask this connection
		c.askPosition()
	}
}

func (c *causal) learned(p position) {
	c.at, c.ask = c.at.and(p), nil
	if c.router.options.causal.source == causalGlobal {
		c.router.latest.add(p)
	}
}

// askPosition asks the primary for the position of the session's last write or,
// when that was over another connection, for all that it has. It reports whether
// there was an answer.
func (c *causal) askPosition() bool {
	variable := "@@last_gtid"
	if c.ask != c.primary {
		variable = "@@gtid_current_pos"
	}
	p, err := c.read(variable)
	if err != nil {
		c.session.Logf(slog.LevelWarn, "%v", err)
		return false
	}
	c.learned(p)
	return true
}

// forget asks for the position of the last write, if that is still to be done, before
// the primary forgets it. A nil c has none.
func (c *causal) forget() {
	if c != nil && c.ask != nil && c.ask == c.primary {
		c.askPosition()
	}
}

// read reads a system variable of the primary that holds a position.
func (c *causal) read(variable string) (position, error) {
	text, err := c.primary.Ask("SELECT " + variable)
	if engine.Lost(err) && len(c.irreplaceable(c.primary)) == 0 {
		c.lose(c.primary)
	}
	if err != nil {
		return nil, err
	}
	p, ok := parsePosition(text)
	if !ok {
		return nil, fmt.Errorf("server %s: %s is '%.100s', which is no list of GTIDs", c.primary.Server().Name(), variable, text)
	}
	return p, nil
}

// wanted returns the position that a read is to see; false when nobody can say
// it.
func (c *causal) wanted(ctx context.Context) (position, bool) {
	source := c.router.options.causal.source
	all := source == causalUniversal || source == causalGlobal && c.router.latest.underWay.Load() > 0
	if c.ask != nil || all {
		if _, err := c.forWrites(ctx); err != nil {
			return nil, false
		}
	}
	if c.ask != nil && source != causalUniversal && !c.askPosition() {
		return nil, false
	}
	switch {
	case all:
		p, err := c.read("@@gtid_current_pos")
		if err == nil && source == causalUniversal {
			c.ask = nil // it is among that
		}
		return p, err == nil
	case source == causalGlobal:
		return c.router.latest.get(), true
	}
	return c.at, true
}

// interrupted is the error of a statement that somebody has stopped.
const interrupted = 1317

// catchUp waits until b has what a read is to see; false when it does not get
// there in time, so that the read must go to the primary. A nil c wants nothing. The
// wait is a statement of its own, so that the client's is sent as it is.
func (c *causal) catchUp(ctx context.Context, b *engine.Backend) (bool, error) {
	if c == nil || b == c.primary {
		return true, nil
	}
	if c.router.options.causal.fast {
		return serverHas(b.Server(), c.aimed), nil
	}
	want, known := c.wanted(ctx)
	switch {
	case !known:
		return false, nil
	case b == c.primary: // since a moment ago
		return true, nil
	}
	if c.reached[b].has(want) {
		return true, nil
	}
	answer, err := b.Ask(fmt.Sprintf("SELECT MASTER_GTID_WAIT('%s', %.3f)", want, c.router.options.causal.timeout.Seconds()))
	stopped, _ := errors.AsType[*wire.Error](err)
	switch {
	case engine.Lost(err), stopped != nil && stopped.Code == interrupted:
		return false, err
	case err != nil || answer != "0":
		c.session.Logf(slog.LevelInfo, "server %s has not got to %s in time: %v", b.Server().Name(), want, err)
		return false, nil
	}
	if c.reached == nil {
		c.reached = make(map[*engine.Backend]position)
	}
	c.reached[b] = want
	return true, nil
}

// aim finds out for the fast kinds of causal_reads what a read is to see, so that a
// server is chosen that has it; false when nobody can say it.
func (c *causal) aim(ctx context.Context) (known bool) {
	if c == nil || !c.router.options.causal.fast {
		return true
	}
	c.aimed, known = c.wanted(ctx)
	return known
}

// fastEnough reports whether a server may be chosen: with the fast kinds of
// causal_reads only one that has what the read is to see, as far as the monitor
// knows.
func (c *causal) fastEnough(server *engine.Server) bool {
	return c == nil || !c.router.options.causal.fast || serverHas(server, c.aimed)
}

// stay is session.stay for b, a replica that runs the open transaction, where a read
// may be to see what others have written since it began: it waits there, and cannot
// go to another server.
func (c *causal) stay(ctx context.Context, q *engine.Query, up engine.ReplyWriter, b *engine.Backend) (answered bool, err error) {
	options := &c.router.options.causal
	if b != c.trx || b == c.primary || options.source < causalGlobal || options.fast || q.SQL() == nil ||
		q.Statement().Target() != classify.TargetReplica {
		return false, nil
	}
	sees, err := c.catchUp(ctx, b)
	if stopped, is := errors.AsType[*wire.Error](err); is && !engine.Lost(err) {
		return true, up.ClientReply(engine.ErrorReply(stopped))
	}
	if err != nil || sees {
		return err != nil, err
	}
	return true, up.ClientReply(engine.ErrorReply(&wire.Error{Code: 1792, State: "25006", Message: fmt.Sprintf(
		"server %s does not have what the read is to see (causal_reads, causal_reads_timeout), and the read-only transaction cannot leave it", b.Server().Name())}))
}

// serverHas reports whether the monitor has seen a server have a position.
func serverHas(server *engine.Server, want position) bool {
	if len(want) == 0 {
		return true
	}
	p, ok := parsePosition(server.Position())
	return ok && p.has(want)
}
