package wire

import (
	"fmt"
	"io"
	"strings"
)

// Trace writes a conversation as text, a line for each packet: who sent it (C
// the client, S the server), its name, the length of its payload, and what is
// in it, as in
//
//	C Query 9 "SELECT 1"
//	S ColumnCount 1 1
//
// A packet of 16 MiB or more is one line with the length of all its pieces.
// It is for tests and for looking into trouble, not for speed. Auth data is
// written by its length only.
type Trace struct {
	W io.Writer
	// Caps is what the two sides have agreed, when the conversation begins
	// with a command. When it is zero, the conversation begins with the
	// greeting, and the client's response sets it.
	Caps Capability

	offered  Capability
	client   []byte // of a packet that is not whole yet
	server   []byte
	loggedIn bool
	infile   bool // the client sends a file
	response Response
	command  Command
}

// Client takes framed bytes of the client.
func (t *Trace) Client(framed []byte) error {
	t.begin()
	t.client = append(t.client, framed...)
	for {
		payload, n := wholePacket(t.client)
		if n == 0 {
			return nil
		}
		t.client = t.client[n:]
		if err := t.fromClient(payload); err != nil {
			return err
		}
	}
}

// Server takes framed bytes of the server.
func (t *Trace) Server(framed []byte) error {
	t.begin()
	t.server = append(t.server, framed...)
	for {
		payload, n := wholePacket(t.server)
		if n == 0 {
			return nil
		}
		packet := t.server[:n]
		if err := t.fromServer(packet, payload); err != nil {
			return err
		}
		t.server = t.server[n:]
	}
}

func (t *Trace) begin() {
	if t.Caps != 0 && t.offered == 0 {
		t.offered, t.loggedIn = t.Caps, true
	}
}

// wholePacket returns the payload of the packet at the front of b and how many
// bytes it takes with its headers, 0 when it is not whole.
func wholePacket(b []byte) (payload []byte, n int) {
	for {
		if len(b)-n < headerSize {
			return nil, 0
		}
		length := pieceLength(b[n:])
		n += headerSize + length
		if n > len(b) {
			return nil, 0
		}
		if length == maxPiece {
			payload = append(payload, b[n-length:n]...)
			continue
		}
		if payload == nil {
			return b[n-length : n], n
		}
		return append(payload, b[n-length:n]...), n
	}
}

func (t *Trace) line(side, name string, length int, format string, args ...any) error {
	s := fmt.Sprintf("%s %s %d", side, name, length)
	if format != "" {
		s += " " + fmt.Sprintf(format, args...)
	}
	_, err := io.WriteString(t.W, s+"\n")
	return err
}

func (t *Trace) fromClient(b []byte) error {
	switch {
	case t.infile:
		if len(b) == 0 {
			t.infile = false
			t.response.ResumeInfile()
		}
		return t.line("C", "File", len(b), "%s", excerpt(b))
	case t.Caps == 0:
		return t.handshakeResponse(b)
	case !t.loggedIn:
		return t.line("C", "AuthData", len(b), "")
	case len(b) == 0:
		return t.line("C", "Empty", 0, "")
	}
	t.command = Command(b[0])
	t.response.Start(t.command, t.Caps)
	if t.command == ComChangeUser {
		t.loggedIn = false
	}
	name := commandTitle(t.command)
	id, hasID := StatementID(b)
	switch {
	case t.command == ComQuery, t.command == ComStmtPrepare, t.command == ComInitDB, t.command == ComFieldList:
		return t.line("C", name, len(b), "%s", excerpt(b[1:]))
	case hasID && len(b) > 5:
		return t.line("C", name, len(b), "id=%d %x", id, b[5:min(len(b), 5+64)])
	case hasID:
		return t.line("C", name, len(b), "id=%d", id)
	case t.command == ComChangeUser:
		var m ChangeUser
		if err := m.Decode(b, t.Caps); err != nil {
			return err
		}
		return t.line("C", name, len(b), "user=%q db=%q plugin=%q auth=%d", m.User, m.Database, m.Plugin, len(m.Auth))
	case len(b) > 1:
		return t.line("C", name, len(b), "%x", b[1:min(len(b), 65)])
	}
	return t.line("C", name, len(b), "")
}

// commandTitle returns COM_STMT_PREPARE as StmtPrepare.
func commandTitle(c Command) string {
	var s strings.Builder
	for word := range strings.SplitSeq(strings.TrimPrefix(c.String(), "COM_"), "_") {
		if len(word) > 2 || word == "TO" || word == "IO" {
			word = word[:1] + strings.ToLower(word[1:])
		}
		s.WriteString(word)
	}
	return s.String()
}

func (t *Trace) handshakeResponse(b []byte) error {
	var m HandshakeResponse
	if err := m.Decode(b); err != nil {
		return err
	}
	if m.SSLRequest {
		return t.line("C", "SSLRequest", len(b), "caps=%#x", uint64(m.Capabilities))
	}
	t.Caps = m.Capabilities.Agreed(t.offered)
	return t.line("C", "HandshakeResponse", len(b), "caps=%#x user=%q db=%q plugin=%q auth=%d attributes=%q",
		uint64(m.Capabilities), m.User, m.Database, m.Plugin, len(m.Auth), m.Attributes)
}

func (t *Trace) fromServer(packet, b []byte) error {
	if !t.loggedIn {
		return t.login(b)
	}
	p, err := t.response.next(packet)
	if err != nil {
		return err
	}
	if len(p.Data) == 0 {
		return fmt.Errorf("the server sent %d bytes that nobody asked for", len(b))
	}
	for rest := packet[len(p.Data):]; len(rest) > 0; { // the pieces of a long packet
		more, err := t.response.next(rest)
		if err != nil || len(more.Data) == 0 {
			return err
		}
		rest = rest[len(more.Data):]
	}
	t.infile = t.response.Infile
	return t.reply(p.Kind, b)
}

// login writes what a server says until the client is in, or after
// COM_CHANGE_USER.
func (t *Trace) login(b []byte) error {
	switch {
	case t.Caps == 0 && (len(b) == 0 || b[0] != 0xff):
		var m Handshake
		if err := m.Decode(b); err != nil {
			return err
		}
		t.offered = m.Capabilities
		return t.line("S", "Handshake", len(b), "version=%q id=%d caps=%#x status=%#x plugin=%q",
			m.Version, m.ConnectionID, uint64(m.Capabilities), uint16(m.Status), m.Plugin)
	case len(b) > 0 && b[0] == 0xfe:
		var m AuthSwitch
		if err := m.Decode(b); err != nil {
			return err
		}
		return t.line("S", "AuthSwitch", len(b), "plugin=%q data=%d", m.Plugin, len(m.Data))
	case len(b) > 0 && b[0] == 0xff:
		return t.reply(PartErr, b)
	case len(b) > 0 && b[0] == 0x00:
		t.loggedIn = true
		return t.reply(PartOK, b)
	}
	return t.line("S", "AuthMore", len(b), "")
}

func (t *Trace) reply(kind PartKind, b []byte) error {
	switch kind {
	case PartErr:
		var m Error
		if err := m.Decode(b); err != nil {
			return err
		}
		return t.line("S", "Err", len(b), "%v", &m)
	case PartOK:
		var m OK
		if err := m.Decode(b, t.Caps); err != nil {
			return err
		}
		return t.line("S", "OK", len(b), "%s", describeOK(&m))
	case PartEOF:
		var m EOF
		if err := m.Decode(b); err != nil {
			return err
		}
		return t.line("S", "EOF", len(b), "status=%#x warnings=%d", uint16(m.Status), m.Warnings)
	case PartPrepareOK:
		var m PrepareOK
		if err := m.Decode(b); err != nil {
			return err
		}
		return t.line("S", "PrepareOK", len(b), "id=%d columns=%d params=%d warnings=%d",
			m.StatementID, m.Columns, m.Params, m.Warnings)
	case PartColumnDef:
		var m Column
		if err := m.Decode(b, t.Caps); err != nil {
			return err
		}
		return t.line("S", "ColumnDef", len(b), "%q type=%#x flags=%#x extended=%q", m.Name, byte(m.Type), m.Flags, m.Extended)
	case PartRow:
		if t.command == ComQuery {
			return t.line("S", "Row", len(b), "%s", textRow(b))
		}
		return t.line("S", "Row", len(b), "%x", b[:min(len(b), 64)])
	case PartColumnCount:
		return t.line("S", "ColumnCount", len(b), "%x", b)
	}
	return t.line("S", kind.String(), len(b), "%s", excerpt(b))
}

func describeOK(m *OK) string {
	s := fmt.Sprintf("end=%t rows=%d id=%d status=%#x warnings=%d", m.End, m.AffectedRows, m.LastInsertID, uint16(m.Status), m.Warnings)
	if len(m.Info) > 0 {
		s += fmt.Sprintf(" info=%q", m.Info)
	}
	for c := range m.State.All() {
		s += fmt.Sprintf(" state=%d:%s=%q", c.Type, c.Name, c.Value)
	}
	return s
}

// textRow returns the values of a row in the text protocol.
func textRow(b []byte) string {
	var values []string
	for len(b) > 0 {
		if b[0] == 0xfb {
			values, b = append(values, "NULL"), b[1:]
			continue
		}
		v, n := LenencBytes(b)
		if n == 0 {
			return excerpt(b)
		}
		values, b = append(values, excerpt(v)), b[n:]
	}
	return strings.Join(values, " ")
}

// excerpt quotes b, cut where it is long.
func excerpt(b []byte) string {
	const most = 80
	if len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
