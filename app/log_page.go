package app

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// logPage shows the newest lines of the program's log. It follows the end while
// one looks at the end; while one reads further up nothing moves.
type logPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64

	poll  poll
	level string // the least that is shown, "" for everything
	lines []logLine
	away  bool // the end is not in sight: lines stay as they are
	last  int  // number of the newest line that the server has
}

// logLine is a line of the log, as the server sends it.
type logLine struct {
	ID        string `json:"id"`
	Message   string `json:"message"`
	Module    string `json:"module"`
	Priority  string `json:"priority"`
	Timestamp string `json:"timestamp"`
	Unix      int64  `json:"unix_timestamp"`
}

const (
	logEvery = 2 * time.Second
	logSize  = 200 // lines
	logEnd   = 24  // pixels that count as the end
)

// logLevels are the least levels to show, with the priorities that they stand
// for.
var logLevels = []struct{ level, label, priorities string }{
	{"", "All", ""},
	{"info", "Info", "alert,error,warning,notice,info"},
	{"notice", "Notices", "alert,error,warning,notice"},
	{"warning", "Warnings", "alert,error,warning"},
	{"error", "Errors", "alert,error"},
}

// OnMount takes the level from the address and asks for the first lines.
func (p *logPage) OnMount(ctx app.Context) {
	p.level = ctx.Page().URL().Query().Get("level")
	p.refresh()
	p.follow(ctx)
}

// OnUpdate asks for new lines when it is time to. The page is drawn once a
// second at least.
func (p *logPage) OnUpdate(ctx app.Context) {
	if p.poll.due(time.Now(), logEvery) {
		p.refresh()
	}
	p.follow(ctx)
}

// follow keeps the end in sight.
func (p *logPage) follow(ctx app.Context) {
	if !p.away {
		ctx.Defer(func(app.Context) { ui.ScrollTo("log-lines", 1<<30) })
	}
}

func (p *logPage) refresh() { p.poll.ask(logPath(p.level), p.take) }

// logPath is what to ask for.
func logPath(level string) string {
	values := url.Values{"page[size]": {strconv.Itoa(logSize)}}
	for _, l := range logLevels {
		if l.level == level && l.priorities != "" {
			values.Set("priority", l.priorities)
		}
	}
	return "/v1/maxscale/logs/data?" + values.Encode()
}

// take takes an answer in.
func (p *logPage) take(answer []byte) error {
	var document struct {
		Data struct {
			Attributes struct {
				Log []logLine `json:"log"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &document); err != nil {
		return err
	}
	lines := document.Data.Attributes.Log
	p.last = newestLine(lines)
	if !p.away || p.last < newestLine(p.lines) { // as after a restart, which counts from 1
		p.lines = lines
	}
	return nil
}

// newestLine is the number of the last of lines, 0 when there is none.
func newestLine(lines []logLine) int {
	if len(lines) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(lines[len(lines)-1].ID)
	return n
}

// Render draws the page.
func (p *logPage) Render() app.UI {
	return app.Div().Class("journal").Body(
		app.Div().Class("bar").Body(
			app.H1().Text("Log"),
			app.Span().Class("err clip").Role("status").Title(p.poll.note()+" ").Text(p.shownNote()),
			app.Span().Class("sp"),
			app.Span().ID("log-level").Class("dim").Text("At least"),
			app.Div().Class("seg").Role("radiogroup").Aria("labelledby", "log-level").OnClick(p.pick).Body(
				app.Range(logLevels).Slice(func(i int) app.UI {
					l := logLevels[i]
					return app.Button().Type("button").Role("radio").Aria("checked", boolText(l.level == p.level)).
						DataSet("level", "at-"+l.level).Text(l.label)
				}),
			),
		),
		app.Div().Class("entries data").ID("log-lines").TabIndex(0).Aria("label", "Lines of the log").OnScroll(p.scrolled).Body(
			app.Range(p.lines).Slice(func(i int) app.UI { return renderLogLine(&p.lines[i]) }),
			p.renderEmpty(),
		),
		p.renderAway(),
	)
}

// shownNote is the note in the bar; without lines it stands in the page instead.
func (p *logPage) shownNote() string {
	if len(p.lines) == 0 {
		return ""
	}
	return p.poll.note()
}

func renderLogLine(l *logLine) app.UI {
	at := time.Unix(l.Unix, 0).Local()
	return app.Div().Class("entry").Body(
		app.Span().Class("at").Title(l.Timestamp+" on the server").Body(
			app.Span().Class("day").Text(at.Format("2006-01-02 ")),
			app.Text(at.Format("15:04:05")),
		),
		app.Span().Class("level", l.Priority).Body(ui.Glyph(levelGlyph(l.Priority)), app.Text(l.Priority)),
		app.Span().Class("mod clip").Title(orDash(l.Module)).Text(l.Module),
		app.Span().Class("what").Text(l.Message),
	)
}

// levelGlyph is the sign of a priority.
func levelGlyph(priority string) string {
	switch priority {
	case "alert", "error":
		return "blocked"
	case "warning":
		return "long"
	case "notice":
		return "primary"
	case "info":
		return "replica"
	}
	return "connecting"
}

func (p *logPage) renderEmpty() app.UI {
	switch {
	case len(p.lines) > 0:
		return app.Div().Hidden(true)
	case p.poll.failed != "":
		return app.Div().Class("empty").Body(app.P().Class("err").Role("alert").Text(p.poll.failed))
	case !p.poll.ready:
		return app.Div().Class("empty faint").Text("Loading…")
	case p.level != "":
		return app.Div().Class("empty").Text("Nothing of this level is in the log.")
	}
	return app.Div().Class("empty").Text("The log is empty.")
}

// renderAway leads back to the end, and says what has come there.
func (p *logPage) renderAway() app.UI {
	if !p.away {
		return app.Div().Hidden(true)
	}
	text := "Follow"
	if n := p.last - newestLine(p.lines); n > 0 {
		text = ui.Plural(n, "new line", "new lines") + " — follow"
		if p.level != "" {
			text = "New lines — follow"
		}
	}
	return app.Div().Class("bar").Body(
		app.Span().Class("sp"),
		app.Button().Type("button").Class("btn s").Text("▾ "+text).OnClick(p.back),
		app.Span().Class("sp"),
	)
}

// back follows the end again.
func (p *logPage) back(ctx app.Context, _ app.Event) {
	p.away = false
	p.refresh()
	p.follow(ctx)
}

// scrolled follows the end when it is in sight, and stops when it is not.
func (p *logPage) scrolled(ctx app.Context, _ app.Event) {
	box := ctx.JSSrc()
	away := box.Get("scrollHeight").Int()-box.Get("scrollTop").Int()-box.Get("clientHeight").Int() > logEnd
	if away == p.away {
		ctx.PreventUpdate()
		return
	}
	p.away = away
}

// pick shows another level.
func (p *logPage) pick(_ app.Context, e app.Event) {
	level, ok := strings.CutPrefix(ui.Closest(e, "data-level"), "at-")
	if !ok || level == p.level {
		return
	}
	p.show(level)
	path := href("/log")
	if level != "" {
		path += "?level=" + level
	}
	ui.ReplaceAddress(path)
}

func (p *logPage) show(level string) {
	p.level, p.away, p.lines, p.last = level, false, nil, 0
	p.poll.again()
	p.refresh()
}
