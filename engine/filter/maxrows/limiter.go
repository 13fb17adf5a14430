package maxrows

import (
	"iter"

	"github.com/signalbox/signalbox/engine/wire"
)

// limiter goes through the packets of one reply, holds results back and takes
// out what is beyond the limits.
//
// With returnEmpty the definitions of columns go out at once, and only rows are
// held; with the others the whole result is held.
type limiter struct {
	filter *Filter

	out     []byte // to go up for this batch
	dropped bool   // something of this batch does not
	failed  bool   // nothing more goes up but an error at the end
	hits    int    // results beyond a limit

	// The result that is under way.
	within  bool // there is one
	defined bool // its definitions have ended
	over    bool // it is beyond a limit
	rows    uint64
	size    uint64
	held    []byte
}

// batch deals with the packets of a batch and leaves in out what is to go up.
// It reports whether that is exactly the batch.
func (l *limiter) batch(parts iter.Seq[wire.Part]) (same bool) {
	l.out = l.out[:0]
	l.dropped = l.over
	same = len(l.held) == 0
	for p := range parts {
		if !l.failed {
			l.part(p)
		}
	}
	return same && len(l.held) == 0 && !l.failed && !l.dropped
}

func (l *limiter) part(p wire.Part) {
	if p.Kind == wire.PartColumnCount && p.First {
		l.within, l.defined, l.over = true, false, false
		l.rows, l.size = 0, 0
	}
	if !l.within {
		l.out = append(l.out, p.Data...)
		return
	}
	switch p.Kind {
	case wire.PartErr:
		// The error stands for the result: rows that are held may end in the
		// middle of one.
		l.dropped = l.dropped || len(l.held) > 0
		l.held = l.held[:0]
		l.out = append(l.out, p.Data...)
		l.within = false
		return
	case wire.PartEOF:
		if !l.defined && !opensCursor(p) {
			l.defined = true
			break
		}
		l.end(p)
		return
	case wire.PartOK:
		l.end(p)
		return
	case wire.PartRow:
		l.defined = true
		if p.First {
			l.rows++
		}
	}
	l.take(p)
}

// take holds a part of the result back, or drops it with the result.
func (l *limiter) take(p wire.Part) {
	l.size += uint64(len(p.Data))
	if !l.over && (l.rows > l.filter.rows || l.size > l.filter.size) {
		l.over, l.dropped = true, true
		l.hits++
		l.held = l.held[:0]
		l.failed = l.filter.give == returnError
	}
	switch {
	case l.filter.give == returnEmpty && p.Kind != wire.PartRow:
		l.out = append(l.out, p.Data...)
	case !l.over:
		l.held = append(l.held, p.Data...)
	}
}

// end deals with the packet that ends a result.
func (l *limiter) end(p wire.Part) {
	l.within = false
	switch {
	case !l.over:
		l.out = append(l.out, l.held...)
		l.out = append(l.out, p.Data...)
	case l.filter.give == returnEmpty:
		l.out = append(l.out, p.Data...)
	case l.filter.give == returnOK:
		payload := okInPlace(p)
		l.out = append(wire.AppendHeader(l.out, len(payload), 0), payload...)
	}
	l.held = l.held[:0]
	l.over = false
}

// opensCursor reports whether an EOF packet says that there are no rows because
// they are to be fetched.
func opensCursor(p wire.Part) bool {
	var eof wire.EOF
	return eof.Decode(p.Payload()) == nil && eof.Status.Has(wire.StatusCursorExists)
}

// okInPlace returns the OK packet that takes a result's place, with the status
// in the packet that ends the result: more results may follow.
func okInPlace(p wire.Part) []byte {
	var ok wire.OK
	if p.Kind == wire.PartEOF {
		var eof wire.EOF
		if eof.Decode(p.Payload()) == nil {
			ok.Status, ok.Warnings = eof.Status, eof.Warnings
		}
	} else {
		var end wire.OK
		if end.Decode(p.Payload(), 0) == nil {
			ok.Status, ok.Warnings = end.Status, end.Warnings
		}
	}
	ok.Status &^= wire.StatusSessionStateChanged | wire.StatusCursorExists | wire.StatusLastRowSent
	return ok.Append(nil, 0)
}
