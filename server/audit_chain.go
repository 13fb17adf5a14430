package server

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/signalbox/signalbox/api"
)

// This file is about the lines of the audit log: how each is bound to the one
// before, and how that is checked.
//
// A line is a JSON object whose last member is its hash: SHA-256 over the hash
// before it, a line feed and the object without that member, as it stands.

const (
	maxAuditLine = 128 << 10 // bytes
	maxAuditID   = 1 << 53
)

// seal gives r its hash and returns its line. In the first record of a file it
// says what the hash follows.
func (r *AuditRecord) seal(prev string, first bool) []byte {
	r.Prev, r.Hash = "", ""
	if first {
		r.Prev = prev
	}
	body, err := json.Marshal(r)
	if err != nil || len(body) > maxAuditLine-100 {
		r.Before, r.After = nil, "too large to be kept"
		r.Actor, r.Target, r.Result = clip(r.Actor), clip(r.Target), clip(r.Result)
		body, _ = json.Marshal(r) // of texts and numbers
	}
	r.Hash = chained(prev, body)
	return fmt.Appendf(body[:len(body)-1], "%s%s\"}\n", hashMember, r.Hash)
}

const hashMember = `,"hash":"`

// chained is the hash of a record without its hash.
func chained(prev string, body []byte) string {
	h := sha256.New()
	_, _ = io.WriteString(h, prev+"\n")
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// unseal takes the hash off a line. ok is false when the line ends otherwise.
func unseal(line []byte) (body []byte, hash string, ok bool) {
	i := len(line) - len(hashMember) - 2*sha256.Size - len(`"}`)
	if i < 1 || !bytes.HasPrefix(line[i:], []byte(hashMember)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return nil, "", false
	}
	hash = string(line[i+len(hashMember) : len(line)-2])
	return append(slices.Clone(line[:i]), '}'), hash, true
}

// auditLines yields the lines of a file without their ends, nil for one that is
// too long, and whether the line had an end. A line is good until the next.
func auditLines(r io.Reader) iter.Seq2[[]byte, bool] {
	return func(yield func([]byte, bool) bool) {
		b := bufio.NewReaderSize(r, maxAuditLine)
		for {
			line, err := b.ReadSlice('\n')
			long := errors.Is(err, bufio.ErrBufferFull)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = b.ReadSlice('\n')
			}
			whole := err == nil
			switch {
			case long:
				line = nil
			case whole:
				line = line[:len(line)-1]
			case len(line) == 0:
				return
			}
			if !yield(line, whole) || !whole {
				return
			}
		}
	}
}

// parseAudit reads a line; false when it is not a record.
func parseAudit(line []byte) (AuditRecord, bool) {
	var r AuditRecord
	if line == nil || json.Unmarshal(line, &r) != nil || r.ID == 0 || r.ID > maxAuditID {
		return AuditRecord{}, false
	}
	return r, true
}

// auditTail is the end of a file.
type auditTail struct {
	records []AuditRecord // the newest, oldest first
	last    uint64        // id of the newest
	head    string        // its hash
	torn    bool          // the file does not end with a whole line
}

// readTail reads the newest n records of a file. Lines that are none are passed
// over: a log that cannot be read in part is still to be gone on with.
func readTail(r io.Reader, n int) auditTail {
	var tail auditTail
	for line, whole := range auditLines(r) {
		tail.torn = !whole
		record, ok := parseAudit(line)
		if !ok {
			continue
		}
		tail.records = append(tail.records, record)
		if len(tail.records) >= 2*n {
			tail.records = slices.Delete(tail.records, 0, len(tail.records)-n)
		}
		tail.last, tail.head = record.ID, cmp.Or(record.Hash, tail.head)
	}
	tail.records = tail.records[max(0, len(tail.records)-n):]
	return tail
}

// auditPart is a file of the log that can be read while the log goes on.
type auditPart struct {
	io.Reader
	io.Closer
	name string
}

// auditParts are the whole log as it was at one instant.
type auditParts struct {
	list []auditPart // the oldest first
	prev string      // hash before the first record, where that is known
	head string      // hash of the last record
}

func (p auditParts) close() {
	for _, part := range p.list {
		_ = part.Close() // was read only
	}
}

// parts opens what there is of the log. It must be closed.
func (a *Audit) parts() (auditParts, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := auditParts{head: a.head}
	if a.path == "" {
		p.prev = a.evicted
		p.list = []auditPart{{bytes.NewReader(bytes.Join(a.lines, nil)), io.NopCloser(nil), "memory"}}
		return p, nil
	}
	for i := auditFiles; i >= 0; i-- {
		f, err := os.Open(a.name(i))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			p.close()
			return p, fmt.Errorf("audit log: %w", err)
		}
		part := auditPart{f, f, filepath.Base(a.name(i))}
		if i == 0 {
			part.Reader = io.LimitReader(f, a.size)
		}
		p.list = append(p.list, part)
	}
	return p, nil
}

// check reads the whole log and says whether it is as it was written.
func (a *Audit) check() (api.AuditCheck, error) {
	a.checking.Lock()
	defer a.checking.Unlock()
	p, err := a.parts()
	if err != nil {
		return api.AuditCheck{}, err
	}
	defer p.close()
	c := auditChecker{prev: p.prev, found: api.AuditCheck{Head: p.head}}
	for _, part := range p.list {
		c.part(part)
	}
	if c.prev != p.head {
		c.bad("the record that was written last is not there, or is not the last", auditPart{}, 0, 0)
	}
	c.found.OK = c.found.Problems == 0
	return c.found, nil
}

// auditChecker follows the chain.
type auditChecker struct {
	found api.AuditCheck
	prev  string // hash of the record before
	begun bool   // there was a record with a hash
}

func (c *auditChecker) part(part auditPart) {
	number := 0
	for line := range auditLines(part) {
		number++
		if id, problem := c.line(line); problem != "" {
			c.bad(problem, part, number, id)
		}
	}
}

// line checks one line and says what is wrong with it, "" for nothing. After a
// record that is wrong the chain is taken up again as it stands, so that each
// wrong one counts once.
func (c *auditChecker) line(line []byte) (id uint64, problem string) {
	record, ok := parseAudit(line)
	if !ok {
		return 0, "it is not a record"
	}
	c.found.Records++
	c.found.From = cmp.Or(c.found.From, record.Time)
	body, hash, sealed := unseal(line)
	switch {
	case !sealed && !c.begun: // from before there were hashes
		c.found.Unchained++
		return record.ID, ""
	case !sealed:
		return record.ID, "it has no hash"
	case !c.begun && record.Prev != "": // older files have been removed
		c.prev = record.Prev
	}
	prev := c.prev
	c.prev, c.begun = hash, true
	switch {
	case record.Prev != "" && record.Prev != prev:
		return record.ID, "it does not follow the record before it: one is missing, or has been changed"
	case chained(prev, body) != hash:
		return record.ID, "it has been changed, or the record before it has been changed or is missing"
	}
	return record.ID, ""
}

func (c *auditChecker) bad(problem string, part auditPart, line int, id uint64) {
	if c.found.Problems++; c.found.Problems == 1 {
		c.found.Problem, c.found.File, c.found.Line, c.found.ID = problem, part.name, line, id
	}
}
