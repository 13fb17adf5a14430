package app

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// renderNow draws what a session is doing at the instant now, on the way that
// the statements of its service take, beside how long those took that are like
// its own.
func renderNow(s *api.Session, now time.Time, way *serviceWay, alike *api.AlikeAttributes) app.UI {
	since := view.Lag(s, now)
	return ui.Box("page data now",
		ui.Box("col",
			renderStatement(s, since, alike),
			renderTransaction(s, since),
			renderPins(s),
			renderBackends(s),
			renderFacts(s, since),
			renderAttributes(s),
		),
		ui.Box("col",
			box(lang.T("Path"), "", app.Div().Class("way").TabIndex(0).Role("group").Aria("label", lang.T("Path of a statement")).Body(pathOf(s, way))),
		),
	)
}

// box is a panel with a title and a word to the right of it.
func box(title, note string, body app.UI) app.UI {
	return app.Section().Class("box").Body(
		app.Header().Body(app.H2().Text(title), app.Span().Class("sp"), ui.Words("dim tnum", note)),
		ui.Box("body", body),
	)
}

func renderStatement(s *api.Session, since time.Duration, alike *api.AlikeAttributes) app.UI {
	a := &s.Attributes.Activity
	if a.Statement == "" {
		return box(lang.T("Statement"), "", ui.Para("faint", lang.T("None yet.")))
	}
	return box(lang.T("Statement"), statementNote(s, since), app.Div().Body(
		app.Pre().Class("statement").TabIndex(0).Aria("label", lang.T("Statement")).Text(a.Statement),
		renderPace(paceOf(s, since, alike)),
		renderLocks(a),
	))
}

// renderLocks says whose lock the session waits for, and who waits for its own.
func renderLocks(a *api.Activity) app.UI {
	return app.Div().Hidden(a.BlockedBy == "" && a.Blocks == 0).Class("locks").Body(
		app.If(a.BlockedBy != "", func() app.UI {
			who := app.UI(app.Text(blocker(a.BlockedBy)))
			if path := blockerPath(a.BlockedBy); path != "" {
				who = app.A().Href(href(path)).Text(blocker(a.BlockedBy))
			}
			return app.P().Body(ui.Chip("blocked", lang.T("Blocked"), "crit"), app.Text(lang.T(" waits for a lock of ")), who)
		}),
		app.If(a.Blocks > 0, func() app.UI {
			return app.P().Text(lang.N(a.Blocks, "{n} session waits for a lock of this one.|{n} sessions wait for a lock of this one."))
		}),
	)
}

// statementNote says how long the statement has been running or took, and where.
func statementNote(s *api.Session, since time.Duration) string {
	a := &s.Attributes
	text := "last"
	switch {
	case a.Activity.State == "running":
		text = lang.T("running for {s}", "s", ui.Duration(view.InState(s, since)))
	case len(a.Queries) > 0 && a.Queries[0].Completed != "":
		text = lang.T("last, took {duration}", "duration", took(a.Queries[0].Duration))
	}
	if a.Activity.Server != "" {
		text += lang.T(" · on {server}", "server", a.Activity.Server)
	}
	return text
}

// took writes how long a statement took: those under a second in milliseconds,
// which is as fine as the server tells.
func took(seconds float64) string {
	switch {
	case seconds < 0.001:
		return "< 1 ms"
	case seconds < 1:
		return lang.T("{ms} ms", "ms", lang.Decimal(seconds*1000, 0))
	}
	return ui.Duration(time.Duration(seconds * float64(time.Second)))
}

func renderTransaction(s *api.Session, since time.Duration) app.UI {
	a := &s.Attributes.Activity
	if !a.Trx {
		return app.Section().Hidden(true)
	}
	kind := lang.T("reads and writes")
	if a.TrxReadOnly {
		kind = lang.T("read only")
	}
	return box(lang.T("Transaction"), lang.T("open for {s}", "s", ui.Duration(view.TrxAge(s, since))), ui.Box("two",
		renderList("kv", []fact{{lang.T("Open since"), sinceWhen(a.TrxSinceAt)}, {lang.T("Writes"), lang.N(int(a.TrxWrites), "{n} statement|{n} statements")}}),
		renderList("kv", []fact{{lang.T("Kind"), kind}, {lang.T("On server"), orDash(a.Server)}}),
	))
}

// fact is a line of a list of facts.
type fact struct{ name, text string }

func renderFacts(s *api.Session, since time.Duration) app.UI {
	return box(lang.T("Session"), "", ui.Box("two",
		renderList("kv tnum", factsOf(s, since)),
		renderList("kv tnum", memoryOf(&s.Attributes.Memory)),
	))
}

func renderList(class string, facts []fact) app.UI {
	return app.Dl().Class(class).Body(app.Range(facts).Slice(func(i int) app.UI {
		return app.Div().Body(app.Dt().Text(facts[i].name), app.Dd().Text(facts[i].text))
	}))
}

// factsOf are the plain facts of a session.
func factsOf(s *api.Session, since time.Duration) []fact {
	a := &s.Attributes
	cipher := a.Client.Cipher
	if cipher == "" {
		cipher = lang.T("none")
	}
	kept := lang.T("not kept")
	if n := a.Client.SescmdHistoryLen; n != nil {
		kept = lang.Count(*n)
	}
	return []fact{
		{lang.T("Connected"), sinceWhen(a.ConnectedAt)},
		{lang.T("Age"), ui.Duration(view.Age(s, since))},
		{lang.T("Idle"), ui.Duration(view.Idle(s, since))},
		{"TLS", cipher},
		{lang.T("Statements"), lang.Count(a.Activity.Statements)},
		{lang.T("Errors"), lang.Count(a.Activity.Errors)},
		{lang.T("In"), lang.T("{bytes}, {perSecond} kB/s", "bytes", ui.Bytes(a.Activity.BytesIn), "perSecond", rate(a.Activity.BytesInPerSec))},
		{lang.T("Out"), lang.T("{bytes}, {perSecond} kB/s", "bytes", ui.Bytes(a.Activity.BytesOut), "perSecond", rate(a.Activity.BytesOutPerSec))},
		{lang.T("Commands kept"), kept},
	}
}

// memoryOf is what a session holds: in all, and its parts.
func memoryOf(m *api.SessionMemory) []fact {
	backends := m.ConnectionBuffers.Total - m.ConnectionBuffers.Client.Total
	return []fact{
		{lang.T("Memory"), ui.Bytes(m.Total)},
		{lang.T("of the client"), ui.Bytes(m.ConnectionBuffers.Client.Total)},
		{lang.T("of the servers"), ui.Bytes(backends)},
		{lang.T("prepared"), ui.Bytes(m.ExecMetadata)},
		{lang.T("last statements"), ui.Bytes(m.LastQueries)},
		{lang.T("commands kept"), ui.Bytes(m.SescmdHistory)},
		{lang.T("variables"), ui.Bytes(m.Variables)},
	}
}

// sinceWhen writes an instant with its date when that is not today's.
func sinceWhen(t api.Time) string {
	return when(timeOf(t))
}

func renderAttributes(s *api.Session) app.UI {
	attributes := s.Attributes.Client.ConnectionAttributes
	if len(attributes) == 0 {
		return box(lang.T("Connection attributes"), "", ui.Para("faint", lang.T("The client sent none.")))
	}
	var facts []fact
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		facts = append(facts, fact{name, attributes[name]})
	}
	return box(lang.T("Connection attributes"), "", renderList("kv wide", facts))
}

// pathOf draws the way that a statement of the session takes, with what is known
// of each step.
func pathOf(s *api.Session, way *serviceWay) app.UI {
	a := &s.Attributes
	chain := []ui.Hop{
		{Kind: "client", Name: view.Client(s), Note: lang.T("in {bytesInPerSec}, out {bytesOutPerSec} kB/s", "bytesInPerSec", rate(a.Activity.BytesInPerSec), "bytesOutPerSec", rate(a.Activity.BytesOutPerSec))},
	}
	if way.listener != "" {
		chain = append(chain, ui.Hop{Kind: "listener", Name: way.listener})
	} else {
		chain = append(chain, ui.Hop{Kind: "service", Name: service(s)})
	}
	for _, f := range a.Chain {
		note := lang.T("{statements} seen", "statements", lang.Count(f.Statements))
		if f.Changed > 0 {
			note += lang.T(", {changed} changed", "changed", lang.Count(f.Changed))
		}
		if f.P95 > 0 {
			unit, name := timeUnit(f.P95)
			note += ", p95 " + shortTime(float64(f.P95)/unit) + name
		}
		chain = append(chain, ui.Hop{Kind: "filter", Name: f.ID, Note: note})
	}
	chain = append(chain, ui.Hop{Kind: "router", Name: orDash(way.router), Note: lang.N(int(a.Activity.Statements), "{n} statement|{n} statements")})
	var servers []ui.Hop
	for _, c := range a.Connections {
		hop := ui.Hop{Kind: "server", Name: c.Server, Primary: c.Primary, Busy: c.Busy, Note: serverNote(a, c.Server)}
		if c.Busy {
			hop.Note = lang.T("at work")
		}
		servers = append(servers, hop)
	}
	return ui.PathDiagram(chain, servers)
}

// serverNote is how long a server took for the statements that are kept.
func serverNote(a *api.SessionAttributes, server string) string {
	n, sum := 0, int64(0)
	for i := range a.Queries {
		for _, r := range a.Queries[i].Responses {
			if r.Server == server && a.Queries[i].Completed != "" {
				n++
				sum += r.Duration
			}
		}
	}
	if n == 0 {
		return ""
	}
	return lang.T("{n} kept, mean {sum}", "n", lang.Count(n), "sum", took(float64(sum)/float64(n)/1000))
}

// lastUsed is when a server answered last, as far as the kept statements tell.
func lastUsed(a *api.SessionAttributes, server string) string {
	for i := range a.Queries { // newest first
		q := &a.Queries[i]
		for _, r := range q.Responses {
			if r.Server == server {
				return stamp(q.StartedAt)
			}
		}
	}
	return "—"
}

func renderBackends(s *api.Session) app.UI {
	list := s.Attributes.Connections
	return app.Section().Class("box").Body(
		app.Header().Body(app.H2().Text(lang.T("Server connections"))),
		app.If(len(list) == 0, func() app.UI {
			return ui.Para("none faint", lang.T("None is open."))
		}).Else(func() app.UI {
			return app.Table().Class("t backends").Body(
				app.THead().Body(app.Tr().Body(
					app.Th().Text(lang.T("Server")), app.Th().Class("b-role").Text(lang.T("Role")), app.Th().Class("b-id num").Text(lang.T("Connection id")),
					app.Th().Class("b-state").Text(lang.T("State")),
					app.Th().Class("b-used").Title(lang.T("When the newest kept statement that it has answered came")).Text(lang.T("Last used")),
					app.Th().Class("b-tls").Text(lang.T("Cipher")), app.Th().Class("b-memory num").Text(lang.T("Memory")),
				)),
				app.TBody().Body(app.Range(list).Slice(func(i int) app.UI { return renderBackend(&s.Attributes, list[i]) })),
			)
		}),
	)
}

func renderBackend(a *api.SessionAttributes, c api.SessionConnection) app.UI {
	role, glyph := lang.T("Replica"), "replica"
	if c.Primary {
		role, glyph = lang.T("Primary"), "primary"
	}
	state := lang.T("Idle")
	switch {
	case c.Busy:
		state = lang.T("At work")
	case c.Parked:
		state = lang.T("Given to others while idle")
	}
	id := "—"
	if c.ConnectionID > 0 {
		id = strconv.FormatUint(c.ConnectionID, 10)
	}
	cipher := c.Cipher
	if cipher == "" {
		cipher = lang.T("none")
	}
	return app.Tr().Body(
		app.Td().Body(app.A().Href(href(objectPath("servers", c.Server))).Title(c.Server).Text(c.Server)),
		app.Td().Body(app.Span().Class("role").Body(ui.Glyph(glyph), app.Text(role))),
		app.Td().Class("num mono").Text(id),
		app.Td().Text(state),
		app.Td().Class("tnum").Text(lastUsed(a, c.Server)),
		app.Td().Title(cipher).Text(cipher),
		app.Td().Class("num").Text(ui.Bytes(a.Memory.ConnectionBuffers.Backends[c.Server].Total)),
	)
}
