package engine

import (
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// Ask has the server execute a statement of the proxy's own, of which the client
// sees nothing, and returns the first column of its first row; "" without one. An
// error of the server's own is a *wire.Error. Nothing else may be under way.
func (b *Backend) Ask(sql string) (string, error) {
	if err := Regain(b); err != nil {
		return "", err
	}
	if err := b.transmit(NewQuery(sql), nil); err != nil {
		return "", err
	}
	var first firstRow
	err := b.receive(&first)
	b.delivered = false // to the client
	if err != nil {
		return "", err
	}
	if e := b.response.Err; e != nil {
		return "", e
	}
	if columns := textRow(first.row); len(columns) > 0 {
		return columns[0], nil
	}
	return "", nil
}

// firstRow keeps the first row of a reply, and nothing else.
type firstRow struct {
	row   []byte
	whole bool
}

// ClientReply takes one batch.
func (f *firstRow) ClientReply(r *Reply) error {
	for part := range r.Packets() {
		if part.Kind == wire.PartRow && !f.whole {
			f.row, f.whole = append(f.row, part.Payload()...), part.Last
		}
	}
	return nil
}

// staleAfter is how long a connection may have been unused before it is looked at
// whether its server has closed it.
const staleAfter = 100 * time.Millisecond

// Gone reports whether the connection was cut because its server is down, or the
// server has closed it while it was not used. It costs nothing for a connection that
// was used, or looked at, a moment before now.
func (b *Backend) Gone(now time.Time) bool {
	if b.gone.Load() || b.conn == nil {
		return b.conn != nil
	}
	since := now.Sub(b.session.connected)
	if since-max(b.used, b.looked) <= staleAfter {
		return false
	}
	b.looked = since
	return spokenUp(b.conn.NetConn())
}
