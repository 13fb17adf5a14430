package app

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// pageSpot is where in the table one is, as far as the address tells: a link and
// the browser's back button lead to the same row.
type pageSpot struct {
	split bool      // the session under the cursor is shown beside the table
	seek  string    // session that is looked for, "" for none
	row   int       // its place, from 1, where it was last; 0 when it is near the top
	show  bool      // its row is there, and has to be scrolled to
	told  time.Time // when the cursor was written into the address
}

// spotPause is between two times that the cursor is written into the address:
// browsers do not like that too often.
const spotPause = time.Second

// splitFrom is the width of the page from which there is room beside the table,
// and splitWidth what that takes from it.
const (
	splitFrom  = 1280
	splitWidth = 420
)

// sessionsSpot is the part of the page that knows where one is.
type sessionsSpot struct{ *sessionsPage }

// take reads from the address where to go.
func (p sessionsSpot) take(values url.Values) {
	p.win.spot = pageSpot{split: values.Has("split")}
	if id := values.Get("sel"); isSessionID(id) {
		p.cursor, p.win.spot.seek = id, id
		if row, err := strconv.Atoi(digits(values.Get("row"))); err == nil && row <= maxSessions {
			p.win.spot.row = row
		}
		p.win.offset = max(p.win.spot.row-overscan, 0)
	}
}

// isSessionID reports whether text looks like the id of a session, which in a
// fleet begins with the name of a node.
func isSessionID(text string) bool {
	plain := func(r rune) bool { return r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	return text != "" && len(text) <= 64 && strings.IndexFunc(text, plain) < 0
}

// put writes into the address where one is.
func (p sessionsSpot) put(values url.Values) {
	if p.cursor != "" {
		values.Set("sel", p.cursor)
		if row := p.row(); row > minWindow-overscan {
			values.Set("row", strconv.Itoa(row))
		}
	}
	if p.win.spot.split {
		values.Set("split", "1")
	}
}

// row is the place, from 1, of the row of the cursor.
func (p sessionsSpot) row() int {
	if at := p.rows.find(p.cursor); at >= 0 {
		return p.rows.offset + at + 1
	}
	return p.win.spot.row
}

// tell writes the cursor into the address when it is another one than there.
func (p sessionsSpot) tell(known url.Values) {
	if p.win.spot.seek == "" && known.Get("sel") != p.cursor && time.Since(p.win.spot.told) >= spotPause {
		p.win.spot.told = time.Now()
		p.remember()
	}
}

// look looks for the session of the address once its part of the table has
// come.
func (p sessionsSpot) look() {
	switch {
	case p.win.spot.seek == "":
	case p.rows.find(p.win.spot.seek) >= 0:
		p.win.spot.show, p.win.spot.seek = true, ""
	default:
		console.say(lang.T("Session {seek} is not where it was: it has ended or another row has its place.", "seek", p.win.spot.seek), false)
		p.win.spot.seek = ""
	}
}

// scroll brings the row of the cursor into the middle of the screen.
func (p sessionsSpot) scroll() {
	p.win.spot.show = false
	h := p.win.rowHeight()
	ui.SetStyle("rows-space", "height", strconv.Itoa(p.rows.total*h)+"px")
	if y := (p.row() - 1) * h; y+h > p.win.height-headHeight {
		p.win.scrollTo(max(y-(p.win.height-headHeight)/2, 0))
	}
}

// copyLink copies a link to the page as it is, cursor and all.
func (p sessionsSpot) copyLink() {
	p.remember()
	putOnClipboard(ui.Address(), lang.T("Copied a link to this table and session {cursor}.", "cursor", p.cursor))
}

// splits reports whether the session under the cursor is shown beside the table.
func (p sessionsSpot) splits() bool { return p.win.spot.split && p.win.page >= splitFrom }

// toggle shows the session under the cursor beside the table, or no longer.
// Where there is no room it goes to the session's own page.
func (p sessionsSpot) toggle(ctx app.Context) {
	if p.win.page > 0 && p.win.page < splitFrom {
		if p.cursor != "" {
			sessionsMenus(p).do(ctx, p.cursor, "open")
		}
		return
	}
	if p.cursor == "" {
		sessionsCursor(p).step(1)
	}
	p.win.spot.split = !p.win.spot.split
	p.remember()
	p.place(ctx)
}

// render draws the table with what is beside it.
func (p sessionsSpot) render() app.UI {
	beside := app.UI(app.Div().Hidden(true))
	if p.splits() {
		beside = &sessionPane{Page: p.sessionsPage, ID: p.cursor, Rev: p.pace.drawn}
	}
	return ui.Box("split", &sessionsGrid{Page: p.sessionsPage, Rev: p.pace.drawn}, beside)
}
