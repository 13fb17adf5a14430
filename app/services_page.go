package app

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
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
	topic: api.TopicServices, title: "Services", one: "service",
	empty: "No services. A section with type=service in the configuration makes one.",
	columns: []objectColumn[api.ServiceAttributes]{
		{"c-name", "Name", func(s *api.Service) app.UI { return objectName("services", s.ID) }},
		{"c-module", "Router", func(s *api.Service) app.UI { return app.Text(s.Attributes.Router) }},
		{"c-status", "State", serviceChip},
		{"c-sessions num", "Sessions / most", serviceSessions},
		{"c-count num", "Statements", func(s *api.Service) app.UI { return app.Text(ui.Count(s.Attributes.Statistics.RoutedPackets)) }},
		{"c-chain", "Filters", func(s *api.Service) app.UI { return filterChain(s.Relationships.IDs("filters")) }},
		{"c-targets", "Targets", serviceTargets},
		{"c-listeners", "Listeners", func(s *api.Service) app.UI { return objectLinks("listeners", s.Relationships.IDs("listeners")) }},
	},
	chip: serviceChip, about: aboutService,
}

// OnMount asks for the services.
func (p *servicesPage) OnMount(app.Context) { servicesTable.open() }

// OnDismount gives them up.
func (p *servicesPage) OnDismount() { servicesTable.close() }

// Render draws the page.
func (p *servicesPage) Render() app.UI { return servicesTable.render(p.ID) }

// serviceChip shows the state of a service. Only one that runs is quiet.
func serviceChip(s *api.Service) app.UI {
	state := s.Attributes.State
	switch state {
	case "Started":
		return ui.Chip("running", state, "")
	case "Failed":
		return ui.Chip("blocked", state, "crit")
	case "Stopped":
		return ui.Chip("maint", state, "attn")
	}
	return ui.Chip("connecting", orDash(state), "")
}

// serviceSessions links the number of sessions now to them, and says what the
// most was.
func serviceSessions(s *api.Service) app.UI {
	st := &s.Attributes.Statistics
	return app.Span().Body(
		sessionsOf("service", s.ID, ui.Count(st.Connections)),
		app.Span().Class("faint").Text(" / "+ui.Count(st.MaxConnections)),
	)
}

// serviceRow returns a service of a view.
func serviceRow(viewName, id string) (*api.Service, bool) {
	return model.Row[api.ServiceAttributes](console.store.View(viewName), id)
}

// serviceTargets are the servers of a service, or the monitor that names them.
func serviceTargets(s *api.Service) app.UI {
	if monitors := s.Relationships.IDs("monitors"); len(monitors) > 0 {
		return app.Span().Class("clip").Text("those of " + monitors[0])
	}
	return objectLinks("servers", s.Relationships.IDs("servers"))
}

func aboutService(s *api.Service) []objectBox {
	a := &s.Attributes
	st := &a.Statistics
	boxes := []objectBox{
		{"Service", false, factList(
			textFact("Router", a.Router),
			textFact("Started", dated(a.Started)),
			objectFact{"Filters", filterChain(s.Relationships.IDs("filters"))},
			objectFact{"Targets", serviceTargets(s)},
			objectFact{"Listeners", serviceListeners(s)},
		)},
		{"Statistics", false, factList(
			objectFact{"Sessions", sessionsOf("service", s.ID, ui.Count(st.Connections))},
			countFact("Most at once", st.MaxConnections),
			countFact("Since the start", st.TotalConnections),
			countFact("Statements", st.RoutedPackets),
			countFact("At work", st.ActiveOperations),
			countFact("Failed logins", st.FailedAuths),
		)},
		{"Router's figures", false, settingList(settingsOf(a.RouterDiagnostics), "The router tells none.")},
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
	title := "Accounts · " + strconv.Itoa(len(a.Users))
	if at := dated(a.UsersLastUpdate); at != "" {
		title += " · read " + at
	}
	if len(a.Users) == 0 {
		return objectBox{title, false, app.P().Class("faint").Text("The service knows no accounts, so nobody can log in.")}
	}
	shown := a.Users[:min(len(a.Users), maxAccounts)]
	return objectBox{title, false, app.Div().Class("accounts").Body(
		app.Range(shown).Slice(func(i int) app.UI {
			u := &shown[i]
			return app.Span().Class("tag").Title(u.Plugin).Text("'" + u.User + "'@'" + u.Host + "'")
		}),
		app.If(len(a.Users) > len(shown), func() app.UI {
			return app.Span().Class("faint").Text("and " + ui.Count(len(a.Users)-len(shown)) + " more")
		}),
	)}
}
