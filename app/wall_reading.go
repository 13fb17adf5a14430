package app

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// This file reads what the tiles of a wall show from the views of the push feed.

// reading is what a tile shows.
type reading struct {
	known     bool    // there is something to show
	figure    float64 // what its thresholds are about
	attention float64 // the thresholds, 0 for never
	critical  float64

	value, unit string
	note        string
	line        []float64 // how the figure went, oldest first; nil for none
	rows        []wallRow // of a list
	total       int       // of which rows are the first
}

// wallRow is a row of a list.
type wallRow struct {
	glyph, name string
	tag, level  string // a word that stands behind the name, and how loud it is
	a, b        string // figures
}

// read reads a tile from the first of its views.
func (b *wallBoard) read(t *api.BoardTile, v *model.View, watch *tileWatch, now time.Time) reading {
	r := reading{known: v.Ready}
	r.attention, r.critical = t.Limits()
	switch t.Kind {
	case api.TileSessions:
		r.count(v.Total)
		if t.Filter == "" {
			b.readSessions(&r, t, v)
		}
	case api.TileRunning:
		r.count(v.Summary.Running)
		if s := b.stats(api.StatsTotal); s != nil && t.Filter == "" {
			r.note = "p95 " + latency(s.P95)
		}
	case api.TileLong, api.TileLongTrx:
		r.count(v.Total)
		for _, s := range model.Rows[api.SessionAttributes](v) {
			r.note = lang.T("longest {s} · {user}@{s2}", "s", ui.Duration(view.InState(s, view.Lag(s, now))), "user", s.Attributes.User, "s2", service(s))
		}
	case api.TileBlocked:
		r.count(v.Total)
		for _, s := range model.Rows[api.SessionAttributes](v) {
			r.note = lang.T("{s} · {user} waits for {blockedBy}", "s", ui.Duration(view.InState(s, view.Lag(s, now))), "user", s.Attributes.User, "blockedBy", blocker(s.Attributes.Activity.BlockedBy))
		}
	case api.TileStatements, api.TileLatency, api.TileErrors:
		b.readStats(&r, t.Kind)
	case api.TileKills:
		r.readKills(v, now)
	case api.TileOutdated:
		r.count(v.All)
		for _, g := range model.Rows[api.GroupAttributes](v) {
			if len(g.Attributes.Values) == 1 {
				r.note = join(r.note, g.Attributes.Values[0]+" "+lang.Count(g.Attributes.Sessions))
			}
		}
		r.note = cmp.Or(r.note, lang.T("all have the chain of their service"))
	case api.TileServers:
		r.readServers(v, watch, now)
	case api.TileServices:
		b.readServices(&r, v)
	case api.TileUsers:
		for i, g := range model.Rows[api.GroupAttributes](v) {
			a := &g.Attributes
			if i == 0 {
				r.figure = float64(a.Sessions)
			}
			row := wallRow{glyph: "idle", name: orDash(strings.Join(a.Values, " ")), a: lang.N(a.Sessions, "{n} session|{n} sessions"), b: lang.T("{running} running", "running", lang.Count(a.Running))}
			if a.Running > 0 {
				row.glyph = "running"
			}
			r.rows = append(r.rows, row)
		}
		r.total = max(v.Total, len(r.rows))
	case api.TileList:
		r.figure = float64(v.Total)
		for _, s := range model.Rows[api.SessionAttributes](v) {
			r.rows = append(r.rows, sessionWallRow(s, now))
		}
		r.total = max(v.Total, len(r.rows))
	}
	return r
}

// count takes a number as the figure.
func (r *reading) count(n int) { r.figure, r.value = float64(n), compact(float64(n)) }

// view returns one of the views that the board needs.
func (b *wallBoard) view(ask api.Subscribe) *model.View {
	name, _ := api.NameOf(b.asks, ask)
	return console.store.View(name)
}

// stats returns a row of the statistics, nil when it is not known.
func (b *wallBoard) stats(id string) *api.StatsAttributes {
	name, _ := api.NameOf(b.asks, api.Subscribe{Topic: api.TopicStats})
	s, _ := statsRow(name, id)
	return s
}

// trendOver is how far back a trend looks.
const trendOver = 5 * time.Minute

// readSessions adds the trend, and the limit, of which shares are the thresholds
// when there are no others.
func (b *wallBoard) readSessions(r *reading, t *api.BoardTile, v *model.View) {
	if s := b.stats(api.StatsTotal); s != nil && s.Series != nil {
		r.line = s.Series.Sessions
		back := int(trendOver/time.Second) / max(s.Series.Step, 1)
		if n := len(r.line); n > back {
			r.note = lang.T("{total} in 5 min", "total", trend(v.Total-int(math.Round(r.line[n-1-back]))))
		}
	}
	limit := int64(0)
	for _, s := range model.Rows[api.ServiceAttributes](b.view(api.Subscribe{Topic: api.TopicServices})) {
		one := limitOf(s)
		if one == 0 {
			return // as many as come
		}
		limit += one
	}
	if limit > 0 {
		r.note = join(r.note, lang.T("limit {limit}", "limit", lang.Count(limit)))
		if t.Attention == nil && t.Critical == nil {
			r.attention, r.critical = 0.8*float64(limit), 0.95*float64(limit)
		}
	}
}

// trend writes how a number has changed.
func trend(by int) string {
	switch {
	case by > 0:
		return "▲ " + lang.Count(by)
	case by < 0:
		return "▼ " + lang.Count(-by)
	}
	return lang.T("the same")
}

// join puts a point between two texts.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

// readStats reads one of the rates of the whole program.
func (b *wallBoard) readStats(r *reading, kind string) {
	s := b.stats(api.StatsTotal)
	if s == nil {
		r.known = false
		return
	}
	series := s.Series
	if series == nil {
		series = &api.Series{}
	}
	write := wallRate
	switch kind {
	case api.TileStatements:
		r.figure, r.line = s.Statements, series.Statements
	case api.TileErrors:
		r.figure, r.line = s.Errors, series.Errors
	default:
		r.figure, r.line, write = s.P95, gapsFor(series.P95), latency
	}
	r.value, r.unit, _ = strings.Cut(write(r.figure), " ")
	if _, high, ok := (ui.Sparkline{Points: r.line}).Range(); ok { // a mean of ten seconds
		r.note = lang.T("highest {high} in the last hour", "high", write(max(high, r.figure)))
	}
}

// wallRate writes a figure a second.
func wallRate(f float64) string {
	if f < 9999.5 {
		return perSecond(f)
	}
	return compact(f)
}

// compact writes a number that is read from afar: 7, 1 284, 12.8k, 3.4M.
func compact(f float64) string {
	switch {
	case f < 9999.5:
		return lang.Count(int64(math.Round(f)))
	case f < 99.95e3:
		return lang.Decimal(f/1e3, 1) + "k"
	case f < 999.5e3:
		return lang.Decimal(f/1e3, 0) + "k"
	}
	return lang.Decimal(f/1e6, 1) + "M"
}

// readKills counts the kills that wait, and says which is the next.
func (r *reading) readKills(v *model.View, now time.Time) {
	n, next := 0, (*api.PendingKill)(nil)
	for _, s := range model.Rows[api.SessionAttributes](v) {
		if k := s.Attributes.Pending.Kill; k != nil {
			n++
			if next == nil || k.At < next.At { // instants of one form sort as texts
				next = k
			}
		}
	}
	r.count(n)
	r.note = lang.T("nobody is about to be killed")
	if next != nil {
		r.note = lang.T("next in {now} · by {by}", "now", ui.Countdown(timeOf(next.At).Sub(now)), "by", next.By)
	}
}

// readServers lists the servers. The figure is the gravest of their levels.
func (r *reading) readServers(v *model.View, watch *tileWatch, now time.Time) {
	if watch.lags == nil {
		watch.lags = alarms{}
	}
	for _, s := range model.Rows[api.ServerAttributes](v) {
		a := &s.Attributes
		glyph, word, level := role(a.State)
		row := wallRow{glyph: glyph, name: s.ID, a: lang.T("{connections} conn", "connections", lang.Count(a.Statistics.Connections)), b: "—"}
		if a.ReplicationLag >= 0 {
			row.b = lang.T("{replicationLag} lag", "replicationLag", seconds(a.ReplicationLag))
		}
		grave := map[string]int{"attn": 1, "crit": 2}[level]
		if level != "" {
			row.tag, row.level = word, level
		} else if lags := watch.lags.of(s.ID).judge(float64(a.ReplicationLag), threshold(r.attention), threshold(r.critical), now); lags > 0 {
			grave = lags
			row.glyph, row.tag, row.level = "long", lang.T("Lagging"), levelNames[lags]
		}
		r.figure = max(r.figure, float64(grave))
		r.rows = append(r.rows, row)
	}
	r.attention, r.critical, r.total = 1, 2, len(r.rows)
}

// readServices lists the services. One that has failed is critical, one that is
// stopped is worth a look.
func (b *wallBoard) readServices(r *reading, v *model.View) {
	for _, s := range model.Rows[api.ServiceAttributes](v) {
		n := lang.Count(s.Attributes.Statistics.Connections)
		if limit := limitOf(s); limit > 0 {
			n += " / " + lang.Count(limit)
		}
		row := wallRow{glyph: "running", name: s.ID, a: lang.T("{n} sessions", "n", n)}
		if a := b.stats("service:" + s.ID); a != nil {
			row.b = wallRate(a.Statements) + "/s"
		}
		if grave, _ := stopped(s.Attributes.State, "Started"); grave > 0 {
			row.glyph, row.tag, row.level = "down", s.Attributes.State, levelNames[grave]
			r.figure = max(r.figure, float64(grave))
		}
		r.rows = append(r.rows, row)
	}
	r.attention, r.critical, r.total = 1, 2, len(r.rows)
}

// sessionWallRow shows a session without what it runs.
func sessionWallRow(s *api.Session, now time.Time) wallRow {
	glyph, word, level := stateChipAt(s, now)
	if i := strings.IndexAny(word, "0123456789≥"); i > 0 && s.Attributes.Pending.Kill == nil {
		word = strings.TrimSpace(word[:i]) // how long stands at the end of the row
	}
	a := &s.Attributes
	return wallRow{
		glyph: glyph, name: s.ID + "  " + orDash(a.User) + "@" + a.Remote, tag: word, level: cmp.Or(level, "quiet"),
		a: join(a.Activity.Server, service(s)), b: elapsed(view.InState(s, view.Lag(s, now))),
	}
}
