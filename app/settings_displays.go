package app

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// displaySettings are where an administrator pairs screens, and takes their
// access back. The zero value has not asked for them yet.
type displaySettings struct {
	polled poll
	list   []api.Display
	typed  map[string]string // by field of the form
	busy   bool
	failed string
	doubt  string // id of the display that is about to be revoked, "" for none
	fresh  bool   // the form is as it was at first
}

// displaysEvery is how often the displays are asked for.
const displaysEvery = 5 * time.Second

// tick asks for the displays when it is time to.
func (d *displaySettings) tick() {
	if console.who.Role == "admin" && console.client != nil && d.polled.due(time.Now(), displaysEvery) {
		d.polled.ask("/v1/displays", func(answer []byte) (err error) {
			d.list, err = api.DecodeAll[api.DisplayAttributes](answer)
			return err
		})
	}
}

// fill puts what is in effect into the choices of boards, and empties the form
// after its use.
func (d *displaySettings) fill() {
	if !d.fresh {
		d.fresh = true
		ui.SetValue("pair-code", "")
		ui.SetValue("pair-name", "")
		ui.SetValue("pair-days", "")
		ui.SetValue("pair-board", api.FirstBoard)
	}
	for i := range d.list {
		ui.SetValue("board-of-"+d.list[i].ID, cmp.Or(d.list[i].Attributes.Board, api.FirstBoard))
	}
}

// render draws the form, and the displays that there are.
func (d *displaySettings) render(boards []api.Board) app.UI {
	if console.who.Role != "admin" {
		return ui.Box("page", ui.Para("dim", lang.T("Only administrators see and pair displays.")))
	}
	may := console.mayAct()
	ids := boardIDs(boards)
	return ui.Box("page displays",
		app.Form().ID("pair").Class("box").OnInput(d.input).OnSubmit(d.submit).Body(
			app.Header().Body(ui.Head("", app.Text(lang.T("Pair a screen")))),
			ui.Box("body",
				ui.Para("dim", lang.T("Open {href} on the screen. It shows a code of six characters and needs no keyboard.", "href", ui.Link(href("/wall")))),
				ui.Box("fields",
					ui.Field("pair-code", lang.T("Code"), "mono", "", 16),
					ui.Field("pair-name", lang.T("Name"), "", "noc-left", 64),
					ui.Labelled("pair-board", lang.T("Board"), ui.Choose("pair-board", ids, ids, !may)),
					ui.Field("pair-days", lang.T("Days"), "num", strconv.Itoa(api.DisplayDays), 3),
					app.Button().Type("submit").Class("btn p").Disabled(!may || d.busy).Text(lang.T("Pair the screen")),
				),
				ui.Alert("err", d.failed),
			),
		),
		ui.When(d.polled.failed != "", ui.Alert("err", d.polled.note())),
		d.renderList(ids, may),
	)
}

func boardIDs(boards []api.Board) []string {
	ids := make([]string, len(boards))
	for i := range boards {
		ids[i] = boards[i].ID
	}
	return ids
}

func (d *displaySettings) renderList(boards []string, may bool) app.UI {
	if len(d.list) == 0 {
		text := lang.T("No screen has been paired.")
		if !d.polled.ready {
			text = lang.T("Loading…")
		}
		return ui.Box("empty", app.Text(text))
	}
	return app.Table().Class("t of-displays").OnClick(d.clicked).OnChange(d.changed).Body(
		ui.Columns(lang.T("Name"), lang.T("Board"), lang.T("State"), lang.T("Last seen"), lang.T("Expires"), lang.T("From"), lang.T("Paired by"), ""),
		app.TBody().Body(app.Range(d.list).Slice(func(i int) app.UI { return d.renderRow(&d.list[i], boards, may) })),
	)
}

// renderRow draws a display. It binds no handler: the table has them, and they
// read which row was hit.
func (d *displaySettings) renderRow(s *api.Display, boards []string, may bool) app.UI {
	a := &s.Attributes
	glyph, word, level := displayState(a, console.now())
	over := level == "ended"
	if now := cmp.Or(a.Board, api.FirstBoard); over || !slices.Contains(boards, now) {
		boards = append([]string{now}, boards...)
	}
	action := app.UI(ui.Do("s do", "doubt", lang.T("Revoke…"), !may))
	switch {
	case over:
		action = ui.Words("", "")
	case d.doubt == s.ID:
		action = ui.Box("ask", ui.Do("s", "keep", lang.T("Keep"), false), ui.Do("s d", "revoke", lang.T("Revoke {name}", "name", ui.Clip(a.Name, 20)), !may))
	}
	return app.Tr().DataSet("id", s.ID).Body(
		ui.CellOf("", ui.Bold("clip", a.Name)),
		ui.CellOf("", ui.Choose("board-of-"+s.ID, boards, boards, !may || over)),
		ui.CellOf("", ui.Chip(glyph, word, level)),
		ui.CellOf("", renderInstant(timeOf(a.LastSeenAt))),
		ui.Cell("tnum", inZone(timeOf(a.ExpiresAt)).Format(time.DateOnly)),
		ui.Cell("mono clip", orDash(a.Address)),
		ui.Cell("clip", a.CreatedBy),
		ui.CellOf("do", action),
	)
}

// displayState is what the chip of a display shows.
func displayState(a *api.DisplayAttributes, now time.Time) (glyph, word, level string) {
	seen := timeOf(a.LastSeenAt)
	switch {
	case a.Revoked:
		return "ended", lang.T("Revoked"), "ended"
	case !now.Before(timeOf(a.ExpiresAt)):
		return "ended", lang.T("Expired"), "ended"
	case seen.IsZero():
		return "connecting", lang.T("Not yet on"), ""
	case now.Sub(seen) > 3*time.Minute:
		return "long", lang.T("Not seen"), "attn"
	}
	return "running", lang.T("On"), ""
}

func (d *displaySettings) input(_ app.Context, e app.Event) {
	d.enter(e.Get("target").Get("id").String(), e.Get("target").Get("value").String())
}

func (d *displaySettings) enter(field, text string) {
	if d.typed == nil {
		d.typed = make(map[string]string)
	}
	d.typed[field], d.failed = text, ""
}

func (d *displaySettings) submit(_ app.Context, e app.Event) {
	e.PreventDefault()
	d.approve()
}

// approve lets the screen in that shows the code.
func (d *displaySettings) approve() {
	body := api.DisplayApproval{
		Code: strings.TrimSpace(d.typed["pair-code"]), Name: strings.TrimSpace(d.typed["pair-name"]), Board: cmp.Or(d.typed["pair-board"], api.FirstBoard),
	}
	if text := strings.TrimSpace(d.typed["pair-days"]); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 1 || days > api.MaxDisplayDays {
			d.failed = lang.T("Days: write a number from 1 to {maxDisplayDays}, or nothing for {displayDays}.", "maxDisplayDays", strconv.Itoa(api.MaxDisplayDays), "displayDays", strconv.Itoa(api.DisplayDays))
			return
		}
		body.Days = days
	}
	if body.Code == "" || body.Name == "" {
		d.failed = lang.T("A screen is paired by its code and gets a name.")
		return
	}
	d.busy = true
	console.async(func(ctx context.Context) func() {
		_, _, err := console.client.Do(ctx, "POST", "/v1/displays", body)
		return func() {
			d.busy = false
			if err != nil {
				d.failed = ui.Sentence(err.Error())
				return
			}
			d.typed = nil
			d.fresh = false
			console.say(lang.T("{name} is paired and shows {board}.", "name", body.Name, "board", body.Board), false)
			d.polled.again()
		}
	})
}

func (d *displaySettings) clicked(_ app.Context, e app.Event) {
	d.do(ui.Closest(e, "data-id"), ui.Closest(e, "data-do"))
}

func (d *displaySettings) do(id, what string) {
	switch {
	case what == "doubt":
		d.doubt = id
	case what == "keep":
		d.doubt = ""
	case what == "revoke" && d.doubt == id && id != "":
		d.doubt = ""
		d.change(lang.T("The display is revoked."), "DELETE", id, nil)
	}
}

func (d *displaySettings) changed(_ app.Context, e app.Event) {
	if id := ui.Closest(e, "data-id"); id != "" {
		d.choose(id, e.Get("target").Get("value").String())
	}
}

// choose has a display show another board.
func (d *displaySettings) choose(id, board string) {
	for i := range d.list {
		if d.list[i].ID == id {
			d.list[i].Attributes.Board = board
		}
	}
	d.change(lang.T("The display shows {board} within a minute.", "board", board), "PATCH", id, api.DisplayChange{Board: &board})
}

// change changes a display, and reads the list once that is done.
func (d *displaySettings) change(done, method, id string, body any) {
	console.change(done, func(ctx context.Context) error {
		_, _, err := console.client.Do(ctx, method, "/v1/displays/"+url.PathEscape(id), body)
		console.later(d.polled.again)
		return err
	})
}
