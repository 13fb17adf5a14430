// Package model is what the console knows: the views that it has subscribed to,
// kept up from the frames of the push feed. It is plain Go and knows neither
// go-app nor the network.
//
// # Concurrency
//
// A Store belongs to one goroutine, the one that draws.
package model

import (
	"encoding/json"
	"slices"

	"github.com/signalbox/signalbox/api"
)

// Store holds the open views by their names.
type Store struct{ views map[string]*View }

// View is one view with the rows that the server has sent for it.
type View struct {
	Ask     api.Subscribe // what was asked for
	Shown   api.Subscribe // what had been asked for when the newest snapshot came
	Ready   bool          // a snapshot has come
	Refused string        // why the server refuses the view, "" when it does not
	IDs     []string      // rows of the window in order
	Total   int           // rows that match the filter
	All     int           // rows before the filter
	Offset  int           // of the first row of the window
	Summary api.Summary

	rows map[string]any
}

// Open makes a view, or changes what is asked of one that is open: its rows stay
// until the snapshot of the new ones comes.
func (s *Store) Open(ask api.Subscribe) *View {
	if s.views == nil {
		s.views = make(map[string]*View)
	}
	v := s.views[ask.View]
	if v == nil {
		v = &View{rows: make(map[string]any)}
		s.views[ask.View] = v
	}
	v.Ask, v.Refused = ask, ""
	return v
}

// Close forgets a view.
func (s *Store) Close(name string) { delete(s.views, name) }

// View returns an open view, or an empty one.
func (s *Store) View(name string) *View {
	if v := s.views[name]; v != nil {
		return v
	}
	return &View{}
}

// Asks returns what is asked for, for a new connection.
func (s *Store) Asks() []api.Subscribe {
	var asks []api.Subscribe
	for _, v := range s.views {
		asks = append(asks, v.Ask)
	}
	return asks
}

// Apply takes a frame in, and reports whether it changes anything on the
// screen.
func (s *Store) Apply(f api.Frame) bool {
	v := s.views[f.View]
	if v == nil {
		return false
	}
	switch f.Type {
	case api.FrameError:
		v.Refused = f.Detail
	case api.FrameSnapshot:
		v.snapshot(f)
	case api.FramePatch:
		v.patch(f)
	default:
		return false
	}
	return true
}

func (v *View) snapshot(f api.Frame) {
	v.rows = make(map[string]any, len(f.Upserts))
	v.IDs = nil
	v.Summary = api.Summary{}
	v.Ready, v.Shown = true, v.Ask
	v.patch(f)
}

func (v *View) patch(f api.Frame) {
	for _, id := range f.Removed {
		delete(v.rows, id)
		v.IDs = slices.DeleteFunc(v.IDs, func(x string) bool { return x == id })
	}
	for _, raw := range f.Upserts {
		if id, row := decode(v.Ask.Topic, raw); id != "" {
			v.rows[id] = row
		}
	}
	if f.IDs != nil {
		v.IDs = f.IDs
	}
	if f.Summary != nil {
		v.Summary = *f.Summary
	}
	v.Total, v.All, v.Offset = f.Total, f.All, f.Offset
}

// decode reads a row of a topic. A row that cannot be read has the id "".
func decode(topic string, raw json.RawMessage) (id string, row any) {
	switch topic {
	case api.TopicSessions, api.TopicSession, api.TopicPending:
		return as[api.SessionAttributes](raw)
	case api.TopicServices:
		return as[api.ServiceAttributes](raw)
	case api.TopicServers:
		return as[api.ServerAttributes](raw)
	case api.TopicFilters:
		return as[api.FilterAttributes](raw)
	case api.TopicListeners:
		return as[api.ListenerAttributes](raw)
	case api.TopicMonitors:
		return as[api.MonitorAttributes](raw)
	case api.TopicGroups:
		return as[api.GroupAttributes](raw)
	case api.TopicJobs, api.TopicJob:
		return as[api.JobAttributes](raw)
	case api.TopicStats:
		return as[api.StatsAttributes](raw)
	}
	return "", nil
}

func as[A any](raw json.RawMessage) (string, any) {
	var r api.Resource[A]
	if json.Unmarshal(raw, &r) != nil {
		return "", nil
	}
	return r.ID, &r
}

// Row returns the row id; false when the view does not hold it.
func Row[A any](v *View, id string) (*api.Resource[A], bool) {
	r, ok := v.rows[id].(*api.Resource[A])
	return r, ok
}

// Rows returns the rows of the window in order.
func Rows[A any](v *View) []*api.Resource[A] {
	rows := make([]*api.Resource[A], 0, len(v.IDs))
	for _, id := range v.IDs {
		if r, ok := Row[A](v, id); ok {
			rows = append(rows, r)
		}
	}
	return rows
}
