package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Ensure that flows are kept by when they were, the older the coarser, and that
// none of them is counted twice or lost while it is to be kept.
func TestFlows(t *testing.T) {
	begin := time.Unix(1_800_000_000, 0) // the beginning of a long step
	at := func(d time.Duration) time.Time { return begin.Add(d) }
	type sample struct {
		at      time.Duration
		in, out uint64
	}
	for _, tt := range []struct {
		name    string
		from    time.Duration // connected
		samples []sample
		want    []FlowInfo
	}{
		{name: "none"},
		{
			"one-step", time.Second,
			[]sample{{2 * time.Second, 1, 10}, {9 * time.Second, 2, 20}},
			[]FlowInfo{{at(time.Second), at(10 * time.Second), 3, 30}},
		},
		{
			"pause", 0,
			[]sample{{time.Second, 1, 10}, {65 * time.Second, 2, 20}},
			[]FlowInfo{{at(0), at(10 * time.Second), 1, 10}, {at(60 * time.Second), at(70 * time.Second), 2, 20}},
		},
		{
			"clock-goes-back", 0,
			[]sample{{65 * time.Second, 1, 10}, {5 * time.Second, 2, 20}},
			[]FlowInfo{{at(60 * time.Second), at(70 * time.Second), 3, 30}},
		},
		{
			"old-ones-together", 0,
			[]sample{{time.Second, 1, 10}, {11 * time.Second, 2, 20}, {30 * time.Second, 4, 40}, {611 * time.Second, 8, 80}},
			[]FlowInfo{{at(0), at(20 * time.Second), 3, 30}, {at(30 * time.Second), at(40 * time.Second), 4, 40}, {at(610 * time.Second), at(620 * time.Second), 8, 80}},
		},
		{
			"long-steps", 5 * time.Minute,
			[]sample{{6 * time.Minute, 1, 0}, {16 * time.Minute, 2, 0}, {17 * time.Minute, 4, 0}, {time.Hour, 8, 0}},
			[]FlowInfo{
				{at(5 * time.Minute), at(15 * time.Minute), 1, 0},
				{at(15 * time.Minute), at(30 * time.Minute), 6, 0},
				{at(time.Hour), at(time.Hour + 10*time.Second), 8, 0},
			},
		},
		{
			"too-old", 0,
			[]sample{{time.Second, 1, 0}, {13 * time.Hour, 2, 0}, {14 * time.Hour, 4, 0}},
			[]FlowInfo{{at(13 * time.Hour), at(13*time.Hour + 15*time.Minute), 2, 0}, {at(14 * time.Hour), at(14*time.Hour + 10*time.Second), 4, 0}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var f flows
			for _, s := range tt.samples {
				f.add(at(s.at), s.in, s.out)
			}
			if diff := cmp.Diff(tt.want, f.list(at(tt.from))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Ensure that a session that is busy for days holds no more than is promised, and
// that nothing of the last twelve hours is lost.
func TestFlowsBound(t *testing.T) {
	var f flows
	begin := time.Unix(1_800_000_000, 0)
	now := begin
	for now.Sub(begin) < 48*time.Hour {
		now = now.Add(time.Second)
		f.add(now, 1, 2)
	}
	if got := f.bytes(); got > 3<<10 {
		t.Errorf("holds %d bytes", got)
	}
	list := f.list(begin)
	var in, out uint64
	for i, one := range list {
		in, out = in+one.In, out+one.Out
		if i > 0 && !one.From.Equal(list[i-1].To) {
			t.Errorf("%v begins where the one before has not ended, at %v", one.From, list[i-1].To)
		}
	}
	if least := uint64(12 * 3600); in < least || out != 2*in {
		t.Errorf("%d in and %d out of the last seconds are kept, want at least %d in and twice as many out", in, out, least)
	}
}
