package app

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// embedding is one of the console's pages in a frame of another application,
// without anything around it. A token says who may see what; it and what it is
// exchanged for are nowhere but in memory. docs/EMBEDDING.md has the messages.
type embedding struct {
	// Set by newEmbedding, then constant.
	view string // of api.EmbedViews
	own  string // parameters of the address that are the frame's and not the page's
	rows int    // most rows of the table of sessions

	id       string          // of the session, the service or the tile
	origin   string          // of the page around, as its token says; "" while none was taken
	access   api.EmbedAccess // what the token gives
	problem  string          // why nothing is shown, "" while something is
	asking   bool            // a token is being exchanged
	opened   bool            // the page around was told that it is ready
	version  string          // of the server, as it was told
	warned   int             // of warnings, how many were given for this token
	stale    bool            // the page around was told so
	height   int
	selected string
	shell    *shell
	unwatch  func() // stops looking at the height
}

// embedded is the frame that the console is in, nil when it is a page of its own.
var embedded *embedding

// The parameters of the address that are the frame's. What they ask for holds
// until the page around asks otherwise.
var embedParameters = []string{"key", "theme", "density", "accent", "chrome", "lang", "tz", "rows"}

// Rows of the table of sessions: as many as there are, but not more than a frame
// should grow to.
const (
	usualEmbedRows = 15
	mostEmbedRows  = 100
)

// warnings are how many seconds before its end the page around is told that a
// token will end; of a short one not before it is half over.
var warnings = []int{60, 30, 10, 5, 0}

// firstWarning is the first one for a token that is good for so many seconds.
func firstWarning(seconds int) int {
	return slices.IndexFunc(warnings, func(before int) bool { return 2*before <= seconds })
}

// newEmbedding reads an address below /embed/, without the prefix; nil for any
// other.
func newEmbedding(path string, query string) *embedding {
	rest, ok := strings.CutPrefix(path, "/embed/")
	if !ok {
		return nil
	}
	name, id, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	id, _, _ = strings.Cut(id, "/")
	values, _ := url.ParseQuery(query)
	own := url.Values{}
	for _, name := range embedParameters {
		if value := values.Get(name); value != "" {
			own.Set(name, value)
		}
	}
	e := &embedding{view: name, id: id, own: own.Encode(), rows: usualEmbedRows, unwatch: func() {}}
	if n, err := strconv.Atoi(values.Get("rows")); err == nil {
		e.rows = min(max(n, 1), mostEmbedRows)
	}
	return e
}

// sectionOf is the section of the console that a view shows.
var sectionOf = map[string]string{"sessions": "sessions", "session": "sessions", "service": "services", "topology": "topology", "tile": "tile"}

// outside is the path of the console that an address of the frame stands for.
func (e *embedding) outside(path string) string {
	section := "/" + sectionOf[e.view]
	rest := strings.Trim(strings.TrimPrefix(path, "/embed/"+e.view), "/")
	if e.view != "session" {
		rest, _, _ = strings.Cut(rest, "/")
	}
	if rest == "" || e.view == "sessions" || e.view == "topology" {
		return section
	}
	return section + "/" + rest
}

// inside is the address in the frame of a path of the console, "" when the frame
// does not show that. Another object than the one that is shown is something else
// unless other is set.
func (e *embedding) inside(path string, other bool) string {
	path, query, _ := strings.Cut(path, "?")
	section, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	id, tab, _ := strings.Cut(rest, "/")
	name, err := url.PathUnescape(id)
	switch {
	case section != sectionOf[e.view] || err != nil:
		return ""
	case e.view == "sessions" || e.view == "topology":
		if rest != "" {
			return ""
		}
	case id == "" || name != e.id && !other, e.view != "session" && tab != "":
		return ""
	}
	to := "/embed/" + e.view
	if rest != "" {
		to += "/" + rest
	}
	if e.own != "" && query != "" {
		query += "&"
	}
	if query += e.own; query != "" {
		to += "?" + query
	}
	return to
}

// query is what a query string says to the page.
func (e *embedding) query(text string) string {
	values, _ := url.ParseQuery(text)
	for _, name := range embedParameters {
		values.Del(name)
	}
	return values.Encode()
}

// start takes the token of the address, and waits for messages.
func (e *embedding) start() {
	e.dress()
	ui.ListenToParent(func(origin string) bool { return e.origin == "" || e.origin == origin }, func(origin, text string) {
		if m, err := parseFrameMessage(text); err == nil {
			console.later(func() { e.hear(origin, m) })
		}
	})
	fragment, _ := url.ParseQuery(ui.TakeFragment())
	switch token := fragment.Get("t"); {
	case !slices.Contains(api.EmbedViews, e.view):
		e.fail(lang.T("There is no view {view} to embed.", "view", e.view))
	case token == "":
		e.fail(lang.T("This page is part of another application, which has not said yet what may be seen here."))
		e.askAnew(ui.ParentOrigin()) // its token is good once, and somebody may have loaded the frame again
	case !isJWS(token):
		e.fail(lang.T("The token that this page was opened with is incomplete."))
		e.askAnew(ui.ParentOrigin())
	default:
		e.exchange(token, "")
	}
}

// dress puts the parameters of the address into effect that say what it looks
// like.
func (e *embedding) dress() {
	values, _ := url.ParseQuery(e.own)
	p := &console.prefs
	p.own = ownPreferences{Theme: values.Get("theme"), Density: values.Get("density"), Time: strings.ToLower(values.Get("tz")), Lang: values.Get("lang")}.clean()
	if accent := values.Get("accent"); isColour(accent) {
		p.look.accent = accent
	}
	p.apply()
}

// exchange gets access for a token. The message that it came with is of the
// origin from, which is "" for the one in the address.
func (e *embedding) exchange(token, from string) {
	if e.asking {
		return
	}
	e.asking = true
	if !e.expires().After(console.serverTime()) {
		console.client.Bearer("") // what has ended can not be renewed
	}
	console.async(func(ctx context.Context) func() {
		access, err := console.client.Exchange(ctx, token)
		return func() {
			e.asking = false
			switch {
			case err != nil && e.problem == "" && e.opened:
				console.say(lang.T("The access to this page could not be renewed: {error}", "error", err.Error()), true)
			case err != nil:
				e.fail(err.Error())
			case from != "" && from != access.Origin:
				e.fail(lang.T("The token is for pages of {origin}.", "origin", access.Origin))
			case access.View != e.view:
				e.fail(lang.T("The token is for the view {view}, and this is {view2}.", "view", access.View, "view2", e.view))
			default:
				e.take(access)
			}
			if e.problem != "" {
				e.askAnew(claimedOrigin(token))
			}
		}
	})
}

// askAnew tells the page around that another token is wanted. No token has said
// yet of which origin that page is, so the message goes to the one that it seems to
// be of, and whatever comes back is judged by the token in it.
func (e *embedding) askAnew(origin string) {
	e.origin = origin
	e.post("auth-expiring", map[string]any{"in": 0})
	e.origin = ""
}

// take shows what an access gives.
func (e *embedding) take(access api.EmbedAccess) {
	e.access, e.origin, e.problem = access, access.Origin, ""
	e.warned = firstWarning(max(int(e.expires().Sub(console.serverTime()).Seconds()), 0))
	console.client.Bearer(access.AccessToken)
	if path := map[string]string{"session": access.Locked.ID, "service": access.Locked.Service, "tile": "sessions"}[e.view]; e.id == "" && path != "" {
		e.visit("/" + sectionOf[e.view] + "/" + url.PathEscape(path))
	}
	if e.id == "" && e.view != "sessions" && e.view != "topology" {
		e.fail(lang.T("The address of this page does not say which {view} to show.", "view", e.view))
		return
	}
	console.ask()
}

// fail says why nothing is shown. Another token may come.
func (e *embedding) fail(why string) {
	e.problem = why
	console.gate = gateEmbed
}

func (e *embedding) expires() time.Time { return timeOf(e.access.ExpiresAt) }

// hear does what the page around asks for. Until a token says which page that
// is, it can give one and nothing else.
func (e *embedding) hear(origin string, m frameMessage) {
	if e.origin == "" && m.Type != "token" || e.origin != "" && e.origin != origin {
		return
	}
	p := &console.prefs
	switch m.Type {
	case "token":
		e.exchange(m.JWS, origin)
	case "theme":
		p.own.Theme, p.look.accent = oneOf(m.Mode, "light", "dark"), m.Accent
		p.apply()
	case "filter":
		if e.view == "sessions" {
			_, query := ui.Location()
			values, _ := url.ParseQuery(e.query(query))
			values.Set("q", m.Q)
			e.visit("/sessions?" + values.Encode())
		}
	case "navigate":
		e.visit(m.Path)
	}
}

// visit shows another path of the console, if it is one of the view.
func (e *embedding) visit(path string) {
	to := e.inside(path, true)
	if to == "" {
		return
	}
	path, _, _ = strings.Cut(path, "?")
	_, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	id, _, _ := strings.Cut(rest, "/")
	e.id, _ = url.PathUnescape(id) // which inside has done
	ui.ReplaceAddress(prefix() + to)
	if e.shell != nil {
		e.shell.navigated(console.ctx)
	}
}

// leave tells the page around that somebody wants to see what this page does not
// show, and stays where it is.
func (e *embedding) leave(path string) {
	e.post("navigate", map[string]any{"path": path})
	ui.Back()
}

// refused says why who the access is for is not known. When nobody has answered
// it is asked again.
func (e *embedding) refused(err error) {
	e.fail(err.Error())
	if refusal, ok := errors.AsType[*client.Error](err); ok && refusal.Status != 401 && refusal.Status != 403 {
		console.ctx.After(embedRetry, func(app.Context) {
			if e.problem != "" && !e.asking {
				e.problem = ""
				console.ask()
			}
		})
	}
}

const embedRetry = 5 * time.Second

// ended says that the access has ended.
func (e *embedding) ended() {
	e.fail(lang.T("The access to this page has ended. The application around it can give a new one."))
	e.post("auth-expiring", map[string]any{"in": 0})
	e.version = "" // it will be ready anew
}

// tick tells the page around what has changed, once a second.
func (e *embedding) tick(s client.State) {
	if e.problem != "" || e.origin == "" {
		return
	}
	if s.Connected && e.version != s.Version {
		e.opened, e.version = true, s.Version
		e.post("ready", map[string]any{"version": s.Version})
		e.post("resize", map[string]any{"height": e.height})
	}
	if stale := s.Stale(); e.opened && stale != e.stale {
		since := any(nil)
		if e.stale = stale; stale {
			since = console.now().UTC().Format(time.RFC3339)
		}
		e.post("stale", map[string]any{"since": since})
	}
	left := int(e.expires().Sub(console.serverTime()).Seconds())
	for e.opened && e.warned < len(warnings) && left <= warnings[e.warned] {
		if e.warned++; e.warned == len(warnings) || left > warnings[e.warned] {
			e.post("auth-expiring", map[string]any{"in": max(left, 0)})
		}
	}
}

// measured tells the page around how high this one is.
func (e *embedding) measured(height int) {
	if height == e.height || height == 0 {
		return
	}
	e.height = height
	if e.opened {
		e.post("resize", map[string]any{"height": height})
	}
}

// selects tells the page around which session has been chosen.
func (e *embedding) selects(id string) {
	if id != e.selected {
		e.selected = id
		e.post("select", map[string]any{"id": id})
	}
}

// did tells the page around what somebody has done. A nil e tells nobody.
func (e *embedding) did(what, id, result string) {
	if e == nil {
		return
	}
	e.post("action", map[string]any{"action": what, "id": id, "result": result})
}

// post sends a message to the page around.
func (e *embedding) post(kind string, message map[string]any) {
	message["v"], message["type"] = frameVersion, kind
	ui.PostToParent(e.origin, message)
}

// without reports whether a tab of a session is not for an embedded page: what
// was logged never is, and statements are not when they are out of sight. A nil e
// has all of them.
func (e *embedding) without(tab string) bool {
	return e != nil && (tab == "log" || tab == "statements" && e.access.Redact)
}

// may reports whether a scope is among those of the page. A nil e may everything.
func (e *embedding) may(scope string) bool {
	return e == nil || slices.Contains(e.access.Scope, scope)
}

// tableHeight is how high the table of sessions is, with n rows of h pixels: so
// high that all of them are there, within bounds.
func (e *embedding) tableHeight(n, h int) int {
	const empty = 5 // rows' room for the words that stand in place of rows
	if n == 0 {
		n = empty
	}
	return headHeight + min(n, e.rows)*h
}

// locked says in words what the page is limited to, "" when it is not.
func (e *embedding) locked() string {
	var words []string
	if q := e.access.Locked.Query; q != "" {
		words = append(words, q)
	}
	if id := e.access.Locked.ID; id != "" && e.view != "session" {
		words = append(words, lang.T("session {id}", "id", id))
	}
	if service := e.access.Locked.Service; service != "" && e.view != "service" {
		words = append(words, lang.T("service {service}", "service", service))
	}
	return strings.Join(words, ", ")
}

// mounted watches how high the page is.
func (e *embedding) mounted(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		e.unwatch()
		e.unwatch = ui.ObserveHeight("embed", e.measured)
	})
}
