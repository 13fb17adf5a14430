package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
)

// pinKinds are the words for what pins a session to a server.
var pinKinds = map[string]string{
	"transaction":     lang.Mark("Open transaction"),
	"temporary_table": lang.Mark("Temporary tables"),
	"user_lock":       lang.Mark("Lock of GET_LOCK"),
	"table_lock":      lang.Mark("LOCK TABLES"),
	"user_variable":   lang.Mark("User variables"),
	"cursor":          lang.Mark("Open cursor"),
	"long_data":       lang.Mark("Parameter sent ahead"),
	"strict":          lang.Mark("Wanted by the service"),
}

// renderPins says what keeps a session on which server, and since when.
func renderPins(s *api.Session) app.UI {
	pins := s.Attributes.Pins
	if len(pins) == 0 {
		return app.Section().Hidden(true)
	}
	facts := make([]fact, len(pins))
	for i := range pins {
		facts[i] = pinFact(&pins[i])
	}
	return box(lang.T("Pinned to a server"), "", renderList("kv wide", facts))
}

// pinFact is the line about one pin.
func pinFact(p *api.SessionPin) fact {
	name := p.Kind
	if words, known := pinKinds[p.Kind]; known {
		name = lang.T(words)
	}
	text := lang.T("on {server} since {when}", "server", p.Server, "when", sinceWhen(p.SinceAt))
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return fact{name, text}
}
