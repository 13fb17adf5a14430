package ui

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

// Ensure spans are where their times are, cut to the axis, and never too short
// to be seen.
func TestTimelineLayout(t *testing.T) {
	line := Timeline{From: at(0), To: at(100)}
	for _, tt := range []struct {
		name  string
		spans []Span
		want  []bar
	}{
		{"inside", []Span{{at(10), at(30), "a", "x", ""}}, []bar{{100, 200, "a", "x", "", 1}}},
		{"cut", []Span{{at(-10), at(300), "a", "x", ""}}, []bar{{0, 1000, "a", "x", "", 1}}},
		{"outside", []Span{{at(-10), at(-1), "a", "", ""}, {at(101), at(102), "a", "", ""}}, nil},
		{"backwards", []Span{{at(20), at(10), "a", "", ""}}, nil},
		{"short", []Span{{at(50), at(50), "a", "", ""}}, []bar{{500, minBar, "a", "", "", 1}}},
		{"at the end", []Span{{at(100), at(100), "a", "", ""}}, []bar{{1000 - minBar, minBar, "a", "", "", 1}}},
		{"merged", []Span{{at(50), at(50), "a", "1", ""}, {at(50.1), at(50.1), "a", "2", ""}, {at(50.2), at(50.2), "a", "3", ""}}, []bar{{500, 4, "a", "3 together", "", 3}}},
		{"merged alike", []Span{{at(50), at(50), "a", "x", ""}, {at(50.1), at(50.1), "a", "x", ""}}, []bar{{500, 3, "a", "x", "", 2}}},
		{"other kind", []Span{{at(50), at(50), "a", "1", ""}, {at(50.1), at(50.1), "b", "2", ""}}, []bar{{500, minBar, "a", "1", "", 1}, {501, minBar, "b", "2", "", 1}}},
		{"apart", []Span{{at(50), at(50), "a", "1", ""}, {at(51), at(51), "a", "2", ""}}, []bar{{500, minBar, "a", "1", "", 1}, {510, minBar, "a", "2", "", 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := line.layout(tt.spans)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(bar{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Ensure the picture of many thousand statements stays small.
func TestTimelineLayoutMany(t *testing.T) {
	var spans []Span
	for i := range 20_000 {
		spans = append(spans, Span{From: at(float64(i) / 200), To: at(float64(i) / 200), Kind: "a"})
	}
	if got := len((Timeline{From: at(0), To: at(100)}).layout(spans)); got != 1 {
		t.Errorf("got %d bars, want 1", got)
	}
}

// Ensure the axis has a few round times, whatever its length.
func TestTimelineLabels(t *testing.T) {
	for _, tt := range []struct {
		from, to float64
		want     []label
	}{
		{0, 0, nil},
		{0.5, 3.5, []label{{166, "12:00:01"}, {500, "12:00:02"}, {833, "12:00:03"}}},
		{10, 610, []label{{183, "12:02"}, {383, "12:04"}, {583, "12:06"}, {783, "12:08"}}},
		{0, 60, []label{{0, "12:00:00"}, {166, "12:00:10"}, {333, "12:00:20"}, {500, "12:00:30"}, {666, "12:00:40"}, {833, "12:00:50"}}},
	} {
		got := Timeline{From: at(tt.from), To: at(tt.to)}.labels()
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(label{})); diff != "" {
			t.Errorf("%g to %g: %s", tt.from, tt.to, diff)
		}
	}
}

// Ensure places are written as percentages.
func TestPermille(t *testing.T) {
	for p, want := range map[permille]string{0: "0%", 5: "0.5%", 1000: "100%"} {
		if got := p.percent(); got != want {
			t.Errorf("%d: got %q, want %q", p, got, want)
		}
	}
}

// Ensure flows are to scale, in above the middle and out below, and that gaps
// stay gaps.
func TestTimelineFlows(t *testing.T) {
	line := Timeline{From: at(0), To: at(100), Flows: []Flow{
		{at(-20), at(-10), 9000, 9000}, {at(0), at(10), 100, 0}, {at(50), at(60), 0, 50},
	}}
	in, out, most := line.flows()
	if most != 100 {
		t.Errorf("got most %g, want 100: what is outside does not count", most)
	}
	if want := "M0 22V2.0H100V22ZM500 22V22.0H600V22Z"; in != want {
		t.Errorf("got in %q, want %q", in, want)
	}
	if want := "M0 22V22.0H100V22ZM500 22V32.0H600V22Z"; out != want {
		t.Errorf("got out %q, want %q", out, want)
	}
	if in, out, most := (Timeline{From: at(0), To: at(1)}).flows(); in+out != "" || most != 0 {
		t.Errorf("got %q, %q, %g of nothing", in, out, most)
	}
}
