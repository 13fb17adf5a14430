package app

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// palette lies over the page and finds what one types the beginnings of: pages,
// objects, sessions, saved views and actions.
type palette struct {
	app.Compo
	Rev uint64

	query string
	at    int           // entry that Enter means
	found []paletteItem // entries on the screen
}

// paletteItem is an entry.
type paletteItem struct {
	kind, text string
	keys       string // that do the same, "" when there are none
	do         func(ctx app.Context)
	leaves     bool // do goes to another page
}

// action is something that can be done on a page.
type action struct {
	what string
	do   func(ctx app.Context)
}

// actor is a page that says what can be done on it now. What cannot be undone
// must ask before it does anything.
type actor interface{ actions() []action }

// maxFound is the most entries that are shown.
const maxFound = 40

// paletteItems are all entries, the most particular to the page first.
func paletteItems() []paletteItem {
	var list []paletteItem
	for _, a := range actionsOf(keys) {
		list = append(list, paletteItem{kind: lang.T("This page"), text: a.what, do: a.do})
	}
	for _, s := range places() {
		list = append(list, paletteItem{kind: lang.T("Go to"), text: s.what, keys: s.keys, do: s.do, leaves: true})
	}
	for _, section := range directorySections {
		for _, name := range console.known.names[section] {
			list = append(list, leadTo(strings.TrimSuffix(ui.Sentence(section), "s."), name, objectPath(section, name)))
		}
	}
	for _, v := range append(slices.Clone(console.prefs.own.Views), console.prefs.shared.Views...) {
		list = append(list, leadTo(lang.T("View"), v.Name, viewPath(v)))
	}
	for _, s := range everywhere() {
		list = append(list, paletteItem{kind: lang.T("Do"), text: s.what, keys: s.keys, do: s.do})
	}
	for _, t := range themes {
		list = append(list, paletteItem{kind: lang.T("Theme"), text: lang.T("Theme: {label}", "label", lang.T(t.label)), do: func(app.Context) { choosePreference("theme", t.value) }})
	}
	if !console.who.HostLogin {
		list = append(list, paletteItem{kind: lang.T("Do"), text: lang.T("Log out"), do: func(app.Context) { console.logOut() }})
	}
	return list
}

// actionsOf are what a page says can be done on it.
func actionsOf(page keyHandler) []action {
	switch p := page.(type) {
	case actor:
		return p.actions()
	case *sessionPage:
		return sessionActions(p)
	}
	return nil
}

// leadTo is an entry that goes to a page.
func leadTo(kind, text, path string) paletteItem {
	return paletteItem{kind: kind, text: text, do: goTo("", text, path).do, leaves: true}
}

// viewPath is the address of a saved view.
func viewPath(v api.SavedView) string {
	values := url.Values{}
	for _, part := range []struct{ name, value string }{{"q", v.Filter}, {"sort", v.Sort}, {"cols", strings.Join(v.Columns, ",")}} {
		if part.value != "" {
			values.Set(part.name, part.value)
		}
	}
	if len(values) == 0 {
		return "/sessions"
	}
	return "/sessions?" + values.Encode()
}

// findItems returns the entries that a query means, the best first.
func findItems(items []paletteItem, query string) []paletteItem {
	query = strings.TrimSpace(query)
	if query == "" {
		return items[:min(len(items), maxFound)]
	}
	var found []paletteItem
	if _, err := strconv.ParseUint(query, 10, 64); err == nil {
		found = append(found, leadTo(lang.T("Session"), lang.T("Session {id}", "id", query), "/sessions/"+query))
	}
	for quality := range qualities {
		for _, item := range items {
			if nearness(item.text, query) == quality {
				found = append(found, item)
			}
		}
	}
	found = found[:min(len(found), maxFound)]
	if _, err := view.Parse(query); err == nil && len(query) <= maxFilter {
		found = append(found, leadTo(lang.T("Filter"), lang.T("Sessions: {query}", "query", query), viewPath(api.SavedView{Filter: query})))
	}
	return found
}

// maxFilter is the longest filter that the server takes, in bytes.
const maxFilter = 1024

// qualities of a match: the text begins so, a word does, it is somewhere inside,
// or at least three letters are, in this order.
const qualities = 4

// nearness returns how well a text matches a query, 0 the best; qualities when it
// does not.
func nearness(text, query string) int {
	text, query = strings.ToLower(text), strings.ToLower(query)
	switch at := strings.Index(text, query); {
	case at == 0:
		return 0
	case at > 0 && strings.Contains(text, " "+query):
		return 1
	case at > 0:
		return 2
	}
	if utf8.RuneCountInString(query) < 3 {
		return qualities // too little to be meant by letters apart
	}
	rest := text
	for _, r := range query {
		i := strings.IndexRune(rest, r)
		if i < 0 {
			return qualities
		}
		rest = rest[i+1:]
	}
	return 3
}

// OnMount asks for the names that the palette finds.
func (p *palette) OnMount(app.Context) { console.known.refresh() }

// Render draws the query and what it has found.
func (p *palette) Render() app.UI {
	p.found = findItems(paletteItems(), p.query)
	p.at = max(min(p.at, len(p.found)-1), 0)
	return app.Div().Class("scrim high").OnClick(closeOutside).Body(
		app.Div().Class("dlg palette layer").Role("dialog").Aria("modal", "true").Aria("label", lang.T("Find and do")).Body(
			app.Input().ID("palette-input").Class("in").Type("text").MaxLength(maxFilter).
				Placeholder(lang.T("A page, an object, a session's id, an action")).
				Role("combobox").Aria("label", lang.T("Find and do")).Aria("expanded", "true").Aria("autocomplete", "list").
				Aria("controls", "palette-list").Aria("activedescendant", p.optionID(p.at)).
				AutoComplete(false).Spellcheck(false).OnInput(p.input).OnKeyDown(p.keyDown),
			app.Ul().ID("palette-list").Role("listbox").Aria("label", lang.T("Found")).OnClick(p.clicked).Body(
				app.Range(p.found).Slice(p.renderItem),
			),
			app.P().Class("empty").Role("status").Hidden(len(p.found) > 0).Text(lang.T("Nothing is called so.")),
		),
	)
}

func (p *palette) optionID(i int) string { return "palette-" + strconv.Itoa(i) }

func (p *palette) renderItem(i int) app.UI {
	item := p.found[i]
	return app.Li().ID(p.optionID(i)).Role("option").DataSet("n", i).Aria("selected", boolText(i == p.at)).Body(
		ui.Words("kind", item.kind),
		ui.Words("clip", item.text),
		app.If(item.keys != "", func() app.UI { return app.Span().Class("sp-keys").Body(renderKbd(item.keys)...) }),
	)
}

func (p *palette) input(_ app.Context, e app.Event) {
	p.query, p.at = e.Get("target").Get("value").String(), 0
}

func (p *palette) keyDown(ctx app.Context, e app.Event) {
	if p.key(ctx, e.Get("key").String()) {
		e.PreventDefault()
	}
}

// key does what a key stands for in the query.
func (p *palette) key(ctx app.Context, key string) bool {
	n := len(p.found)
	switch {
	case key == "Tab":
	case key == "Escape" && p.query != "":
		p.query, p.at = "", 0
		ui.SetValue("palette-input", "")
	case key == "Escape":
		console.layer.close(ctx)
	case n == 0:
		return false
	case key == "ArrowDown":
		p.at = (p.at + 1) % n
	case key == "ArrowUp":
		p.at = (p.at + n - 1) % n
	case key == "PageDown":
		p.at = min(p.at+10, n-1)
	case key == "PageUp":
		p.at = max(p.at-10, 0)
	case key == "Enter":
		p.choose(ctx, p.at)
	default:
		return false
	}
	ctx.Defer(func(app.Context) { ui.ScrollIntoView(p.optionID(p.at)) })
	return true
}

func (p *palette) clicked(ctx app.Context, e app.Event) {
	if n, err := strconv.Atoi(ui.Closest(e, "data-n")); err == nil {
		p.choose(ctx, n)
	}
}

// choose does what entry n on the screen stands for.
func (p *palette) choose(ctx app.Context, n int) {
	if n >= len(p.found) {
		return
	}
	item := p.found[n]
	if item.leaves {
		console.layer.drop()
	} else {
		console.layer.close(ctx)
	}
	item.do(ctx)
}

// sessionActions are what can be done with the session that a page shows.
func sessionActions(p *sessionPage) []action {
	if !console.mayAct() || console.stale() || !p.ended.IsZero() {
		return nil
	}
	return []action{
		{lang.T("Kill session {id}…", "id", p.ID), func(ctx app.Context) { p.kill(ctx) }},
		{lang.T("Cancel the statement of session {id}…", "id", p.ID), func(app.Context) { ui.Press("cancel-statement") }},
		{lang.T("Restart session {id}", "id", p.ID), func(app.Context) { restartSession(p.ID) }},
	}
}
