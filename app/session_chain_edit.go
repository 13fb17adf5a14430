package app

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// chainEditor is the chain that an operator makes for a session or a service: a
// list that is compared with the chain that is to be, and follows it until it is
// edited.
type chainEditor struct {
	chainList
	coming []string // the chain that the session or the service is to run
	theirs bool     // somebody else has changed it since the list began
}

// follow takes in the chain that is to be; own is the one that the last change
// on this page leads to, nil for none.
func (d *chainEditor) follow(chain, own []string) {
	d.coming = chain
	switch {
	case slices.Equal(chain, d.order.base):
		d.theirs = false
	case d.Carrying():
		// What is being carried stays where it is. The rest comes afterwards.
	case !d.order.Changed() || slices.Equal(chain, d.order.Names()):
		d.order.Reset(chain)
		d.theirs = false
	case own != nil && slices.Equal(chain, own):
		d.order.Rebase(chain)
		d.theirs = false
	default:
		d.theirs = true
	}
}

// render draws the list under a title, what it changes, and the buttons of its
// owner. Without a title it stands in a box that has one.
func (d *chainEditor) render(title string, acting bool, hint string, buttons ...app.UI) app.UI {
	section := app.Section().Class("box")
	if title == "" {
		section = app.Section().Class("inner")
	}
	return section.Body(
		app.Header().Body(
			app.If(title != "", func() app.UI { return app.H2().Text(title) }),
			app.Span().Class("sp"),
			app.Span().Class("faint").Title(hint).Text(hint),
		),
		d.chainList.render(acting),
		app.If(acting, func() app.UI {
			return app.Footer().Body(d.renderTheirs(), d.renderDiff(), app.Div().Class("chain-do").Body(buttons...))
		}),
	)
}

// editHint says how to edit, or why one cannot.
func editHint(acting bool) string {
	switch {
	case acting:
		return lang.T("Drag, or Space lifts and ↑ ↓ move")
	case console.mayAct():
		return lang.T("The session has ended")
	case console.who.ReadOnly:
		return lang.T("Not editable: the server takes no changes")
	}
	return lang.T("Not editable: only administrators change a chain")
}

// renderTheirs shows both chains when somebody else has made another one.
func (d *chainEditor) renderTheirs() app.UI {
	if !d.theirs {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("chain-theirs").Role("alert").Body(
		app.P().Text(lang.T("Someone else has changed the chain.")),
		app.Button().ID(d.id("load")).Type("button").Class("btn s").Text(lang.T("Load theirs")).OnClick(d.load),
		app.Dl().Class("kv").Body(
			app.Dt().Text(lang.T("Theirs")), app.Dd().Text(chainWords(d.coming)),
			app.Dt().Text(lang.T("Yours")), app.Dd().Text(chainWords(d.Names())),
		),
		ui.Para("note", lang.T("Applying yours replaces theirs.")),
	)
}

// renderDiff says what is about to change, and what that means for filters whose
// order matters.
func (d *chainEditor) renderDiff() app.UI {
	hints := chainHints(d.coming, d.Names(), d.moduleOf)
	return ui.Box("chain-diff",
		app.P().ID(d.id("diff")).Text(chainDiff(d.coming, d.Names())),
		app.Range(hints).Slice(func(i int) app.UI { return ui.Para("dim", hints[i]) }),
	)
}

// renderDiscard draws the button that gives the edited order up.
func (d *chainEditor) renderDiscard() app.UI {
	return app.Button().ID(d.id("discard")).Type("button").Class("btn").Disabled(!d.Changed()).Text(lang.T("Discard")).OnClick(d.load)
}

// load takes the chain that is to be for the list.
func (d *chainEditor) load(app.Context, app.Event) {
	d.Reset(d.coming)
	d.theirs = false
}

// chainHint says what the order of two modules means: first and then stand for
// the names of their filters.
var chainHint = []struct{ first, then, means string }{
	{"qlafilter", "regexfilter", lang.Mark("{first} writes statements as the client sent them.")},
	{"regexfilter", "qlafilter", lang.Mark("{then} writes statements as {first} has rewritten them.")},
	{"hintfilter", "regexfilter", lang.Mark("hints are read from what the client sent.")},
	{"regexfilter", "hintfilter", lang.Mark("hints are read from what {first} has made of a statement.")},
	{"qlafilter", "maxrows", lang.Mark("{first} counts the rows that {then} lets through.")},
	{"maxrows", "qlafilter", lang.Mark("{then} counts all rows that the servers send.")},
}

// maxHints is how many hints are shown at once.
const maxHints = 4

// chainHints says what it means that filters stand in another order than before,
// or that one passes statements twice.
func chainHints(before, now []string, moduleOf func(name string) string) []string {
	var hints []string
	seen := make(map[[2]string]bool)
	for i, first := range now {
		for _, then := range now[i+1:] {
			if seen[[2]string{first, then}] || slices.Equal(before, now) {
				continue
			}
			seen[[2]string{first, then}] = true
			if first == then && !twice(before, first) {
				hints = append(hints, lang.T("{first} twice: every statement passes it twice.", "first", first))
			}
			if inOrder(before, first, then) {
				continue
			}
			for _, h := range chainHint {
				if h.first == moduleOf(first) && h.then == moduleOf(then) {
					hints = append(hints, lang.T("{first} before {then}: {means}", "first", first, "then", then, "means", lang.T(h.means, "first", first, "then", then)))
				}
			}
		}
	}
	return hints[:min(len(hints), maxHints)]
}

// inOrder reports whether a chain has the filter first somewhere before then.
func inOrder(chain []string, first, then string) bool {
	at := slices.Index(chain, first)
	return at >= 0 && slices.Contains(chain[at+1:], then)
}

func twice(chain []string, name string) bool { return inOrder(chain, name, name) }
