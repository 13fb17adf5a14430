package server

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/signalbox/signalbox/api"
)

// Audit records who asked for which change and what became of it, refused ones
// too: one JSON object a line in a file, and the newest in memory. Nothing in
// the API changes or removes a record, and each one carries a hash over the one
// before and itself, so that a change of the file shows.
type Audit struct {
	// Set by OpenAudit, then constant.
	path    string
	maxSize int64

	checking sync.Mutex // one check of the files at a time

	mu      sync.Mutex // guards what follows
	file    *os.File   // nil without a path
	size    int64
	torn    bool // the file does not end with a whole line
	next    uint64
	head    string        // hash of the last record in the file
	records []AuditRecord // newest last, at most auditKept
	lines   [][]byte      // of records, without a path
	evicted string        // hash before the first of lines
}

// AuditRecord is one entry of the audit log. What destroys something has two:
// one that is written before it begins, whose result is "begun", and one with
// what became of it, which names the first in Intent.
type AuditRecord struct {
	ID     uint64   `json:"id"` // counts from 1
	Time   api.Time `json:"time"`
	Actor  string   `json:"actor"`          // user name, as claimed when the login failed
	Role   Role     `json:"role,omitempty"` // "" when nobody was logged in
	IP     string   `json:"ip"`
	Action string   `json:"action"` // "session.kill", "user.create", ...
	Target string   `json:"target"` // path below /v1/
	Before any      `json:"before,omitempty"`
	After  any      `json:"after,omitempty"`
	Reason string   `json:"reason,omitempty"` // as the actor gave it
	Status int      `json:"status"`           // of the HTTP answer, 0 when it is yet to come
	Result string   `json:"result"`           // "ok", or why it was refused
	Intent uint64   `json:"intent,omitempty"` // id of the record from before it began
	Prev   string   `json:"prev,omitempty"`   // in the first record of a file: the hash before it
	Hash   string   `json:"hash,omitempty"`   // hexadecimal SHA-256
}

const (
	auditKept      = 1000     // records in memory
	auditFiles     = 5        // old files beside the current one
	defaultMaxSize = 16 << 20 // bytes of one file
)

// OpenAudit appends to the file at path, and begins a new one when it has
// reached maxSize bytes (0 means 16 MiB); the five newest old ones are kept as
// path.1 to path.5. With an empty path records live in memory only.
func OpenAudit(path string, maxSize int64) (*Audit, error) {
	if maxSize <= 0 {
		maxSize = defaultMaxSize
	}
	a := &Audit{path: path, maxSize: maxSize, next: 1}
	if path == "" {
		return a, nil
	}
	err := os.MkdirAll(filepath.Dir(path), usersFolderMode)
	if err == nil {
		err = a.recall()
	}
	if err == nil {
		err = a.open()
	}
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return a, nil
}

// recall reads the newest records back, so that the log goes on where it ended.
func (a *Audit) recall() error {
	for i := range auditFiles + 1 {
		f, err := os.Open(a.name(i))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		tail := readTail(f, auditKept-len(a.records))
		_ = f.Close()
		if i == 0 {
			a.torn = tail.torn
		}
		if a.head == "" {
			a.head = tail.head
		}
		a.records = append(tail.records, a.records...)
		if a.next == 1 && tail.last > 0 {
			a.next = tail.last + 1
		}
		if len(a.records) >= auditKept {
			break
		}
	}
	return nil
}

// name is the name of the file with a number, 0 being the current one.
func (a *Audit) name(number int) string {
	if number == 0 {
		return a.path
	}
	return fmt.Sprintf("%s.%d", a.path, number)
}

func (a *Audit) open() error {
	f, err := os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, usersFileMode)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	a.file, a.size = f, info.Size()
	return nil
}

// Close closes the file.
func (a *Audit) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}

// write adds r and returns its id. An error means that it is in memory but not
// in the file.
func (a *Audit) write(r AuditRecord) (uint64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.ID = a.next
	a.next++
	line := r.seal(a.head, false)
	var err error
	if a.path != "" {
		err = a.append(&r, line)
	}
	if err == nil {
		a.head = r.Hash
	}
	if len(a.records) == auditKept {
		a.records = slices.Delete(a.records, 0, 1)
	}
	a.records = append(a.records, r)
	if a.path == "" {
		a.keepLine(line)
	}
	if err != nil {
		return r.ID, fmt.Errorf("audit log: %w", err)
	}
	return r.ID, nil
}

// keepLine keeps a line in memory, at most auditKept.
func (a *Audit) keepLine(line []byte) {
	if len(a.lines) == auditKept {
		_, a.evicted, _ = unseal(bytes.TrimSuffix(a.lines[0], []byte("\n")))
		a.lines = slices.Delete(a.lines, 0, 1)
	}
	a.lines = append(a.lines, line)
}

// append writes the line of r to the file, or to a new one when this one would
// become too large.
func (a *Audit) append(r *AuditRecord, line []byte) error {
	if a.file != nil && a.size > 0 && a.size+int64(len(line)) > a.maxSize {
		if err := a.rotate(); err != nil {
			return err
		}
	}
	if a.file == nil {
		return os.ErrClosed
	}
	if a.size == 0 {
		line = r.seal(a.head, true)
	}
	if a.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := a.file.Write(line)
	a.size += int64(n)
	if n > 0 {
		a.torn = n < len(line)
	}
	return err
}

// rotate renames path to path.1, path.1 to path.2 and so on.
func (a *Audit) rotate() error {
	if err := a.file.Close(); err != nil {
		return err
	}
	a.file = nil
	for i := auditFiles; i > 0; i-- {
		if err := os.Rename(a.name(i-1), a.name(i)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	a.torn = false
	return a.open()
}

// newest returns the records in memory, newest first.
func (a *Audit) newest() []AuditRecord {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := slices.Clone(a.records)
	slices.Reverse(all)
	return all
}
