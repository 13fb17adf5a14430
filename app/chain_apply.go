package app

import (
	"context"
	"net/url"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// renderApply draws the button that applies the new order to the session, and
// the menu of where else it can go.
func (t *chainTab) renderApply(s *api.Session) app.UI {
	name := service(s)
	off := !t.edit.Changed() || t.busy || console.stale()
	return app.Div().Class("split").OnKeyDown(t.menuKey).Body(
		app.Button().ID("chain-apply").Type("button").Class("btn p").Disabled(off).Text(lang.T("Apply to this session")).OnClick(t.apply),
		app.Button().ID("chain-apply-more").Type("button").Class("btn p i").Aria("haspopup", "menu").Aria("expanded", boolText(t.menu)).
			Aria("label", lang.T("Apply elsewhere")).Title(lang.T("Apply elsewhere")).Disabled(name == "").Text("▾").OnClick(t.openMenu),
		app.If(t.menu, func() app.UI {
			n, known := outdatedOf(chainOutdatedView, name)
			restart := lang.T("Restart sessions on an older chain…")
			if known {
				restart = lang.T("Restart {n}…", "n", outdatedWords(n))
			}
			return app.Div().Class("chain-menu").Role("menu").Aria("label", lang.T("Apply elsewhere")).Body(
				app.Button().ID("chain-default").Type("button").Role("menuitem").Disabled(t.busy || console.stale()).
					Text(lang.T("Make it the default of {name}", "name", name)).OnClick(t.makeDefault),
				app.Button().ID("chain-restart").Type("button").Role("menuitem").Disabled(n == 0 || console.stale()).
					Title(lang.T("Sessions of {name} whose chain is older than its default take the default when they restart", "name", name)).
					Text(restart).OnClick(t.restartOutdated),
			)
		}),
	)
}

func (t *chainTab) openMenu(ctx app.Context, _ app.Event) {
	t.menu = !t.menu
	if t.menu {
		ctx.Defer(func(app.Context) { ui.Focus("chain-default") })
	}
}

// menuKey closes the menu, and goes through it.
func (t *chainTab) menuKey(ctx app.Context, e app.Event) {
	if !t.menu {
		return
	}
	switch e.Get("key").String() {
	case "Escape":
		t.menu = false
		ctx.Defer(func(app.Context) { ui.Focus("chain-apply-more") })
	case "ArrowDown":
		ui.Focus("chain-restart")
	case "ArrowUp":
		ui.Focus("chain-default")
	default:
		return
	}
	e.PreventDefault()
}

// apply asks for the chain as it was edited.
func (t *chainTab) apply(app.Context, app.Event) {
	t.edit.Settle()
	if t.edit.Changed() {
		t.ask(t.edit.Names())
		ui.Focus("chain-new") // the button is about to be disabled
	}
}

// makeDefault gives new sessions of the service the chain of the list.
func (t *chainTab) makeDefault(app.Context, app.Event) {
	s, ok := t.session()
	t.menu = false
	if name := serviceOf(s, ok); name != "" {
		t.edit.Settle()
		setDefaultChain(name, t.edit.Names())
	}
}

func (t *chainTab) restartOutdated(ctx app.Context, _ app.Event) {
	s, ok := t.session()
	t.menu = false
	if name := serviceOf(s, ok); name != "" {
		askRestartOutdated(ctx, chainOutdatedView, name)
	}
}

func serviceOf(s *api.Session, ok bool) string {
	if !ok {
		return ""
	}
	return service(s)
}

// setDefaultChain makes a chain the default of a service.
func setDefaultChain(service string, chain []string) {
	names := append([]string{}, chain...)
	console.change(lang.T("New sessions of {service} run: {names}. Sessions that are there keep theirs until they restart.", "service", service, "names", chainWords(names)),
		func(ctx context.Context) error { return console.client.SetServiceFilters(ctx, service, names) })
}

// serviceChain is the default chain of a service, with the editor for it.
type serviceChain struct {
	app.Compo
	Service string
	Rev     uint64

	service string
	edit    chainEditor
	own     []string // chain that was last asked for here, nil for none
	before  []string // the one before it
	busy    bool
}

// serviceOutdatedView counts the sessions on an older chain, for the page of a
// service and the table of all.
const serviceOutdatedView = "services-outdated"

// OnMount asks for the filters that there are.
func (c *serviceChain) OnMount(app.Context) {
	c.edit.Name = "service-chain"
	c.edit.open()
}

// OnDismount gives them up.
func (c *serviceChain) OnDismount() { c.edit.close() }

// Render draws the editor.
func (c *serviceChain) Render() app.UI {
	o, ok := serviceRow(api.TopicServices, c.Service)
	if !ok {
		return app.Div().Hidden(true)
	}
	if c.service != c.Service {
		c.service, c.edit, c.own, c.before, c.busy = c.Service, chainEditor{}, nil, nil, false
	}
	c.edit.Name = "service-chain"
	c.edit.follow(o.Relationships.IDs("filters"), c.own)
	acting := console.mayAct()
	hint := lang.T("Not editable: only administrators change a chain")
	if acting {
		hint = lang.T("For new sessions. Drag, or Space lifts and ↑ ↓ move")
	}
	return ui.Box("service-chain",
		c.edit.render("", acting, hint,
			c.edit.renderDiscard(),
			app.Button().ID("service-chain-apply").Type("button").Class("btn p").
				Disabled(!c.edit.Changed() || c.busy || console.stale()).Text(lang.T("Make it the default")).OnClick(c.apply),
		),
		c.renderAfter(),
	)
}

// renderAfter says which sessions have not got the default, and offers the way
// back from the last change.
func (c *serviceChain) renderAfter() app.UI {
	n, known := outdatedOf(serviceOutdatedView, c.Service)
	reverts := c.own != nil && slices.Equal(c.edit.coming, c.own) && !slices.Equal(c.own, c.before)
	if (!known || n == 0) && !reverts {
		return app.Div().Hidden(true)
	}
	return ui.Box("service-after",
		app.If(known && n > 0, func() app.UI {
			return ui.Box("chain-swap",
				ui.Chip("swap", outdatedWords(n), "info"),
				app.A().Href(href("/sessions?q="+url.QueryEscape(olderChainFilter(c.Service)))).Text(lang.T("Show")),
				app.Span().Class("sp"),
				app.If(console.mayAct(), func() app.UI {
					return app.Button().ID("service-restart").Type("button").Class("btn s").Disabled(console.stale()).Text(lang.T("Restart…")).OnClick(c.restart)
				}),
			)
		}),
		app.If(reverts, func() app.UI {
			return ui.Box("chain-swap",
				ui.Words("ok", lang.T("✓ New sessions run this")),
				app.Span().Class("sp"),
				app.If(console.mayAct(), func() app.UI {
					return app.Button().ID("service-revert").Type("button").Class("btn s").Disabled(c.busy || console.stale()).Text(lang.T("Revert")).OnClick(c.revert)
				}),
				ui.Words("next dim", lang.T("Revert makes {before} the default again.", "before", chainWords(c.before))),
			)
		}),
	)
}

func (c *serviceChain) apply(app.Context, app.Event) {
	c.edit.Settle()
	if c.edit.Changed() {
		c.ask(c.edit.Names())
		ui.Focus("service-chain-new") // the button is about to be disabled
	}
}

func (c *serviceChain) revert(app.Context, app.Event) { c.ask(c.before) }

func (c *serviceChain) restart(ctx app.Context, _ app.Event) {
	askRestartOutdated(ctx, serviceOutdatedView, c.Service)
}

// ask makes a chain the default of the service.
func (c *serviceChain) ask(chain []string) {
	if c.busy || !console.mayAct() || console.stale() {
		return
	}
	name, before, own := c.Service, c.before, c.own
	names := append([]string{}, chain...)
	c.before, c.own, c.busy = append([]string{}, c.edit.coming...), names, true
	console.async(func(ctx context.Context) func() {
		err := console.client.SetServiceFilters(ctx, name, names)
		return func() { c.answered(name, before, own, err) }
	})
}

// answered takes the server's answer to what was asked for a service. The push
// feed tells what came of it.
func (c *serviceChain) answered(name string, before, own []string, err error) {
	if err != nil {
		console.say(err.Error(), true)
	}
	if c.service != name {
		return
	}
	c.busy = false
	if err != nil {
		c.before, c.own = before, own
	}
}
