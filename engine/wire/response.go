package wire

import (
	"errors"
	"fmt"
	"slices"
)

// ResponseKind says what a response, or the last of several results in it, is.
type ResponseKind byte

// The kinds of a response.
const (
	RespNone     ResponseKind = iota // nothing of it has been seen
	RespOK                           // success without rows
	RespError                        // Err says which
	RespRows                         // rows, or definitions only (a cursor, COM_FIELD_LIST)
	RespPrepared                     // a statement has been prepared
	RespInfile                       // the server asks for a local file
	RespText                         // the text of COM_STATISTICS
	RespBinlog                       // a stream of binary log events
)

var responseKindNames = [...]string{"none", "ok", "error", "rows", "prepared", "infile", "text", "binlog"}

// String returns the kind in lower case.
func (k ResponseKind) String() string {
	if int(k) < len(responseKindNames) {
		return responseKindNames[k]
	}
	return fmt.Sprintf("ResponseKind(%d)", byte(k))
}

// Response follows the reply to one command through its framed bytes, and looks
// only at headers and first bytes. It is small and may be copied. Start makes
// it ready.
//
// COM_CHANGE_USER, whose reply may ask for another authentication, is beyond
// it.
type Response struct {
	Kind     ResponseKind
	Complete bool // the last byte of the reply has been consumed
	Infile   bool // the client is to send a file; ResumeInfile goes on after it

	Columns      int    // of the last result with rows
	Rows         uint64 // complete rows, of all results
	Results      int    // finished results: more than 1 for multi-statements and CALL
	AffectedRows uint64 // of the last OK packet
	LastInsertID uint64 // of the last OK packet
	Status       Status // of the last OK or EOF packet
	Warnings     uint16 // of the last OK or EOF packet
	Err          *Error // that the reply ended with
	Packets      uint64 // packet headers consumed

	StatementID uint32 // of the prepared statement
	Params      uint16 // of the prepared statement
	PrepColumns uint16 // of the prepared statement

	// State is what changed in the server's session, of all OK packets.
	State SessionState

	caps      Capability
	phase     phase
	command   Command
	kind      PartKind // of the packet that is under way
	continues bool     // the packet under way goes on in another
	last      bool     // the packet under way is the last of the reply
	remaining uint32   // bytes of the packet under way still to come
	expected  uint32   // definitions still to come, before those of PrepColumns
}

// phase says what the next packet is. The one of an EOF packet follows the one
// of the definitions before it.
type phase byte

const (
	phaseFirst       phase = iota // the first of a result
	phaseColumns                  // column definitions
	phaseColumnsEnd               // the EOF packet after them
	phaseRows                     // rows or what ends them
	phaseParams                   // definitions of a statement's parameters
	phaseParamsEnd                // the EOF packet after them
	phasePrepColumns              // definitions of a statement's columns
	phasePrepEnd                  // the EOF packet after them
	phaseFields                   // COM_FIELD_LIST's definitions or what ends them
	phaseText                     // COM_STATISTICS' text
	phaseBinlog                   // events or what ends them
)

// maxInspected is the longest packet of which all must be at hand at once: OK
// and ERR packets, which carry texts and variables.
const maxInspected = 1 << 20

// Start makes r ready for the reply to a command, of which it forgets all
// before. The reply to a command without one is complete at once.
func (r *Response) Start(command Command, caps Capability) {
	*r = Response{command: command, caps: caps, Complete: !command.HasReply()}
	switch command {
	case ComStmtFetch:
		r.Kind, r.phase = RespRows, phaseRows
	case ComFieldList:
		r.phase = phaseFields
	case ComStatistics:
		r.phase = phaseText
	case ComBinlogDump, ComBinlogDumpGTID:
		r.phase = phaseBinlog
	}
}

// Command returns the command that the response is the reply to.
func (r *Response) Command() Command { return r.command }

// ResumeInfile goes on after the client's file has been sent to the server.
func (r *Response) ResumeInfile() { r.Infile = false }

// Boundary tells whether the bytes consumed so far end at the end of a whole
// packet.
func (r *Response) Boundary() bool { return r.remaining == 0 && !r.continues }

// Schema returns the schema that the server says it changed to.
func (r *Response) Schema() (string, bool) {
	name, ok := "", false
	for c := range r.State.All() {
		if c.Type == StateSchema {
			name, ok = string(c.Value), true
		}
	}
	return name, ok
}

// Consume goes through b, the next framed bytes of the reply, and returns how
// many of them it has dealt with: those can be passed on. When they are fewer
// than there are, the reply is complete (the rest belongs to another), a file
// is asked for, or the rest is the beginning of a packet of which more is
// needed. An error means that the bytes follow no known form: what comes
// after cannot be understood.
func (r *Response) Consume(b []byte) (n int, err error) {
	for n < len(b) {
		p, err := r.next(b[n:])
		if err != nil {
			return n, err
		}
		if len(p.Data) == 0 {
			break
		}
		n += len(p.Data)
	}
	return n, nil
}

// next deals with the packet, or the rest or piece of one, at the front of b.
// No Data in what it returns means that it cannot go on.
func (r *Response) next(b []byte) (Part, error) {
	if r.remaining > 0 {
		n := min(int(r.remaining), len(b))
		r.remaining -= uint32(n)
		return r.part(b[:n], false), nil
	}
	if r.Complete || r.Infile || len(b) < headerSize {
		return Part{}, nil
	}
	length := pieceLength(b)
	first := !r.continues
	if first {
		ok, err := r.inspect(length, b[headerSize:])
		if err != nil {
			return Part{}, fmt.Errorf("reply to %v: packet %d: %w", r.command, r.Packets+1, err)
		}
		if !ok {
			return Part{}, nil
		}
	}
	r.Packets++
	r.continues = length == maxPiece
	n := min(headerSize+length, len(b))
	r.remaining = uint32(headerSize + length - n)
	p := r.part(b[:n], first)
	p.Header = true
	return p, nil
}

// part describes data, and settles what follows from the end of a packet.
func (r *Response) part(data []byte, first bool) Part {
	p := Part{Kind: r.kind, Data: data, First: first, Last: r.Boundary()}
	if !p.Last {
		return p
	}
	switch {
	case r.kind == PartRow:
		r.Rows++
	case r.kind == PartInfile:
		r.Infile = true
	case r.last:
		r.Complete = true
	}
	return p
}

var (
	errEmptyPacket = errors.New("empty packet")
	errTooLong     = fmt.Errorf("packet that must be understood is longer than %d bytes", maxInspected)
)

// inspect looks at the beginning of a packet of the given length, of which b
// holds the start, and sets what the packet is and what the next will be. It
// returns false when it must see more.
func (r *Response) inspect(length int, b []byte) (bool, error) {
	if length == 0 {
		if r.phase == phaseRows || r.phase == phaseText || r.phase == phaseBinlog {
			return r.is(PartOther, r.phase), nil
		}
		return false, errEmptyPacket
	}
	if len(b) == 0 {
		return false, nil
	}
	if b[0] == 0xff {
		return r.inspectError(length, b)
	}
	switch r.phase {
	case phaseRows:
		if r.endsRows(length, b[0]) {
			return r.inspectEnd(length, b)
		}
		return r.is(PartRow, phaseRows), nil
	case phaseFirst:
		return r.inspectFirst(length, b)
	case phaseColumns, phaseParams, phasePrepColumns:
		return r.inspectDefinition(), nil
	case phaseColumnsEnd, phaseParamsEnd, phasePrepEnd:
		return r.inspectMiddleEOF(length, b)
	case phaseFields:
		r.Kind = RespRows
		if b[0] == 0xfe && length < maxPiece {
			return r.inspectEnd(length, b)
		}
		r.Columns++
		return r.is(PartColumnDef, phaseFields), nil
	case phaseText:
		r.Kind, r.last = RespText, true
		r.Results++
		return r.is(PartOther, phaseText), nil
	default: // phaseBinlog
		r.Kind = RespBinlog
		if b[0] == 0xfe && length < 9 {
			return r.inspectEnd(length, b)
		}
		return r.is(PartOther, phaseBinlog), nil
	}
}

// is sets what the packet is and what comes next.
func (r *Response) is(kind PartKind, next phase) bool {
	r.kind, r.phase = kind, next
	return true
}

// whole returns the whole payload, nil when it is not all at hand.
func whole(length int, b []byte) ([]byte, error) {
	if length > maxInspected {
		return nil, errTooLong
	}
	if len(b) < length {
		return nil, nil
	}
	return b[:length], nil
}

func (r *Response) inspectError(length int, b []byte) (bool, error) {
	b, err := whole(length, b)
	if b == nil {
		return false, err
	}
	e := &Error{}
	if err := e.Decode(b); err != nil {
		return false, err
	}
	if e.Code == 0xffff && r.caps.Has(MariaDBProgress) {
		return r.is(PartOther, r.phase), nil // a progress report; the reply goes on
	}
	r.Kind, r.Err, r.last = RespError, e, true
	r.Results++
	return r.is(PartErr, phaseFirst), nil
}

func (r *Response) inspectFirst(length int, b []byte) (bool, error) {
	switch {
	case b[0] == 0x00 && r.command == ComStmtPrepare:
		return r.inspectPrepareOK(length, b)
	case b[0] == 0x00, b[0] == 0xfe:
		ok, err := r.inspectEnd(length, b)
		if ok {
			r.Kind = RespOK
		}
		return ok, err
	case b[0] == 0xfb:
		r.Kind = RespInfile
		return r.is(PartInfile, phaseFirst), nil
	}
	b, err := whole(length, b)
	if b == nil {
		return false, err
	}
	columns, n := LenencInt(b)
	if n == 0 || columns == 0 || columns > 0xffff {
		return false, errors.New("neither OK, error, nor the number of columns")
	}
	r.Kind, r.Columns, r.expected = RespRows, int(columns), uint32(columns)
	if r.caps.Has(MariaDBCacheMetadata) && n < len(b) && b[n] == 0 {
		// The client knows the columns.
		if r.expected = 0; r.caps.Has(ClientDeprecateEOF) {
			return r.is(PartColumnCount, phaseRows), nil
		}
		return r.is(PartColumnCount, phaseColumnsEnd), nil
	}
	return r.is(PartColumnCount, phaseColumns), nil
}

func (r *Response) inspectDefinition() bool {
	if r.expected--; r.expected > 0 {
		return r.is(PartColumnDef, r.phase)
	}
	if !r.caps.Has(ClientDeprecateEOF) {
		return r.is(PartColumnDef, r.phase+1) // the EOF packet after these
	}
	switch r.phase {
	case phaseColumns:
		return r.is(PartColumnDef, phaseRows)
	case phaseParams:
		return r.afterParams(PartColumnDef)
	default: // phasePrepColumns
		r.last = true
		return r.is(PartColumnDef, phaseFirst)
	}
}

// afterParams goes on after a statement's parameters, whose last packet is of
// the given kind.
func (r *Response) afterParams(kind PartKind) bool {
	if r.PrepColumns == 0 {
		r.last = true
		return r.is(kind, phaseFirst)
	}
	r.expected = uint32(r.PrepColumns)
	return r.is(kind, phasePrepColumns)
}

// inspectMiddleEOF looks at the EOF packet after definitions.
func (r *Response) inspectMiddleEOF(length int, b []byte) (bool, error) {
	b, err := whole(length, b)
	if b == nil {
		return false, err
	}
	var eof EOF
	if err := eof.Decode(b); err != nil {
		return false, err
	}
	r.Status, r.Warnings = eof.Status, eof.Warnings
	switch r.phase {
	case phaseColumnsEnd:
		if r.command == ComStmtExecute && eof.Status.Has(StatusCursorExists) {
			return r.ends(PartEOF), nil // the rows are fetched
		}
		return r.is(PartEOF, phaseRows), nil
	case phaseParamsEnd:
		return r.afterParams(PartEOF), nil
	default: // phasePrepEnd
		r.last = true
		return r.is(PartEOF, phaseFirst), nil
	}
}

func (r *Response) inspectPrepareOK(length int, b []byte) (bool, error) {
	b, err := whole(length, b)
	if b == nil {
		return false, err
	}
	var m PrepareOK
	if err := m.Decode(b); err != nil {
		return false, err
	}
	r.Kind = RespPrepared
	r.StatementID, r.Params, r.PrepColumns, r.Warnings = m.StatementID, m.Params, m.Columns, m.Warnings
	r.Results++
	switch {
	case m.Params > 0:
		r.expected = uint32(m.Params)
		return r.is(PartPrepareOK, phaseParams), nil
	case m.Columns > 0:
		r.expected = uint32(m.Columns)
		return r.is(PartPrepareOK, phasePrepColumns), nil
	}
	r.last = true
	return r.is(PartPrepareOK, phaseFirst), nil
}

// endsRows tells whether a packet with this first byte ends the rows. A row
// starts with 0xfe when its first value has 16 MiB or more.
func (r *Response) endsRows(length int, first byte) bool {
	if r.caps.Has(ClientDeprecateEOF) {
		return first == 0xfe && length < maxPiece
	}
	return first == 0xfe && length < 9
}

// inspectEnd looks at an OK packet, or an EOF packet in its place, which ends a
// result.
func (r *Response) inspectEnd(length int, b []byte) (bool, error) {
	b, err := whole(length, b)
	if b == nil {
		return false, err
	}
	if b[0] == 0xfe && len(b) < 7 {
		var eof EOF
		if err := eof.Decode(b); err != nil {
			return false, err
		}
		r.Status, r.Warnings = eof.Status, eof.Warnings
		return r.ends(PartEOF), nil
	}
	var m OK
	if err := m.Decode(b, r.caps); err != nil {
		return false, err
	}
	r.AffectedRows, r.LastInsertID = m.AffectedRows, m.LastInsertID
	r.Status, r.Warnings = m.Status, m.Warnings
	if len(m.State) > 0 {
		r.State = slices.Concat(r.State, m.State) // copies of r share the old one
	}
	return r.ends(PartOK), nil
}

// ends says that the packet ends a result.
func (r *Response) ends(kind PartKind) bool {
	r.Results++
	r.last = !r.Status.Has(StatusMoreResults)
	return r.is(kind, phaseFirst)
}
