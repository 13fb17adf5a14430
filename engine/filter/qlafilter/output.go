package qlafilter

import (
	"io"
	"sync"
)

// output is a file, or standard output, that lines are written to.
type output struct {
	name string

	mu     sync.Mutex // guards what follows
	w      io.WriteCloser
	failed bool
}

func newOutput(name string, w io.WriteCloser) *output { return &output{name: name, w: w} }

// write writes a line with one call, so that lines of several processes do not
// mix. It returns the first of several errors in a row.
func (o *output) write(line []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.w.Write(line)
	again := o.failed
	o.failed = err != nil
	if again {
		return nil
	}
	return err
}

func (o *output) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Close()
}

// The limits of what is kept in memory.
const (
	ringLines   = 100
	ringLineLen = 1024 // bytes
)

// ring keeps the newest lines. Its zero value is empty.
type ring struct {
	mu    sync.Mutex // guards what follows
	lines [ringLines]string
	count int // of lines ever added
}

func (r *ring) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines[r.count%ringLines] = line
	r.count++
}

// tail returns the lines, oldest first.
func (r *ring) tail() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := make([]string, 0, min(r.count, ringLines))
	for i := max(0, r.count-ringLines); i < r.count; i++ {
		lines = append(lines, r.lines[i%ringLines])
	}
	return lines
}
