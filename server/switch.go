package server

import (
	"net/http"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// turn starts or stops objects of a kind: PUT /v1/services/:id/stop[?force=yes].
func turn(e *engine.Engine, kind engine.ObjectKind, on bool) handler {
	return func(c *call) (answer, error) {
		s := engine.Switch{Kind: kind, Name: c.PathValue("id"), On: on, By: c.principal.User}
		before, err := stateOf(e, s)
		if err != nil {
			return answer{}, notA(c, s.Word())
		}
		if force := c.values.Get("force"); force != "" {
			if s.Force, err = jsonapi.ParseBool(force); err != nil {
				return answer{}, refuse(http.StatusBadRequest, "force: %v", err)
			}
		}
		if s.Force && !on {
			c.intend() // sessions end
		}
		if err := s.Do(e); err != nil {
			return answer{}, err
		}
		after, err := stateOf(e, s)
		if err != nil {
			return answer{}, err
		}
		c.record.Before = map[string]any{"state": before}
		c.record.After = map[string]any{"state": after, "force": s.Force}
		return answer{}, nil
	}
}

// stateOf returns the state of what is switched.
func stateOf(e *engine.Engine, s engine.Switch) (string, error) {
	switch s.Kind {
	case engine.ServiceObject:
		info, err := e.Service(s.Name)
		return info.State, err
	case engine.ListenerObject:
		info, err := e.Listener(s.Name)
		return info.State, err
	default:
		info, err := e.Monitor(s.Name)
		return info.State, err
	}
}
