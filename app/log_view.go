package app

import (
	"cmp"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file draws the page of the log, and takes what is typed and clicked there.

// Render draws the page.
func (p *logPage) Render() app.UI {
	r := &p.reader
	items, _ := r.items(console.now())
	p.first, p.last = r.window(len(items))
	class := "entries data"
	if r.wrap {
		class += " wraps"
	}
	if p.bare {
		class += " bare"
	}
	return app.Div().Class("journal").OnClick(p.clicked).Body(
		renderLogBar(p, len(items)),
		r.show.Find.renderProblem(),
		renderLogChoices(p),
		app.Div().Class(class).ID("log-lines").TabIndex(0).Role("log").Aria("live", "off").Aria("label", lang.T("Lines of the log")).OnScroll(p.scrolled).Body(
			app.Div().Class("space").ID("log-space").Body(
				app.Div().Class("window").ID("log-window").Body(
					app.If(r.wrap && p.first > 0, func() app.UI {
						return ui.Para("faint older", lang.T("While lines wrap only the newest {maxWrapped} are drawn; {first} older ones are not.", "maxWrapped", lang.Count(maxWrapped), "first", lang.Count(p.first)))
					}),
					app.Range(items[p.first:p.last]).Slice(func(i int) app.UI { return r.renderItem(items[p.first+i]) }),
				),
			),
			renderLogEmpty(p, len(items)),
		),
		renderLogAway(&p.reader),
	)
}

func renderLogBar(p *logPage, n int) app.UI {
	r := &p.reader
	return ui.Box("bar",
		app.H1().Text(lang.T("Log")),
		ui.Words("faint tnum", logCount(n, len(p.reader.tail.lines))),
		app.Span().Class("err clip").Role("status").Title(p.poll.note()+" ").Text(p.shownNote()),
		app.Span().Class("sp"),
		r.show.Find.renderFind("in find", lang.T("Find: words, level:error, !without"), p.findTyped, p.findKey),
		app.If(r.show.Find.filter != nil, func() app.UI {
			return app.Span().Class("found").Body(
				app.Span().Class("tnum dim").Role("status").Text(r.place(console.now())),
				app.Button().Type("button").Class("btn s").DataSet("do", "previous").Title(lang.T("Previous{keyHint}", "keyHint", keyHint("N"))).Aria("label", lang.T("Previous line")).Text("▲"),
				app.Button().Type("button").Class("btn s").DataSet("do", "next").Title(lang.T("Next{keyHint}", "keyHint", keyHint("n"))).Aria("label", lang.T("Next line")).Text("▼"),
				renderLogSwitch("only", lang.T("Only these"), r.show.Only),
			)
		}),
		app.Button().Type("button").Class("btn s").DataSet("do", "copy").Disabled(n == 0).Text(lang.T("Copy")),
		app.Button().Type("button").Class("btn s").DataSet("do", "save").Disabled(n == 0).Text(lang.T("Download")),
	)
}

// logCount says how many lines are shown, of how many that are known.
func logCount(n, known int) string {
	switch {
	case known == 0:
		return " "
	case n == known:
		return lang.N(known, "{n} line|{n} lines")
	}
	return lang.T("{n} of {all}", "n", lang.Count(n), "all", lang.N(known, "{n} line|{n} lines"))
}

// shownNote is the note in the bar; without lines it stands in the page instead.
func (p *logPage) shownNote() string {
	if len(p.reader.tail.lines) == 0 {
		return ""
	}
	return p.poll.note()
}

func renderLogChoices(p *logPage) app.UI {
	r := &p.reader
	pick := func(name, value string) { pickLog(p, name, value) }
	return ui.Box("bar choices",
		renderLabelled(lang.T("At least"), renderChoices("log-level", lang.T("At least"), logLevels, cmp.Or(r.show.Level, usual), pick)),
		renderLabelled(lang.T("Since"), renderChoices("log-since", lang.T("Since"), logAges, cmp.Or(ageWord(r.show.Since), usual), pick)),
		app.Label().For("log-session").Class("dim").Text(lang.T("Session")),
		app.Input().ID("log-session").Class("in sid").Placeholder(lang.T("any")).Attr("inputmode", "numeric").MaxLength(20).OnInput(p.sessionTyped),
		app.Span().Class("sp"),
		renderLogSwitch("wrap", lang.T("Wrap{keyHint}", "keyHint", keyHint("w")), r.wrap),
		renderLogSwitch("times", lang.T("Times{keyHint}", "keyHint", keyHint("T")), !p.bare),
	)
}

func renderLogSwitch(do, label string, on bool) app.UI {
	return app.Button().Type("button").Class("switch").Role("switch").Aria("checked", boolText(on)).DataSet("do", do).Text(label)
}

// renderLabelled puts a word in front of a choice.
func renderLabelled(label string, choices app.UI) app.UI {
	return ui.Box("choice", ui.Words("dim", label), choices)
}

func renderLogEmpty(p *logPage, n int) app.UI {
	switch {
	case n > 0:
		return app.Div().Hidden(true)
	case len(p.reader.tail.lines) > 0:
		return ui.Box("empty",
			app.P().Text(lang.T("None of the {lines} is of this kind.", "lines", lang.N(len(p.reader.tail.lines), "{n} known line|{n} known lines"))),
			app.Button().Type("button").Class("btn").DataSet("do", "all").Text(lang.T("Show all")),
		)
	case p.poll.failed != "":
		return ui.Box("empty", app.P().Class("err").Role("alert").Text(p.poll.failed))
	case !p.poll.ready:
		return app.Div().Class("empty faint").Text(lang.T("Loading…"))
	}
	return app.Div().Class("empty").Text(lang.T("The log is empty."))
}

// renderLogAway leads back to the end, and says what has come there.
func renderLogAway(r *logReader) app.UI {
	if !r.away {
		return app.Div().Hidden(true)
	}
	text := lang.T("▼ Follow")
	if n := r.fresh(console.now()); n > 0 {
		text = lang.T("▼ {n} new — Follow", "n", lang.Count(n))
	}
	return ui.Box("away",
		app.Button().Type("button").Class("btn s").DataSet("do", "follow").Body(app.Text(text), app.Kbd().Hidden(keyHint("G") == "").Text(keyLabel("G"))),
	)
}

// clicked does what the button stands for that was hit.
func (p *logPage) clicked(ctx app.Context, e app.Event) {
	id := digits(ui.Closest(e, "data-session"))
	if id == "" {
		p.do(ctx, ui.Closest(e, "data-do"))
		return
	}
	p.reader.show.Session = id
	ui.SetValue("log-session", id)
	p.changed()
	p.follow(ctx)
}

// pickLog shows lines of another level or age.
func pickLog(p *logPage, name, value string) {
	show := &p.reader.show
	if name == "log-level" {
		show.Level = chosen(logLevels, value)
	} else {
		show.Since, _ = time.ParseDuration(chosen(logAges, value))
	}
	p.changed()
	p.reader.leave(false)
	console.rev++ // the page follows its end again when it is drawn
}

func (p *logPage) findTyped(ctx app.Context, _ app.Event) {
	p.reader.show.Find.set(ctx.JSSrc().Get("value").String())
	p.changed()
	p.place(ctx)
}

// findKey goes to the next line with Enter, and to the one before with Shift.
func (p *logPage) findKey(ctx app.Context, e app.Event) {
	switch e.Get("key").String() {
	case "Enter":
		p.reader.show.Find.asked = true
		step := -1
		if e.Get("shiftKey").Bool() {
			step = 1
		}
		p.seek(ctx, step)
	case "Escape":
		ctx.JSSrc().Call("blur")
	default:
		ctx.PreventUpdate()
	}
}

func (p *logPage) sessionTyped(ctx app.Context, _ app.Event) {
	p.reader.show.Session = digits(ctx.JSSrc().Get("value").String())
	p.changed()
	p.follow(ctx)
}
