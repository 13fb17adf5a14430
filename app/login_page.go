package app

import (
	"context"
	"errors"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// loginPage lets a user in, or the first one be made.
type loginPage struct {
	app.Compo
	Setup bool // there is no user yet
	Demo  bool

	code, user, password string
	failed               string
	busy                 bool
}

// Render draws the form.
func (p *loginPage) Render() app.UI {
	title, action := lang.T("Log in"), lang.T("Log in")
	if p.Setup {
		title, action = lang.T("Set up Signalbox"), lang.T("Create the administrator")
	}
	return ui.Box("gate",
		app.Form().OnSubmit(p.submit).Body(
			app.P().Class("mark").Body(
				ui.SVG("svg").Attr("viewBox", "0 0 14 14").Attr("aria-hidden", "true").Body(
					ui.SVG("path").Attr("d", "M1 1h5v5H1zM8 8h5v5H8z").Attr("fill", "currentColor")),
				app.Text("Signalbox"),
			),
			app.H1().Text(title),
			app.If(p.Setup, func() app.UI {
				return ui.Para("dim", lang.T("The program has printed a setup code where it was started. It works once."))
			}),
			app.If(p.Setup, func() app.UI {
				return ui.Box("field",
					app.Label().For("code").Text(lang.T("Setup code")),
					app.Input().ID("code").Class("in mono").Required(true).AutoComplete(false).AutoFocus(true).OnInput(p.ValueTo(&p.code)),
				)
			}),
			ui.Box("field",
				app.Label().For("user").Text(lang.T("User")),
				app.Input().ID("user").Class("in").Required(true).Attr("autocomplete", "username").AutoFocus(!p.Setup).OnInput(p.ValueTo(&p.user)),
			),
			ui.Box("field",
				app.Label().For("password").Text(lang.T("Password")),
				app.Input().ID("password").Type("password").Class("in").Required(true).Attr("autocomplete", "current-password").OnInput(p.ValueTo(&p.password)),
			),
			app.If(p.failed != "", func() app.UI { return app.P().Class("err").Role("alert").Text(p.failed) }),
			app.Button().Type("submit").Class("btn p").Disabled(p.busy).Text(p.action(action)),
			app.If(p.Demo, func() app.UI {
				return ui.Para("dim", lang.T("This is the demo. Its accounts were printed where it was started."))
			}),
		),
	)
}

// action is what the button says.
func (p *loginPage) action(words string) string {
	if p.busy {
		return lang.T("One moment…")
	}
	return words
}

func (p *loginPage) submit(ctx app.Context, e app.Event) {
	e.PreventDefault()
	p.busy, p.failed = true, ""
	setup, code, user, password := p.Setup, p.code, p.user, p.password
	ctx.Async(func() {
		wait, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		var err error
		if setup {
			err = console.client.Setup(wait, code, user, password)
		} else {
			err = console.client.Login(wait, user, password)
		}
		ctx.Dispatch(func(app.Context) {
			p.busy = false
			if err == nil {
				p.password = ""
				console.ask()
				return
			}
			ctx.Defer(func(app.Context) { ui.Select("password") })
			p.failed = err.Error()
			if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 401 {
				p.failed = lang.T("User or password is wrong.")
			}
		})
	})
}

// logOut ends the login. The server closes the push feed with it.
func (l *live) logOut() {
	l.async(func(ctx context.Context) func() {
		err := l.client.Logout(ctx)
		return func() {
			if err != nil {
				l.say(err.Error(), true)
				return
			}
			l.toasts = nil
			l.gate = gateLogin
		}
	})
}
