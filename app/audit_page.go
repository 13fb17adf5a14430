package app

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// auditPage shows who changed what, the newest first.
type auditPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64

	poll    poll
	records []auditRecord
	limit   int    // records to draw
	opened  string // record that shows everything
}

// auditRecord is one entry, as the server sends it.
type auditRecord struct {
	ID     uint64          `json:"id"`
	Time   api.Time        `json:"time"`
	Actor  string          `json:"actor"`
	Role   string          `json:"role"`
	IP     string          `json:"ip"`
	Action string          `json:"action"`
	Target string          `json:"target"` // path below /v1/
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	Reason string          `json:"reason"`
	Status int             `json:"status"`
	Result string          `json:"result"`
}

const (
	auditEvery = 5 * time.Second
	auditStep  = 100 // records
)

// OnMount asks for the records.
func (p *auditPage) OnMount(app.Context) {
	p.limit = auditStep
	p.refresh()
}

// OnUpdate asks again when it is time to.
func (p *auditPage) OnUpdate(app.Context) {
	if p.poll.due(time.Now(), auditEvery) {
		p.refresh()
	}
}

func (p *auditPage) refresh() { p.poll.ask("/v1/audit", p.take) }

// take takes an answer in.
func (p *auditPage) take(answer []byte) error {
	resources, err := api.DecodeAll[auditRecord](answer)
	if err != nil {
		return err
	}
	p.records = p.records[:0]
	for i := range resources {
		p.records = append(p.records, resources[i].Attributes)
	}
	return nil
}

// Render draws the page.
func (p *auditPage) Render() app.UI {
	shown := p.records[:min(len(p.records), max(p.limit, auditStep))]
	return app.Div().Class("audit").Body(
		app.Div().Class("bar").Body(
			app.H1().Text("Audit"),
			app.Span().Class("faint").Text("Every change and every attempt at one, newest first"),
			app.Span().Class("sp"),
			app.Span().Class("err clip").Role("status").Title(p.poll.note()+" ").Text(p.shownNote()),
		),
		app.Div().Class("data").Body(
			app.Table().Class("t").OnClick(p.clicked).Body(
				app.THead().Body(p.renderHead()),
				app.TBody().Body(p.renderRecords(shown)...),
			),
		),
		p.renderEmpty(),
		p.renderMore(len(shown)),
	)
}

// shownNote is the note in the bar; without records it stands in the page
// instead.
func (p *auditPage) shownNote() string {
	if len(p.records) == 0 {
		return ""
	}
	return p.poll.note()
}

var auditColumns = []struct{ class, label string }{
	{"c-time", "Time"},
	{"c-actor", "Actor"},
	{"c-action", "Action"},
	{"c-target", "Target"},
	{"c-result", "Result"},
	{"c-reason", "Reason"},
	{"c-from", "From"},
}

func (p *auditPage) renderHead() app.UI {
	return app.Tr().Body(app.Range(auditColumns).Slice(func(i int) app.UI {
		return app.Th().Class(auditColumns[i].class).Scope("col").Text(auditColumns[i].label)
	}))
}

// renderRecords draws a row for each record, and one more below the record that
// is opened.
func (p *auditPage) renderRecords(records []auditRecord) []app.UI {
	rows := make([]app.UI, 0, len(records)+1)
	for i := range records {
		r := &records[i]
		id := strconv.FormatUint(r.ID, 10)
		rows = append(rows, renderRecord(r, id, id == p.opened))
		if id == p.opened {
			rows = append(rows, app.Tr().Class("more").Body(app.Td().ColSpan(len(auditColumns)).Body(renderDetail(r))))
		}
	}
	return rows
}

// renderRecord draws a record. Records are told apart by their data-id: the
// table has one handler for all.
func renderRecord(r *auditRecord, id string, opened bool) app.UI {
	expanded := "false"
	if opened {
		expanded = "true "
	}
	return app.Tr().DataSet("id", id).Body(
		app.Td().Class("c-time").Body(
			app.Button().Type("button").Aria("expanded", expanded).Title(string(r.Time)).Text(auditTime(r.Time)),
		),
		app.Td().Class("c-actor").Title(orDash(r.Role)).Text(orDash(r.Actor)),
		app.Td().Class("c-action mono").Text(r.Action),
		app.Td().Class("c-target mono").Title(r.Target).Body(auditTarget(r.Target)),
		app.Td().Class("c-result").Title(r.Result).Body(auditResult(r)),
		app.Td().Class("c-reason").Title(orDash(r.Reason)).Text(orDash(r.Reason)),
		app.Td().Class("c-from mono").Text(orDash(r.IP)),
	)
}

// auditTime writes when something was asked for.
func auditTime(t api.Time) string {
	return full(timeOf(t))
}

// targetPage is the page of what a record is about, "" when it has none.
func targetPage(target string) string {
	section, rest, _ := strings.Cut(target, "/")
	id, _, _ := strings.Cut(rest, "/")
	if id != "" && slices.Contains([]string{"sessions", "services", "servers", "filters", "listeners"}, section) {
		return "/" + section + "/" + id
	}
	return ""
}

func auditTarget(target string) app.UI {
	if path := targetPage(target); path != "" {
		return app.A().Href(href(path)).Text(target)
	}
	return app.Text(orDash(target))
}

// auditResult says what became of it. What went well is quiet.
func auditResult(r *auditRecord) app.UI {
	if r.Status < 400 {
		return app.Span().Class("dim").Text(r.Result)
	}
	return app.Span().Class("err").Text(strconv.Itoa(r.Status) + " " + r.Result)
}

// renderDetail draws all that is known of a record.
func renderDetail(r *auditRecord) app.UI {
	before, after := pretty(r.Before), pretty(r.After)
	return app.Div().Body(
		app.Dl().Class("kv").Body(
			app.Dt().Text("Actor"), app.Dd().Text(orDash(r.Actor)+" · "+roleWords(r.Role)+" · from "+orDash(r.IP)),
			app.Dt().Text("Result"), app.Dd().Text(strconv.Itoa(r.Status)+" "+r.Result),
			app.Dt().Text("Reason"), app.Dd().Text(orDash(r.Reason)),
		),
		app.If(before+after == "", func() app.UI {
			return app.P().Class("faint").Text("Nothing else was recorded of it.")
		}).Else(func() app.UI {
			return app.Div().Class("change").Body(
				app.Div().Body(app.H2().Text("Before"), app.Pre().Text(orDash(before))),
				app.Div().Body(app.H2().Text("After"), app.Pre().Text(orDash(after))),
			)
		}),
	)
}

func roleWords(role string) string {
	if role == "" {
		return "not logged in"
	}
	return role
}

// pretty writes JSON over several lines; "" when there is none.
func pretty(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

func (p *auditPage) renderEmpty() app.UI {
	switch {
	case len(p.records) > 0:
		return app.Div().Hidden(true)
	case p.poll.failed != "":
		return app.Div().Class("empty").Body(app.P().Class("err").Role("alert").Text(p.poll.failed))
	case !p.poll.ready:
		return app.Div().Class("empty faint").Text("Loading…")
	}
	return app.Div().Class("empty").Text("Nobody has changed anything since the start.")
}

func (p *auditPage) renderMore(shown int) app.UI {
	if shown == len(p.records) {
		return app.Div().Hidden(true)
	}
	return app.Button().Type("button").Class("btn").Text(ui.Count(len(p.records)-shown) + " older").OnClick(p.more)
}

func (p *auditPage) more(app.Context, app.Event) { p.limit += auditStep }

// clicked opens or closes the record of a row.
func (p *auditPage) clicked(_ app.Context, e app.Event) {
	if id := ui.Closest(e, "data-id"); id != "" && ui.Closest(e, "href") == "" {
		p.toggle(id)
	}
}

func (p *auditPage) toggle(id string) {
	if p.opened == id {
		id = ""
	}
	p.opened = id
}
