package app

import (
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// This file draws the buttons of what can be done to monitors and their servers.
// What a button is about stands in its attributes and is read when it is clicked.

// commandButton is a button that opens the dialog.
type commandButton struct{ do, text, monitor, server, state string }

// commandBar draws buttons for those who may use them.
func commandBar(buttons ...commandButton) app.UI {
	if !console.mayAct() || len(buttons) == 0 {
		return app.Span().Hidden(true)
	}
	return app.Span().Class("acts").OnClick(commandClicked).Body(app.Range(buttons).Slice(func(i int) app.UI {
		b := buttons[i]
		class := ""
		if w, ok := commandTexts[b.do]; ok && w.grave {
			class = "do"
		}
		button := ui.Do(class, b.do, b.text, console.stale()).DataSet("monitor", b.monitor).DataSet("server", b.server).DataSet("state", b.state)
		if console.stale() {
			button = button.Title(staleTitle())
		}
		return button
	}))
}

func commandClicked(_ app.Context, e app.Event) {
	if do := ui.Closest(e, "data-do"); do != "" {
		askCommand(do, ui.Closest(e, "data-monitor"), ui.Closest(e, "data-server"), ui.Closest(e, "data-state"))
	}
}

// monitorButtons are the buttons of a monitor's page.
func monitorButtons(m *api.Monitor) app.UI {
	if m.Attributes.State == "Stopped" {
		return commandBar(commandButton{do: doStart, text: lang.T("Start"), monitor: m.ID})
	}
	buttons := primaryButtons(m)
	if m.Attributes.Module == commander {
		buttons = append(buttons, commandButton{do: doReset, text: lang.T("Reset replication…"), monitor: m.ID})
	}
	return commandBar(append(buttons, commandButton{do: doStop, text: lang.T("Stop…"), monitor: m.ID})...)
}

// primaryButtons are those that give a monitor another primary.
func primaryButtons(m *api.Monitor) []commandButton {
	switch {
	case m.Attributes.Module != commander, m.Attributes.State != "Running":
		return nil
	case primaryOf(m) == "":
		return []commandButton{{do: doFailover, text: lang.T("Failover…"), monitor: m.ID}}
	}
	return []commandButton{{do: doSwitchover, text: lang.T("Switchover…"), monitor: m.ID}}
}

// monitorsBar shows the monitors in the bar of another page: a link to each, and
// what gives it another primary. The page watches the view name.
func monitorsBar(name string) app.UI {
	list := model.Rows[api.MonitorAttributes](console.store.View(name))
	return app.Span().Class("monitors").Body(app.Range(list).Slice(func(i int) app.UI {
		m := list[i]
		return app.Span().Class("monitor").Body(objectLink("monitors", m.ID), monitorChip(m), commandBar(primaryButtons(m)...))
	}))
}

// serverButtons are the buttons of a server's page.
func serverButtons(s *api.Server) app.UI {
	words := strings.Split(s.Attributes.State, ", ")
	is := func(word string) bool { return slices.Contains(words, word) }
	var buttons []commandButton
	add := func(do, text, monitor string) {
		buttons = append(buttons, commandButton{do, text, monitor, s.ID, s.Attributes.State})
	}
	aside := is("Maintenance") || is("Draining") || is("Drained")
	monitor, commands := monitorOf(s)
	if commands && is("Running") && !aside {
		switch {
		case is("Slave"):
			add(doSwitchover, lang.T("Make it the primary…"), monitor)
		case !is("Master"):
			add(doRejoin, lang.T("Rejoin…"), monitor)
		}
	}
	if aside {
		add(doClear, lang.T("Use it again"), monitor)
	}
	if !is("Maintenance") {
		add(doMaintenance, lang.T("Maintenance…"), monitor)
	}
	if !aside {
		add(doDrain, lang.T("Drain…"), monitor)
	}
	return commandBar(buttons...)
}

// monitorOf returns the monitor of a server, and whether it takes commands.
func monitorOf(s *api.Server) (name string, commands bool) {
	for _, id := range s.Relationships.IDs("monitors") {
		m, ok := model.Row[api.MonitorAttributes](console.store.View(serversMonitors), id)
		return id, ok && m.Attributes.Module == commander && m.Attributes.State == "Running"
	}
	return "", false
}
