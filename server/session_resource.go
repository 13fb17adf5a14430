package server

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// This file translates what the engine knows of a session into the resource
// that REST and push both send.

// detail is how much of a session a resource holds.
type detail uint8

const (
	light detail = iota // no log, no events, the newest query only: a row of a push view
	row                 // no events: an element of a collection
	whole
)

var sessionStates = map[engine.SessionState]string{
	engine.SessionCreated:  api.SessionCreated,
	engine.SessionStarted:  api.SessionStarted,
	engine.SessionStopping: api.SessionStopping,
	engine.SessionFailed:   api.SessionFailed,
}

var activities = map[engine.Doing]string{
	engine.Connecting: "connecting",
	engine.Running:    "running",
	engine.Idle:       "idle",
	engine.IdleInTrx:  "trx",
	engine.Stopping:   "stopping",
}

// sessionResource translates info as it is at now. Links are left out.
func sessionResource(info engine.SessionInfo, now time.Time, d detail) api.Session {
	a := api.SessionAttributes{
		State:            sessionStates[info.State],
		User:             info.User,
		Connected:        httpDate(info.Connected),
		ConnectedAt:      apiTime(info.Connected),
		SecondsAlive:     seconds(now.Sub(info.Connected)),
		Idle:             tenths(info.Idle),
		IOActivity:       info.IOActivity,
		Database:         info.Database,
		DefaultDatabase:  info.Database,
		Client:           clientOf(info),
		Connections:      make([]api.SessionConnection, len(info.Backends)),
		Queries:          queriesOf(info.Queries, now, d),
		Log:              []string{},
		Parameters:       parametersOf(info.LogLevels),
		Memory:           memoryOf(info),
		Pending:          pendingOf(info.Pending),
		LastRestartError: info.RestartErr,
		Activity:         activityOf(info.Activity, now),
		Chain:            make([]api.ChainLink, len(info.Filters)),
	}
	if info.Remote.IsValid() {
		a.Remote, a.Port = info.Remote.Addr().Unmap().String(), int(info.Remote.Port())
	}
	for i, b := range info.Backends {
		a.Connections[i] = api.SessionConnection{
			Server: b.Server, ConnectionID: b.ConnectionID, Cipher: b.Cipher, Primary: b.Primary, Busy: b.Busy,
		}
	}
	filters := make([]string, len(info.Filters))
	for i, f := range info.Filters {
		filters[i] = f.Filter
		a.Chain[i] = api.ChainLink{
			ID: f.Filter, Module: f.Module, Statements: f.Statements, Changed: f.Changed, Nanos: uint64(max(0, f.Time)),
		}
	}
	if d != light && info.Log != nil {
		a.Log = info.Log
	}
	if d == whole {
		a.Events = eventsOf(info.Events)
	}
	return api.Session{
		ID: strconv.FormatUint(info.ID, 10), Type: "sessions", Attributes: a,
		Relationships: api.Relationships{
			"services": related("services", info.Service),
			"filters":  related("filters", filters...),
		},
	}
}

func clientOf(info engine.SessionInfo) api.SessionClient {
	client := api.SessionClient{Cipher: info.Cipher, ConnectionAttributes: info.Attributes}
	if h := info.History; h != nil {
		client.SescmdHistoryLen = &h.Commands
		client.SescmdHistoryStoredReplies = &h.Responses
		client.SescmdHistoryStoredMetadata = &h.Metadata
	}
	return client
}

func queriesOf(queries []engine.QueryInfo, now time.Time, d detail) []api.SessionQuery {
	if d == light && len(queries) > 1 {
		queries = queries[:1]
	}
	all := make([]api.SessionQuery, len(queries))
	for i, q := range queries {
		query := api.SessionQuery{
			Command: q.Command, Statement: q.Statement, Received: localTime(q.Received),
			Responses: make([]api.QueryResponse, len(q.Responses)),
			StartedAt: apiTime(q.Received), Duration: seconds(now.Sub(q.Received)),
			Rows: q.Rows, Error: q.Error,
		}
		if !q.Completed.IsZero() {
			query.Completed = localTime(q.Completed)
			query.Duration = seconds(q.Completed.Sub(q.Received))
		}
		if query.Statement == "" {
			// MaxCtrl's `list queries` fails on a query without a statement.
			query.Statement = "<" + q.Command + ">"
		}
		for j, r := range q.Responses {
			query.Responses[j] = api.QueryResponse{Server: r.Server, Duration: r.Duration.Milliseconds()}
		}
		all[i] = query
	}
	return all
}

func parametersOf(l engine.LogLevels) api.SessionParameters {
	return api.SessionParameters{
		LogError: l.Error, LogWarning: l.Warning, LogNotice: l.Notice, LogInfo: l.Info, LogDebug: l.Debug,
	}
}

func memoryOf(info engine.SessionInfo) api.SessionMemory {
	m := api.SessionMemory{
		ConnectionBuffers: api.ConnectionBuffers{
			Client:   buffersOf(info.Memory.Client),
			Backends: make(map[string]api.BufferSizes, len(info.Backends)),
		},
		ExecMetadata:  info.Memory.ExecMetadata,
		LastQueries:   info.Memory.LastQueries,
		SescmdHistory: info.Memory.History,
		Variables:     info.Memory.Variables,
	}
	m.ConnectionBuffers.Total = m.ConnectionBuffers.Client.Total
	for _, b := range info.Backends {
		// Two connections to one server share its entry, as in MaxScale, but
		// are added up there.
		one, sum := buffersOf(b.Memory), m.ConnectionBuffers.Backends[b.Server]
		m.ConnectionBuffers.Backends[b.Server] = api.BufferSizes{
			ReadQ: sum.ReadQ + one.ReadQ, WriteQ: sum.WriteQ + one.WriteQ,
			Misc: sum.Misc + one.Misc, Total: sum.Total + one.Total,
		}
		m.ConnectionBuffers.Total += one.Total
	}
	m.Total = m.ConnectionBuffers.Total + m.ExecMetadata + m.LastQueries + m.SescmdHistory + m.Variables
	return m
}

func buffersOf(b engine.BufferInfo) api.BufferSizes {
	return api.BufferSizes{ReadQ: b.ReadQ, WriteQ: b.WriteQ, Misc: b.Misc, Total: b.ReadQ + b.WriteQ + b.Misc}
}

func pendingOf(p engine.PendingInfo) api.SessionPending {
	pending := api.SessionPending{Filters: p.Filters, Restart: p.Restart}
	if p.Filters != nil || p.Restart {
		pending.Since, pending.Waits = apiTime(p.Since), p.Waits
	}
	if p.Kill != nil {
		pending.Kill = &api.PendingKill{At: apiTime(p.Kill.At), When: "deadline", By: p.Kill.By, Reason: p.Kill.Reason}
		if p.Kill.Idle {
			pending.Kill.When = "idle"
		}
		if p.Kill.Keep {
			pending.Kill.Otherwise = "keep"
		}
	}
	return pending
}

func activityOf(a engine.ActivityInfo, now time.Time) api.Activity {
	activity := api.Activity{
		State:          activities[a.Doing],
		InState:        seconds(now.Sub(a.Since)),
		SinceAt:        apiTime(a.Since),
		Trx:            a.Trx,
		TrxReadOnly:    a.TrxReadOnly,
		TrxWrites:      a.TrxWrites,
		Statement:      a.Statement,
		Server:         a.Server,
		Statements:     a.Statements,
		Errors:         a.Errors,
		BytesIn:        a.BytesIn,
		BytesOut:       a.BytesOut,
		BytesInPerSec:  a.InPerSec,
		BytesOutPerSec: a.OutPerSec,
	}
	if a.Trx && !a.TrxSince.IsZero() {
		activity.TrxSeconds = seconds(now.Sub(a.TrxSince))
		activity.TrxSinceAt = apiTime(a.TrxSince)
	}
	return activity
}

func eventsOf(events []engine.Event) []api.SessionEvent {
	all := make([]api.SessionEvent, len(events))
	for i, e := range events {
		all[i] = api.SessionEvent{At: apiTime(e.At), Kind: e.Kind, Detail: e.Detail, By: e.By}
	}
	return all
}

// related makes a relationship of names.
func related(kind string, names ...string) api.Relationship {
	data := make([]api.Reference, len(names))
	for i, name := range names {
		data[i] = api.Reference{ID: name, Type: kind}
	}
	return api.Relationship{Data: data}
}

// link adds the links of a resource and of its relationships.
func link[A any](c *call, r *api.Resource[A], path ...string) {
	self := c.link(path...)
	r.Links = &api.Links{Self: self}
	linkRelations(c, r, self)
}

func linkRelations[A any](c *call, r *api.Resource[A], self string) {
	for kind, relation := range r.Relationships {
		relation.Links = &api.Links{Self: self + "relationships/" + kind + "/", Related: c.link(kind)}
		r.Relationships[kind] = relation
	}
}

// httpDate is MaxScale's form of an instant, "" for none.
func httpDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(http.TimeFormat)
}

// localTime is MaxScale's form of an instant in the statements of a session:
// local time with milliseconds and no zone, which MaxCtrl reads as its own.
func localTime(t time.Time) string { return t.Local().Format("2006-01-02T15:04:05.000") }

// apiTime is the form of the instants that MaxScale does not have.
func apiTime(t time.Time) api.Time {
	if t.IsZero() {
		return ""
	}
	return api.Time(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// seconds returns d in seconds to the millisecond, never negative.
func seconds(d time.Duration) float64 { return float64(max(0, d).Milliseconds()) / 1000 }

// tenths returns d in seconds in steps of 0.1.
func tenths(d time.Duration) float64 {
	return math.Floor(float64(max(0, d).Milliseconds())/100) / 10
}
