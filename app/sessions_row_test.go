package app

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

// Ensure a row is drawn anew when it shows something else, and not otherwise.
func TestDrawnRows(t *testing.T) {
	begun := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	session := func(id string, inState float64) *api.Session {
		return &api.Session{ID: id, Attributes: api.SessionAttributes{
			SecondsAlive: 100, Activity: api.Activity{State: "idle", InState: inState, SinceAt: api.Time(begun.Add(-time.Duration(inState * float64(time.Second))).Format(time.RFC3339Nano))},
		}}
	}
	fresh, old, older := session("1", 2), session("2", 30), session("3", 7200)
	older.Attributes.SecondsAlive = 7200
	var columns, others []*column
	for i := range tableColumns {
		columns = append(columns, &tableColumns[i])
	}
	others = columns[1:]
	killed := *old
	killed.Attributes.Pending.Kill = &api.PendingKill{At: api.Time(begun.Add(time.Minute).Format(time.RFC3339))}

	var looks []rowLook
	for i, s := range []*api.Session{fresh, old, older} {
		looks = append(looks, rowLook{tableRow: tableRow{Session: s}, index: i})
	}
	but := func(change func(l *rowLook)) []rowLook {
		list := append([]rowLook(nil), looks...)
		change(&list[1])
		return list
	}
	tests := []struct {
		name    string
		columns []*column
		looks   []rowLook
		after   time.Duration
		away    int    // rows at the end that are not on the screen
		want    []bool // drawn anew
	}{
		{"nothing_happened", columns, looks, 0, 0, []bool{false, false, false}},
		{"within_the_second", columns, looks, 900 * time.Millisecond, 0, []bool{false, false, false}},
		{"second_turned", columns, looks, 1100 * time.Millisecond, 0, []bool{true, true, false}},
		{"minute_turned", columns, looks, time.Minute, 0, []bool{true, true, true}},
		{"second_turned_away", columns, looks, 1100 * time.Millisecond, 2, []bool{true, false, false}},
		{"changed_away", columns, but(func(l *rowLook) { l.chosen = true }), 1100 * time.Millisecond, 2, []bool{true, true, false}},
		{"session_changed", columns, but(func(l *rowLook) { l.Session = session("2", 30) }), 0, 0, []bool{false, true, false}},
		{"another_session", columns, but(func(l *rowLook) { l.Session = session("4", 30) }), 0, 0, []bool{false, true, false}},
		{"killed", columns, but(func(l *rowLook) { l.Session = &killed }), 0, 0, []bool{false, true, false}},
		{"ended", columns, but(func(l *rowLook) { l.ended, l.note = begun, "ended" }), 0, 0, []bool{false, true, false}},
		{"chosen", columns, but(func(l *rowLook) { l.chosen = true }), 0, 0, []bool{false, true, false}},
		{"cursor", columns, but(func(l *rowLook) { l.cursor = true }), 0, 0, []bool{false, true, false}},
		{"moved", columns, but(func(l *rowLook) { l.index = 7 }), 0, 0, []bool{false, true, false}},
		{"menu", columns, but(func(l *rowLook) { l.menu = true }), 0, 0, []bool{false, true, false}},
		{"stale", columns, but(func(l *rowLook) { l.stale = true }), 0, 0, []bool{false, true, false}},
		{"other_columns", others, looks, 0, 0, []bool{true, true, true}},
		{"row_gone", columns, looks[:2], 0, 0, []bool{false, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			var d drawnRows
			d.draw(columns, looks, 0, len(looks), begun)
			before := d.list
			d.draw(tt.columns, tt.looks, 0, len(tt.looks)-tt.away, begun.Add(tt.after))
			var got []bool
			for _, at := range d.order {
				got = append(got, d.list[at].rev != before[at].rev)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Ensure sessions keep their elements wherever they go, and that the elements end
// up in the order of the rows, with few of them moved.
func TestDrawnRowsInOrder(t *testing.T) {
	reset(t)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	sessions := make(map[string]*api.Session)
	for n := range 30 {
		id := strconv.Itoa(n)
		sessions[id] = &api.Session{ID: id}
	}
	var d drawnRows
	var dom []string // ids, by the elements
	// draw does to dom what go-app and put do, and returns how many rows were
	// drawn anew and how many elements moved.
	draw := func(ids []string) (drawn, moved int) {
		looks := make([]rowLook, len(ids))
		for i, id := range ids {
			looks[i] = rowLook{tableRow: tableRow{Session: sessions[id]}, index: 7}
		}
		before := d.list
		placed := slices.Clone(d.placed)
		d.draw(nil, looks, 0, len(looks), now)
		for at := range d.list {
			if at >= len(before) || d.list[at].rev != before[at].rev {
				drawn++
			}
		}
		placed = slices.DeleteFunc(placed, func(at int) bool { return at >= len(ids) })
		for at := len(placed); at < len(ids); at++ {
			placed = append(placed, at)
		}
		stay := longestRise(placed, d.order)
		next := len(placed)
		for _, at := range slices.Backward(d.order) {
			i := slices.Index(placed, at)
			if !stay[at] {
				moved++
				placed = slices.Delete(placed, i, i+1)
				if i < next {
					next--
				}
				placed = slices.Insert(placed, next, at)
				i = next
			}
			next = i
		}
		d.put()
		dom = dom[:0]
		for _, at := range placed {
			dom = append(dom, d.list[at].look.ID)
		}
		if diff := cmp.Diff(append([]string{}, ids...), dom); diff != "" {
			t.Fatalf("elements (-want +got):\n%s", diff)
		}
		return drawn, moved
	}
	ids := func(from, to int) (list []string) {
		for n := from; n < to; n++ {
			list = append(list, strconv.Itoa(n))
		}
		return list
	}
	for _, tt := range []struct {
		name         string
		ids          []string
		drawn, moved int
	}{
		{"at_first", ids(0, 20), 20, 0},
		{"scrolled_down", ids(6, 26), 6, 6},
		{"scrolled_up", ids(3, 23), 3, 3},
		{"first_goes_last", append(ids(4, 23), "3"), 0, 1},
		{"last_comes_first", ids(3, 23), 0, 1},
		{"fewer", ids(3, 13), 3, 0},
		{"none", nil, 0, 0},
		{"all_again", ids(0, 10), 10, 0},
	} {
		if drawn, moved := draw(tt.ids); drawn != tt.drawn || moved != tt.moved {
			t.Errorf("%s: %d rows drawn and %d moved, want %d and %d", tt.name, drawn, moved, tt.drawn, tt.moved)
		}
	}
	all := ids(0, 30)
	for range 200 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		draw(all[:rand.IntN(len(all)+1)])
	}
}
