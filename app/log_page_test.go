package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api/view"
)

// logOf is a page of the log with the lines from one number to another.
func logOf(t *testing.T, from, to int, more bool) logAnswer {
	t.Helper()
	var lines []map[string]any
	for n := from; n <= to; n++ {
		lines = append(lines, map[string]any{
			"id": fmt.Sprint(n), "message": fmt.Sprint("line ", n), "priority": "notice", "time": instant(noon.Add(time.Duration(n) * time.Second)),
		})
	}
	document := map[string]any{"data": map[string]any{"attributes": map[string]any{"log": lines}}}
	if more {
		document["links"] = map[string]any{"prev": "x"}
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	a, err := readLog(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func spans(lines []logLine) string {
	var parts []string
	for i := 0; i < len(lines); {
		from := i
		for i++; i < len(lines) && lines[i].n == lines[i-1].n+1; i++ {
		}
		parts = append(parts, fmt.Sprint(lines[from].n, "-", lines[i-1].n))
	}
	return strings.Join(parts, " ")
}

// Ensure pages come together to one log, whatever overlaps or is missing.
func TestLogTail(t *testing.T) {
	var tail logTail
	for _, tt := range []struct {
		name  string
		page  logAnswer
		older bool
		gap   bool
		want  string
		more  bool
	}{
		{"first", logOf(t, 101, 150, true), false, false, "101-150", true},
		{"nothing new", logOf(t, 101, 150, true), false, false, "101-150", true},
		{"some new", logOf(t, 121, 170, true), false, false, "101-170", true},
		{"older", logOf(t, 51, 100, true), true, false, "51-170", true},
		{"oldest", logOf(t, 1, 60, false), true, false, "1-170", false},
		{"a gap", logOf(t, 301, 350, true), false, true, "1-170 301-350", false},
		{"restart", logOf(t, 1, 3, false), false, false, "1-3", false},
	} {
		gap := false
		if tt.older {
			tail.takeOlder(tt.page)
		} else {
			gap = tail.take(tt.page)
		}
		if got := spans(tail.lines); got != tt.want || gap != tt.gap || tail.more != tt.more {
			t.Errorf("%s: got %s, gap %v, more %v, want %s, %v, %v", tt.name, got, gap, tail.more, tt.want, tt.gap, tt.more)
		}
	}
	other := logOf(t, 1, 400, false)
	for i := range other.lines {
		other.lines[i].Time = instant(noon.Add(time.Hour))
	}
	if tail.take(other); spans(tail.lines) != "1-400" || tail.lines[0].Time != instant(noon.Add(time.Hour)) {
		t.Errorf("got %s with old lines of another run", spans(tail.lines))
	}
	if tail.take(logAnswer{}); len(tail.lines) != 0 {
		t.Error("an empty log has lines")
	}
}

// Ensure there is a most of what is kept, from both ends.
func TestLogTailBound(t *testing.T) {
	var tail logTail
	tail.take(logOf(t, 3001, 4000, true))
	for n := 3000; n > 0; n -= 1000 {
		tail.takeOlder(logOf(t, n-999, n, true))
	}
	tail.take(logOf(t, 3001, 6500, true))
	if got := spans(tail.lines); got != "1501-6500" || tail.more {
		t.Errorf("got %s, more %v, want 1501-6500", got, tail.more)
	}
	tail.takeOlder(logOf(t, 501, 1500, true))
	if got := spans(tail.lines); got != "1501-6500" || tail.more {
		t.Errorf("got %s, more %v after older ones", got, tail.more)
	}
}

func TestReadLogRefuses(t *testing.T) {
	if _, err := readLog([]byte("<html>")); err == nil {
		t.Error("no error for what is no JSON")
	}
}

// Ensure lines are chosen as asked, and gaps are drawn where lines are missing
// even when those around them are hidden.
func TestLogItems(t *testing.T) {
	line := func(n int, priority, session, message string, age time.Duration) logLine {
		return logLine{n: n, ID: fmt.Sprint(n), Priority: priority, Session: session, Message: message, at: noon.Add(-age)}
	}
	lines := []logLine{
		line(1, "error", "", "it broke", time.Hour), line(2, "info", "7", "fine", 10*time.Minute),
		line(5, "debug", "", "Broke again", time.Minute), line(6, "warning", "7", "careful", time.Second), line(9, "info", "", "end", 0),
	}
	for _, tt := range []struct {
		show logQuery
		want string
	}{
		{logQuery{}, "1 2 +2 5 6 +2 9"},
		{logQuery{Level: "warning"}, "1 +2 6 +2"},
		{logQuery{Level: "info"}, "1 2 +2 6 +2 9"},
		{logQuery{Session: "7"}, "2 +2 6 +2"},
		{logQuery{Since: 5 * time.Minute}, "+2 5 6 +2 9"},
		{logQuery{Find: findOf("BROKE")}, "1 2 +2 5 6 +2 9"},
		{logQuery{Find: findOf("BROKE"), Only: true}, "1 +2 5 +2"},
		{logQuery{Find: findOf("level:error,debug"), Only: true}, "1 +2 5 +2"},
		{logQuery{Find: findOf("session:7 !careful"), Only: true}, "2 +4"},
		{logQuery{Find: findOf("broke level:loud"), Only: true}, "1 2 +2 5 6 +2 9"},
	} {
		var got []string
		for _, it := range tt.show.items(lines, noon) {
			if it.line == nil {
				got = append(got, fmt.Sprint("+", it.gap))
			} else {
				got = append(got, it.line.ID)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v: %s", tt.show, diff)
		}
	}
}

// Ensure what one reads stays while lines come at both ends, and what has come is
// counted.
func TestLogReaderAway(t *testing.T) {
	r := &logReader{height: 400}
	r.tail.take(logOf(t, 101, 200, true))
	r.items(noon)
	r.leave(true)
	r.top = 200
	r.tail.take(logOf(t, 151, 230, true))
	if items, _ := r.items(noon); len(items) != 100 || r.fresh(noon) != 30 {
		t.Errorf("got %d lines and %d new ones, want 100 and 30", len(items), r.fresh(noon))
	}
	if !r.takeOlder(logOf(t, 51, 100, true), noon) || r.top != 200+50*logHeight {
		t.Errorf("got to %d, want %d", r.top, 200+50*logHeight)
	}
	if items, _ := r.items(noon); items[0].line.n != 51 || items[len(items)-1].line.n != 200 {
		t.Errorf("got %d to %d, want 51 to 200", items[0].line.n, items[len(items)-1].line.n)
	}
	r.leave(false)
	if items, _ := r.items(noon); len(items) != 180 || r.fresh(noon) != 180 {
		t.Errorf("got %d lines back at the end, want 180", len(items))
	}
}

// Ensure only what one sees is drawn, and the last lines while they wrap.
func TestLogReaderWindow(t *testing.T) {
	for _, tt := range []struct {
		reader      logReader
		first, last int
	}{
		{logReader{height: 400}, 4940, 5000},
		{logReader{height: 400, away: true, top: 20000}, 960, 1060},
		{logReader{height: 400, away: true}, 0, 60},
		{logReader{height: 400, away: true, top: 1 << 30}, 5000, 5000},
		{logReader{wrap: true}, 4500, 5000},
	} {
		if first, last := tt.reader.window(5000); first != tt.first || last != tt.last {
			t.Errorf("%+v: got %d to %d, want %d to %d", tt.reader, first, last, tt.first, tt.last)
		}
	}
	if first, last := (&logReader{}).window(0); first != 0 || last != 0 {
		t.Errorf("got %d to %d of nothing", first, last)
	}
}

// Ensure one gets from one line in which something was found to the next, in
// both directions and around the ends.
func TestLogReaderSeek(t *testing.T) {
	r := &logReader{height: 100, show: logQuery{Find: findOf("LINE 11")}}
	r.tail.take(logOf(t, 1, 120, false))
	if got := r.place(noon); got != "11 lines" { // 11, 110 to 119
		t.Errorf("got %q", got)
	}
	for i, tt := range []struct {
		step, want int
		place      string
	}{{-1, 119, "11 of 11"}, {-1, 118, "10 of 11"}, {1, 119, "11 of 11"}, {1, 11, "1 of 11"}, {-1, 119, "11 of 11"}} {
		if r.seek(tt.step, noon); r.found != tt.want || r.place(noon) != tt.place || !r.away {
			t.Errorf("step %d: got %d, %q, away %v, want %d, %q", i, r.found, r.place(noon), r.away, tt.want, tt.place)
		}
	}
	if r.top != 118*logHeight-50 {
		t.Errorf("got to %d, want %d", r.top, 118*logHeight-50)
	}
	r.show.Find.set("nowhere")
	if r.seek(1, noon) || r.place(noon) != "not found" {
		t.Error("found what is not there")
	}
}

// Ensure marks are where the words are, and hostile text stays text on its line.
func TestLogMarked(t *testing.T) {
	r := &logReader{show: logQuery{Find: findOf("or")}}
	root := app.P().Body(r.show.Find.renderMarked("ERROR or <b>\n\u202e")...)
	if err := load(root); err != nil {
		t.Fatal(err)
	}
	match(t, root, app.Mark().Text("OR"), 1)
	match(t, root, app.Mark().Text("or"), 3)
	match(t, root, app.Text(` <b>\n\u202e`), 4)
}

// Ensure a copy has a line for each line, whatever is in it.
func TestLogText(t *testing.T) {
	got := logText([]logItem{
		{line: &logLine{Priority: "error", Module: "admin", Message: "one\ntwo \x1b[31m", at: noon}},
		{gap: 214},
		{line: &logLine{Priority: "info", Message: "end", at: noon.Add(5 * time.Millisecond)}},
	})
	want := "2026-11-21T12:00:00.000Z error (admin): one\\ntwo \\x1b[31m\n--- 214 lines dropped ---\n2026-11-21T12:00:00.005Z info: end\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure the address says what is shown, and what it says wrongly is left out.
func TestLogAddress(t *testing.T) {
	for query, want := range map[string]string{
		"": "", "level=warning&session=10461&since=15m": "level=warning&session=10461&since=15m",
		"level=loud&session=x&since=3d&wrap=yes": "", "q=a+b&only=1&wrap=1&times=0": "only=1&q=a+b&times=0&wrap=1",
	} {
		p := &logPage{}
		p.take(query)
		if got := p.address(); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// Ensure a page that does not reach back to what is known is asked for again,
// longer, once.
func TestLogCatchUp(t *testing.T) {
	answer := func(from, to int) []byte {
		var lines []string
		for n := from; n <= to; n++ {
			lines = append(lines, fmt.Sprintf(`{"id":"%d","message":"m"}`, n))
		}
		return []byte(`{"data":{"attributes":{"log":[` + strings.Join(lines, ",") + `]}},"links":{"prev":"x"}}`)
	}
	p := &logPage{}
	for _, tt := range []struct {
		from, to, size int
		again          bool
		want           string
	}{
		{1, 50, logFirst, false, "1-50"}, {101, 150, logNext, true, "1-50"}, {41, 150, logCatchUp, false, "1-150"}, {4000, 4049, logCatchUp, false, "1-150 4000-4049"},
	} {
		again, err := p.takeNewest(answer(tt.from, tt.to), tt.size)
		if got := spans(p.reader.tail.lines); err != nil || again != tt.again || got != tt.want {
			t.Errorf("%d to %d: got %s, again %v, %v, want %s, %v", tt.from, tt.to, got, again, err, tt.want, tt.again)
		}
	}
}

// Ensure the page draws in every state.
func TestLogPage(t *testing.T) {
	reset(t)
	known := logReader{}
	known.tail.take(logOf(t, 1, 3, false))
	found, away, none := known, known, known
	found.show.Find, found.wrap = findOf("line"), true
	away.leave(true)
	none.show.Level = "error"
	for i, p := range []*logPage{{}, {reader: known}, {reader: found, bare: true}, {reader: away}, {reader: none}, {poll: poll{failed: "no"}}} {
		if err := load(p); err != nil {
			t.Errorf("page %d: %v", i, err)
		}
	}
}

// Ensure what is wrong is told where it is, what only lacks its end is not while
// one types, and what was looked for before stays meanwhile.
func TestLogFind(t *testing.T) {
	var f logFind
	for _, tt := range []struct {
		text    string
		looks   bool // for "broke"
		problem int  // character, from 1; 0 for none
		asked   int  // the same when one has come to the end
	}{
		{"broke", true, 0, 0},
		{"broke level:", true, 0, 13},
		{"broke level:l", true, 13, 13},
		{"broke user:x", true, 7, 7},
		{"", false, 0, 0},
		{"level:error broke", true, 0, 0},
		{"fine", false, 0, 0},
		{"(fine", false, 1, 1},
	} {
		f.set(tt.text)
		if got := f.hits(view.Line{Level: "error", Message: "it broke"}); got != tt.looks {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.looks)
		}
		for asked, want := range map[bool]int{false: tt.problem, true: tt.asked} {
			f.asked = asked
			got := 0
			if bad := f.problem(); bad != nil {
				got = bad.Offset + 1
			}
			if got != want {
				t.Errorf("%q, asked %v: got a problem at %d, want %d", tt.text, asked, got, want)
			}
		}
	}
}
