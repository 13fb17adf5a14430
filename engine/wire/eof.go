package wire

import "errors"

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
	r := reader{b: b[1:]}
	*m = EOF{Warnings: r.uint16(), Status: Status(r.uint16())}
	if r.err != nil {
		return malformed("EOF packet", r.err)
	}
	return nil
}
