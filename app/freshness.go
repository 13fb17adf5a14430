package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/ui"
)

// freshness says how old what is on the screen is.
type freshness struct {
	app.Compo
	Rev uint64
}

// Render draws the sign and its words. It is not read out as it ticks: what
// matters of it is, by freshnessNews.
func (f *freshness) Render() app.UI {
	class, text, rest := freshnessWords(console.state)
	return app.Span().Class("fresh", class).Body(app.B().Text(text), app.Span().Text(rest))
}

// freshnessWords says how fresh the data are: as the class of the sign, in words,
// and in figures.
func freshnessWords(s client.State) (class, text, rest string) {
	behind := " · " + ui.Duration(ms(s.BehindMs)) + " behind"
	switch {
	case s.Final:
		return "off", "Not connected", " · " + s.Err
	case !s.Connected && s.Since.IsZero():
		return "off", "Not connected", ""
	case !s.Connected:
		rest := ""
		if !s.RetryAt.IsZero() {
			rest = " · retry in " + whole(until(s.RetryAt))
		}
		return "stale", "Stale since " + clockOf(s.Since), rest
	case s.Stale():
		return "stale", "Stale", behind
	case s.Slow():
		return "slow", "Slow", behind
	case console.held:
		if page, ok := keys.(holder); ok {
			return "held", "Held", " · " + ui.Plural(page.changes(), "changed", "changed")
		}
		return "held", "Held", ""
	}
	return "live", "Live", behind
}

// holder is a page that knows how many of its rows came or went while they were
// held.
type holder interface{ changes() int }

// freshnessNews is what those who hear the console are told when the state of
// the connection becomes another one; "" when there is nothing to tell.
func freshnessNews(before, now client.State) string {
	switch {
	case now.Final && !before.Final:
		return "Not connected. " + now.Err
	case now.Stale() && !before.Stale():
		return "Connection lost. What is shown is old."
	case before.Stale() && !now.Stale():
		return "Connected. What is shown is current."
	}
	return ""
}

// holdButton freezes the rows of tables where they are.
type holdButton struct {
	app.Compo
	Held bool
}

// Render draws the button.
func (h *holdButton) Render() app.UI {
	verb, rest, _ := strings.Cut(holdWords(), " ")
	return app.Button().Type("button").Class("btn hold").OnClick(h.toggle).Body(
		app.Text(verb), app.Span().Class("wide").Text(rest), app.Kbd().Aria("hidden", "true").Hidden(keyLabel("Space") == "").Text(keyLabel("Space")))
}

func (h *holdButton) toggle(app.Context, app.Event) { toggleHold() }

func holdWords() string {
	if console.held {
		return "Release rows"
	}
	return "Hold rows"
}

func toggleHold() {
	console.held = !console.held
	console.rev++
}
