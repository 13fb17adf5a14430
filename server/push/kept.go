package push

import (
	"reflect"
	"slices"
	"time"

	"github.com/signalbox/signalbox/api"
)

// session is one session as it was when it was last read.
type session struct {
	row
	kept
	number uint64    // that the source knows it by
	read   time.Time // then its figures were true
	steady time.Time // until then its rates are right if nothing happens; zero for ever
	slot   int32     // its place in what is kept for each session
}

// newSession returns the session that is says, which was read at now.
func newSession(number uint64, is *api.Session, steady, now time.Time) *session {
	s := &session{row: row{id: is.ID}, kept: keep(is), number: number, read: now, steady: steady}
	s.set(s)
	return s
}

// become makes s what it was at now, and tells whether that is any different but
// for clocks.
func (s *session) become(next kept, steady, now time.Time) bool {
	same := s.same(&next)
	s.kept, s.read, s.steady = next, now, steady
	if !same {
		s.set(s)
	}
	return !same
}

// kept is the light form of a session as it stays in memory, in a third of the
// room of an api.Session: of very many sessions that is what the feed holds.
type kept struct {
	texts
	figures
	clocks
	connections []api.SessionConnection
	relations   api.Relationships
	attributes  map[string]string // of the connection
	rare        *rare             // nil while a session has nothing of it
}

type texts struct {
	state, user, remote, database, cipher string
	doing, statement, server              string
	connectedAt, sinceAt                  api.Time
}

type figures struct {
	memory                     int64
	statements, errors         uint64
	bytesIn, bytesOut          uint64
	inPerSec, outPerSec        float64
	longAfter                  float64
	port                       int32
	parameters                 api.SessionParameters
	trx, trxReadOnly, outdated bool
}

type clocks struct{ alive, idle, inState, trx float64 }

type rare struct {
	lightEnd
	pending       api.SessionPending
	remoteAddress string
	restartError  string
	logUntil      api.Time
	trxSinceAt    api.Time
	trxWrites     uint64
	blockedBy     string
	blocks        int
}

// keep returns what is kept of s.
func keep(s *api.Session) kept {
	a, y := &s.Attributes, &s.Attributes.Activity
	k := kept{
		texts: texts{
			state: a.State, user: a.User, remote: a.Remote, database: a.Database, cipher: a.Client.Cipher,
			doing: y.State, statement: y.Statement, server: y.Server, connectedAt: a.ConnectedAt, sinceAt: y.SinceAt,
		},
		figures: figures{
			memory: a.Memory.Total, statements: y.Statements, errors: y.Errors, bytesIn: y.BytesIn, bytesOut: y.BytesOut,
			inPerSec: y.BytesInPerSec, outPerSec: y.BytesOutPerSec, longAfter: y.LongAfter, port: int32(a.Port),
			parameters: a.Parameters, trx: y.Trx, trxReadOnly: y.TrxReadOnly, outdated: a.ChainOutdated,
		},
		clocks:      clocks{a.SecondsAlive, a.Idle, y.InState, y.TrxSeconds},
		connections: a.Connections, relations: s.Relationships, attributes: a.Client.ConnectionAttributes,
	}
	r := rare{
		lightEnd: lightEnd{a.EndedAt, a.EndReason, a.EndedBy}, pending: a.Pending, remoteAddress: a.RemoteAddress,
		restartError: a.LastRestartError, logUntil: a.LogUntil, trxSinceAt: y.TrxSinceAt, trxWrites: y.TrxWrites,
		blockedBy: y.BlockedBy, blocks: y.Blocks,
	}
	if r != (rare{}) {
		k.rare = &r
	}
	return k
}

// fill makes is what is kept of s.
func (s *session) fill(is *api.Session) {
	t, f, c := &s.texts, &s.figures, &s.clocks
	*is = api.Session{ID: s.id, Type: api.TopicSessions, Relationships: s.relations}
	a, y := &is.Attributes, &is.Attributes.Activity
	a.State, a.User, a.Remote, a.Port, a.Database = t.state, t.user, t.remote, int(f.port), t.database
	a.ConnectedAt, a.SecondsAlive, a.Idle = t.connectedAt, c.alive, c.idle
	a.Client.Cipher, a.Client.ConnectionAttributes = t.cipher, s.attributes
	a.Connections, a.Parameters, a.Memory.Total, a.ChainOutdated = s.connections, f.parameters, f.memory, f.outdated
	y.State, y.InState, y.SinceAt, y.LongAfter = t.doing, c.inState, t.sinceAt, f.longAfter
	y.Trx, y.TrxReadOnly, y.TrxSeconds = f.trx, f.trxReadOnly, c.trx
	y.Statement, y.Server, y.Statements, y.Errors = t.statement, t.server, f.statements, f.errors
	y.BytesIn, y.BytesOut, y.BytesInPerSec, y.BytesOutPerSec = f.bytesIn, f.bytesOut, f.inPerSec, f.outPerSec
	if r := s.rare; r != nil {
		a.EndedAt, a.EndReason, a.EndedBy = r.EndedAt, r.EndReason, r.EndedBy
		a.Pending, a.RemoteAddress, a.LastRestartError, a.LogUntil = r.pending, r.remoteAddress, r.restartError, r.logUntil
		y.TrxSinceAt, y.TrxWrites, y.BlockedBy, y.Blocks = r.trxSinceAt, r.trxWrites, r.blockedBy, r.blocks
	}
}

// same tells whether two states of a session differ in their clocks at most. The
// browser lets the clocks run by itself.
func (k *kept) same(other *kept) bool {
	return k.figures == other.figures && k.texts == other.texts && slices.Equal(k.connections, other.connections) &&
		(k.rare == nil && other.rare == nil || reflect.DeepEqual(k.rare, other.rare)) &&
		reflect.DeepEqual(k.attributes, other.attributes) && reflect.DeepEqual(k.relations, other.relations)
}

// lag returns how long before now the figures of s were true.
func (s *session) lag(now time.Time) time.Duration { return max(0, now.Sub(s.read)) }

// light is s as it is sent.
func (s *session) light() lightSession {
	var is api.Session
	s.fill(&is)
	return (*light)(&is).resource()
}
