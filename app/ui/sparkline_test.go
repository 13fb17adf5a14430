package ui

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Ensure points are where their figures are, gaps are drawn as gaps, and a short
// history leaves the left end empty.
func TestSparklineLayout(t *testing.T) {
	gap := math.NaN()
	type paths struct{ Line, Area, Gaps string }
	for _, tt := range []struct {
		name  string
		spark Sparkline
		want  paths
	}{
		{"none", Sparkline{Slots: 4}, paths{"", "", "M0 100H4"}},
		{"all-gaps", Sparkline{Slots: 2, Points: []float64{gap, gap}}, paths{"", "", "M0 100H2"}},
		{"full", Sparkline{Slots: 2, Points: []float64{5, 10}}, paths{"M0 53.0V53.0H1V6.0H2", "M0 100V53.0V53.0H1V6.0H2V100Z", ""}},
		{"short", Sparkline{Slots: 4, Points: []float64{10}}, paths{"M3 6.0V6.0H4", "M3 100V6.0V6.0H4V100Z", "M0 100H3"}},
		{
			"hole",
			Sparkline{Slots: 3, Points: []float64{10, gap, 10}},
			paths{"M0 6.0V6.0H1M2 6.0V6.0H3", "M0 100V6.0V6.0H1V100ZM2 100V6.0V6.0H3V100Z", "M1 100H2"},
		},
		{"gap-at-the-end", Sparkline{Slots: 2, Points: []float64{10, gap}}, paths{"M0 6.0V6.0H1", "M0 100V6.0V6.0H1V100Z", "M1 100H2"}},
		{"zero", Sparkline{Slots: 1, Points: []float64{0}}, paths{"M0 100V100H1", "M0 100V100V100H1V100Z", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got paths
			got.Line, got.Area, got.Gaps = tt.spark.layout()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Ensure gaps do not count among lowest and highest.
func TestSparklineRange(t *testing.T) {
	low, high, ok := Sparkline{Points: []float64{math.NaN(), 3, 1, 2}}.Range()
	if low != 1 || high != 3 || !ok {
		t.Errorf("got %g to %g, %v, want 1 to 3", low, high, ok)
	}
	if _, _, ok := (Sparkline{Points: []float64{math.NaN()}}).Range(); ok {
		t.Error("a range without points")
	}
}
