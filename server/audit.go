package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/signalbox/signalbox/api"
)

// Audit records who asked for which change and what became of it, refused ones
// too: one JSON object a line in a file, and the newest in memory. Nothing in
// the API changes or removes a record.
type Audit struct {
	path    string
	maxSize int64

	mu      sync.Mutex // guards what follows
	file    *os.File   // nil without a path
	size    int64
	next    uint64
	records []AuditRecord // newest last, at most auditKept
}

// AuditRecord is one entry of the audit log.
type AuditRecord struct {
	ID     uint64   `json:"id"` // counts from 1 in each run
	Time   api.Time `json:"time"`
	Actor  string   `json:"actor"`          // user name, as claimed when the login failed
	Role   Role     `json:"role,omitempty"` // "" when nobody was logged in
	IP     string   `json:"ip"`
	Action string   `json:"action"` // "session.kill", "user.create", ...
	Target string   `json:"target"` // path below /v1/
	Before any      `json:"before,omitempty"`
	After  any      `json:"after,omitempty"`
	Reason string   `json:"reason,omitempty"` // as the actor gave it
	Status int      `json:"status"`           // of the HTTP answer
	Result string   `json:"result"`           // "ok", or why it was refused
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
	if err := os.MkdirAll(filepath.Dir(path), usersFolderMode); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	if err := a.open(); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return a, nil
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

// write adds r. An error means that it is in memory but not in the file.
func (a *Audit) write(r AuditRecord) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.ID = a.next
	a.next++
	if len(a.records) == auditKept {
		a.records = slices.Delete(a.records, 0, 1)
	}
	a.records = append(a.records, r)
	if a.path == "" {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	if err := a.append(append(line, '\n')); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}

func (a *Audit) append(line []byte) error {
	if a.file != nil && a.size > 0 && a.size+int64(len(line)) > a.maxSize {
		if err := a.rotate(); err != nil {
			return err
		}
	}
	if a.file == nil {
		return os.ErrClosed
	}
	n, err := a.file.Write(line)
	a.size += int64(n)
	return err
}

// rotate renames path to path.1, path.1 to path.2 and so on.
func (a *Audit) rotate() error {
	if err := a.file.Close(); err != nil {
		return err
	}
	a.file = nil
	for i := auditFiles; i > 0; i-- {
		from := a.path
		if i > 1 {
			from = fmt.Sprintf("%s.%d", a.path, i-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", a.path, i)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
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
