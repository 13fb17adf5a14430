package wire

import (
	"fmt"
	"iter"
)

// PartKind says what packet a Part is of.
type PartKind byte

// The kinds of a part.
const (
	PartOther       PartKind = iota // progress reports, texts, binary log events
	PartColumnCount                 // the number of columns, first of a result with rows
	PartColumnDef                   // the definition of a column or a parameter
	PartEOF                         // the end of definitions or rows
	PartRow
	PartOK
	PartErr
	PartPrepareOK
	PartInfile // a request for a local file
)

var partKindNames = [...]string{
	"Other", "ColumnCount", "ColumnDef", "EOF", "Row", "OK", "Err", "PrepareOK", "Infile",
}

// String returns the kind as it is in the constant's name.
func (k PartKind) String() string {
	if int(k) < len(partKindNames) {
		return partKindNames[k]
	}
	return fmt.Sprintf("PartKind(%d)", byte(k))
}

// Part is a packet of a reply, or a piece of one: a packet may be cut by the
// end of a batch, and one of 16 MiB or more has several headers.
type Part struct {
	Kind   PartKind
	Data   []byte // as on the wire, with the header where there is one
	Header bool   // Data starts with a header
	First  bool   // Data starts with the first header of the packet
	Last   bool   // Data ends with the last byte of the packet
}

// Whole tells whether the part is all of a packet, in one piece.
func (p Part) Whole() bool { return p.First && p.Last }

// Payload returns the data without the header.
func (p Part) Payload() []byte {
	if p.Header {
		return p.Data[headerSize:]
	}
	return p.Data
}

// Place is a place in a reply: all of a Response that tells what the bytes from there
// on are.
type Place struct {
	command          Command
	complete, infile bool
	prepColumns      uint16
	caps             Capability
	at               position
}

// Place returns the place that the response has reached.
func (r *Response) Place() Place {
	return Place{
		command: r.command, complete: r.Complete, infile: r.Infile,
		prepColumns: r.PrepColumns, caps: r.caps, at: r.at,
	}
}

// Parts yields the packets in b, the framed bytes of the reply from the place on, and
// the pieces of packets at its ends, in order and without a gap. It ends where
// Consume would end; bytes that follow no known form end it too.
func (p Place) Parts(b []byte) iter.Seq[Part] {
	return func(yield func(Part) bool) {
		r := Response{
			command: p.command, Complete: p.complete, Infile: p.infile,
			PrepColumns: p.prepColumns, caps: p.caps, at: p.at,
		}
		for rest := b; len(rest) > 0; {
			p, err := r.next(rest)
			if err != nil || len(p.Data) == 0 || !yield(p) {
				return
			}
			rest = rest[len(p.Data):]
		}
	}
}
