package app

import (
	"errors"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
)

// logFind is what is looked for in the lines of a log, in the language of
// filters. The zero value looks for nothing.
type logFind struct {
	text   string            // as it was typed
	filter *view.LogFilter   // the last one that was right, nil for none
	bad    *view.SyntaxError // what is wrong with text, nil when nothing is
	asked  bool              // who types has come to the end of it
}

// findOf looks for a text.
func findOf(text string) logFind {
	var f logFind
	f.set(text)
	return f
}

// set looks for another text. While that is wrong, what was looked for before
// stays.
func (f *logFind) set(text string) {
	f.text, f.bad, f.asked = text, nil, false
	filter, err := view.ParseLog(text)
	switch {
	case err != nil:
		f.bad, _ = errors.AsType[*view.SyntaxError](err)
	case filter.Empty():
		f.filter = nil
	default:
		f.filter = filter
	}
}

// hits reports whether what is looked for is in a line.
func (f *logFind) hits(l view.Line) bool { return f.filter != nil && f.filter.Match(&l) }

// problem is what is to be shown as wrong: what only lacks its end is not, while
// one types.
func (f *logFind) problem() *view.SyntaxError {
	if f.bad == nil || !f.asked && f.bad.Offset >= len(strings.TrimSpace(f.text)) {
		return nil
	}
	return f.bad
}

// renderFind draws the input for what is looked for.
func (f *logFind) renderFind(class, hint string, typed, pressed app.EventHandler) app.UI {
	wrong := f.problem() != nil
	input := app.Input().ID("log-find").Class(class).Type("search").Placeholder(hint).Aria("label", lang.T("Find in the log")).
		Aria("invalid", boolText(wrong)).Title(lang.T("Words, session:7, level:error,warning, module:, message:, \"exact\", /re/, ! for not, | for or")).
		AutoComplete(false).Spellcheck(false).MaxLength(view.MaxLength).OnInput(typed).OnKeyDown(pressed)
	if wrong {
		input = input.Aria("describedby", "log-problem")
	}
	return input
}

// renderProblem says what is wrong with what is looked for, and shows where.
func (f *logFind) renderProblem() app.UI { return renderProblem("log-problem", f.text, f.problem()) }

// marked parts text at the places where something was found, at most maxMarks of
// them: every second part is one.
func (f *logFind) marked(text string) []string {
	if f.filter == nil {
		return []string{text}
	}
	var parts []string
	for range maxMarks {
		from, to, ok := f.filter.Find(text)
		if !ok {
			break
		}
		parts = append(parts, text[:from], text[from:to])
		text = text[to:]
	}
	return append(parts, text)
}

// renderMarked draws text with what was found in it marked.
func (f *logFind) renderMarked(text string) []app.UI {
	parts := f.marked(text)
	list := make([]app.UI, len(parts))
	for i, part := range parts {
		if list[i] = app.Text(oneLine(part)); i%2 == 1 {
			list[i] = app.Mark().Text(oneLine(part))
		}
	}
	return list
}
