package conformance

import (
	"encoding/binary"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// request is a command that a generator has made.
type request struct {
	text    string // what to call it
	payload []byte
	user    string               // instead of a payload: becomes this user
	learn   func(*wire.Response) // notes what came of it; may be nil
}

// statement is one that is prepared.
type statement struct {
	sql    string
	id     uint32
	params int
	cursor bool   // executed with a cursor that may still be open
	inTrx  bool   // which was opened in a transaction
	stream bool   // its parameters are strings, which may be sent ahead
	long   uint64 // those that have been
}

// lastPrepared stands for the statement that was prepared last (MariaDB).
const lastPrepared = 1<<32 - 1

// generator makes random commands. What it makes depends on its seed and on the
// replies alone.
type generator struct {
	*rand.Rand
	bulk     bool // COM_STMT_BULK_EXECUTE is agreed
	many     bool // several commands are being made for one moment
	prepared []*statement
	inTrx    bool // the session is in a transaction
	apart    bool // the session is in a read-only transaction
	strayed  bool // something has been left behind by one, on the server alone that it was on: variables, handlers
	refused  bool // a command was about a statement or session that is not there, which the proxy says by itself
	fresh    bool // the statement before has left warnings or none where it was executed, and not those of another one
}

// next returns commands to send at once, mostly one.
func (g *generator) next() []request {
	if g.many = g.IntN(12) == 0; !g.many {
		return g.some()
	}
	var commands []request
	for range 2 + g.IntN(4) {
		commands = append(commands, g.some()...)
	}
	return commands
}

// some returns a command, or a few that belong together.
func (g *generator) some() []request {
	switch n := g.IntN(100); {
	case n < 56:
		return []request{g.query(g.sql())}
	case n < 66 || len(g.prepared) == 0:
		return g.prepare(g.expand(g.pick(preparable...)))
	case n < 90:
		return g.use(g.prepared[g.IntN(len(g.prepared))])
	case n < 93:
		return []request{g.drop(g.IntN(len(g.prepared)))}
	case n < 94:
		return []request{g.nothing()}
	case n < 96:
		return []request{
			g.simple(wire.ComInitDB, g.pick(schema, schema, "nowhere")), g.simple(wire.ComFieldList, "t\x00"+g.pick("%", "a", "x")),
			g.simple(wire.ComSetOption, g.pick("\x00\x00", "\x00\x00", "\x01\x00")),
		}[g.IntN(3):][:1]
	case n < 97 && g.IntN(3) == 0:
		return g.reset()
	case n < 98 && g.IntN(3) == 0:
		return g.changeUser()
	}
	return []request{g.simple(wire.ComPing, "")}
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) simple(kind wire.Command, arguments string) request {
	return request{text: kind.String() + " " + arguments, payload: append([]byte{byte(kind)}, arguments...), learn: g.follow}
}

var (
	setsVariable  = regexp.MustCompile(`@[a-z]+ :?=|INTO @|EXECUTE|CALL|HANDLER|_LOCK`)
	readsVariable = regexp.MustCompile(`@[a-z]|EXECUTE s USING|HANDLER|_LOCK`)
	// ofConnection finds what the primary knows of the session's connection to it.
	ofConnection = regexp.MustCompile(`LASTVAL|PREVIOUS|LAST_INSERT_ID|identity|_LOCK|HANDLER`)
)

var (
	// diagnoses finds what tells of the statements before, and clears what makes
	// the server forget them: only a statement that uses a table does.
	diagnoses = regexp.MustCompile(`WARNINGS|ERRORS|_count|ROW_COUNT`)
	clears    = regexp.MustCompile(`\b[tu]\b`)
)

func (g *generator) query(sql string) request {
	c := g.simple(wire.ComQuery, sql)
	c.text, c.learn = sql+g.remark(sql), g.after(sql)
	return c
}

// remark tells what sql has to do with what a proxy has no part in.
func (g *generator) remark(sql string) string {
	if g.apart && setsVariable.MatchString(sql) {
		g.strayed = true
	}
	switch {
	case g.strayed && readsVariable.MatchString(sql), g.apart && ofConnection.MatchString(sql):
		return " (left at a read-only transaction)"
	case diagnoses.MatchString(sql) && g.refused:
		return " (of what was refused)"
	case diagnoses.MatchString(sql) && (!g.fresh || g.many):
		return " (of a statement elsewhere)"
	case strings.HasPrefix(sql, "KILL"):
		g.refused = true
	case clears.MatchString(sql):
		g.refused = false
	}
	return ""
}

// follow notes what a reply says of the session.
func (g *generator) follow(r *wire.Response) {
	if r.Told() && r.Packets > 0 {
		g.inTrx, g.apart = r.Status.Has(wire.StatusInTrans), r.Status.Has(wire.StatusInTransReadonly)
	}
	g.deny(r)
}

// deny notes that a statement is not there.
func (g *generator) deny(r *wire.Response) {
	g.refused = g.refused || r.Err != nil && r.Err.Code == unknownStatement
}

// after follows the reply to a statement.
func (g *generator) after(sql string) func(*wire.Response) {
	return func(r *wire.Response) {
		g.follow(r)
		g.fresh = g.fresh && diagnoses.MatchString(sql) || clears.MatchString(sql) || r.Err != nil || r.Warnings > 0
	}
}

// unknownStatement is the error of a command about a statement that is not there.
const unknownStatement = 1243

func (g *generator) prepare(sql string) []request {
	s := &statement{sql: sql, id: lastPrepared, params: strings.Count(sql, "?")}
	s.stream = s.params > 0 && g.IntN(4) == 0
	c := g.simple(wire.ComStmtPrepare, sql)
	c.text = "prepare " + sql
	c.learn = func(r *wire.Response) {
		g.fresh = false
		if r.Err == nil {
			s.id = r.StatementID
			g.prepared = append(g.prepared, s)
		}
	}
	if g.IntN(3) > 0 {
		return []request{c}
	}
	last := g.execute(s, "execute the last one")
	g.refused = g.refused || g.many // it may be
	return []request{c, last}
}

// use executes a statement in one of the ways there are.
func (g *generator) use(s *statement) []request {
	switch n := g.IntN(20); {
	case n < 2, s.cursor && n < 12:
		return []request{g.fetch(s)}
	case n < 8 && s.stream:
		i := g.IntN(s.params)
		s.long |= 1 << i
		b := binary.LittleEndian.AppendUint16(g.about(wire.ComStmtSendLongData, s), uint16(i))
		long := request{text: "long data", payload: append(b, strings.Repeat("long ", g.IntN(2000))...)}
		return []request{long, g.execute(s, "execute with long data")}
	case n < 9 && g.bulk && !s.stream:
		return []request{g.bulkExecute(s)}
	}
	return []request{g.execute(s, "execute")}
}

// about begins the payload of a command that is about a statement.
func (g *generator) about(kind wire.Command, s *statement) []byte {
	return binary.LittleEndian.AppendUint32([]byte{byte(kind)}, s.id)
}

func (g *generator) fetch(s *statement) request {
	rows := uint32(g.IntN(4) * 5)
	text := "fetch " + s.sql
	if s.cursor && (s.inTrx || g.inTrx || g.many) { // of many nobody knows it yet
		text += " (beside a transaction)"
	}
	return request{text: text, payload: binary.LittleEndian.AppendUint32(g.about(wire.ComStmtFetch, s), rows), learn: func(r *wire.Response) {
		g.deny(r) // the status may be that of another server
		s.cursor = r.Err == nil && !r.Status.Has(wire.StatusLastRowSent)
	}}
}

// execute makes a COM_STMT_EXECUTE with parameters of random types, sometimes
// with a cursor.
func (g *generator) execute(s *statement, text string) request {
	flags := byte(0)
	if g.IntN(4) == 0 {
		flags, text = 1, text+" with a cursor"
	}
	b := append(g.about(wire.ComStmtExecute, s), flags, 1, 0, 0, 0)
	if s.params > 0 {
		nulls := make([]byte, (s.params+7)/8)
		var types, values []byte
		for i := range s.params {
			kind, value := g.value()
			switch {
			case s.long&(1<<i) != 0:
				kind, value = wire.TypeBlob, nil
			case s.stream:
				kind, value = wire.TypeBlob, wire.AppendLenencString(nil, []byte(strconv.Itoa(g.IntN(45))))
			case kind == wire.TypeNull:
				nulls[i/8] |= 1 << (i % 8)
			}
			types, values = append(types, byte(kind), 0), append(values, value...)
		}
		b = append(append(b, nulls...), 1)
		b = append(append(b, types...), values...)
	}
	s.long = 0
	return request{text: text + " " + s.sql + g.remark(s.sql), payload: b, learn: func(r *wire.Response) {
		g.after(s.sql)(r)
		s.cursor, s.inTrx = r.Status.Has(wire.StatusCursorExists), g.inTrx
	}}
}

// value makes a value of a random type.
func (g *generator) value() (wire.ColumnType, []byte) {
	switch g.IntN(6) {
	case 0:
		return wire.TypeNull, nil
	case 1:
		return wire.TypeVarString, wire.AppendLenencString(nil, []byte(strings.Repeat("ü", g.IntN(30))))
	case 2:
		return wire.TypeDatetime, []byte{7, 0xe8, 7, 2, 29, byte(g.IntN(24)), 59, 30}
	case 3:
		return wire.TypeDouble, binary.LittleEndian.AppendUint64(nil, uint64(g.IntN(3))<<61)
	}
	return wire.TypeLong, binary.LittleEndian.AppendUint32(nil, g.Uint32N(45))
}

// bulkExecute makes a COM_STMT_BULK_EXECUTE: all rows have the types of the first,
// and an indicator before each value.
func (g *generator) bulkExecute(s *statement) request {
	const sendTypes = 128
	b := binary.LittleEndian.AppendUint16(g.about(wire.ComStmtBulkExecute, s), sendTypes)
	for range s.params {
		b = append(b, byte(wire.TypeLong), 0)
	}
	for range 1 + g.IntN(20) {
		for range s.params {
			if indicator := byte(max(0, g.IntN(8)-5)); indicator > 0 { // NULL or the default
				b = append(b, indicator)
				continue
			}
			b = binary.LittleEndian.AppendUint32(append(b, 0), g.Uint32N(45))
		}
	}
	return request{text: "execute in bulk " + s.sql, payload: b, learn: g.follow}
}

// drop closes a statement or resets it.
func (g *generator) drop(i int) request {
	s := g.prepared[i]
	s.cursor, s.long = false, 0
	kind := wire.ComStmtReset
	if g.IntN(2) == 0 {
		kind = wire.ComStmtClose
		g.prepared = append(g.prepared[:i:i], g.prepared[i+1:]...)
	}
	return request{text: kind.String(), payload: g.about(kind, s), learn: g.follow}
}

// nothing uses a statement that is not there.
func (g *generator) nothing() request {
	s := &statement{id: 99999}
	kind := []wire.Command{wire.ComStmtReset, wire.ComStmtClose, wire.ComStmtFetch, wire.ComStmtExecute}[g.IntN(4)]
	g.refused = g.refused || kind.HasReply()
	return request{text: kind.String() + " of nothing", payload: append(g.about(kind, s), 0, 0, 0, 0, 0), learn: g.follow}
}

// reset begins the session anew. Servers then forget the character set of the
// database, which a connection that is made later knows: it is chosen again.
func (g *generator) reset() []request {
	g.prepared, g.strayed = nil, false
	return []request{g.simple(wire.ComResetConnection, ""), g.simple(wire.ComInitDB, schema)}
}

// changeUser becomes somebody else, who may do less, and is back soon.
func (g *generator) changeUser() []request {
	g.prepared, g.strayed, g.apart = nil, false, false
	between := g.query(g.sql())
	g.strayed, g.apart = false, false
	return []request{
		{text: "change user", user: enginetest.AppUser}, g.query("SELECT CURRENT_USER(), DATABASE(), @x"), between, {text: "change user back", user: root},
	}
}

var (
	choice = regexp.MustCompile(`\{[^{}]*\}`)
	number = regexp.MustCompile(`#`)
)

// expand replaces each {one|another} by one of them, and each # by a number.
func (g *generator) expand(sql string) string {
	sql = choice.ReplaceAllStringFunc(sql, func(s string) string { return g.pick(strings.Split(s[1:len(s)-1], "|")...) })
	return number.ReplaceAllStringFunc(sql, func(string) string { return strconv.Itoa(g.IntN(45)) })
}

// sql makes a random statement: each family is as likely as the others.
func (g *generator) sql() string {
	family := families[g.IntN(len(families))]
	return g.expand(g.pick(family...))
}
