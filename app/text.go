package app

import (
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// sessionRow returns a session of a view.
func sessionRow(viewName, id string) (*api.Session, bool) {
	return model.Row[api.SessionAttributes](console.store.View(viewName), id)
}

// lag is how old what is known of a session is.
func lag(s *api.Session) time.Duration { return view.Lag(s, console.now()) }

// timeOf reads an instant of the server; the zero time when there is none.
func timeOf(t api.Time) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, string(t))
	return at
}

// service is the name of a session's service.
func service(s *api.Session) string {
	if ids := s.Relationships.IDs("services"); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

func orDash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

func arrow(text string) string {
	if text == "" {
		return ""
	}
	return " → " + text
}

// stateChip returns what the chip of a session shows: its sign, its words and
// how loud it is.
func stateChip(s *api.Session) (glyph, text, level string) { return stateChipAt(s, console.now()) }

// stateChipAt is stateChip at an instant.
func stateChipAt(s *api.Session, now time.Time) (glyph, text, level string) {
	since := view.Lag(s, now)
	in := elapsed(view.InState(s, since))
	switch word := view.StateAfter(s, since); word {
	case "kill":
		k := s.Attributes.Pending.Kill
		if k.When == "idle" {
			return "kill", lang.T("Kill when idle"), "hatch"
		}
		return "kill", lang.T("Kill {now}", "now", ui.Countdown(timeOf(k.At).Sub(now))), "hatch"
	case "blocked":
		return "blocked", lang.T("Blocked"), "crit"
	case "long":
		return "long", lang.T("Long query"), "attn"
	case "trx-long":
		return "trx", lang.T("Idle in trx"), "attn"
	case "swap":
		return "swap", lang.T("Swap waits"), "info"
	case "restart":
		return "restart", lang.T("Restart waits"), "info"
	case "trx":
		return "trx", lang.T("In trx {in}", "in", in), ""
	case "running":
		return "running", lang.T("Running"), ""
	case "idle":
		return "idle", lang.T("Idle {in}", "in", in), ""
	case "connecting":
		return "connecting", lang.T("Connecting"), ""
	case "ended":
		return "ended", lang.T("Ended"), "ended"
	default:
		return "idle", word, ""
	}
}
