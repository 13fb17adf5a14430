package wire

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seeds returns a message of each type from the recorded conversations, and
// what they do not hold.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	c := conversations(t)[0]
	return map[string][]byte{
		"Handshake":         c.packets[0].framed[headerSize:],
		"HandshakeResponse": c.packets[1].framed[headerSize:],
		"AuthSwitch":        (&AuthSwitch{Plugin: "mysql_native_password", Data: make([]byte, 21)}).Append(nil),
		"AuthMore":          (&AuthMore{Data: []byte{4}}).Append(nil),
		"Error":             errPacket(1146),
		"EOF":               eofPacket(StatusAutocommit),
		"PrepareOK":         (&PrepareOK{StatementID: 1, Columns: 2, Params: 3}).Append(nil),
		"OK": trackedPacket(OK{
			Status: StatusSessionStateChanged, Info: []byte("info"),
			State: changes(StateChange{Type: StateSchema, Value: []byte("shop")}),
		}),
		"Column": columnPacket("c"),
		"ChangeUser": (&ChangeUser{
			User: "joe", Auth: make([]byte, 20), Plugin: "p", Attributes: []Attribute{{"a", "b"}},
		}).Append(nil, baseCaps),
	}
}

// fuzzMessage checks that a message that can be read is the same after it has
// been written and read again.
func fuzzMessage(f *testing.F, name string) {
	for _, caps := range []Capability{0, newCaps, newCaps | mariadbCaps} {
		f.Add(seeds(f)[name], uint64(caps))
	}
	f.Fuzz(func(t *testing.T, b []byte, caps uint64) {
		first, second := newMessage[name](), newMessage[name]()
		if first.decode(b, Capability(caps)) != nil {
			return
		}
		written := first.append(nil, Capability(caps))
		if err := second.decode(written, Capability(caps)); err != nil {
			t.Fatalf("written %x from %x: %v", written, b, err)
		}
		again := second.append(nil, Capability(caps))
		if !bytes.Equal(again, written) {
			t.Errorf("written first\n%x, then\n%x", written, again)
		}
	})
}

func FuzzHandshake(f *testing.F)         { fuzzMessage(f, "Handshake") }
func FuzzHandshakeResponse(f *testing.F) { fuzzMessage(f, "HandshakeResponse") }
func FuzzAuthSwitch(f *testing.F)        { fuzzMessage(f, "AuthSwitch") }
func FuzzAuthMore(f *testing.F)          { fuzzMessage(f, "AuthMore") }
func FuzzError(f *testing.F)             { fuzzMessage(f, "Error") }
func FuzzEOF(f *testing.F)               { fuzzMessage(f, "EOF") }
func FuzzPrepareOK(f *testing.F)         { fuzzMessage(f, "PrepareOK") }
func FuzzOK(f *testing.F)                { fuzzMessage(f, "OK") }
func FuzzColumn(f *testing.F)            { fuzzMessage(f, "Column") }
func FuzzChangeUser(f *testing.F)        { fuzzMessage(f, "ChangeUser") }

// FuzzResponse feeds the same bytes in one piece and in chunks, whose sizes are
// those in cuts.
func FuzzResponse(f *testing.F) {
	for _, r := range replies(f) {
		f.Add(byte(r.command), uint64(r.caps), r.framed, []byte{1, 2, 7})
	}
	f.Fuzz(func(t *testing.T, command byte, caps uint64, b, cuts []byte) {
		whole, wholeN, wholeErr := consume(command, caps, b, nil)
		parts, partsN, partsErr := consume(command, caps, b, cuts)
		if wholeN != partsN || (wholeErr == nil) != (partsErr == nil) {
			t.Errorf("in one piece %d bytes, %v; in chunks %d bytes, %v", wholeN, wholeErr, partsN, partsErr)
		}
		if diff := cmp.Diff(whole, parts, cmpResponse); diff != "" {
			t.Errorf("response (-whole +chunks):\n%s", diff)
		}
		var start Response
		start.Start(Command(command), Capability(caps))
		n := 0
		for p := range start.Place().Parts(b) {
			n += len(p.Data)
		}
		if !whole.Infile && n > wholeN {
			t.Errorf("parts of %d bytes of %d", n, wholeN)
		}
	})
}

func consume(command byte, caps uint64, b, cuts []byte) (r Response, n int, err error) {
	r.Start(Command(command), Capability(caps))
	var unread []byte
	for len(b) > 0 {
		size := len(b)
		if len(cuts) > 0 {
			size, cuts = min(size, 1+int(cuts[0])), cuts[1:]
		}
		unread = append(unread, b[:size]...)
		b = b[size:]
		for {
			m, err := r.Consume(unread)
			n += m
			unread = unread[m:]
			if err != nil {
				return r, n, err
			}
			if !r.Infile {
				break
			}
			r.ResumeInfile()
		}
	}
	return r, n, nil
}

// FuzzReadCommand feeds a Conn with what a client may send.
func FuzzReadCommand(f *testing.F) {
	f.Add(frame([]byte("\x03SELECT 1"), 0), byte(3))
	f.Add([]byte("\xff\xff\xff\x00"), byte(1))
	f.Fuzz(func(t *testing.T, b []byte, chunk byte) {
		c := NewConn(&scripted{b: b, chunk: 1 + int(chunk)})
		at := 0
		for {
			p, err := c.ReadCommand(1 << 10)
			if err != nil {
				break
			}
			if !bytes.Equal(p.Framed, b[at:at+len(p.Framed)]) {
				t.Fatalf("command %x, want %x", p.Framed, b[at:])
			}
			at += len(p.Framed)
		}
		if c.BufferSize() > bufferSize {
			t.Errorf("buffer of %d bytes for commands of at most 1024", c.BufferSize())
		}
	})
}
