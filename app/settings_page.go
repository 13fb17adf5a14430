package app

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// settingsPage shows what a user and what administrators choose.
type settingsPage struct {
	app.Compo
	Tab  string // part of the address
	Part string // and the one behind it
	Rev  uint64

	thresholds thresholdForm
	keys       keyEditor
	displays   displaySettings
	boards     boardSettings
}

// settingsTabs are the tabs by the last part of their address.
var settingsTabs = []struct{ path, label string }{
	{"profile", lang.Mark("Profile")},
	{"shortcuts", lang.Mark("Shortcuts")},
	{"thresholds", lang.Mark("Thresholds")},
	{"displays", lang.Mark("Displays")},
	{"boards", lang.Mark("Boards")},
	{"embeds", lang.Mark("Embeds")},
}

// OnMount asks for what others may have changed meanwhile.
func (p *settingsPage) OnMount(app.Context) {
	if console.client != nil {
		console.prefs.read()
	}
}

// OnDismount waits for no key any more.
func (p *settingsPage) OnDismount() { p.keys.close() }

// OnUpdate shows what is in effect in the fields that nobody has typed in.
func (p *settingsPage) OnUpdate(ctx app.Context) {
	switch p.tab() {
	case "thresholds":
		ctx.Defer(func(app.Context) { p.thresholds.fill(console.prefs.shared.Thresholds) })
	case "displays":
		p.displays.tick()
		p.boards.tick()
		ctx.Defer(func(app.Context) { p.displays.fill() })
	case "boards":
		p.boards.tick()
		ctx.Defer(func(app.Context) { p.boards.fill() })
	}
}

func (p *settingsPage) tab() string { return cmp.Or(p.Tab, "profile") }

// Render draws the page.
func (p *settingsPage) Render() app.UI {
	return ui.Box("settings",
		ui.Box("bar", app.H1().Text(lang.T("Settings"))),
		app.Nav().Class("tabs").Aria("label", lang.T("Settings")).Body(
			app.Range(settingsTabs).Slice(func(i int) app.UI {
				current := "no"
				if settingsTabs[i].path == p.tab() {
					current = "page"
				}
				return app.A().Href(href("/settings/"+settingsTabs[i].path)).Aria("current", current).Text(lang.T(settingsTabs[i].label))
			}),
		),
		p.renderTab(),
	)
}

func (p *settingsPage) renderTab() app.UI {
	switch p.tab() {
	case "profile":
		return renderProfile()
	case "shortcuts":
		return p.keys.render()
	case "thresholds":
		return p.thresholds.render()
	case "embeds":
		return &embedSettings{Rev: p.Rev}
	case "displays":
		return p.displays.render(p.boards.list)
	case "boards":
		return p.boards.render(p.Part)
	}
	return ui.Box("empty",
		app.P().Text(lang.T("There are no settings {tab}.", "tab", p.Tab)), app.A().Href(href("/settings/profile")).Text(lang.T("Profile")))
}

// Choices of the profile. Preferences have "" for system and normal.
var (
	themes    = []choice{{"system", lang.Mark("System")}, {"light", lang.Mark("Light")}, {"dark", lang.Mark("Dark")}}
	densities = []choice{{"compact", lang.Mark("Compact")}, {"normal", lang.Mark("Normal")}, {"comfortable", lang.Mark("Comfortable")}}
)

func renderProfile() app.UI {
	own := &console.prefs.own
	where := lang.T("The server keeps these settings for {user}, for every browser.", "user", console.who.User)
	if !console.prefs.kept {
		where = lang.T("These settings are kept in this browser: the server keeps none.")
	}
	return ui.Box("page",
		ui.Para("dim", where),
		renderSetting(lang.T("Theme"), renderChoices("theme", lang.T("Theme"), themes, cmp.Or(own.Theme, "system"), choosePreference),
			app.Text(systemNote())),
		renderSetting(lang.T("Rows"), renderChoices("density", lang.T("Rows"), densities, cmp.Or(own.Density, "normal"), choosePreference),
			app.Text(lang.T("How high the rows of tables are: {rowHeight} pixels.", "rowHeight", strconv.Itoa(rowHeight())))),
		renderSetting(lang.T("Times"), renderChoices("time", lang.T("Times"), timeFormats, timeFormat(), choosePreference),
			app.Text(lang.T("Connected since ")), renderInstant(console.state.Since), app.Text(lang.T(". Point at a time to see it in full."))),
		renderLanguage(),
		renderKeySwitch(),
	)
}

// systemNote says what the theme System is.
func systemNote() string {
	if theme := console.prefs.look.theme; theme != "" {
		return lang.T("System is what this installation has chosen: {theme}.", "theme", theme)
	}
	return lang.T("System follows what the system has.")
}

// renderSetting draws a control with its name and a note.
func renderSetting(label string, control app.UI, note ...app.UI) app.UI {
	return ui.Box("setting",
		app.Div().Body(app.H2().Text(label), app.P().Class("dim").Body(note...)),
		control,
	)
}

func renderKeySwitch() app.UI {
	on := !console.prefs.own.NoKeys
	return renderSetting(lang.T("Single-letter keys"),
		app.Button().ID("letters").Type("button").Class("switch").Role("switch").Aria("checked", boolText(on)).
			Aria("label", lang.T("Single-letter keys")).Text(onOff(on)).OnClick(switchLetters),
		app.Text(lang.T("When off, only {keyLabel}, Enter, Space, Escape and the arrows do something: for speech input, and for those who type by mistake.", "keyLabel", keyLabel("Mod+k"))))
}

func onOff(on bool) string {
	if on {
		return lang.T("On")
	}
	return lang.T("Off")
}

func switchLetters(app.Context, app.Event) {
	console.prefs.change(func(o *ownPreferences) { o.NoKeys = !o.NoKeys })
}

// choosePreference sets one of the preferences that have a few values.
func choosePreference(name, value string) {
	console.prefs.change(func(o *ownPreferences) {
		switch name {
		case "theme":
			o.Theme = value
		case "density":
			o.Density = value
		case "time":
			o.Time = value
		case "lang":
			o.Lang = value
		}
	})
}

// thresholdForm is what administrators set for everybody. The zero value shows
// what is in effect.
type thresholdForm struct {
	typed  map[string]string // by field, what has been typed and not saved
	failed string
}

// thresholdFields are the fields, each with the value that it stands for.
var thresholdFields = []struct {
	name, label, note string
	usual             float64
	value             func(*api.Thresholds) *float64
}{
	{"long-query", lang.Mark("Long query"), lang.Mark("A statement has run for so long."), 60, func(t *api.Thresholds) *float64 { return &t.LongQuery }},
	{"long-trx", lang.Mark("Long transaction"), lang.Mark("A transaction has been open and idle for so long."), 60, func(t *api.Thresholds) *float64 { return &t.LongTransaction }},
	{"lag", lang.Mark("Replication lag"), lang.Mark("A replica is behind by so much."), 5, func(t *api.Thresholds) *float64 { return &t.Lag }},
}

const maxThreshold = 24 * 60 * 60 // seconds

// render draws the form; for those who may not change it, what is in effect.
func (f *thresholdForm) render() app.UI {
	now := console.prefs.shared.Thresholds
	acting := console.mayAct() && console.prefs.kept
	note := lang.T("From when on something needs a person. They are in effect for everybody.")
	switch {
	case !console.prefs.kept:
		note += lang.T(" This server does not keep others than these.")
	case !acting:
		note += lang.T(" Only administrators change them.")
	}
	return app.Form().Class("page").ID("thresholds").OnInput(f.input).OnSubmit(f.submit).Body(
		ui.Para("dim", note),
		app.Range(thresholdFields).Slice(func(i int) app.UI {
			t := thresholdFields[i]
			return ui.Box("setting",
				app.Div().Body(
					app.Label().For(t.name).Text(lang.T("{label}, seconds", "label", lang.T(t.label))),
					app.P().Class("dim").ID(t.name+"-note").Text(lang.T("{note} Usually {usual}; now {now}.", "note", lang.T(t.note), "usual", inSeconds(t.usual), "now", inSeconds(cmp.Or(*t.value(&now), t.usual)))),
				),
				app.Input().ID(t.name).Class("in num").Attr("inputmode", "decimal").MaxLength(8).AutoComplete(false).Disabled(!acting).
					Placeholder(inSeconds(t.usual)).Aria("describedby", t.name+"-note"),
			)
		}),
		app.If(f.failed != "", func() app.UI { return app.P().Class("err").Role("alert").Text(f.failed) }),
		app.Div().Body(
			app.Button().Type("submit").Class("btn p").Disabled(!acting || len(f.typed) == 0).Text(lang.T("Save for everybody")),
		),
	)
}

// inSeconds writes a number of seconds without a unit.
func inSeconds(s float64) string { return strconv.FormatFloat(s, 'f', -1, 64) }

// fill puts what is in effect into the fields.
func (f *thresholdForm) fill(now api.Thresholds) {
	for _, t := range thresholdFields {
		if _, ok := f.typed[t.name]; !ok {
			text := ""
			if v := *t.value(&now); v != 0 {
				text = inSeconds(v)
			}
			ui.SetValue(t.name, text)
		}
	}
}

func (f *thresholdForm) input(_ app.Context, e app.Event) {
	f.enter(e.Get("target").Get("id").String(), e.Get("target").Get("value").String())
}

// enter takes what is typed into a field.
func (f *thresholdForm) enter(name, text string) {
	if f.typed == nil {
		f.typed = make(map[string]string)
	}
	f.typed[name], f.failed = text, ""
}

func (f *thresholdForm) submit(_ app.Context, e app.Event) {
	e.PreventDefault()
	f.save()
}

// save has the server keep what was typed. What was not typed stays as it is.
func (f *thresholdForm) save() {
	set := make(map[int]float64)
	for i, t := range thresholdFields {
		text, ok := f.typed[t.name]
		if !ok {
			continue
		}
		v, problem := parseSeconds(text)
		if problem != "" {
			f.failed = lang.T(t.label) + ": " + problem
			return
		}
		set[i] = v
	}
	f.typed = nil
	console.prefs.share(lang.T("The thresholds are in effect for everybody."), func(s *api.SharedPreferences) {
		for i, v := range set {
			*thresholdFields[i].value(&s.Thresholds) = v
		}
	})
}

// parseSeconds reads a threshold; nothing stands for the usual one. problem says
// what is wrong, "" when nothing is.
func parseSeconds(text string) (v float64, problem string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, ""
	}
	v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || !(v >= 1 && v <= maxThreshold) {
		return 0, lang.T("write a number of seconds from 1 to {maxThreshold}, or nothing for the usual.", "maxThreshold", strconv.Itoa(maxThreshold))
	}
	return v, ""
}
