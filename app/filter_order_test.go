package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chainOf reads a chain: "A B C"; "" is one without filters.
func chainOf(text string) []string { return strings.Fields(text) }

// Ensure every way to change the order does what it says, and nothing at the
// ends.
func TestFilterOrder(t *testing.T) {
	for _, tt := range []struct {
		name    string
		do      func(o *filterOrder)
		want    string
		changed bool
	}{
		{"nothing", func(*filterOrder) {}, "A B C D", false},
		{"move-up", func(o *filterOrder) { o.Move(2, 1) }, "A C B D", true},
		{"move-down", func(o *filterOrder) { o.Move(0, 1) }, "B A C D", true},
		{"move-top", func(o *filterOrder) { o.Move(3, 0) }, "D A B C", true},
		{"move-bottom", func(o *filterOrder) { o.Move(0, 3) }, "B C D A", true},
		{"move-above-top", func(o *filterOrder) { o.Move(0, -1) }, "A B C D", false},
		{"move-below-bottom", func(o *filterOrder) { o.Move(1, 99) }, "A C D B", true},
		{"move-nobody", func(o *filterOrder) { o.Move(4, 0); o.Move(-1, 0) }, "A B C D", false},
		{"move-and-back", func(o *filterOrder) { o.Move(0, 3); o.Move(3, 0) }, "A B C D", false},
		{"gap-first", func(o *filterOrder) { o.MoveToGap(2, 0) }, "C A B D", true},
		{"gap-last", func(o *filterOrder) { o.MoveToGap(1, 4) }, "A C D B", true},
		{"gap-before-itself", func(o *filterOrder) { o.MoveToGap(1, 1) }, "A B C D", false},
		{"gap-after-itself", func(o *filterOrder) { o.MoveToGap(1, 2) }, "A B C D", false},
		{"lift-move-drop", func(o *filterOrder) { o.Lift(0); o.MoveLifted(1); o.MoveLifted(1); o.Drop() }, "B C A D", true},
		{"lift-move-return", func(o *filterOrder) { o.Lift(3); o.MoveLifted(-1); o.MoveLifted(-1); o.Return() }, "A B C D", false},
		{"lift-beyond", func(o *filterOrder) { o.Lift(3); o.MoveLifted(1); o.Drop() }, "A B C D", false},
		{"not-lifted", func(o *filterOrder) { o.MoveLifted(1); o.Return() }, "A B C D", false},
		{"dropped-stays", func(o *filterOrder) { o.Lift(0); o.Drop(); o.MoveLifted(1) }, "A B C D", false},
		{"add", func(o *filterOrder) { o.Add("E") }, "A B C D E", true},
		{"add-again", func(o *filterOrder) { o.Add("A") }, "A B C D A", true},
		{"remove", func(o *filterOrder) { o.Remove(1) }, "A C D", true},
		{"remove-nobody", func(o *filterOrder) { o.Remove(4); o.Remove(-1) }, "A B C D", false},
		{"remove-all", func(o *filterOrder) { o.Remove(0); o.Remove(0); o.Remove(0); o.Remove(0) }, "", true},
		{"add-and-remove", func(o *filterOrder) { o.Add("E"); o.Remove(4) }, "A B C D", false},
		{"reset", func(o *filterOrder) { o.Add("E"); o.Reset(chainOf("X Y")) }, "X Y", false},
		{"rebase", func(o *filterOrder) { o.Move(0, 1); o.Rebase(chainOf("B A C D")) }, "B A C D", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := chainOf("A B C D")
			var o filterOrder
			o.Reset(given)
			tt.do(&o)
			if got := strings.Join(o.Names(), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := o.Changed(); got != tt.changed {
				t.Errorf("got changed %v, want %v", got, tt.changed)
			}
			if diff := cmp.Diff(chainOf("A B C D"), given); diff != "" {
				t.Errorf("the chain that was given has changed: %s", diff)
			}
		})
	}
}

// Ensure what is carried is where the answers say.
func TestFilterOrderLifted(t *testing.T) {
	var o filterOrder
	if o.Lift(0) {
		t.Error("lifted out of nothing")
	}
	o.Reset(chainOf("A B C"))
	if !o.Lift(1) {
		t.Fatal("not lifted")
	}
	if at, moved := o.MoveLifted(1); at != 2 || !moved {
		t.Errorf("got %d, %v, want 2, true", at, moved)
	}
	if at, moved := o.MoveLifted(1); at != 2 || moved {
		t.Errorf("got %d, %v, want 2, false", at, moved)
	}
	if at, ok := o.Return(); at != 1 || !ok {
		t.Errorf("got %d, %v, want 1, true", at, ok)
	}
	if _, ok := o.Lifted(); ok {
		t.Error("still lifted")
	}
	if _, ok := o.Drop(); ok {
		t.Error("dropped what was not lifted")
	}
}

// Ensure the sentence says the least that makes one chain of another.
func TestChainDiff(t *testing.T) {
	for _, tt := range []struct{ before, now, want string }{
		{"A B", "A B", "No change."},
		{"", "", "No change."},
		{"QLA Hint", "Hint QLA Max-Rows", "Moves Hint before QLA. Adds Max-Rows. Removes nothing."},
		{"A B C D", "B C D A", "Moves A to the end. Removes nothing."},
		{"A B C D", "D A B C", "Moves D before A. Removes nothing."},
		{"A B C D", "D C B A", "Moves D before C, C before B and B before A. Removes nothing."},
		{"A B C", "A C", "Removes B."},
		{"A B C", "", "Removes A, B and C."},
		{"", "A", "Adds A. Removes nothing."},
		{"A", "A A", "Adds another A. Removes nothing."},
		{"A A B", "A B", "Removes one A."},
		{"A B", "B C", "Adds C. Removes A."},
		{"A B A", "B A A", "Moves B before A. Removes nothing."},
	} {
		if got := chainDiff(chainOf(tt.before), chainOf(tt.now)); got != tt.want {
			t.Errorf("%q to %q: got %q, want %q", tt.before, tt.now, got, tt.want)
		}
	}
}
