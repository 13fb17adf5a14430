package mariadbmon

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// position is a GTID position of MariaDB: the last sequence number of each
// domain. Text of another form is no position, an empty one.
type position map[uint64]uint64

// gtid names a transaction of MariaDB.
type gtid struct{ domain, server, sequence uint64 }

// parseGTIDs reads "0-1-37,1-2-5": domain, server id, sequence number.
func parseGTIDs(text string) []gtid {
	var list []gtid
	for one := range strings.SplitSeq(text, ",") {
		parts := strings.Split(strings.TrimSpace(one), "-")
		if len(parts) != 3 {
			continue
		}
		domain, err1 := strconv.ParseUint(parts[0], 10, 32)
		server, err2 := strconv.ParseUint(parts[1], 10, 32)
		sequence, err3 := strconv.ParseUint(parts[2], 10, 64)
		if err1 == nil && err2 == nil && err3 == nil {
			list = append(list, gtid{domain, server, sequence})
		}
	}
	return list
}

func parsePosition(text string) position {
	p := position{}
	for _, g := range parseGTIDs(text) {
		p[g.domain] = max(p[g.domain], g.sequence)
	}
	return p
}

// foreign reports whether a position has a transaction that a server has never
// had, whose states are the last ones of each domain and server that it has.
func foreign(position string, states ...string) bool {
	type origin struct{ domain, server uint64 }
	last := map[origin]uint64{}
	for _, state := range states {
		for _, g := range parseGTIDs(state) {
			last[origin{g.domain, g.server}] = max(last[origin{g.domain, g.server}], g.sequence)
		}
	}
	return slices.ContainsFunc(parseGTIDs(position), func(g gtid) bool { return last[origin{g.domain, g.server}] < g.sequence })
}

// covers reports whether p has everything that other has.
func (p position) covers(other position) bool { return p.missing(other) == 0 }

// missing returns how many events of other p does not have, at most MaxUint64.
func (p position) missing(other position) uint64 {
	var n uint64
	for domain, sequence := range other {
		if has := p[domain]; has < sequence {
			n += min(sequence-has, math.MaxUint64-n)
		}
	}
	return n
}
