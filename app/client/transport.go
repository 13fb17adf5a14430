//go:build !js

package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// transport speaks to the server from the host.
type transport struct {
	http *http.Client
}

func newTransport() *transport {
	jar, _ := cookiejar.New(nil) // the error is always nil
	return &transport{&http.Client{Jar: jar}}
}

// fetch makes one HTTP request.
func (t *transport) fetch(ctx context.Context, r request) (response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return response{}, fmt.Errorf("fetch: %w: %w", errNotSent, err)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	answer, err := t.http.Do(req)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			return response{}, fmt.Errorf("fetch: %w: %w", errNotSent, err)
		}
		return response{}, fmt.Errorf("fetch: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return response{}, fmt.Errorf("fetch: read the answer: %w", err)
	}
	return response{answer.StatusCode, body}, nil
}

// dial opens a WebSocket to the feed of the server at base.
func (t *transport) dial(base string, protocols []string, events linkEvents) link {
	ctx, cancel := context.WithCancel(context.Background())
	l := &hostLink{cancel: cancel}
	go l.run(ctx, websocket.Dialer{Jar: t.http.Jar, HandshakeTimeout: 10 * time.Second, Subprotocols: protocols}, base, events)
	return l
}

// hostLink is a link over gorilla.
type hostLink struct {
	cancel context.CancelFunc

	mu   sync.Mutex // protects following, and writing to conn
	conn *websocket.Conn
}

// run lives as long as the connection.
func (l *hostLink) run(ctx context.Context, dialer websocket.Dialer, base string, events linkEvents) {
	defer l.cancel()
	url := "ws" + strings.TrimPrefix(base, "http") + "/v1/ws"
	conn, _, err := dialer.DialContext(ctx, url, http.Header{"Origin": {origin(base)}})
	if err != nil {
		events.closed(closeAbnormal, "")
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	events.open()
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			code, reason := closeAbnormal, ""
			if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
				code, reason = closed.Code, closed.Text
			}
			events.closed(code, reason)
			return
		}
		events.message(text)
	}
}

// origin returns the scheme and host of a URL.
func origin(base string) string {
	scheme, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

func (l *hostLink) send(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return
	}
	l.conn.SetWriteDeadline(time.Now().Add(time.Second))
	if l.conn.WriteMessage(websocket.TextMessage, text) != nil {
		l.cancel() // the reader tells
	}
}

func (l *hostLink) close() { l.cancel() }
