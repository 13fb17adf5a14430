package engine

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/module"
)

// handle is a handler that is a function.
type handle func(ctx context.Context, q *Query, up ReplyWriter) error

func (h handle) RouteQuery(ctx context.Context, q *Query, up ReplyWriter) error { return h(ctx, q, up) }

// chainOf is a chain of one filter, which is made with what follows it, and the
// filter's figures in all sessions.
func chainOf(filter func(next Handler) Handler) (*link, *filterTotal) {
	end := &link{handler: handle(func(context.Context, *Query, ReplyWriter) error { return nil })}
	object := &filterObject{object: module.Object{Name: "First", Module: "tag"}}
	l := &link{figures: &figures{filter: object}, next: end}
	l.handler = filter(end)
	end.prev = l
	return l, &object.total
}

// Ensure that a filter's figures tell what it passes on, changes and answers, and
// how long a statement is in it.
func TestFilterFigures(t *testing.T) {
	const took = time.Millisecond
	pass := func(next Handler) Handler {
		return handle(func(ctx context.Context, q *Query, up ReplyWriter) error {
			time.Sleep(took)
			err := next.RouteQuery(ctx, q, up)
			time.Sleep(time.Second) // on the way up
			return err
		})
	}
	change := func(next Handler) Handler {
		return handle(func(ctx context.Context, q *Query, up ReplyWriter) error {
			time.Sleep(took)
			q.SetSQL([]byte("SELECT 2"))
			return next.RouteQuery(ctx, q, up)
		})
	}
	twice := func(next Handler) Handler {
		return handle(func(ctx context.Context, q *Query, up ReplyWriter) error {
			time.Sleep(took)
			if err := next.RouteQuery(ctx, q, up); err != nil {
				return err
			}
			return next.RouteQuery(ctx, q, up)
		})
	}
	answer := func(Handler) Handler {
		return handle(func(context.Context, *Query, ReplyWriter) error {
			time.Sleep(took)
			return nil
		})
	}
	for _, tt := range []struct {
		name              string
		filter            func(Handler) Handler
		changed, answered uint64
	}{
		{"passes", pass, 0, 0},
		{"changes", change, 3, 0},
		{"asks-twice", twice, 0, 0},
		{"answers", answer, 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, total := chainOf(tt.filter)
				for range 3 {
					if err := l.RouteQuery(t.Context(), newQuery("SELECT 1"), nil); err != nil {
						t.Fatal(err)
					}
				}
				got := l.counters(true)
				want := FilterFigures{Statements: 3, Changed: tt.changed, Answered: tt.answered, P50: got.P50, P95: got.P50}
				if diff := cmp.Diff(want, got.FilterFigures); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if got.Time != 3*took || (got.P50-took).Abs() > took/8 {
					t.Errorf("in the filter for %v, half of them at most %v, want %v and about %v", got.Time, got.P50, 3*took, took)
				}
				if diff := cmp.Diff(want, total.figures()); diff != "" {
					t.Errorf("of all sessions, -want +got:\n%s", diff)
				}
				if light := l.counters(false); light.P50 != 0 || light.Statements != 3 {
					t.Errorf("light: %+v", light)
				}
			})
		})
	}
}

// newQuery is a statement as it comes from a client.
func newQuery(sql string) *Query {
	return NewQuery(sql)
}

func TestFilterQuantiles(t *testing.T) {
	var times filterTimes
	for range 90 {
		times.count(bucketOf(uint64(time.Microsecond/filterUnit), filterBuckets))
	}
	for range 10 {
		times.count(bucketOf(uint64(time.Hour/filterUnit), filterBuckets)) // more than there are buckets for
	}
	counts := times.read()
	for q, want := range map[float64]time.Duration{0.5: time.Microsecond, 0.95: 250 * time.Millisecond} {
		if got := quantile(counts[:], filterUnit, q); (got - want).Abs() > want/7 {
			t.Errorf("the quantile %v is %v, want about %v", q, got, want)
		}
	}
}

// Ensure that a full bucket does not begin at 0 again.
func TestFilterTimesFull(t *testing.T) {
	var times filterTimes
	times[3].Store(math.MaxInt32)
	times[7].Store(1000)
	times.count(3)
	if got := times.read(); got[3] != 1<<30 || got[7] != 500 {
		t.Errorf("got %d and %d, want %d and 500", got[3], got[7], 1<<30)
	}
}

// BenchmarkFilterFigures is what counting costs of a filter that does nothing.
func BenchmarkFilterFigures(b *testing.B) {
	l, _ := chainOf(func(next Handler) Handler {
		return handle(func(ctx context.Context, q *Query, up ReplyWriter) error { return next.RouteQuery(ctx, q, up) })
	})
	q := newQuery("SELECT 1")
	b.ReportAllocs()
	for b.Loop() {
		_ = l.RouteQuery(b.Context(), q, nil)
	}
}
