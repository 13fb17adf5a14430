package app

import (
	"cmp"
	"context"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file chooses the language of the console. English needs nothing; the
// words of another are a file of the server that is loaded when they are needed.

// speech is the language that the console speaks. The zero value is English.
type speech struct {
	tag    string   // of the language, "" for English
	asked  string   // of the one whose words are being loaded, "" for none
	failed string   // of one whose words could not be loaded
	then   []func() // to be called when they are loaded or have failed
}

// wanted is the tag of the language that the user has chosen, or that the
// browser asks for.
func (s *speech) wanted() string {
	tag := cmp.Or(console.prefs.own.Lang, ui.Language())
	for _, l := range lang.All {
		if first, _, _ := strings.Cut(strings.ToLower(tag), "-"); first == l.Tag {
			return l.Tag
		}
	}
	return lang.English
}

// change speaks the language that is wanted, as soon as its words are there, and
// calls then, if it is not nil, on the goroutine that draws, when it speaks it or
// cannot.
func (s *speech) change(then func()) {
	if then != nil {
		s.then = append(s.then, then)
	}
	tag := s.wanted()
	switch {
	case tag == s.asked: // its words are on their way
		return
	case tag == cmp.Or(s.tag, lang.English), tag == s.failed, console.client == nil:
		s.asked = ""
		s.settle()
	case tag == lang.English:
		s.use(tag, nil)
		s.settle()
	default:
		s.load(tag)
	}
}

// load asks for the words of a language.
func (s *speech) load(tag string) {
	s.asked = tag
	console.async(func(ctx context.Context) func() {
		catalog, err := client.Catalog(ctx, console.client, tag)
		return func() {
			switch {
			case s.asked != tag:
				return // another one is wanted by now
			case err != nil:
				s.asked, s.failed = "", tag // and the console goes on as it was
			default:
				s.use(tag, catalog)
			}
			s.settle()
		}
	})
}

// settle calls those who wait for the language.
func (s *speech) settle() {
	waiting := s.then
	s.then = nil
	for _, then := range waiting {
		then()
	}
}

func (s *speech) use(tag string, catalog lang.Catalog) {
	s.tag, s.asked, s.failed = tag, "", ""
	lang.Use(catalog)
	ui.SetRoot("lang", tag)
	console.rev++
}

// languages are what one can choose from.
func languages() []choice {
	list := []choice{{"browser", lang.Mark("As the browser")}}
	for _, l := range lang.All {
		list = append(list, choice{l.Tag, l.Name})
	}
	return list
}

// renderLanguage draws the choice of the language.
func renderLanguage() app.UI {
	return renderSetting(lang.T("Language"), renderChoices("lang", lang.T("Language"), languages(), cmp.Or(console.prefs.own.Lang, "browser"), choosePreference),
		app.Text(lang.T("What databases, servers and logs say stays as it is.")))
}
