package app

import (
	"context"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// embedSettings are the keys with which other products embed pages, made and
// revoked.
type embedSettings struct {
	app.Compo
	Rev uint64

	keys    []api.EmbedKey
	known   bool   // keys are what the server has
	failed  string // why they are not, or were not made
	made    *api.EmbedKey
	asked   string // id of the key that is about to be revoked
	busy    bool
	name    string
	origins string
	without map[string]bool // views and scopes that the new key is not to have
}

// OnMount asks for the keys.
func (p *embedSettings) OnMount(app.Context) { p.read() }

func (p *embedSettings) read() {
	if console.client == nil || console.who.Role != "admin" {
		return
	}
	console.async(func(ctx context.Context) func() {
		keys, err := client.EmbedKeys{Client: console.client}.All(ctx)
		return func() {
			if p.known = err == nil; err != nil {
				p.failed = err.Error()
				return
			}
			p.keys = keys
		}
	})
}

// Render draws the page.
func (p *embedSettings) Render() app.UI {
	if console.who.Role != "admin" {
		return ui.Box("page", ui.Para("dim", lang.T("Only administrators see and make embed keys.")))
	}
	return ui.Box("page embeds",
		ui.Para("dim", lang.T("With an embed key another product signs what its users may see of the console, in a frame and without an account here. Its pages are the only ones that may embed.")),
		p.renderMade(),
		p.renderKeys(),
		p.renderForm(),
	)
}

// renderMade shows the secret of the key that was just made: nobody can see it
// again.
func (p *embedSettings) renderMade() app.UI {
	if p.made == nil {
		return app.Div().Hidden(true)
	}
	return app.Section().Class("box made").Role("status").Body(
		app.Header().Body(app.H2().Text(lang.T("The key {name} is made", "name", p.made.Attributes.Name))),
		ui.Box("body",
			app.P().Text(lang.T("Copy its secret now: it is not shown again. It belongs on the server of the product, and never in a page.")),
			app.Dl().Class("kv").Body(
				app.Dt().Text(lang.T("Key id")), app.Dd().Body(app.Code().ID("embed-made-id").Text(p.made.ID)),
				app.Dt().Text(lang.T("Secret")), app.Dd().Body(app.Code().ID("embed-secret").Text(p.made.Attributes.Secret)),
			),
			ui.Box("foot",
				app.Button().Type("button").ID("embed-copy").Class("btn p").Text(lang.T("Copy secret")).OnClick(p.copySecret),
				app.Button().Type("button").ID("embed-done").Class("btn").Text(lang.T("I have it")).OnClick(p.forgetSecret),
			),
		),
	)
}

func (p *embedSettings) copySecret(app.Context, app.Event) {
	if p.made == nil {
		return
	}
	if !ui.Copy(p.made.Attributes.Secret) {
		console.say(lang.T("The browser does not let the console copy. Mark the secret and copy it by hand."), true)
		return
	}
	console.say(lang.T("Copied the secret."), false)
}

func (p *embedSettings) forgetSecret(app.Context, app.Event) { p.made = nil }

func (p *embedSettings) renderKeys() app.UI {
	switch {
	case !p.known:
		return app.P().Class("faint").Hidden(p.failed != "").Text(lang.T("Loading…"))
	case len(p.keys) == 0:
		return ui.Para("faint", lang.T("There are no embed keys, so no page can be embedded."))
	}
	return app.Div().Class("keys-of-embeds").OnClick(p.clicked).Body(
		app.Range(p.keys).Slice(func(i int) app.UI { return p.renderKey(&p.keys[i]) }),
	)
}

func (p *embedSettings) renderKey(k *api.EmbedKey) app.UI {
	a := &k.Attributes
	used := lang.T("never used")
	if at := timeOf(a.LastUsedAt); !at.IsZero() {
		used = lang.T("last used {at}", "at", when(at))
	}
	acts := app.UI(app.Button().Type("button").Class("btn s do").DataSet("revoke", k.ID).Disabled(!console.mayAct()).
		Aria("label", lang.T("Revoke {name}", "name", a.Name)).Text(lang.T("Revoke…")))
	if p.asked == k.ID {
		acts = app.Span().Class("acts").Role("group").Aria("label", lang.T("Revoke {name}", "name", a.Name)).Body(
			app.Span().Text(lang.T("All that it embeds ends at once.")),
			app.Button().Type("button").ID("embed-keep").Class("btn s").DataSet("keep", k.ID).Text(lang.T("Keep key")),
			app.Button().Type("button").ID("embed-revoke").Class("btn s d").DataSet("really", k.ID).Text(lang.T("Revoke key")),
		)
	}
	return app.Section().Class("setting").DataSet("key", k.ID).Body(
		app.Div().Body(
			app.H2().Text(a.Name),
			app.P().Class("dim").Body(app.Code().Text(k.ID), app.Text(lang.T(" · {used} · made by {createdBy} {createdAt}", "used", used, "createdBy", orDash(a.CreatedBy), "createdAt", when(timeOf(a.CreatedAt))))),
			app.P().Text(strings.Join(a.FrameAncestors, ", ")),
			ui.Para("dim", allOr(a.Views, api.EmbedViews, lang.T("all views"))+" · "+allOr(a.Scopes, api.EmbedScopes, lang.T("all scopes"))),
		),
		acts,
	)
}

// allOr lists some of what there is, or says that it is all.
func allOr(some, all []string, words string) string {
	if len(some) == 0 || len(some) == len(all) {
		return words
	}
	return strings.Join(some, ", ")
}

// clicked does what a button of the list is for.
func (p *embedSettings) clicked(ctx app.Context, e app.Event) {
	if id := ui.Closest(e, "data-revoke"); id != "" {
		p.asked = id
		ctx.Defer(func(app.Context) { ui.Focus("embed-keep") })
		return
	}
	if ui.Closest(e, "data-keep") != "" {
		p.asked = ""
		return
	}
	id := ui.Closest(e, "data-really")
	if id == "" || id != p.asked || !console.mayAct() {
		return
	}
	p.asked = ""
	console.async(func(ctx context.Context) func() {
		err := client.EmbedKeys{Client: console.client}.Revoke(ctx, id)
		return func() {
			if err != nil {
				console.say(err.Error(), true)
				return
			}
			console.say(lang.T("The key is revoked. What it embedded has ended."), false)
			p.read()
		}
	})
}

func (p *embedSettings) renderForm() app.UI {
	return app.Form().Class("embed-form").OnSubmit(p.submit).Body(
		app.H2().Text(lang.T("Make a key")),
		ui.Box("field",
			app.Label().For("embed-name").Text(lang.T("Name of the product")),
			app.Input().ID("embed-name").Class("in").Required(true).MaxLength(64).AutoComplete(false).OnInput(p.ValueTo(&p.name)),
		),
		ui.Box("field",
			app.Label().For("embed-origins").Text(lang.T("Origins of its pages")),
			app.Input().ID("embed-origins").Class("in mono").Required(true).AutoComplete(false).Spellcheck(false).
				Placeholder(lang.T("https://admin.example")).Aria("describedby", "embed-origins-note").OnInput(p.ValueTo(&p.origins)),
			app.P().ID("embed-origins-note").Class("dim").Text(lang.T("Several are parted by spaces or commas. The port belongs to it when it is not the usual one.")),
		),
		p.renderChecks(lang.T("Pages that it may show"), api.EmbedViews),
		p.renderChecks(lang.T("What its tokens may read"), api.EmbedScopes),
		app.If(p.failed != "", func() app.UI { return app.P().Class("err").Role("alert").Text(p.failed) }),
		app.Div().Body(app.Button().Type("submit").ID("embed-make").Class("btn p").Disabled(p.busy || !console.mayAct()).Text(lang.T("Make key"))),
	)
}

// renderChecks draws names that are all chosen unless somebody takes one out.
func (p *embedSettings) renderChecks(label string, names []string) app.UI {
	return app.Div().Class("checks").Role("group").Aria("label", label).OnClick(p.toggled).Body(
		app.Span().Text(label),
		app.Range(names).Slice(func(i int) app.UI {
			return app.Button().Type("button").Class("tick").Role("checkbox").ID("embed-"+strings.ReplaceAll(names[i], ":", "-")).
				Aria("checked", boolText(!p.without[names[i]])).DataSet("name", names[i]).Text(names[i])
		}),
	)
}

func (p *embedSettings) toggled(_ app.Context, e app.Event) {
	if name := ui.Closest(e, "data-name"); name != "" {
		if p.without == nil {
			p.without = make(map[string]bool)
		}
		p.without[name] = !p.without[name]
	}
}

// chosen are the names that were not taken out.
func (p *embedSettings) chosen(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return p.without[name] })
}

func (p *embedSettings) submit(_ app.Context, e app.Event) {
	e.PreventDefault()
	views, scopes := p.chosen(api.EmbedViews), p.chosen(api.EmbedScopes)
	if p.busy || !console.mayAct() {
		return
	}
	if p.failed = ""; len(views) == 0 || len(scopes) == 0 {
		p.failed = lang.T("A key without any page or scope would be of no use: choose one of each at least.")
		return
	}
	p.busy = true
	asked := api.EmbedKeyRequest{
		Name: strings.TrimSpace(p.name), FrameAncestors: originsIn(p.origins), Views: views, Scopes: scopes,
	}
	console.async(func(ctx context.Context) func() {
		key, err := client.EmbedKeys{Client: console.client}.Create(ctx, asked)
		return func() {
			p.busy = false
			if err != nil {
				p.failed = err.Error()
				return
			}
			p.made, p.name, p.origins, p.without = &key, "", "", nil
			ui.SetValue("embed-name", "")
			ui.SetValue("embed-origins", "")
			p.read()
		}
	})
}

// originsIn reads a list of origins. A slash that people copy along with them is
// no part of one.
func originsIn(text string) []string {
	list := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\t' })
	for i := range list {
		list[i] = strings.TrimSuffix(strings.ToLower(list[i]), "/")
	}
	return list
}
