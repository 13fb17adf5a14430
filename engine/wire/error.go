package wire

import (
	"encoding/binary"
	"fmt"
)

// Error is an ERR packet: an error as the server, or the proxy in its place,
// tells it to a client.
type Error struct {
	Code    uint16
	State   string // SQLSTATE, five characters; "HY000" when the peer sent none
	Message string
}

// Error returns the error as "1146 (42S02): Table 'a.b' doesn't exist".
func (e *Error) Error() string {
	return fmt.Sprintf("%d (%s): %s", e.Code, e.State, e.Message)
}

// maxErrorMessage keeps an ERR packet in one small packet. MariaDB's own limit
// is 512 bytes (MYSQL_ERRMSG_SIZE).
const maxErrorMessage = 8 << 10

// Append appends the payload of the ERR packet. A State that is not five
// characters long is sent as HY000; a very long Message is cut.
func (e *Error) Append(dst []byte) []byte {
	state, message := e.State, e.Message
	if len(state) != 5 {
		state = "HY000"
	}
	if len(message) > maxErrorMessage {
		message = message[:maxErrorMessage]
	}
	dst = append(dst, 0xff, byte(e.Code), byte(e.Code>>8), '#')
	dst = append(dst, state...)
	return append(dst, message...)
}

// Decode reads the payload of an ERR packet. The SQLSTATE is missing from
// errors that are sent before the handshake.
func (e *Error) Decode(b []byte) error {
	if len(b) < 3 || b[0] != 0xff {
		return malformed("ERR packet", errShort)
	}
	*e = Error{Code: binary.LittleEndian.Uint16(b[1:]), State: "HY000"}
	b = b[3:]
	if len(b) >= 6 && b[0] == '#' {
		e.State, b = string(b[1:6]), b[6:]
	}
	e.Message = string(b)
	return nil
}

// malformed names the message that could not be decoded.
func malformed(message string, err error) error {
	return fmt.Errorf("malformed %s: %w", message, err)
}
