package push

import (
	"encoding/json"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// encoded is a frame ready to be sent to any number of clients.
type encoded struct {
	text     []byte
	prepared *websocket.PreparedMessage // of text
}

// stamp writes an instant as package api does.
func stamp(t time.Time) api.Time { return api.Time(t.UTC().Format("2006-01-02T15:04:05.000Z")) }

// message encodes a frame that belongs to no view, or to one client's.
func message(f api.Frame) *encoded { return prepare(encode(f)) }

// named returns the encoded frame of a view under a client's name for the
// view. The body, encoded once, serves clients with different names.
func named(body []byte, name string) *encoded {
	view, _ := json.Marshal(name) // a string always encodes
	text := make([]byte, 0, len(body)+len(view)+len(`{"view":,`))
	text = append(text, `{"view":`...)
	text = append(text, view...)
	text = append(text, ',')
	return prepare(append(text, body[1:]...))
}

func prepare(text []byte) *encoded {
	// The error is for control frames that are too long; this is none.
	m, _ := websocket.NewPreparedMessage(websocket.TextMessage, text)
	return &encoded{text, m}
}
