package wire

import (
	"encoding/binary"
	"errors"
)

// EOF is an EOF packet, which ends column definitions and rows where
// ClientDeprecateEOF is not agreed.
type EOF struct {
	Warnings uint16
	Status   Status
}

// Append appends the payload of the EOF packet.
func (m *EOF) Append(dst []byte) []byte {
	return append(dst, 0xfe, byte(m.Warnings), byte(m.Warnings>>8), byte(m.Status), byte(m.Status>>8))
}

// Decode reads the payload of an EOF packet.
func (m *EOF) Decode(b []byte) error {
	if len(b) == 0 || b[0] != 0xfe {
		return malformed("EOF packet", errors.New("it does not start with 0xfe"))
	}
	if len(b) < 5 {
		return malformed("EOF packet", errShort)
	}
	*m = EOF{
		Warnings: binary.LittleEndian.Uint16(b[1:]),
		Status:   Status(binary.LittleEndian.Uint16(b[3:])),
	}
	return nil
}
