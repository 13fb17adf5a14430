package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
)

// The times of a socket.
const (
	SlowAfter  = 3 * time.Second  // without a frame the data are slow
	StaleAfter = 10 * time.Second // without a frame the data are stale, and the connection is given up

	firstRetry = 500 * time.Millisecond
	lastRetry  = 15 * time.Second

	maxBurst  = 120                    // messages that may be sent at once
	sendPause = 250 * time.Millisecond // between two messages after that; the server allows 300 a minute
)

// closeAbnormal is the code of a connection that ended without one.
const closeAbnormal = 1006

// link is one connection. Its methods do not block.
type link interface {
	send(text []byte)
	close()
}

// linkEvents are called in order by a goroutine of the link, never by the call
// that makes it. After closed there are none.
type linkEvents struct {
	asked   func(text []byte) // before open, when a view has been asked for already
	open    func()
	message func(text []byte)
	closed  func(code int, reason string)
}

// State is how fresh the data of a socket are.
type State struct {
	Connected bool      // the server has said hello
	Since     time.Time // when that became so, or ceased to be so
	RetryAt   time.Time // when the next attempt to connect begins; zero when none is planned
	Final     bool      // there will be no further attempt before Retry: the login has ended, or the server has refused this console
	Code      int       // close code of the last connection, 0 while connected
	Err       string    // why there is no connection, a sentence; "" while there is
	LastFrame time.Time // when the last frame came, by the local clock; zero when none ever has
	BehindMs  int       // age of the newest data, by the server's clock
	Version   string    // build of the server, from its hello
	User      string    // who is logged in, from its hello
	Role      string    // admin or basic
}

// Slow tells whether the data are older than a healthy connection makes them.
func (s State) Slow() bool { return s.BehindMs >= int(SlowAfter.Milliseconds()) }

// Stale tells whether the data must not be taken for the present.
func (s State) Stale() bool { return !s.Connected || s.BehindMs >= int(StaleAfter.Milliseconds()) }

// Socket keeps views up to date over a connection that it makes again whenever
// it breaks.
type Socket struct {
	// Set by Open, then constant.
	dial    func(linkEvents) link
	denied  func() bool // whether the server refuses to know us
	onFrame func(api.Frame)
	onState func(State)

	mu      sync.Mutex // protects following
	state   State
	views   map[string]*subscription
	early   early
	clock   clock
	link    link   // nil between connections
	ready   bool   // link is open
	bye     string // why the server has said goodbye on this link
	attempt int    // number of the link, so that events of an old one are known
	retries int    // since the last hello
	unsent  []string
	budget  budget
	timers  timers
	calls   []func() // callbacks to be made, in order
	calling bool     // a goroutine is making them
	closed  bool
}

// timers are the timers of a Socket, nil while they do not run.
type timers struct{ tick, retry, send *time.Timer }

// subscription is a view that the page wants.
type subscription struct {
	ask    api.Subscribe
	seq    uint64 // of the last frame
	synced bool   // a snapshot has come
}

// early is a view that was asked for before the program ran: its frames wait for
// the page that asks for the same.
type early struct {
	ask    api.Subscribe // its View is "" when there is none
	frames []api.Frame
}

// maxEarly is how many frames wait. Nobody asks for the view after so many.
const maxEarly = 20

// Open connects to the push feed and stays connected until Close. onFrame gets
// every frame: snapshots and patches in their sequence without a gap, with a
// snapshot first. onState gets the state whenever it changes and once a second.
func (c *Client) Open(onFrame func(api.Frame), onState func(State)) *Socket {
	s := &Socket{
		dial: func(events linkEvents) link { return dial(c, events) },
		denied: func() bool {
			ctx, cancel := context.WithTimeout(context.Background(), StaleAfter)
			defer cancel()
			_, err := c.WhoAmI(ctx)
			refused, ok := errors.AsType[*Error](err)
			return ok && (refused.Status == 401 || refused.Status == 403)
		},
		onFrame: onFrame, onState: onState,
	}
	s.open()
	return s
}

func (s *Socket) open() {
	s.views = make(map[string]*subscription)
	s.state.Since = time.Now()
	s.budget.last = time.Now()
	s.change(func() {
		s.connect()
		s.tick()
	})
}

// Close ends the connection. The callback that is being made at that moment is
// the last one.
func (s *Socket) Close() {
	s.change(func() {
		s.closed = true
		s.calls = nil
		s.disconnect()
		for _, t := range []*time.Timer{s.timers.tick, s.timers.retry, s.timers.send} {
			if t != nil {
				t.Stop()
			}
		}
	})
}

// State returns the state as it is now.
func (s *Socket) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stateLocked()
}

// Now returns the server's clock as far as it is known: what deadlines and
// ages are to be measured by.
func (s *Socket) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock.server(time.Now())
}

// Retry connects at once if there is no connection: the user has asked for it,
// or has logged in again.
func (s *Socket) Retry() {
	s.change(func() {
		if s.link == nil {
			s.retries = 0
			s.connect()
		}
	})
}

// Subscribe asks for a view, in place of one that had its name before. It is
// asked for again after every reconnect.
func (s *Socket) Subscribe(ask api.Subscribe) {
	ask.Type = api.SubscribeType
	s.change(func() {
		s.views[ask.View] = &subscription{ask: ask}
		s.sendLater(ask.View)
	})
}

// Unsubscribe gives up a view. No frame of it comes after that.
func (s *Socket) Unsubscribe(name string) {
	s.change(func() {
		if s.views[name] != nil {
			delete(s.views, name)
			s.sendLater(name)
		}
	})
}

// change runs fn under the lock and then makes the callbacks that are due. A
// callback that changes the socket leaves further callbacks to whoever is
// making them.
func (s *Socket) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	fn()
	if s.calling {
		return
	}
	s.calling = true
	for len(s.calls) > 0 {
		call := s.calls[0]
		s.calls = s.calls[1:]
		s.mu.Unlock()
		call()
		s.mu.Lock()
	}
	s.calling = false
}

// The methods below are called by change, under the lock.

func (s *Socket) stateLocked() State {
	state := s.state
	state.BehindMs = int(s.clock.behind(time.Now()).Milliseconds())
	return state
}

func (s *Socket) tellState() {
	state := s.stateLocked()
	s.calls = append(s.calls, func() { s.onState(state) })
}

// tick watches over the connection, once a second.
func (s *Socket) tick() {
	if s.state.Connected && time.Since(s.state.LastFrame) >= StaleAfter {
		s.lost(closeAbnormal, lang.T("The server has not been heard of for a while."))
	}
	s.tellState()
	s.timers.tick = time.AfterFunc(time.Second, func() { s.change(s.tick) })
}

func (s *Socket) connect() {
	if s.timers.retry != nil {
		s.timers.retry.Stop()
	}
	s.state.RetryAt, s.state.Final, s.bye = time.Time{}, false, ""
	s.attempt++
	attempt := s.attempt
	// event runs fn unless the link has been given up meanwhile.
	event := func(fn func()) {
		s.change(func() {
			if s.attempt == attempt && s.link != nil {
				fn()
			}
		})
	}
	s.link = s.dial(linkEvents{
		asked:   func(text []byte) { event(func() { s.asked(text) }) },
		open:    func() { event(s.opened) },
		message: func(text []byte) { event(func() { s.received(text) }) },
		closed:  func(code int, reason string) { event(func() { s.lost(code, reason) }) },
	})
	s.timers.retry = time.AfterFunc(StaleAfter, func() { // no hello by then
		event(func() {
			if !s.state.Connected {
				s.lost(closeAbnormal, "")
			}
		})
	})
}

func (s *Socket) disconnect() {
	if s.link != nil {
		s.link.close()
		s.link, s.ready, s.early = nil, false, early{}
	}
}

// asked notes that a view has been asked for.
func (s *Socket) asked(text []byte) {
	if json.Unmarshal(text, &s.early.ask) != nil {
		s.early.ask = api.Subscribe{}
	}
}

// keep keeps a frame of a view that nobody wants yet, and reports whether
// somebody might.
func (s *Socket) keep(f api.Frame) bool {
	if f.View == "" || f.View != s.early.ask.View {
		return false
	}
	if s.early.frames = append(s.early.frames, f); len(s.early.frames) > maxEarly {
		s.early = early{}
		s.sendLater(f.View)
	}
	return true
}

// claim gives a view the frames that have come early, and reports whether it was
// the one that they are of. The server replaces one that is not.
func (s *Socket) claim(ask api.Subscribe) bool {
	e := s.early
	if e.ask.View == "" || e.ask.View != ask.View {
		return false
	}
	s.early = early{}
	if e.ask != ask {
		return false
	}
	for _, f := range e.frames {
		s.deliver(f)
	}
	return true
}

// opened asks for all views anew.
func (s *Socket) opened() {
	s.ready = true
	s.unsent = s.unsent[:0]
	for name, v := range s.views {
		v.synced = false
		s.unsent = append(s.unsent, name)
	}
	s.flush()
}

// lost plans the next attempt after a connection has ended or could not be
// made.
func (s *Socket) lost(code int, reason string) {
	s.disconnect()
	neverWas := !s.state.Connected
	if s.state.Connected {
		s.state.Connected, s.state.Since = false, time.Now()
	}
	s.state.Code, s.state.Err = code, cmp.Or(s.bye, reason, lang.T("The server cannot be reached."))
	if final(code) {
		s.giveUp()
		return
	}
	delay := min(firstRetry<<min(s.retries, 10), lastRetry)
	delay = delay/2 + rand.N(delay/2+1)
	s.retries++
	s.state.RetryAt = time.Now().Add(delay)
	attempt := s.attempt
	if s.timers.retry != nil {
		s.timers.retry.Stop()
	}
	s.timers.retry = time.AfterFunc(delay, func() {
		// A browser does not tell why a WebSocket was refused; an ordinary
		// call does.
		denied := neverWas && s.denied()
		s.change(func() {
			switch {
			case s.attempt != attempt || s.link != nil:
			case denied:
				s.state.Code, s.state.Err = api.CloseUnauthorized, lang.T("You are not logged in any more.")
				s.giveUp()
			default:
				s.connect()
			}
		})
	})
	s.tellState()
}

func (s *Socket) giveUp() {
	s.state.Final, s.state.RetryAt = true, time.Time{}
	s.tellState()
}

// final tells whether a close code says that coming back is of no use.
func final(code int) bool { return code >= 4000 && code < 4500 }

// received takes one frame.
func (s *Socket) received(text []byte) {
	var f api.Frame
	if err := json.Unmarshal(text, &f); err != nil {
		s.lost(closeAbnormal, lang.T("The server sent what cannot be read."))
		return
	}
	now := time.Now()
	s.state.LastFrame = now
	s.clock.hear(f.Now, now)
	switch f.Type {
	case api.FrameHello:
		s.retries = 0
		s.state.Connected, s.state.Since = true, now
		s.state.Code, s.state.Err = 0, ""
		s.state.Version, s.state.User, s.state.Role = f.Version, f.User, f.Role
		s.tellState()
	case api.FrameBye:
		s.bye = f.Detail
	}
	s.deliver(f)
}

// deliver passes a frame on, if it is the next one that is wanted.
func (s *Socket) deliver(f api.Frame) {
	switch f.Type {
	case api.FrameSnapshot, api.FramePatch:
		if !s.inSequence(f) {
			return
		}
	case api.FrameError:
		if s.views[f.View] == nil && s.keep(f) {
			return
		}
		delete(s.views, f.View)
		s.sendLater(f.View) // the server may still have an older view of the name
	}
	s.calls = append(s.calls, func() { s.onFrame(f) })
}

// inSequence tells whether f is the next frame of a view that is wanted. After
// a gap it asks for the view anew.
func (s *Socket) inSequence(f api.Frame) bool {
	v := s.views[f.View]
	switch {
	case v == nil:
		s.keep(f)
		return false
	case f.Type == api.FrameSnapshot:
		v.seq, v.synced = f.Seq, true
		return true
	case !v.synced:
		return false
	case f.Seq != v.seq+1:
		v.synced = false
		s.sendLater(f.View)
		return false
	}
	v.seq = f.Seq
	return true
}

// sendLater has the server told whether the view name is wanted, and how it is
// wanted by then.
func (s *Socket) sendLater(name string) {
	for _, n := range s.unsent {
		if n == name {
			return
		}
	}
	s.unsent = append(s.unsent, name)
	s.flush()
}

// flush sends what the server allows.
func (s *Socket) flush() {
	if !s.ready {
		return
	}
	now := time.Now()
	for len(s.unsent) > 0 && s.budget.take(now) {
		name := s.unsent[0]
		s.unsent = s.unsent[1:]
		ask := api.Subscribe{Type: api.UnsubscribeType, View: name}
		if v := s.views[name]; v != nil {
			if ask = v.ask; s.claim(ask) {
				continue
			}
		}
		if text, err := json.Marshal(ask); err == nil {
			s.link.send(text)
		}
	}
	if len(s.unsent) > 0 {
		if s.timers.send != nil {
			s.timers.send.Stop()
		}
		s.timers.send = time.AfterFunc(sendPause, func() { s.change(s.flush) })
	}
}
