package mariadbmon

import (
	"math"
	"strconv"
	"strings"
)

// position is a GTID position of MariaDB: the last sequence number of each
// domain. Text of another form is no position, an empty one.
type position map[uint64]uint64

// parsePosition reads "0-1-37,1-2-5": domain, server id, sequence number.
func parsePosition(text string) position {
	p := position{}
	for one := range strings.SplitSeq(text, ",") {
		parts := strings.Split(strings.TrimSpace(one), "-")
		if len(parts) != 3 {
			continue
		}
		domain, err := strconv.ParseUint(parts[0], 10, 32)
		if err != nil {
			continue
		}
		if sequence, err := strconv.ParseUint(parts[2], 10, 64); err == nil {
			p[domain] = max(p[domain], sequence)
		}
	}
	return p
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
