package engine

import (
	"slices"
	"time"
	"unsafe"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// backendMisc is what a backend holds beside its buffer, in bytes.
const backendMisc = int64(unsafe.Sizeof(Backend{}))

// Info returns the session as it is now.
func (s *Session) Info() SessionInfo {
	var info SessionInfo
	sessionInfo(s, &info, true)
	return info
}

// LightInfo returns the session as it is now, without its log, its statements,
// its timeline, its pins, its I/O of the past, the size of its history and the quantiles of its
// filters: what a table of many sessions shows.
func (s *Session) LightInfo() SessionInfo {
	var info SessionInfo
	sessionInfo(s, &info, false)
	return info
}

// ReadLight is LightInfo for who asks for very many: it fills in info, whose
// slices it uses again, and its statement if that is still the same.
func ReadLight(s *Session, info *SessionInfo) { sessionInfo(s, info, false) }

// Rates returns the bytes per second of s as they are now, and when they
// change though nothing happens, as ActivityInfo has them.
func Rates(s *Session) (in, out float64, until time.Time) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	bookFlows(s, now)
	return s.seen.load.rates(now)
}

// Fingerprint returns the text of a statement without its literals.
func Fingerprint(statement string) string { return string(classify.Canonical(nil, []byte(statement))) }

// sessionInfo fills in what is known of s, or, unless whole, what LightInfo
// promises.
func sessionInfo(s *Session, info *SessionInfo, whole bool) {
	s.told.Store(false) // what changes from here on is news again
	now := time.Now()
	statement := info.Activity.Statement
	*info = SessionInfo{Backends: info.Backends[:0], Filters: info.Filters[:0]}
	info.ID, info.Service, info.Listener = s.id, s.service.Name(), s.listener.object.Name
	info.Connected = s.connected
	info.LogLevels, info.LogUntil = s.log.inEffect()
	if whole {
		info.Log, info.LogLines = s.log.tail()
	}
	if limits := s.service.historyLimits(); whole && info.Service != "" && limits.most > 0 && !limits.disabled {
		info.History = &HistoryInfo{
			Commands: int(s.talk.history.commands.Load()), Responses: int(s.talk.history.commands.Load()),
			Metadata: int(s.talk.history.metadata.Load()),
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bookFlows(s, now)
	who := &s.seen.identity
	info.State, info.User, info.Database, info.Remote = s.seen.state, who.user, who.database, s.remote
	info.Cipher, info.Attributes = who.cipher, who.attributes.byName
	info.Backends = slices.Grow(info.Backends, len(s.seen.backends)+len(s.seen.parked))
	for _, list := range [][]*Backend{s.seen.backends, s.seen.parked} {
		for _, b := range list {
			info.Backends = append(info.Backends, b.info())
		}
	}
	if s.run != nil {
		info.Filters = slices.Grow(info.Filters, len(s.run.links))
		for _, l := range s.run.links {
			info.Filters = append(info.Filters, l.counters(whole))
		}
		info.Outdated = s.run.outdated(s.service)
	}
	info.Memory = memoryOf(s)
	s.seen.doing(&info.Activity, s.client, statement)
	info.Activity.LongAfter = s.engine.thresholds.longAfter(info.Activity.Doing)
	info.Activity.InPerSec, info.Activity.OutPerSec, info.Activity.RatesUntil = s.seen.load.rates(now)
	if a := &s.seen.activity; a.doing == Idle || a.doing == IdleInTrx {
		info.Idle = now.Sub(a.lastIO)
	}
	info.Pending, info.RestartErr = s.work.info(s.seen.activity.trx), s.work.failed
	if whole {
		info.IOActivity = s.seen.load.sum(now)
		info.Queries, info.Events = s.seen.retained.list(), s.seen.timeline.list()
		info.Pins = s.seen.pinsOf()
		info.Flows = s.seen.flows.list(s.connected)
	}
}

// list returns the retained statements, newest first.
func (r *retained) list() []QueryInfo {
	list := slices.Clone(r.queries)
	slices.Reverse(list)
	for i := range list {
		list[i].Responses = slices.Clone(list[i].Responses)
	}
	return list
}

// memoryOf returns what s holds. The caller holds s.mu.
func memoryOf(s *Session) MemoryInfo {
	who := &s.seen.identity
	misc := int64(unsafe.Sizeof(*s)) + int64(len(who.user)+len(who.database)) + int64(cap(s.seen.activity.statement)) +
		int64(cap(s.seen.timeline.events))*int64(unsafe.Sizeof(Event{})) + s.seen.flows.bytes() + s.seen.load.bytes()
	for _, a := range who.attributes.list {
		misc += int64(unsafe.Sizeof(a)) + int64(len(a.Name)+len(a.Value))
	}
	return MemoryInfo{
		Client:       BufferInfo{ReadQ: int64(s.client.BufferSize()), Misc: misc},
		ExecMetadata: s.talk.history.typed.Load(),
		LastQueries:  s.seen.retained.bytes,
		History:      s.talk.history.bytes.Load(),
	}
}

// doing fills in what the session of client is doing. The statement is copied
// unless it is the one of before.
func (s *sessionSeen) doing(info *ActivityInfo, client *wire.Conn, before string) {
	a := &s.activity
	if string(a.statement) != before {
		before = string(a.statement)
	}
	*info = ActivityInfo{
		Doing: a.doing, Since: a.since, Trx: a.trx, TrxReadOnly: a.readOnly, TrxWrites: a.trxWrites,
		Statement: before, Server: a.server, Statements: a.statements, Errors: a.errors,
		BytesIn: client.BytesRead(), BytesOut: client.BytesWritten(),
		BlockedBy: s.locks.by, Blocks: s.locks.blocks,
	}
	if a.trx {
		info.TrxSince = a.trxSince
	}
	for _, b := range s.backends {
		if b.busy.Load() {
			info.Server = b.server.Name()
		}
	}
}

// info returns what waits; trx says that a transaction is open.
func (w *wishes) info(trx bool) PendingInfo {
	info := PendingInfo{Restart: w.restart}
	if w.chain != nil {
		names := slices.Clone(w.filters)
		info.Filters = &names
	}
	if w.restart || w.chain != nil {
		info.Since = w.since
		info.Waits = "statement"
		if trx {
			info.Waits = "transaction"
		}
	}
	if w.kill != nil {
		kill := w.kill.info
		info.Kill = &kill
	}
	return info
}
