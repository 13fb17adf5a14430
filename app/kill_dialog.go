package app

import (
	"cmp"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// killState is the kill that an operator is about to ask for. It is filled when
// the dialog opens, with the session as it was then: what happens on the screen
// behind it cannot make it mean another one.
type killState struct {
	ID        string // of the session, "" while no dialog is open
	Connected api.Time
	User      string
	Client    string
	timing    killTiming
	reason    string
	quiet     bool // the client is not told the reason
	failed    string
	busy      bool
	last      *api.Session // newest that is known of it
	opener    app.Value    // has had the keyboard before
}

// killView is the dialog's own view of the session.
const killView = "kill"

// killGrace is how long a kill that is asked for at once can be undone.
const killGrace = 5 * time.Second

// maxReason is the length of a reason, in letters.
const maxReason = 200

// askKill opens the dialog for a session, as the view holds it now.
func (l *live) askKill(_ app.Context, s *api.Session) {
	if !l.mayAct() || l.stale() {
		return
	}
	a := &s.Attributes
	l.kill = killState{
		ID: s.ID, Connected: a.ConnectedAt, User: a.User, Client: view.Client(s), last: s,
		timing: killTiming{when: "30s"}, opener: ui.Focused(),
	}
	l.watch(api.Subscribe{View: killView, Topic: api.TopicSession, ID: s.ID})
	onceDrawn(func() { ui.Focus("kill-keep") })
	l.rev++
}

// close closes the dialog, gives the keyboard back and forgets what was chosen.
func (k *killState) close() {
	opener, row := k.opener, `[data-id="`+k.ID+`"]`
	*k = killState{}
	console.unwatch(killView)
	console.rev++
	console.layer.waits.close()
	onceDrawn(func() { ui.FocusBack(opener, row) })
}

// onceDrawn runs fn when what has changed is on the screen. It does so also when
// what was clicked is not there any more.
func onceDrawn(fn func()) {
	if !app.IsServer {
		console.ctx.Defer(func(app.Context) { fn() })
	}
}

// killDialog asks when and why to kill a session, and says what that does.
type killDialog struct {
	app.Compo
	Rev uint64
}

// Render draws the dialog while one is open.
func (d *killDialog) Render() app.UI {
	k := &console.kill
	if k.ID == "" {
		return app.Div().Hidden(true)
	}
	gone := console.store.View(killView).Ready
	if s, ok := sessionRow(killView, k.ID); ok && s.Attributes.ConnectedAt == k.Connected {
		k.last, gone = s, view.Is(s, view.StateEnded, 0)
	}
	return ui.Box("scrim",
		app.Div().ID("kill-dialog").Class("dlg").Role("alertdialog").Aria("modal", "true ").Aria("labelledby", "kill-title").
			Aria("describedby", "kill-client kill-what").OnKeyDown(trapTab).Body(
			app.H1().ID("kill-title").Text(lang.T("Kill session {id}?", "id", k.ID)),
			ui.Box("kill-say",
				d.renderClient(k),
				app.P().ID("kill-what").Aria("live", "polite").Text(consequence(k.last, gone, console.now())),
			),
			d.renderFacts(k),
			ui.Box("field",
				ui.Words("label", lang.T("When")),
				renderChoices("kill", lang.T("When"), killTimes, k.timing.when, pickKillTime),
			),
			renderTiming("kill", &k.timing, d.typed, d.limited),
			renderReason("kill", d.reasoned),
			renderTell("kill", d.told),
			renderDialogError(k.failed),
			ui.Box("foot",
				app.Span().Class("faint").ID("kill-note").Text(k.timing.note()),
				app.Span().Class("sp"),
				app.Button().ID("kill-keep").Type("button").Class("btn").Text(lang.T("Keep session")).OnClick(d.keep),
				app.Button().ID("kill-do").Type("button").Class("btn d").Aria("describedby", "kill-note").
					Disabled(k.busy || gone || console.stale()).Text(k.timing.button()).OnClick(d.kill),
			),
		),
	)
}

// renderClient says what the client notices.
func (d *killDialog) renderClient(k *killState) app.UI {
	parts := ui.Parts{"who": app.B().Text(k.User + "@" + k.Client)}
	said := lang.T("The client {who} gets “Connection was killed”.")
	switch reason := strings.TrimSpace(k.reason); {
	case k.quiet:
		said = lang.T("The client {who} gets “Connection was killed”, without the reason.")
	case reason != "":
		said, parts["reason"] = lang.T("The client {who} gets “Connection was killed: {reason}”."), app.Text(reason)
	}
	return app.P().ID("kill-client").Body(ui.Fill(said, parts)...)
}

func (d *killDialog) renderFacts(k *killState) app.UI {
	a := &k.last.Attributes
	trx := lang.T("none open")
	if a.Activity.Trx {
		trx = lang.T("open for {last}, {trxWrites}", "last", elapsed(view.TrxAge(k.last, lag(k.last))), "trxWrites", lang.N(int(a.Activity.TrxWrites), "{n} write|{n} writes"))
	}
	pending := ""
	if p := a.Pending.Kill; p != nil {
		pending = lang.T("by {by} at {at}; yours takes its place", "by", p.By, "at", clockOf(timeOf(p.At)))
	}
	return app.Dl().Class("kv facts").Body(
		app.Dt().Text(lang.T("Session")), app.Dd().Body(app.Code().Text(k.ID), app.Text(" "+k.User+"@"+k.Client)),
		app.Dt().Text(lang.T("Service")), app.Dd().Text(service(k.last)+arrow(a.Activity.Server)),
		app.Dt().Text(lang.T("Transaction")), app.Dd().Text(trx),
		app.Dt().Text(lang.T("Statement")), app.Dd().Class("sql clip").Text(orDash(a.Activity.Statement)),
		app.If(pending != "", func() app.UI { return app.Dt().Text(lang.T("Kill pending")) }),
		app.If(pending != "", func() app.UI { return app.Dd().Text(pending) }),
	)
}

func pickKillTime(_, when string) {
	k := &console.kill
	k.timing.when, k.failed = when, ""
	console.rev++
}

func (d *killDialog) typed(ctx app.Context, _ app.Event) {
	console.kill.timing.custom = clipInput(ctx)
	console.kill.failed = ""
}

func (d *killDialog) limited(ctx app.Context, _ app.Event) {
	console.kill.timing.choose(ctx.JSSrc().Get("value").String())
}

func (d *killDialog) reasoned(ctx app.Context, _ app.Event) { console.kill.reason = clipInput(ctx) }

func (d *killDialog) told(ctx app.Context, _ app.Event) {
	console.kill.quiet = !ctx.JSSrc().Get("checked").Bool()
}

func (d *killDialog) keep(app.Context, app.Event) { console.kill.close() }

// kill asks the server to do it, to this very session: the precondition keeps it
// from meaning another one.
func (d *killDialog) kill(_ app.Context, e app.Event) {
	console.kill.ask(e.Get("shiftKey").Truthy())
}

// ask sends what the dialog says. Without grace a kill at once cannot be undone.
func (k *killState) ask(graceless bool) {
	if k.busy || console.stale() {
		return
	}
	ttl, err := k.timing.ttl(console.now())
	if err != nil {
		k.failed = lang.T("That is no time: {error}.", "error", err.Error())
		ui.Focus("kill-after")
		return
	}
	a := askedKill{ID: k.ID, Grace: k.timing.when == "now" && !graceless, KillOptions: client.KillOptions{
		TTL: ttl, Idle: k.timing.when == "idle", Keep: k.timing.keep, Reason: strings.TrimSpace(k.reason), Quiet: k.quiet, IfMatch: string(k.Connected),
	}}
	if a.Grace {
		a.TTL = killGrace
	}
	k.busy, k.failed = true, ""
	a.send()
}

// renderTiming draws what some choices of when to kill need beside.
func renderTiming(name string, t *killTiming, typed, limited app.EventHandler) app.UI {
	switch t.when {
	case "custom":
		at, err := t.at(console.now())
		hint := lang.T("after a time, or at a time of day")
		if t.custom != "" {
			hint = at
			if err != nil {
				hint = ui.Sentence(err.Error())
			}
		}
		return ui.Box("field",
			app.Label().For(name+"-after").Text(lang.T("Custom")),
			ui.Box("with",
				app.Input().ID(name+"-after").Class("in short").Placeholder(lang.T("90s, 5m or 14:30")).AutoComplete(false).MaxLength(20).
					Aria("describedby", name+"-at").Aria("invalid", boolText(t.custom != "" && err != nil)).OnInput(typed),
				app.Span().ID(name+"-at").Class("dim").Aria("live", "polite").Text(hint),
			),
		)
	case "idle":
		return ui.Box("field",
			app.Label().For(name+"-limit").Text(lang.T("At most")),
			ui.Box("with",
				app.Select().ID(name+"-limit").Class("in short").OnChange(limited).Body(
					app.Range(idleLimits).Slice(func(i int) app.UI {
						return app.Option().Value(idleLimits[i].value).Selected(idleLimits[i].value == cmp.Or(t.limit, idleLimit)).Text(lang.T(idleLimits[i].label))
					}),
				),
				ui.Words("dim", lang.T("until nothing is open, then")),
				app.Select().ID(name+"-otherwise").Class("in short").Aria("label", lang.T("When it is not idle in time")).OnChange(limited).Body(
					app.Option().Value("kill").Selected(!t.keep).Text(lang.T("kill anyway")),
					app.Option().Value("keep").Selected(t.keep).Text(lang.T("give up")),
				),
			),
		)
	}
	return app.Div().Hidden(true)
}

// renderReason draws the field for the reason, with the last ones to choose from.
func renderReason(name string, reasoned app.EventHandler) app.UI {
	reasons := console.prefs.own.Reasons
	return ui.Box("field",
		app.Label().For(name+"-reason").Body(app.Text(lang.T("Reason")), ui.Words("faint plain", lang.T(" — recorded in the audit log"))),
		app.Input().ID(name+"-reason").Class("in").MaxLength(maxReason).List(name+"-reasons").AutoComplete(false).
			Placeholder(lang.T("e.g. runaway report, ticket OPS-4411")).OnInput(reasoned),
		app.DataList().ID(name+"-reasons").Body(app.Range(reasons).Slice(func(i int) app.UI {
			return app.Option().Value(reasons[i])
		})),
	)
}

// renderTell draws the choice whether the client is told the reason.
func renderTell(name string, told app.EventHandler) app.UI {
	return app.Label().Class("tick").For(name+"-tell").Body(
		app.Input().ID(name+"-tell").Type("checkbox").Checked(true).OnChange(told),
		app.Text(lang.T("Tell the client the reason")),
	)
}

// renderDialogError says why what the dialog asks for cannot be done.
func renderDialogError(failed string) app.UI {
	if console.stale() {
		failed = staleTitle()
	}
	if failed == "" {
		return app.Div().Hidden(true)
	}
	return app.P().Class("err").Role("alert").Text(failed)
}

// clipInput is what stands in the input that an event came from.
func clipInput(ctx app.Context) string {
	letters := []rune(ctx.JSSrc().Get("value").String())
	return string(letters[:min(len(letters), maxReason)])
}

// trapTab keeps the keyboard inside a dialog.
func trapTab(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Tab" {
		ui.TrapTab(e, ctx.JSSrc())
	}
}
