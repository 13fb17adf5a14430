package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// overlay is what lies over the page or hangs from the top bar.
type overlay uint8

const (
	overNothing overlay = iota
	overPalette
	overHelp
	overUser // menu of the user
	overRail // the navigation, where there is no room for it beside the page
)

// layer is what of the console lies over the pages, of which there is one at a
// time, and what keys have begun.
type layer struct {
	over    overlay
	opener  app.Value // has had the keyboard before it was opened
	chord   chord
	waits   keysThatWait
	command commandState // what is about to be done to a monitor or a server
	said    string       // read out by those who hear the console
	build   string       // of the console that runs here, "" while it is not known
	wanted  string       // of the console that the server has now
}

// modal reports whether nothing else can be used meanwhile.
func (l *layer) modal() bool { return l.over == overPalette || l.over == overHelp }

// firstOf is the element that gets the keyboard when an overlay opens.
var firstOf = map[overlay]string{
	overPalette: "palette-input", overHelp: "help-keys", overUser: "user-settings", overRail: "rail",
}

// open opens an overlay in place of another.
func (l *layer) open(ctx app.Context, what overlay) {
	if l.over == overNothing {
		l.opener = ui.Focused()
	}
	l.over = what
	console.rev++
	ctx.Defer(func(app.Context) { ui.Focus(firstOf[what]) })
}

// close closes what is open and gives the keyboard back. It reports whether
// anything was open.
func (l *layer) close(ctx app.Context) bool {
	opener := l.opener
	if !l.drop() {
		return false
	}
	ctx.Defer(func(app.Context) { ui.FocusOn(opener) })
	return true
}

// drop closes what is open and leaves the keyboard to what comes next. It
// reports whether anything was open.
func (l *layer) drop() bool {
	open := l.over != overNothing
	if open {
		l.waits.close()
	}
	l.over, l.opener = overNothing, nil
	console.rev++
	return open
}

// toggle opens an overlay, or closes it.
func (l *layer) toggle(ctx app.Context, what overlay) {
	if l.over == what {
		l.close(ctx)
		return
	}
	l.open(ctx, what)
}

// outdated reports whether the server has a newer console than this one.
func (l *layer) outdated() bool { return l.build != "" && l.wanted != "" && l.build != l.wanted }

// overlays draws what lies over the page. It is there when nothing does, so that
// its neighbours keep their places.
type overlays struct {
	app.Compo
	Over overlay
	Rev  uint64
}

// Render draws the overlay that is open.
func (o *overlays) Render() app.UI {
	switch o.Over {
	case overPalette:
		return &palette{Rev: o.Rev}
	case overHelp:
		return &help{}
	}
	return app.Div().Hidden(true)
}

// closeOutside closes what is open when the click was beside it.
func closeOutside(ctx app.Context, e app.Event) {
	if ui.Closest(e, "aria-modal") == "" {
		console.layer.close(ctx)
	}
}
