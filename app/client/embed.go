package client

import (
	"context"
	"net/url"
	"sync"

	"github.com/signalbox/signalbox/api"
)

// Bearer has all calls carry an access token in place of the browser's cookies,
// and the push feed be opened with a ticket that it gets. "" ends that.
func (c *Client) Bearer(token string) { c.bearer.Store(&token) }

func (c *Client) token() string {
	if token := c.bearer.Load(); token != nil {
		return *token
	}
	return ""
}

// Exchange makes an access token of an embed token. It does not put it into
// effect.
func (c *Client) Exchange(ctx context.Context, token string) (api.EmbedAccess, error) {
	var access api.EmbedAccess
	return access, c.ask(ctx, "POST", "/v1/embed/exchange", api.EmbedToken{Token: token}, &access)
}

// EmbedKeys makes the calls that are about the keys of products that embed.
type EmbedKeys struct{ *Client }

// All returns the keys that other products sign embed tokens with.
func (c EmbedKeys) All(ctx context.Context) ([]api.EmbedKey, error) {
	var document struct {
		Data []api.EmbedKey `json:"data"`
	}
	return document.Data, c.get(ctx, "/v1/embed-keys", &document)
}

// Create makes a key and returns it with its secret, which nobody can ask
// for again.
func (c EmbedKeys) Create(ctx context.Context, key api.EmbedKeyRequest) (api.EmbedKey, error) {
	var document struct {
		Data api.EmbedKey `json:"data"`
	}
	return document.Data, c.ask(ctx, "POST", "/v1/embed-keys", key, &document)
}

// Revoke takes a key away, and every page with it.
func (c EmbedKeys) Revoke(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/v1/embed-keys/"+url.PathEscape(id), nil)
}

// dial opens the push feed of c. With an access token it gets a ticket first, because
// a browser adds no header to a WebSocket.
func dial(c *Client, events linkEvents) link {
	if c.token() == "" {
		return c.transport.dial(c.base, nil, events)
	}
	ctx, cancel := context.WithTimeout(context.Background(), StaleAfter)
	l := &ticketLink{cancel: cancel}
	go l.run(ctx, c, events)
	return l
}

// ticketLink is a link that waits for its ticket.
type ticketLink struct {
	cancel context.CancelFunc

	mu     sync.Mutex // protects following
	closed bool
	inner  link // nil until there is a ticket
}

// run ends when there is a link, or will be none.
func (l *ticketLink) run(ctx context.Context, c *Client, events linkEvents) {
	defer l.cancel()
	var ticket api.Ticket
	if err := c.ask(ctx, "POST", "/v1/ws-ticket", nil, &ticket); err != nil {
		events.closed(closeAbnormal, "")
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.inner = c.transport.dial(c.base, []string{api.Subprotocol, api.TicketPrefix + ticket.Ticket}, events)
	}
}

func (l *ticketLink) send(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inner != nil {
		l.inner.send(text)
	}
}

func (l *ticketLink) close() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.inner != nil {
		l.inner.close()
	}
}
