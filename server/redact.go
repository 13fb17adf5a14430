package server

import (
	"slices"

	"github.com/signalbox/signalbox/api"
)

// This file leaves SQL text out of resources, for those who must not see it:
// statements, and whatever may quote one or a part of one: lines of logs, errors
// of servers, reasons that people have given, parameters of filters. What counts
// and what names stays.

// redact returns r without SQL text when the caller must not see any.
func redact[A any](c *call, r api.Resource[A]) api.Resource[A] {
	if !c.principal.Redact {
		return r
	}
	hidden, _ := redacted(r).(api.Resource[A]) // what redacted does not know is empty
	return hidden
}

// redacted returns a copy of a resource without SQL text. It shares with the
// original what has none. Of what it does not know nothing is left.
func redacted(resource any) any {
	switch r := resource.(type) {
	case *api.Session:
		s := *r
		redactSession(&s.Attributes)
		return &s
	case api.Session:
		redactSession(&r.Attributes)
		return r
	case api.Service:
		a := &r.Attributes
		a.RouterDiagnostics, a.Users = map[string]any{}, []api.ServiceUser{}
		a.Parameters, a.Source = plainParameters(a.Parameters), api.Source{}
		a.Listeners = slices.Clone(a.Listeners)
		for i := range a.Listeners {
			redactListener(&a.Listeners[i].Attributes)
		}
		return r
	case api.Server:
		a := &r.Attributes
		a.StateDetails, a.Parameters, a.Source = nil, plainParameters(a.Parameters), api.Source{}
		a.SlaveConnections = slices.Clone(a.SlaveConnections)
		for i := range a.SlaveConnections {
			a.SlaveConnections[i].LastIOError, a.SlaveConnections[i].LastSQLError = "", ""
		}
		return r
	case api.Listener:
		redactListener(&r.Attributes)
		return r
	case api.Filter:
		a := &r.Attributes
		a.Parameters, a.FilterDiagnostics, a.Source = api.Parameters{}, map[string]any{}, api.Source{}
		return r
	case api.Monitor:
		a := &r.Attributes
		a.Parameters, a.MonitorDiagnostics, a.Source = api.Parameters{}, map[string]any{"server_info": []any{}}, api.Source{}
		return r
	case api.Stats:
		return r
	}
	return nil
}

// redactSession leaves out what may quote SQL text. Nothing that a points to is
// changed: others share it.
func redactSession(a *api.SessionAttributes) {
	a.Activity.Statement = ""
	a.Queries, a.Log = []api.SessionQuery{}, []string{}
	a.EndReason = ""
	if a.LastRestartError != "" {
		a.LastRestartError = "failed"
	}
	if a.Pending.Kill != nil {
		kill := *a.Pending.Kill
		kill.Reason = ""
		a.Pending.Kill = &kill
	}
	if name, ok := a.Client.ConnectionAttributes["program_name"]; ok {
		a.Client.ConnectionAttributes = map[string]string{"program_name": name}
	} else {
		a.Client.ConnectionAttributes = nil
	}
	a.Pins = slices.Clone(a.Pins)
	for i := range a.Pins {
		a.Pins[i].Detail = ""
	}
	a.Events = slices.Clone(a.Events)
	for i := range a.Events {
		if !slices.Contains(plainEvents, a.Events[i].Kind) {
			a.Events[i].Detail = ""
		}
	}
}

// plainEvents are the kinds of events whose details are names.
var plainEvents = []string{"connect", "auth", "database", "backend_open", "backend_close", "filters_requested", "filters"}

func redactListener(a *api.ListenerAttributes) {
	a.Parameters, a.Source = plainParameters(a.Parameters), api.Source{}
}

// plainParameters keeps those that say where something is.
func plainParameters(all api.Parameters) api.Parameters {
	kept := api.Parameters{}
	for _, name := range []string{"address", "port", "socket", "service"} {
		if value, ok := all[name]; ok {
			kept[name] = value
		}
	}
	return kept
}
