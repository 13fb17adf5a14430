package engine

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// The buckets of a Latency: four for each doubling, from 1 µs to over an hour,
// so that a quantile is at most an eighth off.
const (
	latencySteps   = 4 // buckets for each doubling, a power of two
	latencyBuckets = 32 * latencySteps
)

// Latency counts statements by how long they took.
type Latency [latencyBuckets]uint64

// latencyBucket is the bucket of a duration.
func latencyBucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < latencySteps {
		return int(us)
	}
	shift := bits.Len64(us) - 3 // leaves the three highest bits, the first of which is 1
	return min(shift*latencySteps+int(us>>shift), latencyBuckets-1)
}

// latencyMiddle is the duration in the middle of a bucket.
func latencyMiddle(bucket int) time.Duration {
	if bucket < latencySteps {
		return time.Duration(bucket)*time.Microsecond + time.Microsecond/2
	}
	shift := bucket/latencySteps - 1
	low := uint64(bucket-shift*latencySteps) << shift
	return time.Duration(low+1<<shift/2) * time.Microsecond
}

// Add adds the counts of other.
func (l *Latency) Add(other *Latency) {
	for i := range l {
		l[i] += other[i]
	}
}

// Since returns what has been counted since it was older.
func (l *Latency) Since(older *Latency) Latency {
	var d Latency
	for i := range l {
		d[i] = l[i] - older[i]
	}
	return d
}

// Quantile returns the time within which the share q of the statements was done,
// 0 when there are none.
func (l *Latency) Quantile(q float64) time.Duration {
	var all uint64
	for _, n := range l {
		all += n
	}
	if all == 0 {
		return 0
	}
	rank := uint64(q*float64(all-1)) + 1
	for i, n := range l {
		if n >= rank {
			return latencyMiddle(i)
		}
		rank -= n
	}
	return latencyMiddle(latencyBuckets - 1)
}

// latencyCounter counts from many goroutines.
type latencyCounter [latencyBuckets]atomic.Uint64

func (c *latencyCounter) count(d time.Duration) { c[latencyBucket(d)].Add(1) }

func (c *latencyCounter) read() Latency {
	var l Latency
	for i := range c {
		l[i] = c[i].Load()
	}
	return l
}

// Work is what a service or a server has done since the program started.
type Work struct {
	Kind       ObjectKind // ServiceObject or ServerObject
	Name       string
	Sessions   int64 // now
	Statements uint64
	Errors     uint64  // statements that failed; 0 for a server
	Latency    Latency // of what had a reply; of a server, of those that clients have seen
}

// Work returns what each service and then what each server has done, in the order
// of the configuration.
func (e *Engine) Work() []Work {
	list := make([]Work, 0, len(e.services.list)+len(e.servers.list))
	for _, s := range e.services.list {
		list = append(list, Work{
			Kind: ServiceObject, Name: s.Name(), Sessions: s.connections.Load(),
			Statements: s.packets.Load(), Errors: s.errors.Load(), Latency: s.latency.read(),
		})
	}
	for _, s := range e.servers.list {
		list = append(list, Work{
			Kind: ServerObject, Name: s.Name(), Sessions: s.connections.Load(),
			Statements: s.packets.Load(), Latency: s.latency.read(),
		})
	}
	return list
}
