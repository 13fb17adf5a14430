package wire

import (
	"errors"
	"fmt"
	"slices"
)

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

var (
	errEmptyPacket = errors.New("empty packet")
	errTooLong     = fmt.Errorf("packet that must be understood is longer than %d bytes", maxInspected)
)

// inspect looks at the beginning of a packet of the given length, of which b
// holds the start, and sets what the packet is and what the next will be. It
// returns false when it must see more.
func (r *Response) inspect(length int, b []byte) (bool, error) {
	if length == 0 {
		if r.at.phase == phaseRows || r.at.phase == phaseText || r.at.phase == phaseBinlog {
			return r.is(PartOther, r.at.phase), nil
		}
		return false, errEmptyPacket
	}
	if len(b) == 0 {
		return false, nil
	}
	if b[0] == 0xff {
		return r.inspectError(length, b)
	}
	switch r.at.phase {
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
		r.Kind, r.at.last = RespText, true
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
	r.at.kind, r.at.phase = kind, next
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
		return r.is(PartOther, r.at.phase), nil // a progress report; the reply goes on
	}
	r.Kind, r.Err, r.at.last = RespError, e, true
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
	r.Kind, r.Columns, r.at.expected = RespRows, int(columns), uint32(columns)
	if r.caps.Has(MariaDBCacheMetadata) && n < len(b) && b[n] == 0 {
		// The client knows the columns.
		if r.at.expected = 0; r.caps.Has(ClientDeprecateEOF) {
			return r.is(PartColumnCount, phaseRows), nil
		}
		return r.is(PartColumnCount, phaseColumnsEnd), nil
	}
	return r.is(PartColumnCount, phaseColumns), nil
}

func (r *Response) inspectDefinition() bool {
	if r.at.expected--; r.at.expected > 0 {
		return r.is(PartColumnDef, r.at.phase)
	}
	if !r.caps.Has(ClientDeprecateEOF) {
		return r.is(PartColumnDef, r.at.phase+1) // the EOF packet after these
	}
	switch r.at.phase {
	case phaseColumns:
		return r.is(PartColumnDef, phaseRows)
	case phaseParams:
		return r.afterParams(PartColumnDef)
	default: // phasePrepColumns
		r.at.last = true
		return r.is(PartColumnDef, phaseFirst)
	}
}

// afterParams goes on after a statement's parameters, whose last packet is of
// the given kind.
func (r *Response) afterParams(kind PartKind) bool {
	if r.PrepColumns == 0 {
		r.at.last = true
		return r.is(kind, phaseFirst)
	}
	r.at.expected = uint32(r.PrepColumns)
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
	switch r.at.phase {
	case phaseColumnsEnd:
		// The rows of a cursor are fetched. With more results to come it is a
		// procedure's own cursor, and these are rows of the procedure.
		if r.command == ComStmtExecute && eof.Status.Has(StatusCursorExists) && !eof.Status.Has(StatusMoreResults) {
			return r.ends(PartEOF), nil
		}
		return r.is(PartEOF, phaseRows), nil
	case phaseParamsEnd:
		return r.afterParams(PartEOF), nil
	default: // phasePrepEnd
		r.at.last = true
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
		r.at.expected = uint32(m.Params)
		return r.is(PartPrepareOK, phaseParams), nil
	case m.Columns > 0:
		r.at.expected = uint32(m.Columns)
		return r.is(PartPrepareOK, phasePrepColumns), nil
	}
	r.at.last = true
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
	r.at.last = !r.Status.Has(StatusMoreResults)
	return r.is(kind, phaseFirst)
}
