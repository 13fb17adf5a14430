package app

import (
	"context"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// sessionLevels are the levels of a session, most severe first.
var sessionLevels = []struct{ name, word, glyph, class string }{
	{"log_error", lang.Mark("Error"), "blocked", "lv-error"},
	{"log_warning", lang.Mark("Warning"), "long", "lv-warning"},
	{"log_notice", lang.Mark("Notice"), "primary", "lv"},
	{"log_info", lang.Mark("Info"), "replica", "lv"},
	{"log_debug", lang.Mark("Debug"), "maint", "lv"},
}

// levelTimes are how long levels stay on. The first one is what an operator gets
// who does not choose: a forgotten level is an outage.
var levelTimes = []struct {
	id, label string
	after     time.Duration // 0 for ever
}{
	{"15m", lang.Mark("after 15 min"), 15 * time.Minute},
	{"5m", lang.Mark("after 5 min"), 5 * time.Minute},
	{"1h", lang.Mark("after 1 h"), time.Hour},
	{"8h", lang.Mark("after 8 h"), 8 * time.Hour},
	{"never", lang.Mark("never"), 0},
}

// levelOn reports whether a level is in effect.
func levelOn(p *api.SessionParameters, level string) bool {
	switch level {
	case "log_error":
		return p.LogError
	case "log_warning":
		return p.LogWarning
	case "log_notice":
		return p.LogNotice
	case "log_info":
		return p.LogInfo
	case "log_debug":
		return p.LogDebug
	}
	return false
}

// levelFixed says why a level cannot be switched for the session alone; "" when it
// can. Errors are always logged, and what the service logs, all its sessions do.
func levelFixed(s *api.Session, level string) string {
	if level == "log_error" {
		return "always"
	}
	name := service(s)
	if v, ok := model.Row[api.ServiceAttributes](console.store.View(logServicesView), name); ok {
		if set, _ := v.Attributes.Parameters[level].(bool); set {
			return lang.T("by {by}", "by", name)
		}
	}
	return ""
}

// ownLevels are the levels that are on for the session alone.
func ownLevels(s *api.Session) map[string]bool {
	own := make(map[string]bool)
	for _, l := range sessionLevels {
		if levelOn(&s.Attributes.Parameters, l.name) && levelFixed(s, l.name) == "" {
			own[l.name] = true
		}
	}
	return own
}

// levelTimeOf returns the time of a choice.
func levelTimeOf(id string) time.Duration {
	for _, t := range levelTimes {
		if t.id == id {
			return t.after
		}
	}
	return levelTimes[0].after
}

// levelSwitches are the switches of what is logged of a session, and of how long.
type levelSwitches struct {
	app.Compo
	ID  string // of the session
	Rev uint64

	off string // after how long levels go off, one of levelTimes
}

// Render draws the switches, or says what is logged to those who may not switch
// it.
func (t *levelSwitches) Render() app.UI {
	s, ok := sessionRow(sessionView, t.ID)
	if !ok {
		return app.Div().Hidden(true)
	}
	p := &s.Attributes.Parameters
	if !console.mayAct() || s.Attributes.EndedAt != "" {
		return ui.Box("slog-levels",
			app.P().ID("log-levels").Class("dim").Text(loggedWords(p)),
			ui.Para("dim tnum", untilWords(s, console.now())),
		)
	}
	return ui.Box("slog-levels",
		app.Div().ID("log-levels").Class("switches").Role("group").Aria("label", lang.T("Log levels of this session")).OnClick(t.clicked).Body(
			app.Range(sessionLevels).Slice(func(i int) app.UI {
				l := sessionLevels[i]
				why := levelFixed(s, l.name)
				return app.Button().Type("button").Class("switch").Role("switch").DataSet("level", l.name).
					Aria("checked", boolText(levelOn(p, l.name))).Disabled(console.stale() || why != "").Body(
					app.Text(lang.T(l.word)),
					app.If(why != "", func() app.UI { return ui.Words("faint", why) }),
				)
			}),
		),
		ui.Box("slog-off",
			app.Label().For("log-for").Class("dim").Text(lang.T("Off again")),
			app.Select().ID("log-for").Class("in").Disabled(console.stale()).OnChange(t.choseTime).Body(
				app.Range(levelTimes).Slice(func(i int) app.UI {
					return app.Option().Value(levelTimes[i].id).Selected(levelTimes[i].id == t.off).Text(lang.T(levelTimes[i].label))
				}),
			),
			app.Span().ID("log-until").Class("tnum "+untilClass(s)).Text(untilWords(s, console.now())),
		),
		ui.Para("faint", defaultWords(s)),
	)
}

// untilWords says when the levels of the session go off, or that they do not.
func untilWords(s *api.Session, now time.Time) string {
	switch until := timeOf(s.Attributes.LogUntil); {
	case len(ownLevels(s)) == 0, !console.store.View(logServicesView).Ready: // whose levels they are is not known yet
		return ""
	case until.IsZero():
		return lang.T("stays on until somebody switches it off")
	default:
		return lang.T("goes off in {now}", "now", ui.Countdown(until.Sub(now)))
	}
}

func untilClass(s *api.Session) string {
	if s.Attributes.LogUntil == "" && len(ownLevels(s)) > 0 {
		return "stays"
	}
	return "dim"
}

// defaultWords says what the service logs of all its sessions.
func defaultWords(s *api.Session) string {
	words := []string{"error"}
	for _, l := range sessionLevels[1:] {
		if levelFixed(s, l.name) != "" {
			words = append(words, strings.ToLower(lang.T(l.word)))
		}
	}
	return lang.T("Service default: {words}. What is switched on here is written to the program's log too.", "words", strings.Join(words, ", "))
}

// loggedWords says which levels are in effect.
func loggedWords(p *api.SessionParameters) string {
	var words []string
	for _, l := range sessionLevels {
		if levelOn(p, l.name) {
			words = append(words, lang.T(l.word))
		}
	}
	if len(words) == 0 {
		return lang.T("Nothing of this session is logged.")
	}
	return lang.T("Logged of this session: {words}.", "words", strings.Join(words, ", "))
}

// emptyLog says why there are no lines and which level to switch on.
func emptyLog(p *api.SessionParameters) string {
	text := lang.T("This session has logged nothing yet.")
	switch {
	case !console.mayAct():
	case !p.LogInfo:
		text += lang.T(" Switch on Info to see where its statements go.")
	case !p.LogDebug:
		text += lang.T(" Switch on Debug to see more.")
	}
	return text
}

func (t *levelSwitches) clicked(_ app.Context, e app.Event) { t.flip(ui.Closest(e, "data-level")) }

// flip switches a level to what it is not. Levels go off together, so the time
// that is left holds for those that stay on.
func (t *levelSwitches) flip(level string) {
	s, ok := t.switchable()
	if !ok || level == "" || levelFixed(s, level) != "" {
		return
	}
	on := !levelOn(&s.Attributes.Parameters, level)
	t.set(map[string]bool{level: on}, t.timeFor(s, level, on))
}

// timeFor is how long the levels are to stay on when one is switched.
func (t *levelSwitches) timeFor(s *api.Session, level string, on bool) time.Duration {
	if on {
		return levelTimeOf(t.off)
	}
	own := ownLevels(s)
	delete(own, level)
	until := timeOf(s.Attributes.LogUntil)
	if len(own) == 0 || until.IsZero() {
		return 0
	}
	return max(until.Sub(console.now()).Round(time.Second), time.Second)
}

// choseTime takes how long levels stay on, also for those that are on.
func (t *levelSwitches) choseTime(ctx app.Context, _ app.Event) {
	t.off = ctx.JSSrc().Get("value").String()
	if s, ok := t.switchable(); ok {
		if own := ownLevels(s); len(own) > 0 {
			t.set(own, levelTimeOf(t.off))
		}
	}
}

// switchable returns the session if its levels may be switched now.
func (t *levelSwitches) switchable() (*api.Session, bool) {
	s, ok := sessionRow(sessionView, t.ID)
	return s, ok && s.Attributes.EndedAt == "" && console.mayAct() && !console.stale()
}

func (t *levelSwitches) set(levels map[string]bool, after time.Duration) {
	id := t.ID
	console.change("", func(ctx context.Context) error { return console.client.SetLogLevels(ctx, id, levels, after) })
}
