package app

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
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

// fill puts what is in effect into the choices of boards.
func (d *displaySettings) fill() {
	for i := range d.list {
		ui.SetValue("board-of-"+d.list[i].ID, cmp.Or(d.list[i].Attributes.Board, api.FirstBoard))
	}
}

// render draws the form, and the displays that there are.
func (d *displaySettings) render(boards []api.Board) app.UI {
	if console.who.Role != "admin" {
		return app.Div().Class("page").Body(app.P().Class("dim").Text("Only administrators see and pair displays."))
	}
	may := console.mayAct()
	return app.Div().Class("page displays").Body(
		app.Form().ID("pair").Class("box").OnInput(d.input).OnSubmit(d.submit).Body(
			app.Header().Body(app.H2().Text("Pair a screen")),
			app.Div().Class("body").Body(
				app.P().Class("dim").Body(app.Text("Open "), app.Code().Text(ui.Link(href("/wall"))), app.Text(" on the screen. It shows a code of six characters and needs no keyboard.")),
				app.Div().Class("fields").Body(
					displayField("pair-code", "Code", app.Input().ID("pair-code").Class("in mono").MaxLength(16).AutoComplete(false).Required(true)),
					displayField("pair-name", "Name", app.Input().ID("pair-name").Class("in").MaxLength(64).AutoComplete(false).Required(true).Placeholder("noc-left")),
					displayField("pair-board", "Board", boardSelect("pair-board", boards)),
					displayField("pair-days", "Days", app.Input().ID("pair-days").Class("in num").Attr("inputmode", "numeric").MaxLength(3).AutoComplete(false).Placeholder(strconv.Itoa(api.DisplayDays))),
					app.Button().Type("submit").Class("btn p").Disabled(!may || d.busy).Text("Pair the screen"),
				),
				app.If(d.failed != "", func() app.UI { return app.P().Class("err").Role("alert").Text(d.failed) }),
			),
		),
		app.If(d.polled.note() != "", func() app.UI { return app.P().Class("err").Role("alert").Text(d.polled.note()) }),
		d.renderList(boards, may),
	)
}

func displayField(id, label string, control app.UI) app.UI {
	return app.Div().Class("field").Body(app.Label().For(id).Text(label), control)
}

// boardSelect draws a choice among the boards.
func boardSelect(id string, boards []api.Board) app.HTMLSelect {
	return app.Select().ID(id).Class("in").Body(app.Range(boards).Slice(func(i int) app.UI {
		return app.Option().Value(boards[i].ID).Selected(boards[i].ID == api.FirstBoard).Text(boards[i].ID)
	}))
}

func (d *displaySettings) renderList(boards []api.Board, may bool) app.UI {
	if len(d.list) == 0 {
		text := "No screen has been paired."
		if !d.polled.ready {
			text = "Loading…"
		}
		return app.Div().Class("empty").Text(text)
	}
	heads := []string{"Name", "Board", "State", "Last seen", "Expires", "From", "Paired"}
	return app.Table().Class("t of-displays").OnClick(d.clicked).OnChange(d.changed).Body(
		app.THead().Body(app.Tr().Body(
			app.Range(heads).Slice(func(i int) app.UI { return app.Th().Scope("col").Text(heads[i]) }),
			app.Th().Scope("col").Body(app.Span().Class("sr").Text("Actions")),
		)),
		app.TBody().Body(app.Range(d.list).Slice(func(i int) app.UI { return d.renderRow(&d.list[i], boards, may) })),
	)
}

// renderRow draws a display. It binds no handler: the table has them, and they
// read which row was hit.
func (d *displaySettings) renderRow(s *api.Display, boards []api.Board, may bool) app.UI {
	a := &s.Attributes
	glyph, word, level := displayState(a, console.now())
	over := word == "Revoked" || word == "Expired"
	if !may || over {
		boards = []api.Board{{ID: cmp.Or(a.Board, api.FirstBoard)}}
	} else if a.Board != "" && !hasBoard(boards, a.Board) {
		boards = append([]api.Board{{ID: a.Board}}, boards...)
	}
	return app.Tr().DataSet("id", s.ID).Body(
		app.Td().Body(app.B().Class("clip").Title(a.Name).Text(a.Name)),
		app.Td().Body(boardSelect("board-of-"+s.ID, boards).Disabled(!may || over).Aria("label", "Board of "+a.Name)),
		app.Td().Body(ui.Chip(glyph, word, level)),
		app.Td().Body(renderInstant(timeOf(a.LastSeenAt))),
		app.Td().Class("tnum").Title(exact(timeOf(a.ExpiresAt))).Text(inZone(timeOf(a.ExpiresAt)).Format(time.DateOnly)),
		app.Td().Class("mono clip").Title(a.Address).Text(orDash(a.Address)),
		app.Td().Class("clip").Title(exact(timeOf(a.CreatedAt))).Text("by "+a.CreatedBy),
		app.Td().Class("do").Body(
			app.If(over, func() app.UI { return app.Span() }).
				ElseIf(d.doubt == s.ID, func() app.UI {
					return app.Span().Class("ask").Body(
						app.Button().Type("button").Class("btn s").DataSet("do", "keep").Text("Keep"),
						app.Button().Type("button").Class("btn s d").DataSet("do", "revoke").Disabled(!may).Text("Revoke "+ui.Clip(a.Name, 20)))
				}).
				Else(func() app.UI {
					return app.Button().Type("button").Class("btn s do").DataSet("do", "doubt").Disabled(!may).Aria("label", "Revoke "+a.Name+"…").Text("Revoke…")
				}),
		),
	)
}

func hasBoard(boards []api.Board, id string) bool {
	for i := range boards {
		if boards[i].ID == id {
			return true
		}
	}
	return false
}

// displayState is what the chip of a display shows.
func displayState(a *api.DisplayAttributes, now time.Time) (glyph, word, level string) {
	seen := timeOf(a.LastSeenAt)
	switch {
	case a.Revoked:
		return "ended", "Revoked", "ended"
	case !now.Before(timeOf(a.ExpiresAt)):
		return "ended", "Expired", "ended"
	case seen.IsZero():
		return "connecting", "Not yet on", ""
	case now.Sub(seen) > 3*time.Minute:
		return "long", "Not seen", "attn"
	}
	return "running", "On", ""
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
			d.failed = "Days: write a number from 1 to " + strconv.Itoa(api.MaxDisplayDays) + ", or nothing for " + strconv.Itoa(api.DisplayDays) + "."
			return
		}
		body.Days = days
	}
	if body.Code == "" || body.Name == "" {
		d.failed = "A screen is paired by its code and gets a name."
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
			for _, id := range []string{"pair-code", "pair-name", "pair-days"} {
				ui.SetValue(id, "")
			}
			console.say(body.Name+" is paired and shows "+body.Board+".", false)
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
		console.change("The display is revoked.", func(ctx context.Context) error {
			_, _, err := console.client.Do(ctx, "DELETE", "/v1/displays/"+url.PathEscape(id), nil)
			return err
		})
		d.polled.again()
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
	console.change("The display shows "+board+" within a minute.", func(ctx context.Context) error {
		_, _, err := console.client.Do(ctx, "PATCH", "/v1/displays/"+url.PathEscape(id), api.DisplayChange{Board: &board})
		return err
	})
	d.polled.again()
}
