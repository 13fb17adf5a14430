package app

import (
	"cmp"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// commandText is how something that is done to a monitor or its servers is
// spoken of.
type commandText struct {
	title, button, keep string
	grave               bool // it can lose something
	done                func(*commandState) string
	says                func(*commandState) []string // what will happen
}

var commandTexts = map[string]commandText{
	doSwitchover: {
		title: lang.Mark("Move the primary of {monitor}?"), button: lang.Mark("Switch over"), keep: lang.Mark("Leave it"),
		done: func(c *commandState) string {
			if to := c.newPrimary(); to != "" {
				return lang.T("{server} is the primary now.", "server", to)
			}
			return lang.T("{monitor} has another primary now.", "monitor", c.monitor)
		},
		says: func(c *commandState) []string {
			return []string{
				lang.T("{old} becomes read-only, the new primary gets everything that it has, and then takes the writes. Nothing that was acknowledged is lost.", "old", cmp.Or(c.oldPrimary(), lang.T("The primary"))),
				lang.T("Sessions stay. Writes fail or wait for a few seconds. When a step fails, those before it are taken back."),
			}
		},
	},
	doFailover: {
		title: lang.Mark("Replace the primary of {monitor}?"), button: lang.Mark("Fail over"), keep: lang.Mark("Leave it"), grave: true,
		done: func(c *commandState) string {
			return lang.T("{monitor} has another primary now.", "monitor", c.monitor)
		},
		says: func(c *commandState) []string {
			if old := c.oldPrimary(); old != "" {
				return []string{lang.T("{old} runs and is the primary: the monitor will refuse. Switch over instead.", "old", old)}
			}
			return []string{
				lang.T("The replica that has received most takes the place of the primary, which is down, and the others follow it."),
				lang.T("What the old primary had acknowledged and no replica has received is lost. It can come back as a replica only if there is nothing of that kind."),
			}
		},
	},
	doRejoin: {
		title: lang.Mark("Bring {server} back into {monitor}?"), button: lang.Mark("Rejoin"), keep: lang.Mark("Leave it"),
		done: func(c *commandState) string { return lang.T("{server} is a replica again.", "server", c.server) },
		says: func(c *commandState) []string {
			return []string{
				lang.T("{server} becomes read-only and replicates from {primary}. Its scheduled events are turned off.", "server", c.server, "primary", orDash(c.oldPrimary())),
				lang.T("The monitor refuses when it has transactions that the primary never had."),
			}
		},
	},
	doReset: {
		title: lang.Mark("Reset the replication of {monitor}?"), button: lang.Mark("Delete binary logs and reset"), keep: lang.Mark("Leave it"), grave: true,
		done: func(c *commandState) string {
			return lang.T("The replication of {monitor} was reset.", "monitor", c.monitor)
		},
		says: func(*commandState) []string {
			return []string{
				lang.T("The binary logs and replication positions of all servers that run are deleted, and all of them replicate from the primary from now on."),
				lang.T("Nobody checks whether they hold the same data. A backup can no longer be rolled forward by the logs."),
			}
		},
	},
	doMaintenance: {
		title: lang.Mark("Put {server} into maintenance?"), button: lang.Mark("Begin maintenance"), keep: lang.Mark("Leave it"),
		says: func(c *commandState) []string {
			return append(primaryWarning(c), lang.T("Nothing uses the server any more. Sessions go on without it as soon as they are idle and outside of a transaction; those that cannot do without it end."))
		},
	},
	doDrain: {
		title: lang.Mark("Drain {server}?"), button: lang.Mark("Drain"), keep: lang.Mark("Leave it"),
		says: func(c *commandState) []string {
			return append(primaryWarning(c), lang.T("The server takes no new connections. Those that are open stay until they end by themselves."))
		},
	},
	doStop: {
		title: lang.Mark("Stop {monitor}?"), button: lang.Mark("Stop the monitor"), keep: lang.Mark("Let it run"), grave: true,
		says: func(*commandState) []string {
			return []string{
				lang.T("Nobody looks at its servers until it is started again. They keep the states that they have, whatever happens to them: no failover, and no new primary."),
			}
		},
	},
}

// primaryWarning says that the server is the primary, if it is.
func primaryWarning(c *commandState) []string {
	if c.server != c.oldPrimary() {
		return nil
	}
	return []string{lang.T("{server} is the primary: there are no writes without it. Switch over first.", "server", c.server)}
}

// commandDialog asks whether to do something to a monitor or a server, and shows
// what becomes of it.
type commandDialog struct {
	app.Compo
	Rev uint64
}

// Render draws the dialog while one is open.
func (d *commandDialog) Render() app.UI {
	c := &console.layer.command
	if c.do == "" {
		return app.Div().Hidden(true)
	}
	w := commandTexts[c.do]
	says := w.says(c)
	return ui.Box("scrim",
		app.Div().ID("command-dialog").Class("dlg").Role("alertdialog").Aria("modal", "true ").Aria("labelledby", "command-title").
			Aria("describedby", "command-what").OnKeyDown(trapTab).Body(
			app.H1().ID("command-title").Text(lang.T(w.title, "monitor", c.monitor, "server", c.server)),
			app.Div().ID("command-what").Class("kill-say").Body(app.Range(says).Slice(func(i int) app.UI { return app.P().Text(says[i]) })),
			d.renderServers(c),
			d.renderChoice(c),
			d.renderConfirm(c),
			ui.When(c.do == doMaintenance, app.Label().Class("tick").For("command-force").Body(
				app.Input().ID("command-force").Type("checkbox").Checked(c.force).OnChange(d.forced),
				app.Text(lang.T("End sessions that are at work on it at once")),
			)),
			renderReason("command", d.reasoned),
			d.renderOutcome(c),
			d.renderFoot(c, w),
		),
	)
}

// renderServers shows the servers that are concerned, as they are now.
func (d *commandDialog) renderServers(c *commandState) app.UI {
	list := c.servers()
	if s, ok := c.about(); ok && c.do != doSwitchover {
		list = []*api.Server{s}
	}
	var items []app.UI
	for _, s := range list {
		words := []string{s.Attributes.State}
		if s.Attributes.ReplicationLag > 0 {
			words = append(words, lang.T("{lag} behind", "lag", seconds(s.Attributes.ReplicationLag)))
		}
		words = append(words, lang.N(int(s.Attributes.Statistics.Connections), "{n} connection|{n} connections"))
		items = append(items, app.Dt().Class("clip").Title(s.ID).Text(s.ID), app.Dd().Text(strings.Join(words, " · ")))
	}
	return app.Dl().Class("kv facts").Body(items...)
}

// renderChoice lets one choose the server that is to be the primary.
func (d *commandDialog) renderChoice(c *commandState) app.UI {
	if c.do != doSwitchover && c.do != doReset {
		return app.Div().Hidden(true)
	}
	type option struct{ value, text string }
	options := []option{{anyServer, lang.T("The monitor chooses the best replica")}}
	if c.do == doReset {
		options[0].text = lang.T("{server}, which is the primary", "server", orDash(c.oldPrimary()))
	}
	for _, s := range c.servers() {
		if s.ID != c.oldPrimary() && strings.Contains(s.Attributes.State, "Running") {
			options = append(options, option{s.ID, s.ID})
		}
	}
	return ui.Labelled("command-choice", lang.T("New primary"),
		app.Select().ID("command-choice").Class("in").Disabled(c.atIt()).OnChange(d.chose).Body(app.Range(options).Slice(func(i int) app.UI {
			return app.Option().Value(options[i].value).Selected(options[i].value == c.choice).Text(options[i].text)
		})))
}

// renderConfirm asks for the name of the primary where what is lost cannot be had
// again.
func (d *commandDialog) renderConfirm(c *commandState) app.UI {
	if c.do != doReset {
		return app.Div().Hidden(true)
	}
	return ui.Box("field",
		app.Label().For("command-confirm").Body(ui.Fill(lang.T("Type {server} to confirm"), ui.Parts{"server": app.Code().Text(orDash(c.newPrimary()))})...),
		app.Input().ID("command-confirm").Class("in").AutoComplete(false).MaxLength(maxReason).OnInput(d.typed),
	)
}

// renderOutcome shows that the monitor is at it, or why it has not done it.
func (d *commandDialog) renderOutcome(c *commandState) app.UI {
	switch {
	case c.atIt():
		return app.P().Class("dim tnum").Role("status").Text(lang.T("The monitor is at it, for {last}.", "last", ui.Duration(time.Since(c.order.begun).Truncate(time.Second))))
	case len(c.failed) > 1:
		return app.Div().Class("err lines").Role("alert").Body(app.Range(c.failed).Slice(func(i int) app.UI { return app.P().Text(c.failed[i]) }))
	case len(c.failed) == 1:
		return renderDialogError(c.failed[0])
	case c.order != nil:
		return ui.Para("dim", lang.T("Another command is under way: {command} of {monitor}.", "command", c.order.Command, "monitor", c.order.Monitor))
	}
	return renderDialogError("")
}

func (d *commandDialog) renderFoot(c *commandState, w commandText) app.UI {
	class, keep := "btn p", lang.T(w.keep)
	if w.grave {
		class = "btn d"
	}
	if c.atIt() || len(c.failed) > 0 {
		keep = lang.T("Close")
	}
	return ui.Box("foot",
		app.Button().ID("command-cancel").Type("button").Class("btn").Hidden(!c.atIt()).Disabled(console.stale()).Text(lang.T("Cancel the command")).OnClick(d.cancel),
		app.Span().Class("sp"),
		app.Button().ID("command-keep").Type("button").Class("btn").Text(keep).OnClick(d.keep),
		app.Button().ID("command-do").Type("button").Class(class).Disabled(!c.ready()).Text(lang.T(w.button)).OnClick(d.do),
	)
}

func (d *commandDialog) chose(ctx app.Context, _ app.Event) {
	console.layer.command.choice = ctx.JSSrc().Get("value").String()
	console.layer.command.failed = nil
	console.rev++
}

func (d *commandDialog) typed(ctx app.Context, _ app.Event) {
	console.layer.command.typed = strings.TrimSpace(clipInput(ctx))
}

func (d *commandDialog) forced(ctx app.Context, _ app.Event) {
	console.layer.command.force = ctx.JSSrc().Get("checked").Bool()
}

func (d *commandDialog) reasoned(ctx app.Context, _ app.Event) {
	console.layer.command.reason = clipInput(ctx)
}

func (d *commandDialog) keep(app.Context, app.Event) { console.layer.command.close() }

func (d *commandDialog) do(app.Context, app.Event) { console.layer.command.ask() }

func (d *commandDialog) cancel(app.Context, app.Event) { console.layer.command.giveUp() }
