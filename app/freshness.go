package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
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
	behind := lang.T(" · {behindMs} behind", "behindMs", ui.Duration(ms(s.BehindMs)))
	switch {
	case s.Final:
		return "off", lang.T("Not connected"), " · " + s.Err
	case !s.Connected && s.Since.IsZero():
		return "off", lang.T("Not connected"), ""
	case !s.Connected:
		rest := ""
		if !s.RetryAt.IsZero() {
			rest = lang.T(" · retry in {retryAt}", "retryAt", whole(until(s.RetryAt)))
		}
		return "stale", lang.T("Stale since {since}", "since", clockOf(s.Since)), rest
	case s.Stale():
		return "stale", lang.T("Stale"), behind
	case s.Slow():
		return "slow", lang.T("Slow"), behind
	case console.held:
		if page, ok := keys.(holder); ok {
			return "held", lang.T("Held"), " · " + lang.N(page.changes(), "{n} changed|{n} changed")
		}
		return "held", lang.T("Held"), ""
	}
	return "live", lang.T("Live"), behind
}

// holder is a page that knows how many of its rows came or went while they were
// held.
type holder interface{ changes() int }

// freshnessNews is what those who hear the console are told when the state of
// the connection becomes another one; "" when there is nothing to tell.
func freshnessNews(before, now client.State) string {
	switch {
	case now.Final && !before.Final:
		return lang.T("Not connected. {err}", "err", now.Err)
	case now.Stale() && !before.Stale():
		return lang.T("Connection lost. What is shown is old.")
	case before.Stale() && !now.Stale():
		return lang.T("Connected. What is shown is current.")
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
		app.Text(verb), ui.Words("wide", rest), app.Kbd().Aria("hidden", "true").Hidden(keyLabel("Space") == "").Text(keyLabel("Space")))
}

func (h *holdButton) toggle(app.Context, app.Event) { toggleHold() }

func holdWords() string {
	if console.held {
		return lang.T("Release rows")
	}
	return lang.T("Hold rows")
}

func toggleHold() {
	console.held = !console.held
	console.rev++
}
