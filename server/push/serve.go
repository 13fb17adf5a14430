package push

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// Serve makes the request a connection of the feed and returns when that has
// ended. The server has authenticated who; Serve checks the origin and the
// number of connections.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, who Principal) {
	if !originAllowed(r, h.options.Origins, who.Cookie) {
		origin := r.Header.Get("Origin")
		h.log.Warn("push: origin refused", "origin", origin, "host", r.Host, "user", who.User,
			"hint", "if this is an address of the console, add it to the allowed origins")
		refuse(w, http.StatusForbidden, fmt.Sprintf("pages of origin %.100q may not connect to this server", origin))
		return
	}
	if status, detail := h.admit(who.account()); status != 0 {
		refuse(w, status, detail)
		return
	}
	defer h.leave(who.account())
	upgrader := websocket.Upgrader{
		HandshakeTimeout: writeWait,
		ReadBufferSize:   1 << 10,
		WriteBufferSize:  1 << 10,                                  // prepared frames need none
		Subprotocols:     []string{api.Subprotocol},                // beside which a browser gives its ticket
		CheckOrigin:      func(*http.Request) bool { return true }, // done above
		Error: func(w http.ResponseWriter, _ *http.Request, status int, err error) {
			refuse(w, status, err.Error())
		},
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer conn.Close()
	boundKernel(conn.NetConn())
	c := newClient(who, conn)
	c.box.answer(message(api.Frame{
		Type: api.FrameHello, Now: stamp(time.Now()), Version: h.options.Version, User: who.User, Role: who.Role,
	}))
	if !h.join(c) {
		return
	}
	c.serve(h)
	h.part(c)
}

// kernelBuffer is how much the kernel may hold for a client, in bytes. Its own
// choice is megabytes, which a slow client would have to read before it comes to
// the newest state.
const kernelBuffer = 128 << 10

func boundKernel(conn net.Conn) {
	if inner, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = inner.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer) // without it the feed works, too
	}
}

// refuse answers as the REST API does.
func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(api.Errors{Errors: []api.Error{{Detail: detail}}})
}

// account is whom connections count for: a user, or each screen and each page of
// another product by itself.
func (p Principal) account() string {
	if p.Limits != nil && p.Login != "" {
		return p.Login
	}
	return p.User
}

// admit counts one more connection of user, or says why there may be none.
// Each admission is followed by a leave.
func (h *Hub) admit(user string) (status int, detail string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return http.StatusServiceUnavailable, "the server stops"
	case h.total >= h.options.MaxClients:
		return http.StatusServiceUnavailable, fmt.Sprintf("the feed already has %d connections", h.total)
	case h.admitted[user] >= h.options.MaxPerUser:
		return http.StatusTooManyRequests, fmt.Sprintf("user %.100q already has %d connections to the feed", user, h.admitted[user])
	}
	h.total++
	h.admitted[user]++
	h.serving.Add(1)
	return 0, ""
}

func (h *Hub) leave(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total--
	if h.admitted[user]--; h.admitted[user] == 0 {
		delete(h.admitted, user)
	}
	h.serving.Done()
}

// join makes c known, unless the hub has stopped in the meantime.
func (h *Hub) join(c *Client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false
	}
	h.clients[c] = true
	return true
}

// part takes c out of everything.
func (h *Hub) part(c *Client) {
	h.mu.Lock()
	delete(h.clients, c)
	h.mu.Unlock()
	h.do(func() {
		for name := range c.views {
			h.unsubscribe(c, name)
		}
	})
}
