package api

import "encoding/json"

// The push feed at /v1/ws is read-only: a browser names the views that it
// shows and receives what they hold. Every change is made over REST.
//
// A connection starts with one hello. The client subscribes to views, each
// under a name of its own choice, and gets one snapshot and then patches for
// each. Patches of a view carry consecutive sequence numbers; a client that
// sees a gap subscribes again and gets a fresh snapshot. A heartbeat comes
// every second even when nothing changes.

// Subscribe is what a client sends: a view that it wants, or no longer wants.
type Subscribe struct {
	Type   string `json:"type"`             // SubscribeType or UnsubscribeType
	View   string `json:"view"`             // the client's name for the view, at most 64 bytes
	Topic  string `json:"topic,omitempty"`  // one of the topics below
	ID     string `json:"id,omitempty"`     // the session, for TopicSession; the job, for TopicJob
	Filter string `json:"filter,omitempty"` // package view's language, for TopicSessions and TopicGroups
	Sort   string `json:"sort,omitempty"`   // "-idle,user", for TopicSessions
	Offset int    `json:"offset,omitempty"` // first row of the window, for TopicSessions
	Limit  int    `json:"limit,omitempty"`  // rows in the window, at most MaxWindow, for TopicSessions and TopicGroups
	Group  string `json:"group,omitempty"`  // keys to group by, as "user,service", for TopicGroups
}

// Types of the messages that a client sends.
const (
	SubscribeType   = "subscribe"
	UnsubscribeType = "unsubscribe"
)

// Topics of views.
const (
	TopicSessions  = "sessions"  // a window of sessions; rows are Session in its light form, see docs/PUSH.md
	TopicSession   = "session"   // one session with everything
	TopicServices  = "services"  // all services
	TopicServers   = "servers"   // all servers
	TopicFilters   = "filters"   // all filters
	TopicListeners = "listeners" // all listeners
	TopicMonitors  = "monitors"  // all monitors
	TopicPending   = "pending"   // every session that has something pending
	TopicGroups    = "groups"    // sessions that match, counted by what they have in common; rows are Group, most sessions first, at most MaxWindow
	TopicJobs      = "jobs"      // all jobs, newest first, without outcomes
	TopicJob       = "job"       // one job with everything
	TopicStats     = "stats"     // rates of the program, its services and its servers; once a second
)

// MaxWindow is the most rows that one view may show.
const MaxWindow = 500

// FrameType is the kind of a Frame.
type FrameType string

// The kinds of frames that the server sends.
const (
	FrameHello     FrameType = "hello"
	FrameSnapshot  FrameType = "snapshot"
	FramePatch     FrameType = "patch"
	FrameHeartbeat FrameType = "heartbeat"
	FrameError     FrameType = "error" // a view was refused: View and Detail say which and why
	FrameBye       FrameType = "bye"   // the server closes: Detail says why, Reconnect whether to come back
)

// Frame is one message of the server. Which fields are set depends on Type.
type Frame struct {
	Type FrameType `json:"type"`
	Now  Time      `json:"now,omitempty"` // the server's clock, in every frame

	// Hello.
	Version string `json:"version,omitempty"` // build of the server; a new one after a reconnect means a new console
	User    string `json:"user,omitempty"`
	Role    string `json:"role,omitempty"` // admin or basic

	// Snapshot and patch.
	View    string            `json:"view,omitempty"`
	Seq     uint64            `json:"seq,omitempty"`     // of the view, consecutive
	Total   int               `json:"total,omitempty"`   // rows that match the filter; groups
	All     int               `json:"all,omitempty"`     // rows before the filter; sessions in the groups
	Offset  int               `json:"offset,omitempty"`  // first row of the window
	IDs     []string          `json:"ids,omitempty"`     // rows of the window in order; in a patch only when they changed
	Upserts []json.RawMessage `json:"upserts,omitempty"` // resources, whole
	Removed []string          `json:"removed,omitempty"` // rows that left the window
	Summary *Summary          `json:"summary,omitempty"` // TopicSessions, over all that match

	// Error and bye.
	Detail    string `json:"detail,omitempty"`
	Reconnect bool   `json:"reconnect,omitempty"`
}

// Summary counts the sessions that match a view's filter.
type Summary struct {
	Running int `json:"running"`
	Idle    int `json:"idle"`
	Trx     int `json:"trx"`      // idle inside a transaction
	Blocked int `json:"blocked"`  // waiting for a lock of another session
	Long    int `json:"long"`     // running for too long
	TrxLong int `json:"trx_long"` // of Trx: for too long
	Pending int `json:"pending"`  // with a kill, a swap or a restart waiting
	Killing int `json:"killing"`  // with a kill waiting
}

// Group is a row of TopicGroups. Its id is made of its values, of letters and
// figures only.
type Group = Resource[GroupAttributes]

// GroupAttributes count the sessions that share the values of some keys.
type GroupAttributes struct {
	Values   []string `json:"values"` // in the order of the keys; "" for none
	Sessions int      `json:"sessions"`
	Running  int      `json:"running"`
	Trx      int      `json:"trx"`
	Long     int      `json:"long"` // running or in a transaction for too long
	Pending  int      `json:"pending"`
	Oldest   Time     `json:"oldest,omitempty"` // since when the one that is longest in its state is in it
	Example  string   `json:"example"`          // id of that session
}

// Close codes of the push feed, beside the standard ones. Codes from 4000 to
// 4499 say that coming back is of no use until something is changed, codes
// from 4500 that it is.
const (
	CloseUnauthorized = 4001 // the login ended or its rights changed
	CloseBadMessage   = 4002 // the client sent what it must not
	CloseRestart      = 4500 // the server stops or restarts
)
