package wire

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reply is one command of a recorded conversation and the reply to it.
type reply struct {
	name    string
	command Command
	caps    Capability
	framed  []byte
	resume  int // how many of framed come before the client's file, 0 for none
}

// replies returns the replies of all recorded conversations.
func replies(t testing.TB) []reply {
	t.Helper()
	var all []reply
	for _, c := range conversations(t) {
		var greeting Handshake
		var answer HandshakeResponse
		if err := greeting.Decode(c.packets[0].framed[headerSize:]); err != nil {
			t.Fatal(err)
		}
		if err := answer.Decode(c.packets[1].framed[headerSize:]); err != nil {
			t.Fatal(err)
		}
		caps := answer.Capabilities.Agreed(greeting.Capabilities)
		for _, p := range c.packets[3:] {
			last := len(all) - 1
			switch {
			case p.server:
				all[last].framed = append(all[last].framed, p.framed...)
			case p.framed[3] == 0: // not of a file
				command := Command(p.framed[headerSize])
				all = append(all, reply{name: c.name + "/" + command.String(), command: command, caps: caps})
			default:
				all[last].resume = len(all[last].framed)
			}
		}
	}
	return all
}

// follow consumes what chunks bring, as a proxy does: what is left of one is
// put in front of the next.
func (r reply) follow(t testing.TB, chunks [][]byte) Response {
	t.Helper()
	var got Response
	got.Start(r.command, r.caps)
	var unread []byte
	done := 0
	for _, chunk := range chunks {
		unread = append(unread, chunk...)
		for {
			n, err := got.Consume(unread)
			if err != nil {
				t.Fatalf("%s: after %d bytes: %v", r.name, done, err)
			}
			done += n
			unread = unread[n:]
			if !got.Infile {
				break
			}
			if done != r.resume {
				t.Fatalf("%s: the file is asked for after %d bytes, want %d", r.name, done, r.resume)
			}
			got.ResumeInfile()
		}
	}
	if len(unread) > 0 {
		t.Fatalf("%s: %d bytes not consumed", r.name, len(unread))
	}
	return got
}

var cmpResponse = cmp.AllowUnexported(Response{}, position{})

func TestResponseOfRecordedReplies(t *testing.T) {
	for _, r := range replies(t) {
		whole := r.follow(t, [][]byte{r.framed})
		if !whole.Complete {
			t.Errorf("%s: not complete", r.name)
		}
		if got, want := whole.Packets, uint64(countPackets(r.framed)); got != want {
			t.Errorf("%s: packets: got %d, want %d", r.name, got, want)
		}
		bytewise := slices.Collect(slices.Chunk(r.framed, 1))
		if diff := cmp.Diff(whole, r.follow(t, bytewise), cmpResponse); diff != "" {
			t.Errorf("%s: byte by byte (-whole +bytes):\n%s", r.name, diff)
		}
		for cut := range len(r.framed) {
			got := r.follow(t, [][]byte{r.framed[:cut], r.framed[cut:]})
			if diff := cmp.Diff(whole, got, cmpResponse); diff != "" {
				t.Errorf("%s: cut at %d (-whole +cut):\n%s", r.name, cut, diff)
			}
		}
	}
}

func countPackets(b []byte) (n int) {
	for len(b) > 0 {
		b = b[headerSize+pieceLength(b):]
		n++
	}
	return n
}

// TestResponseIsCompleteOnlyAtItsEnd takes the last byte from each reply.
func TestResponseIsCompleteOnlyAtItsEnd(t *testing.T) {
	for _, r := range replies(t) {
		if len(r.framed) == 0 {
			continue
		}
		var got Response
		got.Start(r.command, r.caps)
		framed := r.framed[:len(r.framed)-1]
		for {
			n, err := got.Consume(framed)
			if err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			if framed = framed[n:]; !got.Infile {
				break
			}
			got.ResumeInfile()
		}
		if got.Complete {
			t.Errorf("%s: complete one byte before its end", r.name)
		}
	}
}

func TestResponseLeavesTheNextReply(t *testing.T) {
	for _, r := range replies(t) {
		if r.resume > 0 {
			continue
		}
		var got Response
		got.Start(r.command, r.caps)
		n, err := got.Consume(append(slices.Clone(r.framed), "next"...))
		if err != nil || n != len(r.framed) || !got.Complete {
			t.Errorf("%s: consumed %d of %d bytes, complete %t, %v", r.name, n, len(r.framed), got.Complete, err)
		}
	}
}

func packets(payloads ...[]byte) []byte {
	var out []byte
	sequence := byte(1)
	for _, p := range payloads {
		out = append(out, frame(p, sequence)...)
		sequence += byte(len(p)/maxPiece + 1)
	}
	return out
}

func okPacket(m OK) []byte            { return m.Append(nil, baseCaps) }
func trackedPacket(m OK) []byte       { return m.Append(nil, newCaps) }
func eofPacket(s Status) []byte       { return (&EOF{Status: s}).Append(nil) }
func errPacket(code uint16) []byte    { return (&Error{code, "42000", "no"}).Append(nil) }
func columnPacket(name string) []byte { return (&Column{Catalog: "def", Name: name}).Append(nil, 0) }
func changes(c ...StateChange) (s SessionState) {
	for _, c := range c {
		s = AppendState(s, c)
	}
	return s
}

func TestResponse(t *testing.T) {
	schema := func(name string) SessionState { return changes(StateChange{Type: StateSchema, Value: []byte(name)}) }
	variable := changes(StateChange{Type: StateSystemVariable, Name: []byte("autocommit"), Value: []byte("OFF")})
	tests := []struct {
		name    string
		command Command
		caps    Capability
		framed  []byte
		want    Response
	}{
		{
			"ok", ComQuery, baseCaps,
			packets(okPacket(OK{AffectedRows: 300, LastInsertID: 1 << 40, Status: StatusInTrans, Warnings: 2})),
			Response{
				Kind: RespOK, Complete: true, Results: 1, Packets: 1,
				AffectedRows: 300, LastInsertID: 1 << 40, Status: StatusInTrans, Warnings: 2,
			},
		},
		{
			"error", ComQuery, baseCaps, packets(errPacket(1146)),
			Response{Kind: RespError, Complete: true, Results: 1, Packets: 1, Err: &Error{1146, "42000", "no"}},
		},
		{
			"rows", ComQuery, baseCaps,
			packets([]byte{1}, columnPacket("a"), eofPacket(0), []byte{1, 'x'}, []byte{0xfb}, eofPacket(StatusAutocommit)),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 6, Columns: 1, Rows: 2, Status: StatusAutocommit},
		},
		{
			"rows-without-eof", ComQuery, newCaps,
			packets([]byte{1}, columnPacket("a"), []byte{1, 'x'}, okPacket(OK{End: true, Status: StatusAutocommit})),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 4, Columns: 1, Rows: 1, Status: StatusAutocommit},
		},
		{
			"error-among-rows", ComQuery, newCaps,
			packets([]byte{1}, columnPacket("a"), []byte{1, 'x'}, errPacket(1317)),
			Response{
				Kind: RespError, Complete: true, Results: 1, Packets: 4, Columns: 1, Rows: 1,
				Err: &Error{1317, "42000", "no"},
			},
		},
		{
			"error-among-results", ComQuery, newCaps,
			packets(okPacket(OK{Status: StatusMoreResults}), errPacket(1064)),
			Response{
				Kind: RespError, Complete: true, Results: 2, Packets: 2, Status: StatusMoreResults,
				Err: &Error{1064, "42000", "no"},
			},
		},
		{
			"state-of-all-results", ComQuery, newCaps,
			packets(
				trackedPacket(OK{Status: StatusMoreResults | StatusSessionStateChanged, State: schema("one")}),
				trackedPacket(OK{Status: StatusMoreResults | StatusSessionStateChanged, State: variable}),
				trackedPacket(OK{Status: StatusSessionStateChanged, State: schema("two")}),
			),
			Response{
				Kind: RespOK, Complete: true, Results: 3, Packets: 3, Status: StatusSessionStateChanged,
				State: slices.Concat(schema("one"), variable, schema("two")),
			},
		},
		{
			"no-definitions", ComStmtExecute, newCaps | MariaDBCacheMetadata,
			packets([]byte{3, 0}, []byte{0, 0, 7}, okPacket(OK{End: true})),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 3, Columns: 3, Rows: 1},
		},
		{
			"definitions-not-cached", ComStmtExecute, newCaps | MariaDBCacheMetadata,
			packets([]byte{1, 1}, columnPacket("a"), []byte{0, 0, 7}, okPacket(OK{End: true})),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 4, Columns: 1, Rows: 1},
		},
		{
			"cursor", ComStmtExecute, baseCaps,
			packets([]byte{1}, columnPacket("a"), eofPacket(StatusCursorExists)),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 3, Columns: 1, Status: StatusCursorExists},
		},
		{
			// A procedure has a cursor open, which is none for the client.
			"cursor-of-procedure", ComStmtExecute, baseCaps,
			packets([]byte{1}, columnPacket("a"), eofPacket(StatusCursorExists|StatusMoreResults), []byte{0, 0, 7},
				eofPacket(StatusCursorExists|StatusMoreResults), okPacket(OK{})),
			Response{Kind: RespOK, Complete: true, Results: 2, Packets: 6, Columns: 1, Rows: 1},
		},
		{
			"fetch", ComStmtFetch, baseCaps, packets([]byte{0, 0, 7}, eofPacket(StatusLastRowSent)),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 2, Rows: 1, Status: StatusLastRowSent},
		},
		{
			"progress", ComQuery, newCaps | MariaDBProgress,
			packets([]byte{0xff, 0xff, 0xff, 1, 1, 2, 0, 0, 0, 0}, okPacket(OK{})),
			Response{Kind: RespOK, Complete: true, Results: 1, Packets: 2},
		},
		{
			"progress-not-agreed", ComQuery, newCaps, packets([]byte{0xff, 0xff, 0xff, 1}),
			Response{Kind: RespError, Complete: true, Results: 1, Packets: 1, Err: &Error{0xffff, "HY000", "\x01"}},
		},
		{
			"text", ComStatistics, newCaps, packets([]byte("Uptime: 1")),
			Response{Kind: RespText, Complete: true, Results: 1, Packets: 1},
		},
		{
			"binlog", ComBinlogDump, baseCaps, packets([]byte{0, 1, 2}, []byte{0, 3}, eofPacket(0)),
			Response{Kind: RespBinlog, Complete: true, Results: 1, Packets: 3},
		},
		{"none", ComStmtClose, newCaps, nil, Response{Complete: true}},
		{
			// The first value has 2^24 bytes or more: 0xfe starts its length.
			"row-like-eof", ComQuery, newCaps,
			packets([]byte{1}, columnPacket("a"), AppendLenencString(nil, make([]byte, 1<<24)), okPacket(OK{End: true})),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 5, Columns: 1, Rows: 1},
		},
		{
			// What follows a full packet is no packet of its own, even when it
			// looks like one.
			"continuation-like-error", ComQuery, newCaps,
			packets([]byte{1}, columnPacket("a"),
				append(AppendLenencString(nil, make([]byte, maxPiece-4)), 0xff, 1, 2, 3), okPacket(OK{End: true})),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 5, Columns: 1, Rows: 1},
		},
		{
			"row-of-full-packet", ComQuery, baseCaps,
			packets([]byte{1}, columnPacket("a"), eofPacket(0), make([]byte, maxPiece), eofPacket(0)),
			Response{Kind: RespRows, Complete: true, Results: 1, Packets: 6, Columns: 1, Rows: 1},
		},
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool {
		field, ok := p.Last().(cmp.StructField)
		return ok && strings.ToLower(field.Name()[:1]) == field.Name()[:1]
	}, cmp.Ignore())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Response
			got.Start(tt.command, tt.caps)
			n, err := got.Consume(tt.framed)
			if err != nil || n != len(tt.framed) {
				t.Fatalf("consumed %d of %d bytes, %v", n, len(tt.framed), err)
			}
			if diff := cmp.Diff(tt.want, got, cmpResponse, ignore); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResponseSchema(t *testing.T) {
	r := Response{State: changes(
		StateChange{Type: StateSchema, Value: []byte("one")},
		StateChange{Type: StateTransactionState, Value: []byte("T_______")},
		StateChange{Type: StateSchema, Value: []byte("two")},
	)}
	if got, ok := r.Schema(); got != "two" || !ok {
		t.Errorf("got %q, %t, want two", got, ok)
	}
	if got, ok := (&Response{}).Schema(); ok {
		t.Errorf("got %q of no change", got)
	}
}

func TestResponseRefuses(t *testing.T) {
	tests := []struct {
		name    string
		command Command
		caps    Capability
		framed  []byte
		want    string
	}{
		{"empty", ComQuery, newCaps, packets(nil), "reply to COM_QUERY: packet 1: empty packet"},
		{
			"column-count", ComQuery, newCaps, packets([]byte{0xfd, 0, 0, 1}),
			"reply to COM_QUERY: packet 1: neither OK, error, nor the number of columns",
		},
		{
			"ok", ComPing, newCaps, packets([]byte{0, 0}),
			"reply to COM_PING: packet 1: malformed OK packet: packet ends too early",
		},
		{
			"state", ComPing, newCaps,
			packets(trackedPacket(OK{Status: StatusSessionStateChanged, State: SessionState{1, 9, 0}})),
			"reply to COM_PING: packet 1: malformed OK packet: session state: packet ends too early",
		},
		{
			"eof-missing", ComQuery, baseCaps, packets([]byte{1}, columnPacket("a"), []byte{1, 'x'}),
			"reply to COM_QUERY: packet 3: malformed EOF packet: it does not start with 0xfe",
		},
		{
			"prepare", ComStmtPrepare, newCaps, packets([]byte{0, 1, 0}),
			"reply to COM_STMT_PREPARE: packet 1: malformed COM_STMT_PREPARE_OK packet: packet ends too early",
		},
		{
			"too-long", ComPing, newCaps,
			[]byte{0, 0, 0x20, 1, 0},
			"reply to COM_PING: packet 1: packet that must be understood is longer than 1048576 bytes",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Response
			r.Start(tt.command, tt.caps)
			_, err := r.Consume(tt.framed)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestParts checks that the parts of any batch make it up, and that they agree
// with what Consume sees.
func TestParts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, r := range replies(t) {
		if r.resume > 0 {
			continue
		}
		var state Response
		state.Start(r.command, r.caps)
		var unread []byte
		first, last, rows := 0, 0, uint64(0)
		for at := 0; at < len(r.framed); {
			size := min(1+rnd.IntN(40), len(r.framed)-at)
			unread = append(unread, r.framed[at:at+size]...)
			at += size
			before := state.Place()
			n, err := state.Consume(unread)
			if err != nil {
				t.Fatal(err)
			}
			var joined []byte
			for p := range before.Parts(unread[:n]) {
				joined = append(joined, p.Data...)
				if p.First {
					first++
				}
				if p.Last {
					last++
					if p.Kind == PartRow {
						rows++
					}
				}
				if p.Header && len(p.Payload()) != len(p.Data)-headerSize {
					t.Errorf("%s: payload of %d bytes in %d", r.name, len(p.Payload()), len(p.Data))
				}
				if p.Whole() != (p.Header && len(p.Payload()) == pieceLength(p.Data)) {
					t.Errorf("%s: whole: got %t of %x", r.name, p.Whole(), p.Data)
				}
			}
			if !bytes.Equal(joined, unread[:n]) {
				t.Fatalf("%s: parts make up\n%x, want\n%x", r.name, joined, unread[:n])
			}
			unread = unread[n:]
		}
		if want := countPackets(r.framed); first != want || last != want {
			t.Errorf("%s: first parts %d, last parts %d, want %d each", r.name, first, last, want)
		}
		if rows != state.Rows {
			t.Errorf("%s: rows in parts: got %d, want %d", r.name, rows, state.Rows)
		}
	}
}

func TestPartsOfLongRow(t *testing.T) {
	var r Response
	r.Start(ComStmtFetch, newCaps)
	b := packets(make([]byte, maxPiece+10), okPacket(OK{End: true}))
	parts := r.Place().Parts(b)
	var got []Part
	for p := range parts {
		p.Data = p.Data[:min(len(p.Data), headerSize)]
		got = append(got, p)
	}
	want := []Part{
		{Kind: PartRow, Data: []byte{0xff, 0xff, 0xff, 1}, Header: true, First: true},
		{Kind: PartRow, Data: []byte{10, 0, 0, 2}, Header: true, Last: true},
		{Kind: PartOK, Data: []byte{7, 0, 0, 3}, Header: true, First: true, Last: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if n := len(slices.Collect(parts)); n != len(want) {
		t.Errorf("the second time: got %d parts, want %d", n, len(want))
	}
	if r.Packets != 0 {
		t.Error("Parts changed the response it was called on")
	}
}

func TestFollowingDoesNotAllocate(t *testing.T) {
	for _, r := range replies(t) {
		whole := r.follow(t, [][]byte{r.framed})
		if r.resume > 0 || whole.Err != nil || len(whole.State) > 0 || strings.HasPrefix(r.name, "progress") {
			continue
		}
		var response Response
		got := testing.AllocsPerRun(10, func() {
			response.Start(r.command, r.caps)
			if _, err := response.Consume(r.framed); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations, want 0", r.name, got)
		}
	}
}

func BenchmarkResponse(b *testing.B) {
	row := append([]byte{119}, make([]byte, 119)...)
	rows := func(n int) []byte {
		payloads := [][]byte{{1}, columnPacket("c")}
		for range n {
			payloads = append(payloads, row)
		}
		return packets(append(payloads, okPacket(OK{End: true}))...)
	}
	for _, bb := range []struct {
		name   string
		framed []byte
	}{{"point-select", rows(1)}, {"100-rows", rows(100)}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.framed)))
			var r Response
			for b.Loop() {
				r.Start(ComQuery, newCaps)
				if _, err := r.Consume(bb.framed); err != nil || !r.Complete {
					b.Fatal(err)
				}
			}
		})
	}
}
