package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// history are the session commands that made the session what it is, in order:
// what a server that is connected later must be told. Owned by serve, but for
// the figures.
type history struct {
	entries   []historyEntry
	lastID    uint32 // of the last prepared statement
	pruned    bool   // the oldest commands were forgotten
	lost      bool   // a command was not kept: no server can be made like the others any more
	variables bool   // an entry reads user variables, so that all that set them count

	bytes    atomic.Int64
	commands atomic.Int64
	metadata atomic.Int64
	typed    atomic.Int64
}

// historyEntry is a command, or a statement to prepare.
type historyEntry struct {
	payload  []byte
	database string    // the default database that it was executed in
	prepared *prepared // of a statement to prepare or, with its parameter types of then, to execute
}

// prepares reports whether the entry prepares a statement for the client.
func (e *historyEntry) prepares() bool { return e.payload[0] == byte(wire.ComStmtPrepare) }

// historyLimits say what of a history is kept.
type historyLimits struct {
	most     int  // commands, beside prepared statements
	disabled bool // keep none
	prune    bool // forget the oldest of too many, rather than all
}

// add appends the command in q. An earlier one of the same text is dropped. One
// too many costs the oldest one, or else the history.
func (h *history) add(q *Query, database string, limits historyLimits) {
	if h.lost || limits.disabled || limits.most == 0 {
		h.lose()
		return
	}
	statement := q.Statement()
	if !h.variables || !statement.Is(classify.SetsUserVar) {
		h.entries = slices.DeleteFunc(h.entries, func(e historyEntry) bool {
			return !e.prepares() && e.prepared == nil && bytes.Equal(e.payload, q.payload)
		})
	}
	h.variables = h.variables || statement.Is(classify.UsesUserVar)
	entry := historyEntry{payload: bytes.Clone(q.payload), database: database}
	if q.prepared != nil {
		then := *q.prepared
		entry.prepared = &then
	}
	h.entries = append(h.entries, entry)
	if h.count() > limits.most {
		if !limits.prune {
			h.lose()
			return
		}
		oldest := slices.IndexFunc(h.entries, func(e historyEntry) bool { return !e.prepares() })
		h.entries = slices.Delete(h.entries, oldest, oldest+1)
		h.pruned = true
	}
	h.measure()
}

// lose says that a command cannot be brought to another server, so that keeping
// the others is in vain.
func (h *history) lose() {
	h.lost = true
	h.entries = slices.DeleteFunc(h.entries, func(e historyEntry) bool { return !e.prepares() })
	h.measure()
}

func (h *history) addPrepared(p *prepared, database string) {
	payload := append([]byte{byte(wire.ComStmtPrepare)}, p.sql...)
	h.entries = append(h.entries, historyEntry{payload: payload, database: database, prepared: p})
	h.measure()
}

// remove drops the prepared statement id.
func (h *history) remove(id uint32) {
	h.entries = slices.DeleteFunc(h.entries, func(e historyEntry) bool {
		return e.prepares() && e.prepared.id == id
	})
	h.measure()
}

// deallocate drops the statement that was prepared as text under a name, and
// reports whether nothing is left of it. It stays when a later command has
// executed it.
func (h *history) deallocate(name []byte) bool {
	of := func(e historyEntry, op classify.Op) bool {
		if e.payload[0] != byte(wire.ComQuery) {
			return false
		}
		statement := classify.Parse(e.payload[1:])
		other, _ := statement.Prepared()
		return statement.Op == op && strings.EqualFold(string(other), string(name))
	}
	if slices.ContainsFunc(h.entries, func(e historyEntry) bool { return of(e, classify.OpExecute) }) {
		return false
	}
	h.entries = slices.DeleteFunc(h.entries, func(e historyEntry) bool { return of(e, classify.OpPrepare) })
	h.measure()
	return true
}

// clear forgets what the session has lost by beginning anew. The last
// COM_SET_OPTION stays, as on a server: it is about the client.
func (h *history) clear() {
	option := slices.DeleteFunc(h.entries, func(e historyEntry) bool { return e.payload[0] != byte(wire.ComSetOption) })
	h.entries, h.lost, h.pruned, h.variables = option[max(0, len(option)-1):], false, false, false
	h.measure()
}

// count returns how many entries are not prepared statements.
func (h *history) count() int {
	n := 0
	for i := range h.entries {
		if !h.entries[i].prepares() {
			n++
		}
	}
	return n
}

func (h *history) measure() {
	var size, types, statements int64
	for i := range h.entries {
		e := &h.entries[i]
		size += int64(cap(e.payload))
		if e.prepares() {
			statements++
			types += int64(len(e.prepared.types) + len(e.prepared.sql))
		}
	}
	h.bytes.Store(size)
	h.typed.Store(types)
	h.metadata.Store(statements)
	h.commands.Store(int64(len(h.entries)))
}

// replay makes b, whose default database is the given one, what the session's
// other backends are. A command that failed when the client sent it is not in
// the history, so one that fails now means that the server is not like the
// others.
func (h *history) replay(ctx context.Context, b *Backend, database string) error {
	if h.lost {
		return Errorf(Unavailable, "a session command was not kept, so that the server cannot be made like the others (max_sescmd_history, prune_sescmd_history, disable_sescmd_history)")
	}
	if len(h.entries) == 0 {
		return nil
	}
	release := obey(ctx, &b.conn.Conn)
	defer release()
	present := database
	for i := range h.entries {
		e := &h.entries[i]
		if e.database != present && e.database != "" {
			if err := use(b, e.database); err != nil {
				return err
			}
			present = e.database
		}
		if err := repeat(b, e); err != nil {
			return err
		}
	}
	if present != database && database != "" {
		return use(b, database)
	}
	return nil
}

// use makes a database of b the default one.
func use(b *Backend, database string) error {
	return perform(b, queryOf(append([]byte{byte(wire.ComInitDB)}, database...)))
}

// repeat has b execute an entry of the history.
func repeat(b *Backend, e *historyEntry) error {
	if e.prepared == nil || e.prepares() {
		return perform(b, preparedQuery(e.payload, e.prepared))
	}
	// The client may have closed the statement since: it gets an id of no client's.
	once := *e.prepared
	once.id, once.generation = wire.LastStatement, 1
	if err := perform(b, preparedQuery(append([]byte{byte(wire.ComStmtPrepare)}, once.sql...), &once)); err != nil {
		return err
	}
	if err := perform(b, preparedQuery(bytes.Clone(e.payload), &once)); err != nil {
		return err
	}
	payload := make([]byte, 5)
	payload[0] = byte(wire.ComStmtClose)
	err := b.Send(preparedQuery(payload, &once))
	delete(b.statements, once.id)
	return err
}

// perform has b execute a command that must succeed.
func perform(b *Backend, q *Query) error {
	q.received = time.Now()
	if err := b.Send(q); err != nil {
		return err
	}
	if err := b.Drain(); err != nil {
		return err
	}
	if err := b.response.Err; err != nil {
		return fmt.Errorf("%.100q: %w", q.payload[1:], err)
	}
	return nil
}
