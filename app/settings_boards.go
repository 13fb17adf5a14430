package app

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
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

// boardSettings are the boards of walls, and the editor of one. The fields and
// the text of the file are equals: what is changed in one is changed in the
// other. The zero value has not asked for them yet.
type boardSettings struct {
	polled poll
	list   []api.Board

	id    string // of the board in the editor, "" for none
	plan  api.BoardPlan
	saved string // text of what the server had when it was looked at, "" for nothing
	tag   string // the entity tag of that
	fresh bool   // the fields do not show the plan yet
	wrong string // what is wrong with what was typed, or why it was not saved
	doubt bool   // the board is about to be removed
	name  string // typed, of a new board
}

const boardsEvery = 30 * time.Second

// tick asks for the boards when it is time to.
func (b *boardSettings) tick() {
	if console.client != nil && console.gate == gateOpen && b.polled.due(time.Now(), boardsEvery) {
		b.polled.ask("/v1/boards", func(answer []byte) (err error) {
			b.list, err = api.DecodeAll[api.BoardAttributes](answer)
			return err
		})
	}
}

// newPlan is a board to begin with.
func newPlan(id string) api.BoardPlan {
	p := api.BoardPlan{Title: id, Views: make([]api.BoardView, 1)} // literals of arrays cost the browser more
	p.Views[0].Title, p.Views[0].Tiles = "Sessions", make([]api.BoardTile, 2)
	p.Views[0].Tiles[0].Kind, p.Views[0].Tiles[1].Kind = api.TileSessions, api.TileRunning
	return p
}

// edit opens a board in the editor, unless it is there already. A change of
// somebody else does not touch what is being edited.
func (b *boardSettings) edit(id string) {
	if b.id == id || !b.polled.ready {
		return
	}
	b.id, b.saved, b.tag, b.wrong, b.doubt, b.fresh = id, "", "", "", false, true
	b.plan = newPlan(id)
	for i := range b.list {
		if a := &b.list[i].Attributes; b.list[i].ID == id {
			b.wrong = a.Problem
			if a.Problem == "" {
				b.saved, b.tag = planText(&a.Plan), a.Plan.Tag()
				b.plan = api.BoardPlan{}
				_ = json.Unmarshal([]byte(b.saved), &b.plan) // a copy: the list keeps what it has
			}
		}
	}
}

// planText is a board as its file has it.
func planText(p *api.BoardPlan) string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return "" // there is nothing in it that JSON cannot say
	}
	return string(text)
}

// fill puts the plan into the fields.
func (b *boardSettings) fill() {
	if b.id == "" || !b.fresh {
		return
	}
	b.fresh = false
	b.fillText()
	for _, f := range planFields {
		ui.SetValue(f.id, f.get(&b.plan))
	}
	for i := range b.plan.Views {
		v := &b.plan.Views[i]
		ui.SetValue(fieldID(i, -1, "title"), v.Title)
		for j := range v.Tiles {
			for _, f := range tileFields {
				ui.SetValue(fieldID(i, j, f.id), f.get(&v.Tiles[j]))
			}
			ui.SetValue(fieldID(i, j, "kind"), v.Tiles[j].Kind)
		}
	}
}

func (b *boardSettings) fillText() { ui.SetValue("board-text", planText(&b.plan)) }

// fieldID names the field of a tile, or of a view when the tile is -1.
func fieldID(view, tile int, field string) string {
	return "b." + strconv.Itoa(view) + "." + strconv.Itoa(tile) + "." + field
}

// planField is a field of a board that is typed as text, tileField one of a tile.
type (
	planField struct {
		id, label, hint string
		get             func(*api.BoardPlan) string
		set             func(*api.BoardPlan, string) bool // false when the text is not for this field
	}
	tileField struct {
		id, label, hint string
		get             func(*api.BoardTile) string
		set             func(*api.BoardTile, string) bool
	}
)

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func setNumber(n *int, text string) bool {
	if *n = 0; text == "" {
		return true
	}
	v, err := strconv.Atoi(text)
	*n = v
	return err == nil
}

func limitText(limit *float64) string {
	if limit == nil {
		return ""
	}
	return inSeconds(*limit)
}

func setLimit(limit **float64, text string) bool {
	if *limit = nil; text == "" {
		return true
	}
	v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	good := err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) // a board in JSON has no others
	if !good {
		v = 0
	}
	*limit = &v
	return good
}

var planFields = []planField{
	{"board-title", lang.Mark("Title"), "", func(p *api.BoardPlan) string { return p.Title }, func(p *api.BoardPlan, s string) bool { p.Title = s; return true }},
	{"board-rotate", lang.Mark("Seconds for each view"), "20", func(p *api.BoardPlan) string { return numberText(p.Rotate) }, func(p *api.BoardPlan, s string) bool { return setNumber(&p.Rotate, s) }},
	{
		"board-night", lang.Mark("Dimmed between the hours"), "22-6",
		func(p *api.BoardPlan) string {
			if p.Night == nil {
				return ""
			}
			return strconv.Itoa(p.Night.From) + "-" + strconv.Itoa(p.Night.To)
		},
		func(p *api.BoardPlan, s string) bool {
			if p.Night = nil; s == "" {
				return true
			}
			from, to, _ := strings.Cut(s, "-")
			p.Night = new(api.BoardNight)
			return setNumber(&p.Night.From, strings.TrimSpace(from)) && setNumber(&p.Night.To, strings.TrimSpace(to))
		},
	},
}

var tileFields = []tileField{
	{"title", lang.Mark("Title"), "", func(t *api.BoardTile) string { return t.Title }, func(t *api.BoardTile, s string) bool { t.Title = s; return true }},
	{"width", lang.Mark("Width"), "", func(t *api.BoardTile) string { return numberText(t.Width) }, func(t *api.BoardTile, s string) bool { return setNumber(&t.Width, s) }},
	{"height", lang.Mark("Height"), "1", func(t *api.BoardTile) string { return numberText(t.Height) }, func(t *api.BoardTile, s string) bool { return setNumber(&t.Height, s) }},
	{"filter", lang.Mark("Filter"), "", func(t *api.BoardTile) string { return t.Filter }, func(t *api.BoardTile, s string) bool { t.Filter = s; return true }},
	{"attention", lang.Mark("Attention"), "", func(t *api.BoardTile) string { return limitText(t.Attention) }, func(t *api.BoardTile, s string) bool { return setLimit(&t.Attention, s) }},
	{"critical", lang.Mark("Critical"), "", func(t *api.BoardTile) string { return limitText(t.Critical) }, func(t *api.BoardTile, s string) bool { return setLimit(&t.Critical, s) }},
}

// render draws the list of boards, or the editor of the board id.
func (b *boardSettings) render(id string) app.UI {
	if id != "" {
		if b.edit(id); b.id == id {
			return b.renderEditor()
		}
		return ui.Box("empty faint", app.Text(b.polled.note()+" "))
	}
	b.id = ""
	return ui.Box("page displays",
		ui.Para("dim", lang.T("What walls show. Each board is a JSON file in the folder boards of the program's data. Those that are part of the program can be changed, too, and are there again when their file is removed.")),
		ui.When(b.polled.failed != "", ui.Alert("err", b.polled.note())),
		app.Table().Class("t of-boards").Body(
			ui.Columns(lang.T("Board"), lang.T("Title"), lang.T("Views"), lang.T("Kept in"), ""),
			app.TBody().Body(app.Range(b.list).Slice(func(i int) app.UI { return renderBoardRow(&b.list[i]) })),
		),
		ui.When(console.mayAct(), app.Form().Class("fields").OnSubmit(b.begin).OnInput(b.typed).Body(
			ui.Field(boardNew, lang.T("New board"), "mono", "noc-left", 40),
			app.Button().Type("submit").Class("btn").Text(lang.T("New board")),
		)),
	)
}

// boardNew is the field with the name of a new board.
const boardNew = "board-new"

func renderBoardRow(board *api.Board) app.UI {
	a := &board.Attributes
	kept := cmp.Or(a.Source.File, "memory")
	if a.Source.Type == "static" {
		kept = lang.T("the program")
	}
	return app.Tr().Body(
		ui.CellOf("", app.A().Class("name").Href(href("/settings/boards/"+board.ID)).Text(board.ID)),
		ui.CellOf("clip", app.Text(a.Plan.Title+" "), ui.Words("err", a.Problem)),
		ui.Cell("tnum", strconv.Itoa(len(a.Plan.Views))),
		ui.Cell("dim clip", kept),
		ui.CellOf("do", wallLink(board.ID)),
	)
}

func wallLink(id string) app.UI {
	return app.A().Class("btn s").Href(href("/wall/" + id)).Target("_blank").Text(lang.T("Open the wall"))
}

func (b *boardSettings) begin(ctx app.Context, e app.Event) {
	e.PreventDefault()
	if name := strings.TrimSpace(b.name); name != "" {
		ctx.Navigate(href("/settings/boards/" + url.PathEscape(name)))
	}
}

func (b *boardSettings) renderEditor() app.UI {
	may := console.mayAct()
	changed := planText(&b.plan) != b.saved
	remove := ui.Do("do", "doubt", lang.T("Remove…"), !may || b.saved == "")
	if b.doubt {
		remove = ui.Do("d", "remove", lang.T("Remove {name}", "name", b.id), !may)
	}
	return app.Div().Class("page displays editor").OnClick(b.clicked).OnInput(b.typed).Body(
		ui.Box("head",
			app.A().Class("dim").Href(href("/settings/boards")).Text(lang.T("Boards")), ui.Words("faint", "/"), ui.Head("", app.Text(b.id)), ui.Words("sp", ""),
			wallLink(b.id),
			ui.Do("", "discard", lang.T("Discard"), !changed || b.saved == ""),
			remove,
			ui.Do("p", "save", lang.T("Save the board"), !may || !changed).ID("board-save"),
		),
		ui.When(b.wrong != "", ui.Alert("err wrong", b.wrong)),
		ui.Box("fields", app.Range(planFields).Slice(func(i int) app.UI {
			f := &planFields[i]
			return ui.Field(f.id, lang.T(f.label), "", f.hint, 60)
		})),
		app.Range(b.plan.Views).Slice(func(i int) app.UI { return renderViewEditor(i, &b.plan.Views[i], len(b.plan.Views)) }),
		ui.Do("s", "add-view", lang.T("Add a view"), false),
		ui.Labelled("board-text", lang.T("The same as text"), app.Elem("textarea").ID("board-text").Class("in mono").Attr("spellcheck", "false ").Attr("rows", "16")),
	)
}

func renderViewEditor(i int, v *api.BoardView, views int) app.UI {
	what := lang.T("view {i}", "i", strconv.Itoa(i+1))
	return app.Section().Class("box").DataSet("view", i).Body(
		app.Header().Body(
			ui.Field(fieldID(i, -1, "title"), lang.T("Title of {what}", "what", what), "", "", 60),
			ui.Words("sp", ""),
			renderMoves("view", what, i, views, views > 1),
		),
		ui.Box("body",
			app.Range(v.Tiles).Slice(func(j int) app.UI { return renderTileEditor(i, j, len(v.Tiles)) }),
			ui.Do("s", "add-tile", lang.T("Add a tile"), false),
		),
	)
}

// kindTitles are the titles of api.BoardKinds, in their order.
var kindTitles = []string{
	lang.Mark("Sessions"), lang.Mark("Running"), lang.Mark("Long queries"), lang.Mark("Long transactions"), lang.Mark("Blocked"),
	lang.Mark("Statements / s"), lang.Mark("Statement time, p95"), lang.Mark("Errors / s"), lang.Mark("Kills pending"),
	lang.Mark("Chains out of step"), lang.Mark("Servers"), lang.Mark("Services"), lang.Mark("Top users"), lang.Mark("Sessions"),
}

// kinds are what a tile is chosen by.
func kinds() (names, texts []string) {
	for i := range api.BoardKinds {
		k := &api.BoardKinds[i]
		names, texts = append(names, k.Name), append(texts, lang.T(k.Title)+" ("+k.Name+")")
	}
	return names, texts
}

func renderTileEditor(i, j, tiles int) app.UI {
	names, texts := kinds()
	kind := fieldID(i, j, "kind")
	return app.Div().Class("tile-row").DataSet("tile", j).Body(
		ui.Labelled(kind, lang.T("Kind"), ui.Choose(kind, names, texts, false)),
		app.Range(tileFields).Slice(func(k int) app.UI {
			f := &tileFields[k]
			return ui.Field(fieldID(i, j, f.id), lang.T(f.label), "", f.hint, 512)
		}),
		renderMoves("tile", lang.T("tile {j} of view {i}", "j", strconv.Itoa(j+1), "i", strconv.Itoa(i+1)), j, tiles, true),
	)
}

// renderMoves draws what moves and removes the element i of a list of n.
func renderMoves(kind, what string, i, n int, removable bool) app.UI {
	button := func(do, sign, label string, disabled bool) app.UI {
		return app.Button().Type("button").Class("btn i bare").DataSet("do", kind+do).Aria("label", label).Disabled(disabled).Text(sign)
	}
	return ui.Box("moves",
		button("-up", "↑", lang.T("Move {name} up", "name", what), i == 0),
		button("-down", "↓", lang.T("Move {name} down", "name", what), i == n-1),
		button("-remove", "✕", lang.T("Remove {name}", "name", what), !removable))
}

// typed takes what is typed into a field, or into the text.
func (b *boardSettings) typed(ctx app.Context, e app.Event) {
	b.enter(e.Get("target").Get("id").String(), e.Get("target").Get("value").String())
	ctx.Defer(func(app.Context) { b.fill() })
}

func (b *boardSettings) enter(id, text string) {
	switch id {
	case boardNew:
		b.name = text
		return
	case "board-text":
		var plan api.BoardPlan
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			b.wrong = ui.Sentence(strings.TrimPrefix(err.Error(), "json: "))
			return
		}
		b.plan, b.wrong, b.fresh = plan, "", true
		return
	}
	good := true
	for _, f := range planFields {
		if f.id == id {
			good = f.set(&b.plan, text)
		}
	}
	if parts := strings.Split(id, "."); len(parts) == 4 {
		i, _ := strconv.Atoi(parts[1])
		j, _ := strconv.Atoi(parts[2])
		good = b.enterTile(i, j, parts[3], text)
	}
	if b.wrong = ""; !good {
		b.wrong = lang.T("“{text}” cannot stand there.", "text", ui.Clip(text, 40))
	}
	b.fillText()
}

func (b *boardSettings) enterTile(i, j int, field, text string) bool {
	if i < 0 || i >= len(b.plan.Views) || j >= len(b.plan.Views[i].Tiles) {
		return true // removed meanwhile
	}
	v := &b.plan.Views[i]
	if j < 0 {
		v.Title = text
		return true
	}
	if field == "kind" {
		v.Tiles[j].Kind = text
	}
	for _, f := range tileFields {
		if f.id == field {
			return f.set(&v.Tiles[j], text)
		}
	}
	return true
}

func (b *boardSettings) clicked(ctx app.Context, e app.Event) {
	do := ui.Closest(e, "data-do")
	if do == "" {
		return
	}
	view, _ := strconv.Atoi(ui.Closest(e, "data-view"))
	tile, _ := strconv.Atoi(ui.Closest(e, "data-tile"))
	b.do(do, view, tile)
	ctx.Defer(func(app.Context) { b.fill() })
}

// do changes the plan by one step, or does with it what a button says.
func (b *boardSettings) do(what string, view, tile int) {
	b.doubt = what == "doubt"
	switch what {
	case "save":
		b.save()
	case "remove":
		b.remove()
	case "discard":
		b.id = ""
	case "add-view":
		b.plan.Views = append(b.plan.Views, newPlan("").Views...)
	case "view-up", "view-down", "view-remove":
		b.plan.Views = moved(b.plan.Views, view, what)
	case "add-tile", "tile-up", "tile-down", "tile-remove":
		if view >= len(b.plan.Views) {
			return
		}
		v := &b.plan.Views[view]
		if what == "add-tile" {
			v.Tiles = append(v.Tiles, newPlan("").Views[0].Tiles[0])
		} else {
			v.Tiles = moved(v.Tiles, tile, what)
		}
	}
	b.fresh = true
}

// moved returns list with the element i one place up or down, or without it.
func moved[T any](list []T, i int, what string) []T {
	_, how, _ := strings.Cut(what, "-")
	to := i + map[string]int{"up": -1, "down": 1}[how]
	switch {
	case i >= len(list) || to < 0 || to >= len(list):
	case how == "remove":
		return slices.Delete(list, i, i+1)
	default:
		list[i], list[to] = list[to], list[i]
	}
	return list
}

// save has the server keep the plan. What is wrong with it the server says.
func (b *boardSettings) save() {
	id, text, tag := b.id, planText(&b.plan), b.plan.Tag()
	b.call("PUT", json.RawMessage(text), func() {
		b.saved, b.tag = text, tag
		console.say(lang.T("Walls show {id} as it is now within a minute.", "id", id), false)
	})
}

func (b *boardSettings) remove() {
	id := b.id
	b.call("DELETE", nil, func() {
		console.ctx.Navigate(href("/settings/boards"))
		console.say(lang.T("The file of {id} is removed.", "id", id), false)
	})
}

func (b *boardSettings) call(method string, body any, done func()) {
	id, tag := b.id, b.tag
	console.async(func(ctx context.Context) func() {
		status, _, err := console.client.DoIf(ctx, method, "/v1/boards/"+url.PathEscape(id), tag, body)
		return func() {
			switch {
			case b.id != id:
			case status == 412:
				b.wrong = lang.T("Somebody else has changed {id}. Nothing was saved: “Discard” shows what is there now.", "id", id)
			case err != nil:
				b.wrong = ui.Sentence(err.Error())
				return
			default:
				b.wrong = ""
				done()
			}
			b.polled.again()
		}
	})
}
