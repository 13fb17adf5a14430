package engine

import (
	"fmt"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file keeps the default databases of a session's servers in step. They get
// out of it when one server alone executes what changes it, as a procedure or the
// second of several statements in one.

// noteDatabase notes what the good reply to q says of b's default database.
func noteDatabase(b *Backend, q *Query) {
	name, told := b.response.Schema()
	switch {
	case told:
		b.database = name
	case q.Command() == wire.ComInitDB:
		b.database = string(q.payload[1:])
	case q.SQL() != nil && q.Statement().Op == classify.OpUse && !q.restores(b.database):
		b.database = string(q.Statement().Database())
	}
}

// follow makes the session's default database that of b, before q is sent to it. One
// that b does not have makes the connection one that is lost.
func follow(b *Backend, q *Query) error {
	name := b.session.seen.identity.database // no other goroutine writes it
	if b.database == name {
		b.database = name // in the same memory, which the next comparison need not look at
		return nil
	}
	if name == "" || q.statements == nil || q.Command() == wire.ComInitDB {
		return nil
	}
	if err := use(b, name); err != nil {
		return serverError(&lostError{server: b.server.Name(), err: fmt.Errorf("follow the session to database '%s': %w", name, err)})
	}
	return nil
}
