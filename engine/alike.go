package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/signalbox/signalbox/engine/classify"
)

// The most that Alike looks at: about 30 ms of work.
const (
	alikeStatements = 20_000
	alikeBytes      = 4 << 20
)

// AlikeInfo is how long statements took that are like one of a session: the same
// but for their literals, sent by the same command, and without an error.
type AlikeInfo struct {
	Statement string // that the others are like, at most 1024 bytes; "" for none
	Count     int
	P50, P95  time.Duration
	Longest   time.Duration
	Looked    int  // statements that were looked at
	Complete  bool // these were all that are kept of the service
}

// Alike compares the statement that a session runs or ran last with those that
// are kept of it, of the other sessions of its service, and of those that have
// ended, in this order, as far as alikeStatements and alikeBytes reach. The error
// is NotFound for a service that keeps no statements.
func Alike(s *Session) (AlikeInfo, error) {
	if s.service.retain() <= 0 {
		return AlikeInfo{}, Errorf(NotFound, "service %s keeps no statements to compare with: retain_last_statements is 0", s.service.Name())
	}
	s.mu.Lock()
	own := slices.Clone(s.seen.retained.queries) // oldest first
	s.mu.Unlock()
	if len(own) == 0 {
		return AlikeInfo{Complete: true}, nil
	}
	last := own[len(own)-1]
	text := last.Statement[:min(len(last.Statement), maxShownStatement)]
	search := alike{command: last.Command, canonical: classify.Canonical(nil, []byte(last.Statement))}
	found := search.all(own[:len(own)-1])
	for _, other := range s.engine.Sessions() {
		if !found {
			break
		}
		if other.service == s.service && other != s {
			found = search.session(other)
		}
	}
	if found {
		found = search.ended(&s.engine.ended, s.service.Name())
	}
	info := AlikeInfo{Statement: text, Count: len(search.took), Looked: search.looked, Complete: found}
	if n := len(search.took); n > 0 {
		slices.Sort(search.took)
		at := func(percent int) time.Duration { return search.took[(n*percent+99)/100-1] } // the nearest rank
		info.P50, info.P95, info.Longest = at(50), at(95), search.took[n-1]
	}
	return info, nil
}

// alike is a search for statements that are like one another.
type alike struct {
	command   string
	canonical []byte

	took   []time.Duration
	looked int
	bytes  int

	sql, form []byte // memory that is used again and again
}

// all looks at statements; false when it has looked at enough.
func (a *alike) all(queries []QueryInfo) bool {
	for i := range queries {
		q := &queries[i]
		if a.looked >= alikeStatements || a.bytes >= alikeBytes {
			return false
		}
		a.looked++
		if q.Command != a.command || q.Completed.IsZero() || q.Error != "" {
			continue
		}
		a.bytes += len(q.Statement)
		a.sql = append(a.sql[:0], q.Statement...)
		a.form = classify.Canonical(a.form[:0], a.sql)
		if bytes.Equal(a.form, a.canonical) {
			a.took = append(a.took, q.Completed.Sub(q.Received))
		}
	}
	return true
}

func (a *alike) session(s *Session) bool {
	s.mu.Lock()
	queries := slices.Clone(s.seen.retained.queries)
	s.mu.Unlock()
	return a.all(queries)
}

// ended looks at the sessions of a service that have ended, newest first.
func (a *alike) ended(e *ended, service string) bool {
	for _, queries := range e.queries(service) {
		if !a.all(queries) {
			return false
		}
	}
	return true
}
