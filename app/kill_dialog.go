package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/client"
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
	when      string // one of killTimes
	custom    string
	reason    string
	failed    string
	busy      bool
	last      *api.Session // newest that is known of it
}

// The choices of when to kill.
var killTimes = []struct{ id, label, button string }{
	{"now", "Now", "Kill now"},
	{"30s", "In 30 s", "Kill in 30 s"},
	{"5m", "In 5 min", "Kill in 5 min"},
	{"idle", "When idle", "Kill when idle"},
	{"custom", "Custom…", "Kill later"},
}

// askKill opens the dialog for the session id, as the view holds it now.
func (l *live) askKill(ctx app.Context, s *api.Session) {
	if !l.mayAct() || l.stale() {
		return
	}
	a := &s.Attributes
	l.kill = killState{
		ID: s.ID, Connected: a.ConnectedAt, User: a.User, Client: view.Client(s), when: "30s", last: s,
	}
	l.watch(api.Subscribe{View: killView, Topic: api.TopicSession, ID: s.ID})
	ctx.Defer(func(app.Context) { ui.Focus("kill-keep") })
	l.rev++
}

// killView is the dialog's own view of the session.
const killView = "kill"

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
	return app.Div().Class("scrim").Body(
		app.Div().Class("dlg").Role("alertdialog").Aria("modal", "true ").Aria("labelledby", "kill-title").Aria("describedby", "kill-what").Body(
			app.H1().ID("kill-title").Text("Kill session "+k.ID+"?"),
			app.P().ID("kill-what").Class("dim").Aria("live", "polite").Text(consequence(k.last, gone, console.now())),
			d.facts(k),
			app.Div().Class("field").Body(
				app.Span().ID("kill-when").Text("When"),
				app.Div().Class("seg").Role("radiogroup").Aria("labelledby", "kill-when").OnClick(d.pick).OnKeyDown(d.arrow).Body(
					app.Range(killTimes).Slice(func(i int) app.UI {
						on := k.when == killTimes[i].id
						tab := -1
						if on {
							tab = 0
						}
						return app.Button().Type("button").Role("radio").ID("kill-"+killTimes[i].id).Aria("checked", boolText(on)).
							TabIndex(tab).DataSet("when", killTimes[i].id).Text(killTimes[i].label)
					}),
				),
			),
			app.If(k.when == "custom", func() app.UI {
				return app.Div().Class("field").Body(
					app.Label().For("kill-after").Text("After"),
					app.Input().ID("kill-after").Class("in").Placeholder("90s, 5m, 1h").OnInput(d.typed),
				)
			}),
			app.Div().Class("field").Body(
				app.Label().For("kill-reason").Text("Reason"),
				app.Input().ID("kill-reason").Class("in").MaxLength(200).Placeholder("The client is told it, and the audit log keeps it").OnInput(d.reasoned),
			),
			app.If(k.failed != "", func() app.UI { return app.P().Class("err").Role("alert").Text(k.failed) }),
			app.If(console.stale(), func() app.UI {
				return app.P().Class("err").Text("Can't act on stale data — reconnect first.")
			}),
			app.Div().Class("foot").Body(
				app.Span().Class("faint").Text(d.note(k)),
				app.Span().Class("sp"),
				app.Button().ID("kill-keep").Type("button").Class("btn").Text("Keep session").OnClick(d.keep),
				app.Button().ID("kill-do").Type("button").Class("btn d").Disabled(k.busy || gone || console.stale()).Text(d.button(k)).OnClick(d.kill),
			),
		),
	)
}

func (d *killDialog) facts(k *killState) app.UI {
	a := &k.last.Attributes
	trx := "none"
	if a.Activity.Trx {
		trx = "open for " + ui.Duration(view.TrxAge(k.last, lag(k.last))) + ", " + ui.Plural(int(a.Activity.TrxWrites), "write", "writes")
	}
	return app.Dl().Class("kv facts").Body(
		app.Dt().Text("Session"), app.Dd().Body(app.Code().Text(k.ID), app.Text(" "+k.User+"@"+k.Client)),
		app.Dt().Text("Service"), app.Dd().Text(service(k.last)+arrow(a.Activity.Server)),
		app.Dt().Text("Transaction"), app.Dd().Text(trx),
		app.Dt().Text("Statement"), app.Dd().Class("sql clip").Text(orDash(a.Activity.Statement)),
	)
}

// consequence says what a kill does to the session as it is now; gone is a
// session that has ended.
func consequence(s *api.Session, gone bool, now time.Time) string {
	a := &s.Attributes.Activity
	since := view.Lag(s, now)
	switch {
	case gone:
		return "This session has ended in the meantime. There is nothing left to kill."
	case a.Trx && a.TrxWrites > 0:
		return "The open transaction (" + ui.Plural(int(a.TrxWrites), "write", "writes") + ", " + ui.Duration(view.TrxAge(s, since)) + ") will be rolled back on " + a.Server + "."
	case a.Trx:
		return "The open transaction (" + ui.Duration(view.TrxAge(s, since)) + ", no writes) will be rolled back on " + a.Server + "."
	case a.State == "running":
		return "A statement that has run for " + ui.Duration(view.InState(s, since)) + " will be stopped on " + a.Server + "."
	}
	return "Nothing is running. The client loses its connection."
}

func (d *killDialog) note(k *killState) string {
	if k.when == "now" {
		return "This cannot be taken back."
	}
	if k.when == "idle" {
		return "At the latest in 5 min. You can cancel until then."
	}
	return "You can cancel until the countdown ends."
}

func (d *killDialog) button(k *killState) string {
	for _, t := range killTimes {
		if t.id == k.when {
			if k.when == "custom" {
				if after, err := after(k.custom); err == nil {
					return "Kill in " + ui.Duration(after)
				}
			}
			return t.button
		}
	}
	return ""
}

func (d *killDialog) pick(_ app.Context, e app.Event) {
	if when := ui.Closest(e, "data-when"); when != "" {
		console.kill.when, console.kill.failed = when, ""
	}
}

// arrow moves the choice with the arrow keys, as in any group of radio buttons.
func (d *killDialog) arrow(ctx app.Context, e app.Event) {
	step := 0
	switch e.Get("key").String() {
	case "ArrowRight", "ArrowDown":
		step = 1
	case "ArrowLeft", "ArrowUp":
		step = -1
	default:
		return
	}
	e.PreventDefault()
	for i, t := range killTimes {
		if t.id == console.kill.when {
			next := killTimes[(i+step+len(killTimes))%len(killTimes)].id
			console.kill.when = next
			ctx.Defer(func(app.Context) { ui.Focus("kill-" + next) })
			return
		}
	}
}

func (d *killDialog) typed(ctx app.Context, _ app.Event) {
	console.kill.custom = ctx.JSSrc().Get("value").String()
}

func (d *killDialog) reasoned(ctx app.Context, _ app.Event) {
	console.kill.reason = ctx.JSSrc().Get("value").String()
}

func (d *killDialog) keep(app.Context, app.Event) { console.closeKill() }

// closeKill closes the dialog. Nothing has happened.
func (l *live) closeKill() {
	l.kill = killState{}
	l.unwatch(killView)
	l.rev++
}

// kill asks the server to do it, to this very session: the precondition keeps it
// from meaning another one.
func (d *killDialog) kill(app.Context, app.Event) {
	k := &console.kill
	o := client.KillOptions{Reason: strings.TrimSpace(k.reason), IfMatch: string(k.Connected)}
	switch k.when {
	case "30s":
		o.TTL = 30 * time.Second
	case "5m":
		o.TTL = 5 * time.Minute
	case "idle":
		o.Idle, o.TTL = true, 5*time.Minute
	case "custom":
		ttl, err := after(k.custom)
		if err != nil {
			k.failed = "That is no time span: " + err.Error() + "."
			return
		}
		o.TTL = ttl
	}
	id := k.ID
	k.busy, k.failed = true, ""
	console.async(func(ctx context.Context) func() {
		err := console.client.Kill(ctx, id, o)
		return func() { console.killAnswered(id, o, err) }
	})
}

func (l *live) killAnswered(id string, o client.KillOptions, err error) {
	if l.kill.ID == id {
		l.kill.busy = false
	}
	e, _ := errors.AsType[*client.Error](err)
	switch {
	case err == nil && o.TTL == 0:
		l.say("Session "+id+" was killed.", false)
	case err == nil && o.Idle:
		l.say("Session "+id+" will be killed when it is idle.", false)
	case err == nil:
		l.say("Session "+id+" will be killed at "+clockOf(l.now().Add(o.TTL))+".", false)
	case e != nil && e.Status == 404:
		l.say("Session "+id+" had already ended.", false)
	case e != nil && e.Status == 412:
		l.say("Session "+id+" was replaced by a new client since you looked. Nothing was killed.", true)
	default:
		if l.kill.ID == id {
			l.kill.failed = err.Error()
		}
		return
	}
	if l.kill.ID == id {
		l.closeKill()
	}
}

// after reads how long to wait: 90s, 5m, 1h, or a number of seconds.
func after(text string) (time.Duration, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	text = strings.TrimSuffix(text, "in") // 5min
	if text != "" && strings.Trim(text, "0123456789") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > 24*time.Hour {
		return 0, errors.New("say how long from now, up to a day: 90s, 5m or 1h")
	}
	return d, nil
}
