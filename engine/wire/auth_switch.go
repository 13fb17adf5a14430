package wire

import "errors"

// AuthSwitch is the server's request to authenticate by another plugin. The
// client's answer is a packet that holds that plugin's first words only.
type AuthSwitch struct {
	// Plugin is mysql_old_password when the server sends the request of old,
	// which is one byte long.
	Plugin string
	Data   []byte // as sent: a salt, for most plugins with a NUL byte behind it
}

// Append appends the payload of the packet.
func (m *AuthSwitch) Append(dst []byte) []byte {
	dst = append(append(append(dst, 0xfe), m.Plugin...), 0)
	return append(dst, m.Data...)
}

// Decode reads the payload of the packet. Data points into b.
func (m *AuthSwitch) Decode(b []byte) error {
	if len(b) == 0 || b[0] != 0xfe {
		return malformed("authentication switch request", errors.New("it does not start with 0xfe"))
	}
	*m = AuthSwitch{Plugin: "mysql_old_password"}
	if len(b) == 1 {
		return nil
	}
	r := reader{b: b[1:]}
	m.Plugin = string(r.nulOrRest())
	m.Data = r.b
	return nil
}

// AuthMore is what a plugin of the server says after its first words.
type AuthMore struct{ Data []byte }

// Append appends the payload of the packet.
func (m *AuthMore) Append(dst []byte) []byte { return append(append(dst, 0x01), m.Data...) }

// Decode reads the payload of the packet. Data points into b.
func (m *AuthMore) Decode(b []byte) error {
	if len(b) == 0 || b[0] != 0x01 {
		return malformed("authentication data", errors.New("it does not start with 0x01"))
	}
	m.Data = b[1:]
	return nil
}
