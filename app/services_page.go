package app

import (
	"net/url"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// servicesPage shows the services, or the one named ID.
type servicesPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

var servicesTable = objectTable[api.ServiceAttributes]{
	topic: api.TopicServices, title: lang.Mark("Services"), none: lang.Mark("There is no service {id}."),
	empty: lang.Mark("No services. A section with type=service in the configuration makes one."),
	columns: []objectColumn[api.ServiceAttributes]{
		{"c-name", lang.Mark("Name"), func(s *api.Service) app.UI { return objectName("services", s.ID) }},
		{"c-module", lang.Mark("Router"), func(s *api.Service) app.UI { return app.Text(s.Attributes.Router) }},
		{"c-status", lang.Mark("State"), serviceChip},
		{"c-sessions num", lang.Mark("Sessions / limit"), serviceSessions},
		{"c-rate num", lang.Mark("Statements/s"), func(s *api.Service) app.UI { return app.Text(serviceRate(s)) }},
		{"c-p95 num", "p95", func(s *api.Service) app.UI { return app.Text(serviceP95(s)) }},
		{"c-chain", lang.Mark("Filters"), func(s *api.Service) app.UI { return filterChain(s.Relationships.IDs("filters")) }},
		{"c-old", lang.Mark("Older chain"), serviceOutdated},
		{"c-targets", lang.Mark("Targets"), serviceTargets},
		{"c-listeners", lang.Mark("Listeners"), func(s *api.Service) app.UI { return objectLinks("listeners", s.Relationships.IDs("listeners")) }},
	},
	chip: serviceChip, about: aboutService,
}

// serviceStatsView has the rates of the services.
const serviceStatsView = "services-stats"

// OnMount asks for the services, for what they do and for who has an older chain
// than they.
func (p *servicesPage) OnMount(app.Context) {
	servicesTable.open()
	console.watch(api.Subscribe{View: serviceStatsView, Topic: api.TopicStats})
	watchOutdated(serviceOutdatedView)
}

// OnDismount gives them up.
func (p *servicesPage) OnDismount() {
	servicesTable.close()
	console.unwatch(serviceStatsView)
	console.unwatch(serviceOutdatedView)
}

// Render draws the page.
func (p *servicesPage) Render() app.UI { return servicesTable.render(p.ID) }

// serviceChip shows the state of a service. Only one that runs is quiet.
func serviceChip(s *api.Service) app.UI {
	state := s.Attributes.State
	switch state {
	case "Started":
		return ui.Chip("running", lang.T("Started"), "")
	case "Failed":
		return ui.Chip("blocked", lang.T("Failed"), "crit")
	case "Stopped":
		return ui.Chip("maint", lang.T("Stopped"), "attn")
	}
	return ui.Chip("connecting", orDash(state), "")
}

// serviceSessions links the number of sessions now to them, and says how many
// there may be.
func serviceSessions(s *api.Service) app.UI {
	return app.Span().Title(lang.T("most at once: {maxConnections}", "maxConnections", lang.Count(s.Attributes.Statistics.MaxConnections))).Body(
		sessionsOf("service", s.ID, lang.Count(s.Attributes.Statistics.Connections)),
		ui.Words(limitClass(s), " / "+sessionLimit(s)),
	)
}

// limitOf is how many sessions a service may have, 0 for as many as come.
func limitOf(s *api.Service) int64 {
	limit, _ := s.Attributes.Parameters["max_connections"].(float64)
	return int64(limit)
}

func sessionLimit(s *api.Service) string {
	if limit := limitOf(s); limit > 0 {
		return lang.Count(limit)
	}
	return lang.T("no limit")
}

// limitClass is how loud the limit is: sessions that come near it need a human.
func limitClass(s *api.Service) string {
	switch limit, n := float64(limitOf(s)), float64(s.Attributes.Statistics.Connections); {
	case limit > 0 && n >= 0.95*limit:
		return "limit-crit"
	case limit > 0 && n >= 0.8*limit:
		return "limit-warn"
	}
	return "faint"
}

func serviceRate(s *api.Service) string {
	if a, ok := statsRow(serviceStatsView, "service:"+s.ID); ok {
		return perSecond(a.Statements)
	}
	return "—"
}

func serviceP95(s *api.Service) string {
	if a, ok := statsRow(serviceStatsView, "service:"+s.ID); ok {
		return latency(a.P95)
	}
	return "—"
}

// serviceOutdated says how many sessions run an older chain, and offers to restart
// them.
func serviceOutdated(s *api.Service) app.UI {
	switch n, known := outdatedOf(serviceOutdatedView, s.ID); {
	case !known:
		return ui.Words("faint", "—")
	case n == 0:
		return ui.Words("faint", lang.T("none"))
	default:
		return app.Span().Class("old-chain").Body(
			app.A().Class("tnum").Href(href("/sessions?q="+url.QueryEscape(olderChainFilter(s.ID)))).Title(outdatedWords(n)).
				Text(lang.N(n, "{n} session|{n} sessions")),
			app.If(console.mayAct(), func() app.UI {
				return app.Button().Type("button").Class("btn s").DataSet("service", s.ID).Disabled(console.stale()).
					Aria("label", lang.T("Restart {n}", "n", outdatedWords(n))).Text(lang.T("Restart…")).OnClick(restartOutdatedOf)
			}),
		)
	}
}

// restartOutdatedOf opens the dialog for the service that the button names. The
// row around it leads elsewhere.
func restartOutdatedOf(ctx app.Context, e app.Event) {
	e.Call("stopPropagation")
	askRestartOutdated(ctx, serviceOutdatedView, ui.Closest(e, "data-service"))
}

// serviceRow returns a service of a view.
func serviceRow(viewName, id string) (*api.Service, bool) {
	return model.Row[api.ServiceAttributes](console.store.View(viewName), id)
}

// serviceTargets are the servers of a service, or the monitor that names them.
func serviceTargets(s *api.Service) app.UI {
	if monitors := s.Relationships.IDs("monitors"); len(monitors) > 0 {
		return ui.Words("clip", lang.T("those of {monitors}", "monitors", monitors[0]))
	}
	return objectLinks("servers", s.Relationships.IDs("servers"))
}

func aboutService(s *api.Service) []objectBox {
	a := &s.Attributes
	st := &a.Statistics
	boxes := []objectBox{
		{lang.T("Service"), false, factList(
			textFact(lang.T("Router"), a.Router),
			textFact(lang.T("Started"), dated(a.Started)),
			objectFact{lang.T("Targets"), serviceTargets(s)},
			objectFact{lang.T("Listeners"), serviceListeners(s)},
		)},
		{lang.T("Statistics"), false, factList(
			objectFact{lang.T("Sessions"), serviceSessions(s)},
			textFact(lang.T("Statements/s"), serviceRate(s)),
			textFact("p95", lang.T("{s} of the last 10 s", "s", serviceP95(s))),
			countFact(lang.T("Most at once"), st.MaxConnections),
			countFact(lang.T("Since the start"), st.TotalConnections),
			countFact(lang.T("Statements"), st.RoutedPackets),
			countFact(lang.T("At work"), st.ActiveOperations),
			countFact(lang.T("Failed logins"), st.FailedAuths),
		)},
		{lang.T("Default chain"), true, &serviceChain{Service: s.ID, Rev: console.rev}},
		{lang.T("Router's figures"), false, settingList(settingsOf(a.RouterDiagnostics), lang.T("The router tells none."))},
		accountsBox(a),
	}
	return append(boxes, parametersBox(a.Parameters, a.Source))
}

// serviceListeners are links to the listeners of a service, with what they
// listen on.
func serviceListeners(s *api.Service) app.UI {
	list := s.Attributes.Listeners
	if len(list) == 0 {
		return objectLinks("listeners", s.Relationships.IDs("listeners"))
	}
	return app.Span().Class("lines").Body(
		app.Range(list).Slice(func(i int) app.UI {
			return app.Span().Body(
				objectLink("listeners", list[i].ID),
				app.Code().Class("dim").Text(" "+endpoint(list[i].Attributes.Parameters)),
			)
		}),
	)
}

// maxAccounts is how many accounts the page of a service shows.
const maxAccounts = 100

// accountsBox shows the database accounts that may log in.
func accountsBox(a *api.ServiceAttributes) objectBox {
	title := lang.T("Accounts · {users}", "users", strconv.Itoa(len(a.Users)))
	if at := dated(a.UsersLastUpdate); at != "" {
		title += lang.T(" · read {at}", "at", at)
	}
	if len(a.Users) == 0 {
		return objectBox{title, false, ui.Para("faint", lang.T("The service knows no accounts, so nobody can log in."))}
	}
	shown := a.Users[:min(len(a.Users), maxAccounts)]
	return objectBox{title, false, ui.Box("accounts",
		app.Range(shown).Slice(func(i int) app.UI {
			u := &shown[i]
			return app.Span().Class("tag").Title(u.Plugin).Text("'" + u.User + "'@'" + u.Host + "'")
		}),
		app.If(len(a.Users) > len(shown), func() app.UI {
			return ui.Words("faint", lang.T("and {n} more", "n", lang.Count(len(a.Users)-len(shown))))
		}),
	)}
}
