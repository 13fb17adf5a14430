package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// serviceBody is what a PATCH of a service may hold: the whole resource, as a
// client has read it, with its filters changed.
type serviceBody struct {
	Data *struct {
		ID         string `json:"id"`
		Attributes struct {
			Parameters map[string]any `json:"parameters"`
		} `json:"attributes"`
		Relationships map[string]struct {
			Data json.RawMessage `json:"data"`
		} `json:"relationships"`
	} `json:"data"`
}

// alterService serves PATCH /v1/services/:id. Of a service its filters can be
// changed while it runs; everything else may be there if it is what it was.
//
// MaxScale: changes parameters and targets too.
func (o objects) alterService(c *call) (answer, error) {
	info, err := o.engine.Service(c.PathValue("id"))
	if err != nil {
		return answer{}, notA(c, "service")
	}
	var body serviceBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if body.Data == nil {
		return answer{}, refuse(http.StatusBadRequest, "the request has no 'data'")
	}
	if id := body.Data.ID; id != "" && id != info.Object.Name {
		return answer{}, refuse(http.StatusConflict, "the body is about service %s, the path about service %s", clip(id), info.Object.Name)
	}
	present := serviceResource(info, nil)
	if err := body.unchanged(present); err != nil {
		return answer{}, err
	}
	filters, given := body.Data.Relationships["filters"]
	if !given {
		return answer{}, nil
	}
	return o.setFilters(c, info, filters.Data)
}

// unchanged reports what differs from the service as it is and cannot be
// changed.
func (b *serviceBody) unchanged(present api.Service) error {
	var wrong []string
	for name, value := range b.Data.Attributes.Parameters {
		now, known := present.Attributes.Parameters[name]
		switch {
		case !known:
			wrong = append(wrong, fmt.Sprintf("%q is not a parameter of the service", clip(name)))
		case !sameValue(value, now):
			wrong = append(wrong, fmt.Sprintf("%s cannot be changed while the program runs", name))
		}
	}
	for _, kind := range []string{"servers", "services", "monitors"} { // listeners have theirs
		relation, given := b.Data.Relationships[kind]
		if !given {
			continue
		}
		names, err := references(relation.Data, kind)
		if err != nil {
			return err
		}
		is := present.Relationships.IDs(kind)
		slices.Sort(names)
		slices.Sort(is)
		if !slices.Equal(slices.Compact(names), is) {
			wrong = append(wrong, kind+" cannot be changed while the program runs")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return &problem{status: http.StatusBadRequest, details: wrong}
}

// sameValue compares a value of JSON with what the server shows.
func sameValue(given, shown any) bool {
	text, err := json.Marshal(shown)
	if err != nil {
		return false
	}
	var plain any
	return json.Unmarshal(text, &plain) == nil && reflect.DeepEqual(given, plain)
}

// alterServiceFilters serves PATCH /v1/services/:id/relationships/filters.
func (o objects) alterServiceFilters(c *call) (answer, error) {
	info, err := o.engine.Service(c.PathValue("id"))
	if err != nil {
		return answer{}, notA(c, "service")
	}
	var body struct {
		Data json.RawMessage `json:"data"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if body.Data == nil {
		return answer{}, refuse(http.StatusBadRequest, "the request has no 'data'")
	}
	return o.setFilters(c, info, body.Data)
}

// setFilters replaces the filters of a service; an empty list and null clear
// them.
func (o objects) setFilters(c *call, info engine.ServiceInfo, data json.RawMessage) (answer, error) {
	names, err := references(data, "filters")
	if err != nil {
		return answer{}, err
	}
	for _, name := range names {
		if _, err := o.engine.Filter(name); err != nil {
			return answer{}, refuse(http.StatusBadRequest, "'%s' is not a valid object of type 'filters'", clip(name))
		}
	}
	c.record.Before = map[string]any{"filters": info.Filters}
	c.record.After = map[string]any{"filters": names}
	return answer{}, o.engine.SetServiceFilters(info.Object.Name, names)
}

// references reads the data of a relationship to objects of a kind.
func references(text json.RawMessage, kind string) ([]string, error) {
	names := []string{}
	if text == nil || string(text) == "null" {
		return names, nil
	}
	var elements []struct {
		ID   *string `json:"id"`
		Type *string `json:"type"`
	}
	if err := json.Unmarshal(text, &elements); err != nil {
		return nil, refuse(http.StatusBadRequest, `%s must be an array such as [{"id": "NAME", "type": "%s"}]`, kind, kind)
	}
	for i, e := range elements {
		if e.ID == nil || *e.ID == "" || e.Type == nil || !strings.EqualFold(*e.Type, kind) {
			return nil, refuse(http.StatusBadRequest, `%s: element %d must be an object such as {"id": "NAME", "type": "%s"}`, kind, i+1, kind)
		}
		names = append(names, *e.ID)
	}
	return names, nil
}
