package app

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file writes what is known of a configured object: its facts, its
// parameters and what its module says of itself.

// objectFact is one line of a list: a name and what it is.
type objectFact struct {
	name  string
	value app.UI
}

func textFact(name, text string) objectFact { return objectFact{name, app.Text(orDash(text))} }

func countFact[N int | int64 | uint64](name string, n N) objectFact {
	return objectFact{name, ui.Words("tnum", lang.Count(n))}
}

func monoFact(name, text string) objectFact {
	return objectFact{name, app.Code().Text(orDash(text))}
}

// factList draws facts.
func factList(facts ...objectFact) app.UI {
	items := make([]app.UI, 0, 2*len(facts))
	for _, f := range facts {
		items = append(items, app.Dt().Text(f.name), app.Dd().Body(f.value))
	}
	return app.Dl().Class("kv").Body(items...)
}

// setting is a parameter, or a figure of a module, with its value as text.
type setting struct{ name, text string }

// settingsOf flattens what a server sent under one name each, in their order:
// the value of b in a is named a.b.
func settingsOf(values map[string]any) []setting {
	var list []setting
	for name, value := range values {
		switch value := value.(type) {
		case map[string]any:
			for _, s := range settingsOf(value) {
				list = append(list, setting{name + "." + s.name, s.text})
			}
		case []any:
			list = append(list, settingsIn(name, value)...)
		default:
			list = append(list, setting{name, plain(value)})
		}
	}
	slices.SortFunc(list, func(a, b setting) int { return cmp.Compare(a.name, b.name) })
	return list
}

// settingsIn flattens a list. Objects in it go by their id, or else by their
// number.
func settingsIn(name string, list []any) []setting {
	var settings []setting
	var words []string
	for i, value := range list {
		object, ok := value.(map[string]any)
		if !ok {
			words = append(words, plain(value))
			continue
		}
		id, ok := object["id"].(string)
		if !ok {
			id = strconv.Itoa(i + 1)
		}
		for _, s := range settingsOf(object) {
			if s.name != "id" || !ok {
				settings = append(settings, setting{name + "." + id + "." + s.name, s.text})
			}
		}
	}
	if words != nil || len(list) == 0 {
		settings = append(settings, setting{name, strings.Join(words, ", ")})
	}
	return settings
}

// plain writes a value of JSON as text; nothing for null.
func plain(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// settingList draws settings in columns.
func settingList(settings []setting, none string) app.UI {
	if len(settings) == 0 {
		return ui.Para("faint", none)
	}
	return app.Dl().Class("kv settings").Body(
		app.Range(settings).Slice(func(i int) app.UI {
			s := settings[i]
			return app.Div().Body(
				app.Dt().Class("mono").Text(s.name),
				app.Dd().Class("mono").Text(orDash(visible(s.text))),
			)
		}),
	)
}

// visible puts a value between quotes when one would not see where it ends.
func visible(text string) string {
	if strings.TrimSpace(text) != text {
		return strconv.Quote(text)
	}
	return text
}

// parametersBox shows the parameters of an object, with where they come from.
func parametersBox(parameters api.Parameters, source api.Source) objectBox {
	title := lang.T("Parameters")
	switch {
	case source.File != "":
		title += lang.T(" · from {file}", "file", source.File)
	case source.Type == "runtime":
		title += lang.T(" · made while running")
	}
	return objectBox{title, true, settingList(settingsOf(parameters), lang.T("No parameters."))}
}

// set returns the parameters that say something: neither off nor empty, nor what
// the table shows in another column.
func set(parameters api.Parameters) []setting {
	var list []setting
	for _, s := range settingsOf(parameters) {
		if s.name != "type" && s.name != "module" && s.text != "" && s.text != "false" && s.text != "0" {
			list = append(list, s)
		}
	}
	return list
}

// settingLine writes settings on one line.
func settingLine(settings []setting) string {
	var words []string
	for _, s := range settings {
		words = append(words, s.name+"="+visible(s.text))
	}
	return strings.Join(words, " ")
}

// endpoint is what an object listens on or is reached at: its socket, or its
// address and port.
func endpoint(parameters api.Parameters) string {
	if path := plain(parameters["socket"]); path != "" {
		return path
	}
	address, port := plain(parameters["address"]), plain(parameters["port"])
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	if port == "" {
		return address
	}
	return address + ":" + port
}

// dated reads a date of HTTP, and writes it as the visitor's time of day, with
// the day when it is another one; "" when there is none.
func dated(text string) string {
	at, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", text)
	if err != nil {
		return ""
	}
	return dayTime(at, console.now())
}

// dayTime writes an instant as the time of day, with the day when it is
// not that of now.
func dayTime(at, now time.Time) string {
	if timeFormat() == "relative" {
		return relative(at, now)
	}
	at, now = inZone(at), inZone(now)
	switch {
	case at.Year() != now.Year():
		return at.Format("2 Jan 2006 15:04")
	case at.YearDay() != now.YearDay():
		return at.Format("2 Jan 15:04:05")
	}
	return at.Format("15:04:05")
}

func yesNo(b bool) string {
	if b {
		return lang.T("yes")
	}
	return lang.T("no")
}
