package app

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/signalbox/signalbox/api"
)

// serviceWay is what a session does not say of the way of its statements: the
// listener and the router of its service. They are asked for once for each
// service.
type serviceWay struct {
	service  string // that has been asked for
	router   string
	listener string // the only one of the service, or how many there are
}

// ask reads the service of a session, if it is another one than before.
func (w *serviceWay) ask(s *api.Session) {
	if s == nil || console.client == nil || service(s) == w.service || !embedded.may(api.ScopeObjects) {
		return
	}
	name := service(s)
	*w = serviceWay{service: name}
	console.async(func(ctx context.Context) func() {
		var document struct {
			Data api.Service `json:"data"`
		}
		_, text, err := console.client.Do(ctx, "GET", "/v1/services/"+url.PathEscape(name), nil)
		if err != nil || json.Unmarshal(text, &document) != nil {
			return nil
		}
		return func() {
			if w.service == name {
				w.take(&document.Data)
			}
		}
	})
}

func (w *serviceWay) take(s *api.Service) {
	w.router = s.Attributes.Router
	if ids := s.Relationships.IDs("listeners"); len(ids) == 1 {
		w.listener = ids[0]
	}
}
