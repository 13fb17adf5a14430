package engine

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/signalbox/signalbox/engine/wire"
)

// asksConnectionID reports whether sql is SELECT CONNECTION_ID() and nothing
// else but an alias, and what the column is called. It is answered with the
// session's id, which is the one that KILL takes and the console shows.
//
// MaxScale: sends it on, and the client sees the thread id of one of its servers,
// which means another session to KILL.
func asksConnectionID(sql []byte) (column []byte, asks bool) {
	if len(sql) > 64 || bytes.IndexByte(sql, '(') < 0 {
		return nil, false
	}
	sql = bytes.TrimRight(bytes.TrimSpace(sql), "; \t\r\n")
	word, rest, ok := bytes.Cut(sql, []byte(" "))
	rest = bytes.TrimSpace(rest)
	const function = "CONNECTION_ID()"
	if !ok || !bytes.EqualFold(word, []byte("SELECT")) || len(rest) < len(function) || !bytes.EqualFold(rest[:len(function)], []byte(function)) {
		return nil, false
	}
	call, alias := rest[:len(function)], rest[len(function):]
	if len(alias) == 0 {
		return call, true
	}
	name := bytes.TrimSpace(alias)
	if as, after, ok := bytes.Cut(name, []byte(" ")); ok && bytes.EqualFold(as, []byte("AS")) {
		name = bytes.TrimSpace(after)
	}
	if n := len(name); n > 2 && name[0] == '`' && name[n-1] == '`' {
		name = name[1 : n-1]
	} else if alias[0] != ' ' {
		return nil, false
	}
	return name, isName(name)
}

// tellConnectionID makes the preparation of a question for the client's id one of
// the session's id, which is the same on all servers.
func tellConnectionID(c *conversation, q *Query) {
	if column, asks := asksConnectionID(q.SQL()); asks {
		sql := fmt.Sprintf("SELECT CAST(%d AS UNSIGNED) AS `%s`", c.id, column)
		q.payload, q.framed = append([]byte{byte(wire.ComStmtPrepare)}, sql...), nil
	}
}

// isName reports whether b is a name of letters, digits and _ that does not
// begin with a digit.
func isName(b []byte) bool {
	for i, c := range b {
		switch {
		case c == '_', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', i > 0 && '0' <= c && c <= '9':
		default:
			return false
		}
	}
	return len(b) > 0
}

// connectionID answers SELECT CONNECTION_ID() with a column of the given name.
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
