package app

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// builtinViews are the views that everybody has.
var builtinViews = []api.SavedView{
	{Name: lang.Mark("All sessions")},
	{Name: lang.Mark("Needs attention"), Filter: "state:kill,blocked,long,trx-long,swap,restart"},
	{Name: lang.Mark("Running"), Filter: "state:running", Sort: "-in-state"},
	{Name: lang.Mark("Open transactions"), Filter: "trx-age>0s", Sort: "-trx-age"},
	{Name: lang.Mark("Long idle"), Filter: "state:idle idle>10m", Sort: "-idle"},
	{Name: lang.Mark("Kill pending"), Filter: "state:kill"},
}

// viewNaming is a name that is being typed for a view.
type viewNaming struct {
	of    string // what to do with it: "save" or "rename", "" while nothing is
	name  string
	wrong string // what is wrong with it
}

// maxViewName is how long a name may be, in characters.
const maxViewName = 64

// sessionsViews is the menu of the saved views.
type sessionsViews struct{ *sessionsPage }

// same reports whether a view is what the page shows.
func (p sessionsViews) same(v api.SavedView) bool {
	cols := columnsOf(console.prefs.own.Columns)
	if len(v.Columns) > 0 {
		cols = columnsOf(v.Columns)
	}
	return v.Filter == p.box.text() && sortOf(v.Sort) == p.sort && slices.Equal(cols, p.cols)
}

// active returns the view that the page shows: the user's own before what is
// shared and what everybody has. Its kind is own, shared or builtin, "" for none.
func (p sessionsViews) active() (v api.SavedView, kind string) {
	for _, list := range []struct {
		kind  string
		views []api.SavedView
	}{{"own", console.prefs.own.Views}, {"shared", console.prefs.shared.Views}, {"builtin", builtinViews}} {
		if i := slices.IndexFunc(list.views, p.same); i >= 0 {
			return list.views[i], list.kind
		}
	}
	return api.SavedView{}, ""
}

// viewName is what the button of the views says.
func (p sessionsViews) viewName() string {
	if v, kind := p.active(); kind != "" {
		return viewTitle(kind, v.Name)
	}
	return lang.T("Views")
}

// viewTitle is what a view of a kind is called. The names of those that everybody
// has are ours.
func viewTitle(kind, name string) string {
	if kind == "builtin" {
		return lang.T(name)
	}
	return name
}

// renderViews draws the menu of the views.
func (p sessionsViews) renderViews() app.UI {
	now, kind := p.active()
	list := func(of string, views []api.SavedView) app.UI {
		return app.Div().Role("group").Aria("label", of).Hidden(len(views) == 0).Body(
			app.If(of != "builtin", func() app.UI {
				return menuTitle(map[string]string{"own": lang.T("Yours"), "shared": lang.T("Everybody's")}[of])
			}),
			app.Range(views).Slice(func(i int) app.UI {
				return app.Button().Type("button").Role("menuitemradio").TabIndex(-1).Aria("checked", boolText(kind == of && views[i].Name == now.Name)).
					DataSet("view", of+":"+strconv.Itoa(i)).Title(views[i].Filter).Body(ui.Words("clip", viewTitle(of, views[i].Name)))
			}),
		)
	}
	admin := console.mayAct() // sharing is for administrators
	item := func(there bool, do, label string) app.UI { return menuItem(do, label).Hidden(!there).Disabled(!there) }
	return app.Div().ID(p.menu.popover()).Class("menu choice").Attr("popover", "manual").OnClick(p.viewClicked).Body(
		app.Div().Role("menu").Aria("label", lang.T("Views")).Body(
			list("builtin", builtinViews),
			list("own", console.prefs.own.Views),
			list("shared", console.prefs.shared.Views),
			app.Hr().Role("separator").Hidden(kind == "builtin" || kind == "shared" && !admin),
			item(kind == "", "save", lang.T("Save this view as…")),
			item(kind == "own", "rename", lang.T("Rename “{name}”…", "name", clipped(now.Name))),
			item(kind == "own", "delete", lang.T("Delete “{name}”", "name", clipped(now.Name))),
			item(kind == "own" && admin, "share", lang.T("Share “{name}” with everybody", "name", clipped(now.Name))),
			item(kind == "shared" && admin, "unshare", lang.T("Share “{name}” no longer", "name", clipped(now.Name))),
		),
		p.renderNaming(),
	)
}

func (p sessionsViews) renderNaming() app.UI {
	if p.naming.of == "" {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("field").Hidden(false).Body(
		app.Label().For("view-name").Text(lang.T("Name")),
		app.Input().ID("view-name").Class("in").MaxLength(maxViewName).AutoComplete(false).Aria("invalid", boolText(p.naming.wrong != "")).
			OnInput(p.nameTyped).OnKeyDown(p.nameKey),
		app.P().Class("err").Role("alert").Hidden(p.naming.wrong == "").Text(p.naming.wrong),
		app.Button().Type("button").Class("btn s p").DataSet("do", "name").Text(lang.T("Save")),
	)
}

func (p sessionsViews) viewClicked(ctx app.Context, e app.Event) {
	if kind, n, ok := strings.Cut(ui.Closest(e, "data-view"), ":"); ok {
		views := map[string][]api.SavedView{"builtin": builtinViews, "own": console.prefs.own.Views, "shared": console.prefs.shared.Views}[kind]
		if i, err := strconv.Atoi(n); err == nil && i >= 0 && i < len(views) {
			sessionsMenus(p).closeMenu()
			p.show(views[i])
		}
		return
	}
	now, kind := p.active()
	switch do := ui.Closest(e, "data-do"); do {
	case "save", "rename":
		p.naming = viewNaming{of: do}
		if do == "rename" {
			p.naming.name = now.Name
		}
		ctx.Defer(func(app.Context) {
			ui.SetValue("view-name", p.naming.name)
			ui.Focus("view-name")
		})
	case "name":
		p.keepName()
	case "delete":
		if kind == "own" {
			console.prefs.change(func(o *ownPreferences) { o.Views = without(o.Views, now.Name) })
			sessionsMenus(p).closeMenu()
		}
	case "share":
		sessionsMenus(p).closeMenu()
		console.prefs.share(lang.T("Everybody sees “{name}” now.", "name", now.Name), func(s *api.SharedPreferences) { s.Views = append(without(s.Views, now.Name), now) })
	case "unshare":
		sessionsMenus(p).closeMenu()
		console.prefs.share(lang.T("“{name}” is no longer shared.", "name", now.Name), func(s *api.SharedPreferences) { s.Views = without(s.Views, now.Name) })
	}
}

func without(views []api.SavedView, name string) []api.SavedView {
	return slices.DeleteFunc(slices.Clone(views), func(v api.SavedView) bool { return v.Name == name })
}

func (p sessionsViews) nameTyped(ctx app.Context, _ app.Event) {
	p.naming.name, p.naming.wrong = ctx.JSSrc().Get("value").String(), ""
}

func (p sessionsViews) nameKey(ctx app.Context, e app.Event) {
	switch e.Get("key").String() {
	case "Enter":
		e.PreventDefault()
		p.keepName()
	case "Escape":
		e.PreventDefault()
		sessionsMenus(p).closeMenu()
	default:
		ctx.PreventUpdate()
	}
}

// keepName saves what the page shows, or renames the view that it is, by the
// name that was typed.
func (p sessionsViews) keepName() {
	now, _ := p.active()
	rename, others := p.naming.of == "rename", console.prefs.own.Views
	if rename {
		others = without(others, now.Name)
	}
	name, err := viewNameOf(p.naming.name, others)
	if err != nil {
		p.naming.wrong = ui.Sentence(err.Error())
		return
	}
	console.prefs.change(func(o *ownPreferences) {
		o.Views = slices.Clone(o.Views)
		if rename {
			for i := range o.Views {
				if o.Views[i].Name == now.Name {
					o.Views[i].Name = name
				}
			}
			return
		}
		v := api.SavedView{Name: name, Filter: console.store.View(sessionsView).Ask.Filter, Columns: p.cols}
		if p.sort != usualSort {
			v.Sort = p.sort
		}
		o.Views = append(o.Views, v)
	})
	sessionsMenus(p).closeMenu()
}

// viewNameOf returns the name of a new view, or what is wrong with it.
func viewNameOf(name string, views []api.SavedView) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return "", errors.New(lang.T("a view needs a name"))
	case len([]rune(name)) > maxViewName:
		return "", errors.New(lang.T("a name has at most {maxViewName} characters", "maxViewName", strconv.Itoa(maxViewName)))
	case slices.ContainsFunc(views, func(v api.SavedView) bool { return v.Name == name }):
		return "", errors.New(lang.T("you have a view of this name already"))
	case len(views) >= maxViews:
		return "", errors.New(lang.T("you have {maxViews} views; delete one first", "maxViews", strconv.Itoa(maxViews)))
	}
	return name, nil
}

// show shows a view. The browser's back button leads to what was shown before.
func (p sessionsViews) show(v api.SavedView) {
	p.sort, p.cols = sortOf(v.Sort), columnsOf(console.prefs.own.Columns)
	if len(v.Columns) > 0 {
		p.cols = columnsOf(v.Columns)
	}
	p.box.take(p, v.Filter)
	p.win.offset, p.want = 0, 0
	p.win.scrollTo(0)
	p.ask()
	ui.PushAddress(p.path())
}
