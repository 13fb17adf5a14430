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

// detail is how much of a session a resource of REST holds.
type detail uint8

const (
	row detail = iota // no events and no I/O of the past: an element of a collection
	whole
)

var sessionStates = [...]string{
	engine.SessionCreated:  api.SessionCreated,
	engine.SessionStarted:  api.SessionStarted,
	engine.SessionStopping: api.SessionStopping,
	engine.SessionFailed:   api.SessionFailed,
}

var activities = [...]string{
	engine.Connecting: "connecting",
	engine.Running:    "running",
	engine.Idle:       "idle",
	engine.IdleInTrx:  "trx",
	engine.Stopping:   "stopping",
}

// sessionResource translates info as it is at now. Links are left out.
func sessionResource(info engine.SessionInfo, now time.Time, d detail) api.Session {
	var r api.Session
	describe(&r, &info, now)
	complete(&r.Attributes, &info, now, d)
	r.Relationships = relationsOf(&info)
	return r
}

// lightResource translates what filters and tables look at of a session as it is
// now.
func lightResource(session *engine.Session, now time.Time) api.Session {
	info := session.LightInfo()
	var r api.Session
	describe(&r, &info, now)
	r.Relationships = relationsOf(&info)
	return r
}

// describe fills in what rows of push views show, too. What r says already of the
// same session, and is still true, stays.
func describe(r *api.Session, info *engine.SessionInfo, now time.Time) {
	a := &r.Attributes
	if r.ID == "" { // what does not change
		r.ID, r.Type = strconv.FormatUint(info.ID, 10), "sessions"
		a.ConnectedAt = apiTime(info.Connected)
		if info.Remote.IsValid() {
			a.Remote, a.Port = info.Remote.Addr().Unmap().String(), int(info.Remote.Port())
		}
	}
	a.State = sessionStates[info.State]
	a.User = info.User
	a.SecondsAlive = seconds(now.Sub(info.Connected))
	a.Idle = tenths(info.Idle)
	a.Database = info.Database
	a.Client.Cipher, a.Client.ConnectionAttributes = info.Cipher, info.Attributes
	a.Parameters = parametersOf(info.LogLevels)
	a.Pending = pendingOf(info.Pending)
	a.LastRestartError = info.RestartErr
	a.Activity = activityOf(&info.Activity, now)
	a.Memory.Total = memoryTotal(info)
	a.ChainOutdated = info.Outdated
	a.LogUntil = apiTime(info.LogUntil)
	if !connected(a.Connections, info.Backends) {
		a.Connections = make([]api.SessionConnection, len(info.Backends))
		for i := range info.Backends {
			a.Connections[i] = connection(&info.Backends[i])
		}
	}
}

func connection(b *engine.BackendInfo) api.SessionConnection {
	return api.SessionConnection{
		Server: b.Server, ConnectionID: b.ConnectionID, Cipher: b.Cipher, Primary: b.Primary, Busy: b.Busy, Parked: b.Parked,
	}
}

// connected tells whether connections are those to backends.
func connected(connections []api.SessionConnection, backends []engine.BackendInfo) bool {
	if connections == nil || len(connections) != len(backends) {
		return false
	}
	for i := range backends {
		if connections[i] != connection(&backends[i]) {
			return false
		}
	}
	return true
}

// endedResource translates a session that has ended, with its figures as they
// were at its end.
func endedResource(over engine.EndedInfo) api.Session {
	r := sessionResource(over.Session, over.At, whole)
	r.Attributes.EndedAt, r.Attributes.EndReason, r.Attributes.EndedBy = apiTime(over.At), over.Reason, over.By
	return r
}

// complete fills in the rest.
func complete(a *api.SessionAttributes, info *engine.SessionInfo, now time.Time, d detail) {
	a.Connected = httpDate(info.Connected)
	a.IOActivity = info.IOActivity
	a.DefaultDatabase = info.Database
	if h := info.History; h != nil {
		a.Client.SescmdHistoryLen = &h.Commands
		a.Client.SescmdHistoryStoredReplies = &h.Responses
		a.Client.SescmdHistoryStoredMetadata = &h.Metadata
	}
	a.Queries = queriesOf(info.Queries, now)
	a.LogLines = info.LogLines
	a.Log = []string{}
	if info.Log != nil {
		a.Log = info.Log
	}
	a.Memory = memoryOf(info)
	a.Chain = make([]api.ChainLink, len(info.Filters))
	for i, f := range info.Filters {
		a.Chain[i] = api.ChainLink{
			ID: f.Filter, Module: f.Module, Statements: f.Statements, Changed: f.Changed, Answered: f.Answered,
			Nanos: uint64(max(0, f.Time)), P50: uint64(f.P50), P95: uint64(f.P95),
		}
	}
	a.Pins = make([]api.SessionPin, len(info.Pins))
	for i, p := range info.Pins {
		a.Pins[i] = api.SessionPin{Kind: string(p.Kind), Server: p.Server, SinceAt: apiTime(p.Since), Detail: p.Detail}
	}
	if d == whole {
		a.Events = eventsOf(info.Events)
		a.IOHistory = flowsOf(info.Flows)
	}
}

func relationsOf(info *engine.SessionInfo) api.Relationships {
	return api.Relationships{
		"services": related("services", info.Service),
		"filters":  related("filters", running(*info)...),
	}
}

func queriesOf(queries []engine.QueryInfo, now time.Time) []api.SessionQuery {
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

func memoryOf(info *engine.SessionInfo) api.SessionMemory {
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
	m.Total = memoryTotal(info)
	return m
}

// memoryTotal is the sum of all that memoryOf lists.
func memoryTotal(info *engine.SessionInfo) int64 {
	m := &info.Memory
	total := buffersOf(m.Client).Total + m.ExecMetadata + m.LastQueries + m.History + m.Variables
	for i := range info.Backends {
		total += buffersOf(info.Backends[i].Memory).Total
	}
	return total
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

func activityOf(a *engine.ActivityInfo, now time.Time) api.Activity {
	activity := api.Activity{
		State:          activities[a.Doing],
		InState:        seconds(now.Sub(a.Since)),
		SinceAt:        apiTime(a.Since),
		Trx:            a.Trx,
		TrxReadOnly:    a.TrxReadOnly,
		TrxWrites:      a.TrxWrites,
		Statement:      a.Statement,
		Server:         a.Server,
		BlockedBy:      a.BlockedBy,
		Blocks:         a.Blocks,
		Statements:     a.Statements,
		Errors:         a.Errors,
		BytesIn:        a.BytesIn,
		BytesOut:       a.BytesOut,
		BytesInPerSec:  a.InPerSec,
		BytesOutPerSec: a.OutPerSec,
		LongAfter:      seconds(a.LongAfter),
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

func flowsOf(flows []engine.FlowInfo) []api.SessionFlow {
	all := make([]api.SessionFlow, len(flows))
	for i, f := range flows {
		all[i] = api.SessionFlow{At: apiTime(f.From), Seconds: seconds(f.To.Sub(f.From)), In: f.In, Out: f.Out}
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
