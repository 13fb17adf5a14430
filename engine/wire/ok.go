package wire

import (
	"errors"
	"fmt"
)

// OK is an OK packet.
type OK struct {
	// End says that the packet ends rows, where ClientDeprecateEOF is agreed:
	// it starts with 0xfe instead of 0x00.
	End          bool
	AffectedRows uint64
	LastInsertID uint64
	Status       Status
	Warnings     uint16
	Info         []byte       // human text, such as "Rows matched: 1  Changed: 1  Warnings: 0"
	State        SessionState // empty unless Status has StatusSessionStateChanged
}

// Append appends the payload of the OK packet. State is sent only when caps has
// ClientSessionTrack and Status has StatusSessionStateChanged.
func (m *OK) Append(dst []byte, caps Capability) []byte {
	header := byte(0x00)
	if m.End {
		header = 0xfe
	}
	dst = append(dst, header)
	dst = AppendLenencInt(dst, m.AffectedRows)
	dst = AppendLenencInt(dst, m.LastInsertID)
	dst = append(dst, byte(m.Status), byte(m.Status>>8), byte(m.Warnings), byte(m.Warnings>>8))
	changed := caps.Has(ClientSessionTrack) && m.Status.Has(StatusSessionStateChanged)
	if len(m.Info) > 0 || changed {
		dst = AppendLenencString(dst, m.Info)
	}
	if changed {
		dst = AppendLenencString(dst, m.State)
	}
	return dst
}

// Decode reads the payload of an OK packet. Info and State point into b.
func (m *OK) Decode(b []byte, caps Capability) error {
	if len(b) == 0 || b[0] != 0x00 && b[0] != 0xfe {
		return malformed("OK packet", errors.New("it starts with neither 0x00 nor 0xfe"))
	}
	r := reader{b: b[1:]}
	*m = OK{
		End:          b[0] == 0xfe,
		AffectedRows: r.lenencInt(),
		LastInsertID: r.lenencInt(),
		Status:       Status(r.uint16()),
		Warnings:     r.uint16(),
	}
	if r.err != nil {
		return malformed("OK packet", r.err)
	}
	if len(r.b) == 0 {
		return nil
	}
	if !caps.Has(ClientSessionTrack) {
		// The servers write a length here too, against MySQL's documentation.
		if info, n := LenencBytes(r.b); n == len(r.b) {
			m.Info = info
		} else {
			m.Info = r.b
		}
		return nil
	}
	m.Info = r.lenencBytes()
	if m.Status.Has(StatusSessionStateChanged) && len(r.b) > 0 {
		m.State = SessionState(r.lenencBytes())
	}
	if r.err != nil {
		return malformed("OK packet", r.err)
	}
	if err := m.State.check(); err != nil {
		return malformed("OK packet", fmt.Errorf("session state: %w", err))
	}
	return nil
}
