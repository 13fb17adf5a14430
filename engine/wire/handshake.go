package wire

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// SaltSize is the length of the random bytes that a server greets with.
const SaltSize = 20

// Handshake is the server's greeting, protocol version 10, the first packet of
// a connection. A server that will not talk sends an ERR packet instead.
type Handshake struct {
	Version      string // as sent; see Release
	ConnectionID uint32
	Salt         [SaltSize]byte
	Capabilities Capability
	Collation    byte // the low byte of the default collation's id
	Status       Status
	Plugin       string // authentication plugin, empty without ClientPluginAuth
}

// replicationPrefix is how MariaDB before version 11 hides its major version
// from replicas that know one digit only.
const replicationPrefix = "5.5.5-"

// Release returns Version without the prefix that MariaDB 10 puts before it.
func (m *Handshake) Release() string {
	if strings.Contains(m.Version, "MariaDB") {
		return strings.TrimPrefix(m.Version, replicationPrefix)
	}
	return m.Version
}

// Append appends the payload of the packet.
func (m *Handshake) Append(dst []byte) []byte {
	dst = slices.Grow(dst, 80+len(m.Version))
	dst = append(append(append(dst, 10), m.Version...), 0)
	dst = binary.LittleEndian.AppendUint32(dst, m.ConnectionID)
	dst = append(append(dst, m.Salt[:8]...), 0)
	caps := m.Capabilities
	dst = binary.LittleEndian.AppendUint16(dst, uint16(caps))
	dst = append(dst, m.Collation)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(m.Status))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(caps>>16))
	authLength := byte(0)
	if caps.Has(ClientPluginAuth) {
		authLength = SaltSize + 1
	}
	dst = append(dst, authLength, 0, 0, 0, 0, 0, 0)
	extended := uint32(0)
	if !caps.Has(ClientMySQL) {
		extended = uint32(caps >> 32)
	}
	dst = binary.LittleEndian.AppendUint32(dst, extended)
	dst = append(append(dst, m.Salt[8:]...), 0)
	if caps.Has(ClientPluginAuth) {
		dst = append(append(dst, m.Plugin...), 0)
	}
	return dst
}

// Decode reads the payload of the packet. Servers older than protocol 4.1 and
// salts that are not 20 bytes long are errors.
func (m *Handshake) Decode(b []byte) error {
	const message = "server greeting"
	r := reader{b: b}
	*m = Handshake{}
	if v := r.uint8(); r.err == nil && v != 10 {
		return malformed(message, fmt.Errorf("protocol version %d, want 10", v))
	}
	m.Version = string(r.nulBytes())
	m.ConnectionID = r.uint32()
	copy(m.Salt[:8], r.bytes(8))
	r.uint8()
	low := r.uint16()
	m.Collation = r.uint8()
	m.Status = Status(r.uint16())
	high := r.uint16()
	authLength := int(r.uint8())
	r.bytes(6)
	extended := r.uint32()
	rest := r.bytes(max(13, authLength-8))
	if r.err != nil {
		return malformed(message, r.err)
	}
	m.Capabilities = Capability(low) | Capability(high)<<16
	if !m.Capabilities.Has(ClientMySQL) {
		m.Capabilities |= Capability(extended) << 32
	}
	if !m.Capabilities.Has(ClientProtocol41 | ClientSecureConnection) {
		return malformed(message, fmt.Errorf("the server does not offer protocol 4.1 (capabilities %#x)", uint64(m.Capabilities)))
	}
	if rest[12] != 0 || len(rest) != 13 {
		return malformed(message, fmt.Errorf("salt of %d bytes, want %d", 8+len(rest)-1, SaltSize))
	}
	copy(m.Salt[8:], rest)
	if m.Capabilities.Has(ClientPluginAuth) {
		m.Plugin = string(r.nulOrRest())
	}
	return nil
}
