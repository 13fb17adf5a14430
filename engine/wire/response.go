package wire

import (
	"fmt"
)

// ResponseKind says what a response, or the last of several results in it, is.
type ResponseKind byte

// The kinds of a response.
const (
	RespNone     ResponseKind = iota // nothing of it has been seen
	RespOK                           // success without rows
	RespError                        // Err says which
	RespRows                         // rows, or definitions only (a cursor, COM_FIELD_LIST)
	RespPrepared                     // a statement has been prepared
	RespInfile                       // the server asks for a local file
	RespText                         // the text of COM_STATISTICS
	RespBinlog                       // a stream of binary log events
)

var responseKindNames = [...]string{"none", "ok", "error", "rows", "prepared", "infile", "text", "binlog"}

// String returns the kind in lower case.
func (k ResponseKind) String() string {
	if int(k) < len(responseKindNames) {
		return responseKindNames[k]
	}
	return fmt.Sprintf("ResponseKind(%d)", byte(k))
}

// Response follows the reply to one command through its framed bytes, and looks
// only at headers and first bytes. It is small and may be copied. Start makes
// it ready.
//
// COM_CHANGE_USER, whose reply may ask for another authentication, is beyond
// it.
type Response struct {
	Kind     ResponseKind
	Complete bool // the last byte of the reply has been consumed
	Infile   bool // the client is to send a file; ResumeInfile goes on after it
	command  Command
	Status   Status // of the last OK or EOF packet
	Warnings uint16 // of the last OK or EOF packet
	at       position
	caps     Capability
	Err      *Error // that the reply ended with
	Rows     uint64 // complete rows, of all results
	Packets  uint64 // packet headers consumed
	Columns  int    // of the last result with rows
	Results  int    // finished results: more than 1 for multi-statements and CALL

	// State is what changed in the server's session, of all OK packets.
	State        SessionState
	AffectedRows uint64 // of the last OK packet
	LastInsertID uint64 // of the last OK packet

	StatementID uint32 // of the prepared statement
	Params      uint16 // of the prepared statement
	PrepColumns uint16 // of the prepared statement
}

// position is where in its reply a Response is.
type position struct {
	phase     phase
	expected  uint32   // definitions still to come in this phase
	kind      PartKind // of the packet under way
	last      bool     // the packet under way ends the reply
	continues bool     // the packet under way goes on in another piece
	sequence  byte     // id of the piece under way, or of the last one
	remaining uint32   // bytes of the piece under way still to come
}

// Start makes r ready for the reply to a command, of which it forgets all
// before. The reply to a command without one is complete at once.
func (r *Response) Start(command Command, caps Capability) {
	*r = Response{command: command, caps: caps, Complete: !command.HasReply()}
	switch command {
	case ComStmtFetch:
		r.Kind, r.at.phase = RespRows, phaseRows
	case ComFieldList:
		r.at.phase = phaseFields
	case ComStatistics:
		r.at.phase = phaseText
	case ComBinlogDump, ComBinlogDumpGTID:
		r.at.phase = phaseBinlog
	}
}

// Told reports whether Status and State say how the session is now: they do not
// when the reply is an error alone, without other results before it.
func (r *Response) Told() bool { return r.Err == nil || r.Results > 1 }

// Command returns the command that the response is the reply to.
func (r *Response) Command() Command { return r.command }

// ResumeInfile goes on after the client's file has been sent to the server.
func (r *Response) ResumeInfile() { r.Infile = false }

// Boundary tells whether the bytes consumed so far end at the end of a whole
// packet.
func (r *Response) Boundary() bool { return r.at.remaining == 0 && !r.at.continues }

// Rest returns how many bytes of the piece of a packet that is under way are still to
// come, and whether another piece of the same packet follows it.
func (r *Response) Rest() (bytes int, more bool) { return int(r.at.remaining), r.at.continues }

// Next returns the sequence id of what follows the last packet header consumed.
func (r *Response) Next() byte { return r.at.sequence + 1 }

// Schema returns the schema that the server says it changed to.
func (r *Response) Schema() (string, bool) {
	name, ok := "", false
	for c := range r.State.All() {
		if c.Type == StateSchema {
			name, ok = string(c.Value), true
		}
	}
	return name, ok
}

// Variable returns the last value that the server says a system variable of its
// session has, if it says any.
func (r *Response) Variable(name string) (string, bool) {
	value, ok := "", false
	for c := range r.State.All() {
		if c.Type == StateSystemVariable && string(c.Name) == name {
			value, ok = string(c.Value), true
		}
	}
	return value, ok
}

// Consume goes through b, the next framed bytes of the reply, and returns how
// many of them it has dealt with: those can be passed on. When they are fewer
// than there are, the reply is complete (the rest belongs to another), a file
// is asked for, or the rest is the beginning of a packet of which more is
// needed. An error means that the bytes follow no known form: what comes
// after cannot be understood.
func (r *Response) Consume(b []byte) (n int, err error) {
	for n < len(b) {
		if rows := r.rows(b[n:]); rows > 0 {
			n += rows
			continue
		}
		p, err := r.next(b[n:])
		if err != nil {
			return n, err
		}
		if len(p.Data) == 0 {
			break
		}
		n += len(p.Data)
	}
	return n, nil
}

// rows deals with the whole rows at the front of b, as next does with each of them,
// and returns how long they are. Those that next must look at are left to it.
func (r *Response) rows(b []byte) (n int) {
	if r.at.phase != phaseRows || !r.Boundary() || r.Complete || r.Infile {
		return 0
	}
	for len(b)-n > headerSize {
		length := pieceLength(b[n:])
		end := n + headerSize + length
		if length == 0 || length == maxPiece || end > len(b) || b[n+headerSize] >= 0xfe {
			break
		}
		r.at.kind, r.at.sequence = PartRow, b[n+3]
		r.Rows++
		r.Packets++
		n = end
	}
	return n
}

// next deals with the packet, or the rest or piece of one, at the front of b.
// No Data in what it returns means that it cannot go on.
func (r *Response) next(b []byte) (Part, error) {
	if r.at.remaining > 0 {
		n := min(int(r.at.remaining), len(b))
		r.at.remaining -= uint32(n)
		return r.part(b[:n], false), nil
	}
	if r.Complete || r.Infile || len(b) < headerSize {
		return Part{}, nil
	}
	length := pieceLength(b)
	first := !r.at.continues
	if first {
		ok, err := r.inspect(length, b[headerSize:])
		if err != nil {
			return Part{}, fmt.Errorf("reply to %v: packet %d: %w", r.command, r.Packets+1, err)
		}
		if !ok {
			return Part{}, nil
		}
	}
	r.Packets++
	r.at.sequence = b[3]
	r.at.continues = length == maxPiece
	n := min(headerSize+length, len(b))
	r.at.remaining = uint32(headerSize + length - n)
	p := r.part(b[:n], first)
	p.Header = true
	return p, nil
}

// part describes data, and settles what follows from the end of a packet.
func (r *Response) part(data []byte, first bool) Part {
	p := Part{Kind: r.at.kind, Data: data, First: first, Last: r.Boundary()}
	if !p.Last {
		return p
	}
	switch {
	case r.at.kind == PartRow:
		r.Rows++
	case r.at.kind == PartInfile:
		r.Infile = true
	case r.at.last:
		r.Complete = true
	}
	return p
}
