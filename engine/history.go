package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// history are the session commands that made the session what it is, in order:
// what a server that is connected later must be told. Owned by serve, but for
// the figures.
type history struct {
	entries []historyEntry
	lastID  uint32 // of the last prepared statement

	bytes    atomic.Int64
	commands atomic.Int64
	metadata atomic.Int64
	typed    atomic.Int64
}

// historyEntry is a command, or a statement to prepare.
type historyEntry struct {
	payload  []byte
	prepared *prepared
}

// add appends a command. An earlier one of the same text is dropped, and the
// oldest one when there are more than limit. Prepared statements do not count.
func (h *history) add(payload []byte, limit int) {
	if limit == 0 {
		return
	}
	h.entries = slices.DeleteFunc(h.entries, func(e historyEntry) bool {
		return e.prepared == nil && bytes.Equal(e.payload, payload)
	})
	h.entries = append(h.entries, historyEntry{payload: bytes.Clone(payload)})
	if h.count() > limit {
		oldest := slices.IndexFunc(h.entries, func(e historyEntry) bool { return e.prepared == nil })
		h.entries = slices.Delete(h.entries, oldest, oldest+1)
	}
	h.measure()
}

func (h *history) addPrepared(p *prepared) {
	payload := append([]byte{byte(wire.ComStmtPrepare)}, p.sql...)
	h.entries = append(h.entries, historyEntry{payload: payload, prepared: p})
	h.measure()
}

// remove drops the prepared statement id.
func (h *history) remove(id uint32) {
	h.entries = slices.DeleteFunc(h.entries, func(e historyEntry) bool {
		return e.prepared != nil && e.prepared.id == id
	})
	h.measure()
}

func (h *history) clear() {
	h.entries = nil
	h.measure()
}

// count returns how many entries are not prepared statements.
func (h *history) count() int {
	n := 0
	for _, e := range h.entries {
		if e.prepared == nil {
			n++
		}
	}
	return n
}

func (h *history) measure() {
	var size, types, statements int64
	for _, e := range h.entries {
		size += int64(cap(e.payload))
		if e.prepared != nil {
			statements++
			types += int64(len(e.prepared.types) + len(e.prepared.sql))
		}
	}
	h.bytes.Store(size)
	h.typed.Store(types)
	h.metadata.Store(statements)
	h.commands.Store(int64(len(h.entries)))
}

// replay makes b what the session's other backends are. A command that failed
// when the client sent it is not in the history, so one that fails now means
// that the server is not like the others.
func (h *history) replay(ctx context.Context, b *Backend) error {
	if len(h.entries) == 0 {
		return nil
	}
	release := obey(ctx, b.conn.Conn)
	defer release()
	for _, e := range h.entries {
		q := &Query{payload: e.payload, prepared: e.prepared, received: time.Now()}
		if err := b.Send(q); err != nil {
			return err
		}
		if err := b.Drain(); err != nil {
			return err
		}
		if err := b.response.Err; err != nil {
			return fmt.Errorf("%.100q: %w", e.payload[1:], err)
		}
	}
	return nil
}
