package wire

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// unhex reads hexadecimal digits with spaces and quoted text between them.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var out []byte
	for i, part := range strings.Split(s, `'`) {
		if i%2 == 1 {
			out = append(out, part...)
			continue
		}
		b, err := hex.DecodeString(strings.Join(strings.Fields(part), ""))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

// message is what all messages have in common, once the agreed capabilities
// are known.
type message interface {
	decode(b []byte, caps Capability) error
	append(dst []byte, caps Capability) []byte
	value() any
}

type (
	plain interface {
		Decode(b []byte) error
		Append(dst []byte) []byte
	}
	agreed interface {
		Decode(b []byte, caps Capability) error
		Append(dst []byte, caps Capability) []byte
	}
	plainMessage  struct{ plain }
	agreedMessage struct{ agreed }
)

func (m plainMessage) decode(b []byte, _ Capability) error     { return m.Decode(b) }
func (m plainMessage) append(dst []byte, _ Capability) []byte  { return m.Append(dst) }
func (m plainMessage) value() any                              { return m.plain }
func (m agreedMessage) decode(b []byte, c Capability) error    { return m.Decode(b, c) }
func (m agreedMessage) append(dst []byte, c Capability) []byte { return m.Append(dst, c) }
func (m agreedMessage) value() any                             { return m.agreed }

// newMessage holds a zero value of each message.
var newMessage = map[string]func() message{
	"Handshake":         func() message { return plainMessage{&Handshake{}} },
	"HandshakeResponse": func() message { return plainMessage{&HandshakeResponse{}} },
	"AuthSwitch":        func() message { return plainMessage{&AuthSwitch{}} },
	"AuthMore":          func() message { return plainMessage{&AuthMore{}} },
	"Error":             func() message { return plainMessage{&Error{}} },
	"EOF":               func() message { return plainMessage{&EOF{}} },
	"PrepareOK":         func() message { return plainMessage{&PrepareOK{}} },
	"OK":                func() message { return agreedMessage{&OK{}} },
	"Column":            func() message { return agreedMessage{&Column{}} },
	"ChangeUser":        func() message { return agreedMessage{&ChangeUser{}} },
}

func TestMessages(t *testing.T) {
	mariadbSalt := [SaltSize]byte([]byte("12345678901234567890"))
	tests := []struct {
		message string
		name    string
		caps    Capability
		bytes   string
		want    any
	}{
		{
			"Handshake", "mariadb", 0,
			`0a '5.5.5-10.11.6-MariaDB' 00 2a000000 '12345678' 00 fef7 2d 0200 ff81 15 000000000000 1d000000
			 '901234567890' 00 'mysql_native_password' 00`,
			&Handshake{
				Version: "5.5.5-10.11.6-MariaDB", ConnectionID: 42, Salt: mariadbSalt, Capabilities: 0x1d81fff7fe,
				Collation: 45, Status: StatusAutocommit, Plugin: "mysql_native_password",
			},
		},
		{
			"Handshake", "mysql", 0,
			`0a '8.0.36' 00 01000000 '12345678' 00 ffff ff 0200 ffdf 15 000000000000 00000000
			 '901234567890' 00 'caching_sha2_password' 00`,
			&Handshake{
				Version: "8.0.36", ConnectionID: 1, Salt: mariadbSalt, Capabilities: 0xdfffffff,
				Collation: 255, Status: StatusAutocommit, Plugin: "caching_sha2_password",
			},
		},
		{
			"Handshake", "no-plugins", 0,
			`0a '5.1.73' 00 01000000 '12345678' 00 fff7 08 0200 0000 00 000000000000 00000000 '901234567890' 00`,
			&Handshake{
				Version: "5.1.73", ConnectionID: 1, Salt: mariadbSalt, Capabilities: 0xf7ff, Collation: 8, Status: StatusAutocommit,
			},
		},
		{
			"HandshakeResponse", "mariadb", 0,
			`8ca23f00 00000001 2d 00000000000000000000000000000000000000 1d000000
			 'joe' 00 03 'abc' 'shop' 00 'mysql_native_password' 00 0a 03 '_os' 05 'Linux'`,
			&HandshakeResponse{
				Capabilities: 0x1d003fa28c, MaxPacket: 1 << 24, Collation: 45, User: "joe", Auth: []byte("abc"),
				Database: "shop", Plugin: "mysql_native_password", Attributes: []Attribute{{"_os", "Linux"}},
			},
		},
		{
			"HandshakeResponse", "mysql-zstd", 0,
			`01821804 00000040 ff 0000000000000000000000000000000000000000000000
			 'joe' 00 00 'caching_sha2_password' 00 00 03`,
			&HandshakeResponse{
				Capabilities: 0x04188201, MaxPacket: 1 << 30, Collation: 255, User: "joe",
				Plugin: "caching_sha2_password", ZstdLevel: 3,
			},
		},
		{
			"HandshakeResponse", "old-auth", 0,
			`01020000 00000001 08 0000000000000000000000000000000000000000000000 'joe' 00 'x' 00`,
			&HandshakeResponse{Capabilities: 0x201, MaxPacket: 1 << 24, Collation: 8, User: "joe", Auth: []byte("x")},
		},
		{
			"HandshakeResponse", "ssl-request", 0,
			`00aa0000 00000001 2d 00000000000000000000000000000000000000 04000000`,
			&HandshakeResponse{Capabilities: 0x40000aa00, MaxPacket: 1 << 24, Collation: 45, SSLRequest: true},
		},
		{
			"AuthSwitch", "native", 0, `fe 'mysql_native_password' 00 '12345678901234567890' 00`,
			&AuthSwitch{Plugin: "mysql_native_password", Data: []byte("12345678901234567890\x00")},
		},
		{"AuthMore", "full-authentication", 0, `01 04`, &AuthMore{Data: []byte{4}}},
		{
			"Error", "with-state", 0, `ff 7a04 '#42S02' 'no such table'`,
			&Error{Code: 1146, State: "42S02", Message: "no such table"},
		},
		{"EOF", "more-results", 0, `fe 0100 0a00`, &EOF{Warnings: 1, Status: StatusAutocommit | StatusMoreResults}},
		{
			"PrepareOK", "select", 0, `00 07000000 0200 0300 00 0100`,
			&PrepareOK{StatementID: 7, Columns: 2, Params: 3, Warnings: 1},
		},
		{"OK", "plain", 0, `00 03 fc2c01 0200 0000`, &OK{AffectedRows: 3, LastInsertID: 300, Status: StatusAutocommit}},
		{
			"OK", "info", 0, `00 00 00 0200 0000 04 'info'`,
			&OK{Status: StatusAutocommit, Info: []byte("info")},
		},
		{
			"OK", "state", ClientSessionTrack, `fe 00 00 0240 0000 00 07 01 05 04 'shop'`,
			&OK{
				End: true, Status: StatusAutocommit | StatusSessionStateChanged,
				State: SessionState("\x01\x05\x04shop"),
			},
		},
		{
			"Column", "mysql", 0, `03 'def' 01 's' 01 't' 01 'u' 01 'c' 01 'd' 0c 2d00 50000000 fd 8100 1f 0000`,
			&Column{
				Catalog: "def", Schema: "s", Table: "t", OrgTable: "u", Name: "c", OrgName: "d",
				Charset: 45, Length: 80, Type: TypeVarString, Flags: 0x81, Decimals: 31,
			},
		},
		{
			"Column", "extended", MariaDBExtendedMetadata,
			`03 'def' 00 00 00 01 'j' 00 06 01 04 'json' 0c 2d00 ffffffff fc 9000 00 0000`,
			&Column{
				Catalog: "def", Name: "j", Extended: []byte("\x01\x04json"),
				Charset: 45, Length: 1<<32 - 1, Type: TypeBlob, Flags: 0x90,
			},
		},
		{
			"Column", "default", 0, `03 'def' 00 00 00 01 'c' 00 0c 3f00 04000000 03 0000 00 0000 01 '7'`,
			&Column{Catalog: "def", Name: "c", Charset: 63, Length: 4, Type: TypeLong, Default: []byte("7"), DefaultGiven: true},
		},
		{
			"ChangeUser", "all", baseCaps, `11 'joe' 00 03 'abc' 'shop' 00 2d00 'mysql_native_password' 00 04 01 'a' 01 'b'`,
			&ChangeUser{
				User: "joe", Auth: []byte("abc"), Database: "shop", Collation: 45,
				Plugin: "mysql_native_password", Attributes: []Attribute{{"a", "b"}},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.message+"-"+tt.name, func(t *testing.T) {
			b := unhex(t, tt.bytes)
			got := newMessage[tt.message]()
			if err := got.decode(b, tt.caps); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.value(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			if again := got.append(nil, tt.caps); !bytes.Equal(again, b) {
				t.Errorf("appended\n%x, want\n%x", again, b)
			}
		})
	}
}

// TestMessagesCutShort takes bytes from the end of every message: no decoder
// may go beyond it.
func TestMessagesCutShort(t *testing.T) {
	for name, b := range seeds(t) {
		for cut := range len(b) {
			for _, caps := range []Capability{0, newCaps, mariadbCaps | newCaps} {
				_ = newMessage[name]().decode(b[:cut:cut], caps)
			}
		}
	}
}

// TestMessagesLenient has what peers send against the documentation.
func TestMessagesLenient(t *testing.T) {
	tests := []struct {
		message string
		name    string
		caps    Capability
		bytes   string
		want    any
	}{
		{"Error", "before-handshake", 0, `ff 1004 'Too many connections'`, &Error{1040, "HY000", "Too many connections"}},
		{"AuthSwitch", "old-password", 0, `fe`, &AuthSwitch{Plugin: "mysql_old_password"}},
		{"OK", "info-without-length", 0, `00 00 00 0000 0000 'text'`, &OK{Info: []byte("text")}},
		{"OK", "info-missing", ClientSessionTrack, `00 00 00 0000 0000`, &OK{}},
		{
			"HandshakeResponse", "plugin-without-nul", 0,
			`01820800 00000001 08 0000000000000000000000000000000000000000000000 'joe' 00 00 'plugin'`,
			&HandshakeResponse{Capabilities: 0x88201, MaxPacket: 1 << 24, Collation: 8, User: "joe", Plugin: "plugin"},
		},
		{"ChangeUser", "old", baseCaps, `11 'joe' 00 00 'shop' 00`, &ChangeUser{User: "joe", Database: "shop"}},
	}
	for _, tt := range tests {
		t.Run(tt.message+"-"+tt.name, func(t *testing.T) {
			got := newMessage[tt.message]()
			if err := got.decode(unhex(t, tt.bytes), tt.caps); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.value(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessagesRefused(t *testing.T) {
	const head = `00821000 00000001 2d 0000000000000000000000000000000000000000000000 'joe' 00 00 `
	tests := []struct {
		message string
		name    string
		caps    Capability
		bytes   string
		want    string
	}{
		{"Handshake", "old-protocol", 0, `09 '3.20' 00`, "malformed server greeting: protocol version 9, want 10"},
		{"Handshake", "no-protocol-41", 0, `0a '4.0' 00 01000000 '12345678' 00 0000 08 0200 0000 00 000000000000 00000000 '901234567890' 00`, "malformed server greeting: the server does not offer protocol 4.1 (capabilities 0x0)"},
		{"Handshake", "long-salt", 0, `0a '8' 00 01000000 '12345678' 00 ffff 08 0200 ffdf 16 000000000000 00000000 '9012345678901' 00`, "malformed server greeting: salt of 21 bytes, want 20"},
		{"HandshakeResponse", "garbage", 0, `'GET / HTTP/1.1'`, "malformed handshake response: the client does not speak protocol 4.1 (capabilities 0x20544547)"},
		{"HandshakeResponse", "nothing", 0, ``, "malformed handshake response: packet ends too early"},
		{"HandshakeResponse", "user-without-end", 0, `00020000 00000001 2d 0000000000000000000000000000000000000000000000 'joe'`, "malformed handshake response: packet ends too early"},
		{"HandshakeResponse", "attributes-too-long", 0, head + `fd 010001`, "malformed handshake response: connection attributes of 65537 bytes: the limit is 65536"},
		{"HandshakeResponse", "attributes-cut", 0, head + `02 05 'a'`, "malformed handshake response: connection attributes end in the middle of one"},
		{"HandshakeResponse", "attribute-without-value", 0, head + `02 01 'a'`, "malformed handshake response: connection attributes end in the middle of one"},
		{"Column", "fixed-fields", 0, `03 'def' 00 00 00 00 00 0d`, "malformed column definition: 13 bytes of fields of fixed size, want 12"},
		{"Error", "ok", 0, `000000`, "malformed ERR packet: packet ends too early"},
		{"AuthSwitch", "ok", 0, `00`, "malformed authentication switch request: it does not start with 0xfe"},
		{"AuthMore", "ok", 0, `00`, "malformed authentication data: it does not start with 0x01"},
		{"ChangeUser", "query", 0, `03`, "malformed COM_CHANGE_USER: it does not start with 0x11"},
		{"OK", "err", 0, `ff`, "malformed OK packet: it starts with neither 0x00 nor 0xfe"},
		{"EOF", "cut", 0, `fe 00`, "malformed EOF packet: packet ends too early"},
	}
	for _, tt := range tests {
		t.Run(tt.message+"-"+tt.name, func(t *testing.T) {
			err := newMessage[tt.message]().decode(unhex(t, tt.bytes), tt.caps)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestErrorAppend(t *testing.T) {
	e := &Error{Code: 1927, State: "x", Message: strings.Repeat("m", 100_000)}
	var got Error
	if err := got.Decode(e.Append(nil)); err != nil {
		t.Fatal(err)
	}
	want := Error{Code: 1927, State: "HY000", Message: strings.Repeat("m", maxErrorMessage)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if got, want := (&Error{1146, "42S02", "text"}).Error(), "1146 (42S02): text"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRelease(t *testing.T) {
	for version, want := range map[string]string{
		"5.5.5-10.11.6-MariaDB": "10.11.6-MariaDB",
		"11.4.2-MariaDB":        "11.4.2-MariaDB",
		"5.5.5-log":             "5.5.5-log",
	} {
		if got := (&Handshake{Version: version}).Release(); got != want {
			t.Errorf("%s: got %s, want %s", version, got, want)
		}
	}
}

func TestSessionState(t *testing.T) {
	all := []StateChange{
		{Type: StateSystemVariable, Name: []byte("autocommit"), Value: []byte("OFF")},
		{Type: StateSchema, Value: []byte("shop")},
		{Type: StateChanged, Value: []byte("1")},
		{Type: StateGTIDs, Value: []byte("0-1-2")},
		{Type: StateTransactionCharacteristics, Value: []byte("START TRANSACTION;")},
		{Type: StateTransactionState, Value: []byte("T_______")},
		{Type: 99, Value: []byte{1, 2, 3}},
	}
	s := changes(all...)
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	var got []StateChange
	for c := range s.All() {
		got = append(got, c)
	}
	if diff := cmp.Diff(all, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	// MariaDB sends this one without the length that MySQL puts before it.
	for c := range SessionState("\x02\x011\x01\x05\x04shop").All() {
		got = append(got, c)
	}
	if diff := cmp.Diff([]StateChange{all[2], all[1]}, got[len(all):], cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("MariaDB's state change (-want +got):\n%s", diff)
	}
	// MariaDB puts several variables into one entry.
	two := SessionState("\x00\x08\x01a\x01b\x01c\x01d")
	got = nil
	for c := range two.All() {
		got = append(got, c)
	}
	want := []StateChange{{Name: []byte("a"), Value: []byte("b")}, {Name: []byte("c"), Value: []byte("d")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two variables (-want +got):\n%s", diff)
	}
	for i := range s {
		for range s[:i].All() { // must end
		}
	}
}

func TestStatementID(t *testing.T) {
	for c := range 256 {
		command := []byte{byte(c), 1, 2, 3, 4, 5}
		want := hasStatementID(Command(c))
		if id, ok := StatementID(command); ok != want || ok && id != 0x04030201 {
			t.Errorf("%v: got %#x, %t", Command(c), id, ok)
		}
		if ok := SetStatementID(command, 0x0a0b0c0d); ok != want {
			t.Errorf("%v: set: got %t, want %t", Command(c), ok, want)
		}
		if want && !bytes.Equal(command, []byte{byte(c), 0x0d, 0x0c, 0x0b, 0x0a, 5}) {
			t.Errorf("%v: got %x", Command(c), command)
		}
		if _, ok := StatementID(command[:4]); ok {
			t.Errorf("%v: an id in four bytes", Command(c))
		}
	}
}

func TestCommand(t *testing.T) {
	for c, want := range map[Command]string{ComQuery: "COM_QUERY", ComStmtBulkExecute: "COM_STMT_BULK_EXECUTE", 0x42: "COM_0x42"} {
		if got := c.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for c := range 256 {
		want := c != 0x01 && c != 0x18 && c != 0x19
		if got := Command(c).HasReply(); got != want {
			t.Errorf("%v has a reply: got %t, want %t", Command(c), got, want)
		}
	}
}

func TestAgreed(t *testing.T) {
	const ours = baseCaps | mariadbCaps
	tests := []struct {
		name       string
		a, b, want Capability
	}{
		{"mariadb", ours, ours | ClientDeprecateEOF, ours},
		{"mysql-client", ours, ours | ClientMySQL, baseCaps},
		{"mysql-server", ours | ClientMySQL, ours, baseCaps},
		{"mysql", ours | ClientMySQL, ours | ClientMySQL, baseCaps | ClientMySQL},
	}
	for _, tt := range tests {
		if got := tt.a.Agreed(tt.b); got != tt.want {
			t.Errorf("%s: got %#x, want %#x", tt.name, got, tt.want)
		}
	}
}

func TestLenenc(t *testing.T) {
	for _, v := range []uint64{0, 1, 0xfa, 0xfb, 0xfc, 0xff, 0xffff, 1 << 16, 1<<24 - 1, 1 << 24, 1<<64 - 1} {
		b := AppendLenencInt(nil, v)
		if got, n := LenencInt(b); got != v || n != len(b) {
			t.Errorf("%d: got %d in %d of %d bytes", v, got, n, len(b))
		}
		for cut := range len(b) {
			if _, n := LenencInt(b[:cut]); n != 0 {
				t.Errorf("%d: read from %d of %d bytes", v, cut, len(b))
			}
		}
	}
	for _, b := range []string{"\xfb", "\xff", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", "\x05abc"} {
		if _, n := LenencBytes([]byte(b)); n != 0 {
			t.Errorf("%x: read as a string", b)
		}
	}
}
