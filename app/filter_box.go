package app

import (
	"errors"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// filterPage is a page that shows what a filter selects. One that has a method
// filterValues(key string) []string knows values of keys, for the list of what
// could be typed.
type filterPage interface {
	// top shows what the filter selects now, from its beginning. While the filter
	// is wrong, the last one that was right stays.
	top()
}

// filterBox is the filter of a page: conditions as chips and the one that is
// being typed, or all of it as one text.
type filterBox struct {
	page  filterPage
	terms []string
	draft string
	raw   bool              // the whole filter is draft
	chip  int               // chip that keys act on, from 1; 0 is none
	bad   *view.SyntaxError // what is wrong, nil when nothing is

	open  bool // what could be typed is listed
	items []completion
	at    int // item that is chosen, from 1; 0 is none
}

// take makes the box show a filter.
func (f *filterBox) take(page filterPage, text string) {
	raw := f.raw
	*f = filterBox{page: page, raw: raw}
	if raw {
		f.draft = text
	} else {
		f.terms = splitTerms(text)
	}
	ui.SetValue("filter", f.draft)
}

// text is the whole filter, what is being typed included.
func (f *filterBox) text() string {
	return strings.TrimSpace(strings.Join(f.terms, " ") + " " + f.draft)
}

// check returns the filter and whether it is right.
func (f *filterBox) check() (text string, ok bool) {
	text, f.bad = f.text(), nil
	if _, err := view.Parse(text); err != nil {
		if f.bad, ok = errors.AsType[*view.SyntaxError](err); !ok {
			f.bad = &view.SyntaxError{Problem: err.Error()}
		}
		return text, false
	}
	return text, true
}

// showsProblem reports whether what is wrong is to be shown. What only lacks its end,
// while the list says how it could go on, is not.
func showsProblem(f *filterBox) bool {
	return f.bad != nil && !(f.listed() && f.bad.Offset >= len(f.text()))
}

// render draws a bar with the box, and what is wrong below it.
func (f *filterBox) render() app.UI {
	return app.Div().Body(ui.Box("bar", f.renderBox()), renderFilterProblem(f))
}

// renderBox draws the chips and the input.
func (f *filterBox) renderBox() app.UI {
	hint := lang.T("Filter sessions: user:app state:!idle age>1h")
	class := "q"
	if showsProblem(f) {
		class = "q bad"
	}
	if len(f.terms) > 0 || f.raw {
		hint = lang.T("Filter")
	}
	input := app.Input().ID("filter").Type("text").Placeholder(hint).Role("combobox").
		Aria("label", lang.T("Filter sessions")).Aria("autocomplete", "list").Aria("expanded", boolText(f.listed())).Aria("controls", "filter-list").
		Aria("invalid", boolText(showsProblem(f))).
		AutoComplete(false).Spellcheck(false).Attr("autocapitalize", "off").
		OnInput(f.typed).OnKeyDown(f.key).OnBlur(f.left).On("paste", f.pasted)
	switch {
	case showsProblem(f):
		input = input.Aria("describedby", "filter-problem")
	case f.chip > 0:
		input = input.Aria("description", lang.T("Chip {terms}. Enter edits it, Delete removes it.", "terms", f.terms[f.chip-1]))
	}
	if f.listed() && f.at > 0 {
		input = input.Aria("activedescendant", "filter-item-"+strconv.Itoa(f.at-1))
	}
	// The chips are in a box of their own: go-app tells children apart by their
	// places, and would make a new, empty input for each chip more or less in
	// front of it.
	return ui.Box("qbox",
		app.Div().Class(class).OnClick(f.clicked).Body(
			app.Span().Class("toks").Body(
				app.Range(f.terms).Slice(func(i int) app.UI {
					key, value := splitTerm(f.terms[i])
					class := "tok"
					if f.chip == i+1 {
						class = "tok on"
					}
					return app.Span().Class(class).Body(
						app.B().Text(key), app.Span().Class("clip").Title(f.terms[i]).Text(value),
						app.Button().Type("button").Aria("label", lang.T("Remove {name}", "name", f.terms[i])).DataSet("term", i).Text("×"),
					)
				}),
			),
			input,
			app.Button().Type("button").Class("raw").DataSet("do", "raw").Aria("pressed", boolText(f.raw)).
				Title(lang.T("The filter as text (Alt+/)")).Aria("label", lang.T("The filter as text")).Text("⌥"),
		),
		renderCompletions(f),
	)
}

// renderFilterProblem says what is wrong, and shows where.
func renderFilterProblem(f *filterBox) app.UI {
	if !showsProblem(f) {
		return app.P().Hidden(true)
	}
	return renderProblem("filter-problem", f.text(), f.bad)
}

// renderProblem says what is wrong with a text, and shows where; bad is nil when
// nothing is.
func renderProblem(id, text string, bad *view.SyntaxError) app.UI {
	if bad == nil {
		return app.P().Hidden(true)
	}
	at := min(max(bad.Offset, 0), len(text))
	from := max(at-60, 0)
	before, after := strings.ToValidUTF8(text[from:at], ""), strings.ToValidUTF8(text[at:min(at+60, len(text))], "")
	return app.P().ID(id).Class("qerr").Role("alert").Body(
		app.Code().Body(app.Text(before), app.U().Text(after+" ")), app.Text(ui.Sentence(bad.Problem)),
	)
}

// put puts a condition into the filter, in the place of one on the same key.
func (f *filterBox) put(term string) {
	f.chips()
	key, _ := splitTerm(term)
	var terms []string
	for _, t := range f.terms {
		if k, _ := splitTerm(t); k == "" || k != key {
			terms = append(terms, t)
		}
	}
	f.set(append(terms, term), "")
}

// toggle puts a condition into the filter, or takes it out.
func (f *filterBox) toggle(term string) {
	f.chips()
	for i, t := range f.terms {
		if t == term {
			f.remove(i)
			return
		}
	}
	f.put(term)
}

// set shows another filter.
func (f *filterBox) set(terms []string, draft string) {
	f.terms, f.draft, f.chip = terms, draft, 0
	f.complete(false)
	ui.SetValue("filter", draft)
	f.page.top()
}

func (f *filterBox) remove(i int) {
	terms := append([]string(nil), f.terms[:i]...)
	f.set(append(terms, f.terms[i+1:]...), f.draft)
}

// edit takes a chip apart, to type on.
func (f *filterBox) edit(i int) {
	term := f.terms[i]
	terms := append([]string(nil), f.terms[:i]...)
	f.set(append(terms, f.terms[i+1:]...), strings.TrimSpace(term+" "+f.draft))
}

// chips leaves the one text for chips.
func (f *filterBox) chips() {
	if f.raw {
		f.raw = false
		f.terms, f.draft = splitTerms(f.draft), ""
		ui.SetValue("filter", "")
	}
}

// toggleRaw shows the filter as one text, or as chips again.
func (f *filterBox) toggleRaw() {
	if f.raw {
		f.chips()
	} else {
		f.raw, f.draft, f.terms, f.chip = true, f.text(), nil, 0
		ui.SetValue("filter", f.draft)
	}
	f.complete(false)
	ui.Focus("filter")
}

func (f *filterBox) clicked(_ app.Context, e app.Event) {
	if ui.Closest(e, "data-do") == "raw" {
		f.toggleRaw()
		return
	}
	if i, err := strconv.Atoi(ui.Closest(e, "data-term")); err == nil && i >= 0 && i < len(f.terms) {
		f.remove(i)
		ui.Focus("filter")
	}
}

func (f *filterBox) typed(ctx app.Context, _ app.Event) {
	f.draft, f.chip = ctx.JSSrc().Get("value").String(), 0
	f.complete(strings.TrimSpace(f.draft) != "")
	f.page.top()
}

// left closes the list when the keyboard goes elsewhere.
func (f *filterBox) left(app.Context, app.Event) { f.open, f.chip = false, 0 }

// pasted makes chips of a whole filter; anything else is typed.
func (f *filterBox) pasted(ctx app.Context, e app.Event) {
	text := strings.Join(strings.Fields(e.Get("clipboardData").Call("getData", "text").String()), " ")
	if f.raw || strings.TrimSpace(f.draft) != "" || len(splitTerms(text)) == 0 || tooLong(text) {
		return
	}
	if _, err := view.Parse(strings.Join(append(append([]string(nil), f.terms...), text), " ")); err != nil {
		return
	}
	e.PreventDefault()
	f.set(append(append([]string(nil), f.terms...), splitTerms(text)...), "")
}

// key is a key pressed in the input. What a key does not mean here, it does to
// the text.
func (f *filterBox) key(ctx app.Context, e app.Event) {
	key := e.Get("key").String()
	if e.Get("altKey").Bool() && e.Get("code").String() == "Slash" {
		e.PreventDefault()
		f.toggleRaw()
		return
	}
	start := f.draft == "" || ctx.JSSrc().Get("selectionStart").Int() == 0 && ctx.JSSrc().Get("selectionEnd").Int() == 0
	if f.listKey(key) || f.chipKey(key, start) {
		e.PreventDefault()
		return
	}
	switch key {
	case "Enter":
		f.commit()
	case "Escape":
		ui.Focus("rows")
	default:
		ctx.PreventUpdate()
	}
}

// chipKey does what keys mean for chips, with the caret at the start of the
// input.
func (f *filterBox) chipKey(key string, start bool) bool {
	if !start || len(f.terms) == 0 {
		f.chip = 0
		return false
	}
	switch {
	case key == "ArrowLeft" && f.chip != 1:
		if f.chip == 0 {
			f.chip = len(f.terms) + 1
		}
		f.chip--
	case key == "ArrowLeft": // there is none before the first
	case key == "ArrowRight" && f.chip > 0:
		f.chip = (f.chip + 1) % (len(f.terms) + 1)
	case (key == "Backspace" || key == "Delete") && f.chip > 0:
		f.remove(f.chip - 1)
	case key == "Backspace" && f.draft == "":
		f.edit(len(f.terms) - 1)
	case key == "Enter" && f.chip > 0:
		f.edit(f.chip - 1)
	case key == "Escape" && f.chip > 0:
		f.chip = 0
	default:
		f.chip = 0
		return false
	}
	return true
}

// commit makes chips of what was typed.
func (f *filterBox) commit() {
	if _, ok := f.check(); !ok || f.raw || strings.TrimSpace(f.draft) == "" {
		f.open = false
		return
	}
	f.set(append(append([]string(nil), f.terms...), splitTerms(f.draft)...), "")
}

// clear takes everything out.
func (f *filterBox) clear(app.Context, app.Event) { f.set(nil, "") }

// splitTerms parts a filter at the spaces that are outside of quotes, regular
// expressions and parentheses. What holds alternatives stays in one piece.
func splitTerms(text string) []string {
	var terms []string
	var term strings.Builder
	depth, quote, escaped := 0, rune(0), false
	flush := func() {
		if term.Len() > 0 {
			terms = append(terms, term.String())
			term.Reset()
		}
	}
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
		case quote != 0 && r == '\\':
			escaped = true
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"', r == '/' && valueBegins(term.String()):
			quote = r
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == '|' && depth <= 0:
			return []string{strings.TrimSpace(text)}
		case r == ' ' && depth <= 0:
			flush()
			continue
		}
		term.WriteRune(r)
	}
	flush()
	return terms
}

// valueBegins reports whether a value begins behind what is there of a term.
func valueBegins(term string) bool {
	return term == "" || strings.ContainsRune(":!,(", rune(term[len(term)-1]))
}

// splitTerm parts a condition into its key with the sign behind it and its
// value; a word without a key is all value.
func splitTerm(term string) (key, value string) {
	for _, sign := range []string{">=", "<=", ">", "<", ":"} {
		if k, v, ok := strings.Cut(term, sign); ok && k != "" && strings.Trim(k, "abcdefghijklmnopqrstuvwxyz-") == "" {
			return k + sign, v
		}
	}
	return "", term
}
