package app

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// serversPage shows the database servers, or the one named ID.
type serversPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

var serversTable = objectTable[api.ServerAttributes]{
	topic: api.TopicServers, title: lang.Mark("Servers"), none: lang.Mark("There is no server {id}."),
	empty: lang.Mark("No servers. A section with type=server in the configuration makes one."),
	columns: []objectColumn[api.ServerAttributes]{
		{"c-name", lang.Mark("Name"), func(s *api.Server) app.UI { return objectName("servers", s.ID) }},
		{"c-role", lang.Mark("Role"), roleChip},
		{"c-address mono", lang.Mark("Address"), func(s *api.Server) app.UI { return app.Text(orDash(endpoint(s.Attributes.Parameters))) }},
		{"c-state", lang.Mark("State"), serverState},
		{"c-since num", lang.Mark("For"), func(s *api.Server) app.UI { return app.Text(stateAge(s, console.now())) }},
		{"c-lag num", lang.Mark("Lag"), lagChip},
		{"c-count num", lang.Mark("Connections"), serverConnections},
		{"c-rate num", lang.Mark("Statements/s"), func(s *api.Server) app.UI { return app.Text(serverRate(s)) }},
		{"c-version", lang.Mark("Version"), func(s *api.Server) app.UI { return hinted(s.Attributes.VersionString) }},
		{"c-gtid mono", "GTID", func(s *api.Server) app.UI { return hinted(s.Attributes.GtidCurrentPos) }},
		{"c-uptime num", lang.Mark("Uptime"), func(s *api.Server) app.UI { return app.Text(uptime(s.Attributes.Uptime)) }},
		{"c-event", lang.Mark("Last event"), serverEvent},
	},
	chip: roleChip, about: aboutServer, aside: func() app.UI { return monitorsBar(serversMonitors) }, buttons: serverButtons,
}

// The page's views of what servers do, and of who looks at them.
const (
	serversStats    = "servers-stats"
	serversMonitors = "servers-monitors"
)

// OnMount asks for the servers.
func (p *serversPage) OnMount(app.Context) {
	serversTable.open()
	console.watch(api.Subscribe{View: serversStats, Topic: api.TopicStats})
	console.watch(api.Subscribe{View: serversMonitors, Topic: api.TopicMonitors})
}

// OnDismount gives them up.
func (p *serversPage) OnDismount() {
	serversTable.close()
	console.unwatch(serversStats)
	console.unwatch(serversMonitors)
}

// Render draws the page.
func (p *serversPage) Render() app.UI { return serversTable.render(p.ID) }

// role returns what a server in this state is good for: its sign, its word and
// how loud it is.
func role(state string) (glyph, word, level string) {
	words := strings.Split(state, ", ")
	for _, r := range []struct{ status, glyph, word, level string }{
		{"Maintenance", "maint", lang.Mark("Maintenance"), "info"},
		{"Drained", "drain", lang.Mark("Drained"), "info"},
		{"Draining", "drain", lang.Mark("Draining"), "info"},
		{"Down", "down", lang.Mark("Down"), "crit"},
		{"Auth Error", "blocked", lang.Mark("Login refused"), "attn"},
		{"Master", "primary", lang.Mark("Primary"), ""},
		{"Relay Master", "replica", lang.Mark("Relay"), ""},
		{"Slave", "replica", lang.Mark("Replica"), ""},
		{"Running", "running", lang.Mark("Running"), ""},
	} {
		if slices.Contains(words, r.status) {
			return r.glyph, lang.T(r.word), r.level
		}
	}
	return "connecting", lang.T("Unknown"), ""
}

func roleChip(s *api.Server) app.UI { return ui.Chip(serverSign(s, console.now())) }

// serverSign is role, but a server that lags behind says so.
func serverSign(s *api.Server, now time.Time) (glyph, word, level string) {
	glyph, word, level = role(s.Attributes.State)
	if level != "" {
		return glyph, word, level
	}
	if grave := lagLevel(s, now); grave > 0 {
		return "long", lang.T("Lagging"), levelNames[grave]
	}
	return glyph, word, level
}

// trouble says what is wrong with a server; "" when nothing is.
func trouble(s *api.Server) string {
	if d := s.Attributes.StateDetails; d != nil {
		return *d
	}
	return ""
}

// troubleClass is loud when the server does not work.
func troubleClass(s *api.Server) string {
	if _, _, level := role(s.Attributes.State); level == "crit" || level == "attn" {
		return "err"
	}
	return "dim"
}

func serverState(s *api.Server) app.UI {
	text := trouble(s)
	if text == "" {
		return hinted(s.Attributes.State)
	}
	return app.Span().Title(s.Attributes.State+": "+text).Body(
		app.Text(s.Attributes.State+" "),
		ui.Words(troubleClass(s), text),
	)
}

// lagAttention is the replication lag from which a replica is worth a look, in
// seconds; six times as much is critical.
const lagAttention = 5

// lagThreshold is lagAttention, or what administrators have set instead.
func lagThreshold() float64 {
	return cmp.Or(max(console.prefs.shared.Thresholds.Lag, 0), lagAttention)
}

// lagLevel is how grave it is that a server is behind.
func lagLevel(s *api.Server, now time.Time) int {
	return lagAlarms.of(s.ID).judge(float64(s.Attributes.ReplicationLag), lagThreshold(), 6*lagThreshold(), now)
}

// lagChip shows how far a server is behind its primary.
func lagChip(s *api.Server) app.UI {
	text := seconds(s.Attributes.ReplicationLag)
	if grave := lagLevel(s, console.now()); grave > 0 {
		return ui.Chip("long", text, levelNames[grave])
	}
	return app.Text(text)
}

// stateAge is how long a server has been in its state: since the monitor's last
// event; a dash when there was none.
func stateAge(s *api.Server, now time.Time) string {
	at, err := time.Parse(time.RFC1123, s.Attributes.TriggeredAt)
	if err != nil {
		return "—"
	}
	return ui.Duration(now.Sub(at).Truncate(time.Second))
}

// serverRate is how many statements a second a server takes.
func serverRate(s *api.Server) string {
	if row, ok := statsRow(serversStats, "server:"+s.ID); ok {
		return perSecond(row.Statements)
	}
	return "—"
}

// seconds writes a number of whole seconds; a dash when it is not known.
func seconds(n int64) string {
	switch {
	case n < 0:
		return "—"
	case n < 60:
		return strconv.FormatInt(n, 10) + " s"
	}
	return ui.Duration(time.Duration(n) * time.Second)
}

// uptime writes how long a server has been up; a dash when it is not known.
func uptime(n int64) string {
	if n == 0 {
		n = -1
	}
	return seconds(n)
}

func serverConnections(s *api.Server) app.UI {
	return sessionsOf("server", s.ID, lang.Count(s.Attributes.Statistics.Connections))
}

func serverEvent(s *api.Server) app.UI {
	a := &s.Attributes
	if a.LastEvent == "" {
		return ui.Words("faint", "—")
	}
	return app.Span().Title(a.TriggeredAt).Body(
		app.Text(eventWords(a.LastEvent)),
		ui.Words("faint tnum", " "+dated(a.TriggeredAt)),
	)
}

// eventWords writes the name of a monitor's event, such as master_up, as words.
func eventWords(event string) string { return strings.ReplaceAll(event, "_", " ") }

// hinted is text that is all there to read when the pointer rests on it.
func hinted(text string) app.UI { return app.Span().Title(orDash(text)).Text(orDash(text)) }

func aboutServer(s *api.Server) []objectBox {
	a := &s.Attributes
	st := &a.Statistics
	boxes := []objectBox{
		{lang.T("Server"), false, factList(
			monoFact(lang.T("Address"), endpoint(a.Parameters)),
			objectFact{lang.T("State"), app.Span().Class("lines").Body(
				app.Span().Text(a.State),
				app.If(trouble(s) != "", func() app.UI { return ui.Words(troubleClass(s), trouble(s)) }),
			)},
			textFact(lang.T("Version"), a.VersionString),
			textFact(lang.T("Uptime"), uptime(a.Uptime)),
			textFact(lang.T("Read only"), yesNo(a.ReadOnly)),
			objectFact{lang.T("Last event"), serverEvent(s)},
			objectFact{lang.T("Services"), objectLinks("services", s.Relationships.IDs("services"))},
			objectFact{lang.T("Monitor"), objectLinks("monitors", s.Relationships.IDs("monitors"))},
		)},
		{lang.T("Statistics"), false, factList(
			objectFact{lang.T("Connections"), serverConnections(s)},
			countFact(lang.T("Most at once"), st.MaxConnections),
			countFact(lang.T("Since the start"), st.TotalConnections),
			countFact(lang.T("At work"), st.ActiveOperations),
			textFact(lang.T("Statements/s"), serverRate(s)),
			countFact(lang.T("Statements"), st.RoutedPackets),
			countFact(lang.T("Failed logins"), st.FailedAuths),
		)},
		{lang.T("Replication"), true, replication(a)},
	}
	return append(boxes, parametersBox(a.Parameters, a.Source))
}

// replication says what a server has of the data, and whom it follows.
func replication(a *api.ServerAttributes) app.UI {
	facts := []objectFact{
		textFact(lang.T("Lag"), seconds(a.ReplicationLag)),
		monoFact(lang.T("Server ID"), ids64(a.ServerID)),
		monoFact("GTID", a.GtidCurrentPos),
		monoFact(lang.T("GTID in binlog"), a.GtidBinlogPos),
	}
	for i := range a.SlaveConnections {
		c := &a.SlaveConnections[i]
		name := lang.T("Follows")
		if c.ConnectionName != "" {
			name += " (" + c.ConnectionName + ")"
		}
		facts = append(facts, objectFact{name, follows(c)})
	}
	if len(a.SlaveConnections) == 0 {
		facts = append(facts, textFact(lang.T("Follows"), lang.T("no server")))
	}
	return factList(facts...)
}

// ids64 writes an id that servers give themselves; "" for none.
func ids64(id int64) string {
	if id <= 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func follows(c *api.SlaveConn) app.UI {
	wrong := strings.TrimSpace(c.LastIOError + " " + c.LastSQLError)
	return app.Span().Class("lines").Body(
		app.Span().Body(
			app.If(c.MasterServerName != "", func() app.UI { return objectLink("servers", c.MasterServerName) }),
			app.Code().Text(" "+c.MasterHost+":"+strconv.Itoa(c.MasterPort)),
		),
		ui.Words("dim", lang.T("I/O {slaveIORunning} · SQL {slaveSQLRunning} · GTID {usingGtid}", "slaveIORunning", orDash(c.SlaveIORunning), "slaveSQLRunning", orDash(c.SlaveSQLRunning), "usingGtid", orDash(c.UsingGtid))),
		app.If(wrong != "", func() app.UI { return ui.Words("err", wrong) }),
	)
}
