package engine

import (
	"bytes"
	"strconv"

	"github.com/signalbox/signalbox/engine/wire"
)

// asksConnectionID reports whether sql is SELECT CONNECTION_ID() and nothing
// else, and how the call is written: the column has its name. It is answered with the session's id, which is the one that KILL takes
// and the console shows.
//
// MaxScale: sends it on, and the client sees the thread id of one of its servers,
// which means another session to KILL.
func asksConnectionID(sql []byte) (call []byte, asks bool) {
	if len(sql) > 64 {
		return nil, false
	}
	sql = bytes.TrimRight(bytes.TrimSpace(sql), "; \t\r\n")
	word, call, ok := bytes.Cut(sql, []byte(" "))
	call = bytes.TrimSpace(call)
	return call, ok && bytes.EqualFold(word, []byte("SELECT")) && bytes.EqualFold(call, []byte("CONNECTION_ID()"))
}

// connectionID answers SELECT CONNECTION_ID() with a column of that name.
func connectionID(c *conversation, name string) error {
	status := status(c.Session)
	count := []byte{1}
	if c.caps.Has(wire.MariaDBCacheMetadata) {
		count = append(count, 1) // the definitions follow
	}
	column := wire.Column{
		Catalog: "def", Name: name, Charset: 63, Length: 10, Type: wire.TypeLongLong, Flags: 1 | 32, // not NULL, unsigned
	}
	data := frame(nil, count)
	data = frame(data, column.Append(nil, c.caps))
	if !c.caps.Has(wire.ClientDeprecateEOF) {
		data = frame(data, (&wire.EOF{Status: status}).Append(nil))
	}
	data = frame(data, wire.AppendLenencString(nil, strconv.FormatUint(c.id, 10)))
	if c.caps.Has(wire.ClientDeprecateEOF) {
		data = frame(data, (&wire.OK{End: true, Status: status}).Append(nil, c.caps))
	} else {
		data = frame(data, (&wire.EOF{Status: status}).Append(nil))
	}
	return c.replies.ClientReply(&Reply{
		Data: data, Complete: true, own: true,
		after: &wire.Response{Kind: wire.RespRows, Complete: true, Rows: 1, Status: status},
	})
}
