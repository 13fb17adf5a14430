package app

import (
	"context"
	"errors"
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

// bulk is what an operator is about to do to several sessions. It is filled
// when they ask for it, with the sessions as they were then.
type bulk struct {
	Action string              // one of the api.Job actions
	Filter string              // the sessions that match it, when IDs is empty
	IDs    []string            // the sessions that are meant
	Seen   map[string]api.Time // connected_at by id
	Total  int                 // sessions, as far as the page knew
	Alter  string              // what an alteration begins with: "filters", or else log levels
}

// bulkState is the action over several sessions that the dialog is about.
type bulkState struct {
	bulk
	open    bool
	opener  app.Value          // has had the keyboard before
	turn    int                // grows when the dialog opens: answers of an older one are not taken
	preview *api.JobAttributes // nil while the server has not answered
	failed  string
	busy    bool

	mode   string // of api.Job
	pace   string // one of bulkPaces
	errors string // percent, as typed
	most   string // sessions, as typed
	count  string // as typed to confirm
	timing killTiming
	reason string
	quiet  bool
	change bulkChange
}

// bulkChange is what an alteration changes.
type bulkChange struct {
	what   string // "levels" or "filters"
	levels map[string]bool
	logFor string // one of bulkLogTimes
	chain  []string
}

// The choices of the dialog. Values are what the wire has.
var (
	bulkPaces    = []choice{{"0", lang.Mark("All at once")}, {"10", lang.Mark("10 per s")}, {"1", lang.Mark("1 per s")}}
	bulkModes    = []choice{{api.JobList, lang.Mark("This exact list")}, {api.JobMatching, lang.Mark("Whatever matches at the time")}}
	bulkLogTimes = []choice{{"15m", "15 min"}, {"1h", "1 h"}, {"8h", "8 h"}, {"forever", lang.Mark("Until switched off")}}
)

// Bounds of what can be typed.
const (
	maxErrorShare = 100
	maxSessions   = 100_000
)

// bulkView counts the sessions that match while the dialog is open.
const bulkView = "bulk"

// askBulk opens the dialog for several sessions.
func (l *live) askBulk(_ app.Context, b bulk) {
	if !l.mayAct() || l.stale() || b.Filter == "" && len(b.IDs) == 0 {
		return
	}
	l.many = bulkState{
		bulk: b, open: true, opener: ui.Focused(), turn: l.many.turn + 1,
		mode: api.JobList, pace: "10", timing: killTiming{when: "30s"},
		change: bulkChange{what: "levels", levels: map[string]bool{"log_info": true}, logFor: "15m"},
	}
	if b.Alter == "filters" {
		l.many.change.what = "filters"
	}
	if filter := l.many.countFilter(); filter != "" {
		l.watch(api.Subscribe{View: bulkView, Topic: api.TopicSessions, Filter: filter, Sort: "id", Limit: 1})
	}
	l.many.look()
	onceDrawn(func() { ui.Focus("bulk-keep") })
	l.rev++
}

// countFilter is the filter that the sessions of the dialog match, "" when they
// are too many to be named by one.
func (m *bulkState) countFilter() string {
	if len(m.IDs) == 0 {
		return m.Filter
	}
	if text := "id:" + strings.Join(m.IDs, ","); len(text) <= 1000 {
		return text
	}
	return ""
}

// close closes the dialog. What has been started goes on.
func (m *bulkState) close() {
	opener := m.opener
	*m = bulkState{turn: m.turn + 1}
	console.unwatch(bulkView)
	console.rev++
	console.layer.waits.close()
	onceDrawn(func() { ui.FocusBack(opener, "h1") })
}

// look asks the server what the job would do.
func (m *bulkState) look() {
	r := api.JobRequest{Action: m.Action, Filter: m.Filter, IDs: m.IDs, Seen: m.Seen}
	if m.Action == api.JobAlter {
		r.Parameters = map[string]bool{"log_info": true} // any change: which it is, does not matter to who matches
	}
	if len(m.IDs) > 0 {
		r.Filter = ""
	}
	turn := m.turn
	m.busy = true
	console.async(func(c context.Context) func() {
		job, err := client.Jobs{Client: console.client}.Preview(c, r)
		return func() {
			if turn == m.turn {
				m.looked(job.Attributes, err)
			}
		}
	})
}

func (m *bulkState) looked(a api.JobAttributes, err error) {
	m.busy = false
	if err != nil {
		m.failed = err.Error()
		return
	}
	m.preview, m.count = &a, ""
	ui.SetValue("bulk-count", "")
}

// total is how many sessions the dialog is about.
func (m *bulkState) total() int {
	n := m.Total
	if m.preview != nil {
		n = m.preview.Total
	}
	if most, err := number(m.most, maxSessions); err == nil && most > 0 {
		n = min(n, most)
	}
	return n
}

// confirms reports whether the number of sessions has to be typed, and why.
func (m *bulkState) confirms() (why string, needed bool) {
	if m.preview == nil || m.Action == api.JobCancelKill {
		return "", false
	}
	if m.preview.Total > api.ConfirmAbove {
		return "", true
	}
	for _, g := range m.preview.Groups {
		if privileged(g.User) && m.Action == api.JobKill {
			return lang.T("Sessions of {user} are among them. ", "user", g.User), true
		}
	}
	return "", false
}

// privileged reports whether the name of a user is one that administration or
// replication commonly has.
func privileged(user string) bool {
	user = strings.ToLower(user)
	return slices.Contains([]string{"root", "admin", "dba", "maxscale", "mariadb.sys"}, user) || strings.HasPrefix(user, "repl")
}

// number reads a whole number from 1 to most that was typed; 0 when nothing was.
func number(text string, most int) (int, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, errors.New(lang.T("say a whole number from 1 to {most}", "most", lang.Count(most)))
	}
	return n, nil
}

// counted reports whether the number that has to be typed has been.
func (m *bulkState) counted() bool {
	_, needed := m.confirms()
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, m.count)
	return !needed || digits == strconv.Itoa(m.preview.Total)
}

// request is the job that the dialog says, or what is wrong with it.
func (m *bulkState) request(now time.Time) (api.JobRequest, error) {
	r := api.JobRequest{Action: m.Action, Reason: strings.TrimSpace(m.reason), Mode: m.mode}
	switch {
	case len(m.IDs) > 0:
		r.IDs, r.Seen, r.Mode = m.IDs, m.Seen, api.JobList
	case m.mode == api.JobList && len(m.preview.Seen) > 0:
		r.IDs, r.Seen = sortedIDs(m.preview.Seen), m.preview.Seen
	default:
		r.Filter = m.Filter
	}
	if _, needed := m.confirms(); needed || m.preview.Total > api.ConfirmAbove {
		r.Count = m.preview.Total
	}
	r.Pace, _ = strconv.ParseFloat(m.pace, 64) // one of bulkPaces
	var err error
	if r.Max, err = number(m.most, maxSessions); err != nil {
		return r, errors.New(lang.T("at most how many sessions: {error}", "error", err.Error()))
	}
	if r.MaxErrors, err = number(m.errors, maxErrorShare); err != nil {
		return r, errors.New(lang.T("stop above how many percent: {error}", "error", err.Error()))
	}
	switch m.Action {
	case api.JobKill:
		return r, m.askKill(&r, now)
	case api.JobAlter:
		return r, m.change.ask(&r)
	}
	return r, nil
}

func (m *bulkState) askKill(r *api.JobRequest, now time.Time) error {
	d, err := m.timing.ttl(now)
	if err != nil {
		return err
	}
	if d > 0 {
		r.TTL = strconv.FormatInt(d.Milliseconds(), 10) + "ms"
		if d%time.Second == 0 {
			r.TTL = strconv.FormatInt(int64(d/time.Second), 10) + "s"
		}
	}
	if m.timing.when == "idle" {
		r.When = "idle"
		if m.timing.keep {
			r.Otherwise = "keep"
		}
	}
	if m.quiet {
		tell := false
		r.Tell = &tell
	}
	return nil
}

func (b *bulkChange) ask(r *api.JobRequest) error {
	if b.what == "filters" {
		chain := append([]string{}, b.chain...)
		r.Filters = &chain
		return nil
	}
	if len(b.levels) == 0 {
		return errors.New(lang.T("choose the levels that are to be switched"))
	}
	r.Parameters = b.levels
	for _, on := range b.levels {
		if on && b.logFor != "forever" {
			r.LogFor = b.logFor
		}
	}
	return nil
}

// sortedIDs are the ids of a preview in the order of their numbers.
func sortedIDs(seen map[string]api.Time) []string {
	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ids
}

// start starts the job.
func (m *bulkState) start() {
	if m.busy || m.preview == nil || !m.counted() || console.stale() {
		return
	}
	r, err := m.request(console.now())
	if err != nil {
		m.failed = ui.Sentence(err.Error())
		return
	}
	turn := m.turn
	m.busy, m.failed = true, ""
	console.async(func(c context.Context) func() {
		job, err := client.Jobs{Client: console.client}.Start(c, r)
		return func() {
			if m.started(turn, job, err); err == nil && r.Reason != "" {
				console.prefs.change(func(o *ownPreferences) { o.remember(r.Reason) })
			}
		}
	})
}

// started says how it went. When other sessions match than those that were
// looked at, nothing was done, and the server is asked anew.
func (m *bulkState) started(turn int, job api.Job, err error) {
	mine := turn == m.turn
	if mine {
		m.busy = false
	}
	if err == nil {
		path := href("/pending/" + job.ID)
		console.sayUndo(jobTitle(&job.Attributes)+".", lang.T("Open"),
			func(ctx app.Context) { ctx.Navigate(path) })
		if mine {
			m.close()
		}
		return
	}
	if !mine {
		console.say(err.Error(), true)
		return
	}
	m.failed = err.Error()
	if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 409 {
		m.look()
	}
}
