package engine

import (
	"testing"
	"testing/quick"
	"time"
)

// Ensure every duration falls into a bucket whose middle is near it.
func TestLatencyBuckets(t *testing.T) {
	near := func(us uint32) bool {
		d := time.Duration(us) * time.Microsecond
		off := (bucketMiddle(latencyBucket(d), time.Microsecond) - d).Abs()
		return off <= max(d/7, time.Microsecond)
	}
	if err := quick.Check(near, nil); err != nil {
		t.Error(err)
	}
	for _, d := range []time.Duration{-time.Second, 0, time.Hour, 1 << 62} {
		if b := latencyBucket(d); b < 0 || b >= latencyBuckets {
			t.Errorf("%v is in bucket %d", d, b)
		}
	}
	last := -1
	for us := range 100_000 {
		b := latencyBucket(time.Duration(us) * time.Microsecond)
		if b < last || b > last+1 {
			t.Fatalf("%d µs is in bucket %d, the one before in %d", us, b, last)
		}
		last = b
	}
}

func TestLatencyQuantile(t *testing.T) {
	var l Latency
	if got := l.Quantile(0.95); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for range 95 {
		l[latencyBucket(time.Millisecond)]++
	}
	older := l
	for range 5 {
		l[latencyBucket(time.Second)]++
	}
	for q, want := range map[float64]time.Duration{0.5: time.Millisecond, 0.94: time.Millisecond, 0.99: time.Second, 1: time.Second} {
		if got := l.Quantile(q); (got - want).Abs() > want/7 {
			t.Errorf("the quantile %v is %v, want about %v", q, got, want)
		}
	}
	late := l.Since(&older)
	if got := late.Quantile(0); got < 900*time.Millisecond {
		t.Errorf("of the late ones the quickest took %v", got)
	}
	late.Add(&older)
	if late != l {
		t.Error("the parts are not the whole")
	}
}

func BenchmarkLatencyCount(b *testing.B) {
	var c latencyCounter
	b.RunParallel(func(pb *testing.PB) {
		for d := time.Microsecond; pb.Next(); d += 7 * time.Microsecond {
			c.count(d & (1<<30 - 1))
		}
	})
}
