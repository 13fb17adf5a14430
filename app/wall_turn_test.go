package app

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// Ensure views take turns, a critical one stays, and the turns go on a minute
// after it is quiet.
func TestTurn(t *testing.T) {
	const every = 20 * time.Second
	tests := []struct {
		name     string
		views    int
		critical map[int][2]int // by view, from and to which second
		want     map[int]int    // by second, which view
		pinned   []int          // seconds
	}{
		{"turns", 3, nil, map[int]int{0: 0, 19: 0, 20: 1, 39: 1, 40: 2, 60: 0, 80: 1}, nil},
		{"one-view", 1, nil, map[int]int{0: 0, 500: 0}, nil},
		{"comes-at-once-and-stays", 3, map[int][2]int{2: {5, 100}}, map[int]int{4: 0, 5: 2, 99: 2, 158: 2, 159: 0, 179: 1}, []int{5, 50, 99, 158}},
		{"several-take-turns", 3, map[int][2]int{0: {0, 200}, 2: {0, 200}}, map[int]int{1: 0, 20: 2, 40: 0, 60: 2}, []int{20, 40}},
		{"the-newer-one-first", 3, map[int][2]int{0: {0, 200}, 2: {7, 200}}, map[int]int{6: 0, 7: 2, 26: 2, 27: 0}, []int{7}},
		{"one-of-two-ends", 3, map[int][2]int{0: {0, 200}, 2: {7, 30}}, map[int]int{7: 2, 28: 0, 199: 0}, []int{100}},
		{"critical-again", 2, map[int][2]int{1: {5, 6}}, map[int]int{5: 1, 64: 1, 65: 0}, []int{64}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got turn
			for s := range 600 {
				critical := make([]bool, tt.views)
				for view, span := range tt.critical {
					critical[view] = s >= span[0] && s < span[1]
				}
				got.step(noon.Add(time.Duration(s)*time.Second), every, critical)
				if want, ok := tt.want[s]; ok && got.at != want {
					t.Errorf("after %d s: view %d, want %d", s, got.at, want)
				}
				for _, at := range tt.pinned {
					if s == at && !got.pinned {
						t.Errorf("after %d s it is not pinned", s)
					}
				}
			}
			if got.pinned {
				t.Error("it is pinned at the end")
			}
		})
	}
	var shrunk turn
	shrunk.step(noon, every, make([]bool, 3))
	shrunk.at = 2
	if shrunk.step(noon, every, make([]bool, 1)); shrunk.at != 0 {
		t.Errorf("a board with fewer views shows view %d", shrunk.at)
	}
}

// Ensure a tile does not flap, pulses when it becomes critical, and lights only
// its edge when it stays so without growing worse.
func TestTileWatch(t *testing.T) {
	var w tileWatch
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	for _, step := range []struct {
		second           int
		figure           float64
		level            int
		pulsing, edgeLit bool
	}{
		{0, 4, 0, false, false},
		{1, 5, 1, false, false},
		{2, 10, 2, true, false},
		{4, 9, 2, true, false},
		{5, 7, 2, false, false},  // below 0.8 of it, but not long enough
		{12, 8, 2, false, false}, // 0.8 of it
		{13, 7.9, 1, false, false},
		{14, 10, 2, true, false},
		{613, 10, 2, false, false},
		{614, 10, 2, false, true},
		{615, 11, 2, false, false}, // worse
		{1215, 10.5, 2, false, true},
		{1216, 0, 0, false, false},
	} {
		if got := w.judge(step.figure, 5, 10, at(step.second)); got != step.level {
			t.Errorf("%g after %d s: level %d, want %d", step.figure, step.second, got, step.level)
		}
		if got := w.pulsing(at(step.second)); got != step.pulsing {
			t.Errorf("after %d s: pulsing %v", step.second, got)
		}
		if got := w.edged(at(step.second)); got != step.edgeLit {
			t.Errorf("after %d s: edged %v", step.second, got)
		}
	}
	var never tileWatch
	if got := never.judge(1e12, 0, 0, noon); got != 0 {
		t.Errorf("without thresholds: level %d", got)
	}
}

func TestScreenIsSpared(t *testing.T) {
	seen := map[int]int{}
	for i := range 16 {
		seen[driftAt(noon.Add(time.Duration(i)*driftEvery))]++
	}
	if len(seen) != driftSteps || seen[0] != 2 {
		t.Errorf("got %v, want each step of the ring twice", seen)
	}
	if driftAt(noon) != driftAt(noon.Add(driftEvery-time.Second)) {
		t.Error("it drifts too soon")
	}
	if flippedAt(noon) == flippedAt(noon.Add(swapEvery)) || flippedAt(noon) != flippedAt(noon.Add(swapEvery-time.Second)) {
		t.Error("header and footer do not swap every half hour")
	}
	for _, tt := range []struct {
		hour, from, to int
		want           bool
	}{{22, 22, 6, true}, {21, 22, 6, false}, {3, 22, 6, true}, {6, 22, 6, false}, {2, 1, 5, true}, {5, 1, 5, false}, {0, 1, 5, false}} {
		if got := nightAt(tt.hour, tt.from, tt.to); got != tt.want {
			t.Errorf("%d h, night from %d to %d: got %v", tt.hour, tt.from, tt.to, got)
		}
	}
}

func TestPages(t *testing.T) {
	first := pageAt(noon, 3)
	if pageAt(noon.Add(7*time.Second), 3) != first || pageAt(noon.Add(8*time.Second), 3) != (first+1)%3 || pageAt(noon.Add(24*time.Second), 3) != first {
		t.Error("pages do not follow each other every 8 s")
	}
	if pageAt(noon, 0) != 0 {
		t.Error("an empty list has a page")
	}
	for _, tt := range []struct{ width, height, cells, want int }{
		{1920, 1080, 1, 7}, {1920, 1080, 2, 18}, {3840, 2160, 1, 7}, {1080, 1920, 1, 7}, {768, 1024, 1, 4}, {0, 0, 1, 1}, {100, 100, 1, 7},
	} {
		if got := listRows(tt.width, tt.height, tt.cells); got != tt.want {
			t.Errorf("%d × %d, %d cells: got %d rows, want %d", tt.width, tt.height, tt.cells, got, tt.want)
		}
	}
}

func TestRenewAt(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, time.UTC) }
	for _, tt := range []struct{ loaded, want time.Time }{
		{day(21, 12, 0), day(22, 4, 10)},
		{day(21, 2, 0), day(21, 4, 10)},
		{day(21, 3, 30), day(22, 4, 10)},
		{day(21, 4, 10), day(22, 4, 10)},
		{day(30, 23, 0), time.Date(2026, 12, 1, 4, 10, 0, 0, time.UTC)},
	} {
		if got := renewAt(tt.loaded, 10*time.Minute); !got.Equal(tt.want) {
			t.Errorf("loaded at %v: got %v, want %v", tt.loaded, got, tt.want)
		}
	}
}

// Ensure every figure is as old as the newest frame while it is kept up, and
// goes on ageing from there when it is not.
func TestAges(t *testing.T) {
	var a ages
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	frame := func(kind api.FrameType, view string, s int) {
		a.hear(api.Frame{Type: kind, View: view, Now: instant(at(s))})
	}
	want := func(view string, ticks bool, s int, age time.Duration, known bool) {
		t.Helper()
		if got, ok := a.age(view, ticks, at(s)); ok != known || ok && got != age {
			t.Errorf("%s after %d s: got %v %v, want %v %v", view, s, got, ok, age, known)
		}
	}
	want("a", false, 0, 0, false)
	frame(api.FrameHello, "", 0)
	frame(api.FrameSnapshot, "a", 0)
	frame(api.FrameSnapshot, "stats", 0)
	for s := 1; s <= 30; s++ {
		frame(api.FrameHeartbeat, "", s)
	}
	want("a", false, 31, time.Second, true)
	want("stats", true, 31, 31*time.Second, true) // the server lives and says nothing of it
	frame(api.FramePatch, "stats", 32)
	want("stats", true, 33, time.Second, true)
	a.lose()
	a.lose()
	want("a", false, 92, time.Minute, true)
	frame(api.FrameHello, "", 100)
	frame(api.FrameHeartbeat, "", 101)
	want("a", false, 101, 69*time.Second, true) // connected, but not yet told
	frame(api.FrameSnapshot, "a", 102)
	frame(api.FrameHeartbeat, "", 103)
	want("a", false, 103, 0, true)
	a.forget()
	want("a", false, 103, 0, false)
}

func TestPairing(t *testing.T) {
	var p pairing
	now := noon
	if got := p.step(now); got != pairBegin {
		t.Fatalf("got %d, want a code to be asked for", got)
	}
	p.busy = true
	if got := p.step(now); got != pairWait {
		t.Errorf("got %d while an answer is awaited", got)
	}
	var pauses []time.Duration
	for range 8 {
		p.refused(errors.New("no network"), now)
		pauses = append(pauses, p.next.Sub(now))
		if now = p.next; p.step(now) != pairBegin {
			t.Fatal("it does not try again")
		}
	}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	if diff := cmp.Diff([]time.Duration{ms(500), ms(1000), ms(2000), ms(4000), ms(8000), ms(15000), ms(15000), ms(15000)}, pauses); diff != "" {
		t.Error(diff)
	}
	p.note = "Its access has ended."
	p.begun(api.Pairing{Code: "ABC234", Secret: "s"}, time.Minute, now)
	if p.note == "" || p.failed != "" || p.code != "ABC234" {
		t.Errorf("got %+v", p)
	}
	if p.step(now) != pairWait || p.step(now.Add(pairingEvery)) != pairAsk {
		t.Error("it does not ask every two seconds")
	}
	p.waits(now.Add(2 * time.Second))
	p.refused(&client.Error{Detail: "no answer"}, now.Add(4*time.Second))
	if p.code == "" {
		t.Error("a call that was not answered loses the code")
	}
	if got := p.step(now.Add(time.Minute)); got != pairBegin {
		t.Errorf("got %d after the code's end, want a new one", got)
	}
	p.refused(&client.Error{Status: 410, Detail: "gone"}, now.Add(5*time.Second))
	if got := p.step(now.Add(5 * time.Second)); p.code != "" || got != pairBegin {
		t.Errorf("a code that is gone: got %+v, step %d", p, got)
	}
}
