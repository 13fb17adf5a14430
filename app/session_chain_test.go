package app

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// showTab puts a session into the view that the page watches.
func showTab(t *testing.T, a api.SessionAttributes) {
	t.Helper()
	raw, err := json.Marshal(api.Session{ID: "7", Type: "sessions", Attributes: a})
	if err != nil {
		t.Fatal(err)
	}
	console.store.Open(api.Subscribe{View: sessionView, Topic: api.TopicSession, ID: "7"})
	console.store.Apply(api.Frame{
		Type: api.FrameSnapshot, View: sessionView, IDs: []string{"7"}, Upserts: []json.RawMessage{raw},
	})
}

// chained is a session that runs one chain and waits for another: "A B > B A".
func chained(text string) api.SessionAttributes {
	now, next, waits := strings.Cut(text, ">")
	var a api.SessionAttributes
	for _, name := range chainOf(now) {
		a.Chain = append(a.Chain, api.ChainLink{ID: name, Module: "module" + name})
	}
	if waits {
		names := append([]string{}, chainOf(next)...)
		a.Pending = api.SessionPending{Filters: &names, Waits: "transaction", Since: "2026-11-21T12:00:00.000Z"}
	}
	return a
}

// shownChain gives the tab a session and has it drawn.
func (t *chainTab) shownChain(tt *testing.T, text string) {
	tt.Helper()
	showTab(tt, chained(text))
	t.Render()
}

func wantOrder(t *testing.T, d *chainEditor, want string) {
	t.Helper()
	if got := strings.Join(d.order.Names(), " "); got != want {
		t.Errorf("got order %q, want %q", got, want)
	}
}

// Ensure the new order is the session's chain until it is edited, and stays as
// it is from then on.
func TestChainFollows(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B")
	wantOrder(t, &tab.edit, "A B")
	tab.shownChain(t, "A B C")
	wantOrder(t, &tab.edit, "A B C")
	tab.shownChain(t, "A B C > C")
	wantOrder(t, &tab.edit, "C")
	tab.shownChain(t, "A B C >")
	wantOrder(t, &tab.edit, "")
	tab.shownChain(t, "A B C")
	probe(t, func(ctx app.Context) { tab.edit.do(ctx, 2, "top") })
	wantOrder(t, &tab.edit, "C A B")
	tab.shownChain(t, "A B C")
	wantOrder(t, &tab.edit, "C A B")
	if tab.edit.theirs {
		t.Error("nobody has changed the chain")
	}
	tab.shownChain(t, "A X")
	wantOrder(t, &tab.edit, "C A B")
	if !tab.edit.theirs {
		t.Fatal("somebody has changed the chain")
	}
	probe(t, func(ctx app.Context) { tab.edit.load(ctx, app.Event{}) })
	wantOrder(t, &tab.edit, "A X")
	if tab.edit.theirs {
		t.Error("what they did has been loaded")
	}
}

// Ensure a chain that becomes what the order is already, is no quarrel.
func TestChainAgrees(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B")
	probe(t, func(ctx app.Context) { tab.edit.do(ctx, 0, "down") })
	tab.shownChain(t, "A X")
	tab.shownChain(t, "B A")
	if tab.edit.theirs || tab.edit.order.Changed() {
		t.Errorf("got theirs %v, changed %v, want neither", tab.edit.theirs, tab.edit.order.Changed())
	}
}

// Ensure what waits, what is in effect and what was taken back are told apart.
func TestChainSwap(t *testing.T) {
	reset(t)
	for _, tt := range []struct {
		name   string
		seen   []string // after A B was asked to be B A
		effect bool
		asked  bool
	}{
		{"not-yet", []string{"A B"}, false, true},
		{"waits", []string{"A B > B A"}, false, true},
		{"in-effect", []string{"A B", "A B > B A", "B A"}, true, true},
		{"at-once", []string{"B A"}, true, true},
		{"taken-back", []string{"A B > B A", "A B"}, false, false},
		{"replaced", []string{"A B > B A", "A B > X", "X"}, false, false},
		{"replaced-later", []string{"B A", "X"}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tab := &chainTab{ID: "7"}
			tab.shownChain(t, "A B")
			tab.swap = chainSwap{asked: true, before: chainOf("A B"), after: chainOf("B A")}
			for _, text := range tt.seen {
				tab.shownChain(t, text)
			}
			if got := !tab.swap.since.IsZero(); got != tt.effect {
				t.Errorf("got in effect %v, want %v", got, tt.effect)
			}
			if tab.swap.asked != tt.asked {
				t.Errorf("got asked %v, want %v", tab.swap.asked, tt.asked)
			}
		})
	}
}

// Ensure the time of a swap is the server's.
func TestChainSwappedAt(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B")
	tab.swap = chainSwap{asked: true, before: chainOf("A B"), after: chainOf("B A")}
	a := chained("B A")
	a.Events = []api.SessionEvent{
		{At: "2026-11-21T12:00:00.000Z", Kind: "filters"},
		{At: "2026-11-21T12:00:05.000Z", Kind: "filters"},
		{At: "2026-11-21T12:00:09.000Z", Kind: "trx_begin"},
	}
	showTab(t, a)
	tab.Render()
	if got, want := tab.swap.since, timeOf("2026-11-21T12:00:05.000Z"); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Ensure a change that was made here, while the order was edited on, is not
// taken for somebody else's.
func TestChainOwnChange(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B C")
	probe(t, func(ctx app.Context) {
		tab.edit.do(ctx, 2, "top")
		tab.own = chainOf("C A B") // asked for
		tab.edit.do(ctx, 2, "remove")
	})
	tab.shownChain(t, "A B C > C A B")
	if tab.edit.theirs {
		t.Error("taken for somebody else's")
	}
	if got, want := tab.edit.order.Diff(), "Removes B."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure a refused chain leaves everything as it was, and that the reason is
// said.
func TestChainRefused(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B")
	last := tab.swap
	tab.swap, tab.own, tab.busy = chainSwap{asked: true, after: chainOf("B A")}, chainOf("B A"), true
	tab.answered("7", last, errors.New("'B' is not a filter"))
	if tab.busy || tab.swap.asked || tab.own != nil {
		t.Error("still waiting for a chain that was refused")
	}
	if len(console.toasts) != 1 || !console.toasts[0].bad || console.toasts[0].text != "'B' is not a filter" {
		t.Errorf("got notices %v", console.toasts)
	}
}

// Ensure the keyboard moves filters, and says what it does.
func TestChainKeys(t *testing.T) {
	type press struct {
		at  int
		key string
		alt bool
	}
	for _, tt := range []struct {
		name string
		keys []press
		want string
		said string
	}{
		{"lift", []press{{1, " ", false}}, "A B C", "B lifted, position 2 of 3"},
		{"lift-move", []press{{1, " ", false}, {1, "ArrowUp", false}}, "B A C", "B moved, position 1 of 3"},
		{"lift-move-drop", []press{{0, " ", false}, {0, "ArrowDown", false}, {1, " ", false}}, "B A C", "A dropped, position 2 of 3"},
		{"lift-move-enter", []press{{0, " ", false}, {0, "ArrowDown", false}, {1, "Enter", false}}, "B A C", "A dropped, position 2 of 3"},
		{"lift-move-return", []press{{2, " ", false}, {2, "ArrowUp", false}, {1, "ArrowUp", false}, {0, "Escape", false}}, "A B C", "C returned, position 3 of 3"},
		{"lift-move-tab", []press{{0, " ", false}, {0, "ArrowDown", false}, {1, "Tab", false}}, "B A C", "A dropped, position 2 of 3"},
		{"alt", []press{{2, "ArrowUp", true}}, "A C B", "C moved, position 2 of 3"},
		{"arrow", []press{{2, "ArrowUp", false}}, "A B C", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			tab := &chainTab{ID: "7"}
			tab.shownChain(t, "A B C")
			probe(t, func(ctx app.Context) {
				for _, p := range tt.keys {
					tab.edit.key(ctx, p.at, p.key, p.alt)
				}
			})
			wantOrder(t, &tab.edit, tt.want)
			if tab.edit.said != tt.said {
				t.Errorf("got said %q, want %q", tab.edit.said, tt.said)
			}
		})
	}
}

// Ensure keys that mean something elsewhere are left alone.
func TestChainKeysLeft(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B C")
	probe(t, func(ctx app.Context) {
		for _, key := range []string{"Escape", "Enter", "Tab", "K", "1"} {
			if tab.edit.key(ctx, 0, key, false) {
				t.Errorf("%s was taken", key)
			}
		}
	})
}

// Ensure a dragged filter goes where the line is, and nowhere when it is let go
// elsewhere.
func TestChainDrag(t *testing.T) {
	for _, tt := range []struct {
		name      string
		from, gap int
		cancel    bool
		class     string // of the filter that the line is at
		at        int
		want      string
	}{
		{"first", 2, 0, false, "drop-before", 0, "C A B"},
		{"between", 0, 2, false, "drop-before", 2, "B A C"},
		{"last", 0, 3, false, "drop-after", 2, "B C A"},
		{"stays", 1, 2, false, "still", 2, "A B C"},
		{"cancelled", 0, 3, true, "drop-after", 2, "A B C"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			tab := &chainTab{ID: "7"}
			tab.shownChain(t, "A B C")
			d := &tab.edit
			d.drag = chainDrag{held: true, on: true, from: tt.from, gap: tt.from}
			if !d.over(tt.gap) {
				t.Error("the line has not moved")
			}
			if d.over(tt.gap) {
				t.Error("the line is drawn again for nothing")
			}
			if got := d.rowClass(tt.at); got != tt.class {
				t.Errorf("got class %q, want %q", got, tt.class)
			}
			tab.shownChain(t, "X") // does not disturb what is being dragged
			probe(t, func(ctx app.Context) {
				if tt.cancel {
					chainPointer{&d.chainList}.cancelled(ctx, app.Event{})
				} else {
					d.drop(ctx)
				}
			})
			wantOrder(t, d, tt.want)
		})
	}
}

// Ensure nobody edits who may not act, and that a session that has ended is
// still shown.
func TestChainReadOnly(t *testing.T) {
	reset(t)
	console.who.Role = "basic"
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B C")
	probe(t, func(ctx app.Context) {
		tab.edit.do(ctx, 2, "top")
		tab.edit.key(ctx, 2, "ArrowUp", true)
		tab.ask(chainOf("C"))
	})
	wantOrder(t, &tab.edit, "A B C")
	if tab.busy {
		t.Error("a change was asked for")
	}
	console.store.Close(sessionView)
	tab.Render()
	if tab.last == nil || len(tab.last.Attributes.Chain) != 3 {
		t.Error("the chain of the session that has ended is gone")
	}
}

// Ensure filters are added behind the others, as often as one likes.
func TestChainAdd(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	console.store.Open(api.Subscribe{View: tab.edit.view(), Topic: api.TopicFilters})
	console.store.Apply(api.Frame{
		Type: api.FrameSnapshot, View: tab.edit.view(), IDs: []string{"A", "Q"}, Upserts: []json.RawMessage{
			[]byte(`{"id":"A","type":"filters","attributes":{"module":"hintfilter"}}`),
			[]byte(`{"id":"Q","type":"filters","attributes":{"module":"qlafilter"}}`),
		},
	})
	tab.shownChain(t, "A")
	probe(t, func(ctx app.Context) {
		chainAdd{&tab.edit.chainList}.add(ctx, app.Event{})
		tab.edit.adding = "Q"
		chainAdd{&tab.edit.chainList}.add(ctx, app.Event{})
	})
	wantOrder(t, &tab.edit, "A A Q")
	if got, want := tab.edit.moduleOf("Q"), "qlafilter"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure the times in a filter are written in one unit.
func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		p50, p95 uint64
		want     string
	}{
		{0, 0, "—"}, {96, 416, "0.1 / 0.4 µs"}, {2500, 12_400, "2.5 / 12 µs"}, {800, 9_999_000, "0.8 / 9\u202f999 µs"}, {400_000, 12_000_000, "0.4 / 12 ms"},
	} {
		if got := spread(tt.p50, tt.p95); got != tt.want {
			t.Errorf("%d/%d: got %q, want %q", tt.p50, tt.p95, got, tt.want)
		}
	}
}

// Ensure hints are about filters whose order is new, and only about modules that
// mind.
func TestChainHints(t *testing.T) {
	modules := map[string]string{"Q": "qlafilter", "R": "regexfilter", "H": "hintfilter", "M": "maxrows"}
	for _, tt := range []struct{ name, before, now, want string }{
		{"same", "Q R", "Q R", ""},
		{"swapped", "Q R", "R Q", "R before Q: Q writes statements as R has rewritten them."},
		{"added", "R", "R M", ""},
		{"added-that-minds", "R", "R H", "R before H: hints are read from what R has made of a statement."},
		{"still-in-order", "Q M R", "Q R", ""},
		{"twice", "Q", "Q Q", "Q twice: every statement passes it twice."},
		{"both", "M Q R", "Q R M", "Q before M: Q counts the rows that M lets through."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hints := chainHints(chainOf(tt.before), chainOf(tt.now), func(name string) string { return modules[name] })
			if got := strings.Join(hints, "|"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Ensure a filter goes to the position that was typed, and nothing happens for
// what is no position.
func TestChainPlace(t *testing.T) {
	for text, want := range map[string]string{"3": "B C A", " 2 ": "B A C", "99": "B C A", "0": "A B C", "x": "A B C", "": "A B C"} {
		t.Run("to-"+text, func(t *testing.T) {
			reset(t)
			tab := &chainTab{ID: "7"}
			tab.shownChain(t, "A B C")
			probe(t, func(ctx app.Context) {
				tab.edit.do(ctx, 0, "more")
				tab.edit.place = text
				tab.edit.do(ctx, 0, "place")
			})
			wantOrder(t, &tab.edit, want)
		})
	}
}

// Ensure a pointer that hardly moves drags nothing.
func TestChainDragBegins(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B C")
	d := &tab.edit
	if d.begin(0) {
		t.Error("a drag without a filter")
	}
	d.drag = chainDrag{held: true, y: 100, from: 1, gap: 1}
	if d.begin(103) || d.drag.on {
		t.Error("three pixels are no drag")
	}
	if !d.begin(96) || !d.drag.on || d.begin(90) {
		t.Error("four pixels begin a drag, once")
	}
}

// Ensure the service's default is edited for the service that is shown, and that
// what is shown follows it.
func TestServiceChain(t *testing.T) {
	reset(t)
	service := func(id, chain string) api.Service {
		var refs []api.Reference
		for _, name := range chainOf(chain) {
			refs = append(refs, api.Reference{ID: name, Type: "filters"})
		}
		return api.Service{ID: id, Type: "services", Relationships: api.Relationships{"filters": {Data: refs}}}
	}
	putServices := func(list ...api.Service) {
		t.Helper()
		f := api.Frame{Type: api.FrameSnapshot, View: api.TopicServices}
		for _, s := range list {
			raw, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			f.IDs, f.Upserts = append(f.IDs, s.ID), append(f.Upserts, raw)
		}
		console.store.Open(api.Subscribe{View: api.TopicServices, Topic: api.TopicServices})
		console.store.Apply(f)
	}
	putServices(service("one", "A B"), service("two", "C"))
	c := &serviceChain{Service: "one"}
	c.Render()
	wantOrder(t, &c.edit, "A B")
	probe(t, func(ctx app.Context) { c.edit.do(ctx, 1, "top") })
	putServices(service("one", "X"), service("two", "C"))
	c.Render()
	wantOrder(t, &c.edit, "B A")
	if !c.edit.theirs {
		t.Error("somebody else has changed the default")
	}
	c.answered("two", nil, nil, errors.New("refused"))
	c.Service = "two"
	c.Render()
	wantOrder(t, &c.edit, "C")
	c.before, c.own, c.busy = chainOf("C"), chainOf("D"), true
	c.answered("two", nil, nil, errors.New("not a filter"))
	if c.busy || c.own != nil {
		t.Error("still waiting for a chain that was refused")
	}
}

// Ensure the table says how near a service is to its limit, what it does, and
// who has an older chain than it.
func TestServiceCells(t *testing.T) {
	reset(t)
	service := func(limit any, n int64) *api.Service {
		return &api.Service{ID: "rw", Attributes: api.ServiceAttributes{
			Parameters: api.Parameters{"max_connections": limit}, Statistics: api.ServiceStatistics{Connections: n},
		}}
	}
	for _, tt := range []struct {
		limit       any
		n           int64
		text, class string
	}{{float64(0), 5, "no limit", "faint"}, {nil, 5, "no limit", "faint"}, {float64(100), 79, "100", "faint"}, {float64(100), 80, "100", "limit-warn"}, {float64(100), 95, "100", "limit-crit"}} {
		if got := sessionLimit(service(tt.limit, tt.n)); got != tt.text {
			t.Errorf("%v: got %q, want %q", tt.limit, got, tt.text)
		}
		if got := limitClass(service(tt.limit, tt.n)); got != tt.class {
			t.Errorf("%d of %v: got %q, want %q", tt.n, tt.limit, got, tt.class)
		}
	}
	s := service(nil, 5)
	if got := serviceRate(s) + serviceP95(s); got != "——" {
		t.Errorf("got %q of a server that does not tell", got)
	}
	console.store.Open(api.Subscribe{View: serviceStatsView, Topic: api.TopicStats})
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: serviceStatsView, IDs: []string{"service:rw"}, Upserts: []json.RawMessage{
		[]byte(`{"id":"service:rw","type":"stats","attributes":{"statements":1284,"p95":0.012}}`),
	}})
	if got := serviceRate(s) + " " + serviceP95(s); got != "1\u202f284 12 ms" {
		t.Errorf("got %q", got)
	}
	if _, known := outdatedOf(serviceOutdatedView, "rw"); known {
		t.Error("the server has not told who has an older chain")
	}
	watchOutdated(serviceOutdatedView)
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: serviceOutdatedView, IDs: []string{"a", "b"}, Upserts: []json.RawMessage{
		[]byte(`{"id":"a","type":"groups","attributes":{"values":["rw"],"sessions":12}}`),
		[]byte(`{"id":"b","type":"groups","attributes":{"values":["ro"],"sessions":3}}`),
	}})
	if n, known := outdatedOf(serviceOutdatedView, "rw"); n != 12 || !known {
		t.Errorf("got %d, %t, want 12", n, known)
	}
	if n, known := outdatedOf(serviceOutdatedView, "other"); n != 0 || !known {
		t.Errorf("got %d, %t, want none", n, known)
	}
	if got, want := olderChainFilter("my service"), `service:"my service" chain:outdated`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure a key does not lead away from an order that has not been applied.
func TestChainKeepsOrder(t *testing.T) {
	reset(t)
	tab := &chainTab{ID: "7"}
	tab.shownChain(t, "A B")
	if tab.key(app.Context{}, "Escape", false) {
		t.Error("there is nothing to keep")
	}
	probe(t, func(ctx app.Context) { tab.edit.do(ctx, 1, "top") })
	if tab.key(app.Context{}, "1", false) || !tab.key(app.Context{}, "Escape", false) {
		t.Error("the order is lost")
	}
}
