package engine

import "github.com/signalbox/signalbox/engine/prefetch"

// This file says what of a session is fetched into the processor's cache when bytes
// of its client or of a server come: what each statement needs.

// The places in the set of a session.
const (
	nearConversation = iota
	nearSession
	nearConn
	nearChain
	nearRouter
	nearBackend
	nearServerConn
	nearClientSocket
	nearServerSocket = nearClientSocket + prefetch.SocketPlaces
)

// nearClient begins the set of a session.
func nearClient(c *conversation) {
	c.near.Put(nearConversation, c)
	c.near.Put(nearSession, c.Session)
	c.near.Put(nearConn, c.client)
	c.client.Near(&c.near, nearClientSocket, prefetch.Below)
}

// nearServer puts the backend into the set that answers the statement under way, and
// most likely the next one.
func nearServer(c *conversation, b *Backend) {
	c.nearest = b.conn
	c.near.Put(nearBackend, b)
	c.near.Put(nearServerConn, b.conn)
	b.conn.Near(&c.near, nearServerSocket, prefetch.Above)
}
