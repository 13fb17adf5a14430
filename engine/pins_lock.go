package engine

import (
	"bytes"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// lockReply passes up the reply to a call of GET_LOCK or RELEASE_LOCK, and reads
// in it whether there was a lock to take or to free. A nil one reads nothing.
type lockReply struct {
	ReplyWriter
	row []byte
}

// maxLockRow is longer than a row with the value of such a call.
const maxLockRow = 16

// readLock puts a lockReply around up when the only value in the reply to q says
// what became of a lock. Of any other statement with such a call it is not known:
// it counts as if it had taken or freed its lock.
func readLock(q *Query, up ReplyWriter) (ReplyWriter, *lockReply) {
	if !q.Statement().Is(classify.TakesLock|classify.FreesLock) || !q.mode.IsLockCall(q.body()) {
		return up, nil
	}
	l := &lockReply{ReplyWriter: up}
	return l, l
}

// ClientReply takes note of the row.
func (l *lockReply) ClientReply(r *Reply) error {
	for part := range r.Packets() {
		if part.Kind == wire.PartRow && len(l.row) < maxLockRow {
			l.row = append(l.row, part.Payload()...)
		}
	}
	return l.ReplyWriter.ClientReply(r)
}

// failed reports whether the reply to q says that no lock was taken or freed.
func (l *lockReply) failed(q *Query) bool {
	if l == nil || len(l.row) == 0 {
		return false
	}
	if q.Command() == wire.ComQuery {
		return !bytes.Equal(l.row, []byte("\x011"))
	}
	// A row of the binary protocol: 0, the bits of NULLs, the number.
	return !bytes.HasPrefix(l.row, []byte{0, 0, 1})
}
