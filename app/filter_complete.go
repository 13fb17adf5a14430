package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// completion is something that could be typed into a filterBox: the text, what
// it is called in the list, and what it means.
type completion struct{ text, label, help string }

// maxCompletions is how long the list may be.
const maxCompletions = 12

// states of sessions with what they mean, most severe first.
var stateHelp = []struct{ word, help string }{
	{view.StateKill, lang.Mark("a kill is waiting")},
	{view.StateLong, lang.Mark("a statement has run for too long")},
	{view.StateTrxLong, lang.Mark("idle in a transaction for too long")},
	{view.StateSwap, lang.Mark("new filters wait for their moment")},
	{view.StateRestart, lang.Mark("a restart waits for its moment")},
	{view.StateTrx, lang.Mark("idle in a transaction")},
	{view.StateRunning, lang.Mark("a statement runs")},
	{view.StateIdle, lang.Mark("waits for the client")},
	{view.StateConnecting, lang.Mark("logs in")},
	{view.StateEnded, lang.Mark("is ending")},
	{view.StatePending, lang.Mark("anything that waits")},
}

// listed reports whether the list is on the screen.
func (f *filterBox) listed() bool { return f.open && len(f.items) > 0 }

// complete lists what could be typed next, or closes the list.
func (f *filterBox) complete(open bool) {
	f.open, f.items, f.at = open, nil, 0
	if open {
		known := func(string) []string { return nil }
		if page, ok := f.page.(interface{ filterValues(key string) []string }); ok {
			known = page.filterValues
		}
		f.items = completions(f.draft, known)
	}
}

// completions returns what could stand in the place of the last word of a text.
func completions(text string, values func(key string) []string) []completion {
	terms := splitTerms(text)
	word := ""
	if len(terms) > 0 && !strings.HasSuffix(text, " ") {
		word = terms[len(terms)-1]
	}
	if strings.ContainsAny(word, `"/()|`) {
		return nil
	}
	if key, value := splitTerm(word); key != "" {
		return valueCompletions(key, value, values)
	}
	var list []completion
	for _, k := range view.Keys() {
		if len(list) == maxCompletions && word != "" || !strings.HasPrefix(k.Name, strings.ToLower(strings.TrimPrefix(word, "!"))) {
			continue
		}
		sign := ":"
		if k.Unit != "" && k.Name != "id" {
			sign = ">"
		}
		help := k.Help
		if k.Name == "state" {
			help = lang.T("what it is doing")
		}
		not := ""
		if strings.HasPrefix(word, "!") {
			not = "!"
		}
		list = append(list, completion{not + k.Name + sign, k.Name + sign, help})
	}
	return list
}

// valueCompletions returns known values of a key that begin as the last of its
// values does.
func valueCompletions(key, value string, values func(key string) []string) []completion {
	before := strings.TrimRight(key, ":<>=")
	if !strings.HasSuffix(key, ":") {
		return nil
	}
	head, last := key, value
	if i := strings.LastIndexAny(value, ",!"); i >= 0 {
		head, last = key+value[:i+1], value[i+1:]
	}
	var list []completion
	add := func(value, help string) {
		if len(list) < maxCompletions && value != last && len(value) >= len(last) && strings.EqualFold(value[:len(last)], last) {
			list = append(list, completion{head + quoted(value), value, help})
		}
	}
	if before == "state" {
		for _, s := range stateHelp {
			add(s.word, lang.T(s.help))
		}
		return list
	}
	for _, v := range values(before) {
		add(v, "")
	}
	return list
}

// renderCompletions draws the list. It is below the box, over the table.
func renderCompletions(f *filterBox) app.UI {
	if !f.listed() {
		return app.Div().ID("filter-list").Role("listbox").Aria("label", lang.T("Could be typed")).Hidden(true)
	}
	return app.Div().ID("filter-list").Class("menu list").Role("listbox").Aria("label", lang.T("Could be typed")).Hidden(false).OnMouseDown(f.picked).Body(
		app.Range(f.items).Slice(func(i int) app.UI {
			return app.Div().ID("filter-item-"+strconv.Itoa(i)).Role("option").Aria("selected", boolText(i+1 == f.at)).DataSet("item", i).Body(
				app.Code().Class("clip").Text(f.items[i].label), ui.Words("faint clip", f.items[i].help))
		}),
	)
}

// listKey does what keys mean while the list is open, or opens it.
func (f *filterBox) listKey(key string) bool {
	switch {
	case key == "ArrowDown" && !f.listed():
		f.complete(true)
	case !f.listed():
		return false
	case key == "ArrowDown":
		f.at = f.at%len(f.items) + 1
	case key == "ArrowUp":
		f.at = (max(f.at, 1)+len(f.items)-2)%len(f.items) + 1
	case key == "Enter" && f.at > 0:
		f.pick(f.at - 1)
	case key == "Escape":
		f.open = false
	default:
		return false
	}
	return true
}

// picked is a press on an item, before the input would lose the keyboard.
func (f *filterBox) picked(_ app.Context, e app.Event) {
	e.PreventDefault()
	if i, err := strconv.Atoi(ui.Closest(e, "data-item")); err == nil && i >= 0 && i < len(f.items) {
		f.pick(i)
	}
}

// pick types an item. One that is a whole condition becomes a chip.
func (f *filterBox) pick(i int) {
	text := strings.TrimSuffix(f.draft, lastWord(f.draft)) + f.items[i].text
	_, value := splitTerm(f.items[i].text)
	if value != "" && !f.raw {
		if _, err := view.Parse(text); err == nil {
			f.set(append(append([]string(nil), f.terms...), splitTerms(text)...), "")
			return
		}
	}
	f.draft = text
	ui.SetValue("filter", text)
	f.complete(value == "")
	f.page.top()
}

// lastWord is the word at the end of a text, "" behind a space.
func lastWord(text string) string {
	if terms := splitTerms(text); len(terms) > 0 && strings.HasSuffix(text, terms[len(terms)-1]) {
		return terms[len(terms)-1]
	}
	return ""
}

// filterValues returns the values of a key that the console knows: names of
// objects, and what the rows that have been sent have.
func (p *sessionsPage) filterValues(key string) []string {
	switch key {
	case "service":
		return slices.Sorted(slices.Values(console.store.View(sessionsServicesView).IDs))
	case "server":
		return slices.Sorted(slices.Values(console.store.View(sessionsServersView).IDs))
	case "tls":
		return []string{"no", "yes"}
	}
	of := map[string]func(*api.Session) []string{
		"user":   func(s *api.Session) []string { return []string{s.Attributes.User} },
		"client": func(s *api.Session) []string { return []string{s.Attributes.Remote} },
		"schema": func(s *api.Session) []string { return []string{s.Attributes.Database} },
		"filter": func(s *api.Session) []string { return s.Relationships.IDs("filters") },
		"program": func(s *api.Session) []string {
			return []string{s.Attributes.Client.ConnectionAttributes["program_name"]}
		},
	}[key]
	if of == nil {
		return nil
	}
	var values []string
	for _, s := range model.Rows[api.SessionAttributes](console.store.View(sessionsView)) {
		for _, v := range of(s) {
			if v != "" && len(v) <= 64 {
				values = append(values, v)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
