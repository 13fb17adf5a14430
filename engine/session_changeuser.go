package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// This file carries out COM_CHANGE_USER: a login on a connection that stands.
//
// Who is refused stays who it was, as on a server (sql_parse.cc,
// dispatch_command): after a second it gets the error, and what its session had
// built up is gone all the same, but for the default database and the character
// sets. A client that was refused three times is refused without a look from then
// on.

// Of a server: how often a connection may be refused another user, and how long
// each of these refusals takes.
const (
	maxRefusals  = 3
	refusalPause = time.Second
)

// userChange is a COM_CHANGE_USER.
type userChange struct {
	*login
	before identity // who the client is until it has become somebody else
}

// changeUser carries out the command in payload.
func changeUser(c *conversation, payload []byte) error {
	l := userChange{login: &login{conversation: c}}
	var change wire.ChangeUser
	if err := change.Decode(payload, l.caps); err != nil {
		return l.badLogin(err)
	}
	wire.Keep(l.client) // the command is still needed
	l.client.SetSequence(1)
	if l.refusals >= maxRefusals {
		return l.decline(&wire.Error{Code: 1047, State: "08S01", Message: "Unknown command"})
	}
	l.changes = true
	l.mu.Lock()
	l.before = l.seen.identity
	l.mu.Unlock()
	opened, err := l.become(l.wanted(&change))
	if err == nil {
		l.mu.Lock()
		l.seen.timeline.note("auth", "changed from "+l.before.user+" to "+change.User, "")
		l.mu.Unlock()
		l.notable()
		l.replies.begun = true
		if err := l.send(l.welcome(nil, change.Database).Append(nil, l.caps)); err != nil {
			return clientError(err)
		}
		return nil
	}
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok || !l.changes {
		return err
	}
	l.refusals++
	l.replies.next = l.client.Sequence()
	if err := l.remain(opened); err != nil {
		return err
	}
	return l.decline(refused)
}

// wanted is who the client wants to be.
func (l *userChange) wanted(change *wire.ChangeUser) identity {
	who := l.before
	who.user, who.database = change.User, change.Database
	if change.Collation != 0 {
		who.charset = change.Collation
	}
	if change.Attributes != nil {
		who.attributes = l.engine.sessions.attributes.share(change.Attributes)
	}
	return who
}

// become makes the client who, with a new chain; what it had built up before is
// gone. It reports whether the servers of the former chain have been left, even if
// the client is refused then, which is a *wire.Error.
func (l *userChange) become(who identity) (opened bool, err error) {
	now, ctx := time.Now(), l.ctx
	_ = l.client.NetConn().SetDeadline(now.Add(loginTimeout))
	l.until = now.Add(connectTimeout)
	l.entering = l.login
	l.readBefore(now.Add(loginTimeout))
	defer func() {
		l.entering = nil
		l.readBefore(time.Time{})
		_ = l.client.NetConn().SetWriteDeadline(time.Time{})
	}()
	if err := l.identify(ctx, &who, nil); err != nil {
		return false, err
	}
	l.forgetState()
	l.assume(who)
	next, err := l.openChain(ctx, l.run.filterNames())
	if err == nil {
		opened = true
		err = l.prove(ctx)
	}
	if err == nil {
		l.install(next)
		return true, nil
	}
	if next != nil {
		next.closeFilters()
	}
	if _, refused := errors.AsType[*wire.Error](err); !refused {
		l.changes = false // the session cannot go on
	}
	return opened, l.rejectChain(err)
}

// assume makes the session's identity who.
func (l *userChange) assume(who identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen.identity = who
	a := &l.seen.activity
	a.trx, a.autocommit = false, true
}

// install puts a chain in the place of the present one, which it closes.
func (l *userChange) install(next *chain) {
	next.altered = l.run.altered
	l.mu.Lock()
	previous := l.run
	take(l.conversation, next)
	l.mu.Unlock()
	previous.closeFilters()
}

// remain lets the session of a client that was refused go on as before, and as
// one that has just begun: on servers that are reset, or on new connections if the
// former ones were left.
func (l *userChange) remain(left bool) error {
	ctx, cancel := context.WithTimeout(l.ctx, connectTimeout)
	defer cancel()
	if !left {
		l.mu.Lock()
		l.seen.identity = l.before
		l.mu.Unlock()
		return l.resetServers(ctx)
	}
	l.forgetState()
	l.assume(l.before)
	next, err := l.openChain(ctx, l.run.filterNames())
	if err == nil {
		l.install(next)
	}
	return err
}

// resetServers has the chain execute COM_RESET_CONNECTION. It leaves the client the
// character sets that it has chosen.
func (l *userChange) resetServers(ctx context.Context) error {
	before := l.characterSets()
	if err := l.unheard(ctx, l.run.head, queryOf([]byte{byte(wire.ComResetConnection)})); err != nil {
		return err
	}
	if before == "" || l.characterSets() == before {
		return nil
	}
	return l.unheard(ctx, l.router, NewQuery("SET "+before))
}

// characterSets returns what a SET statement has to say for the session to have the
// character sets that it has now, "" when no server says it.
func (l *userChange) characterSets() string {
	for _, b := range l.openBackends() {
		if Parked(b) {
			continue
		}
		text, err := b.Ask("SELECT CONCAT('character_set_client=', @@character_set_client, ', character_set_results=', " +
			"IFNULL(@@character_set_results, 'NULL'), ', collation_connection=', @@collation_connection)")
		if err == nil && strings.HasPrefix(text, "character_set_client=") {
			return text
		}
	}
	return ""
}

// unheard has h execute a command that the client has not sent and that must succeed.
func (l *userChange) unheard(ctx context.Context, h Handler, q *Query) error {
	q.received, q.mode, q.statements = time.Now(), l.mode, &l.statements
	var reply unheard
	if err := h.RouteQuery(ctx, q, &reply); err != nil {
		return err
	}
	if reply.err != nil {
		return serverError(reply.err)
	}
	return nil
}

// unheard takes a reply that nobody is to see.
type unheard struct{ err *wire.Error }

// ClientReply keeps the error.
func (u *unheard) ClientReply(r *Reply) error {
	if r.Complete {
		u.err = r.Response().Err
	}
	return nil
}

// decline answers the command with an error, after a while.
func (l *userChange) decline(e *wire.Error) error {
	timer := time.NewTimer(refusalPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.ctx.Done():
		return context.Cause(l.ctx)
	}
	l.replies.begun, l.replies.failed = true, e
	if err := l.send(e.Append(nil)); err != nil {
		return clientError(err)
	}
	return nil
}
