package push

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

type entry struct{ a, b int }

func compareEntries(x, y *entry) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) }

// Ensure that a list is in order whatever is put in and taken out.
func TestList(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, blockSize, 3*blockSize + 7} {
		l := list[*entry]{compare: compareEntries}
		var want []*entry
		for i := range size {
			want = append(want, &entry{r.IntN(50), i})
		}
		l.fill(slices.Clone(want))
		for i := range 20_000 {
			switch n := len(want); {
			case n > 0 && (i/4000%2 == 0) == (r.IntN(10) < 7): // grows and shrinks in turn
				at := r.IntN(n)
				l.remove(want[at])
				want = slices.Delete(want, at, at+1)
			default:
				e := &entry{r.IntN(50), size + i}
				l.insert(e)
				want = append(want, e)
			}
			if i%500 != 0 {
				continue
			}
			sorted := slices.SortedFunc(slices.Values(want), compareEntries)
			var got []*entry
			l.window(0, len(want)+1, func(e *entry) { got = append(got, e) })
			if !slices.Equal(got, sorted) || l.size != len(want) {
				t.Fatalf("size %d, step %d: got %d entries in another order than the %d wanted", size, i, l.size, len(want))
			}
			if len(got) > 0 && l.first() != got[0] {
				t.Fatal("the first is another")
			}
			offset, limit := r.IntN(len(want)+2), 1+r.IntN(600)
			got = nil
			l.window(offset, limit, func(e *entry) { got = append(got, e) })
			from := min(offset, len(sorted))
			if !slices.Equal(got, sorted[from:min(from+limit, len(sorted))]) {
				t.Fatalf("step %d: window %d+%d of %d is wrong", i, offset, limit, len(want))
			}
			for _, b := range l.blocks {
				if len(b) == 0 || len(b) > blockSize {
					t.Fatalf("a block of %d", len(b))
				}
			}
		}
	}
}

func TestListFindsOutWhoMoves(t *testing.T) {
	l := list[*entry]{compare: compareEntries}
	one := &entry{1, 1}
	l.fill([]*entry{one, {2, 2}, {3, 3}})
	one.a = 9
	defer func() {
		if recover() == nil {
			t.Error("nobody has noticed")
		}
	}()
	l.remove(one)
}

func TestAgenda(t *testing.T) {
	var a agenda
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	sessions := make([]*session, 10)
	for i := range sessions {
		sessions[i] = &session{row: row{id: string(rune('a' + i))}, slot: int32(i)}
		a.set(sessions[i], at(10-i))
	}
	a.set(sessions[9], at(20)) // later
	a.set(sessions[0], at(0))  // sooner
	a.drop(sessions[5])
	a.drop(sessions[5])
	a.drop(&session{slot: 5000})
	next := func(now time.Time) string {
		ids := ""
		for s := a.next(now); s != nil; s = a.next(now) {
			ids += s.id
		}
		return ids
	}
	var got []string
	for _, seconds := range []int{0, 1, 2, 8, 19, 20, 21} {
		got = append(got, next(at(seconds)))
	}
	if diff := gocmp.Diff([]string{"a", "", "i", "hgedc", "b", "j", ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(a.heap.places, func(place int32) bool { return place != 0 }) {
		t.Errorf("some are left: %v", a.heap.places)
	}
}
