package server

import (
	"net/http"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// setServer serves PUT /v1/servers/:id/set?state=maintenance[&force=yes].
func (o objects) setServer(c *call) (answer, error) { return o.changeServer(c, false) }

// clearServer serves PUT /v1/servers/:id/clear?state=maintenance.
func (o objects) clearServer(c *call) (answer, error) { return o.changeServer(c, true) }

func (o objects) changeServer(c *call, clearing bool) (answer, error) {
	name := c.PathValue("id")
	before, err := o.engine.Server(name)
	if err != nil {
		return answer{}, notA(c, "server")
	}
	change := engine.ServerStateChange{State: c.values.Get("state"), Clear: clearing, By: c.principal.User}
	if change.State == "" {
		return answer{}, refuse(http.StatusBadRequest, "Invalid or missing value for the `state` parameter")
	}
	if force := c.values.Get("force"); force != "" {
		if change.Force, err = jsonapi.ParseBool(force); err != nil {
			return answer{}, refuse(http.StatusBadRequest, "force: %v", err)
		}
	}
	if err := engine.ChangeServerState(o.engine, name, change); err != nil {
		return answer{}, err
	}
	after, err := o.engine.Server(name)
	if err != nil {
		return answer{}, err
	}
	c.record.Before = map[string]any{"state": before.State}
	c.record.After = map[string]any{"state": after.State, "force": change.Force}
	return answer{}, nil
}
