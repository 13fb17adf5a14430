// Package push keeps browsers up to date over WebSocket: it sends each the
// views that it has asked for, and what changes in them. The protocol is in
// package api and in docs/PUSH.md. It is read-only: a client can ask, never
// change.
//
// A view is a topic with a filter, an order and a window of rows. Equal views
// are encoded once and shared by all clients that show them; views that differ
// in their windows only share the order.
//
// # Upkeep
//
// What changes costs, not what is there. A session that has changed is read
// once and judged by each order and each grouping of sessions: it comes, goes,
// or moves in a list that finds a place in a few hundred steps. Ranks say since
// when a clock runs, so that the passing of time moves nothing; what time does
// change, as when a statement becomes long, is in an agenda. The source says until
// when rates stay what they are; then they alone are read. A view compares its
// window with the one before, and nothing else.
//
// Of each session a few hundred bytes are kept, of which an api.Session is made for
// who looks at it. What is kept for each session by an order or by groups is in
// slices, at the session's slot.
//
// # Concurrency
//
// One goroutine, Hub.Run, owns the views and the table of sessions, and is the
// only caller of Source. It reads very many sessions for the first time in
// pieces, between which it does its other work; in that, and in building an order,
// other goroutines help it, for which it waits. Each client has two goroutines: a
// reader, which is the one of its HTTP request, and a writer. Whatever comes from elsewhere reaches the
// hub as an entry in the set of changes or as a request over a channel, and
// reaches a client through its mailbox; the hub never waits for a client.
//
// A mailbox holds at most one frame for each view. When a second would have to
// wait the first is thrown away, and the client gets a whole snapshot as soon
// as it reads again. So nothing queues up for a slow client, and it is never
// shown anything but the truth.
//
// Locks: Hub.mu and Client.mu are held for a few instructions each and never
// together.
package push
