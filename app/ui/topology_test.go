package ui

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func topoOf(counts ...int) *Topology {
	t := &Topology{}
	for i, n := range counts {
		var column []TopoNode
		for j := range n {
			column = append(column, TopoNode{ID: fmt.Sprintf("%d.%d", i, j)})
		}
		t.Columns = append(t.Columns, column)
	}
	return t
}

// Ensure boxes never overlap nor leave the picture, however many there are.
func TestTopologyLayoutFits(t *testing.T) {
	for _, counts := range [][]int{{0, 0}, {1}, {13, 1, 3, 13}, {2, 2, 2, 2}} {
		topo := topoOf(counts...)
		if len(topo.Columns) > 2 {
			topo.Columns[2][0].Inside = []string{"a", "b", "c"}
		}
		nodes, _, height := topo.layout()
		bottom := map[int]int{}
		for _, n := range nodes {
			if n.y < bottom[n.column] || n.x < 0 || n.x+topoBox > topoWidth || n.y < topoHead || n.y+n.h > height {
				t.Errorf("%v: %s is at %d,%d to %d; the one above ends at %d, the picture at %d", counts, n.node.ID, n.x, n.y, n.y+n.h, bottom[n.column], height)
			}
			bottom[n.column] = n.y + n.h
		}
	}
}

// Ensure lines leave a box in the order of the boxes they lead to, the widest is
// that of most sessions, and lines to nowhere are left out.
func TestTopologyRoute(t *testing.T) {
	topo := topoOf(1, 2)
	topo.Edges = []TopoEdge{
		{From: "0.0", To: "1.1", Weight: 10},
		{From: "0.0", To: "1.0", Weight: 1},
		{From: "0.0", To: "gone", Weight: 99},
		{From: "1.0", To: "0.0", Weight: 99},
		{From: "0.0", To: "0.0", Weight: 99},
	}
	_, edges, _ := topo.layout()
	type way struct{ To, Line, Width string }
	var got []way
	for _, e := range edges {
		got = append(got, way{e.edge.To, e.line, e.width})
	}
	want := []way{
		{"1.1", "M233 88C600 88 600 110 967 110", "12"},
		{"1.0", "M233 73C600 73 600 52 967 52", "2.6"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Ensure the ways through a box are all that lead to it and from it, and no
// others.
func TestTopologyWays(t *testing.T) {
	topo := topoOf(2, 2, 2)
	topo.Edges = []TopoEdge{
		{From: "0.0", To: "1.0"},
		{From: "0.1", To: "1.0"},
		{From: "0.1", To: "1.1"},
		{From: "1.0", To: "2.0"},
		{From: "1.1", To: "2.1"},
		{From: "2.0", To: "1.0"}, // a circle ends
	}
	for id, want := range map[string][]string{
		"0.0": {"0.0", "1.0", "2.0"}, "1.1": {"0.1", "1.1", "2.1"}, "gone": {"gone"},
	} {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(topo.Ways(id)))); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

// Ensure widths follow the sessions, and what nobody takes is thin.
func TestLineWidth(t *testing.T) {
	for _, tt := range []struct {
		weight, most int
		want         string
	}{{0, 10, "1"}, {10, 10, "12"}, {5, 10, "6.8"}, {1, 100000, "1.5"}} {
		if got := lineWidth(tt.weight, tt.most); got != tt.want {
			t.Errorf("%d of %d: got %s, want %s", tt.weight, tt.most, got, tt.want)
		}
	}
}
