package qlafilter

import (
	"cmp"
	"io"
	"sync"
	"time"
)

// How long lines are held back at most, unless the parameter flush is set, and how
// much of them, in bytes.
const (
	holdTime  = 100 * time.Millisecond
	holdBytes = 64 << 10
)

// output is a file, or standard output, that lines are written to.
type output struct {
	name string
	hold bool // lines are written in batches

	mu     sync.Mutex // guards what follows
	w      io.WriteCloser
	held   []byte
	timer  *time.Timer // of the next flush; nil before the first
	failed bool        // the last write
	err    error       // of a failure that nobody has heard of
}

func newOutput(name string, w io.WriteCloser, hold bool) *output {
	return &output{name: name, w: w, hold: hold}
}

// write writes a line, now or with those that follow. Lines are written whole, so
// that those of several processes do not mix. It returns the first of several errors
// in a row, which may be of an earlier line.
func (o *output) write(line []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.hold {
		o.put(line)
		return o.news()
	}
	if len(o.held) == 0 {
		o.flushLater()
	}
	if o.held = append(o.held, line...); len(o.held) >= holdBytes {
		o.flushLocked()
	}
	return o.news()
}

// flushLater has what is held written in a while. The caller holds mu.
func (o *output) flushLater() {
	if o.timer != nil {
		o.timer.Reset(holdTime)
		return
	}
	o.timer = time.AfterFunc(holdTime, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.flushLocked()
	})
}

// flushLocked writes what is held. The caller holds mu.
func (o *output) flushLocked() {
	if len(o.held) == 0 {
		return
	}
	o.put(o.held)
	if o.held = o.held[:0]; cap(o.held) > 2*holdBytes { // a very long line was in it
		o.held = nil
	}
}

// put writes b with one call. The caller holds mu.
func (o *output) put(b []byte) {
	_, err := o.w.Write(b)
	if err != nil && !o.failed {
		o.err = err
	}
	o.failed = err != nil
}

// news returns an error that has not been returned yet. The caller holds mu.
func (o *output) news() error {
	err := o.err
	o.err = nil
	return err
}

func (o *output) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.timer != nil {
		o.timer.Stop()
	}
	o.flushLocked()
	return cmp.Or(o.news(), o.w.Close())
}

// The limits of what is kept in memory.
const (
	ringLines   = 100
	ringLineLen = 1024 // bytes
)

// ring keeps the newest lines, whose memory is used again and again. Its zero value
// is empty.
type ring struct {
	mu    sync.Mutex // guards what follows
	lines [ringLines][]byte
	count int // of lines ever added
}

func (r *ring) add(line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := &r.lines[r.count%ringLines]
	*place = append((*place)[:0], line...)
	r.count++
}

// tail returns the lines, oldest first.
func (r *ring) tail() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := make([]string, 0, min(r.count, ringLines))
	for i := max(0, r.count-ringLines); i < r.count; i++ {
		lines = append(lines, string(r.lines[i%ringLines]))
	}
	return lines
}
