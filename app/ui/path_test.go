package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Ensure the hops of a chain stand one below the other with an arrow between
// each two, and the servers branch off the last.
func TestLayoutPath(t *testing.T) {
	chain := []Hop{{Kind: "client", Name: "c"}, {Kind: "router", Name: "r"}}
	servers := []Hop{{Kind: "server", Name: "db1", Primary: true, Busy: true}, {Kind: "server", Name: "db2"}}
	boxes, edges, height := layoutPath(chain, servers)

	type place struct {
		Name    string
		X, Y, W int
	}
	var got []place
	for _, b := range boxes {
		got = append(got, place{b.name, b.x, b.y, b.w})
	}
	want := []place{{"c", 1, 1, 458}, {"r", 1, 47, 458}, {"db1 ●", 44, 93, 415}, {"db2", 44, 131, 415}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantEdges := []pathEdge{
		{line: "M230 31V41", head: "M230 47L226 41H234Z"},
		{line: "M22 77V146H38", head: "M44 146L38 142V150Z"},
		{line: "M22 77V108H38", head: "M44 108L38 104V112Z", busy: true}, // on top
	}
	if diff := cmp.Diff(wantEdges, edges, cmp.AllowUnexported(pathEdge{})); diff != "" {
		t.Error(diff)
	}
	if height != 162 {
		t.Errorf("got height %d, want 162", height)
	}
}

// Ensure no box overlaps another or leaves the picture, however many there are.
func TestLayoutPathFits(t *testing.T) {
	for _, n := range []struct{ chain, servers int }{{0, 0}, {1, 0}, {0, 2}, {3, 1}, {12, 9}} {
		boxes, edges, height := layoutPath(make([]Hop, n.chain), make([]Hop, n.servers))
		bottom := 0
		for _, b := range boxes {
			if b.y <= bottom && bottom > 0 || b.x < 0 || b.x+b.w > pathWidth || b.y+boxHeight >= height {
				t.Errorf("%v: box at %d,%d wide %d; the one above ends at %d, the picture at %d", n, b.x, b.y, b.w, bottom, height)
			}
			bottom = b.y + boxHeight
		}
		want := max(n.chain-1, 0)
		if n.chain > 0 {
			want += n.servers
		}
		if len(edges) != want {
			t.Errorf("%v: got %d arrows, want %d", n, len(edges), want)
		}
	}
}

// Ensure name and note of a box never run into each other.
func TestPathBoxClips(t *testing.T) {
	long := strings.Repeat("n", 200)
	for _, tt := range []struct{ name, note string }{
		{long, ""}, {long, "12 seen"}, {long, long}, {"db", long},
	} {
		b := newPathBox(Hop{Name: tt.name, Note: tt.note}, 0, 0, pathWidth)
		width := float64(len([]rune(b.name)))*glyphWidth + float64(len([]rune(b.note)))*noteWidth
		if room := float64(pathWidth - textLeft - textRight); width > room {
			t.Errorf("%.8q, %.8q: %.1f wide in a room of %.1f", tt.name, tt.note, width, room)
		}
		if b.name == "" {
			t.Errorf("%.8q, %.8q: no name is left", tt.name, tt.note)
		}
	}
}

// Ensure the picture can be read out.
func TestPathText(t *testing.T) {
	got := pathText([]Hop{{Kind: "client", Name: "c"}, {Kind: "router", Name: "r"}},
		[]Hop{{Kind: "server", Name: "a", Primary: true, Busy: true}, {Kind: "server", Name: "b"}})
	want := "client c, then router r, then server a (primary) (at work), server b"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure text is cut at letters, not bytes.
func TestClip(t *testing.T) {
	for _, tt := range []struct {
		text    string
		letters int
		want    string
	}{{"héé", 3, "héé"}, {"hééé", 3, "hé…"}, {"abc", 1, "…"}, {"", 0, ""}, {"abc", -1, "…"}} {
		if got := Clip(tt.text, tt.letters); got != tt.want {
			t.Errorf("%q, %d: got %q, want %q", tt.text, tt.letters, got, tt.want)
		}
	}
}
