package app

import (
	"net/url"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// objectTable is the live table of the configured objects of one kind, whose
// attributes are A, and the page of each of them. It has no state: what it shows
// is what the view named by its topic holds.
type objectTable[A any] struct {
	topic   string // of the push feed; also the name of the view and the section of the address
	title   string
	none    string // that there is no object {id}
	columns []objectColumn[A]
	empty   string // what to say when there is none

	about func(o *api.Resource[A]) []objectBox // the boxes of an object's page
	chip  func(o *api.Resource[A]) app.UI      // its state

	aside   func() app.UI                   // at the end of the table's bar; nil for nothing
	buttons func(o *api.Resource[A]) app.UI // of what can be done to an object; nil for none
}

// objectColumn is a column of an objectTable. Its class gives its width.
type objectColumn[A any] struct {
	class, label string
	cell         func(o *api.Resource[A]) app.UI
}

// objectBox is a box on the page of an object. Boxes that are wide have a line
// of their own.
type objectBox struct {
	title string
	wide  bool
	body  app.UI
}

func (t *objectTable[A]) open()  { console.watch(api.Subscribe{View: t.topic, Topic: t.topic}) }
func (t *objectTable[A]) close() { console.unwatch(t.topic) }

// render draws the table, or the page of the object id when it is not empty.
func (t *objectTable[A]) render(id string) app.UI {
	v := console.store.View(t.topic)
	if id != "" {
		return t.renderObject(v, id)
	}
	rows := model.Rows[A](v)
	return ui.Box("objects",
		ui.Box("bar",
			app.H1().Text(lang.T(t.title)),
			ui.Words("faint tnum", t.count(v, len(rows))),
			app.Span().Class("sp"),
			app.If(t.aside != nil, func() app.UI { return t.aside() }),
		),
		ui.Box("data",
			app.Table().Class("t of-"+t.topic).OnClick(openRow).Body(
				app.THead().Body(t.renderHead()),
				app.TBody().Body(app.Range(rows).Slice(func(i int) app.UI { return t.renderRow(rows[i]) })),
			),
		),
		t.renderEmpty(v, len(rows)),
	)
}

func (t *objectTable[A]) count(v *model.View, n int) string {
	if !v.Ready {
		return " "
	}
	return lang.Count(n)
}

func (t *objectTable[A]) renderHead() app.UI {
	return app.Tr().Body(app.Range(t.columns).Slice(func(i int) app.UI {
		return app.Th().Class(t.columns[i].class).Scope("col").Text(lang.T(t.columns[i].label))
	}))
}

// renderRow draws an object. The whole row leads to its page, and for the
// keyboard its name does.
func (t *objectTable[A]) renderRow(o *api.Resource[A]) app.UI {
	return app.Tr().DataSet("path", objectPath(t.topic, o.ID)).Body(
		app.Range(t.columns).Slice(func(i int) app.UI {
			return app.Td().Class(t.columns[i].class).Body(t.columns[i].cell(o))
		}),
	)
}

func (t *objectTable[A]) renderEmpty(v *model.View, n int) app.UI {
	switch {
	case v.Refused != "":
		return ui.Box("empty", app.P().Class("err").Role("alert").Text(v.Refused))
	case !v.Ready:
		return app.Div().Class("empty faint").Text(lang.T("Loading…"))
	case n == 0:
		return app.Div().Class("empty").Text(lang.T(t.empty))
	}
	return app.Div().Hidden(true)
}

// renderObject draws the page of one object.
func (t *objectTable[A]) renderObject(v *model.View, id string) app.UI {
	o, ok := model.Row[A](v, id)
	var boxes []objectBox
	state, buttons := app.UI(app.Span().Hidden(true)), app.UI(app.Span().Hidden(true))
	if ok {
		boxes, state = t.about(o), t.chip(o)
		if t.buttons != nil {
			buttons = t.buttons(o)
		}
	}
	return ui.Box("objects",
		ui.Box("bar",
			app.A().Class("dim").Href(href("/"+t.topic)).Text(lang.T(t.title)),
			ui.Words("faint", "/"),
			app.H1().Class("clip").Title(id).Text(id),
			state,
			app.Span().Class("sp"),
			buttons,
		),
		app.Div().Class("data").OnClick(openRow).Body(
			ui.Box("page boxes",
				app.Range(boxes).Slice(func(i int) app.UI { return renderBox(boxes[i]) }),
			),
		),
		t.renderAbsent(v, id, ok),
	)
}

func (t *objectTable[A]) renderAbsent(v *model.View, id string, found bool) app.UI {
	switch {
	case v.Refused != "", !v.Ready:
		return t.renderEmpty(v, 0)
	case found:
		return app.Div().Hidden(true)
	}
	return ui.Box("empty",
		app.P().Body(ui.Fill(lang.T(t.none), ui.Parts{"id": app.Code().Text(id)})...),
		app.A().Class("btn").Href(href("/"+t.topic)).Text(lang.T(t.title)),
	)
}

func renderBox(b objectBox) app.UI {
	class := "box"
	if b.wide {
		class = "box wide"
	}
	return app.Section().Class(class).Body(
		app.Header().Body(app.H2().Text(b.title)),
		ui.Box("body", b.body),
	)
}

// openRow goes to the page that a row of a table stands for, unless the click
// was for a link inside of it, or for a button that copies its text.
func openRow(ctx app.Context, e app.Event) {
	if text := ui.Closest(e, "data-copy"); text != "" {
		copyOut(text)
		return
	}
	if path := ui.Closest(e, "data-path"); path != "" && ui.Closest(e, "href") == "" {
		ctx.Navigate(href(path))
	}
}

// copyOut puts text on the clipboard and says so.
func copyOut(text string) {
	if !ui.Copy(text) {
		console.say(lang.T("The browser does not let the console copy."), true)
		return
	}
	console.say(lang.T("Copied: {text}", "text", ui.Clip(text, 100)), false)
}

// objectPath is the address of an object's page, without the prefix.
func objectPath(section, id string) string { return "/" + section + "/" + url.PathEscape(id) }

// objectLink is a link to an object.
func objectLink(section, id string) app.UI {
	return app.A().Href(href(objectPath(section, id))).Text(id)
}

// objectName is the link in the first cell of a row.
func objectName(section, id string) app.UI {
	return app.A().Class("name").Href(href(objectPath(section, id))).Title(id).Text(id)
}

// objectLinks are links to several objects; a dash when there is none.
func objectLinks(section string, ids []string) app.UI {
	if len(ids) == 0 {
		return ui.Words("faint", "—")
	}
	return app.Span().Class("links").Body(
		app.Range(ids).Slice(func(i int) app.UI { return objectLink(section, ids[i]) }),
	)
}

// filterChain shows filters in the order that statements pass them.
func filterChain(ids []string) app.UI {
	if len(ids) == 0 {
		return ui.Words("faint", lang.T("no filters"))
	}
	return app.Span().Class("chainline").Body(
		app.Range(ids).Slice(func(i int) app.UI {
			return app.Span().Class("step").Body(
				app.If(i > 0, func() app.UI { return ui.Words("faint", "→") }),
				app.A().Class("tag").Href(href(objectPath("filters", ids[i]))).Text(ids[i]),
			)
		}),
	)
}

// sessionsOf is a link to the sessions that a condition of the filter language
// selects.
func sessionsOf(key, value, text string) app.UI {
	return app.A().Class("tnum").Href(href("/sessions?q=" + url.QueryEscape(key+":"+quoted(value)))).Text(text)
}

// quoted puts a value of the filter language between quotes when it needs them,
// so that it means just this text.
func quoted(value string) string {
	if value == "" {
		return `""`
	}
	for _, r := range value {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		default:
			return view.Quote(value)
		}
	}
	return value
}
