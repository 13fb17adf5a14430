package app

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// wall is a screen that nobody sits at: it shows a board, and whatever happens it
// goes on by itself. It is nil while the console is one of the other pages.
//
// It is drawn twice a second, with everything that has come meanwhile, and lives
// by that beat: wall.js loads the page anew when it stops.
type wall struct {
	wallBoard
	asked string // board in the address, "" for none
	shown string // board that plan is of
	board poll   // of the plan
	pair  pairing

	retry  pairing   // of a server that does not answer: only its pauses count
	renew  time.Time // when the page loads itself anew
	newer  time.Time // when it loads a newer console; zero while there is none
	bar    time.Time // until when the bar with the way out is shown
	hidden bool      // nobody can see the page
	beats  int
}

// wallBoard is the board that hangs there, and what is known of it.
type wallBoard struct {
	plan  api.BoardPlan
	wrong string // why there is no plan
	asks  []api.Subscribe
	tiles [][]wallTile // by view
	turn  turn
	ages  ages
}

// wallTile is what is known of a tile.
type wallTile struct {
	watch tileWatch
	last  reading
	level int
	age   time.Duration
	aged  bool // age is known
	why   string
}

// roleDisplay is the role of a paired screen.
const roleDisplay = "display"

const (
	wallBeat   = 500 * time.Millisecond
	boardEvery = time.Minute      // a board that was changed is shown
	barTime    = 10 * time.Second // the bar with the way out stays

	spreadNewer = 3 * time.Second // a newer console is not loaded by all at once
	againNewer  = 5 * time.Minute // when it turned out to be none
	spreadRenew = 30 * time.Minute
)

// wallOn reads which board a path asks for; false when it is no wall's.
func wallOn(path string) (board string, ok bool) {
	section, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if board, err := url.PathUnescape(rest); err == nil {
		rest = board
	}
	return rest, section == "wall"
}

func newWall(board string, now time.Time) *wall {
	return &wall{asked: board, renew: renewAt(now, rand.N(spreadRenew))}
}

// goWall makes the console a wall when its first page is one. A wall is a page of
// its own, with rights that others do not have: whoever goes from one to the other
// loads that anew.
func (l *live) goWall(ctx app.Context, path string) {
	board, ok := wallOn(path)
	switch {
	case ok && l.wall != nil:
		l.wall.asked = board
	case ok && l.client == nil:
		l.wall = newWall(board, time.Now())
		l.wall.rest(ctx)
	case ok != (l.wall != nil):
		ui.Reload()
	}
}

// rest waits for the next beat.
func (w *wall) rest(ctx app.Context) {
	time.AfterFunc(wallBeat, func() {
		ctx.Dispatch(func(ctx app.Context) {
			w.rest(ctx)
			w.see(!ui.Hidden())
			if w.hidden {
				ctx.PreventUpdate()
				return
			}
			w.tick(time.Now())
			console.rev++
			w.beats++
			ctx.Defer(func(app.Context) { ui.SetRoot("data-beat", strconv.Itoa(w.beats)) })
		})
	})
}

// see takes it whether the page can be seen. One that cannot asks for nothing.
func (w *wall) see(visible bool) {
	switch {
	case w.hidden != visible:
	case visible:
		w.hidden = false
		w.watch()
	default:
		w.hidden = true
		w.ages.lose()
		w.unwatch()
	}
}

// tick does what is due at an instant.
func (w *wall) tick(now time.Time) {
	switch console.gate {
	case gateDown:
		if !now.Before(w.retry.next) {
			w.retry.next = now.Add(pauseAfter(w.retry.fails))
			w.retry.fails++
			console.ask()
		}
		return
	case gateLogin, gateSetup:
		w.retry = pairing{}
		w.pair.tick(now)
	case gateOpen:
		w.retry = pairing{}
		w.load(now)
		w.judge(console.serverTime(), console.now())
	}
	w.renewed(now)
}

// name is the board that is to be shown: a display has its own.
func (w *wall) name() string {
	if console.who.Role == roleDisplay {
		return cmp.Or(console.who.Board, api.FirstBoard)
	}
	return cmp.Or(w.asked, api.FirstBoard)
}

// load asks for the board, and who this screen is, every now and then.
func (w *wall) load(now time.Time) {
	if w.shown != w.name() {
		w.shown = w.name()
		w.board.again()
		w.show(api.BoardPlan{}, "")
	}
	if !w.board.due(now, w.pause()) || w.board.ready && !console.state.Connected {
		return
	}
	if console.who.Role == roleDisplay && w.board.ready {
		console.async(func(ctx context.Context) func() {
			who, err := console.client.WhoAmI(ctx)
			if err != nil {
				return nil // the feed says so when the access has ended
			}
			return func() { console.who = who }
		})
	}
	w.board.ask("/v1/boards/"+url.PathEscape(w.shown), func(answer []byte) error {
		board, err := api.DecodeOne[api.BoardAttributes](answer)
		if err == nil {
			w.show(board.Attributes.Plan, board.Attributes.Problem)
		}
		return err
	})
}

// pause is how long to wait until the board is asked for again.
func (w *wall) pause() time.Duration {
	if len(w.plan.Views) == 0 {
		return 5 * time.Second
	}
	return boardEvery
}

// show shows a plan, which may be the one that is shown already.
func (b *wallBoard) show(plan api.BoardPlan, wrong string) {
	asks := plan.Asks()
	if len(asks) > api.MaxBoardAsks || len(plan.Views) > api.MaxBoardViews {
		plan, asks, wrong = api.BoardPlan{}, nil, lang.T("This board is too large for this console.")
	}
	b.wrong = wrong
	if planText(&b.plan) == planText(&plan) {
		return
	}
	b.unwatch()
	b.ages.forget()
	b.plan, b.asks, b.turn = plan, asks, turn{}
	b.tiles = make([][]wallTile, len(plan.Views))
	for i := range plan.Views {
		b.tiles[i] = make([]wallTile, len(plan.Views[i].Tiles))
	}
	b.watch()
}

func (b *wallBoard) watch() {
	for _, ask := range b.asks {
		console.watch(ask)
	}
}

func (b *wallBoard) unwatch() {
	for _, ask := range b.asks {
		console.unwatch(ask.View)
	}
}

// judge reads all tiles, also those of the views that are not on the screen, and
// goes to the view that is to be there. What is old is not judged: its level
// stays.
func (b *wallBoard) judge(now, clock time.Time) {
	critical := make([]bool, len(b.plan.Views))
	for i := range b.plan.Views {
		for j := range b.plan.Views[i].Tiles {
			t, tile := &b.plan.Views[i].Tiles[j], &b.tiles[i][j]
			asks := t.Asks()
			if len(asks) == 0 { // of a kind that this console does not know
				continue
			}
			name, _ := api.NameOf(b.asks, asks[0])
			v := console.store.View(name)
			tile.age, tile.aged = b.ages.age(name, asks[0].Topic == api.TopicStats, now)
			tile.why = v.Refused
			tile.last = b.read(t, v, &tile.watch, clock)
			if tile.last.known && tile.age < oldAfter {
				tile.level = tile.watch.judge(tile.last.figure, tile.last.attention, tile.last.critical, now)
			}
			critical[i] = critical[i] || tile.level == 2
		}
	}
	if len(critical) > 0 {
		b.turn.step(now, b.every(), critical)
	}
}

// every is how long each view is shown.
func (b *wallBoard) every() time.Duration {
	return time.Duration(min(max(cmp.Or(b.plan.Rotate, api.BoardRotate), api.MinRotate), api.MaxRotate)) * time.Second
}

// renewed loads the page anew when there is a newer console, and every night.
// It does neither while the server does not answer: there would be nothing to
// load.
func (w *wall) renewed(now time.Time) {
	switch {
	case !console.layer.outdated():
		w.newer = time.Time{}
	case w.newer.IsZero():
		w.newer = now.Add(rand.N(spreadNewer))
		if w.triedBefore(console.layer.wanted) {
			w.newer = now.Add(againNewer)
		}
	case !now.Before(w.newer) && w.answered():
		w.newer = now.Add(againNewer)
		ui.Reload()
	}
	if !now.Before(w.renew) && w.answered() {
		w.renew = renewAt(now, rand.N(spreadRenew))
		ui.Reload()
	}
}

// answered reports whether the server is there.
func (w *wall) answered() bool {
	return console.state.Connected || console.gate != gateOpen && w.pair.fails == 0
}

// triedName is where the browser keeps which build was loaded last because it
// was newer, for the time that its tab lives.
const triedName = "wall-build"

// triedBefore reports whether the page was loaded for the sake of a build
// already, and remembers that it is being now. When that did not help, something
// between here and the server keeps an older one.
func (w *wall) triedBefore(build string) bool {
	var before string
	storage := console.ctx.SessionStorage()
	_ = storage.Get(triedName, &before) // none is none
	_ = storage.Set(triedName, build)   // at worst it is loaded once too often
	return before == build
}

// ended takes it that the access of this screen has ended.
func (w *wall) ended() {
	w.pair.note = lang.T("The access of this screen ended at {serverTime}.", "serverTime", clockOf(console.serverTime()))
}

// connection takes the state of the connection in.
func (w *wall) connection(before, now client.State) {
	if before.Connected && !now.Connected {
		w.ages.lose()
	}
	if now.Final && !before.Final && now.Code == api.CloseUnauthorized {
		w.ended()
		console.ask() // it may be a new board only
	}
}

// press takes a key: any of them shows the way out.
func (w *wall) press(ctx app.Context, k keyPress) bool {
	now := time.Now()
	shown := now.Before(w.bar)
	switch {
	case k.command:
		return false
	case shown && k.key == "Escape":
		w.bar = time.Time{}
		return true
	case shown && (k.key == "Tab" || k.pressesControl()):
		w.bar = now.Add(barTime)
		return false
	}
	w.bar = now.Add(barTime)
	if !shown {
		ctx.Dispatch(func(ctx app.Context) { ctx.Defer(func(app.Context) { ui.Focus("wall-leave") }) })
	}
	return true
}
