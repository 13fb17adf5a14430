package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// This file has short forms of the elements that there are very many of. Each link
// of a chain of calls is a quarter of a kilobyte of the browser's program.

// Box is a div.
func Box(class string, body ...app.UI) app.UI { return app.Div().Class(class).Body(body...) }

// Words is a span.
func Words(class, text string) app.UI { return app.Span().Class(class).Text(text) }

// Bold is a b.
func Bold(class, text string) app.UI { return app.B().Class(class).Text(text) }

// Para is a p.
func Para(class, text string) app.UI { return app.P().Class(class).Text(text) }

// Alert is a p that is read out when its text changes.
func Alert(class, text string) app.UI {
	return app.P().Class(class).Role("alert").Text(text + " ")
}

// Head is an h2.
func Head(class string, body ...app.UI) app.UI { return app.H2().Class(class).Body(body...) }

// Cell is a td with a text.
func Cell(class, text string) app.UI { return app.Td().Class(class).Title(text).Text(text) }

// CellOf is a td.
func CellOf(class string, body ...app.UI) app.UI { return app.Td().Class(class).Body(body...) }

// Columns is the head of a table. The last column has none when its name is
// empty.
func Columns(names ...string) app.UI {
	return app.THead().Body(app.Tr().Body(app.Range(names).Slice(func(i int) app.UI {
		return app.Th().Scope("col").Text(names[i])
	})))
}

// Do is a button. What it does stands in data-do, for the handler of what is
// around it.
func Do(class, do, text string, disabled bool) app.HTMLButton {
	return app.Button().Type("button").Class("btn", class).DataSet("do", do).Disabled(disabled).Text(text)
}

// Labelled is a control with its name above it.
func Labelled(id, label string, control app.UI) app.UI {
	return app.Div().Class("field").Body(app.Label().For(id).Text(label), control)
}

// Field is a labelled input. Its value is set by SetValue.
func Field(id, label, class, hint string, longest int) app.UI {
	return Labelled(id, label, app.Input().ID(id).Class("in", class).AutoComplete(false).Placeholder(hint).MaxLength(longest))
}

// Choose is a choice among values, each with its text.
func Choose(id string, values, texts []string, disabled bool) app.UI {
	return app.Select().ID(id).Class("in").Disabled(disabled).Body(app.Range(values).Slice(func(i int) app.UI {
		return app.Option().Value(values[i]).Text(texts[i])
	}))
}

// When is x, or nothing to be seen.
func When(shown bool, x app.UI) app.UI {
	if !shown {
		return app.Div().Hidden(true)
	}
	return x
}
