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
	tag    string // of the language, "" for English
	asked  string // of the one whose words are being loaded, "" for none
	failed string // of one whose words could not be loaded
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

// change speaks the language that is wanted, as soon as its words are there.
// Then is called in any case, on the goroutine that draws; nil for nothing.
func (s *speech) change(then func()) {
	tag := s.wanted()
	switch {
	case tag == cmp.Or(s.tag, lang.English) && s.asked == "", tag == s.asked, tag == s.failed:
	case tag == lang.English:
		s.use(tag, nil)
	case console.client == nil:
	default:
		s.asked = tag
		console.async(func(ctx context.Context) func() {
			catalog, err := client.Catalog(ctx, console.client, tag)
			return func() {
				if s.asked == tag {
					s.asked = ""
					if err != nil {
						s.failed = tag // and the console goes on as it was
					} else {
						s.use(tag, catalog)
					}
				}
				if then != nil {
					then()
				}
			}
		})
		return
	}
	if then != nil {
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
