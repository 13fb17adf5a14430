package wire

import (
	"encoding/binary"
	"errors"
)

// PrepareOK is the first packet of a successful answer to COM_STMT_PREPARE.
type PrepareOK struct {
	StatementID uint32
	Columns     uint16
	Params      uint16
	Warnings    uint16
}

// Append appends the payload of the packet.
func (m *PrepareOK) Append(dst []byte) []byte {
	dst = append(dst, 0x00)
	dst = binary.LittleEndian.AppendUint32(dst, m.StatementID)
	dst = binary.LittleEndian.AppendUint16(dst, m.Columns)
	dst = binary.LittleEndian.AppendUint16(dst, m.Params)
	return binary.LittleEndian.AppendUint16(append(dst, 0), m.Warnings)
}

// Decode reads the payload of the packet.
func (m *PrepareOK) Decode(b []byte) error {
	if len(b) == 0 || b[0] != 0 {
		return malformed("COM_STMT_PREPARE_OK packet", errors.New("it does not start with 0x00"))
	}
	r := reader{b: b[1:]}
	*m = PrepareOK{StatementID: r.uint32(), Columns: r.uint16(), Params: r.uint16()}
	r.uint8()
	m.Warnings = r.uint16()
	if r.err != nil {
		return malformed("COM_STMT_PREPARE_OK packet", r.err)
	}
	return nil
}

// LastStatement is the statement id by which MariaDB clients execute the
// statement that they prepared last, without waiting for its id.
const LastStatement uint32 = 0xffffffff

// StatementID returns the statement id of a command that has one:
// COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE, COM_STMT_FETCH, COM_STMT_CLOSE,
// COM_STMT_RESET and COM_STMT_SEND_LONG_DATA.
func StatementID(command []byte) (id uint32, ok bool) {
	if len(command) < 5 || !hasStatementID(Command(command[0])) {
		return 0, false
	}
	return binary.LittleEndian.Uint32(command[1:]), true
}

// SetStatementID replaces the statement id of a command in place and tells
// whether it has one.
func SetStatementID(command []byte, id uint32) bool {
	if len(command) < 5 || !hasStatementID(Command(command[0])) {
		return false
	}
	binary.LittleEndian.PutUint32(command[1:], id)
	return true
}

func hasStatementID(c Command) bool {
	switch c {
	case ComStmtExecute, ComStmtBulkExecute, ComStmtFetch, ComStmtClose, ComStmtReset, ComStmtSendLongData:
		return true
	}
	return false
}
