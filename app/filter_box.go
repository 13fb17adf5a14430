package app

import (
	"errors"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/ui"
)

// filterBox is the filter of the sessions page: conditions as chips, and the one
// that is being typed.
type filterBox struct {
	page  *sessionsPage
	terms []string
	draft string
	bad   *view.SyntaxError // what is wrong, nil when nothing is
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

// render draws the chips and the input, and what is wrong with them.
func (f *filterBox) render() app.UI {
	class := "q"
	if f.bad != nil {
		class = "q bad"
	}
	return app.Div().Body(
		app.Div().Class("bar").Body(
			app.Div().Class(class).OnClick(f.chipClicked).Body(
				// The chips are in a box of their own: go-app tells children apart by
				// their places, and would make a new, empty input for each chip more
				// or less in front of it.
				app.Span().Class("toks").Body(
					app.Range(f.terms).Slice(func(i int) app.UI {
						key, value := splitTerm(f.terms[i])
						return app.Span().Class("tok").Body(
							app.B().Text(key), app.Text(value),
							app.Button().Type("button").Aria("label", "Remove "+f.terms[i]).DataSet("term", i).Text("×"),
						)
					}),
				),
				app.Input().ID("filter").Type("search").Placeholder("Filter sessions: user:app state:!idle age>1h").
					Aria("label", "Filter sessions").AutoComplete(false).Spellcheck(false).OnInput(f.typed).OnKeyDown(f.key),
			),
			app.A().Class("btn").Href(href("/v1/sessions")).Target("_blank").Rel("noopener").Text("JSON"),
		),
		app.If(f.bad != nil, func() app.UI {
			text := f.text()
			at := min(max(f.bad.Offset, 0), len(text))
			return app.P().Class("qerr").Role("alert").Body(
				app.Code().Body(app.Text(text[:at]), app.U().Text(text[at:]+" ")), app.Text(ui.Sentence(f.bad.Problem)),
			)
		}),
	)
}

// add puts a condition into the filter, in the place of one on the same key.
func (f *filterBox) add(term string) {
	key, _ := splitTerm(term)
	var terms []string
	for _, t := range f.terms {
		if k, _ := splitTerm(t); k == "" || k != key {
			terms = append(terms, t)
		}
	}
	f.terms = append(terms, term)
	f.page.top()
}

func (f *filterBox) chipClicked(_ app.Context, e app.Event) {
	i, err := strconv.Atoi(ui.Closest(e, "data-term"))
	if err != nil || i < 0 || i >= len(f.terms) {
		return
	}
	terms := append([]string(nil), f.terms[:i]...)
	f.terms = append(terms, f.terms[i+1:]...)
	f.page.top()
}

func (f *filterBox) typed(ctx app.Context, _ app.Event) {
	f.draft = ctx.JSSrc().Get("value").String()
	f.page.top()
}

// key makes a chip of what was typed with Enter, and takes the last chip
// apart with Backspace.
func (f *filterBox) key(ctx app.Context, e app.Event) {
	switch e.Get("key").String() {
	case "Enter":
		if _, err := view.Parse(f.text()); err != nil || strings.TrimSpace(f.draft) == "" {
			return
		}
		f.terms = append(f.terms, splitTerms(f.draft)...)
		f.draft = ""
		ui.SetValue("filter", "")
		f.page.top()
	case "Backspace":
		if f.draft != "" || len(f.terms) == 0 {
			ctx.PreventUpdate()
			return
		}
		e.PreventDefault()
		f.draft = f.terms[len(f.terms)-1]
		f.terms = f.terms[:len(f.terms)-1]
		ui.SetValue("filter", f.draft)
	case "Escape":
		ctx.JSSrc().Call("blur")
	default:
		ctx.PreventUpdate()
	}
}

func (f *filterBox) clear(app.Context, app.Event) {
	f.terms, f.draft = nil, ""
	ui.SetValue("filter", "")
	f.page.top()
}

// splitTerms parts a filter at the spaces that are outside of quotes, regular
// expressions and parentheses. What holds alternatives stays in one piece.
func splitTerms(text string) []string {
	if strings.Contains(text, "|") {
		if text = strings.TrimSpace(text); text != "" {
			return []string{text}
		}
		return nil
	}
	var terms []string
	var term strings.Builder
	depth, quote := 0, rune(0)
	flush := func() {
		if term.Len() > 0 {
			terms = append(terms, term.String())
			term.Reset()
		}
	}
	for _, r := range text {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"', r == '/' && (term.Len() == 0 || strings.HasSuffix(term.String(), ":")):
			quote = r
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ' ' && depth <= 0:
			flush()
			continue
		}
		term.WriteRune(r)
	}
	flush()
	return terms
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
