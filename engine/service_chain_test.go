package engine

import (
	"errors"
	"slices"
	"testing"

	"github.com/signalbox/signalbox/engine/module"
)

// Ensure that a chain that cannot be kept does not come into effect.
func TestKeeper(t *testing.T) {
	s := &Service{object: module.Object{Name: "Read"}}
	first := []string{"A"}
	s.filters.Store(&first)
	full := errors.New("no space left")
	var kept []string
	k := keeper{keep: func(service string, filters []string) error {
		if kept = append([]string{service}, filters...); len(filters) > 1 {
			return full
		}
		return nil
	}}
	if _, err := k.change(s, []string{"A", "B"}); KindOf(err) != Unavailable || !errors.Is(err, full) || !slices.Equal(s.Filters(), first) {
		t.Errorf("got %v and the filters %q", err, s.Filters())
	}
	before, err := k.change(s, []string{"B"})
	if err != nil || !slices.Equal(before, first) || !slices.Equal(s.Filters(), []string{"B"}) || !slices.Equal(kept, []string{"Read", "B"}) {
		t.Errorf("got %v, before %q, the filters %q, kept %q", err, before, s.Filters(), kept)
	}
	if _, err := (&keeper{}).change(s, nil); err != nil || len(s.Filters()) != 0 {
		t.Errorf("got %v and the filters %q", err, s.Filters())
	}
}
