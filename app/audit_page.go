package app

import (
	"bytes"
	"context"
	"encoding/json"
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

// auditPage shows who changed what, the newest first.
type auditPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64

	poll    poll
	query   string // of the filter box and the address
	records []auditRecord
	limit   int    // records to draw
	opened  string // record that shows everything

	checking bool
	checked  *api.AuditCheck // what the last check has found, nil before one
	failed   string          // why it could not be made
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
	Result string          `json:"result"` // "begun" in a record from before something was destroyed
	Intent uint64          `json:"intent"` // id of the record from before, 0 for none
	Hash   string          `json:"hash"`
}

const (
	auditEvery = 5 * time.Second
	auditStep  = 100 // records
)

// OnMount takes the filter from the address and asks for the records.
func (p *auditPage) OnMount(ctx app.Context) {
	p.limit = auditStep
	p.query = ctx.Page().URL().Query().Get("q")
	p.refresh()
	ctx.Defer(func(app.Context) { ui.SetValue("audit-q", p.query) })
}

// OnUpdate asks again when it is time to.
func (p *auditPage) OnUpdate(app.Context) {
	if p.poll.due(time.Now(), auditEvery) {
		p.refresh()
	}
}

func (p *auditPage) refresh() { p.poll.ask("/v1/audit"+auditQuery(p.query, ""), p.take) }

// auditQuery is the query string of a filter and a format; "" is none.
func auditQuery(query, format string) string {
	values := url.Values{}
	if query != "" {
		values.Set("q", query)
	}
	if format != "" {
		values.Set("format", format)
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// search shows what matches the filter in the box.
func (p *auditPage) search(ctx app.Context, _ app.Event) {
	query := strings.TrimSpace(ctx.JSSrc().Get("value").String())
	if query == p.query {
		return
	}
	p.ask(query)
	ui.ReplaceAddress(href("/audit") + auditQuery(query, ""))
}

func (p *auditPage) ask(query string) {
	p.query, p.records, p.limit, p.opened = query, nil, auditStep, ""
	p.poll.again()
	p.refresh()
}

// verify has the server check the whole log.
func (p *auditPage) verify(app.Context, app.Event) {
	if p.checking {
		return
	}
	p.checking = true
	console.async(func(ctx context.Context) func() {
		_, answer, err := console.client.Do(ctx, "GET", "/v1/audit/verify", nil)
		return func() { p.verified(answer, err) }
	})
}

func (p *auditPage) verified(answer []byte, err error) {
	p.checking, p.checked, p.failed = false, nil, ""
	var found api.AuditCheck
	if err == nil {
		err = json.Unmarshal(answer, &found)
	}
	if err != nil {
		p.failed = lang.T("The log was not checked. {err}", "err", refusal(err))
		return
	}
	p.checked = &found
}

// checkText says what a check has found.
func checkText(c *api.AuditCheck) string {
	if c.OK {
		text := lang.N(c.Records, "{n} record, as it was written|{n} records, all as they were written")
		if c.Unchained > 0 {
			text += lang.N(c.Unchained, "; {n} is from before records had hashes|; {n} are from before records had hashes")
		}
		return text
	}
	if c.Line == 0 {
		return ui.Sentence(c.Problem)
	}
	where := lang.T("Line {line} of {file}", "line", strconv.Itoa(c.Line), "file", c.File)
	if c.ID > 0 {
		where = lang.T("Record {id} (line {line} of {file})", "id", strconv.FormatUint(c.ID, 10), "line", strconv.Itoa(c.Line), "file", c.File)
	}
	text := where + ": " + c.Problem
	if c.Problems > 1 {
		text += lang.T("; {problems} more", "problems", lang.Count(c.Problems-1))
	}
	return text
}

// take takes an answer in. What was begun and is done needs one row.
func (p *auditPage) take(answer []byte) error {
	resources, err := api.DecodeAll[auditRecord](answer)
	if err != nil {
		return err
	}
	done := map[uint64]bool{}
	for i := range resources {
		done[resources[i].Attributes.Intent] = true
	}
	p.records = p.records[:0]
	for i := range resources {
		if r := resources[i].Attributes; !done[r.ID] {
			p.records = append(p.records, r)
		}
	}
	return nil
}

// Render draws the page.
func (p *auditPage) Render() app.UI {
	shown := p.records[:min(len(p.records), max(p.limit, auditStep))]
	return ui.Box("audit",
		ui.Box("bar",
			app.H1().Text(lang.T("Audit")),
			app.Input().ID("audit-q").Class("in").Type("search").AutoComplete(false).Spellcheck(false).MaxLength(1024).
				Aria("label", lang.T("Filter of the audit log")).Placeholder(lang.T("actor:ann action:session.* target:sessions/7 result:refused since:2d")).OnChange(p.search),
			app.Span().Class("err clip").Role("status").Title(p.poll.note()+" ").Text(p.shownNote()),
			app.Span().Class("sp"),
			app.Button().Type("button").Class("btn").Title(lang.T("Checks that no record was changed, removed or added")).OnClick(p.verify).Text(lang.T("Verify")),
			app.A().Class("btn").Href(href("/v1/audit")+auditQuery(p.query, "ndjson")).Download("audit.ndjson").Text(lang.T("Export")),
		),
		p.renderCheck(),
		ui.Box("data",
			app.Table().Class("t").OnClick(p.clicked).Body(
				app.THead().Body(p.renderHead()),
				app.TBody().Body(p.renderRecords(shown)...),
			),
		),
		p.renderEmpty(),
		p.renderMore(len(shown)),
	)
}

// renderCheck says what the last check has found.
func (p *auditPage) renderCheck() app.UI {
	class, glyph, text, title := "check faint", "connecting", lang.T("Checking every record…"), " "
	switch {
	case p.checking:
	case p.failed != "":
		class, glyph, text = "check err", "blocked", p.failed
	case p.checked == nil:
		return app.Div().Class("check").Role("status").Hidden(true)
	case p.checked.OK:
		class, glyph, text, title = "check", "primary", checkText(p.checked), lang.T("Hash of the last record: {head}", "head", p.checked.Head)
	default:
		class, glyph, text = "check err", "blocked", checkText(p.checked)
	}
	return app.Div().Class(class).Role("status").Title(title).Body(ui.Glyph(glyph), app.Text(text))
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
	{"c-time", lang.Mark("Time")},
	{"c-actor", lang.Mark("Actor")},
	{"c-action", lang.Mark("Action")},
	{"c-target", lang.Mark("Target")},
	{"c-result", lang.Mark("Result")},
	{"c-reason", lang.Mark("Reason")},
	{"c-from", lang.Mark("From")},
}

func (p *auditPage) renderHead() app.UI {
	return app.Tr().Body(app.Range(auditColumns).Slice(func(i int) app.UI {
		return app.Th().Class(auditColumns[i].class).Scope("col").Text(lang.T(auditColumns[i].label))
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
	if id != "" && section == "jobs" {
		return "/pending/" + id
	}
	if id != "" && slices.Contains([]string{"sessions", "services", "servers", "monitors", "filters", "listeners"}, section) {
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
		return ui.Words("dim", r.Result)
	}
	return ui.Words("err", strconv.Itoa(r.Status)+" "+r.Result)
}

// renderDetail draws all that is known of a record.
func renderDetail(r *auditRecord) app.UI {
	before, after := pretty(r.Before), pretty(r.After)
	return app.Div().Body(
		app.Dl().Class("kv").Body(
			app.Dt().Text(lang.T("Actor")), app.Dd().Text(lang.T("{actor} · {role} · from {ip}", "actor", orDash(r.Actor), "role", roleWords(r.Role), "ip", orDash(r.IP))),
			app.Dt().Text(lang.T("Result")), app.Dd().Text(resultWords(r)),
			app.Dt().Text(lang.T("Reason")), app.Dd().Text(orDash(r.Reason)),
			app.Dt().Text(lang.T("Hash")), app.Dd().Class("mono").Text(orDash(r.Hash)),
		),
		app.If(before+after == "", func() app.UI {
			return ui.Para("faint", lang.T("Nothing else was recorded of it."))
		}).Else(func() app.UI {
			return ui.Box("change",
				app.Div().Body(app.H2().Text(lang.T("Before")), app.Pre().Text(orDash(before))),
				app.Div().Body(app.H2().Text(lang.T("After")), app.Pre().Text(orDash(after))),
			)
		}),
	)
}

// resultWords says what became of it, with the status of the answer.
func resultWords(r *auditRecord) string {
	if r.Status == 0 {
		return lang.T("{result}, and nothing is known of its end", "result", r.Result)
	}
	return strconv.Itoa(r.Status) + " " + r.Result
}

func roleWords(role string) string {
	if role == "" {
		return lang.T("not logged in")
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
		return ui.Box("empty", app.P().Class("err").Role("alert").Text(p.poll.failed))
	case !p.poll.ready:
		return app.Div().Class("empty faint").Text(lang.T("Loading…"))
	}
	if p.query != "" {
		return app.Div().Class("empty").Text(lang.T("No record matches. The newest 1,000 are searched; an export searches all."))
	}
	return app.Div().Class("empty").Text(lang.T("Nobody has changed anything yet."))
}

func (p *auditPage) renderMore(shown int) app.UI {
	if shown == len(p.records) {
		return app.Div().Hidden(true)
	}
	return app.Button().Type("button").Class("btn").Text(lang.T("{records} older", "records", lang.Count(len(p.records)-shown))).OnClick(p.more)
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
