package ui

import (
	"math"
	"testing"
)

// Ensure bars stay in their place, and what is not nothing is seen.
func TestBarLength(t *testing.T) {
	for share, want := range map[float64]int{-1: 0, 0: 0, 0.0001: 1, 0.5: 32, 0.999: 63, 1: 64, 7: 64, math.Inf(1): 64} {
		if got := barLength(share); got != want {
			t.Errorf("%g: got %d, want %d", share, got, want)
		}
	}
	if got := barLength(math.NaN()); got != 0 {
		t.Errorf("got %d for no number, want 0", got)
	}
}
