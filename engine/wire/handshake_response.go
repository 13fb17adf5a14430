package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// MaxAttributes is the most bytes of connection attributes that are accepted.
// MariaDB and MySQL have the same limit.
const MaxAttributes = 64 << 10

// Attribute is a connection attribute, such as program_name.
type Attribute struct{ Name, Value string }

// HandshakeResponse is the client's answer to the greeting, protocol 4.1, or
// its request for TLS, which is the beginning of one.
type HandshakeResponse struct {
	Capabilities Capability // what the client wants; see Capability.Agreed
	MaxPacket    uint32
	Collation    byte
	User         string
	Auth         []byte // what the authentication plugin says first
	Database     string // with ClientConnectWithDB
	Plugin       string // with ClientPluginAuth
	Attributes   []Attribute
	ZstdLevel    byte // with ClientZstd

	// SSLRequest says that the packet ends after Collation: the client goes
	// on over TLS and sends all of it there.
	SSLRequest bool
}

// sslRequestSize is the length of a HandshakeResponse that is an SSLRequest.
const sslRequestSize = 32

// Append appends the payload of the packet. What belongs to a capability that is
// not set is left out.
func (m *HandshakeResponse) Append(dst []byte) []byte {
	caps := m.Capabilities
	dst = slices.Grow(dst, 128+len(m.User)+len(m.Auth)+len(m.Database))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(caps))
	dst = binary.LittleEndian.AppendUint32(dst, m.MaxPacket)
	dst = append(dst, m.Collation)
	dst = append(dst, make([]byte, 19)...)
	extended := uint32(0)
	if !caps.Has(ClientMySQL) {
		extended = uint32(caps >> 32)
	}
	dst = binary.LittleEndian.AppendUint32(dst, extended)
	if m.SSLRequest {
		return dst
	}
	dst = append(append(dst, m.User...), 0)
	dst = appendAuth(dst, m.Auth, caps)
	if caps.Has(ClientConnectWithDB) {
		dst = append(append(dst, m.Database...), 0)
	}
	if caps.Has(ClientPluginAuth) {
		dst = append(append(dst, m.Plugin...), 0)
	}
	if caps.Has(ClientConnectAttrs) {
		dst = appendAttributes(dst, m.Attributes)
	}
	if caps.Has(ClientZstd) {
		dst = append(dst, m.ZstdLevel)
	}
	return dst
}

// Decode reads the payload of the packet. The attributes are read whatever the
// authentication will be. Clients older than protocol 4.1 are an error.
func (m *HandshakeResponse) Decode(b []byte) error {
	const message = "handshake response"
	r := reader{b: b}
	*m = HandshakeResponse{}
	caps := Capability(r.uint32())
	if r.err == nil && !caps.Has(ClientProtocol41) {
		return malformed(message, fmt.Errorf("the client does not speak protocol 4.1 (capabilities %#x)", uint64(caps)))
	}
	m.MaxPacket = r.uint32()
	m.Collation = r.uint8()
	r.bytes(19)
	if extended := r.uint32(); !caps.Has(ClientMySQL) {
		caps |= Capability(extended) << 32
	}
	if r.err != nil {
		return malformed(message, r.err)
	}
	m.Capabilities = caps
	if caps.Has(ClientSSL) && len(b) == sslRequestSize {
		m.SSLRequest = true
		return nil
	}
	m.User = string(r.nulBytes())
	m.Auth = r.auth(caps)
	if caps.Has(ClientConnectWithDB) && len(r.b) > 0 {
		m.Database = string(r.nulOrRest())
	}
	if caps.Has(ClientPluginAuth) && len(r.b) > 0 {
		m.Plugin = string(r.nulOrRest())
	}
	if caps.Has(ClientConnectAttrs) && len(r.b) > 0 {
		m.Attributes = r.attributes()
	}
	if caps.Has(ClientZstd) && len(r.b) > 0 {
		m.ZstdLevel = r.uint8()
	}
	if r.err != nil {
		return malformed(message, r.err)
	}
	return nil
}

func appendAuth(dst, auth []byte, caps Capability) []byte {
	switch {
	case caps.Has(ClientPluginAuthLenencData):
		return AppendLenencString(dst, auth)
	case caps.Has(ClientSecureConnection):
		auth = auth[:min(len(auth), 255)]
		return append(append(dst, byte(len(auth))), auth...)
	default:
		return append(append(dst, auth...), 0)
	}
}

func (r *reader) auth(caps Capability) []byte {
	switch {
	case caps.Has(ClientPluginAuthLenencData):
		return r.lenencBytes()
	case caps.Has(ClientSecureConnection):
		return r.bytes(int(r.uint8()))
	default:
		return r.nulBytes()
	}
}

func appendAttributes(dst []byte, attributes []Attribute) []byte {
	size := 0
	for _, a := range attributes {
		size += lenencSize(len(a.Name)) + lenencSize(len(a.Value))
	}
	dst = AppendLenencInt(slices.Grow(dst, size), uint64(size))
	for _, a := range attributes {
		dst = AppendLenencString(AppendLenencString(dst, a.Name), a.Value)
	}
	return dst
}

func (r *reader) attributes() []Attribute {
	n, _ := LenencInt(r.b)
	if n > MaxAttributes {
		r.err = fmt.Errorf("connection attributes of %d bytes: the limit is %d", n, MaxAttributes)
		return nil
	}
	block := reader{b: r.lenencBytes()}
	text := string(block.b) // that of all of them
	next := func() string {
		n := len(block.lenencBytes())
		end := len(text) - len(block.b)
		return text[end-n : end]
	}
	attributes := make([]Attribute, 0, 8) // as many as most clients have
	for len(block.b) > 0 {
		a := Attribute{Name: next(), Value: next()}
		if block.err != nil {
			r.err = errors.New("connection attributes end in the middle of one")
			return nil
		}
		attributes = append(attributes, a)
	}
	return attributes
}
