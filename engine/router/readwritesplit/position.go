package readwritesplit

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// gtid is a global transaction id of MariaDB: domain-server-sequence.
type gtid struct {
	domain, server uint32
	sequence       uint64
}

// position is the newest gtid of each domain, in the order of the domains. It is
// not changed once made.
type position []gtid

// maxDomains is how many domains a position may have.
const maxDomains = 64

// parsePosition reads what a server writes: gtids with commas between them.
func parsePosition(text string) (position, bool) {
	var p position
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		domain, rest, one := strings.Cut(part, "-")
		server, sequence, two := strings.Cut(rest, "-")
		d, err1 := strconv.ParseUint(domain, 10, 32)
		s, err2 := strconv.ParseUint(server, 10, 32)
		n, err3 := strconv.ParseUint(sequence, 10, 64)
		if !one || !two || err1 != nil || err2 != nil || err3 != nil || len(p) == maxDomains {
			return nil, false
		}
		p = p.and(position{{uint32(d), uint32(s), n}})
	}
	return p, true
}

// and returns the position that has everything that p and other have.
func (p position) and(other position) position {
	if p.has(other) {
		return p
	}
	all := slices.Clone(p)
	for _, g := range other {
		i, found := slices.BinarySearchFunc(all, g, func(a, b gtid) int { return int(int64(a.domain) - int64(b.domain)) })
		switch {
		case !found:
			all = slices.Insert(all, i, g)
		case all[i].sequence < g.sequence:
			all[i] = g
		}
	}
	return all
}

// has reports whether p has everything that other has.
func (p position) has(other position) bool {
	for _, g := range other {
		if !slices.ContainsFunc(p, func(mine gtid) bool { return mine.domain == g.domain && mine.sequence >= g.sequence }) {
			return false
		}
	}
	return true
}

// String writes p as a server reads it.
func (p position) String() string {
	var b []byte
	for i, g := range p {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(g.domain), 10)
		b = strconv.AppendUint(append(b, '-'), uint64(g.server), 10)
		b = strconv.AppendUint(append(b, '-'), g.sequence, 10)
	}
	return string(b)
}

// latest is the position of all sessions together.
type latest struct {
	// Writes whose clients may know of their end before the position is known here.
	underWay atomic.Int64

	mu sync.Mutex
	at position // guarded by mu
}

func (l *latest) add(p position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = l.at.and(p)
}

func (l *latest) get() position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}
