package engine

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// clientWriter is the upper end of a session's chain: it writes the replies to
// the client. What comes from a server as it is goes out as it came in; the
// packets of a reply that the proxy has made or changed are numbered anew.
type clientWriter struct {
	session *Session

	next     byte // sequence id of the packet to come
	renumber bool // this reply has been changed
	rest     int  // bytes of the piece in flight that have not gone out
	more     bool // another piece of the same packet follows it
	bytes    uint64
	rows     uint64
	failed   *wire.Error
	begun    bool
}

// start readies the writer for the reply to a command that has just come in.
func (w *clientWriter) start() {
	w.next, w.renumber, w.rest, w.more, w.begun = 1, false, 0, false, false
	w.bytes, w.rows, w.failed = 0, 0, nil
}

// stop says that no command is in flight: what goes out next starts anew.
func (w *clientWriter) stop() { w.next, w.rest, w.more = 0, 0, false }

// partial reports whether the client is in the middle of a packet, where no
// other packet can be put.
func (w *clientWriter) partial() bool { return w.rest > 0 || w.more }

// ClientReply writes a batch. It refuses to once the session is to end.
func (w *clientWriter) ClientReply(r *Reply) error {
	s := w.session
	if s.stopped.Load() {
		return s.endCause()
	}
	if r.own {
		w.renumber = true
	}
	if after := r.after; !w.renumber {
		w.next = after.Next()
		w.rest, w.more = after.Rest()
	} else {
		w.number(r.Data)
	}
	w.begun = true
	w.bytes += uint64(len(r.Data))
	if after := r.after; after != nil && r.Complete {
		w.rows, w.failed = after.Rows, after.Err
		if after.Kind == wire.RespOK {
			w.rows = after.AffectedRows
		}
	}
	timeout := s.service.netWriteTimeout
	if timeout > 0 {
		_ = s.client.NetConn().SetWriteDeadline(time.Now().Add(timeout))
	}
	if err := s.client.Write(r.Data); err != nil {
		if cause := s.endCause(); cause != nil {
			return cause
		}
		if timeout > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("net_write_timeout of %v: it does not read what it has asked for", timeout)
		}
		return clientError(err)
	}
	return nil
}

// number follows the packets in data, of a reply that is not a server's own, and
// gives them consecutive sequence ids.
func (w *clientWriter) number(data []byte) {
	for at := 0; at < len(data); {
		if w.rest > 0 {
			n := min(w.rest, len(data)-at)
			w.rest -= n
			at += n
			continue
		}
		if len(data)-at < 4 {
			return // cannot happen: batches hold whole headers
		}
		w.rest = int(data[at]) | int(data[at+1])<<8 | int(data[at+2])<<16
		w.more = w.rest == 1<<24-1
		data[at+3] = w.next
		w.next++
		at += 4
	}
}
