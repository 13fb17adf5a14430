package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall/js"
)

// transport speaks to the server with what the browser has.
type transport struct{}

func newTransport() *transport { return &transport{} }

// begun is what the script that loads the console has begun while the program
// was on its way: server/console.js. It is there once.
func begun(name string) (js.Value, bool) {
	all := js.Global().Get("signalboxEarly")
	if !all.Truthy() {
		return js.Null(), false
	}
	thing := all.Get(name)
	all.Set(name, js.Null())
	return thing, thing.Truthy()
}

// fetch makes one HTTP request with the browser's fetch.
func (*transport) fetch(ctx context.Context, r request) (response, error) {
	if r.method == "GET" && strings.HasSuffix(r.url, "/v1/whoami") {
		if who, ok := begun("who"); ok {
			return answerOf(who)
		}
	}
	abort := js.Global().Get("AbortController").New()
	defer context.AfterFunc(ctx, func() { abort.Call("abort") })()
	headers := make(map[string]any, len(r.header))
	for name, value := range r.header {
		headers[name] = value
	}
	options := map[string]any{
		"method": r.method, "headers": headers, "signal": abort.Get("signal"),
		"credentials": "same-origin", "cache": "no-store", "redirect": "error",
	}
	if r.body != nil {
		options["body"] = string(r.body)
	}
	return answerOf(js.Global().Call("fetch", r.url, options))
}

// answerOf waits for what fetch has promised.
func answerOf(promise js.Value) (response, error) {
	answer, err := await(promise)
	if err != nil {
		return response{}, fmt.Errorf("fetch: %w", err)
	}
	buffer, err := await(answer.Call("arrayBuffer"))
	if err != nil {
		return response{}, fmt.Errorf("fetch: read the answer: %w", err)
	}
	bytes := js.Global().Get("Uint8Array").New(buffer)
	body := make([]byte, bytes.Length())
	js.CopyBytesToGo(body, bytes)
	return response{answer.Get("status").Int(), body}, nil
}

// await waits for a promise. It must not be called by the event loop.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	settled := make(chan outcome, 1)
	fulfilled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- outcome{value: args[0]}
		return nil
	})
	defer fulfilled.Release()
	rejected := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- outcome{err: errors.New(js.Global().Get("String").Invoke(args[0]).String())}
		return nil
	})
	defer rejected.Release()
	promise.Call("then", fulfilled, rejected)
	o := <-settled
	return o.value, o.err
}

// dial opens a WebSocket to the feed of the server at base, a path on the
// page's own host.
func (*transport) dial(base string, events linkEvents) link {
	if socket, ok := begun("feed"); ok {
		return adopt(socket, events)
	}
	location := js.Global().Get("location")
	scheme := "ws://"
	if location.Get("protocol").String() == "https:" {
		scheme = "wss://"
	}
	socket, err := newWebSocket(scheme + location.Get("host").String() + base + "/v1/ws")
	if err != nil {
		go events.closed(closeAbnormal, err.Error())
		return noLink{}
	}
	l := &browserLink{socket: socket, wake: make(chan struct{}, 1)}
	l.follow(events)
	return l
}

// adopt takes over a WebSocket that has been opened, with what has come so far.
func adopt(socket js.Value, events linkEvents) link {
	l := &browserLink{socket: socket, wake: make(chan struct{}, 1)}
	switch socket.Get("readyState").Int() {
	case isOpen:
		if asked, ok := begun("asked"); ok {
			text := []byte(asked.String())
			l.todo = append(l.todo, func() { events.asked(text) })
		}
		l.todo = append(l.todo, events.open)
	case isClosing, isClosed:
		l.todo = append(l.todo, func() {
			l.ended = true
			events.closed(closeAbnormal, "")
		})
	}
	messages, _ := begun("messages")
	for i := range messages.Length() {
		text := []byte(messages.Index(i).String())
		l.todo = append(l.todo, func() { events.message(text) })
	}
	socket.Set("onopen", js.Null())
	socket.Set("onmessage", js.Null())
	l.wake <- struct{}{}
	l.follow(events)
	return l
}

// follow passes on what happens to the socket.
func (l *browserLink) follow(events linkEvents) {
	l.listen("open", func(js.Value) func() { return events.open })
	l.listen("message", func(event js.Value) func() {
		text := []byte(event.Get("data").String())
		return func() { events.message(text) }
	})
	l.listen("close", func(event js.Value) func() {
		code, reason := event.Get("code").Int(), event.Get("reason").String()
		return func() {
			l.ended = true
			events.closed(code, reason)
		}
	})
	go l.run()
}

// newWebSocket turns the exception of a browser that forbids the connection
// into an error.
func newWebSocket(url string) (socket js.Value, err error) {
	defer func() {
		if e, ok := recover().(error); ok {
			err = fmt.Errorf("the browser refuses the connection: %w", e)
		}
	}()
	return js.Global().Get("WebSocket").New(url), nil
}

// noLink is the link that could not be made.
type noLink struct{}

func (noLink) send([]byte) {}
func (noLink) close()      {}

// browserLink is a link over the browser's WebSocket. It lives until the
// browser tells that it is closed, which it does in any case.
//
// The browser's event loop only writes down what happens: whatever waits for
// another event in there would wait for ever. A goroutine of the link does the
// rest.
type browserLink struct {
	socket js.Value
	wake   chan struct{} // holds one token while there may be something to do

	// Owned by run.
	listeners []js.Func
	ended     bool

	mu   sync.Mutex // protects following
	todo []func()
}

// listen has run do what the handler of an event returns.
func (l *browserLink) listen(event string, handle func(event js.Value) func()) {
	fn := js.FuncOf(func(_ js.Value, args []js.Value) any {
		do := handle(args[0])
		l.mu.Lock()
		l.todo = append(l.todo, do)
		l.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
		return nil
	})
	l.listeners = append(l.listeners, fn)
	l.socket.Call("addEventListener", event, fn)
}

// run does what is to be done, in order, until the browser has told that the
// socket is closed.
func (l *browserLink) run() {
	for !l.ended {
		<-l.wake
		l.mu.Lock()
		todo := l.todo
		l.todo = nil
		l.mu.Unlock()
		for _, do := range todo {
			do()
		}
	}
	for _, fn := range l.listeners {
		fn.Release()
	}
}

// The states of a WebSocket.
const (
	isOpen = iota + 1
	isClosing
	isClosed
)

func (l *browserLink) send(text []byte) {
	if l.socket.Get("readyState").Int() == isOpen {
		l.socket.Call("send", string(text))
	}
}

func (l *browserLink) close() { l.socket.Call("close") }
