package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// chainTab shows the filters that a session runs and lets an operator put
// others in their place.
type chainTab struct {
	app.Compo
	ID  string // of the session
	Rev uint64

	last *api.Session // session that what follows is about, as it was last seen
	edit chainEditor
	swap chainSwap
	own  []string // chain that the last change on this page leads to, nil for none
	busy bool     // a change is on its way to the server
	menu bool     // of where else to apply the new order is open
}

// chainSwap is the last chain that was asked for on this page.
type chainSwap struct {
	asked  bool
	waited bool // it has been seen waiting for its moment
	back   bool // it is the way back from the one before
	before []string
	after  []string
	since  time.Time // in effect, zero while it is not
}

// chainOutdatedView counts the sessions that run an older chain than their
// service's.
const chainOutdatedView = "chain-outdated"

// OnMount asks for the filters that there are.
func (t *chainTab) OnMount(app.Context) {
	tabKeys = t
	t.edit.open()
	watchOutdated(chainOutdatedView)
}

// OnDismount gives them up.
func (t *chainTab) OnDismount() {
	if tabKeys == keyHandler(t) {
		tabKeys = nil
	}
	t.edit.close()
	console.unwatch(chainOutdatedView)
}

// key keeps a key that leads elsewhere from taking an order along that has not
// been applied.
func (t *chainTab) key(_ app.Context, key string, _ bool) bool {
	if key != "Escape" || !t.edit.Changed() || !console.mayAct() {
		return false
	}
	console.say(lang.T("The new order has not been applied. Apply it or discard it."), false)
	return true
}

// Render draws the tab. Of a session that has ended it shows the last that was
// known.
func (t *chainTab) Render() app.UI {
	s, lives := sessionRow(sessionView, t.ID)
	if lives {
		t.follow(s)
	}
	if t.last == nil || t.last.ID != t.ID {
		return ui.Box("chain", ui.Para("empty faint", lang.T("The chain of this session is not known.")))
	}
	lives = lives && s.Attributes.EndedAt == "" && !view.Is(s, view.StateEnded, 0)
	acting := lives && console.mayAct()
	return ui.Box("chain",
		t.renderRunning(t.last),
		t.edit.render(lang.T("New order"), acting, editHint(acting), t.edit.renderDiscard(), t.renderApply(t.last)),
	)
}

// runningChain returns the chain that the session runs.
func runningChain(s *api.Session) []string {
	names := make([]string, len(s.Attributes.Chain))
	for i, link := range s.Attributes.Chain {
		names[i] = link.ID
	}
	return names
}

// comingChain returns the chain that the session is to run: the one that waits, or
// else the one that it runs.
func comingChain(s *api.Session) []string {
	if next := s.Attributes.Pending.Filters; next != nil {
		return *next
	}
	return runningChain(s)
}

// follow takes in what the session has become.
func (t *chainTab) follow(s *api.Session) {
	if t.last == nil || t.last.ID != s.ID {
		t.edit, t.swap, t.own, t.busy, t.menu = chainEditor{}, chainSwap{}, nil, false, false
	}
	t.last = s
	t.edit.Modules = modulesOf(s)
	t.edit.follow(comingChain(s), t.own)
	t.swap.follow(s)
}

// modulesOf are the modules of the filters that a session runs.
func modulesOf(s *api.Session) map[string]string {
	modules := make(map[string]string, len(s.Attributes.Chain))
	for _, link := range s.Attributes.Chain {
		modules[link.ID] = link.Module
	}
	return modules
}

// follow notices that the chain that was asked for waits, is in effect, or will
// not be.
func (w *chainSwap) follow(s *api.Session) {
	if !w.asked {
		return
	}
	same := slices.Equal(runningChain(s), w.after)
	next := s.Attributes.Pending.Filters
	switch {
	case next != nil:
		w.waited = w.waited || slices.Equal(*next, w.after)
	case same && w.since.IsZero():
		w.since = swappedAt(s)
	case !same && (w.waited || !w.since.IsZero()):
		*w = chainSwap{} // taken back, or replaced by another one
	}
}

// swappedAt is when the session's present chain came into effect, as far as its
// timeline tells.
func swappedAt(s *api.Session) time.Time {
	for _, e := range slices.Backward(s.Attributes.Events) {
		if e.Kind == "filters" {
			return timeOf(e.At)
		}
	}
	return console.now()
}

// renderRunning draws the chain that the session runs, with its counters.
func (t *chainTab) renderRunning(s *api.Session) app.UI {
	chain := s.Attributes.Chain
	return app.Section().Class("box data").Aria("labelledby", "chain-now-title").Body(
		app.Header().Body(
			app.H2().ID("chain-now-title").Text(lang.T("Running now")),
			app.Span().Class("sp"),
			ui.Words("faint", lang.T("client at the top, servers at the bottom")),
		),
		app.Table().Class("t chain-now").ID("chain-now").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("n num").Scope("col").Text("#"),
				app.Th().Scope("col").Text(lang.T("Filter")),
				app.Th().Class("module").Scope("col").Text(lang.T("Module")),
				app.Th().Class("num").Scope("col").Title(lang.T("Statements that the filter has seen in this session")).Text(lang.T("Seen")),
				app.Th().Class("num").Scope("col").Title(lang.T("Statements that it has changed and passed on")).Text(lang.T("Changed")),
				app.Th().Class("num").Scope("col").Title(lang.T("Statements that it has answered itself, as with an error: they got no further")).Text(lang.T("Answered")),
				app.Th().Class("num spread").Scope("col").Title(spreadTitle()).Text(lang.T("p50 / p95")),
			)),
			app.TBody().Body(app.Range(chain).Slice(func(i int) app.UI {
				link := &chain[i]
				return app.Tr().Body(
					app.Td().Class("n num faint").Text(i+1),
					app.Td().Title(link.ID).Text(link.ID),
					app.Td().Body(ui.Words("tag", link.Module)),
					app.Td().Class("num").Text(lang.Count(link.Statements)),
					app.Td().Class("num").Text(lang.Count(changedOnly(link.Changed, link.Answered))),
					app.Td().Class("num").Text(lang.Count(link.Answered)),
					app.Td().Class("num").Text(spread(link.P50, link.P95)),
				)
			})),
		),
		app.If(len(chain) == 0, func() app.UI {
			return ui.Para("body dim", lang.T("No filters. Statements go straight to the router."))
		}),
		app.If(s.Attributes.ChainOutdated, func() app.UI {
			return app.Div().Class("chain-swap").ID("chain-old").Body(
				ui.Chip("swap", lang.T("Older chain"), "info"),
				ui.Words("dim", lang.T("The default of {s} has changed since. A restart gives the session the new one.", "s", service(s))),
			)
		}),
		t.renderPending(s),
		t.renderEffect(s),
	)
}

// changedOnly is how many statements a filter has changed and passed on.
func changedOnly(changed, answered uint64) uint64 { return changed - min(answered, changed) }

// timeUnit is the unit of times in a filter that go up to most, in ns.
func timeUnit(most uint64) (nanos float64, name string) {
	if most < 10_000_000 {
		return 1000, " µs"
	}
	return 1_000_000, " ms"
}

// shortTime writes a number with two figures at least.
func shortTime(x float64) string {
	if x < 10 {
		return lang.Decimal(x, 1)
	}
	return lang.Count(int64(x + 0.5))
}

// spread writes the quantiles of the time that statements spend in a filter, in
// ns: 0.4 / 1.2 µs.
func spread(p50, p95 uint64) string {
	if p95 == 0 {
		return "—"
	}
	unit, name := timeUnit(p95)
	return shortTime(float64(p50)/unit) + " / " + shortTime(float64(p95)/unit) + name
}

// spreadTitle says what a spread is.
func spreadTitle() string {
	return lang.T("Half of the statements spend at most the first of these times in the filter on their way down, 95 of a hundred at most the second")
}

// renderPending draws the chain that waits for its moment.
func (t *chainTab) renderPending(s *api.Session) app.UI {
	p := &s.Attributes.Pending
	if p.Filters == nil {
		return app.Div().Hidden(true)
	}
	text := lang.T("Swap waits")
	if p.Waits != "" {
		text = lang.T("Swap waits for {what}", "what", momentWords(p.Waits))
	}
	age := lang.T("since {since} · {since2}", "since", sinceWhen(p.Since), "since2", ui.Duration(console.now().Sub(timeOf(p.Since))))
	if a := &s.Attributes.Activity; p.Waits == "transaction" && a.Trx {
		age += lang.T(" · transaction open since {trxSinceAt}", "trxSinceAt", sinceWhen(a.TrxSinceAt))
	}
	if t.swap.back && t.swap.asked && slices.Equal(*p.Filters, t.swap.after) {
		text = lang.T("Revert: {what}", "what", text)
	}
	return app.Div().Class("chain-swap").ID("chain-pending").Body(
		ui.Chip("swap", text, "info"),
		ui.Words("dim tnum", age),
		app.Span().Class("sp"),
		app.If(console.mayAct(), func() app.UI {
			return app.Button().ID("chain-cancel").Type("button").Class("btn s").Disabled(console.stale()).Text(lang.T("Cancel swap")).OnClick(t.cancel)
		}),
		ui.Words("next dim", lang.T("Next: {chain}", "chain", chainWords(*p.Filters))),
	)
}

func chainWords(names []string) string {
	if len(names) == 0 {
		return lang.T("no filters")
	}
	return strings.Join(names, " → ")
}

// renderEffect says since when the chain that was asked for is in effect, and
// offers the way back.
func (t *chainTab) renderEffect(s *api.Session) app.UI {
	if t.swap.since.IsZero() || s.Attributes.Pending.Filters != nil {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("chain-swap").ID("chain-effect").Body(
		ui.Words("ok", lang.T("✓ In effect since {since}", "since", clockOf(t.swap.since))),
		app.Span().Class("sp"),
		app.Button().ID("chain-revert").Type("button").Class("btn s").Disabled(t.busy || console.stale()).
			Title(lang.T("Back to {before}", "before", chainWords(t.swap.before))).Text(lang.T("Revert")).OnClick(t.revert),
		ui.Words("next dim", lang.T("Revert asks for {before} as a new swap, which waits for its moment.", "before", chainWords(t.swap.before))),
	)
}

// cancel takes the chain that waits back.
func (t *chainTab) cancel(app.Context, app.Event) {
	if s, ok := t.session(); ok {
		t.own = runningChain(s)
		console.cancelPending(t.ID, "filters")
	}
}

// revert asks for the chain that ran before the last one that was asked for.
func (t *chainTab) revert(app.Context, app.Event) {
	if t.ask(t.swap.before) {
		t.swap.back = true
	}
}

// session returns the session if this is the moment to act on it.
func (t *chainTab) session() (*api.Session, bool) {
	s, ok := sessionRow(sessionView, t.ID)
	return s, ok && !t.busy && console.mayAct() && !console.stale()
}

// ask has the session run a chain, and reports whether this is the moment to.
func (t *chainTab) ask(chain []string) bool {
	s, ok := t.session()
	if !ok {
		return false
	}
	id, last := t.ID, t.swap
	names := append([]string{}, chain...)
	t.swap = chainSwap{asked: true, before: runningChain(s), after: names}
	t.own, t.busy = names, true
	console.async(func(ctx context.Context) func() {
		err := console.client.SetFilters(ctx, id, names)
		return func() { t.answered(id, last, err) }
	})
	return true
}

// answered takes the server's answer to what was asked for the session id. The
// push feed tells what came of it.
func (t *chainTab) answered(id string, last chainSwap, err error) {
	if err != nil {
		console.say(err.Error(), true)
	}
	if t.last == nil || t.last.ID != id {
		return
	}
	t.busy = false
	if err != nil {
		t.swap, t.own = last, nil
	}
}
