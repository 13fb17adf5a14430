package push

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// The times of a connection.
const (
	writeWait = 5 * time.Second  // for one frame; who takes longer is gone
	pingEvery = 20 * time.Second // between pings
	pongWait  = 10 * time.Second // for the answer to a ping
	closeWait = time.Second      // for the client's half of the closing
)

// Client is one connected browser.
type Client struct {
	who  Principal
	box  *mailbox
	conn *websocket.Conn

	leaving atomic.Bool // the writer has said goodbye

	views map[string]*view // by the client's names; owned by Hub.Run
}

func newClient(who Principal, conn *websocket.Conn) *Client {
	return &Client{who: who, box: newMailbox(), conn: conn, views: make(map[string]*view)}
}

// serve runs the reader, and the writer beside it, until both have ended.
func (c *Client) serve(h *Hub) {
	ended := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { c.write(h, ended) })
	c.read(h)
	close(ended)
	writer.Wait()
}

// read is the reader: it takes the client's messages until the connection
// ends.
func (c *Client) read(h *Hub) {
	c.conn.SetReadLimit(maxMessage)
	c.awaitPong("")
	c.conn.SetPongHandler(c.awaitPong)
	allowed := allowance{last: time.Now()}
	for {
		kind, text, err := c.conn.ReadMessage()
		switch {
		case errors.Is(err, websocket.ErrReadLimit):
			h.log.Warn("push: message too long", "user", c.who.User, "limit", maxMessage)
			return
		case err != nil:
			return
		case c.leaving.Load():
		case kind != websocket.TextMessage:
			c.refuse(h, "messages of the feed are text")
		case !allowed.take(time.Now()):
			c.refuse(h, "too many messages")
		default:
			c.obey(h, text)
		}
	}
}

// awaitPong gives the client until the answer to the next ping.
func (c *Client) awaitPong(string) error {
	if c.leaving.Load() {
		return nil
	}
	return c.conn.SetReadDeadline(time.Now().Add(pingEvery + pongWait))
}

// refuse ends a client that does not keep to the protocol.
func (c *Client) refuse(h *Hub, detail string) {
	h.log.Warn("push: client refused", "user", c.who.User, "detail", detail)
	c.box.close(closing{code: api.CloseBadMessage, detail: detail})
}

// obey does what one message asks.
func (c *Client) obey(h *Hub, text []byte) {
	s, err := parseSubscribe(text)
	if err != nil {
		c.refuse(h, err.Error())
		return
	}
	if s.Type == api.UnsubscribeType {
		h.do(func() { h.unsubscribe(c, s.View) })
		return
	}
	q, err := parseQuery(s)
	if err == nil {
		err = c.who.Limits.narrow(&q)
	}
	if err != nil {
		c.box.answer(message(api.Frame{Type: api.FrameError, Now: stamp(time.Now()), View: s.View, Detail: err.Error()}))
		return
	}
	h.do(func() { h.subscribe(c, s.View, q) })
}

// write is the writer: it empties the mailbox until ended is closed or the
// connection fails.
func (c *Client) write(h *Hub, ended <-chan struct{}) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		next := c.box.take()
		var err error
		switch {
		case next.closing != nil:
			c.sayGoodbye(*next.closing)
			return
		case next.frame != nil:
			err = c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err == nil {
				err = c.conn.WritePreparedMessage(next.frame.prepared)
			}
		case next.behind != "":
			h.do(func() { h.catchUp(c, next.behind) })
		default:
			select {
			case <-c.box.wake:
			case <-ping.C:
				err = c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait))
			case <-ended:
				return
			}
		}
		if err != nil {
			c.conn.Close() // wakes the reader
			return
		}
	}
}

// sayGoodbye sends the last frames and lets the reader wait a moment for the
// client's answer, so that the frames are not lost with the connection.
func (c *Client) sayGoodbye(why closing) {
	c.leaving.Store(true)
	deadline := time.Now().Add(closeWait)
	c.conn.SetWriteDeadline(deadline)
	c.conn.WritePreparedMessage(message(api.Frame{
		Type: api.FrameBye, Now: stamp(time.Now()), Detail: why.detail, Reconnect: why.reconnect,
	}).prepared)
	// A close frame holds at most 125 bytes; the whole detail is in the bye.
	text := websocket.FormatCloseMessage(why.code, why.detail[:min(len(why.detail), 100)])
	c.conn.WriteControl(websocket.CloseMessage, text, deadline)
	c.conn.SetReadDeadline(deadline)
}
