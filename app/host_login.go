package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// renderHostLogin is what stands in front of the pages when nobody is logged in
// to the application that the console is a part of. The console has no form for
// its logins, so it says where to go.
func renderHostLogin() app.UI {
	return ui.Box("gate", ui.Box("empty",
		app.H1().Text(lang.T("You are not logged in")),
		app.P().Text(lang.T("This console is part of another application and uses its logins. Log in to the host application, in this tab or in another one, then reload this page.")),
		app.Button().ID("host-reload").Type("button").Class("btn p").Text(lang.T("Reload")).OnClick(func(app.Context, app.Event) { ui.Reload() }),
	))
}

// loginEnded asks for a login after the server has ended the last one. Of a host
// application's user only the rights may have changed.
func (l *live) loginEnded() {
	l.layer.drop()
	switch {
	case embedded != nil:
		embedded.ended()
	case l.who.HostLogin:
		l.ask()
	default:
		l.gate = gateLogin
	}
}
