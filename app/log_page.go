package app

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// logPage shows the newest lines of the program's log.
type logPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64

	query  string // of the address, as it was last taken over
	reader logReader
	bare   bool // without the times

	poll, older poll
	jump        bool // the page has to scroll to where the reader is
	first, last int  // items that are drawn
}

const (
	logEvery   = 2 * time.Second
	logFirst   = 500  // lines of the first page
	logNext    = 50   // lines of the pages that follow
	logCatchUp = 2000 // lines of a page that closes a gap
	logOlder   = 1000 // lines of a page from before
)

// usual is the value of what is shown when the address says nothing.
const usual = "usual"

// logLevels are the least levels to show.
var logLevels = []choice{{usual, "All"}, {"info", "Info"}, {"notice", "Notices"}, {"warning", "Warnings"}, {"error", "Errors"}}

// logAges are how old lines may be.
var logAges = []choice{{usual, "Any time"}, {"5m", "5 min"}, {"15m", "15 min"}, {"1h", "1 h"}}

// chosen returns value when it is one of choices and not the usual one, otherwise
// "".
func chosen(choices []choice, value string) string {
	for _, c := range choices {
		if c.value == value && value != usual {
			return value
		}
	}
	return ""
}

// OnMount takes the address over and asks for the first lines.
func (p *logPage) OnMount(ctx app.Context) {
	keys = p
	p.take(ctx.Page().URL().RawQuery)
	p.ask(logFirst)
	p.place(ctx)
	ctx.Defer(func(app.Context) { p.fillIn() })
}

// OnNav follows the address.
func (p *logPage) OnNav(ctx app.Context) {
	if query := ctx.Page().URL().RawQuery; query != p.query {
		p.take(query)
		p.fillIn()
	}
}

// OnUpdate asks for new lines when it is time to. The page is drawn once a
// second at least.
func (p *logPage) OnUpdate(ctx app.Context) {
	now := time.Now()
	if p.poll.due(now, logEvery) {
		p.ask(logNext)
	}
	if p.reader.tail.more && p.older.failed == "" && p.older.due(now, logEvery/4) {
		p.older.ask(logPath(logOlder, p.reader.tail.oldest()-1), p.takeOlder)
	}
	p.place(ctx)
}

// OnDismount gives the keys back.
func (p *logPage) OnDismount() {
	if keys == keyHandler(p) {
		keys = nil
	}
}

// take reads from the address what to show.
func (p *logPage) take(query string) {
	p.query = query
	values, _ := url.ParseQuery(query)
	r := &p.reader
	r.show = logQuery{
		Level: chosen(logLevels, values.Get("level")), Session: digits(values.Get("session")),
		Find: values.Get("q"), Only: values.Get("only") == "1",
	}
	r.show.Since, _ = time.ParseDuration(chosen(logAges, values.Get("since")))
	r.wrap, p.bare = values.Get("wrap") == "1", values.Get("times") == "0"
	r.found = 0
}

// fillIn puts into the inputs what is shown.
func (p *logPage) fillIn() {
	ui.SetValue("log-find", p.reader.show.Find)
	ui.SetValue("log-session", p.reader.show.Session)
}

// digits returns text when it is a number, otherwise "".
func digits(text string) string {
	if len(text) > 20 || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// ageWord is what the address has for how old lines may be.
func ageWord(age time.Duration) string {
	for _, c := range logAges {
		if d, err := time.ParseDuration(c.value); err == nil && d == age {
			return c.value
		}
	}
	return ""
}

// address is that of the page as it is.
func (p *logPage) address() string {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	q := &p.reader.show
	set("level", q.Level)
	set("session", q.Session)
	set("since", ageWord(q.Since))
	set("q", q.Find)
	if q.Only {
		set("only", "1")
	}
	if p.reader.wrap {
		set("wrap", "1")
	}
	if p.bare {
		set("times", "0")
	}
	return values.Encode()
}

// changed shows what is asked for now, and remembers it in the address.
func (p *logPage) changed() {
	p.reader.found = 0
	p.query = p.address()
	path := href("/log")
	if p.query != "" {
		path += "?" + p.query
	}
	ui.ReplaceAddress(path)
}

// logPath is what to ask for: the newest lines, or those up to a number.
func logPath(size, upTo int) string {
	values := url.Values{"page[size]": {strconv.Itoa(size)}}
	if upTo > 0 {
		values.Set("page[cursor]", strconv.Itoa(upTo))
	}
	return "/v1/maxscale/logs/data?" + values.Encode()
}

// ask asks for the newest lines. When they do not reach back to the known ones,
// it asks for more at once.
func (p *logPage) ask(size int) {
	p.poll.ask(logPath(size, 0), func(answer []byte) error {
		again, err := p.takeNewest(answer, size)
		if again {
			p.ask(logCatchUp)
		}
		return err
	})
}

// takeNewest takes in a page of the newest lines, of which size were asked for;
// again tells that it takes a longer one.
func (p *logPage) takeNewest(answer []byte, size int) (again bool, err error) {
	a, err := readLog(answer)
	if err != nil {
		return false, err
	}
	tail := p.reader.tail
	if tail.take(a) && size < logCatchUp {
		return true, nil
	}
	if p.reader.away && tail.newest() < p.reader.tail.newest() { // the program was restarted
		p.reader.leave(false)
	}
	p.reader.tail = tail
	return false, nil
}

func (p *logPage) takeOlder(answer []byte) error {
	a, err := readLog(answer)
	if err != nil {
		return err
	}
	p.jump = p.reader.takeOlder(a, console.now()) || p.jump
	return nil
}

// place sizes the space behind the lines to all of them, puts the drawn ones
// where they belong, and scrolls to where the reader is.
func (p *logPage) place(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		r := &p.reader
		items, _ := r.items(console.now())
		height, at := strconv.Itoa(len(items)*logHeight)+"px", "translateY("+strconv.Itoa(p.first*logHeight)+"px)"
		if r.wrap {
			height, at = "auto", "none"
		}
		ui.SetStyle("log-space", "height", height)
		ui.SetStyle("log-window", "transform", at)
		switch {
		case !r.away:
			ui.ScrollTo("log-lines", 1<<24)
		case p.jump && r.wrap:
			ui.Reveal("log-" + strconv.Itoa(r.found))
		case p.jump:
			ui.ScrollTo("log-lines", r.top)
		}
		p.jump = false
		_, r.height, _ = ui.Size("log-lines")
	})
}

// scrolled follows the end when it is in sight, and stops when it is not.
func (p *logPage) scrolled(ctx app.Context, _ app.Event) {
	box, r := ctx.JSSrc(), &p.reader
	r.top, r.height = box.Get("scrollTop").Int(), box.Get("clientHeight").Int()
	news := r.leave(box.Get("scrollHeight").Int()-r.top-r.height > logEnd)
	if !news && (r.wrap || p.drawn()) {
		ctx.PreventUpdate()
		return
	}
	p.place(ctx)
}

// drawn reports whether all that one sees, and some lines beyond, is drawn.
func (p *logPage) drawn() bool {
	r := &p.reader
	items, _ := r.items(console.now())
	top, bottom := r.top/logHeight-logSpare/4, (r.top+r.height)/logHeight+logSpare/4
	return (top >= p.first || p.first == 0) && (bottom <= p.last || p.last == len(items))
}

// follow goes to the end and stays there.
func (p *logPage) follow(ctx app.Context) {
	p.reader.leave(false)
	p.place(ctx)
}

// seek goes to the next line in which something was found, or the one before.
func (p *logPage) seek(ctx app.Context, step int) {
	if p.reader.seek(step, console.now()) {
		p.jump = true
		p.place(ctx)
	}
}

// key does what keys do on the page.
func (p *logPage) key(ctx app.Context, key string, _ bool) bool {
	do, ok := map[string]string{"/": "find", "n": "next", "N": "previous", "G": "follow", "w": "wrap", "T": "times"}[key]
	if ok {
		p.do(ctx, do)
	}
	return ok
}

// do carries out what a button or a key stands for.
func (p *logPage) do(ctx app.Context, what string) {
	r := &p.reader
	switch what {
	case "find":
		ui.Focus("log-find")
	case "next":
		p.seek(ctx, 1)
	case "previous":
		p.seek(ctx, -1)
	case "follow":
		p.follow(ctx)
	case "wrap":
		r.wrap = !r.wrap
		p.changed()
		p.follow(ctx)
	case "times":
		p.bare = !p.bare
		p.changed()
	case "only":
		r.show.Only = !r.show.Only
		p.changed()
		p.follow(ctx)
	case "all":
		p.take("")
		p.fillIn()
		p.changed()
		p.follow(ctx)
	case "copy":
		items, _ := r.items(console.now())
		if !ui.Copy(logText(items)) {
			console.say("The browser does not let the console copy.", true)
			return
		}
		console.say("Copied "+ui.Plural(len(items), "line", "lines")+".", false)
	case "save":
		items, _ := r.items(console.now())
		ui.SaveText("signalbox-log-"+console.now().UTC().Format("20060102T150405Z")+".txt", logText(items))
	}
}

// tellKeys says which keys the page has.
func (p *logPage) tellKeys() []keyHelp {
	return []keyHelp{
		{"/", "Find"}, {"n", "Next line found"}, {"N", "Line found before"}, {"G", "Follow the end"}, {"w", "Wrap long lines"}, {"T", "Show or hide times"},
	}
}
