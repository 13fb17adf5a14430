package qlafilter

import (
	"context"
	"log/slog"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// session logs one session's statements.
type session struct {
	filter *Filter
	client client
	next   engine.Handler
	active bool    // the user and the source are to be logged
	file   *output // of this session, nil for none

	inTrx bool
	trxAt time.Time // when the transaction began
	line  []byte    // memory for lines
	reply replyWriter
}

// Close closes the session's file.
func (s *session) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.close()
}

// RouteQuery passes q on, and logs it when its reply has gone up.
func (s *session) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	logs := s.logs(q)
	if !logs && !(s.active && s.filter.format.trx) {
		return s.next.RouteQuery(ctx, q, up)
	}
	w := &s.reply
	*w = replyWriter{up: up}
	w.begun = q.Received()
	w.client, w.unit, w.command = &s.client, s.filter.unit, q.Command().String()
	// The filters that follow may change the text; what the client sent is logged.
	if w.sql = q.SQL(); s.filter.canonical && logs {
		w.sql = classify.Canonical(nil, w.sql)
	}
	before := s.inTrx
	err := s.next.RouteQuery(ctx, q, w)
	s.transaction(w, before)
	if logs {
		s.log(&w.entry)
	}
	w.sql, w.up = nil, nil // which end with the statement
	return err
}

// logs reports whether q is to be logged.
func (s *session) logs(q *engine.Query) bool {
	if !s.active {
		return false
	}
	switch q.Command() {
	case wire.ComQuery, wire.ComStmtPrepare, wire.ComStmtExecute, wire.ComStmtBulkExecute:
		return s.filter.queries.passes(q.SQL())
	}
	return false
}

// transaction follows transactions by the status in replies.
func (s *session) transaction(w *replyWriter, before bool) {
	if !w.ended.IsZero() && w.err == "" { // an error tells no status
		s.inTrx = w.status.Has(wire.StatusInTrans)
	}
	if s.inTrx && !before {
		s.trxAt = w.begun
	}
	w.trx = before || s.inTrx
	if before && !s.inTrx {
		w.trxTime = w.ended.Sub(s.trxAt)
	}
}

// log writes the line for e wherever it is wanted.
func (s *session) log(e *entry) {
	f := s.filter
	s.line = f.format.line(s.line[:0], e)
	for _, out := range []*output{f.unified, f.stdout, s.file} {
		if out == nil {
			continue
		}
		if err := out.write(s.line); err != nil {
			s.client.logf(slog.LevelError, "qlafilter: %s: %v; lines are lost until it can be written again", out.name, err)
		}
	}
	short := s.line[:len(s.line)-1]
	if len(short) > ringLineLen {
		short = short[:ringLineLen]
	}
	f.logged.Add(1)
	f.ring.add(short)
	if s.client.logs(slog.LevelInfo) {
		s.client.logf(slog.LevelInfo, "%s", short)
	}
	if cap(s.line) > 4*ringLineLen {
		s.line = nil
	}
}

// replyWriter notes in its entry what goes up.
type replyWriter struct {
	entry
	up     engine.ReplyWriter
	status wire.Status
}

// ClientReply notes what r says and passes it on.
func (w *replyWriter) ClientReply(r *engine.Reply) error {
	now := time.Now()
	if w.replied.IsZero() {
		w.replied = now
	}
	w.size += uint64(len(r.Data))
	if r.Server != "" {
		w.server = r.Server
	}
	if r.Complete {
		w.ended = now
		if after := r.Response(); after != nil {
			w.rows, w.warnings, w.status = after.Rows, after.Warnings, after.Status
			if after.Err != nil {
				w.err = after.Err.Message
			}
		}
	}
	return w.up.ClientReply(r)
}
