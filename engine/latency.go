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
	return bucketOf(uint64(max(d.Microseconds(), 0)), latencyBuckets)
}

// bucketOf is the bucket of n units, of so many buckets: one for each unit at
// first, and then latencySteps for each doubling.
func bucketOf(n uint64, buckets int) int {
	if n < latencySteps {
		return int(n)
	}
	shift := bits.Len64(n) - 3 // leaves the three highest bits, the first of which is 1
	return min(shift*latencySteps+int(n>>shift), buckets-1)
}

// bucketMiddle is the duration in the middle of a bucket.
func bucketMiddle(bucket int, unit time.Duration) time.Duration {
	if bucket < latencySteps {
		return time.Duration(bucket)*unit + unit/2
	}
	shift := bucket/latencySteps - 1
	low := uint64(bucket-shift*latencySteps) << shift
	return time.Duration(low)*unit + unit<<shift/2
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
func (l *Latency) Quantile(q float64) time.Duration { return quantile(l[:], time.Microsecond, q) }

// quantile returns the time within which the share q of what buckets count was
// done, 0 when they count nothing.
func quantile(counts []uint64, unit time.Duration, q float64) time.Duration {
	var all uint64
	for _, n := range counts {
		all += n
	}
	if all == 0 {
		return 0
	}
	rank := uint64(q*float64(all-1)) + 1
	for i, n := range counts {
		if n >= rank {
			return bucketMiddle(i, unit)
		}
		rank -= n
	}
	return bucketMiddle(len(counts)-1, unit)
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
