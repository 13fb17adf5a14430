package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// monitorsPage shows the monitors, or the one named ID.
type monitorsPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

var monitorsTable = objectTable[api.MonitorAttributes]{
	topic: api.TopicMonitors, title: lang.Mark("Monitors"), none: lang.Mark("There is no monitor {id}."),
	empty: lang.Mark("No monitors, so nobody knows which server is the primary. A section with type=monitor in the configuration makes one."),
	columns: []objectColumn[api.MonitorAttributes]{
		{"c-name", lang.Mark("Name"), func(m *api.Monitor) app.UI { return objectName("monitors", m.ID) }},
		{"c-status", lang.Mark("State"), monitorChip},
		{"c-module", lang.Mark("Module"), func(m *api.Monitor) app.UI { return app.Text(m.Attributes.Module) }},
		{"c-primary", lang.Mark("Primary"), func(m *api.Monitor) app.UI { return primaryLink(m) }},
		{"c-targets", lang.Mark("Servers"), func(m *api.Monitor) app.UI { return objectLinks("servers", m.Relationships.IDs("servers")) }},
		{"c-count num", lang.Mark("Looks"), func(m *api.Monitor) app.UI { return app.Text(lang.Count(m.Attributes.Ticks)) }},
	},
	chip: monitorChip, about: aboutMonitor, buttons: monitorButtons,
}

// OnMount asks for the monitors.
func (p *monitorsPage) OnMount(app.Context) { monitorsTable.open() }

// OnDismount gives them up.
func (p *monitorsPage) OnDismount() { monitorsTable.close() }

// Render draws the page.
func (p *monitorsPage) Render() app.UI { return monitorsTable.render(p.ID) }

// monitorChip shows the state of a monitor. Only one that runs is quiet.
func monitorChip(m *api.Monitor) app.UI {
	switch state := m.Attributes.State; state {
	case "Running":
		return ui.Chip("running", lang.T("Running"), "")
	case "Stopped":
		return ui.Chip("maint", lang.T("Stopped"), "attn")
	default:
		return ui.Chip("connecting", orDash(state), "")
	}
}

// primaryOf is the name of the server that a monitor takes for the primary, "" when
// there is none.
func primaryOf(m *api.Monitor) string {
	name, _ := m.Attributes.MonitorDiagnostics["master"].(string)
	return name
}

func primaryLink(m *api.Monitor) app.UI {
	if name := primaryOf(m); name != "" {
		return objectLink("servers", name)
	}
	return ui.Words("err", lang.T("none"))
}

// owner says whether a monitor is the one of several that may change the servers.
func owner(m *api.Monitor) string {
	switch owns, cooperates := m.Attributes.MonitorDiagnostics["primary"].(bool); {
	case !cooperates:
		return lang.T("this one alone")
	case owns:
		return lang.T("this one, which holds the locks of most servers")
	}
	return lang.T("another one, which holds the locks")
}

func aboutMonitor(m *api.Monitor) []objectBox {
	a := &m.Attributes
	return []objectBox{
		{lang.T("Monitor"), false, factList(
			textFact(lang.T("Module"), a.Module),
			textFact(lang.T("State"), a.State),
			objectFact{lang.T("Primary"), primaryLink(m)},
			objectFact{lang.T("Servers"), objectLinks("servers", m.Relationships.IDs("servers"))},
			textFact(lang.T("Changes servers"), owner(m)),
			countFact(lang.T("Looks"), a.Ticks),
		)},
		{lang.T("By itself"), false, factList(
			textFact(lang.T("Failover"), onOff(parameterOn(m, "auto_failover"))),
			textFact(lang.T("Rejoin"), onOff(parameterOn(m, "auto_rejoin"))),
			textFact(lang.T("Replicas are read-only"), onOff(parameterOn(m, "enforce_read_only_slaves") || parameterOn(m, "enforce_read_only_servers"))),
			textFact(lang.T("Scheduled events"), onOff(parameterOn(m, "handle_events"))),
			textFact(lang.T("Script"), orDash(strings.TrimSpace(plain(a.Parameters["script"])))),
		)},
		parametersBox(a.Parameters, a.Source),
	}
}

// parameterOn reports whether a parameter of a monitor is on. A simple topology
// takes failover and rejoin for granted.
func parameterOn(m *api.Monitor, name string) bool {
	p := m.Attributes.Parameters
	implied := strings.HasPrefix(name, "auto_") && plain(p["enforce_simple_topology"]) == "true"
	return implied || plain(p[name]) == "true"
}
