package wire

import (
	"encoding/binary"
	"errors"
)

// ChangeUser is the command COM_CHANGE_USER.
type ChangeUser struct {
	User       string
	Auth       []byte
	Database   string
	Collation  uint16
	Plugin     string // with ClientPluginAuth
	Attributes []Attribute
}

// Append appends the payload of the packet. caps is what the two sides agreed.
func (m *ChangeUser) Append(dst []byte, caps Capability) []byte {
	dst = append(append(append(dst, byte(ComChangeUser)), m.User...), 0)
	dst = appendAuth(dst, m.Auth, caps&^ClientPluginAuthLenencData)
	dst = append(append(dst, m.Database...), 0)
	dst = binary.LittleEndian.AppendUint16(dst, m.Collation)
	if caps.Has(ClientPluginAuth) {
		dst = append(append(dst, m.Plugin...), 0)
	}
	if caps.Has(ClientConnectAttrs) {
		dst = appendAttributes(dst, m.Attributes)
	}
	return dst
}

// Decode reads the payload of the packet. Auth points into b. What follows the
// database may be missing.
func (m *ChangeUser) Decode(b []byte, caps Capability) error {
	const message = "COM_CHANGE_USER"
	if len(b) == 0 || Command(b[0]) != ComChangeUser {
		return malformed(message, errors.New("it does not start with 0x11"))
	}
	r := reader{b: b[1:]}
	*m = ChangeUser{
		User:     string(r.nulBytes()),
		Auth:     r.auth(caps &^ ClientPluginAuthLenencData),
		Database: string(r.nulBytes()),
	}
	if len(r.b) > 0 {
		m.Collation = r.uint16()
	}
	if caps.Has(ClientPluginAuth) && len(r.b) > 0 {
		m.Plugin = string(r.nulOrRest())
	}
	if caps.Has(ClientConnectAttrs) && len(r.b) > 0 {
		m.Attributes = r.attributes()
	}
	if r.err != nil {
		return malformed(message, r.err)
	}
	return nil
}
