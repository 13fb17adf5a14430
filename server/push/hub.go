package push

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
)

// The rhythm of the hub.
const (
	roundEvery   = 500 * time.Millisecond // everything that changed is sent
	notableEvery = 50 * time.Millisecond  // at least between two rounds of what is notable
	beatEvery    = time.Second            // heartbeat
	validEvery   = 30 * time.Second       // between two looks at whether logins are still valid
)

// Options are the settings of a Hub. Source is required.
type Options struct {
	Source     Source
	Version    string                                  // build of the server, for the hello
	Origins    []string                                // pages of other hosts that may connect, as "https://console.example"
	Valid      func(Principal) bool                    // whether a login still stands, asked every 30 s; nil: always
	Redact     func(any) any                           // returns a resource without SQL text, for Limits; nil: nothing of it is left
	Belongs    func(resource any, service string) bool // whether an object is of a service, for Limits; nil: none is
	MaxClients int                                     // connections in all; 0: 2,000
	MaxPerUser int                                     // connections of one user; 0: 50
	Logger     *slog.Logger                            // nil: slog.Default()
}

// Principal is who has connected, as the server has found out.
type Principal struct {
	User   string
	Role   string  // admin, basic, display or embed
	Login  string  // what RevokeLogin knows the login by, "" for none
	Cookie bool    // authenticated by what a browser adds by itself, or by a ticket: the page's origin must be right
	Limits *Limits // nil: it may see everything
}

// Hub sends views to clients. All methods may be called by any goroutine.
type Hub struct {
	// Set by New, then constant.
	options Options
	log     *slog.Logger
	changes *changes
	todo    chan func()
	stop    chan struct{} // closed when the hub is to end
	done    chan struct{} // closed when Run has returned

	// Owned by Run.
	views   map[viewKey]*view
	tables  tables
	updates updates

	stopOnce sync.Once
	serving  sync.WaitGroup // calls of Serve that have been let in

	mu       sync.Mutex // protects following
	running  bool
	stopped  bool
	clients  map[*Client]bool // connected
	admitted map[string]int   // by user: connected, or about to be
	total    int              // of admitted
}

// New returns a hub that does nothing until Run is called.
func New(options Options) *Hub {
	if options.MaxClients == 0 {
		options.MaxClients = 2000
	}
	if options.MaxPerUser == 0 {
		options.MaxPerUser = 50
	}
	if options.Redact == nil {
		options.Redact = func(any) any { return struct{}{} }
	}
	if options.Belongs == nil {
		options.Belongs = func(any, string) bool { return false }
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	return &Hub{
		options: options, log: options.Logger, changes: newChanges(),
		todo: make(chan func()), stop: make(chan struct{}), done: make(chan struct{}),
		views: make(map[viewKey]*view), tables: tables{source: options.Source, belongs: options.Belongs, objects: make(map[object]*objects)},
		clients: make(map[*Client]bool), admitted: make(map[string]int),
	}
}

// Run keeps the clients up to date until ctx is done or Close is called. Then
// it tells them that the server stops and returns when their goroutines have
// ended. It may be called once.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	if h.running {
		h.mu.Unlock()
		return errors.New("push: hub: already running")
	}
	h.running = true
	h.mu.Unlock()
	defer close(h.done)
	defer context.AfterFunc(ctx, h.end)()
	unwatch := h.options.Source.Watch(h.changes.add)
	h.loop()
	unwatch()
	h.dismiss()
	return nil
}

// Close ends Run and waits for it. Without Run it only makes Serve refuse.
func (h *Hub) Close() error {
	h.end()
	h.mu.Lock()
	running := h.running
	h.mu.Unlock()
	if running {
		<-h.done
	}
	return nil
}

func (h *Hub) end() {
	h.stopOnce.Do(func() {
		h.mu.Lock()
		h.stopped = true
		h.mu.Unlock()
		close(h.stop)
	})
}

// dismiss says goodbye to all clients and waits for their goroutines.
func (h *Hub) dismiss() {
	clients := h.find(func(Principal) bool { return true })
	for _, c := range clients {
		c.box.close(closing{code: api.CloseRestart, detail: "the server stops", reconnect: true})
	}
	force := time.AfterFunc(closeWait, func() {
		for _, c := range clients {
			c.conn.Close()
		}
	})
	defer force.Stop()
	h.serving.Wait()
}

// loop is what Run does while the hub lives.
func (h *Hub) loop() {
	round := time.NewTicker(roundEvery)
	defer round.Stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	valid := time.NewTicker(validEvery)
	defer valid.Stop()
	// Rounds of what is notable follow one another after a pause.
	notable := h.changes.notable
	pause := time.NewTimer(notableEvery)
	defer pause.Stop()
	for {
		select {
		case <-h.stop:
			return
		case work := <-h.todo:
			work()
		case <-h.tables.loading():
			h.load()
		case <-notable:
			h.round(false)
			notable = nil
			pause.Reset(notableEvery)
		case <-pause.C:
			notable = h.changes.notable
		case <-round.C:
			h.round(true)
		case <-beat.C:
			h.heartbeat()
		case <-valid.C:
			h.revalidate()
		}
	}
}

// do has Run call work, or nobody when the hub ends.
func (h *Hub) do(work func()) {
	select {
	case h.todo <- work:
	case <-h.stop:
	}
}

func (h *Hub) heartbeat() {
	frame := message(api.Frame{Type: api.FrameHeartbeat, Now: stamp(time.Now())})
	for _, c := range h.find(func(Principal) bool { return true }) {
		c.box.heartbeat(frame)
	}
}

// revalidate closes the connections whose logins have ended.
func (h *Hub) revalidate() {
	if h.options.Valid != nil {
		h.revoke(func(p Principal) bool { return !h.options.Valid(p) })
	}
}

// Revoke closes all connections of a user whose rights have changed.
func (h *Hub) Revoke(user string) { h.revoke(func(p Principal) bool { return p.User == user }) }

// RevokeLogin closes all connections of a login that has ended.
func (h *Hub) RevokeLogin(login string) {
	h.revoke(func(p Principal) bool { return p.Login == login })
}

func (h *Hub) revoke(whose func(Principal) bool) {
	for _, c := range h.find(whose) {
		c.box.close(closing{code: api.CloseUnauthorized, detail: "your login has ended or its rights have changed"})
	}
}

// find returns the clients of certain principals.
func (h *Hub) find(whose func(Principal) bool) []*Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []*Client
	for c := range h.clients {
		if whose(c.who) {
			found = append(found, c)
		}
	}
	return found
}

// Clients returns how many clients are connected.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients)
}
