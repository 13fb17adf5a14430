package app

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// column is a column of the table of sessions.
type column struct {
	name  string // in the address, in preferences and in exports
	label string
	help  string // what a reader of the chooser needs to know beyond the label
	class string
	sort  string // key to sort by, "" when it cannot be
	width int    // pixels
	least int    // width of the page from which it is there unless asked for; 0 is always, asked is never
	text  func(s *api.Session, now time.Time) string
	title func(s *api.Session) string
}

// asked is the least of a column that is there only when it is asked for.
const asked = 1 << 20

// Widths of the page at which the table changes its form.
const (
	cardsBelow  = 900 // a session takes two lines
	narrowBelow = 600 // and acts on its own page only
)

// leastStatement is what is left for the statement before other columns go.
const leastStatement = 120

// tableColumns are all columns in their order. The statement takes what the
// others leave.
var tableColumns = []column{
	{name: "id", label: "ID", class: "c-id mono", sort: "id", width: 76},
	{name: "state", label: lang.Mark("State"), class: "c-state", sort: "state", width: 126},
	{
		name: "user", label: lang.Mark("User"), class: "c-user clip", sort: "user", width: 92,
		text: func(s *api.Session, _ time.Time) string { return orDash(s.Attributes.User) },
	},
	{
		name: "client", label: lang.Mark("Client"), class: "c-client mono clip", sort: "client", width: 150,
		text: func(s *api.Session, _ time.Time) string { return view.Client(s) }, title: program,
	},
	{
		name: "program", label: lang.Mark("Program"), help: lang.Mark("the client's program_name"), class: "c-program clip", sort: "program", width: 112, least: asked,
		text: func(s *api.Session, _ time.Time) string { return programOrDash(s) }, title: program,
	},
	{
		name: "tls", label: "TLS", help: lang.Mark("cipher of the client"), class: "c-tls clip", sort: "tls", width: 112, least: asked,
		text: func(s *api.Session, _ time.Time) string { return orDash(s.Attributes.Client.Cipher) },
	},
	{
		name: "schema", label: lang.Mark("Schema"), class: "c-schema clip", sort: "schema", width: 72, least: 1180,
		text: func(s *api.Session, _ time.Time) string { return orDash(s.Attributes.Database) },
	},
	{
		name: "service", label: lang.Mark("Service"), help: lang.Mark("shown when there is more than one"), class: "c-service clip", sort: "service", width: 96,
		text: func(s *api.Session, _ time.Time) string { return orDash(service(s)) }, title: service,
	},
	{
		name: "server", label: lang.Mark("Backend"), help: lang.Mark("server that works for it; ● is the primary"), class: "c-backend clip", sort: "server", width: 112, least: 1180,
		text: func(s *api.Session, _ time.Time) string { return backend(s) },
	},
	{
		name: "in-state", label: lang.Mark("In state"), class: "c-in num", sort: "in-state", width: 76,
		text: func(s *api.Session, now time.Time) string { return elapsed(view.InState(s, view.Lag(s, now))) },
	},
	{
		name: "trx-age", label: lang.Mark("Trx age"), help: lang.Mark("of the open transaction"), class: "c-trx num", sort: "trx-age", width: 76, least: asked,
		text: trxAgeText,
	},
	{
		name: "age", label: lang.Mark("Age"), class: "c-age num", sort: "age", width: 76,
		text: func(s *api.Session, now time.Time) string { return elapsed(view.Age(s, view.Lag(s, now))) },
	},
	{
		name: "stmt", label: lang.Mark("Statement"), class: "c-sql sql clip", width: leastStatement,
		text:  func(s *api.Session, _ time.Time) string { return statementText(s) },
		title: func(s *api.Session) string { return s.Attributes.Activity.Statement },
	},
	{
		name: "queries", label: lang.Mark("Queries"), help: lang.Mark("since it connected"), class: "c-queries num", sort: "queries", width: 80, least: asked,
		text: func(s *api.Session, _ time.Time) string { return lang.Count(s.Attributes.Activity.Statements) },
	},
	{
		name: "errors", label: lang.Mark("Errors"), help: lang.Mark("statements that failed"), class: "c-errors num", sort: "errors", width: 68, least: asked,
		text: func(s *api.Session, _ time.Time) string { return lang.Count(s.Attributes.Activity.Errors) },
	},
	{
		name: "mem", label: lang.Mark("Memory"), help: lang.Mark("held for it in the proxy"), class: "c-mem num", sort: "mem", width: 80, least: asked,
		text: func(s *api.Session, _ time.Time) string { return ui.Bytes(s.Attributes.Memory.Total) },
	},
	{
		name: "io", label: "I/O kB/s", class: "c-io num", sort: "io", width: 70, least: 1400,
		text: func(s *api.Session, _ time.Time) string {
			return rate(s.Attributes.Activity.BytesInPerSec + s.Attributes.Activity.BytesOutPerSec)
		},
	},
	{
		name: "filter", label: lang.Mark("Filters"), help: lang.Mark("how many it has; 3→2 while a swap waits"), class: "c-filters num", width: 60, least: 1400,
		text: func(s *api.Session, _ time.Time) string { return filterCount(s) },
	},
	{
		name: "chain", label: lang.Mark("Config age"), help: lang.Mark("whether the service has other filters by now"), class: "c-chain clip", width: 92, least: asked,
		text:  func(s *api.Session, _ time.Time) string { return chainWord(s) },
		title: chainTitle,
	},
}

// selectWidth and menuWidth are the columns that are always there.
const (
	selectWidth = 36
	menuWidth   = 40
)

func columnNamed(name string) *column {
	for i := range tableColumns {
		if tableColumns[i].name == name {
			return &tableColumns[i]
		}
	}
	return nil
}

// columnSet is a choice of columns by their names, in the order of
// tableColumns; nil is the usual one.
type columnSet []string

// columnsOf reads a choice, without what is no column.
func columnsOf(names []string) columnSet {
	var set columnSet
	for _, c := range tableColumns {
		if slices.Contains(names, c.name) {
			set = append(set, c.name)
		}
	}
	return set
}

// columnsIn reads a choice from the address.
func columnsIn(text string) columnSet { return columnsOf(strings.Split(text, ",")) }

// has reports whether a column is in the choice.
func (set columnSet) has(c *column) bool {
	if set == nil {
		return c.least < asked
	}
	return slices.Contains(set, c.name)
}

// with is the choice with a column more or less. The one that is the usual one
// is nil, and the column that names a session stays.
func (set columnSet) with(name string, on bool) columnSet {
	var names, usual []string
	for i := range tableColumns {
		c := &tableColumns[i]
		if c.name == "id" || c.name == name && on || c.name != name && set.has(c) {
			names = append(names, c.name)
		}
		if c.least < asked {
			usual = append(usual, c.name)
		}
	}
	if slices.Equal(names, usual) {
		return nil
	}
	return names
}

// fit returns the columns of the choice that a page of a width shows, whose
// table has room pixels. The usual ones go by the widths that they have; the
// rest go from the right as long as the statement has too little room.
func (set columnSet) fit(width, room int, services bool) []*column {
	if width < cardsBelow {
		return []*column{columnNamed("state"), columnNamed("user"), columnNamed("id"), columnNamed("age"), columnNamed("stmt")}
	}
	var list []*column
	need := selectWidth + menuWidth
	for i := range tableColumns {
		c := &tableColumns[i]
		if !set.has(c) || set == nil && c.least > width || c.name == "service" && !services {
			continue
		}
		list = append(list, c)
		need += c.width
	}
	for at := len(list) - 1; need > room && at >= 0; at-- {
		if c := list[at]; c.name != "id" && c.name != "state" && c.name != "stmt" {
			need -= c.width
			list = slices.Delete(list, at, at+1)
		}
	}
	return list
}

// tracks are the columns of the grid.
func tracks(list []*column) string {
	var b strings.Builder
	if embedded == nil {
		b.WriteString(strconv.Itoa(selectWidth) + "px")
	}
	rest := !slices.ContainsFunc(list, func(c *column) bool { return c.name == "stmt" })
	for _, c := range list {
		switch {
		case c.name == "stmt":
			b.WriteString(" minmax(40px,1fr)")
		case rest && c == list[len(list)-1]:
			b.WriteString(" minmax(" + strconv.Itoa(c.width) + "px,1fr)")
		case c.name == "service":
			b.WriteString(" minmax(" + strconv.Itoa(c.width) + "px,.25fr)")
		case c.name == "user" || c.name == "server":
			b.WriteString(" minmax(" + strconv.Itoa(c.width) + "px,.15fr)")
		default:
			b.WriteString(" " + strconv.Itoa(c.width) + "px")
		}
	}
	if embedded == nil {
		b.WriteString(" " + strconv.Itoa(menuWidth) + "px")
	}
	return b.String()
}

// cell draws a column of a row.
func (c *column) cell(row tableRow, now time.Time, note string) app.UI {
	div := app.Div().Class(c.class).Role("gridcell")
	if row.flash.in(c.name, now) {
		div = div.Class("changed")
	}
	switch {
	case c.name == "id":
		return div.Body(app.A().Href(href("/sessions/" + row.ID)).TabIndex(-1).Text(row.ID))
	case c.name == "state":
		glyph, text, level := stateChipAt(row.Session, now)
		if note != "" {
			glyph, text, level = "ended", lang.T("Ended"), "ended"
		}
		return div.Body(ui.Chip(glyph, text, level))
	case c.name == "stmt" && note != "":
		return div.Class("note").Text(note)
	case c.title != nil:
		if title := c.title(row.Session); title != "" {
			div = div.Title(title)
		}
	}
	return div.Text(c.text(row.Session, now))
}

func program(s *api.Session) string {
	if name := s.Attributes.Client.ConnectionAttributes["program_name"]; name != "" {
		return name
	}
	return lang.T("no program name")
}

func programOrDash(s *api.Session) string {
	return orDash(s.Attributes.Client.ConnectionAttributes["program_name"])
}

// maxStatement is how much of a statement a row holds, in characters: more is
// never seen.
const maxStatement = 200

func statementText(s *api.Session) string {
	text := s.Attributes.Activity.Statement
	n := 0
	for i := range text {
		if n++; n > maxStatement {
			return text[:i] + "…"
		}
	}
	return orDash(text)
}

func trxAgeText(s *api.Session, now time.Time) string {
	if !s.Attributes.Activity.Trx {
		return "—"
	}
	return elapsed(view.TrxAge(s, view.Lag(s, now)))
}

// backend names the server that works for the session, or did; a dot marks the
// primary.
func backend(s *api.Session) string {
	a := &s.Attributes
	if a.Activity.Server == "" {
		return "—"
	}
	for _, c := range a.Connections {
		if c.Server == a.Activity.Server && c.Primary {
			return a.Activity.Server + " ●"
		}
	}
	return a.Activity.Server
}

func rate(bytesPerSecond float64) string {
	return lang.Decimal(bytesPerSecond/1000, 1)
}

func filterCount(s *api.Session) string {
	n := strconv.Itoa(len(s.Relationships.IDs("filters")))
	if next := s.Attributes.Pending.Filters; next != nil {
		return n + "→" + strconv.Itoa(len(*next))
	}
	return n
}

func chainWord(s *api.Session) string {
	if s.Attributes.ChainOutdated {
		return lang.T("older")
	}
	return lang.T("current")
}

func chainTitle(s *api.Session) string {
	if s.Attributes.ChainOutdated {
		return lang.T("Its filters are older than the service's default. A restart gives it those.")
	}
	return ""
}
