package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// listenersPage shows the listeners, or the one named ID.
type listenersPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

var listenersTable = objectTable[api.ListenerAttributes]{
	topic: api.TopicListeners, title: lang.Mark("Listeners"), none: lang.Mark("There is no listener {id}."),
	empty: lang.Mark("No listeners, so no client can connect. A section with type=listener in the configuration makes one."),
	columns: []objectColumn[api.ListenerAttributes]{
		{"c-name", lang.Mark("Name"), func(l *api.Listener) app.UI { return objectName("listeners", l.ID) }},
		{"c-address mono", lang.Mark("Address"), func(l *api.Listener) app.UI { return hinted(endpoint(l.Attributes.Parameters)) }},
		{"c-services", lang.Mark("Service"), func(l *api.Listener) app.UI { return objectLinks("services", l.Relationships.IDs("services")) }},
		{"c-status", lang.Mark("State"), listenerChip},
		{"c-tls", "TLS", func(l *api.Listener) app.UI { return app.Text(onOff(tlsOn(l))) }},
		{"c-try", lang.Mark("Try it"), tryButton},
	},
	chip: listenerChip, about: aboutListener,
}

// OnMount asks for the listeners.
func (p *listenersPage) OnMount(app.Context) { listenersTable.open() }

// OnDismount gives them up.
func (p *listenersPage) OnDismount() { listenersTable.close() }

// Render draws the page.
func (p *listenersPage) Render() app.UI { return listenersTable.render(p.ID) }

// listenerChip shows the state of a listener. Only one that runs is quiet.
func listenerChip(l *api.Listener) app.UI {
	state := l.Attributes.State
	switch state {
	case "Running":
		return ui.Chip("running", lang.T("Running"), "")
	case "Failed":
		return ui.Chip("blocked", lang.T("Failed"), "crit")
	case "Stopped":
		return ui.Chip("maint", lang.T("Stopped"), "attn")
	}
	return ui.Chip("connecting", orDash(state), "")
}

// tlsOn reports whether clients talk TLS to a listener.
func tlsOn(l *api.Listener) bool { return plain(l.Attributes.Parameters["ssl"]) == "true" }

// tryButton draws the button that copies a command which connects a client.
func tryButton(l *api.Listener) app.UI {
	return app.Button().Type("button").Class("btn s").DataSet("copy", testCommand(l, consoleHost())).
		Aria("label", lang.T("Copy a test command for {id}", "id", l.ID)).Text(lang.T("Copy a test command"))
}

// consoleHost is the name by which the browser has reached this console, and so
// the proxy.
func consoleHost() string {
	if host := app.Window().URL().Hostname(); host != "" {
		return host
	}
	return "127.0.0.1"
}

// testCommand is the command that connects a client to a listener. One that
// listens on all addresses is reached by the name host.
func testCommand(l *api.Listener, host string) string {
	p := l.Attributes.Parameters
	words := []string{"mariadb"}
	if path := plain(p["socket"]); path != "" {
		words = append(words, "--socket="+commandWord(path))
	} else {
		address := plain(p["address"])
		if address == "" || address == "::" || address == "0.0.0.0" {
			address = host
		}
		words = append(words, "--host="+commandWord(address), "--port="+commandWord(plain(p["port"])))
	}
	if tlsOn(l) {
		words = append(words, "--ssl")
	}
	return strings.Join(append(words, "--user=USER", "--password"), " ")
}

// commandWord is a word of a command line: between quotes when a shell would
// read more into it.
func commandWord(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func aboutListener(l *api.Listener) []objectBox {
	a := &l.Attributes
	return []objectBox{
		{lang.T("Listener"), false, factList(
			monoFact(lang.T("Address"), endpoint(a.Parameters)),
			objectFact{lang.T("Service"), objectLinks("services", l.Relationships.IDs("services"))},
			textFact(lang.T("State"), a.State),
			objectFact{lang.T("Try it"), app.Span().Class("lines").Body(
				app.Code().Text(testCommand(l, consoleHost())), app.Span().Body(tryButton(l)),
			)},
		)},
		{"TLS", false, factList(
			textFact("TLS", onOff(tlsOn(l))),
			monoFact(lang.T("Certificate"), plain(a.Parameters["ssl_cert"])),
			monoFact(lang.T("Authorities"), plain(a.Parameters["ssl_ca"])),
			textFact(lang.T("Clients show one"), yesNo(plain(a.Parameters["ssl_verify_peer_certificate"]) == "true")),
		)},
		parametersBox(a.Parameters, a.Source),
	}
}
