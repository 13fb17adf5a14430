package engine

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// PinKind is what pins a session to a server.
type PinKind string

// The kinds of pins, as the session resource names them.
const (
	PinTransaction PinKind = "transaction"
	PinTempTable   PinKind = "temporary_table"
	PinUserLock    PinKind = "user_lock"     // GET_LOCK
	PinTableLock   PinKind = "table_lock"    // LOCK TABLES
	PinVariable    PinKind = "user_variable" // set where only one server knows it
	PinCursor      PinKind = "cursor"
	PinLongData    PinKind = "long_data" // sent ahead of an execution
	PinStrict      PinKind = "strict"    // the router's configuration wants it: strict_multi_stmt, strict_sp_calls
)

// PinInfo is something that a session has on one of its servers alone.
type PinInfo struct {
	Kind   PinKind
	Server string
	Since  time.Time
	Detail string // the names of temporary tables, the parameter that wants it; "" for nothing
}

// Pins are what a session has on one of its servers alone, and what therefore
// keeps it there. Most of them are noticed by the session itself; a router adds
// those that are its own. They belong to the session's goroutine.
type Pins struct {
	session      *Session
	held         *held // nil while there is nothing
	serializable bool
	lockFailed   bool // the last reply says that no lock was taken or freed
}

// held is what Pins hold.
type held struct {
	pins     []pin
	tables   []tempTable
	anyTable bool // the name of a temporary table is not known
	locks    int  // GET_LOCK that no RELEASE_LOCK has followed
	cursors  map[uint32]*Backend
	longData map[uint32]*Backend
}

type pin struct {
	kind    PinKind
	backend *Backend
	since   time.Time
	detail  string
}

// tempTable is the name of a temporary table.
type tempTable struct{ database, name string }

// maxTempTables is how many temporary tables are known by name. With more of
// them, every table may be one.
const maxTempTables = 256

// Pins returns what pins the session. It is for routers, in the session's
// goroutine.
func (s *Session) Pins() *Pins { return &s.talk.pins }

// Add pins the session to a backend, if nothing of the kind does yet.
func (p *Pins) Add(kind PinKind, b *Backend, detail string) {
	h := p.own()
	i := slices.IndexFunc(h.pins, func(x pin) bool { return x.kind == kind })
	switch {
	case i < 0:
		h.pins = append(h.pins, pin{kind, b, time.Now(), detail})
	case h.pins[i].detail == detail && h.pins[i].backend == b:
		return
	default:
		h.pins[i].detail, h.pins[i].backend = detail, b
	}
	p.show()
}

// Remove takes the pin of a kind away.
func (p *Pins) Remove(kind PinKind) {
	p.removeIf(func(x pin) bool { return x.kind == kind })
}

// On returns the backend to which a pin of the kind pins the session, nil
// without one.
func (p *Pins) On(kind PinKind) *Backend {
	if p.held == nil {
		return nil
	}
	for _, x := range p.held.pins {
		if x.kind == kind {
			return x.backend
		}
	}
	return nil
}

// Lasting returns the kinds of what the session has on b and would lose with it;
// nil when any other server does as well. An open transaction is not among them.
func (p *Pins) Lasting(b *Backend) []PinKind {
	if p.held == nil {
		return nil
	}
	var kinds []PinKind
	for _, x := range p.held.pins {
		if x.backend == b && x.kind != PinStrict {
			kinds = append(kinds, x.kind)
		}
	}
	return kinds
}

// Serializable reports whether the session's isolation level is SERIALIZABLE, so
// that its reads lock what they read.
func (p *Pins) Serializable() bool { return p.serializable }

// Statement returns the backend on which the prepared statement of q has its
// cursor or its long data; nil when there is none.
func (p *Pins) Statement(q *Query) *Backend {
	if p.held == nil || q.prepared == nil {
		return nil
	}
	if b := p.held.longData[q.prepared.id]; b != nil {
		return b
	}
	if q.Command() == wire.ComStmtFetch {
		return p.held.cursors[q.prepared.id]
	}
	return nil
}

// TempTable returns the backend with the session's temporary tables when q may
// be about one of them, else nil.
func (p *Pins) TempTable(q *Query) *Backend {
	b := p.On(PinTempTable)
	if b == nil || p.held.anyTable || p.mentions(q) {
		return b
	}
	return nil
}

// mentions reports whether the name of a temporary table stands in q.
func (p *Pins) mentions(q *Query) bool {
	for _, name := range q.mode.Identifiers(q.body()) {
		if slices.ContainsFunc(p.held.tables, func(t tempTable) bool { return strings.EqualFold(t.name, string(name)) }) {
			return true
		}
	}
	return false
}

// own returns what is held, which it makes when there was nothing.
func (p *Pins) own() *held {
	if p.held == nil {
		p.held = &held{}
	}
	return p.held
}

// lost forgets what was on b, whose connection is closed.
func (p *Pins) lost(b *Backend) {
	if p.held == nil {
		return
	}
	h := p.held
	on := func(_ uint32, x *Backend) bool { return x == b }
	maps.DeleteFunc(h.cursors, on)
	maps.DeleteFunc(h.longData, on)
	if p.On(PinTempTable) == b {
		h.tables, h.anyTable = nil, false
	}
	if p.On(PinUserLock) == b {
		h.locks = 0
	}
	p.removeIf(func(x pin) bool { return x.backend == b })
}

// clear forgets everything.
func (p *Pins) clear() {
	p.serializable = false
	if p.held == nil {
		return
	}
	p.held = nil
	p.show()
}

func (p *Pins) removeIf(f func(pin) bool) {
	if p.held == nil || !slices.ContainsFunc(p.held.pins, f) {
		return
	}
	p.held.pins = slices.DeleteFunc(p.held.pins, f)
	if len(p.held.pins) == 0 {
		p.held = nil
	}
	p.show()
}

// show lets others see the pins.
func (p *Pins) show() {
	var shown *[]PinInfo
	if p.held != nil && len(p.held.pins) > 0 {
		list := make([]PinInfo, len(p.held.pins))
		for i, x := range p.held.pins {
			list[i] = PinInfo{Kind: x.kind, Server: x.backend.server.Name(), Since: x.since, Detail: x.detail}
		}
		shown = &list
	}
	p.session.mu.Lock()
	p.session.seen.pins = shown
	p.session.mu.Unlock()
	p.session.boring()
}

// pinsOf are the pins of a session as others see them, the open transaction
// first. The caller holds Session.mu.
func (s *sessionSeen) pinsOf() []PinInfo {
	var list []PinInfo
	if a := &s.activity; a.trx && a.holder != nil {
		list = append(list, PinInfo{Kind: PinTransaction, Server: a.holder.Name(), Since: a.trxSince})
	}
	if s.pins != nil {
		list = append(list, *s.pins...)
	}
	return list
}
