package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
)

// live is the console's link to the server: who is logged in, the push feed, and
// what it has brought. There is one for the page, and only the goroutine that
// draws uses it, but for the parts that say otherwise.
type live struct {
	client *client.Client
	socket *client.Socket
	ctx    app.Context // of the shell: drawing it draws everything

	gate   gate
	who    api.Whoami
	setup  api.Setup
	state  client.State
	store  model.Store
	prefs  preferences
	speech speech
	known  directory
	layer  layer
	still  time.Time // server's time when what is shown became stale, zero while it is not
	rev    uint64    // grows with everything that is to be drawn

	held   bool // rows keep their places
	kill   killState
	many   bulkState
	mine   ownKills
	toasts []toast

	wall *wall // nil while the page is another one
}

// gate is what stands between the visitor and the pages.
type gate uint8

const (
	gateAsking gate = iota // whether somebody is logged in is not known yet
	gateOpen
	gateLogin
	gateHost  // logins are a host application's
	gateEmbed // the page around has given no token that is good
	gateSetup
	gateDown // the server does not answer
)

// console is the page's link to the server.
var console = &live{}

// prefix is the path that the console is served under, "" at the root.
var prefix = sync.OnceValue(func() string { return strings.TrimSuffix(app.Getenv("GOAPP_ROOT_PREFIX"), "/") })

// href is the address of one of our pages.
func href(path string) string {
	if embedded != nil {
		if to := embedded.inside(path, false); to != "" {
			path = to
		}
	}
	return prefix() + path
}

// start asks who is logged in, and opens the push feed for them.
func (l *live) start(ctx app.Context) {
	l.ctx = ctx
	if l.client == nil {
		l.client = client.New(prefix())
	}
	if embedded != nil {
		embedded.start()
		return
	}
	l.prefs.load()
	l.speech.change(l.ask) // who cannot read the login cannot log in
}

// ask finds out who is logged in.
func (l *live) ask() {
	l.async(func(ctx context.Context) func() {
		who, err := l.client.WhoAmI(ctx)
		if err == nil {
			return func() { l.open(who) }
		}
		setup, setupErr := l.client.SetupState(ctx)
		return func() { l.refused(err, setup, setupErr) }
	})
}

func (l *live) open(who api.Whoami) {
	l.who, l.gate, l.layer.wanted = who, gateOpen, who.Build
	if l.wall == nil && who.Role == roleDisplay {
		l.gate = gateLogin // a paired screen has nothing but its wall
		return
	}
	switch {
	case embedded != nil: // its page asks for all that it may see
	case l.wall != nil:
		l.wall.pair = pairing{}
	default:
		l.watchAlways()
	}
	if l.socket == nil {
		l.socket = l.client.Open(l.frame, l.connection)
		for _, ask := range l.store.Asks() {
			l.socket.Subscribe(ask)
		}
	} else {
		l.socket.Retry()
	}
}

// watchAlways asks for what all pages show but walls.
func (l *live) watchAlways() {
	l.prefs.read()
	l.watch(api.Subscribe{View: "pending", Topic: api.TopicPending})
	l.watch(api.Subscribe{View: jobsView, Topic: api.TopicJobs})
	l.watch(api.Subscribe{View: countsView, Topic: api.TopicSessions, Sort: "id", Limit: 1})
}

func (l *live) refused(err error, setup api.Setup, setupErr error) {
	l.setup = setup
	if embedded != nil {
		embedded.refused(err)
		return
	}
	switch e, ok := errors.AsType[*client.Error](err); {
	case setupErr == nil && setup.Needed:
		l.gate = gateSetup
	case ok && e.Status == 401 && setup.HostLogin:
		l.gate = gateHost
	case ok && e.Status == 401:
		l.gate = gateLogin
	default:
		l.gate = gateDown
	}
}

// frame takes a frame of the push feed. It is called on the socket's goroutine.
func (l *live) frame(f api.Frame) {
	if f.View == "" && l.wall == nil {
		return // it is about the connection, which tells it itself
	}
	l.ctx.Dispatch(func(ctx app.Context) {
		l.store.Apply(f)
		l.rev++
		if l.wall != nil {
			l.wall.ages.hear(f)
			ctx.PreventUpdate() // it draws at its own pace
		}
	})
}

// connection takes the state of the connection, on every change and once a
// second: the clocks on the page tick with it. It is called on the socket's
// goroutine.
func (l *live) connection(s client.State) {
	l.ctx.Dispatch(func(ctx app.Context) {
		tidy()
		before := l.state
		l.heard(s)
		l.rev++
		if l.wall != nil {
			l.wall.connection(before, s)
			ctx.PreventUpdate()
			return
		}
		if s.Code == api.CloseUnauthorized && s.Final && !before.Final {
			l.loginEnded()
		}
		if embedded != nil {
			embedded.tick(s)
		}
		l.mine.tick()
		l.layer.command.tick()
		l.toasts = freshToasts(l.toasts, time.Now())
	})
}

// heard takes the state of the connection in. What became stale stays as it was:
// its clocks stop.
func (l *live) heard(s client.State) {
	if news := freshnessNews(l.state, s); news != "" {
		l.layer.said = news
	}
	if s.Connected && !l.state.Connected {
		l.layer.wanted = s.Version
		if embedded == nil && l.wall == nil {
			l.known.refresh()
		}
	}
	l.state = s
	switch {
	case !s.Stale():
		l.still = time.Time{}
	case l.still.IsZero():
		l.still = l.serverTime().Add(-ms(s.BehindMs))
	}
}

// later has fn run by the goroutine that draws, which then draws everything.
// Any goroutine may call it.
func (l *live) later(fn func()) {
	l.ctx.Dispatch(func(app.Context) {
		fn()
		l.rev++
	})
}

// async runs fn in the background, and then what it returns on the goroutine
// that draws.
func (l *live) async(fn func(ctx context.Context) func()) {
	l.ctx.Async(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if done := fn(ctx); done != nil {
			l.later(done)
		}
	})
}

// watch subscribes to a view, or changes what is asked of it.
func (l *live) watch(ask api.Subscribe) *model.View {
	v := l.store.View(ask.View)
	if v.Ask == ask {
		return v
	}
	v = l.store.Open(ask)
	if l.socket != nil {
		l.socket.Subscribe(ask)
	}
	return v
}

// unwatch gives a view up.
func (l *live) unwatch(name string) {
	l.store.Close(name)
	if l.socket != nil {
		l.socket.Unsubscribe(name)
	}
}

// refreshAll asks for everything that is shown again.
func refreshAll() {
	l := console
	if embedded == nil {
		l.known.refresh()
	}
	if l.socket != nil {
		l.socket.Retry()
		for _, ask := range l.store.Asks() {
			l.socket.Subscribe(ask)
		}
	}
	l.say(lang.T("Everything was asked for again."), false)
}

// now is the server's time, which stands still while what is shown is stale.
func (l *live) now() time.Time {
	if !l.still.IsZero() {
		return l.still
	}
	return l.serverTime()
}

func (l *live) serverTime() time.Time {
	if l.socket == nil {
		return time.Now()
	}
	return l.socket.Now()
}

// stale reports whether what is on the screen may not be true any more. Nobody
// may act on it then.
func (l *live) stale() bool { return l.state.Stale() }

// mayAct reports whether who is logged in may change anything.
func (l *live) mayAct() bool { return l.who.Role == "admin" && !l.who.ReadOnly }

// change carries out a change over REST and says how it went: done, when it went
// well and done is not empty, or the server's words.
func (l *live) change(done string, fn func(ctx context.Context) error) {
	l.async(func(ctx context.Context) func() {
		err := fn(ctx)
		return func() {
			switch {
			case err != nil:
				l.say(err.Error(), true)
			case done != "":
				l.say(done, false)
			}
		}
	})
}
