package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file carries out a client's KILL. Its ids are those of sessions.
//
// MaxScale: sends the KILL on to every server with the issuer's credentials,
// and answers OK for an id that does not exist. Here an unknown id is error
// 1094, as on a server, and only the session's own user or one with CONNECTION
// ADMIN or SUPER may kill it.

// processKill is the command of the binary protocol that ends a connection.
func processKill(payload []byte) classify.KillStatement {
	k := classify.KillStatement{}
	if len(payload) >= 5 {
		k.ID = uint64(binary.LittleEndian.Uint32(payload[1:]))
	}
	return k
}

// preparedKill returns what the execution of a prepared KILL kills: what its text
// says, or its one parameter.
func preparedKill(q *Query) (classify.KillStatement, bool) {
	p := q.prepared
	if p.params == 0 {
		return classify.ParseKill(p.sql)
	}
	id, ok := p.parameterID(q.payload)
	if !ok || p.params > 1 {
		return classify.KillStatement{}, false
	}
	return classify.ParseKill(bytes.Replace(p.sql, []byte("?"), id, 1))
}

// killCommand carries out k and answers it.
func (c *conversation) killCommand(k classify.KillStatement) error {
	list, refused := victims(c, k)
	if refused != nil {
		return c.replies.ClientReply(ErrorReply(refused))
	}
	self := false
	c.mu.Lock()
	by := "user " + c.seen.identity.user
	c.mu.Unlock()
	for _, victim := range list {
		switch {
		case k.Query && victim == c.Session: // nothing else of it can be running
		case k.Query:
			_ = cancelStatement(victim, by, k.Soft)
		case victim == c.Session:
			self = true
		default:
			_ = victim.Kill(KillOptions{By: by, Reason: "KILL statement", Soft: k.Soft})
		}
	}
	if self {
		cause := &killError{by: by, reason: "KILL statement"}
		c.end(cause)
		return cause
	}
	return c.replies.ClientReply(OKReply(status(c.Session)))
}

// victims returns the sessions that k means, or why it may not be.
func victims(c *conversation, k classify.KillStatement) ([]*Session, *wire.Error) {
	c.mu.Lock()
	user, all := c.seen.identity.user, c.seen.identity.kills
	c.mu.Unlock()
	owner := func(x *Session) string {
		name, _, _ := x.Identity()
		return name
	}
	if k.QueryID {
		return nil, &wire.Error{Code: 1957, State: "HY000", Message: fmt.Sprintf("Unknown query id: %d; KILL QUERY takes the id of a session here", k.ID)}
	}
	if len(k.User) > 0 {
		if !all && k.User != user {
			return nil, &wire.Error{Code: 1095, State: "HY000", Message: fmt.Sprintf("You are not owner of the sessions of %s", k.User)}
		}
		var list []*Session
		for _, x := range c.engine.Sessions() {
			if alive(x) && owner(x) == k.User && comesFrom(x, k.Host) {
				list = append(list, x)
			}
		}
		return list, nil
	}
	victim, err := c.engine.Session(k.ID)
	if err != nil {
		return nil, &wire.Error{Code: 1094, State: "HY000", Message: fmt.Sprintf("Unknown thread id: %d", k.ID)}
	}
	if !all && owner(victim) != user {
		return nil, &wire.Error{Code: 1095, State: "HY000", Message: fmt.Sprintf("You are not owner of thread %d", k.ID)}
	}
	return []*Session{victim}, nil
}

// comesFrom reports whether the client of s is at host, as KILL USER writes it: an
// address, or % or nothing for anywhere.
func comesFrom(s *Session, host string) bool {
	return host == "" || host == "%" || host == HostOf(s)
}

// status is the server status for answers of the proxy's own.
func status(s *Session) wire.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := wire.Status(0)
	if s.seen.activity.autocommit {
		status |= wire.StatusAutocommit
	}
	if s.seen.activity.trx {
		status |= wire.StatusInTrans
	}
	return status
}

// isNetwork reports whether err comes from a connection and not from what was
// sent over it.
func isNetwork(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
